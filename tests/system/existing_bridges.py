"""By name, the failures of the bridges between xPL and MQTT that existed before this one."""
import harness
from harness import Observer, retained_tree, sensor, xpl

OURS = "xplmqtt-bridge.test"
MAPPING = """<mappings xmlns="urn:xplmqtt:mappings:1">
  <map name="plain" schema="plain.basic" device="{source}">
    <property name="text" kind="text">
      <publish payload="{text}"/>
      <send target="{source}"><item name="text">{payload}</item></send>
    </property>
    <property name="json" kind="text">
      <send target="{source}">
        <item name="level">{payload.level}</item>
        <item name="on">{payload.on}</item>
      </send>
    </property>
  </map>
</mappings>
"""


class ExistingBridges(harness.House):
    def start(self, *arguments, **configuration):
        mapping = self.file("mine.xml", MAPPING)
        return self.start_daemon(*arguments, rest='<mappings href="%s"/>' % mapping, **configuration)

    def plain(self, text):
        return xpl("xpl-trig", "acme-plain.x", "plain.basic", "text=" + text)

    def told(self, *items):
        return xpl("xpl-cmnd", OURS, "plain.basic", *items, target="acme-plain.x")

    def refused(self, topic, payload):
        """The command is refused, and nothing of it goes out."""
        seen, heard = self.mark()
        self.command(topic, payload)
        self.topic("xpl/bridge/response/command", lambda p: b"refused" in p, seen)
        self.after_all_that()
        for datagram in self.ear.heard[heard:]:
            if b"source=xplmqtt-bridge.test\n" in datagram and b"device=p16\n" not in datagram:
                self.assertIn(b"\nhbeat.", datagram)

    def test_unknown_schema(self):
        """xpl2mqtt ends with a panic."""
        daemon = self.start()
        self.say(xpl("xpl-trig", "acme-thing.x", "never.heard", "of=it"))
        self.topic("xpl/bridge/unmapped", lambda p: b"never.heard" in p)
        self.after_all_that()
        self.assertTrue(daemon.alive())

    def test_own_broadcast_coming_back(self):
        """Without the check a command becomes a report, which becomes a command ..."""
        self.start(mqtt='raw="yes"')
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        for datagram in self.ear.await_datagram(lambda d: b"ac.basic" in d, since, count=2):
            self.say(datagram)
            self.say(datagram.replace(b"xpl-cmnd", b"xpl-trig"))
        self.after_all_that()
        self.assertEqual(len(self.observer.topics("^xpl/rfxcom-lan.0004a3/0x00a1f3-3/power$")), 1)
        self.assertEqual(self.observer.topics("^xpl/raw/.*xplmqtt-bridge"), [])
        self.assertEqual(self.observer.topics("^xpl/xplmqtt-bridge"), [])

    def test_hash_and_plus_in_a_value(self):
        """In a topic they are wildcards, and the broker ends the connection."""
        self.start()
        self.say(sensor("a#b+c/d%e", "temp", "1"), sensor("$SYS", "temp", "2"), self.plain("#+/"))
        self.topic("xpl/bnz-owfs.rpi/a%23b%2Bc%2Fd%25e/temp", "1")
        self.topic("xpl/bnz-owfs.rpi/%24SYS/temp", "2")
        self.topic("xpl/acme-plain.x/text", "#+/")

    def test_equals_in_a_value(self):
        """xpl2mqtt drops the value, MQTT-xPL-bridge the message."""
        self.start()
        self.say(self.plain("http://x/?a=b&c=d="))
        self.topic("xpl/acme-plain.x/text", "http://x/?a=b&c=d=")
        since = self.mark()[1]
        self.command("xpl/acme-plain.x/text/set", "a=b=c")
        self.ear.await_datagram(self.told("text=a=b=c"), since)

    def test_upper_case_schema(self):
        """The programs of 2004 write so."""
        self.start()
        self.say(xpl("xpl-trig", "TONYT-MR26EE.HAPC", "X10.BASIC", "Command=ON", "Device=C8"))
        self.topic("xpl/tonyt-mr26ee.hapc/c8/power", "ON")

    def test_spaces_in_values(self):
        """MQTT-xPL-bridge removes them."""
        self.start()
        self.say(self.plain("  two words,  and more "))
        self.topic("xpl/acme-plain.x/text", "  two words,  and more ")
        since = self.mark()[1]
        self.command("xpl/acme-plain.x/text/set", " in  and out ")
        self.ear.await_datagram(self.told("text= in  and out "), since)

    def test_json_number_in_a_command(self):
        """MQTT-xPL-bridge's thread ends on what is no string."""
        self.start()
        since = self.mark()[1]
        self.command("xpl/acme-plain.x/json/set", '{"level": 7, "on": true}')
        self.ear.await_datagram(self.told("level=7", "on=true"), since)
        self.refused("xpl/acme-plain.x/json/set", '{"level": [7]}')

    def test_newline_injection(self):
        """A line break in a value must not make a second item, or a second message."""
        self.start()
        self.refused("xpl/acme-plain.x/text/set", "x\ncommand=off")
        self.refused("xpl/acme-plain.x/text/set", "x\n}\nx10.basic\n{\ncommand=on")
        self.refused("xpl/acme-plain.x/text/set", "x\rcommand=off")
        self.refused("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON\ncommand=off")

    def test_broker_restart_without_resubscription(self):
        self.start()
        self.broker.kill()
        self.observer.close()
        self.broker.start()
        self.observer = self.keep(Observer(self.broker))
        self.await_online()
        since = self.mark()[1]
        self.command("xpl/acme-plain.x/text/set", "again")
        self.ear.await_datagram(lambda d: b"text=again\n" in d, since)

    def test_retained_command_at_start(self):
        """Somebody published a command with -r: it must not act at each start."""
        for version in ("5", "311"):
            with self.subTest(version=version):
                self.command("xpl/acme-plain.x/text/set", "old", "-r")
                daemon = self.start("-V", version)
                self.after_all_that()
                self.assertFalse([d for d in self.ear.heard if b"text=old\n" in d])
                since = self.mark()[1]
                self.command("xpl/acme-plain.x/text/set", "new" + version)
                self.ear.await_datagram(lambda d: b"text=new" + version.encode() in d, since)
                daemon.stop()

    def test_retained_command_while_running(self):
        """With MQTT 5 a command with -r is known for one at once, and is told so."""
        self.start("-V", "5")
        since = self.mark()[0]
        self.command("xpl/acme-plain.x/text/set", "kept", "-r")
        self.topic("xpl/bridge/response/command", lambda p: b"refused" in p and b"retained" in p, since)
        self.command("xpl/acme-plain.x/text/set", "plain")
        self.ear.await_datagram(lambda d: b"text=plain\n" in d, 0)
        self.assertFalse([d for d in self.ear.heard if b"text=kept\n" in d])

    def test_two_sensors_of_one_device(self):
        """One topic for both, and the last one wins."""
        self.start()
        self.say(sensor("th1", "temp", "20.5"), sensor("th1", "humidity", "45"))
        self.topic("xpl/bnz-owfs.rpi/th1/temp", "20.5")
        self.topic("xpl/bnz-owfs.rpi/th1/humidity", "45")
        tree = retained_tree(self.broker)
        self.assertEqual((tree["xpl/bnz-owfs.rpi/th1/temp"], tree["xpl/bnz-owfs.rpi/th1/humidity"]), (b"20.5", b"45"))

    def test_a_value_in_an_old_code_page(self):
        """Squeezeboxes and Visual Basic send what is no UTF-8."""
        self.start()
        self.say(self.plain("@").replace(b"@", b"Caf\xe9"))
        self.topic("xpl/acme-plain.x/text", "Café")


class BrokerDownAtStart(harness.House):
    def house(self):
        pass  # no broker yet

    def test_broker_down_at_start(self):
        """Many end, or never try again."""
        self.daemon = self.run_daemon("-c", self.configure())
        self.daemon.await_line("(?i)broker|connect|refused")
        self.say(sensor("28.112233", "temp", "21.5"))
        self.broker.start()
        self.observer = self.keep(Observer(self.broker))
        self.await_online()
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "21.5")
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.ear.await_datagram(lambda d: b"ac.basic" in d)


if __name__ == "__main__":
    harness.main()
