"""TLS over the years: certificates that expire and are renewed, and brokers of other ages."""
import json
import os

import harness
import tls
from harness import Program, sh


def expiring(folder, name, issuer, days, alternative):
    """A certificate that expires in so many days; below zero, it has."""
    made = tls.certificate(folder, name, issuer, alternative)
    sh("openssl", "x509", "-req", "-in", os.path.join(folder, name + ".csr"), "-CA", issuer[0], "-CAkey", issuer[1],
       "-CAcreateserial", "-days", str(days), "-extfile", os.path.join(folder, name + ".ext"), "-out", made[0])
    return made


class Broker(harness.House):
    """A broker with TLS whose listener says what a test wants."""

    days, listener = 30, ""

    def house(self):
        self.ca = tls.authority(self.folder, "ca")
        server = expiring(self.folder, "server", self.ca, self.days, "DNS:localhost")
        with open(self.broker.conf, "a") as f:
            f.write("listener 8883 localhost\ncafile %s\ncertfile %s\nkeyfile %s\n%s\n"
                    % (self.ca[0], server[0], server[1], self.listener))
        super().house()

    def link(self, port=8883, **attributes):
        attributes.setdefault("cafile", self.ca[0])
        return 'url="mqtts://localhost:%d" username="bridge" password-file="password" ' % port + " ".join(
            '%s="%s"' % item for item in attributes.items())

    def start_refused(self, pattern, port=8883):
        self.daemon = self.run_daemon("-c", self.configure(link=self.link(port=port)))
        line = self.daemon.await_line(pattern)
        self.observer.settle()
        self.assertEqual(self.observer.topics("^xpl/"), [])
        return line


class Expired(Broker):
    days = -1

    def test_an_expired_certificate_of_the_broker_is_refused_and_named(self):
        self.start_refused("TLS failed .*certificate .*has expired")


class New(Broker):
    listener = "tls_version tlsv1.3"

    def test_a_broker_that_speaks_only_tls_1_3(self):
        self.start_daemon(link=self.link())


class Old(Broker):
    def test_a_broker_that_speaks_only_tls_1_1_is_refused(self):
        """For mosquitto the version is the least, so another server shakes hands."""
        old = self.keep(Program(self.home, [
            "openssl", "s_server", "-accept", "localhost:8884", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0",
            "-cert", self.path("server.pem"), "-key", self.path("server.key")]))
        old.await_line("ACCEPT")
        self.start_refused("TLS failed", port=8884)


class Ours(Broker):
    listener = "require_certificate true"

    def person(self, days):
        return expiring(self.folder, "person", self.ca, days, "email:person@home")

    def health(self, wanted, since=0):
        return json.loads(self.topic("xpl/bridge/health", lambda p: wanted(json.loads(p)), since).payload)

    def test_a_certificate_about_to_expire_is_told_in_log_and_health(self):
        cert, key = self.person(5)
        self.start_daemon(link=self.link(cert=cert, key=key))
        self.daemon.await_line("warning: the certificate in %s expires in [45] days" % cert)
        health = self.health(lambda h: h["warning"])
        self.assertRegex(health["warning"], "person.pem expires in [45] days")

    def test_a_renewed_certificate_is_used_at_the_next_connect_and_ends_the_warning(self):
        cert, key = self.person(-1)
        self.daemon = self.run_daemon("-c", self.configure(link=self.link(cert=cert, key=key)))
        self.daemon.await_line("error: the certificate in %s has expired" % cert)
        self.daemon.await_line("cannot connect to .*certificate")  # its alert may be lost when it hangs up at once
        self.person(90)
        self.await_online()
        self.assertIsNone(self.health(lambda h: True)["warning"])


del Broker

if __name__ == "__main__":
    harness.main()
