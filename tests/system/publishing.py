"""What devices say arrives as topics, with the daemon as the hub of its host."""
import json

import harness
from harness import retained_tree, sensor, xpl


class Publishing(harness.House):
    def test_a_reading_is_a_retained_topic(self):
        self.start_daemon()
        self.say(sensor("28.112233", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "21.5")
        self.assertEqual(retained_tree(self.broker)["xpl/bnz-owfs.rpi/28.112233/temp"], b"21.5")

    def test_a_switch_says_on_and_off(self):
        self.start_daemon()
        self.say(xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3", "unit=3", "command=on"))
        self.topic("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power", "ON")
        self.say(xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3", "unit=3", "command=off"))
        self.topic("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power", "OFF")

    def test_an_event_is_not_retained(self):
        self.start_daemon()
        self.say(xpl("xpl-trig", "tonyt-rio.frontbed", "remote.basic", "zone=frontbed", "keys=0x185"))
        self.observer.await_message("xpl/tonyt-rio.frontbed/keys", "0x185")
        self.assertFalse([t for t in retained_tree(self.broker) if t.endswith("/keys")])

    def test_the_bridge_says_that_it_is_online(self):
        self.start_daemon()
        self.assertEqual(retained_tree(self.broker)["xpl/bridge/state"], b"online")

    def test_the_bridge_says_who_it_is(self):
        self.start_daemon()
        info = json.loads(self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "hub").payload)
        self.assertEqual(info["source"], "xplmqtt-bridge.test")
        for key in ("version", "mapping", "started"):
            self.assertTrue(info[key], key)

    def test_unmapped_messages_are_shown(self):
        self.start_daemon()
        self.say(xpl("xpl-stat", "acme-thing.cellar", "quantum.flux", "spin=up"))
        message = self.topic("xpl/bridge/unmapped", lambda p: b"quantum.flux" in p)
        self.assertIn("acme-thing.cellar", message.payload.decode())
        json.loads(message.payload)

    def test_devices_are_listed(self):
        self.start_daemon()
        self.say(sensor("28.112233", "temp", "21.5"))
        message = self.topic("xpl/bridge/devices", lambda p: b"bnz-owfs.rpi" in p)
        json.loads(message.payload)

    def test_broadcasts_to_everybody_are_heard_too(self):
        """Windows programs and Squeezeboxes send to 255.255.255.255."""
        self.garden.ip("route", "add", "255.255.255.255", "dev", "eth0")
        self.start_daemon()
        self.ear.send(sensor("1", "temp", "5"), to="255.255.255.255")
        self.topic("xpl/bnz-owfs.rpi/1/temp", "5")

    def test_raw_shows_every_message_as_json(self):
        self.start_daemon(mqtt='raw="yes"')
        self.say(xpl("xpl-stat", "acme-thing.cellar", "quantum.flux", "spin=up", "spin=down", "n=1"))
        message = self.topic("xpl/raw/xpl-stat/acme-thing.cellar/quantum.flux")
        self.assertEqual(json.loads(message.payload), {
            "type": "xpl-stat", "hop": 1, "source": "acme-thing.cellar", "target": "*", "schema": "quantum.flux",
            "body": {"spin": ["up", "down"], "n": "1"}})
        self.assertFalse(message.retained)


if __name__ == "__main__":
    harness.main()
