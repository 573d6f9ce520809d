#!/usr/bin/env python3
"""The tool by itself: no broker, no daemon, a network of its own with nothing but loopback.

Usage: tool_alone.py XPLMQTT [unittest arguments]     needs network namespaces: root, or a user who may have them

The whole program moves into a new network namespace first, which ends with it. Nothing here sleeps for a result: it
waits for the line or datagram that must come; that something did not come is seen by a later one that did.
"""
import glob
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

TOOL = None
PATIENCE = 20  # s, until a test gives up
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.path.join(ROOT, "tests", "corpus")
MAPPINGS = os.path.join(ROOT, "mappings")
BROADCAST = ("127.255.255.255", 3865)


def xpl(kind, source, schema, *items, target="*"):
    return ("%s\n{\nhop=1\nsource=%s\ntarget=%s\n}\n%s\n{\n%s}\n"
            % (kind, source, target, schema, "".join(i + "\n" for i in items))).encode()


SENSOR = xpl("xpl-trig", "bnz-owfs.rpi", "sensor.basic", "device=28.112233", "type=temp", "current=21.5")
X10 = xpl("xpl-trig", "acme-cm11.hall", "x10.basic", "device=a1", "command=on")


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("XPLMQTT_") and k != "NO_COLOR"}
    env.update(TERM="xterm", **more)
    return env


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="xplmqtt-tool-")
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def mappings(self, text, name="mine.xml"):
        return self.file(name, '<mappings xmlns="urn:xplmqtt:mappings:1">\n%s\n</mappings>\n' % text)

    def tool(self, *arguments, input=b"", **env):
        run = subprocess.run([TOOL, *arguments], input=input, capture_output=True, timeout=PATIENCE,
                             env=environment(**env), cwd=self.folder)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def expect(self, status, *arguments, **options):
        got, out, err = self.tool(*arguments, **options)
        self.assertEqual(got, status, "%s\n%s%s" % (arguments, out, err))
        return out, err


class Use(Case):
    def test_no_verb_prints_the_verbs_and_is_wrong(self):
        out, err = self.expect(2)
        self.assertEqual(out, "")
        for verb in ("check", "explain", "listen", "send"):
            self.assertIn("\n  " + verb, err)

    def test_an_unknown_verb_names_the_nearest(self):
        out, err = self.expect(2, "chekc")
        self.assertIn("'check'", err)
        self.assertEqual(out, "")

    def test_help_and_version(self):
        out, err = self.expect(0, "--help")
        self.assertIn("explain", out)
        self.assertEqual(err, "")
        self.assertRegex(self.expect(0, "--version")[0], r"^xplmqtt \d+\.\d+\.\d+\n$")

    def test_every_verb_has_help_in_eighty_columns(self):
        for verb in ("check", "explain", "listen", "send"):
            out, err = self.expect(0, verb, "--help")
            self.assertTrue(out.startswith("usage: xplmqtt " + verb), out)
            self.assertIn("--help", out)
            self.assertLessEqual(max(map(len, out.split("\n"))), 80)

    def test_a_wrong_option_names_the_nearest(self):
        self.assertIn("--schema", self.expect(2, "listen", "--shcema", "x")[1])
        self.assertIn("needs a value", self.expect(2, "listen", "--schema")[1])
        self.assertIn("takes no value", self.expect(2, "check", "--verbose=1")[1])
        self.assertIn("-x", self.expect(2, "check", "-x")[1])

    def test_output_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "w") as full:
            run = subprocess.run([TOOL, "--help"], stdout=full, stderr=subprocess.PIPE, env=environment())
        self.assertEqual(run.returncode, 1)
        self.assertTrue(run.stderr)


