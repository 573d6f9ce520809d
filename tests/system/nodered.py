"""Node-RED with the nodes for Homie, as people have it: what it shows of the house, and what its switch does.

Both come from the npm registry, in the versions of npm_nodered/package-lock.json, into the build directory. The flow
there writes each value that the Homie nodes see to Node-RED's log; what is posted to /press goes into one of them.
"""
import json
import os
import shutil
import urllib.parse
import urllib.request

import harness
import packages
from brokers import retained_tree
from consumers import ACCESS, lamp
from devices import sensor
from world import TIMEOUT, Program

NPM = packages.place("npm_nodered")
RED = os.path.join(NPM, "node_modules", "node-red", "red.js")
BRIDGE, LAMP = "xplmqtt-test", "rfxcom-lan-0004a3-0x00a1f3-3"


def switched(state):
    return lambda datagram: b"ac.basic\n" in datagram and b"command=%s\n" % state in datagram


class NodeRed(harness.House):
    broker_options = {"access": ACCESS}

    def house(self):
        super().house()
        self.start_bridge()
        self.say(lamp("command=on"), sensor("28.1", "temp", "21.5"), sensor("door", "input", "low"))
        self.topic("homie/%s/$nodes" % BRIDGE, lambda payload: payload.count(b",") == 3)  # these and the bridge
        self.red = self.node_red()

    def start_bridge(self):
        self.start_daemon(rest='<discovery announce-after="1" homeassistant="off" homie="4"/>')

    def node_red(self):
        folder = self.path("node-red")
        os.mkdir(folder)
        for name in ("settings.js", "flows.json"):
            shutil.copy(os.path.join(NPM, name), folder)
        self.file("node-red/flows_cred.json", json.dumps(
            {"broker": {"username": "person", "password": self.broker.USERS["person"]}}))
        red = self.keep(Program(self.home, ["node", RED, "--userDir", folder], "node-red"))
        red.await_line("Validation of DEVICE: %s success" % BRIDGE)
        return red

    def ask(self, path, body=None, **query):
        request = urllib.request.Request("http://127.0.0.1:1880/%s?%s" % (path, urllib.parse.urlencode(query)),
                                         body, {"Content-Type": "text/plain"})
        with self.home.inside(), urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.read()

    def choices(self, of, **chosen):
        """{id: name} as the lists of the editor offer them."""
        answer = json.loads(self.ask("homieConvention/deviceList", broker="broker", itemID=of, **chosen))
        return {choice["value"]: choice["name"] for choice in answer}

    def test_its_editor_offers_the_devices_and_their_properties_by_name(self):
        self.assertEqual(self.choices("deviceID")[BRIDGE], "xPL bridge test")
        self.assertEqual(self.choices("nodeID", deviceID=BRIDGE), {
            "bridge": "Bridge", LAMP: "AC 0x00a1f3 unit 3", "bnz-owfs-rpi-28-1": "28.1", "bnz-owfs-rpi-door": "door"})
        self.assertEqual(set(self.choices("propertyID", deviceID=BRIDGE, nodeID=LAMP, settable="true")),
                         {"power", "level"})

    def test_its_flow_sees_values_with_names_and_units_and_news(self):
        self.red.await_line(r"28\.1 .*21\.5")  # kept by the broker: it may come before its name
        self.say(sensor("28.1", "temp", "22.5"))
        self.red.await_line(r"28\.1 Temp 22\.5 °C")

    def test_its_switch_switches_the_lamp_and_nothing_later(self):
        _, heard = self.mark()
        self.ask("press", b"false")
        self.ear.await_datagram(switched(b"off"), heard)
        self.red.await_line("AC 0x00a1f3 unit 3 Power false")
        # The broker keeps what these nodes command; to a bridge that comes back that is old news.
        self.assertEqual(retained_tree(self.broker)["homie/%s/%s/power/set" % (BRIDGE, LAMP)], b"false")
        self.assertEqual(self.daemon.stop(), 0)
        self.ear.await_datagram(lambda d: b"hbeat.end\n" in d, heard)  # behind all that it sent
        _, heard = self.mark()
        self.start_bridge()
        self.after_all_that()
        self.assertEqual([d for d in self.ear.heard[heard:] if b"ac.basic\n" in d], [])
        self.assertNotIn("debug:refused", "\n".join(self.red.lines))


if __name__ == "__main__":
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        packages.install("npm_nodered")  # while there is a network
    harness.main()
