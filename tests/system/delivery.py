"""Nothing lost, nothing late: brokers that are killed, frozen, full and unplugged, and a daemon that is killed.

Each test says numbered things on xPL while something goes wrong, then holds against each other what was said and what
came. The table at the end has a line for each fault and broker.
"""
import atexit
import os
import shutil
import signal
import tempfile
import time
import unittest

import delivery_world as dw
import harness
import rabbit
from harness import XPLMQTTD, Host, Program, sh
from world import TIMEOUT, cable, counters

BATCH = 60
LAMPS = 4
BACKOFF = 100  # s; the longest wait between two attempts is 90 s
SPOOLED = 1.0  # s; what was accepted 100 ms ago is on the disk, and accepting takes no second


class Barn(unittest.TestCase):
    kind = dw.Mosquitto
    keep, path, file = harness.House.keep, harness.House.path, harness.House.file
    expect_balance = harness.House.expect_balance

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="xplmqtt-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.home, self.barn = Host("home"), Host("barn")
        self.addCleanup(self.home.close)
        self.addCleanup(self.barn.close)
        cable(self.home, "eth1", dw.HOME, self.barn, "eth0", dw.BARN)
        self.home.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth9")
        self.home.ip("address", "add", harness.HOME + "/24", "broadcast", harness.BROADCAST, "dev", "eth0")
        for device in ("eth0", "eth9"):
            self.home.ip("link", "set", device, "up")
        self.book = dw.Book(self.kind.dot)
        self.daemon = self.witness = None
        self.hwm = 0
        self.voice = self.keep(harness.Ear(self.home.socket(harness.HOME)))
        self.broker = self.keep(self.make_broker())
        self.start_broker(gate=False)

    # the parts

    def make_broker(self):
        return self.kind(self.barn, self.folder)

    def start_broker(self, gate=True):
        """The witness is there before the bridge is let in."""
        if gate:
            self.home.ip("route", "replace", "unreachable", dw.BARN + "/32")
        self.broker.start()
        self.witness = self.keep(dw.Witness(self.broker, self.book))
        if gate:
            self.home.ip("route", "del", "unreachable", dw.BARN + "/32")

    def kill_broker(self, number=signal.SIGKILL):
        self.broker.kill(number)
        self.witness.close()

    def configure(self, mqtt="", spool="memory"):
        self.file("password", "s3cret\n")
        self.file("mappings.xml", '<mappings xmlns="urn:xplmqtt:mappings:1">\n%s</mappings>\n' % "".join(
            '  <alias device="rfxcom-lan.0004a3/0x00a1f3-%d" name="lamp-%d"/>\n' % (n, n) for n in range(1, LAMPS + 1)))
        return self.file("xplmqtt.xml", (
            '<xplmqtt xmlns="urn:xplmqtt:config:1">\n  <xpl instance="test" interface="eth0"/>\n'
            '  <mqtt url="mqtt://%s:%d" username="bridge" password-file="password" keepalive="5" spool="%s" %s/>\n'
            '  <mappings href="mappings.xml"/>\n</xplmqtt>\n' % (dw.BARN, dw.PORT, spool, mqtt)))

    def run_daemon(self, **configuration):
        os.makedirs(self.path("state"), exist_ok=True)
        env = {k: v for k, v in os.environ.items() if not k.startswith("XPLMQTT_")}
        env["STATE_DIRECTORY"] = self.path("state")
        self.daemon = self.keep(Program(self.home, [XPLMQTTD, "-c", self.configure(**configuration)], env=env))

    def start_daemon(self, **configuration):
        since = len(self.book.other)
        self.run_daemon(**configuration)
        self.await_connected()
        self.book.await_other("xpl/bridge/network", "online", since)

    def await_connected(self, since=0):
        self.daemon.await_line("connected to mqtt://", since, 2 * BACKOFF)

    def say(self, n=BATCH):
        self.book.say(self.voice, n)

    def order(self):
        """A numbered command, given to the broker; to an alias, whose name has no dot."""
        unit = len(self.book.ordered) + 1
        self.book.ordered[unit] = time.monotonic()
        sh(*self.barn.command(["mosquitto_pub", "-V", "311", *self.broker.options(), "-q", "1", "-m", "ON", "-t",
                               "xpl/lamp-%d/power/set" % unit]))

    def kill_daemon(self):
        self.hwm = max(self.hwm, dw.peak(self.daemon.pid))
        self.daemon.stop(signal.SIGKILL)

    # the account

    def account(self, fault, but=0, seconds=60):
        """Everything has come: lost states 0, and lost events 0 but for so many that the fault may lose."""
        self.book.await_all(seconds, but)
        self.books_balance()
        self.hwm = max(self.hwm, dw.peak(self.daemon.pid))
        dw.Table.add(fault, self.kind.name, self.book, self.hwm)
        log = "the daemon said:\n" + "\n".join(self.daemon.lines[-40:])
        self.assertEqual(self.book.lost_states(), [], log)
        self.assertLessEqual(len(self.book.lost_events()), but, (self.book.lost_events(), log))
        self.assertTrue(self.book.order_is_kept())
        self.assertEqual(self.book.late(), 0, self.book.acted)

    def books_balance(self):
        """In the end every message has become one of what it can become, and nothing is owed."""
        end = time.monotonic() + TIMEOUT
        while True:
            c = counters(self.daemon)
            owed = c["publishes"] - sum(c[name] for name in (
                "published", "coalesced", "expired", "dropped-full", "dropped-offline", "dropped-refused",
                "dropped-table"))
            if owed <= 0 or time.monotonic() > end:
                break
        self.assertEqual(owed, 0, c)
        self.expect_balance(c)
        self.assertEqual(c["dropped-refused"], sum(n for name, n in c.items() if name.startswith("publish-refused-")))


