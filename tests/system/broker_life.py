"""Brokers that die, forget, come late or want another password."""
import os
import signal

import harness
from harness import Observer, retained_tree, sensor, xpl
from world import counters


class BrokerLife(harness.House):
    def again(self):
        """A new broker with nothing in it, and a new observer."""
        self.observer.close()
        self.broker.start()
        self.observer = self.keep(Observer(self.broker))

    def test_the_retained_tree_comes_back_byte_for_byte(self):
        self.start_daemon()
        for number in range(20):
            self.say(sensor("28.%02d" % number, "temp", "%d.5" % number))
        self.say(xpl("xpl-trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3", "unit=3", "command=on"))
        self.topic("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power", "ON")
        self.after_all_that()
        self.topic("xpl/bridge/devices", lambda p: b'"harness-marker.x/marker"' in p)  # the last new thing is listed
        self.observer.settle()
        before = retained_tree(self.broker)
        self.assertGreater(len(before), 20)
        self.broker.kill()
        self.again()
        for topic in before:
            self.topic(topic)
        self.assertEqual(retained_tree(self.broker), before)

    def test_commands_are_heard_again_after_a_restart(self):
        self.start_daemon()
        self.broker.kill()
        self.again()
        self.await_online()
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.ear.await_datagram(lambda d: b"ac.basic" in d, since)

    def test_the_newest_state_arrives_after_an_outage(self):
        self.start_daemon()
        self.broker.kill()
        for value in range(100):
            self.say(sensor("28.112233", "temp", str(value)))
        self.again()
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "99")

    def test_events_wait_in_order_during_an_outage(self):
        self.start_daemon()
        self.broker.kill()
        keys = ["k%d" % n for n in range(10)]
        for key in keys:
            self.say(xpl("xpl-trig", "tonyt-rio.frontbed", "remote.basic", "keys=" + key))
        self.again()
        self.topic("xpl/tonyt-rio.frontbed/keys", keys[-1])
        came = [m.payload.decode() for m in self.observer.messages if m.topic == "xpl/tonyt-rio.frontbed/keys"]
        self.assertEqual([k for k in keys if k in came], list(dict.fromkeys(came)))

    def test_the_broker_says_offline_when_the_daemon_is_killed(self):
        daemon = self.start_daemon()
        since = self.mark()[0]
        daemon.stop(signal.SIGKILL)
        self.observer.await_message("xpl/bridge/state", "offline", since)

    def test_an_old_broker_that_speaks_only_3_1_1(self):
        self.start_daemon("-V", "311")
        self.say(sensor("28.112233", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "21.5")
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.ear.await_datagram(lambda d: b"ac.basic" in d, since)


class ShortKeepalive(harness.House):
    broker_options = {"extra": "max_keepalive 10\n", "access": "pattern readwrite #\n"}

    def test_the_broker_s_shorter_keepalive_is_taken_at_once_and_without_a_loss(self):
        self.start_daemon("--homie", "5")  # whose connection for the will does the same
        self.daemon.await_line("mqtt: mqtt://.* wants to hear of us every 10 s")
        self.topic("homie/5/xplmqtt-test/$state", "ready")
        for client in "xplmqtt-test", "xplmqtt-test-homie":
            self.broker.program.await_line("Received PINGREQ from %s$" % client)
        counted = counters(self.daemon)
        self.assertEqual((counted["connects"], counted["connections-lost"], counted["connect-failures"]), (1, 0, 0))
        self.assertNotIn("warning", "\n".join(self.daemon.lines))
        self.assertEqual([m.payload for m in self.observer.topics("^xpl/bridge/state$")], [b"online"])


class Passwords(harness.House):
    def test_a_wrong_password_is_named_and_mended_without_a_restart(self):
        config = self.configure()
        self.file("password", "wrong\n")
        self.daemon = self.run_daemon("-c", config)
        self.daemon.await_line("(?i)password|not authori[sz]ed")
        self.assertTrue(self.daemon.alive())
        self.file("password", "s3cret\n")
        self.await_online()
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_missing_password_file_is_named_and_mended_without_a_restart(self):
        config = self.configure()
        self.file("password.new", "s3cret\n")
        os.remove(self.path("password"))
        self.daemon = self.run_daemon("-c", config)
        self.daemon.await_line("password")
        os.rename(self.path("password.new"), self.path("password"))
        self.await_online()

    def test_the_password_of_an_option_is_not_to_be_seen(self):
        config = self.configure(link='url="mqtt://127.0.0.1:1883"')
        self.daemon = self.run_daemon("-c", config, "-u", "bridge", "-P", "s3cret")
        self.await_online()
        with open("/proc/%d/cmdline" % self.daemon.pid, "rb") as f:
            arguments = f.read()
        self.assertIn(b"xplmqttd", arguments)
        self.assertNotIn(b"s3cret", arguments)
        self.assertNotIn("s3cret", "\n".join(self.daemon.lines))

    def test_the_password_of_the_environment(self):
        config = self.configure(link='url="mqtt://127.0.0.1:1883"')
        self.daemon = self.run_daemon("-c", config, XPLMQTT_USERNAME="bridge", XPLMQTT_PASSWORD="s3cret")
        self.await_online()

    def test_the_password_of_a_systemd_credential(self):
        config = self.configure(link='url="mqtt://127.0.0.1:1883" username="bridge"')
        self.file("xplmqtt-password", "s3cret\n")
        self.daemon = self.run_daemon("-c", config, CREDENTIALS_DIRECTORY=self.folder)
        self.await_online()


class Crowded(harness.House):
    broker_options = {"extra": "max_connections 2\n"}  # the observer's, and our first

    def test_the_second_connection_tells_why_it_cannot_be_had(self):
        self.start_daemon(rest='<discovery homie="4"/>')
        self.daemon.await_line("warning: the connection for Homie's state: cannot connect")
        self.say(sensor("28.1", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.1/temp", "21.5")


if __name__ == "__main__":
    harness.main()
