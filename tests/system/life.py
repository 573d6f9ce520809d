"""Starting wrong, reloading, stopping."""
import os
import re
import signal
import socket

import harness
from harness import retained_tree, sensor

MAP = """<mappings xmlns="urn:xplmqtt:mappings:1">
  <map name="mine" schema="sensor.basic" device="{source}/{device}">
    <property name="%s" kind="sensor"><publish payload="{current}"/></property>
  </map>
</mappings>
"""


class Reload(harness.House):
    def start_with(self, mapping):
        self.mapping = self.file("mine.xml", mapping)
        return self.start_daemon(rest='<mappings href="%s"/>' % self.mapping)

    def test_a_good_mapping_is_used_after_sighup(self):
        daemon = self.start_with(MAP % "old")
        self.say(sensor("1", "temp", "5"))
        self.topic("xpl/bnz-owfs.rpi/1/old", "5")
        self.file("mine.xml", MAP % "new")
        os.kill(daemon.pid, signal.SIGHUP)
        daemon.await_line("(?i)reload")
        self.say(sensor("1", "temp", "6"))
        self.topic("xpl/bnz-owfs.rpi/1/new", "6")

    def test_a_bad_mapping_changes_nothing_and_is_explained(self):
        daemon = self.start_with(MAP % "old")
        self.file("mine.xml", (MAP % "new").replace("kind=", "knd="))
        since = len(daemon.lines)
        os.kill(daemon.pid, signal.SIGHUP)
        line = daemon.await_line(r"mine\.xml:3:\d+: error", since)
        self.assertIn("kind", line)
        self.say(sensor("1", "temp", "7"))
        self.topic("xpl/bnz-owfs.rpi/1/old", "7")

    def test_a_bad_configuration_changes_nothing(self):
        daemon = self.start_with(MAP % "old")
        self.configure(xpl='role="emperor"')
        since = len(daemon.lines)
        os.kill(daemon.pid, signal.SIGHUP)
        daemon.await_line(r"xplmqtt\.xml:\d+:\d+: error", since)
        self.say(sensor("1", "temp", "8"))
        self.topic("xpl/bnz-owfs.rpi/1/old", "8")

    def test_a_changed_prefix_waits_for_a_restart_as_a_whole(self):
        daemon = self.start_with(MAP % "old")
        self.configure(mqtt='prefix="xpl/other"', rest='<mappings href="%s"/>' % self.mapping)
        os.kill(daemon.pid, signal.SIGHUP)
        daemon.await_line("restart")
        self.say(sensor("1", "temp", "9"))
        self.topic("xpl/bnz-owfs.rpi/1/old", "9")

    def test_reload_by_mqtt(self):
        self.start_with(MAP % "old")
        self.file("mine.xml", MAP % "new")
        self.command("xpl/bridge/request/reload", '{"id": "abc"}')
        answer = self.topic("xpl/bridge/response/reload")
        self.assertIn(b"abc", answer.payload)
        self.say(sensor("1", "temp", "6"))
        self.topic("xpl/bnz-owfs.rpi/1/new", "6")


class Stop(harness.House):
    def test_sigterm_ends_cleanly(self):
        daemon = self.start_daemon()
        seen, heard = self.mark()
        self.assertEqual(daemon.stop(signal.SIGTERM), 0)
        self.observer.await_message("xpl/bridge/state", "offline", seen)
        self.assertEqual(retained_tree(self.broker)["xpl/bridge/state"], b"offline")
        self.ear.await_datagram(lambda d: b"source=xplmqtt-bridge.test\n" in d and b"\nhbeat.end\n" in d, heard)

    def test_sigint_ends_cleanly(self):
        self.assertEqual(self.start_daemon().stop(signal.SIGINT), 0)

    def test_it_stops_without_a_broker_too(self):
        daemon = self.start_daemon()
        self.broker.kill()
        self.assertEqual(daemon.stop(), 0)

    def test_sigusr1_writes_the_counters(self):
        daemon = self.start_daemon()
        self.say(sensor("1", "temp", "5"))
        self.topic("xpl/bnz-owfs.rpi/1/temp", "5")
        since = len(daemon.lines)
        os.kill(daemon.pid, signal.SIGUSR1)
        daemon.await_line(r"xpl-received\D+[1-9]", since)

    def test_sigusr1_is_answered_without_a_broker_and_at_any_log_level(self):
        daemon = self.start_daemon(rest='<log level="error"/>')
        self.broker.kill()
        since = len(daemon.lines)
        os.kill(daemon.pid, signal.SIGUSR1)
        daemon.await_line("xpl-received", since)