class BrokerFaults:
    """With every broker, in the newest version of MQTT that it speaks."""

    def await_connected(self, since=0):
        super().await_connected(since)
        line = [line for line in self.daemon.lines[since:] if "connected to mqtt://" in line][-1]
        self.assertTrue(line.endswith("with MQTT 5" if self.broker.speaks_5 else "with MQTT 3.1.1"), line)

    def test_killed(self):
        self.start_daemon()
        for _ in range(3):
            self.say()
            if self.broker.acknowledges_first:
                self.book.await_all(TIMEOUT)
            since = len(self.daemon.lines)
            self.kill_broker()
            self.say()
            self.daemon.await_line("cannot connect", since, BACKOFF)
            self.start_broker()
            self.await_connected(since)
        self.account("broker kill -9 x3")

    def test_frozen_for_a_minute(self):
        self.start_daemon()
        self.say()
        self.book.await_all(TIMEOUT)
        since = len(self.daemon.lines)
        self.broker.program.process.send_signal(signal.SIGSTOP)
        end = time.monotonic() + 60  # the fault is the time
        while time.monotonic() < end:
            self.say(5)
            with self.daemon.changed:
                self.daemon.changed.wait(1)
        self.broker.program.process.send_signal(signal.SIGCONT)
        self.await_connected(since)
        self.account("broker frozen 60 s")

    def test_a_pulled_cable_is_noticed_and_nothing_is_lost(self):
        """Nobody says that the link is dead: silence does, within twice the keep-alive and 5 s. What was commanded
        meanwhile is not done afterwards."""
        self.start_daemon()
        lamp = self.keep(harness.Client(self.home, "acme-lamp.x", harness.HOME))
        lamp.on_datagram = self.book.on_datagram
        beat = lamp.heartbeat()
        lamp.await_datagram(beat)
        self.say()
        self.order()
        lamp.await_datagram(lambda d: b"unit=1\n" in d)
        self.book.await_all(TIMEOUT)
        since = len(self.daemon.lines)
        self.barn.ip("link", "set", "eth0", "down")
        at = time.monotonic()
        self.say()
        self.order()
        self.daemon.await_line("connection to .* ended", since, 30)
        self.assertLess(time.monotonic() - at, 2 * 5 + 5)
        self.say()
        self.order()
        self.barn.ip("link", "set", "eth0", "up")
        self.await_connected(since)
        self.order()
        lamp.await_datagram(lambda d: b"unit=4\n" in d)
        self.account("cable pulled")


