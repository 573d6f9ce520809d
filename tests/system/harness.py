"""A small house to test the daemon in: two hosts on one cable, a broker, people who watch and speak.

    home    10.77.0.1  the daemon, the broker, the observer
    garden  10.77.0.2  another computer with xPL devices

Walk: main() moves the whole test program into namespaces of its own (network, mounts, processes; as an ordinary user
with a user namespace besides), so that nothing here can be heard outside and everything ends with the test program,
however that ends. Each test builds its house in setUp and leaves it in tearDown. Waiting is for events, with a
deadline; a deadline missed is a failure that shows the logs. What is missing on the machine is a failure, too.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from brokers import Broker, Observer, retained_tree  # noqa: F401, for the tests
from devices import BROADCAST, XPL_PORT, Client, Ear, ForeignHub, sensor, xpl  # noqa: F401
from world import TIMEOUT, Host, Program, cable, sh

HOME, GARDEN = "10.77.0.1", "10.77.0.2"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("XPLMQTT_BUILD", os.path.join(ROOT, "build"))
XPLMQTTD = os.path.join(BUILD, "bridge", "xplmqttd")
XPLMQTT = os.path.join(BUILD, "bridge", "xplmqtt")
os.environ["PATH"] += ":/usr/sbin:/sbin"


def main():
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if os.geteuid() != 0:
            unshare += ["--user", "--map-root-user"]
        os.environ["XPLMQTT_ISOLATED"] = "1"
        os.execvp("unshare", unshare + [sys.executable] + sys.argv)
    for name in ("mosquitto", "mosquitto_sub", "mosquitto_pub", "mosquitto_passwd", "ip", "openssl", XPLMQTTD):
        if not shutil.which(name):
            sys.exit("%s is missing (packaging/dependencies tests installs what is no part of the build)" % name)
    sh("mount", "-t", "tmpfs", "tmpfs", "/run")
    sh("ip", "link", "set", "lo", "up")
    unittest.main(verbosity=2)


class House(unittest.TestCase):
    """setUp gives home, garden, broker, observer and a listening garden_ear; start_daemon() the daemon."""

    broker_options = {}

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="xplmqtt-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.home, self.garden = Host("home"), Host("garden")
        self.addCleanup(self.home.close)
        self.addCleanup(self.garden.close)
        cable(self.home, "eth0", HOME, self.garden, "eth0", GARDEN)
        self.broker = Broker(self.home, self.folder, **self.broker_options)
        self.addCleanup(self.broker.close)
        self.observer = self.daemon = None
        self.ear = self.keep(Ear(self.garden.socket("", XPL_PORT)))
        self.house()

    def house(self):
        """What a test class needs in setUp beside that."""
        self.broker.start()
        self.observer = self.keep(Observer(self.broker))

    def keep(self, thing):
        self.addCleanup(thing.close)
        return thing

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def configure(self, xpl="", mqtt="", link=None, rest="", name="xplmqtt.xml"):
        """A configuration file; attributes as text, so that it reads as in the manual. `link` is who we are where."""
        if link is None:
            link = 'url="mqtt://127.0.0.1:%d" username="bridge" password-file="password"' % self.broker.port
        self.file("password", "s3cret\n")
        return self.file(name, '<xplmqtt xmlns="urn:xplmqtt:config:1">\n  <xpl instance="test" %s/>\n  <mqtt %s %s/>\n'
                               '  %s\n</xplmqtt>\n' % (xpl, link, mqtt, rest))

    def daemon_environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("XPLMQTT_")}
        env["STATE_DIRECTORY"] = self.path("state")
        os.makedirs(self.path("state"), exist_ok=True)
        env.update(more)
        return env

    def run_daemon(self, *arguments, **more):
        """Starts it, and waits for nothing."""
        daemon = self.keep(Program(self.home, [XPLMQTTD, *arguments], env=self.daemon_environment(**more)))
        if self.observer:
            daemon.mourners.append(self.observer.changed)
        return daemon

    def start_daemon(self, *arguments, **configuration):
        """Starts it with a configuration for this house, and waits until it is online on both sides."""
        since = len(self.observer.messages)
        self.daemon = self.run_daemon("-c", self.configure(**configuration), *arguments)
        self.await_online(since)
        return self.daemon

    def await_online(self, since=0):
        self.topic("xpl/bridge/state", "online", since)
        self.topic("xpl/bridge/network", "online", since)

    def tool(self, *arguments, **options):
        """Runs the tool at home: status, what it printed, what it complained."""
        run = subprocess.run(self.home.command([XPLMQTT, *arguments]), capture_output=True, cwd=self.folder,
                             env=self.daemon_environment(), timeout=TIMEOUT, **options)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def registered(self, source="acme-lamp.one", address=HOME):
        """A client at home that the hub serves: it has heard its own heartbeat."""
        client = self.keep(Client(self.home, source, address))
        client.await_datagram(client.heartbeat())
        return client

    def expect_balance(self, counters):
        """Each message that was received has become one of what it can become."""
        names = ("xpl-own xpl-malformed xpl-flooded xpl-denied xpl-heartbeat xpl-config xpl-duplicate xpl-fragment "
                 "xpl-filtered xpl-ignored xpl-matched xpl-unmapped").split()
        self.assertEqual(counters["xpl-received"] + counters["fragments-whole"], sum(counters[n] for n in names))

    def say(self, *datagrams):
        """The devices in the garden say this."""
        for datagram in datagrams:
            self.ear.send(datagram)

    def topic(self, topic, payload=None, since=0):
        """The observer sees this; when not, the daemon's log explains."""
        try:
            return self.observer.await_message(topic, payload, since, lambda: self.daemon.ended)
        except AssertionError as error:
            raise AssertionError("%s\nthe daemon said:\n%s" % (error, "\n".join(self.daemon.lines)))

    def command(self, topic, payload, *options):
        self.broker.publish(topic, payload, *options)

    def mark(self):
        """Numbers of what was seen and heard up to now."""
        return len(self.observer.messages), len(self.ear.heard)

    def after_all_that(self):
        """Both directions have been worked off once this returns: what was not seen till now will not come."""
        number = str(int(os.urandom(4).hex(), 16))
        self.say(sensor("marker", "count", number, "harness-marker.x"))
        self.topic("xpl/harness-marker.x/marker/count", number)
        since = len(self.ear.heard)
        self.command("xpl/harness-marker.x/p16/power/set", "ON")
        self.ear.await_datagram(lambda d: b"x10.basic\n" in d and b"device=p16\n" in d, since)
        self.observer.settle()
