"""What is published to a .../set topic goes out as exactly the expected datagram, heard on another computer."""
import json
import signal
import time

import harness
from harness import xpl

OURS = "xplmqtt-bridge.test"


class Commanding(harness.House):
    def heard(self, datagram, since, count=1):
        return self.ear.await_datagram(datagram, since, count)

    def test_ac_power_is_sent_twice(self):
        self.start_daemon()
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.heard(xpl("xpl-cmnd", OURS, "ac.basic", "address=0x00a1f3", "unit=3", "command=on"), since, count=2)
        self.after_all_that()
        self.assertEqual(len([d for d in self.ear.heard[since:] if b"ac.basic" in d]), 2)

    def test_ac_level(self):
        self.start_daemon()
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/level/set", "7")
        self.heard(xpl("xpl-cmnd", OURS, "ac.basic", "address=0x00a1f3", "unit=3", "command=preset", "level=7"), since)

    def test_x10_power(self):
        self.start_daemon()
        since = self.mark()[1]
        self.command("xpl/tonyt-mr26ee.hapc/c8/power/set", "OFF")
        heard = self.heard(lambda d: b"x10.basic\n" in d, since)[0]
        self.assertTrue(heard.startswith(xpl("xpl-cmnd", OURS, "x10.basic")[:-2]))
        self.assertEqual(sorted(heard.split(b"\n")[8:-2]), [b"command=off", b"device=c8"])

    def test_osd_text_goes_to_its_target(self):
        self.start_daemon()
        since = self.mark()[1]
        self.command("xpl/acme-lcd.kitchen/text/set", "Dinner\nis ready")
        heard = self.heard(lambda d: b"osd.basic\n" in d, since)[0]
        self.assertIn(b"\ntarget=acme-lcd.kitchen\n", heard)
        self.assertIn(b"\ntext=Dinner\\nis ready\n", heard)
        self.assertNotIn(b"\nis ready", heard.replace(b"\\nis ready", b""))

    def test_our_own_command_becomes_the_state(self):
        """Radio devices never answer."""
        self.start_daemon()
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.topic("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power", "ON")

    def test_the_result_is_told(self):
        self.start_daemon()
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.topic("xpl/bridge/response/command", lambda p: b"sent" in p)

    def test_a_command_that_waited_while_we_were_stopped_comes_too_late(self):
        self.start_daemon()
        since = self.mark()[1]
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.broker.publish("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON", "-V", "5", "-D", "publish",
                            "message-expiry-interval", "2")
        time.sleep(4)  # the fault is the time
        self.daemon.process.send_signal(signal.SIGCONT)
        self.topic("xpl/bridge/response/command", lambda p: b"refused: it came too late" in p)
        self.after_all_that()
        self.assertEqual([d for d in self.ear.heard[since:] if b"ac.basic" in d], [])

    def test_a_refusal_says_why(self):
        self.start_daemon()
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "PERHAPS")
        answer = self.topic("xpl/bridge/response/command", lambda p: b"refused" in p)
        json.loads(answer.payload)
        self.after_all_that()
        self.assertFalse([d for d in self.ear.heard[since:] if b"ac.basic" in d])

    def test_the_result_goes_to_the_mqtt_5_response_topic(self):
        self.start_daemon()
        answer = harness.sh(*self.home.command(
            ["mosquitto_rr", "-V", "5", *self.broker.options(), "-t", "xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set",
             "-m", "ON", "-e", "person/answer", "-W", "10", "-q", "1"]))
        self.assertIn(b"sent", answer)

    def test_a_level_out_of_range_is_refused(self):
        self.start_daemon()
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/level/set", "16")
        self.topic("xpl/bridge/response/command", lambda p: b"refused" in p)
        self.after_all_that()
        self.assertFalse([d for d in self.ear.heard[since:] if b"ac.basic" in d])

    def test_raw_send_puts_xpl_text_on_the_network(self):
        self.start_daemon(mqtt='raw-send="yes"')
        since = self.mark()[1]
        self.command("xpl/raw/send", xpl("xpl-cmnd", OURS, "quantum.flux", "spin=up"))
        self.heard(xpl("xpl-cmnd", OURS, "quantum.flux", "spin=up"), since)


if __name__ == "__main__":
    harness.main()
