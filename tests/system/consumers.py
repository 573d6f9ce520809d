"""Programs of others that know nothing of this bridge, and what they see of the house that it announces.

node-homie is a strict controller of Homie 5; homie-home-assistant-discovery turns Homie 4 and 5 into Home Assistant's
announcements, which are held against our own. They come from the npm registry, in the versions of
npm/package-lock.json, into the build directory: where that fails, this fails.
"""
import glob
import json
import os
import re
import subprocess

import jsonschema

import harness
import packages
from brokers import retained_tree
from devices import sensor, xpl
from harness import BUILD
from world import Program, counters

NPM = packages.place("npm")
ACCESS = ("user bridge\ntopic readwrite xpl/#\ntopic write homeassistant/#\ntopic read homeassistant/status\n"
          "topic readwrite homie/#\nuser person\ntopic readwrite #\n")
LAMP = "xplmqtt-test-rfxcom-lan-0004a3-0x00a1f3-3"


def lamp(*items):
    return xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3", "unit=3", *items)


class Consumers(harness.House):
    broker_options = {"access": ACCESS}

    def announce(self, discovery):
        self.start_daemon(rest='<discovery announce-after="1" %s/>' % discovery)
        self.say(lamp("command=on"), sensor("28.1", "temp", "21.5"), sensor("28.1", "humidity", "40"),
                 sensor("relay", "output", "high"), sensor("door", "input", "low"))

    def url(self):
        return "mqtt://person:%s@127.0.0.1:%d" % (self.broker.USERS["person"], self.broker.port)

    def controller(self):
        return self.keep(Program(self.home, ["node", os.path.join(NPM, "controller.js"), self.url()], "controller",
                                 stdin=subprocess.PIPE))

    def order(self, controller, line):
        controller.process.stdin.write(line.encode() + b"\n")
        controller.process.stdin.flush()

    def test_a_strict_homie_5_controller_sees_and_switches_the_house(self):
        self.announce('homeassistant="off" homie="5"')
        self.topic("homie/5/%s/$state" % LAMP, "ready")
        controller = self.controller()
        controller.await_line("device %s ready" % LAMP)
        controller.await_line("value %s/xpl/power true" % LAMP)
        controller.await_line("value xplmqtt-test-bnz-owfs-rpi-28-1/xpl/temp 21.5")
        _, heard = self.mark()
        self.order(controller, "set %s/xpl/power false" % LAMP)
        self.ear.await_datagram(lambda d: b"ac.basic\n" in d and b"command=off\n" in d, heard)
        controller.await_line("value %s/xpl/power false" % LAMP)
        self.order(controller, "set %s/xpl/level 9" % LAMP)
        self.ear.await_datagram(lambda d: b"command=preset\n" in d and b"level=9\n" in d, heard)
        self.command("homie/5/%s/xpl/level/set" % LAMP, "99")
        controller.await_line("log %s .*above 15" % LAMP)
        self.assertNotIn("error", "\n".join(controller.lines))
        self.command("xpl/bridge/request/forget", '{"device":"bnz-owfs.rpi/28.1"}')
        controller.await_line("gone xplmqtt-test-bnz-owfs-rpi-28-1")

    def test_the_state_is_lost_when_the_bridge_dies_and_disconnected_when_it_ends(self):
        for version, topic in (("4", "homie/xplmqtt-test/$state"), ("5", "homie/5/xplmqtt-test/$state")):
            with self.subTest(homie=version):
                self.announce('homeassistant="off" homie="%s"' % version)
                since, _ = self.mark()
                self.topic(topic, "ready", 0)
                self.daemon.process.kill()
                self.daemon.wait()
                self.observer.await_message(topic, "lost", since)  # of a daemon that is no more
                since, _ = self.mark()
                self.announce('homeassistant="off" homie="%s"' % version)
                self.topic(topic, "ready", since)
                since, _ = self.mark()
                self.assertEqual(self.daemon.stop(), 0)
                self.observer.await_message(topic, "disconnected", since)

    def test_the_root_says_init_first_and_ready_last(self):
        """Its state goes over another connection than the rest of it."""
        for version, root in (("4", "homie/xplmqtt-test/"), ("5", "homie/5/xplmqtt-test/")):
            with self.subTest(homie=version):
                since, _ = self.mark()
                self.announce('homeassistant="off" homie="%s"' % version)
                self.topic(root + "$state", "ready", since)
                ours = [m for m in self.observer.messages[since:] if m.topic.startswith(root)]
                self.assertEqual((ours[0].topic, ours[0].payload), (root + "$state", b"init"))
                self.assertEqual((ours[-1].topic, ours[-1].payload), (root + "$state", b"ready"))
                self.assertGreater(len(ours), 2)
                self.daemon.stop()

    def test_its_connection_waits_until_the_first_is_let_in(self):
        """The cause of a failed connect is known only while one is under way."""
        config = self.configure(rest='<discovery homie="4"/>')
        self.file("password", "wrong\n")
        self.daemon = self.run_daemon("-c", config)
        self.daemon.await_line("cannot connect .*authori[sz]ed")
        self.file("password", "s3cret\n")
        self.topic("homie/xplmqtt-test/$state", "ready")
        refused = [line for line in self.broker.program.lines if "not authorised" in line]
        self.assertEqual(len(refused), counters(self.daemon)["connect-failures"])

    def test_every_description_fits_the_schema_of_node_homie(self):
        with open(os.path.join(NPM, "node_modules", "node-homie", "lib", "cjs", "DeviceDescription.Schema.json")) as f:
            validator = jsonschema.Draft7Validator(json.load(f))
        house = os.path.join(harness.ROOT, "tests", "cases", "discovery", "house.txt")
        recorded = sorted(glob.glob(os.path.join(harness.ROOT, "tests", "corpus", "*.xpl")))
        for files in ([house], recorded):
            output = subprocess.run([os.path.join(BUILD, "bridge", "core", "announce"), "homie5", *files], check=True,
                                    capture_output=True).stdout.decode()
            topics = dict(line.split("\t", 1) for line in output.splitlines())
            descriptions = {t: json.loads(p) for t, p in topics.items() if t.endswith("/$description")}
            for topic, description in descriptions.items():
                errors = [error.message for error in validator.iter_errors(description)]
                self.assertEqual(errors, [], topic)
            properties = sum(len(node["properties"]) for d in descriptions.values() for node in d["nodes"].values())
            print("%d devices, %d properties" % (len(descriptions), properties))
            self.assertGreater(len(descriptions), 40)

    def others(self, prefix):
        """What the other implementation makes of our Homie."""
        program = self.keep(Program(self.home, [
            "node", os.path.join(NPM, "node_modules", ".bin", "homie-home-assistant-discovery"),
            "--broker", self.url(), "--discovery-prefix", prefix], "converter"))
        for device in ("28", "rfxcom", "relay", "door"):
            self.topic_like(r"%s/device/.*/config" % prefix, device)
        program.stop()

    def topic_like(self, pattern, part):
        def found():
            return any(re.fullmatch(pattern, m.topic) and part.encode() in m.payload for m in self.observer.messages)
        with self.observer.changed:
            self.assertTrue(self.observer.changed.wait_for(found, 20), "%s with %s never came" % (pattern, part))

    def compare(self, discovery):
        """Each of our sensors, switches and binary sensors is there with the same name, unit and topic's meaning."""
        self.announce(discovery)
        self.topic("homeassistant/light/xplmqtt_test_rfxcom-lan-0004a3_0x00a1f3-3/light/config")
        self.topic("homeassistant/switch/xplmqtt_test_bnz-owfs-rpi_relay/output/config")
        self.topic("homeassistant/binary_sensor/xplmqtt_test_bnz-owfs-rpi_door/input/config")
        self.topic_like(r"homie/.*\$state", "ready")
        self.others("theirs")
        tree = {topic: json.loads(payload) for topic, payload in retained_tree(self.broker).items()
                if topic.endswith("/config")}
        theirs = {}
        for topic, config in tree.items():
            if topic.startswith("theirs/device/"):
                for part in config["components"].values():
                    if "state_topic" in part and "$" not in part["state_topic"]:
                        path = part["state_topic"].replace("homie/5/", "homie/").split("/")[1:]
                        theirs["-".join(p for p in path if p != "xpl")] = part
        ours = 0
        for topic, config in tree.items():
            match = re.match(r"homeassistant/(sensor|switch|binary_sensor)/xplmqtt_test_([^/]+)/([^/]+)/config", topic)
            if not match:
                continue
            platform, device, item = match.groups()
            key = ("xplmqtt-test-%s-%s" % (device, item)).replace("_", "-")
            self.assertIn(key, theirs)
            ours += 1
            self.assertEqual(theirs[key]["platform"], platform, key)
            self.assertEqual(theirs[key].get("unit_of_measurement"), config.get("unit_of_measurement"), key)
            self.assertTrue(theirs[key]["name"].endswith(config["name"]), key)
            self.assertEqual("command_topic" in theirs[key], "command_topic" in config, key)
        self.assertEqual(ours, 4)

    def test_homie_5_says_the_same_as_our_home_assistant_announcements(self):
        self.compare('homeassistant="component" homie="5"')

    def test_homie_4_says_the_same_as_our_home_assistant_announcements(self):
        self.compare('homeassistant="component" homie="4"')

    def test_a_command_topic_that_is_announced_reaches_the_network(self):
        self.announce('homeassistant="component"')
        config = json.loads(self.topic(
            "homeassistant/light/xplmqtt_test_rfxcom-lan-0004a3_0x00a1f3-3/light/config").payload)
        _, heard = self.mark()
        self.command(config["command_topic"], config["payload_off"])
        self.ear.await_datagram(lambda d: b"ac.basic\n" in d and b"command=off\n" in d, heard)
        self.command(config["brightness_command_topic"], "12")
        self.ear.await_datagram(lambda d: b"level=12\n" in d, heard)


if __name__ == "__main__":
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        packages.install("npm")  # while there is a network
    harness.main()
