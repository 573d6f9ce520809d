"""Decisions about devices, by request, and what is left of them after a restart."""
import json
import os

import harness
from brokers import retained_tree
from devices import sensor

CONFIG = "homeassistant/sensor/xplmqtt_test_bnz-owfs-rpi_28-1/temp/config"


class Decisions(harness.House):
    def ask(self, verb, **body):
        since, _ = self.mark()
        self.command("xpl/bridge/request/" + verb, json.dumps(body))
        return json.loads(self.topic("xpl/bridge/response/" + verb, since=since).payload)

    def announced(self, state_topic, since=0):
        def fits(payload):
            return payload and json.loads(payload)["state_topic"] == state_topic
        return self.topic(CONFIG, fits, since)

    def start(self):
        self.start_daemon(rest='<discovery announce-after="1"/>')

    def test_a_name_outlives_a_restart_and_a_crash(self):
        self.start()
        self.say(sensor("28.1", "temp", "21.5"))
        self.announced("xpl/bnz-owfs.rpi/28.1/temp")
        answer = self.ask("rename", device="bnz-owfs.rpi/28.1", name="attic", label="Attic", id=5)
        self.assertEqual((answer["result"], answer["id"]), ("ok", 5))
        self.topic("xpl/attic/temp", "21.5")
        self.announced("xpl/attic/temp")
        self.assertEqual(self.daemon.stop(), 0)
        since, _ = self.mark()
        self.start()
        self.announced("xpl/attic/temp", since)
        self.daemon.process.kill()
        self.daemon.wait()
        since, _ = self.mark()
        self.start()
        self.announced("xpl/attic/temp", since)
        self.say(sensor("28.1", "temp", "22"))
        self.topic("xpl/attic/temp", "22", since)
        self.assertEqual(self.ask("rename", device="attic", name="bridge/state")["result"], "error")
        self.topic("xpl/bridge/state", "online")
        tree = retained_tree(self.broker)
        self.assertNotIn("xpl/bnz-owfs.rpi/28.1/temp", tree)
        self.assertEqual(tree["xpl/attic/temp"], b"22")

    def test_a_forgotten_device_is_gone_from_the_broker(self):
        self.start()
        self.say(sensor("28.1", "temp", "21.5"))
        self.announced("xpl/bnz-owfs.rpi/28.1/temp")
        self.assertEqual(self.ask("forget", device="bnz-owfs.rpi/28.1")["result"], "ok")
        self.topic(CONFIG, "")
        self.assertFalse([t for t in retained_tree(self.broker) if "28.1" in t or "28-1" in t])

    def test_only_what_was_permitted_is_announced(self):
        self.start_daemon(rest='<discovery announce="ask" announce-after="1"/>')
        self.say(sensor("28.1", "temp", "21.5"), sensor("28.2", "temp", "4"))
        self.topic("xpl/bnz-owfs.rpi/28.2/temp", "4")
        self.assertEqual(self.ask("permit", device="bnz-owfs.rpi/28.1")["result"], "ok")
        self.announced("xpl/bnz-owfs.rpi/28.1/temp")
        self.assertFalse([t for t in retained_tree(self.broker) if t.startswith("homeassistant/") and "28-2" in t])

    def names(self, suffix=""):
        return self.path("state/names.xml" + suffix)

    def read_names(self, suffix=""):
        with open(self.names(suffix), "rb") as f:
            return f.read()

    def damage(self, data):
        """What a crash, a full disk or a person may make of the file; None: a directory."""
        if os.path.isdir(self.names()):
            os.rmdir(self.names())
        elif os.path.exists(self.names()):
            os.unlink(self.names())
        if data is None:
            os.mkdir(self.names())
            return
        with open(self.names(), "wb") as f:
            f.write(data)

    def test_damaged_names_are_left_out_and_set_aside_before_new_ones_are_written(self):
        begin = b'<mappings xmlns="urn:xplmqtt:mappings:1">'
        whole = begin + b'\n  <alias device="bnz-owfs.rpi/28.1" name="attic"/>\n</mappings>\n'
        os.makedirs(self.path("state"), exist_ok=True)
        for data, why in ((b"", "is empty"), (whole[:-20], ":2:"), (bytes(range(256)) * 20, "no text"),
                          (whole + b" " * (16 << 20), "is larger than 16 MiB"), (None, "Is a directory"),
                          (whole.replace(b"attic", b"bridge/x"), "keeps for itself"), (b"<names/>", "namespace")):
            self.damage(data)
            since, _ = self.mark()
            self.start()
            self.daemon.await_line("names.xml")
            line, = (line for line in self.daemon.lines if "names.xml" in line)
            self.assertRegex(line, "warning: .*names.xml.*%s.*left out" % why)
            self.say(sensor("28.1", "temp", "21.5"))
            self.topic("xpl/bnz-owfs.rpi/28.1/temp", "21.5", since)
            self.assertEqual(self.ask("rename", device="bnz-owfs.rpi/28.1", name="cellar")["result"], "ok")
            self.topic("xpl/cellar/temp", "21.5", since)
            self.assertIn(b'name="cellar"', self.read_names())
            # What was set aside once stays, whatever is written later.
            self.assertEqual(self.ask("rename", device="cellar", name="attic")["result"], "ok")
            refused = self.ask("rename", device="attic", name="bridge/state")
            self.assertIn("keeps for itself", refused["reason"])
            self.assertNotIn(b'name="bridge', self.read_names())
            aside = self.names(".damaged")
            self.assertEqual(None if os.path.isdir(aside) else self.read_names(".damaged"), data)
            self.assertEqual(self.daemon.stop(), 0)

    def test_names_that_were_damaged_meanwhile_are_left_out_by_a_reload(self):
        self.start()
        self.say(sensor("28.1", "temp", "21.5"))
        self.announced("xpl/bnz-owfs.rpi/28.1/temp")
        self.assertEqual(self.ask("rename", device="bnz-owfs.rpi/28.1", name="attic")["result"], "ok")
        self.topic("xpl/attic/temp", "21.5")
        whole = self.read_names()
        self.damage(whole[:-5])
        self.assertEqual(self.ask("reload")["result"], "ok")
        self.daemon.await_line("left out")
        since, _ = self.mark()
        self.say(sensor("28.1", "temp", "22"))
        self.topic("xpl/bnz-owfs.rpi/28.1/temp", "22", since)
        # Mended in its place it counts again.
        self.damage(whole)
        self.assertEqual(self.ask("reload")["result"], "ok")
        self.topic("xpl/attic/temp", "22", since)
        self.assertFalse(os.path.exists(self.names(".damaged")))

    def test_no_name_is_written_where_the_damaged_file_cannot_be_set_aside(self):
        os.makedirs(self.names(".damaged/in-the-way"))
        self.damage(b"")
        self.start()
        self.say(sensor("28.1", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.1/temp", "21.5")
        self.assertEqual(self.ask("rename", device="bnz-owfs.rpi/28.1", name="attic")["result"], "error")
        self.assertEqual(self.read_names(), b"")


if __name__ == "__main__":
    harness.main()
