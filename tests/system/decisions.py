"""Decisions about devices, by request, and what is left of them after a restart."""
import json

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


if __name__ == "__main__":
    harness.main()
