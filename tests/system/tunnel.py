"""Three houses, each with its own xPL network, joined through one broker by the tunnel of their bridges.

    siteN   10.77.N.1 on its xPL network, 10.88.N.1 towards the broker
    fieldN  10.77.N.2, a computer with xPL devices
    broker  10.88.N.2 of every site
"""
import os
import re
import shutil
import tempfile
import unittest

import harness
from brokers import Broker, Observer
from devices import XPL_PORT, Client, Ear, numbered, sensor, xpl
from harness import XPLMQTTD, Host, Program
from world import cable


def with_hop(datagram, hop):
    return datagram.replace(b"hop=1\n", b"hop=%d\n" % hop)


class Site:
    def __init__(self, test, number):
        self.test, self.number = test, number
        self.host, self.field = Host("site%d" % number), Host("field%d" % number)
        test.addCleanup(self.host.close)
        test.addCleanup(self.field.close)
        net, way = "10.77.%d" % number, "10.88.%d" % number
        self.address, self.broadcast = net + ".1", net + ".255"
        cable(self.host, "eth0", net + ".1", self.field, "eth0", net + ".2")
        cable(self.host, "mq0", way + ".1", test.middle, "mq%d" % number, way + ".2")
        self.ear = test.keep(Ear(self.field.socket("", XPL_PORT)))
        self.daemon = None

    def start(self):
        path = os.path.join(self.test.folder, "site%d.xml" % self.number)
        state = os.path.join(self.test.folder, "state%d" % self.number)
        os.makedirs(state, exist_ok=True)
        with open(path, "w") as f:
            f.write('<xplmqtt xmlns="urn:xplmqtt:config:1">\n'
                    '  <xpl instance="site%d" interface="eth0" tunnel="houses"/>\n'
                    '  <mqtt url="mqtt://10.88.%d.2:1883" username="bridge" password-file="%s" prefix="site%d"/>\n'
                    '</xplmqtt>\n' % (self.number, self.number, self.test.password, self.number))
        env = {k: v for k, v in os.environ.items() if not k.startswith("XPLMQTT_")}
        env["STATE_DIRECTORY"] = state
        since = len(self.test.observer.messages)
        self.daemon = self.test.keep(Program(self.host, [XPLMQTTD, "-c", path], env=env))
        for topic in ("network", "state"):
            self.test.observer.await_message("site%d/bridge/%s" % (self.number, topic), "online", since)

    def say(self, datagram):
        self.ear.send(datagram, self.broadcast)

    def heard(self, pattern):
        return [d for d in self.ear.heard if re.search(pattern, d)]


class Tunnel(unittest.TestCase):
    n_sites = 3

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="xplmqtt-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.middle = Host("middle")
        self.addCleanup(self.middle.close)
        self.sites = [Site(self, number + 1) for number in range(self.n_sites)]
        self.broker = self.keep(Broker(self.middle, self.folder, listener="0.0.0.0",
                                       access="user bridge\ntopic readwrite #\nuser person\ntopic readwrite #\n"))
        self.broker.start()
        self.observer = self.keep(Observer(self.broker))
        self.password = os.path.join(self.folder, "password")
        with open(self.password, "w") as f:
            f.write("s3cret\n")
        for site in self.sites:
            site.start()

    def keep(self, thing):
        self.addCleanup(thing.close)
        return thing

    def settle(self):
        """A message of each site, sent last, has been everywhere."""
        token = os.urandom(4).hex()
        for site in self.sites:
            site.say(sensor(token, "count", "0", "acme-last.site%d" % site.number))
        for here in self.sites:
            for there in self.sites:
                pattern = b"source=acme-last.site%d\n(.|\n)*device=%s\n" % (there.number, token.encode())
                here.ear.await_datagram(lambda d, p=pattern: re.search(p, d))
        self.observer.settle()

    def test_each_message_is_heard_once_on_each_network(self):
        count = 100
        for number in range(count):
            for site in self.sites:
                site.say(numbered(number, "acme-dev.site%d" % site.number))
        self.settle()
        for here in self.sites:
            for there in self.sites:
                own = here is there
                heard = here.heard(b"source=acme-dev.site%d\n" % there.number)
                expected = [with_hop(numbered(n, "acme-dev.site%d" % there.number), 1 if own else 2)
                            for n in range(count)]
                print("site %d heard of site %d: %d of %d, %d doubled"
                      % (here.number, there.number, len(set(heard)), count, len(heard) - len(set(heard))))
                self.assertEqual(heard, expected, "in order, each once")

    def test_far_devices_are_known_to_the_local_bridge_too(self):
        self.sites[0].say(sensor("28.1", "temp", "21.5"))
        for number in range(1, 4):
            self.observer.await_message("site%d/bnz-owfs.rpi/28.1/temp" % number, "21.5")

    def test_clients_of_the_far_hub_hear_and_heartbeats_are_seen(self):
        one, two = self.sites[:2]
        client = self.keep(Client(two.host, "acme-lamp.far", two.address))
        beat = xpl("xpl-stat", "acme-lamp.far", "hbeat.app", "interval=5", "port=%d" % client.port,
                   "remote-ip=" + two.address)
        client.send(beat, two.broadcast)
        client.await_datagram(beat)
        one.ear.await_datagram(with_hop(beat, 2))
        one.say(sensor("28.1", "temp", "1"))
        client.await_datagram(with_hop(sensor("28.1", "temp", "1"), 2))

    def test_a_targeted_command_goes_only_where_its_target_lives(self):
        one, two, three = self.sites
        three.say(xpl("xpl-stat", "acme-lamp.attic", "hbeat.app", "interval=5", "port=4000", "remote-ip=10.77.3.2"))
        one.ear.await_datagram(lambda d: b"acme-lamp.attic" in d)
        two.ear.await_datagram(lambda d: b"acme-lamp.attic" in d)
        command = xpl("xpl-cmnd", "acme-boss.x", "x10.basic", "command=on", target="acme-lamp.attic")
        one.say(command)
        three.ear.await_datagram(with_hop(command, 2))
        self.settle()
        self.assertEqual(two.heard(b"x10.basic"), [])
        self.assertEqual(three.heard(b"x10.basic"), [with_hop(command, 2)])

    def test_a_broker_that_was_away_brings_nothing_late(self):
        self.broker.kill()
        self.sites[0].say(xpl("xpl-cmnd", "acme-boss.x", "x10.basic", "command=late"))
        self.sites[0].ear.await_datagram(lambda d: b"command=late" in d)
        self.broker.start()
        self.observer = self.keep(Observer(self.broker))
        for site in self.sites:
            self.observer.await_message("site%d/bridge/state" % site.number, "online")
        self.settle()
        for site in self.sites[1:]:
            self.assertEqual(site.heard(b"command=late"), [])


if __name__ == "__main__":
    harness.main()
