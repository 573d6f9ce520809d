"""Who has port 3865, and what happens when that changes: with every message numbered and accounted for."""
import json
import os
import signal
import subprocess
import threading
import time

import harness
from brokers import Observer
from devices import numbered, numbers
from harness import HOME, TIMEOUT, Client, ForeignHub, Program, retained_tree, sensor, xpl
from world import cable

RATE = 200  # messages a second


def ignored(host):
    """How many broadcasts came to this host while nobody had their port: the kernel's own count."""
    with host.inside(), open("/proc/thread-self/net/snmp") as f:
        names, values = [line.split() for line in f if line.startswith("Udp:")]
    return int(values[names.index("IgnoredMulti")])


class Traffic:
    """Numbered messages from the garden, at a steady rate. `unheld`: those that came to a port that nobody had."""

    def __init__(self, house):
        self.house, self.sent, self.unheld, self.ended = house, 0, set(), False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        due = time.monotonic()
        while not self.ended:
            before = ignored(self.house.home)
            self.sent += 1
            self.house.say(numbered(self.sent))
            if ignored(self.house.home) != before:
                self.unheld.add(self.sent)
            due += 1 / RATE
            time.sleep(max(0, due - time.monotonic()))

    def run_for(self, number):
        """Until that many more have been sent."""
        target = self.sent + number
        while self.sent < target:
            self.thread.join(0.01)

    def stop(self):
        self.ended = True
        self.thread.join()


class Automation(Observer):
    """Somebody's rule: what comes on one topic goes to another."""

    def __init__(self, broker, source, target):
        self.copier = Program(broker.host, ["mosquitto_pub", *broker.options(), "-t", target, "-l"],
                              stdin=subprocess.PIPE)
        super().__init__(broker, source)

    def take(self, line):
        super().take(line)
        if line.startswith("PUBLISH"):
            self.copier.process.stdin.write(self.messages[-1].payload + b"\n")
            self.copier.process.stdin.flush()

    def close(self):
        super().close()
        self.copier.process.stdin.close()
        self.copier.close()


