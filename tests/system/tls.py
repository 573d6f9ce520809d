"""TLS: who is trusted, who is not, and that the log says why."""
import os

import harness
from harness import sh
from world import counters


def authority(folder, name):
    """A certificate authority: its certificate and key as files."""
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
       "-subj", "/CN=" + name, "-keyout", key, "-out", cert)
    return cert, key


def certificate(folder, name, issuer, alternative):
    """A certificate for that host or person, signed by the issuer."""
    cert, key, request, extra = (os.path.join(folder, name + end) for end in (".pem", ".key", ".csr", ".ext"))
    with open(extra, "w") as f:
        f.write("subjectAltName=%s\n" % alternative)
    sh("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
       "-keyout", key, "-out", request)
    sh("openssl", "x509", "-req", "-in", request, "-CA", issuer[0], "-CAkey", issuer[1], "-CAcreateserial",
       "-days", "30", "-extfile", extra, "-out", cert)
    return cert, key


class Secured(harness.House):
    host_name = "DNS:localhost"  # what the broker's certificate says
    client_certificate = "false"
    listeners = ("8883 localhost",)

    def house(self):
        self.ca = authority(self.folder, "ca")
        self.stranger = authority(self.folder, "stranger")
        server = certificate(self.folder, "server", self.ca, self.host_name)
        self.person = certificate(self.folder, "person", self.ca, "email:person@home")
        self.forged = certificate(self.folder, "forged", self.stranger, "email:person@home")
        with open(self.broker.conf, "a") as f:  # the observer uses the plain listener
            for listener in self.listeners:
                f.write("listener %s\ncafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate %s\n"
                        % (listener, self.ca[0], server[0], server[1], self.client_certificate))
        super().house()

    def secure(self, url="mqtts://localhost:8883", **attributes):
        text = 'url="%s" username="bridge" password-file="password" ' % url
        return text + " ".join('%s="%s"' % item for item in attributes.items())

    def works(self, **attributes):
        self.start_daemon(link=self.secure(**attributes))

    def is_refused(self, why, **attributes):
        self.daemon = self.run_daemon("-c", self.configure(link=self.secure(**attributes)))
        self.daemon.await_line("cannot connect to .*: .*" + why)
        self.assertTrue(self.daemon.alive())
        self.observer.settle()
        self.assertEqual(self.observer.topics("^xpl/"), [])


class Authority(Secured):
    def test_the_right_authority_works(self):
        self.works(cafile=self.ca[0])

    def test_a_stranger_s_authority_is_refused(self):
        self.is_refused("no authority that we trust; see cafile", cafile=self.stranger[0])

    def test_without_a_cafile_only_the_system_s_authorities_count(self):
        self.is_refused("no authority that we trust; see cafile")

    def test_a_renewed_cafile_is_read_at_the_next_attempt(self):
        ours = self.path("trusted.pem")
        os.replace(self.stranger[0], ours)
        self.is_refused("no authority that we trust", cafile=ours)
        os.replace(self.ca[0], ours)
        self.await_online()

    def is_counted(self):
        counted = counters(self.daemon)
        self.assertEqual(counted["connect-tls"], counted["connect-failures"])

    def test_files_that_are_not_fit_are_named(self):
        for why, attributes in (
                ("key is not the private key of the certificate in cert",
                 {"cafile": self.ca[0], "cert": self.person[0], "key": self.forged[1]}),
                ("cert holds no private key, and no key is given", {"cafile": self.ca[0], "cert": self.person[0]}),
                ("cafile cannot be read: No such file or directory", {"cafile": self.path("none")})):
            with self.subTest(why):
                self.is_refused(r"TLS failed \(" + why, **attributes)
                self.is_counted()
                self.daemon.stop()

    def test_a_port_without_tls_is_told(self):
        self.is_refused("TLS failed .*is this port one for it", url="mqtts://localhost:1883", cafile=self.ca[0])
        self.is_counted()


class Addresses(Secured):
    host_name = "IP:127.0.0.1,IP:::1"
    listeners = "8883", "8884\nprotocol websockets"  # at every address

    def test_the_certificate_may_be_for_an_address(self):
        for url in "mqtts://127.0.0.1:8883", "mqtts://[::1]:8883", "wss://[::1]:8884", "wss://[::1]:8884/mqtt":
            with self.subTest(url):
                since = len(self.observer.messages)
                self.works(url=url, cafile=self.ca[0])
                self.daemon.stop()
                self.topic("xpl/bridge/state", "offline", since)

    def test_a_certificate_for_another_address_is_refused(self):
        self.home.ip("address", "add", "fd00::1/128", "dev", "lo")
        for url in "mqtts://[fd00::1]:8883", "wss://[fd00::1]:8884", "mqtts://10.77.0.1:8883":
            with self.subTest(url):
                self.is_refused("TLS failed .*the certificate is for another host", url=url, cafile=self.ca[0])
                self.daemon.stop()


class HostName(Secured):
    host_name = "DNS:other.lan"

    def test_a_certificate_for_another_host_is_refused(self):
        self.is_refused("the certificate is for another host", cafile=self.ca[0])


class ClientCertificate(Secured):
    client_certificate = "true"

    def test_our_certificate_works(self):
        self.works(cafile=self.ca[0], cert=self.person[0], key=self.person[1])

    def test_without_one_we_are_refused(self):
        self.is_refused("wants? .*certificate from us", cafile=self.ca[0])

    def test_a_forged_one_is_refused(self):
        self.is_refused("wants? .*certificate", cafile=self.ca[0], cert=self.forged[0], key=self.forged[1])


if __name__ == "__main__":
    harness.main()