class DaemonFaults:
    """With the brokers that start in no time."""

    def test_the_daemon_is_killed_with_a_spool_on_disk(self):
        self.start_daemon(spool="disk")
        self.say()
        self.book.await_all(TIMEOUT)
        self.kill_broker()
        for _ in range(3):
            since = self.file_size()
            self.say()
            self.await_spooled(since)
            self.kill_daemon()
            self.run_daemon(spool="disk")
            self.daemon.await_line("messages of the last run wait")
            self.daemon.await_line("cannot connect")
        self.start_broker()
        self.await_connected()
        self.account("daemon kill -9 x3, spool=disk")

    def test_the_daemon_is_killed_with_all_in_memory(self):
        """What waited is gone; what the devices say next is not."""
        self.start_daemon()
        self.say()
        self.book.await_all(TIMEOUT)
        self.kill_broker()
        self.say()
        self.kill_daemon()
        self.run_daemon()
        self.daemon.await_line("cannot connect")
        self.say()
        self.start_broker()
        self.await_connected()
        self.account("daemon kill -9, spool=memory", but=BATCH)

    def file_size(self):
        return sum(os.path.getsize(self.path("state/" + name)) for name in ("spool.db", "spool.db-wal")
                   if os.path.exists(self.path("state/" + name)))

    def await_spooled(self, since):
        """What is said last is on the disk: the file has grown, and then not for a while."""
        end = time.monotonic() + TIMEOUT
        last, quiet = since, time.monotonic()
        while time.monotonic() < end and (last == since or time.monotonic() - quiet < SPOOLED):
            with self.daemon.changed:
                self.daemon.changed.wait(0.05)
            size = self.file_size()
            if size != last:
                last, quiet = size, time.monotonic()


class WithMosquitto(BrokerFaults, DaemonFaults, Barn):
    pass


class WithAedes(BrokerFaults, DaemonFaults, Barn):
    kind = dw.Aedes


class WithRabbit(BrokerFaults, Barn):
    kind = rabbit.Rabbit


class Persistent(Barn):
    """mosquitto as a distribution sets it up."""

    def make_broker(self):
        os.makedirs(self.path("store"))
        return self.kind(self.barn, self.folder,  # of an option that is there twice, the last counts
                         "persistence true\npersistence_location %s/\n" % self.path("store"))

    def test_restarted(self):
        self.start_daemon()
        for _ in range(2):
            self.say()
            since = len(self.daemon.lines)
            self.kill_broker(signal.SIGTERM)
            self.say()
            self.start_broker()
            self.await_connected(since)
        self.account("restart with persistence")

    def test_a_full_disk_of_the_broker(self):
        self.kill_broker()
        sh("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", self.path("store"))
        self.addCleanup(sh, "umount", "-l", self.path("store"))
        self.start_broker(gate=False)
        with open(self.path("store/filler"), "wb") as f:
            try:
                f.write(b"x" * 65536)
            except OSError:
                pass
        self.start_daemon()
        self.say()
        os.kill(self.broker.program.pid, signal.SIGUSR1)  # save now
        self.say()
        self.account("broker's disk full")