class Roles(harness.House):
    """Daemons on one host, each with its own prefix; and one client that says its heartbeat once and never again."""

    broker_options = {"access": "user bridge\ntopic readwrite #\nuser person\ntopic readwrite #\n"}

    def house(self):
        super().house()
        self.daemons, self.traffic = [], None
        self.addCleanup(lambda: self.traffic and self.traffic.stop())

    def bridge(self, name, **more):
        """A daemon of that instance and prefix, online."""
        since = len(self.observer.messages)
        with open(self.configure(mqtt='prefix="%s"' % name, name=name + ".xml")) as f:
            text = f.read().replace('instance="test"', 'instance="%s"' % name)
        state = self.path("state-" + name)
        os.makedirs(state, exist_ok=True)
        daemon = self.run_daemon("-c", self.file(name + ".xml", text), STATE_DIRECTORY=state, **more)
        self.daemons.append(daemon)
        self.topic(name + "/bridge/network", "online", since)
        return daemon

    def topic(self, topic, payload=None, since=0):
        try:
            return self.observer.await_message(topic, payload, since)
        except AssertionError as error:
            raise AssertionError("%s\nthe daemons said:\n%s" % (error, "\n".join(
                "%d: %s" % (n, line) for n, daemon in enumerate(self.daemons) for line in daemon.lines)))

    def role(self, name, role, since=0):
        return self.topic(name + "/bridge/info", lambda p: json.loads(p).get("role") == role, since)

    def account(self, client, observed=(), spared=0):
        """Each number whose port was held came once to the client and to the observed prefixes; `spared`: how many may
        be missing besides, because the holder was killed with them in its hands."""
        self.traffic.stop()
        last = self.traffic.sent + 1
        self.say(numbered(last))
        client.await_datagram(lambda d: b"device=n%d\n" % last in d)
        self.observer.settle()
        expected = set(range(1, last + 1)) - self.traffic.unheld
        views = {"client": numbers(client.heard)}
        for prefix in observed:
            self.topic("%s/bnz-owfs.rpi/n%d/count" % (prefix, last))
            views[prefix] = [int(m.payload) for m in self.observer.topics("^%s/bnz-owfs.rpi/n[0-9]+/count$" % prefix)
                             if not m.retained]
        for name, heard in views.items():
            lost, doubled = expected - set(heard), len(heard) - len(set(heard))
            print("%s: %d sent, %d to a port that nobody had, %d received, %d lost, %d doubled"
                  % (name, last, len(self.traffic.unheld), len(heard), len(lost), doubled))
            self.assertLessEqual(len(lost), spared, "%s lost %s" % (name, sorted(lost)))
            self.assertEqual(doubled, 0, name)
        return len(self.traffic.unheld)

    def test_a_hub_that_stops_hands_over_to_the_next(self):
        a = self.bridge("a")
        self.bridge("b")
        self.role("b", "client")
        client = self.registered()
        self.traffic = Traffic(self)
        self.traffic.run_for(200)
        since = len(self.observer.messages)
        self.assertEqual(a.stop(), 0)
        self.role("b", "hub", since)
        self.traffic.run_for(200)
        self.assertLess(self.account(client, ["b"]), 2 * RATE, "two seconds without anybody")

    def test_the_port_goes_round_and_nothing_is_lost_while_anybody_has_it(self):
        a, b = self.bridge("a"), self.bridge("b")
        self.bridge("watch")
        self.role("watch", "client")
        client = self.registered()
        self.traffic = Traffic(self)
        self.traffic.run_for(100)
        a.stop()  # to b or watch
        self.traffic.run_for(100)
        self.bridge("a")
        self.traffic.run_for(100)
        b.stop()
        self.traffic.run_for(400)
        self.account(client, ["watch"])

    def test_a_hub_that_is_killed_is_followed_within_two_seconds(self):
        a = self.bridge("a")
        self.bridge("b")
        self.role("b", "client")
        client = self.registered()
        self.traffic = Traffic(self)
        self.traffic.run_for(100)
        since = len(self.observer.messages)
        a.stop(signal.SIGKILL)
        self.role("b", "hub", since)
        self.traffic.run_for(100)
        unheld = self.account(client, ["b"], spared=2)
        self.assertLess(unheld, 2 * RATE)

    def test_a_foreign_hub_comes_and_goes(self):
        hub = ForeignHub(self.home, HOME)
        self.bridge("a")
        self.role("a", "client")
        client = self.registered()
        self.traffic = Traffic(self)
        self.traffic.run_for(100)
        since = len(self.observer.messages)
        hub.close()
        self.role("a", "hub", since)
        self.traffic.run_for(100)
        self.account(client, ["a"], spared=2)

    def test_a_killed_hub_that_starts_again_serves_its_clients_at_once(self):
        runtime = self.path("run")
        os.makedirs(runtime)
        a, client = self.bridge("a", RUNTIME_DIRECTORY=runtime), self.registered()
        gone = Client(self.home, "acme-lamp.gone", HOME)
        gone.await_datagram(gone.heartbeat())
        gone.close()

        def is_saved():
            path = os.path.join(runtime, "hub-clients")
            if not os.path.exists(path):
                return False
            with open(path, "rb") as f:
                return b" %d " % client.port in f.read()
        deadline = time.monotonic() + TIMEOUT
        while not is_saved():
            self.assertLess(time.monotonic(), deadline)
            threading.Event().wait(0.05)
        a.stop(signal.SIGKILL)
        a = self.bridge("a", RUNTIME_DIRECTORY=runtime)
        a.await_line("serving 1 clients known before")
        self.say(sensor("after", "temp", "1"))
        client.await_datagram(sensor("after", "temp", "1"))

    def test_an_address_that_changes_is_followed(self):
        self.bridge("a")
        self.ear.await_datagram(lambda d: b"remote-ip=10.77.0.1\n" in d)
        self.home.ip("address", "del", "10.77.0.1/24", "dev", "eth0")
        self.home.ip("address", "add", "10.77.0.9/24", "broadcast", harness.BROADCAST, "dev", "eth0")
        self.ear.await_datagram(lambda d: b"hbeat.app\n" in d and b"remote-ip=10.77.0.9\n" in d)
        self.registered(address="10.77.0.9")

    def test_an_address_that_goes_and_comes_back_leaves_nobody_deaf_and_doubles_nothing(self):
        self.bridge("a")
        b, client = self.bridge("b"), self.registered()
        self.role("b", "client")
        since = len(self.ear.heard)
        lines = len(b.lines)
        self.home.ip("address", "del", "10.77.0.1/24", "dev", "eth0")
        b.await_line("speaking from 127.0.0.1", lines)
        client.await_datagram(lambda d: b"bridge.b\n" in d and b"hbeat.app\n" in d and b"=127.0.0.1\n" in d)
        self.home.ip("address", "add", "10.77.0.1/24", "broadcast", harness.BROADCAST, "dev", "eth0")
        self.ear.await_datagram(lambda d: b"hbeat.request\n" in d, since)
        self.ear.await_datagram(lambda d: b"bridge.b\n" in d and b"hbeat.app\n" in d, since)
        self.role("b", "client")
        event = xpl("xpl-trig", "acme-remote.x", "remote.basic", "keys=play", "device=tv")
        self.say(event, numbered(1))
        client.await_datagram(numbered(1))
        self.assertEqual(client.heard.count(event), 1)
        for name in ("a", "b"):
            self.topic(name + "/bnz-owfs.rpi/n1/count", "1")
            self.assertEqual(len(self.observer.topics("^%s/acme-remote.x/tv/keys$" % name)), 1, name)

    def test_an_interface_that_comes_late_is_used_and_both_kinds_of_broadcast_are_heard(self):
        self.daemons.append(self.run_daemon("-c", self.configure(xpl='interface="eth7" allow="10.79.0.0/24"')))
        self.topic("xpl/bridge/network", "offline")
        cable(self.home, "eth7", "10.79.0.1", self.garden, "eth7", "10.79.0.2")
        self.topic("xpl/bridge/network", "online")
        sock = self.garden.socket("10.79.0.2")
        sock.setsockopt(1, 25, b"eth7\0")  # SO_BINDTODEVICE
        self.addCleanup(sock.close)
        self.say(sensor("denied", "temp", "1"))
        sock.sendto(sensor("subnet", "temp", "1"), ("10.79.0.255", 3865))
        sock.sendto(sensor("everybody", "temp", "2"), ("255.255.255.255", 3865))
        self.topic("xpl/bnz-owfs.rpi/subnet/temp", "1")
        self.topic("xpl/bnz-owfs.rpi/everybody/temp", "2")
        self.assertEqual(self.observer.topics("/denied/"), [])

    def test_a_manager_finds_and_renames_the_bridge_for_good(self):
        a = self.bridge("a")

        def ask(name, schema, *items):
            since = len(self.ear.heard)
            self.say(xpl("xpl-cmnd", "acme-boss.x", schema, *items, target="xplmqtt-bridge." + name))
            return since
        since = ask("a", "config.list", "command=request")
        self.ear.await_datagram(lambda d: b"\nconfig.list\n{\nreconf=newconf\n" in d and d.startswith(b"xpl-stat"), since)
        since = ask("a", "config.response", "newconf=kitchen", "interval=7")
        self.ear.await_datagram(lambda d: b"bridge.a\n" in d and b"hbeat.end" in d, since)
        self.ear.await_datagram(lambda d: b"bridge.kitchen\n" in d and b"hbeat.app\n{\ninterval=7\n" in d, since)
        self.topic("a/bridge/info", lambda p: json.loads(p).get("source") == "xplmqtt-bridge.kitchen")
        a.stop()
        since = len(self.ear.heard)
        self.bridge("a")
        self.ear.await_datagram(lambda d: b"bridge.kitchen\n" in d and b"hbeat.app\n{\ninterval=7\n" in d, since)

    def after_a_second_bridge_on_the_prefix(self, version, end):
        """It goes in that way; then what the broker keeps is true of the first again."""
        self.bridge("a", XPLMQTT_MQTT_VERSION=version)
        since = len(self.observer.messages)
        os.makedirs(self.path("state-b"))
        second = self.run_daemon("-c", self.path("a.xml"), "--instance", "b", "--role", "client",
                                 STATE_DIRECTORY=self.path("state-b"), XPLMQTT_MQTT_VERSION=version)
        self.daemons.append(second)
        self.topic("a/bridge/info", lambda p: json.loads(p)["source"] == "xplmqtt-bridge.b", since)
        self.topic("a/bridge/network", "online", since)
        self.observer.settle()
        since = len(self.observer.messages)
        second.stop(end)
        self.topic("a/bridge/state", "offline", since)
        self.topic("a/bridge/info", lambda p: json.loads(p)["source"] == "xplmqtt-bridge.a", since)
        self.observer.settle()
        kept = retained_tree(self.broker)
        self.assertEqual((kept["a/bridge/state"], kept["a/bridge/network"]), (b"online", b"online"))

    def test_a_second_bridge_on_the_prefix_stops(self):
        self.after_a_second_bridge_on_the_prefix("5", signal.SIGTERM)

    def test_a_second_bridge_on_the_prefix_stops_under_3_1_1(self):
        self.after_a_second_bridge_on_the_prefix("311", signal.SIGTERM)

    def test_a_second_bridge_on_the_prefix_is_killed(self):
        self.after_a_second_bridge_on_the_prefix("5", signal.SIGKILL)

    def test_a_loop_through_the_broker_is_cut_and_named(self):
        daemon = self.bridge("a")
        self.say(xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3", "unit=3", "command=on"))
        topic = "a/rfxcom-lan.0004a3/0x00a1f3-3/power"
        self.topic(topic, "ON")
        self.keep(Automation(self.broker, topic, topic + "/set"))
        line = daemon.await_line("a loop through the broker")
        self.assertIn("map 'ac'", line)
        self.assertIn(topic + "/set", line)
        self.after_the_loop(topic)

    def after_the_loop(self, topic):
        """It is over: what was heard of it stays as it is."""
        self.observer.settle()
        commands = [d for d in self.ear.heard if b"ac.basic" in d and b"xplmqtt-bridge" in d]
        self.broker.publish("a/bridge/request/health", "")
        health = json.loads(self.topic("a/bridge/response/health").payload)
        counters = health["data"]["counters"]
        self.assertGreaterEqual(counters["refused-loop"], 1)
        self.assertLess(len(commands), 100)
        self.assertEqual(self.observer.topics("^%s$" % topic)[-1].payload, b"ON")


if __name__ == "__main__":
    harness.main()