class Start(harness.House):
    def refuses(self, *arguments, **more):
        """Ends with status 2, having touched nothing; what it said."""
        daemon = self.run_daemon(*arguments, **more)
        self.assertEqual(daemon.wait(), 2, daemon.lines)
        self.observer.settle()
        self.assertEqual(self.observer.topics("^xpl/"), [])
        self.assertEqual(self.ear.heard, [])
        return "\n".join(daemon.lines)

    def test_an_unknown_option(self):
        self.assertIn("--rol", self.refuses("--rol-e", "hub"))

    def test_host_and_url_together(self):
        self.refuses("-h", "localhost", "--url", "mqtt://localhost")

    def test_a_value_that_cannot_be(self):
        self.assertIn("hub", self.refuses("--role", "hubb"))

    def test_the_environment_is_checked_too(self):
        self.assertIn("XPLMQTT_ROLE", self.refuses(XPLMQTT_ROLE="emperor"))

    def test_a_named_configuration_must_exist(self):
        self.assertIn("nowhere.xml", self.refuses("-c", self.path("nowhere.xml")))

    def test_a_mistake_in_the_configuration_has_line_and_column(self):
        path = self.file("bad.xml", '<xplmqtt xmlns="urn:xplmqtt:config:1">\n  <xpl rolle="hub"/>\n</xplmqtt>\n')
        said = self.refuses("-c", path)
        self.assertRegex(said, r"bad\.xml:2:\d+: error: .*rolle")
        self.assertIn("role", said.replace("rolle", ""))

    def test_a_mistake_in_a_mapping_has_line_and_column(self):
        path = self.file("bad.xml", (MAP % "x").replace("schema=", "shema="))
        said = self.refuses("-c", self.configure(rest='<mappings href="%s"/>' % path))
        self.assertRegex(said, r"bad\.xml:2:\d+: error: .*shema")

    def test_help_and_version(self):
        for option, text in (("--help", "--pw-file"), ("--version", "0.1.0")):
            daemon = self.run_daemon(option)
            self.assertEqual(daemon.wait(), 0)
            self.assertIn(text, "\n".join(daemon.lines))

    def test_every_option_is_in_the_manual(self):
        daemon = self.run_daemon("--help")
        self.assertEqual(daemon.wait(), 0)
        with open(os.path.join(harness.ROOT, "packaging", "man", "xplmqttd.8")) as f:
            manual = f.read()
        options = set(re.findall(r"--([a-z][a-z-]+)", "\n".join(line[:30] for line in daemon.lines)))
        self.assertGreater(len(options), 30)
        self.assertEqual([o for o in sorted(options) if not re.search(r"Fl -%s\b" % o, manual)], [])

    def test_healthcheck(self):
        config = self.configure()
        self.assertEqual(self.run_daemon("-c", config, "--healthcheck").wait(), 1)
        self.start_daemon()
        check = self.run_daemon("-c", config, "--healthcheck")
        self.assertEqual(check.wait(), 0, check.lines)

    def test_the_service_manager_is_told_of_readiness_status_and_the_end(self):
        path = self.path("notify")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notify.close)
        notify.bind(path)
        notify.settimeout(harness.TIMEOUT)
        self.daemon = self.run_daemon("-c", self.configure(), NOTIFY_SOCKET=path, WATCHDOG_USEC="2000000")
        said = []

        def await_all(*lines):
            while not set(lines) <= set(said):
                said.extend(notify.recv(4096).decode().split("\n"))
        await_all("READY=1", "WATCHDOG=1", "STATUS=xPL: hub; MQTT: connected")
        self.broker.kill()
        said.clear()
        await_all("STATUS=xPL: hub; MQTT: not connected")
        os.kill(self.daemon.pid, signal.SIGTERM)
        await_all("STOPPING=1")


if __name__ == "__main__":
    harness.main()