class Spool(Barn):
    """The daemon's own disk."""

    def small_disk(self, size):
        os.makedirs(self.path("state"), exist_ok=True)
        sh("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", self.path("state"))
        self.addCleanup(sh, "umount", "-l", self.path("state"))

    def test_a_full_disk_is_loud_and_nothing_is_lost(self):
        self.small_disk("64k")
        self.start_daemon(spool="disk")
        self.kill_broker()
        since = len(self.daemon.lines)
        for _ in range(10):
            self.say(100)
        self.daemon.await_line("error: the spool on disk failed: .*full", since)
        self.start_broker()
        self.await_connected(since)
        self.account("our disk full, spool=disk")
        self.assertGreaterEqual(counters(self.daemon)["spool-failures"], 1)

    def test_a_damaged_spool_is_put_aside_and_the_bridge_works(self):
        os.makedirs(self.path("state"))
        with open(self.path("state/spool.db"), "wb") as f:
            f.write(os.urandom(20000))
        self.start_daemon(spool="disk")
        self.daemon.await_line("error: the spool on disk was damaged: it is now .*spool.db.damaged")
        self.assertEqual(counters(self.daemon)["spool-damaged"], 1)
        self.say()
        self.account("our spool damaged")

    def test_nothing_is_written_while_the_broker_answers(self):
        self.start_daemon(spool="disk")
        self.book.await_other("xpl/bridge/state", "online")
        before = counters(self.daemon)["spool-written"]
        self.say(20)
        self.book.await_all(TIMEOUT)
        self.assertLessEqual(counters(self.daemon)["spool-written"] - before, 2, "a slow machine may be late now and then")

    def test_without_a_directory_the_bridge_does_not_start(self):
        env = dict(os.environ, STATE_DIRECTORY=self.path("nowhere"))
        daemon = self.keep(Program(self.home, [XPLMQTTD, "-c", self.configure(spool="disk")], env=env))
        self.assertEqual(daemon.wait(), 2)
        daemon.await_line('not started: spool="disk" cannot be: there is no directory')

    def test_two_daemons_do_not_share_a_spool(self):
        self.start_daemon(spool="disk")
        first = self.daemon
        self.run_daemon(spool="disk")
        self.assertEqual(self.daemon.wait(), 1)
        self.daemon.await_line("cannot open the spool in .*: another xplmqttd uses it")
        self.assertTrue(first.alive())


class Manners(Barn):
    """Other clients and access lists."""

    def test_a_second_client_with_our_id_is_recognised_and_not_fought(self):
        self.start_daemon()
        since = len(self.daemon.lines)
        thief = self.keep(Program(self.barn, ["mosquitto_sub", "-V", "5", "-i", "xplmqtt-test", "-t", "x",
                                              *self.broker.options()]))
        line = self.daemon.await_line("does another client use the same client id", since)  # mosquitto 2.0.11 only hangs up
        seconds = int(line.rsplit("next attempt in ", 1)[1].split()[0])
        self.assertGreaterEqual(seconds, 15)
        self.assertEqual(counters(self.daemon)["taken-over"], 1)
        thief.stop(signal.SIGTERM)

    def test_a_denied_publish_is_named_with_mqtt_5(self):
        self.restrict("topic deny xpl/tonyt-rio.frontbed/#")
        self.start_daemon()
        self.say(3)
        self.daemon.await_line("warning: publish to xpl/tonyt-rio.frontbed/[a-z]+ refused: not authorised")
        self.book.await_all(TIMEOUT, but=3)
        self.books_balance()
        self.assertEqual(self.book.lost_states(), [])
        self.assertEqual(counters(self.daemon)["publish-refused-denied"], 4)  # three events, one availability

    def test_a_denied_publish_is_noticed_with_3_1_1(self):
        self.restrict("topic deny xpl/bridge/state")
        self.run_daemon(mqtt='version="311"')
        self.daemon.await_line("warning: what we publish to xpl/bridge/state does not come back", 0, 60)
        self.assertEqual(counters(self.daemon)["echoes-missing"], 1)

    def test_an_allowed_publish_comes_back_with_3_1_1(self):
        self.start_daemon(mqtt='version="311"')
        self.broker.program.await_line("UNSUBSCRIBE from xplmqtt-test")

    def restrict(self, line):
        path = self.path("access")
        with open(path) as f:
            access = f.read()
        self.broker.write("access", access.replace("user bridge\n", "user bridge\n%s\n" % line))
        os.kill(self.broker.program.pid, signal.SIGHUP)
        self.broker.program.await_line("Reloading config")


del Barn

if __name__ == "__main__":
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        dw.Aedes.install()  # there is no registry in the namespaces
        rabbit.Rabbit.install()
    atexit.register(dw.Table.show)
    harness.main()
