"""The tool: check, explain, listen, send."""
import json
import os
import re

import harness
from harness import Program, sensor, xpl

BAD = """<mappings xmlns="urn:xplmqtt:mappings:1">
  <map name="mine" schema="sensor.basic" device="{source}">
    <property name="a" knd="sensor"/>
  </map>
</mappings>
"""


class Tool(harness.House):
    def test_check_passes_the_shipped_mappings(self):
        status, out, err = self.tool("check")
        self.assertEqual(status, 0, out + err)

    def test_check_finds_the_line_and_column_and_the_nearest_name(self):
        status, out, err = self.tool("check", self.file("bad.xml", BAD))
        self.assertEqual(status, 2)
        self.assertRegex(out + err, r"bad\.xml:3:\d+: error: .*knd.*kind")

    def test_check_runs_the_examples(self):
        path = self.file("wrong.xml", """<mappings xmlns="urn:xplmqtt:mappings:1">
  <map name="mine" schema="sensor.basic" device="{source}">
    <property name="a" kind="sensor"><publish payload="{current}"/></property>
    <example>
      <xpl>%s</xpl>
      <mqtt topic="bnz-owfs.rpi/a" payload="22"/>
    </example>
  </map>
</mappings>
""" % sensor("1", "temp", "21").decode())
        status, out, err = self.tool("check", path)
        self.assertEqual(status, 2, out + err)
        self.assertIn("21", out + err)

    def test_explain_says_which_map_and_what_it_does(self):
        status, out, err = self.tool("explain", input=sensor("28.112233", "temp", "21.5"))
        self.assertEqual(status, 0, out + err)
        self.assertRegex(out, r"(?m)^map \S+")
        self.assertRegex(out, r"(?m)^publish xpl/bnz-owfs.rpi/28.112233/temp retain qos=1 21.5$")

    def test_explain_a_command(self):
        status, out, err = self.tool("explain", "--mqtt", "xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.assertEqual(status, 0, out + err)
        self.assertRegex(out, r"(?m)^send")
        self.assertIn("command=on\n", out)

    def test_explain_what_nothing_takes(self):
        status, out, err = self.tool("explain", input=xpl("xpl-trig", "acme-thing.x", "never.heard", "of=it"))
        self.assertEqual(status, 1, out + err)

    def test_explain_what_a_near_map_missed(self):
        status, out, err = self.tool("explain", input=xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "command=on"))
        self.assertEqual(status, 1, out + err)
        self.assertRegex(out + err, "address|unit")

    def test_explain_what_is_no_xpl(self):
        status, out, err = self.tool("explain", input=b"hello\n")
        self.assertNotEqual(status, 0)

    def test_listen_shows_messages_as_json(self):
        self.start_daemon()
        listener = self.listen("--json")
        self.say(sensor("28.112233", "temp", "21.5"))
        message = json.loads(listener.await_line('"28.112233"'))
        self.assertEqual(message["source"], "bnz-owfs.rpi")
        self.assertEqual(message["body"]["current"], "21.5")

    def listen(self, *arguments):
        """It hears all once its heartbeat is on the network."""
        listener = self.keep(Program(self.home, [harness.XPLMQTT, "listen", *arguments], env=self.daemon_environment()))
        self.ear.await_datagram(lambda d: b"\nhbeat.app\n" in d and b"xplmqtt-bridge.test" not in d)
        return listener

    def test_listen_filters_by_schema(self):
        self.start_daemon()
        listener = self.listen("--json", "--schema", "ac.*")
        self.say(sensor("1", "temp", "21.5"),
                 xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x1", "unit=1", "command=on"))
        listener.await_line("ac.basic")
        self.assertNotIn("sensor.basic", "\n".join(listener.lines))

    def test_listen_ends_under_an_address_that_it_had(self):
        self.listen()
        self.home.ip("address", "add", "10.77.0.9/16", "broadcast", harness.BROADCAST, "dev", "eth0")
        self.home.ip("address", "del", "10.77.0.1/24", "dev", "eth0")
        for schema, address in (("hbeat.end", "10.77.0.1"), ("hbeat.app", "10.77.0.9")):
            self.ear.await_datagram(lambda d: b"xplmqtt-listen." in d and (b"\n%s\n" % schema.encode()) in d
                                    and (b"remote-ip=%s\n" % address.encode()) in d)

    def test_listen_is_the_hub_where_there_is_none(self):
        listener = self.listen()
        self.say(sensor("28.112233", "temp", "21.5"))
        listener.await_line("21.5")

    def test_send_puts_exactly_the_expected_datagram_on_the_network(self):
        status, out, err = self.tool("send", "cmnd", "x10.basic", "device=a1", "command=on", "text=a=b c")
        self.assertEqual(status, 0, out + err)
        heard = self.ear.await_datagram(lambda d: b"x10.basic\n" in d)[0]
        source = heard.split(b"\n")[3].decode()
        self.assertRegex(source, r"^source=[a-z0-9]{1,8}-[a-z0-9]{1,8}\.[a-z0-9-]{1,16}$")
        self.assertEqual(heard, xpl("xpl-cmnd", source[7:], "x10.basic", "device=a1", "command=on", "text=a=b c"))

    def test_send_with_a_target(self):
        status, out, err = self.tool("send", "cmnd", "osd.basic", "-t", "acme-lcd.kitchen", "text=hello")
        self.assertEqual(status, 0, out + err)
        heard = self.ear.await_datagram(lambda d: b"osd.basic\n" in d)[0]
        self.assertIn(b"\ntarget=acme-lcd.kitchen\n", heard)

    def test_send_reaches_the_programs_of_this_host_too(self):
        self.start_daemon()
        status, out, err = self.tool("send", "trig", "sensor.basic", "device=1", "type=temp", "current=3")
        self.assertEqual(status, 0, out + err)
        with self.observer.changed:
            self.assertTrue(self.observer.changed.wait_for(
                lambda: [m for m in self.observer.messages if m.topic.endswith("/1/temp") and m.payload == b"3"],
                harness.TIMEOUT))

    def test_send_refuses_what_is_no_xpl(self):
        for arguments in (("trig", "sensor.basic", "-t", "acme-lcd.kitchen", "a=b"), ("yell", "sensor.basic", "a=b"),
                          ("cmnd", "sensor", "a=b"), ("cmnd", "sensor.basic", "ab"),
                          ("cmnd", "sensor.basic", "a=b\nc=d")):
            status, out, err = self.tool("send", *arguments)
            self.assertEqual(status, 2, arguments)
            self.assertTrue(out + err)

    def test_wrong_use(self):
        for arguments in ((), ("dance",), ("send",), ("explain", "--mqtt", "x")):
            status, out, err = self.tool(*arguments)
            self.assertEqual(status, 2, arguments)

    def test_help_and_version(self):
        for arguments, text in ((("--help",), "explain"), (("--version",), "0.1.0")):
            status, out, err = self.tool(*arguments)
            self.assertEqual(status, 0)
            self.assertIn(text, out)


    def test_every_option_is_in_the_manual(self):
        with open(os.path.join(harness.ROOT, "packaging", "man", "xplmqtt.1")) as f:
            manual = f.read()
        for verb in ("check", "explain", "listen", "send"):
            status, out, err = self.tool(verb, "--help")
            options = set(re.findall(r"--([a-z][a-z-]+)", out))
            self.assertGreater(len(options), 3)
            self.assertEqual([o for o in sorted(options) if not re.search(r"Fl -%s\b" % o, manual)], [])


class CorpusMessages(harness.House):
    def test_explain_says_something_of_every_recorded_message(self):
        folder = os.path.join(harness.ROOT, "packaging", "quickstart.d")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".xpl"):
                with self.subTest(name):
                    status, out, err = self.tool("explain", os.path.join(folder, name))
                    self.assertEqual(status, 1 if "no-map" in name else 0, out + err)
                    self.assertTrue(out.strip())


if __name__ == "__main__":
    harness.main()
