"""The hub of the host: what it does for others, and how it gets on with another hub."""
import json
import time

import harness
from harness import HOME, Client, ForeignHub, sensor, xpl


class Hub(harness.House):
    def test_a_heartbeat_registers_and_comes_back(self):
        self.start_daemon()
        self.registered("acme-lamp.one")

    def test_each_message_reaches_each_client_once_and_unchanged(self):
        self.start_daemon()
        one, two = self.registered("acme-lamp.one"), self.registered("acme-lamp.two")
        two.heartbeat()  # a second heartbeat is no second registration
        odd = (b"xpl-trig\n{\nhop=1\nsource=ACME-Thing.x\ntarget=xpl-group.den\n}\n"
               b"SENSOR.basic\n{\na_b= {}~|=\xe9\na_b=2\n}\n")
        self.say(odd, sensor("fence", "temp", "1"))
        for client in (one, two):
            client.await_datagram(sensor("fence", "temp", "1"))
            self.assertEqual(client.heard.count(odd), 1)

    def test_the_sender_hears_its_own_message(self):
        self.start_daemon()
        one = self.registered("acme-lamp.one")
        one.send(sensor("1", "temp", "4", "acme-lamp.one"))
        one.await_datagram(sensor("1", "temp", "4", "acme-lamp.one"))
        self.topic("xpl/acme-lamp.one/1/temp", "4")

    def test_a_client_that_says_end_is_served_no_more(self):
        self.start_daemon()
        one, two = self.registered("acme-lamp.one"), self.registered("acme-lamp.two")
        one.heartbeat("hbeat.end")
        two.await_datagram(lambda d: b"hbeat.end" in d)
        self.say(sensor("late", "temp", "1"), sensor("fence", "temp", "1"))
        two.await_datagram(sensor("fence", "temp", "1"))
        self.assertNotIn(sensor("late", "temp", "1"), one.heard)

    def test_the_end_of_one_device_does_not_cut_off_its_neighbour_on_the_same_port(self):
        self.start_daemon()
        one = self.registered("acme-player.kitchen")
        one.source = "acme-player.bath"
        one.await_datagram(one.heartbeat())
        end = one.heartbeat("hbeat.end")
        one.await_datagram(end)
        self.say(sensor("after", "temp", "1"))
        one.await_datagram(sensor("after", "temp", "1"))

    def test_a_message_is_heard_whatever_it_was_sent_to(self):
        self.start_daemon()
        one = self.registered("acme-lamp.one")
        self.say(sensor("subnet", "temp", "1"))
        self.ear.send(sensor("unicast", "temp", "1"), HOME)
        one.send(sensor("here", "temp", "1"), HOME)
        one.send(sensor("loopback", "temp", "1"), "127.0.0.1")
        one.send(sensor("loopback-net", "temp", "1"), "127.255.255.255")
        self.garden.ip("route", "add", "default", "dev", "eth0")
        self.ear.send(sensor("everybody", "temp", "1"), "255.255.255.255")
        for device in ("subnet", "unicast", "here", "loopback", "loopback-net", "everybody"):
            one.await_datagram(sensor(device, "temp", "1"))
            self.assertEqual(one.heard.count(sensor(device, "temp", "1")), 1, device)

    def test_port_3865_is_never_registered(self):
        """Two known hubs loop at full speed on this."""
        self.start_daemon()
        one = self.registered("acme-lamp.one")
        loop = xpl("xpl-stat", "acme-bad.hub", "hbeat.app", "interval=5", "port=3865", "remote-ip=" + HOME)
        one.send(loop)
        one.await_datagram(loop)
        self.say(sensor("fence", "temp", "1"))
        one.await_datagram(sensor("fence", "temp", "1"))
        self.assertEqual(one.heard.count(loop), 1)

    def test_no_second_hub_can_start_beside_us(self):
        self.start_daemon()
        for reuse in (False, True):
            with self.assertRaises(OSError):
                self.home.socket("0.0.0.0", harness.XPL_PORT, reuse=reuse).close()

    def test_we_announce_our_own_port_and_end_with_hbeat_end(self):
        self.start_daemon()
        beat = self.ear.await_datagram(lambda d: b"source=xplmqtt-bridge.test\n" in d and b"\nhbeat.app\n" in d)[0]
        self.assertNotIn(b"port=3865\n", beat)
        self.assertIn(b"remote-ip=" + HOME.encode(), beat)

    def test_a_request_for_heartbeats_is_answered(self):
        self.start_daemon()
        since = self.mark()[1]
        self.say(xpl("xpl-cmnd", "acme-boss.x", "hbeat.request", "command=request"))
        self.ear.await_datagram(lambda d: b"source=xplmqtt-bridge.test\n" in d and b"\nhbeat.app\n" in d, since)


