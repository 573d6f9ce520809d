"""Ways to the broker: IPv6, WebSockets, names with several addresses."""
import harness
import tls
from harness import sh


class Ways(harness.House):
    listeners = ("listener 1883 ::1\n"
                 "listener 9001 127.0.0.1\nprotocol websockets\n"
                 "listener 9002 127.0.0.1\nprotocol websockets\ncafile {ca}\ncertfile {cert}\nkeyfile {key}\n")

    def house(self):
        ca = tls.authority(self.folder, "ca")
        cert, key = tls.certificate(self.folder, "server", ca, "DNS:localhost")
        with open(self.broker.conf, "a") as f:
            f.write(self.listeners.format(ca=ca[0], cert=cert, key=key))
        super().house()

    def works(self, url, more=""):
        self.start_daemon(link='url="%s" username="bridge" password-file="password" %s' % (url, more))
        since = self.mark()[1]
        self.command("xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set", "ON")
        self.ear.await_datagram(lambda d: b"ac.basic" in d, since)

    def hosts(self, *lines):
        sh("mount", "--bind", self.file("hosts", "127.0.0.1 localhost\n%s\n" % "\n".join(lines)), "/etc/hosts")
        self.addCleanup(sh, "umount", "/etc/hosts")

    def test_ipv6(self):
        self.works("mqtt://[::1]:1883")

    def test_websockets(self):
        self.works("ws://127.0.0.1:9001/mqtt")

    def test_websockets_with_tls(self):
        self.works("wss://localhost:9002/mqtt", 'cafile="%s"' % self.path("ca.pem"))

    def test_a_name_whose_first_address_is_dead(self):
        """Of a name Paho alone tries one address, an IPv4 one where there is any."""
        self.hosts("10.77.0.99 broker.lan", "::1 broker.lan")
        self.works("mqtt://broker.lan:1883")

    def test_a_name_that_nobody_knows_is_named_until_somebody_does(self):
        self.hosts()
        self.daemon = self.run_daemon("-c", self.configure(
            link='url="mqtt://broker.lan:1883" username="bridge" password-file="password"'))
        self.daemon.await_line("cannot connect to mqtt://broker.lan:1883: host name not found")
        with open(self.path("hosts"), "a") as f:
            f.write("127.0.0.1 broker.lan\n")
        self.await_online()


if __name__ == "__main__":
    harness.main()