class Check(Case):
    def test_the_shipped_mappings_are_clean(self):
        out, err = self.expect(0, "check")
        self.assertEqual(out, "")
        self.assertRegex(err, r"no errors in \d+ maps")

    def test_shipped_files_named_one_by_one_make_no_noise(self):
        for files in (sorted(glob.glob(MAPPINGS + "/*.xml")), [MAPPINGS + "/sensor-other.xml"],
                      [os.path.join(MAPPINGS, "..", "mappings", "x10.xml")]):
            self.assertEqual(self.expect(0, "check", "-v", *files)[0], "")

    def test_without_the_shipped_ones_only_the_named_files_count(self):
        err = self.expect(0, "check", "--no-shipped", MAPPINGS + "/x10.xml")[1]
        self.assertIn("of 1 file\n", err)

    def test_a_mistake_has_line_column_and_the_nearest_name(self):
        path = self.mappings('<map name="m" schema="a.b" device="{source}">\n  <property name="p" knd="sensor"/>\n</map>')
        out, err = self.expect(2, "check", path)
        self.assertRegex(out, r"(?m)^%s:3:\d+: error: .*'kind'" % re.escape(path))
        self.assertRegex(err, r"\d+ errors?")

    def test_all_files_are_looked_at(self):
        one, two = self.mappings("<mapp/>", "one.xml"), self.mappings("<tabel/>", "two.xml")
        out, _ = self.expect(2, "check", one, two)
        self.assertIn(one + ":2:", out)
        self.assertIn(two + ":2:", out)

    def test_an_example_that_fails(self):
        path = self.mappings('<map name="m" schema="a.b" device="{source}"><property name="p" kind="sensor">'
                             '<publish payload="{x}"/></property>\n<example><xpl>%s</xpl><mqtt topic="a-b.c/p" '
                             'payload="2"/></example></map>' % xpl("xpl-trig", "a-b.c", "a.b", "x=1").decode())
        self.assertIn(path + ":3:", self.expect(2, "check", path)[0])

    def test_a_warning_is_still_clean(self):
        path = self.mappings('<map name="m" schema="a.b" device="{source}"/>')
        out, err = self.expect(0, "check", path)
        self.assertIn(": warning: ", out)
        self.assertIn("1 warning", err)

    def test_an_overridden_shipped_map_is_told_only_when_asked(self):
        path = self.mappings('<map name="mine" schema="ac.basic" device="{source}"><property name="p" kind="sensor">'
                             '<publish payload="1"/></property></map>')
        self.assertEqual(self.expect(0, "check", path)[0], "")
        self.assertIn(": info: ", self.expect(0, "check", "-v", path)[0])

    def test_what_the_user_ignores_or_renames_does_not_fail_the_shipped_examples(self):
        path = self.mappings('<ignore source="rfxcom-*"/><ignore source="bnz-*"/>'
                             '<alias device="rfxcom-lan.0004a31bb6ac/0x1b0c5a2-3" name="lamp"/>')
        self.assertEqual(self.expect(0, "check", path)[0], "")

    def test_a_missing_file(self):
        self.assertIn("error: no such file", self.expect(2, "check", "nowhere.xml")[0])

    def configuration(self, text):
        return self.file("xplmqtt.xml", '<xplmqtt xmlns="urn:xplmqtt:config:1">\n%s\n</xplmqtt>\n' % text)

    def test_the_configuration_is_checked(self):
        path = self.configuration('<xpl rloe="hub"/>')
        self.assertRegex(self.expect(2, "check", "-c", path)[0], r"(?m)^%s:2:\d+: error: .*role" % re.escape(path))

    def test_the_configuration_says_which_files(self):
        self.mappings("<mapp/>")
        path = self.configuration('<mappings href="mine.xml"/>')
        self.assertIn("/mine.xml:2:", self.expect(2, "check", "-c", path)[0])

    def test_a_file_that_the_configuration_names_must_be_there(self):
        path = self.configuration('<mappings href="nowhere.xml"/>')
        self.assertRegex(self.expect(2, "check", "-c", path)[0], r"(?m)^%s:2:\d+: error: " % re.escape(path))

    def test_a_bad_configuration_does_not_hide_a_bad_file(self):
        path = self.configuration('<xpl rloe="hub"/>')
        out, _ = self.expect(2, "check", "-c", path, self.mappings("<mapp/>"))
        self.assertIn("rloe", out)
        self.assertIn("<mapp>", out)

    def test_no_shipped_mappings_are_an_error_as_for_the_daemon(self):
        out, _ = self.expect(2, "check", XPLMQTT_DATADIR=self.folder)
        self.assertIn(": error: no shipped mappings", out)
        self.expect(0, "check", "--no-shipped", XPLMQTT_DATADIR=self.folder)
        self.expect(0, "check", "--no-shipped", MAPPINGS + "/x10.xml", XPLMQTT_DATADIR=self.folder)