class OtherHub(harness.House):
    """Somebody else has port 3865."""

    def test_we_are_its_client(self):
        self.keep(ForeignHub(self.home, HOME))
        self.start_daemon()
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "client")
        self.say(sensor("28.112233", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "21.5")
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.ear.await_datagram(lambda d: b"ac.basic" in d, since)

    def test_we_take_over_when_it_dies(self):
        hub = ForeignHub(self.home, HOME)
        self.start_daemon()
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "client")
        since = self.mark()[0]
        hub.close()
        closed = time.monotonic()
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "hub", since)
        self.assertLess(time.monotonic() - closed, 3, "two seconds, and one for a slow machine")
        client = self.registered()
        self.say(sensor("28.112233", "temp", "22"))
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "22")

    def test_role_hub_waits_for_the_port(self):
        hub = ForeignHub(self.home, HOME)
        self.daemon = self.run_daemon("-c", self.configure(xpl='role="hub"'))
        self.topic("xpl/bridge/state", "online")
        hub.close()
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "hub")

    def test_role_client_never_takes_the_port(self):
        hub = self.keep(ForeignHub(self.home, HOME))
        self.start_daemon(xpl='role="client"')
        hub.await_datagram(lambda d: b"xplmqtt-bridge.test" in d)
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "client")

    def test_a_restarted_hub_serves_remembered_clients_at_once(self):
        self.start_daemon()
        client = self.registered()
        self.assertEqual(self.daemon.stop(), 0)
        self.start_daemon()
        self.say(sensor("after", "temp", "1"))
        client.await_datagram(sensor("after", "temp", "1"))


class Neighbours(harness.House):
    def test_two_bridges_with_one_prefix_are_noticed(self):
        first = self.start_daemon()
        second = self.run_daemon("-c", self.configure(name="second.xml"), "--instance", "second", "-i", "second")
        for daemon, other in ((first, "second"), (second, "test")):
            daemon.await_line("xplmqtt-bridge." + other)

    def test_only_allowed_hosts_count(self):
        self.start_daemon(xpl='allow="%s/32"' % HOME)
        self.say(sensor("1", "temp", "4"))
        self.keep(Client(self.home, "acme-lamp.one", HOME)).send(sensor("2", "temp", "5"))
        self.topic("xpl/bnz-owfs.rpi/2/temp", "5")
        self.assertEqual(self.observer.topics("/1/temp$"), [])

    def test_a_mad_sender_does_not_drown_the_others(self):
        self.start_daemon(xpl='flood="10"')
        for number in range(200):
            self.say(sensor("mad", "count", str(number)))
        self.keep(Client(self.home, "acme-lamp.one", HOME)).send(sensor("2", "temp", "5"))
        self.topic("xpl/bnz-owfs.rpi/2/temp", "5")
        self.observer.settle()
        self.assertLess(len(self.observer.topics("/mad/count$")), 100)
        self.daemon.await_line("10.77.0.2 sends more than 10")


if __name__ == "__main__":
    harness.main()