class Explain(Case):
    def test_a_message(self):
        out, err = self.expect(0, "explain", input=SENSOR)
        self.assertEqual(out, "map sensor-temperature\npublish xpl/bnz-owfs.rpi/28.112233/temp retain qos=1 21.5\n")
        self.assertEqual(err, "")

    def test_a_file(self):
        out, _ = self.expect(0, "explain", os.path.join(CORPUS, "derived-slim-remote.xpl"))
        self.assertEqual(out, "map remote\npublish xpl/slimdev-slimserv.kitchen/kitchen/keys qos=1 play\n")

    def test_a_command(self):
        out, _ = self.expect(0, "explain", "--mqtt", "xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        lines = out.split("\n")
        self.assertEqual(lines[:2], ["map ac", "send"])
        self.assertRegex(lines[5], r"^source=xplmqtt-bridge\.[a-z0-9-]{1,16}$")
        self.assertEqual("\n".join(lines[2:]).encode(),
                         xpl("xpl-cmnd", lines[5][7:], "ac.basic", "address=0x00a1f3", "unit=3", "command=on"))

    def test_a_payload_may_begin_with_a_dash(self):
        topic = "xpl/a-b.c/0x1-3/level/set"
        for words in (["-5"], ["--", "-5"]):
            self.assertIn("-5 is below", self.expect(1, "explain", "--mqtt", topic, *words)[0])
        self.assertIn("'--'", self.expect(1, "explain", "--mqtt", topic, "--")[0])

    def test_a_command_that_is_refused(self):
        out, _ = self.expect(1, "explain", "--mqtt", "xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "BLUE")
        self.assertRegex(out, r"^refused: .*BLUE")

    def test_a_topic_that_is_not_ours(self):
        self.assertIn("xpl/", self.expect(1, "explain", "--mqtt", "home/lamp/set", "ON")[0])

    def test_the_prefix(self):
        self.assertIn("publish home/bnz", self.expect(0, "explain", "--prefix", "home", input=SENSOR)[0])

    def test_own_mappings_come_first(self):
        mine = self.mappings('<map name="mine" schema="sensor.basic" device="d"><property name="p" kind="sensor">'
                             '<publish payload="{type}"/></property></map>')
        out, _ = self.expect(0, "explain", "--mappings", mine, input=SENSOR)
        self.assertEqual(out, "map mine\npublish xpl/d/p retain qos=1 temp\n")

    def test_bad_mappings_are_told(self):
        _, err = self.expect(2, "explain", "--mappings", self.mappings("<mapp/>"), input=SENSOR)
        self.assertRegex(err, r"mine\.xml:2:\d+: error")

    def test_what_near_maps_missed(self):
        out, _ = self.expect(1, "explain", input=xpl("xpl-cmnd", "a-b.c", "ac.basic", "command=on"))
        self.assertRegex(out, r"(?m)^map ac: .*type")
        out, _ = self.expect(1, "explain", input=xpl("xpl-trig", "a-b.c", "ac.basic", "command=on"))
        self.assertRegex(out, r"(?m)^map ac: .*address")

    def test_a_map_that_takes_it_and_makes_nothing(self):
        out, _ = self.expect(1, "explain", input=xpl("xpl-trig", "a-b.c", "ac.basic", "address=0x1", "unit=2",
                                                     "command=toggle"))
        self.assertRegex(out, r"^map ac: .*`when`")

    def test_no_map_of_that_schema(self):
        out, _ = self.expect(1, "explain", input=xpl("xpl-trig", "a-b.c", "sensor.basc", "a=b"))
        self.assertEqual(out, "no map for schema sensor.basc; nearest: sensor.basic\n")

    def test_a_property_that_did_not_act(self):
        out, err = self.expect(0, "explain", input=xpl("xpl-trig", "a-b.c", "ac.basic", "address=0x1", "unit=2",
                                                       "command=preset", "level=99"))
        self.assertIn("/power retain", out)
        self.assertNotIn("/level", out)
        self.assertRegex(err, "level.*99")

    def test_what_is_ignored(self):
        mine = self.mappings('<ignore source="bnz-*"/>')
        self.assertEqual(self.expect(0, "explain", "--mappings", mine, input=SENSOR)[0], "ignored\n")

    def test_heartbeats_are_for_the_bridge_unless_a_map_wants_them(self):
        heartbeat = xpl("xpl-stat", "a-b.c", "hbeat.app", "interval=5")
        self.assertIn("hbeat.app", self.expect(0, "explain", input=heartbeat)[0])
        mine = self.mappings('<map name="beat" schema="hbeat.app" device="{source}"><property name="interval" '
                             'kind="sensor"><publish/></property></map>')
        self.assertEqual(self.expect(0, "explain", "--mappings", mine, input=heartbeat)[0],
                         "map beat\npublish xpl/a-b.c/interval retain qos=1 5\n")

    def test_several_messages_of_any_form(self):
        text = b"\r\n  " + X10.replace(b"\n", b"\r\n  ") + b"\n\n" + SENSOR + json.dumps(
            {"type": "xpl-trig", "source": "bnz-owfs.rpi", "schema": "sensor.basic",
             "body": {"device": "1", "type": "temp", "current": "3"}}).encode()
        out, _ = self.expect(0, "explain", input=text)
        self.assertEqual([line.split()[-1] for line in out.split("\n") if line.startswith("publish")],
                         ["ON", "21.5", "3"])

    def test_what_is_no_message(self):
        self.assertIn("line 1", self.expect(2, "explain", input=b"hello\n")[1])
        self.assertIn("line 14", self.expect(2, "explain", input=SENSOR + b"\nxpl-trig\n{\n")[1])
        self.expect(2, "explain", input=b"")
        self.expect(2, "explain", "nowhere.xpl")

    def test_wrong_use(self):
        self.expect(2, "explain", "--mqtt", "x")
        self.expect(2, "explain", "--mqtt", "x", "y", "z")
        self.expect(2, "explain", "a", "b")

    def test_a_payload_gives_the_terminal_no_orders(self):
        out, _ = self.expect(0, "explain", input=xpl("xpl-trig", "a-b.c", "remote.basic", "keys=\x1b[2J"))
        self.assertNotIn("\x1b", out)

    def test_every_message_of_the_corpus_gets_an_answer(self):
        for path in sorted(glob.glob(CORPUS + "/*.xpl")):
            status, out, err = self.tool("explain", path)
            self.assertIn(status, (0, 1, 2), path)
            self.assertTrue(err if status == 2 else out, path)


class Program:
    """A running `xplmqtt listen` whose lines can be waited for."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([TOOL, "listen", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment())
        self.pending = b""

    def line(self):
        """The next line of stdout, or None at its end."""
        while b"\n" not in self.pending:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                raise AssertionError("no line came")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return None
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def told(self, pattern):
        """Waits until stderr says so."""
        seen = b""
        while not re.search(pattern.encode(), seen):
            if not select.select([self.process.stderr], [], [], PATIENCE)[0]:
                raise AssertionError("it only said: %r" % seen)
            data = os.read(self.process.stderr.fileno(), 65536)
            if not data:
                raise AssertionError("it ended, and said: %r" % seen)
            seen += data
        return self

    def stop(self, number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


class Network(Case):
    def listen(self, *arguments, told="being the hub"):
        program = Program(*arguments)
        self.addCleanup(program.stop, signal.SIGKILL)
        return program.told(told)

    def ear(self, port=0):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.settimeout(PATIENCE)
        sock.bind(("", port))
        self.addCleanup(sock.close)
        return sock

    def say(self, *datagrams):
        mouth = self.ear()
        for datagram in datagrams:
            mouth.sendto(datagram, BROADCAST)

    def hear(self, ear, wanted):
        while True:
            data = ear.recv(65536)
            if wanted in data:
                return data


class Send(Network):
    def test_the_datagram_is_exactly_the_expected_one(self):
        ear = self.ear(3865)
        self.expect(0, "send", "cmnd", "X10.basic", "device=a1", "command=on", "text=a=b c", "empty=")
        heard = ear.recv(65536)
        source = heard.split(b"\n")[3][7:].decode()
        self.assertRegex(source, r"^xplmqtt-send\.[a-z0-9-]{1,16}$")
        self.assertEqual(heard, xpl("xpl-cmnd", source, "x10.basic", "device=a1", "command=on", "text=a=b c", "empty="))

    def test_target_and_source(self):
        ear = self.ear(3865)
        self.expect(0, "send", "xpl-cmnd", "osd.basic", "text=hello", "-t", "acme-lcd.kitchen", "--source", "me-too.x")
        self.assertEqual(ear.recv(65536), xpl("xpl-cmnd", "me-too.x", "osd.basic", "text=hello",
                                              target="acme-lcd.kitchen"))

    def test_print_sends_nothing(self):
        ear = self.ear(3865)
        out, _ = self.expect(0, "send", "--print", "--source", "a-b.c", "trig", "x10.basic", "device=a1")
        self.assertEqual(out.encode(), xpl("xpl-trig", "a-b.c", "x10.basic", "device=a1"))
        self.expect(0, "send", "stat", "x10.basic", "device=a2")
        self.assertIn(b"device=a2", ear.recv(65536))

    def test_what_is_printed_can_be_explained(self):
        out, _ = self.expect(0, "send", "--print", "trig", "sensor.basic", "device=1", "type=temp", "current=3")
        self.assertIn("/1/temp retain qos=1 3", self.expect(0, "explain", input=out.encode())[0])

    def test_refusals_name_what_is_at_fault(self):
        for words, fault in ((("yell", "a.b"), "'yell'"), (("stta", "a.b"), "'stat'"), (("cmnd", "sensor"), "'sensor'"),
                             (("cmnd", "a.b", "c"), "'c'"), (("cmnd", "a.b", "ok=1", "a b=c"), "'a b'"),
                             (("cmnd", "a.b", "ok=1", "text=a\nb=c"), "'text'"), (("cmnd",), "schema"),
                             (("trig", "a.b", "-t", "acme-lcd.x"), "cmnd"), (("cmnd", "a.b", "-t", "lcd"), "'lcd'"),
                             (("cmnd", "a.b", "--source", "me"), "'me'"), (("cmnd", "a.b", "c=" + 1500 * "x"), "1472"),
                             (("cmnd", "a.b", "--interface", "eth9"), "eth9")):
            out, err = self.expect(2, "send", *words)
            self.assertIn(fault, err)
            self.assertEqual(out, "")


class Listen(Network):
    def test_without_a_hub_it_is_the_hub(self):
        listener = self.listen()
        self.say(X10)
        self.assertRegex(listener.line(), r"^\d\d:\d\d:\d\d\.\d{3} trig acme-cm11\.hall x10\.basic device=a1 command=on$")
        self.assertEqual(listener.stop(), 0)

    def test_it_serves_others_meanwhile(self):
        hub = self.listen()
        client = self.listen("--json", told="forwards")
        self.say(SENSOR)
        self.assertEqual(json.loads(client.line())["body"]["current"], "21.5")
        self.assertEqual(client.stop(), 0)
        self.assertEqual(hub.stop(signal.SIGTERM), 0)

    def test_a_message_is_shown_once(self):
        listener = self.listen("--json")
        for number in range(20):  # it comes by the hub's socket and, once we are our own client, by our own
            self.say(xpl("xpl-trig", "a-b.c", "x.y", "n=%d" % number))
            self.assertEqual(json.loads(listener.line())["body"]["n"], str(number))

    def test_json_is_what_the_raw_topics_have(self):
        listener = self.listen("--json")
        self.say(xpl("xpl-cmnd", "a-b.C", "X.Y", "N=1", "n=2", "v=\xe9", target="d-e.f"))
        self.assertEqual(json.loads(listener.line()),
                         {"type": "xpl-cmnd", "hop": 1, "source": "a-b.c", "target": "d-e.f", "schema": "x.y",
                          "body": {"n": ["1", "2"], "v": "\xe9"}})

    def test_it_filters(self):
        listener = self.listen("--schema", "X10.*", "--source", "acme-*")
        self.say(SENSOR, xpl("xpl-trig", "other-cm11.x", "x10.basic", "device=a1"), X10)
        self.assertIn("acme-cm11.hall x10.basic", listener.line())

    def test_it_ends_after_so_many(self):
        listener = self.listen("--count", "2")
        self.say(X10, SENSOR, X10)
        self.assertIn("x10", listener.line())
        self.assertIn("sensor", listener.line())
        self.assertIsNone(listener.line())
        self.assertEqual(listener.stop(), 0)
        for wrong in ("0", "x", "-1"):
            self.expect(2, "listen", "--count", wrong)

    def test_it_says_goodbye(self):
        ear = self.ear(3865)
        listener = Program()
        self.addCleanup(listener.stop, signal.SIGKILL)
        self.assertIn(b"source=xplmqtt-listen.", self.hear(ear, b"hbeat.app"))
        self.assertEqual(listener.stop(), 0)
        self.assertIn(b"source=xplmqtt-listen.", self.hear(ear, b"hbeat.end"))

    def test_it_answers_a_request(self):
        ear = self.ear(3865)
        listener = Program()
        self.addCleanup(listener.stop, signal.SIGKILL)
        heartbeat = self.hear(ear, b"hbeat.app")
        port = int(re.search(rb"\nport=(\d+)\n", heartbeat).group(1))
        mouth = self.ear()
        mouth.sendto(heartbeat, ("127.0.0.1", port))  # the echo of a hub: it stops searching
        listener.told("forwards")
        mouth.sendto(xpl("xpl-cmnd", "a-b.c", "hbeat.request", "command=request"), ("127.0.0.1", port))
        self.hear(ear, b"hbeat.app")

    def test_what_is_no_message_is_told(self):
        listener = self.listen()
        self.say(b"hello")
        listener.told("5 bytes from 127.0.0.1")

    def test_no_datagram_gives_the_terminal_orders(self):
        listener = self.listen()
        self.say(xpl("xpl-trig", "a-b.c", "x.y", "text=\x1b]0;owned\x07"))
        self.assertIn("text='\\x1b]0;owned\\x07'", listener.line())

    def test_nobody_reads_any_more(self):
        listener = self.listen()
        listener.process.stdout.close()
        self.say(X10)
        self.assertEqual(listener.process.wait(PATIENCE), 0)
        listener.process.stderr.close()

    def test_colours_only_on_a_terminal_that_wants_them(self):
        for wanted, more in ((True, {}), (False, {"NO_COLOR": "1"})):
            master, slave = os.openpty()
            process = subprocess.Popen([TOOL, "listen", "--count", "1"], stdout=slave, stderr=subprocess.PIPE,
                                       env=environment(**more))
            os.close(slave)
            self.assertIn(b"being the hub", process.stderr.readline())
            self.say(X10)
            process.communicate(timeout=PATIENCE)
            self.assertEqual(b"\x1b" in os.read(master, 4096), wanted)
            os.close(master)


def main():
    global TOOL
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        unshare = ["unshare", "--net"] + (["--user", "--map-root-user"] if os.geteuid() else [])
        os.environ["XPLMQTT_ISOLATED"] = "1"
        os.execvp("unshare", unshare + [sys.executable] + sys.argv)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    TOOL = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
