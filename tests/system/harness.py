"""A small house to test the daemon in: two hosts on one cable, a broker, people who watch and speak.

    home    10.77.0.1  the daemon, the broker, the observer
    garden  10.77.0.2  another computer with xPL devices

Walk: main() moves the whole test program into namespaces of its own (network, mounts, processes; as an ordinary user
with a user namespace besides), so that nothing here can be heard outside and everything ends with the test program,
however that ends. Each test builds its house in setUp and leaves it in tearDown. Waiting is for events, with a
deadline; a deadline missed is a failure that shows the logs. What is missing on the machine is a failure, too.
"""
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from contextlib import contextmanager

TIMEOUT = 20  # s, for anything that takes well below one
HOME, GARDEN = "10.77.0.1", "10.77.0.2"
BROADCAST = "10.77.0.255"
XPL_PORT = 3865
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("XPLMQTT_BUILD", os.path.join(ROOT, "build"))
XPLMQTTD = os.path.join(BUILD, "bridge", "xplmqttd")
XPLMQTT = os.path.join(BUILD, "bridge", "xplmqtt")
os.environ["PATH"] += ":/usr/sbin:/sbin"


# --- a world of its own

def main():
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if os.geteuid() != 0:
            unshare += ["--user", "--map-root-user"]
        os.environ["XPLMQTT_ISOLATED"] = "1"
        os.execvp("unshare", unshare + [sys.executable] + sys.argv)
    for name in ("mosquitto", "mosquitto_sub", "mosquitto_pub", "mosquitto_passwd", "ip", "openssl", XPLMQTTD, XPLMQTT):
        if not shutil.which(name):
            sys.exit("%s is missing (packaging/dependencies tests installs what is no part of the build)" % name)
    sh("mount", "-t", "tmpfs", "tmpfs", "/run")
    sh("ip", "link", "set", "lo", "up")
    unittest.main(verbosity=2)


def sh(*command, **options):
    run = subprocess.run(command, capture_output=True, **options)
    if run.returncode:
        raise AssertionError("%s: %s" % (" ".join(command), run.stderr.decode(errors="replace").strip()))
    return run.stdout


_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd):
    if _libc.setns(fd, 0x40000000):  # CLONE_NEWNET, of the calling thread
        raise OSError(ctypes.get_errno(), "setns")


class Host:
    """One network namespace: programs and sockets can be put there."""

    def __init__(self, name):
        self.name = name
        sh("ip", "netns", "add", name)
        self.fd = os.open("/run/netns/" + name, os.O_RDONLY)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        sh("ip", "-n", self.name, *arguments)

    def command(self, command):
        """The same command, run here; nsenter becomes it, so that its pid is the program's."""
        return ["nsenter", "--net=/run/netns/" + self.name] + list(command)

    @contextmanager
    def inside(self):
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _setns(self.fd)
        try:
            yield
        finally:
            _setns(here)
            os.close(here)

    def socket(self, address="", port=0, reuse=False):
        with self.inside():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if reuse:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
        return sock

    def close(self):
        os.close(self.fd)
        sh("ip", "netns", "del", self.name)


class Program:
    """A running program whose output is kept and can be waited for."""

    def __init__(self, host, command, name=None, env=None, stdin=subprocess.DEVNULL):
        self.name = name or os.path.basename(command[0])
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(host.command(command), stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=env, cwd="/")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        for line in self.process.stdout:
            self.take(line.decode("utf-8", "replace").rstrip("\n"))

    def take(self, line):
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def await_line(self, pattern, since=0, timeout=TIMEOUT):
        """The first line from number `since` on that the pattern is found in."""
        def found():
            return next((line for line in self.lines[since:] if re.search(pattern, line)), None)
        with self.changed:
            self.changed.wait_for(lambda: found() is not None or not self.alive(), timeout)
            line = found()
        if line is None:
            raise AssertionError("%s did not say /%s/ but:\n%s" % (self.name, pattern, "\n".join(self.lines[since:])))
        return line

    def alive(self):
        return self.process.poll() is None

    def wait(self, timeout=TIMEOUT):
        """The exit status."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError("%s does not end; it said:\n%s" % (self.name, "\n".join(self.lines)))
        self.reader.join(TIMEOUT)
        return status

    def stop(self, number=signal.SIGTERM):
        if self.alive():
            self.process.send_signal(number)
        return self.wait()

    def close(self):
        if self.alive():
            self.process.kill()
            self.wait()
        self.process.stdout.close()


# --- MQTT

class Message:
    def __init__(self, topic, payload, retained, qos):
        self.topic, self.payload, self.retained, self.qos = topic, payload, retained, qos

    def __repr__(self):
        return "%s%s = %r" % (self.topic, " (retained)" if self.retained else "", self.payload)


class Broker:
    """mosquitto as a careful user sets it up: passwords, an access list, nothing anonymous."""

    USERS = {"bridge": "s3cret", "person": "w4tch"}

    def __init__(self, host, folder, port=1883, extra="", listener="127.0.0.1", access=None):
        self.host, self.folder, self.port, self.program = host, folder, port, None
        self.passwords = os.path.join(folder, "passwords")
        for number, (user, password) in enumerate(self.USERS.items()):
            sh("mosquitto_passwd", "-b", *(["-c"] if number == 0 else []), self.passwords, user, password)
        self.write("access", access or (
            "user bridge\ntopic readwrite xpl/#\ntopic write homeassistant/#\ntopic read homeassistant/status\n"
            "user person\ntopic readwrite #\n"))
        self.conf = self.write("mosquitto.conf", (
            "user root\nlistener %d %s\nallow_anonymous false\npassword_file %s\nacl_file %s\npersistence false\n"
            "log_dest stderr\nlog_type all\n%s"
            % (port, listener, self.passwords, os.path.join(folder, "access"), extra)))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600)
        return path

    def start(self):
        self.program = Program(self.host, ["mosquitto", "-c", self.conf])
        self.program.await_line("mosquitto version .* running")
        return self

    def kill(self):
        self.program.stop(signal.SIGKILL)
        self.program.close()

    def options(self, user="person"):
        return ["-p", str(self.port), "-u", user, "-P", self.USERS[user]]

    def publish(self, topic, payload, *options):
        payload = payload if isinstance(payload, bytes) else payload.encode()
        sh(*self.host.command(["mosquitto_pub", *self.options(), "-t", topic, "-s" if payload else "-n", *options]),
           input=payload)

    def close(self):
        if self.program:
            self.program.close()


class Observer(Program):
    """mosquitto_sub on everything; payloads come as hexadecimal, so that no byte is lost, and line by line (stdbuf), so
    that they come at once."""

    FORMAT = "PUBLISH\t%t\t%x\t%r\t%q"

    def __init__(self, broker, *topics, version="311"):
        self.messages = []
        command = ["stdbuf", "-oL", "mosquitto_sub", "-d", "-V", version, "-q", "1", "-F", self.FORMAT] + broker.options()
        for topic in topics or ("#",):
            command += ["-t", topic]
        self.broker = broker
        super().__init__(broker.host, command, "mosquitto_sub")
        self.await_line("Subscribed")

    def take(self, line):
        parts = line.split("\t")
        if parts[0] == "PUBLISH" and len(parts) == 5:
            with self.changed:
                self.messages.append(Message(parts[1], bytes.fromhex(parts[2]), parts[3] == "1", int(parts[4])))
                self.changed.notify_all()
        else:
            super().take(line)

    def await_message(self, topic, payload=None, since=0, timeout=TIMEOUT):
        """The first message on the topic from number `since` on, with that payload or one the function likes."""
        if isinstance(payload, str):
            payload = payload.encode()

        def found():
            for message in self.messages[since:]:
                if message.topic == topic and (payload is None or message.payload == payload
                                               or callable(payload) and payload(message.payload)):
                    return message
            return None
        with self.changed:
            self.changed.wait_for(found, timeout)
            message = found()
        if message is None:
            raise AssertionError("no %s %s; there were:\n%s"
                                 % (topic, "" if payload is None else payload,
                                    "\n".join(map(repr, self.messages[since:]))))
        return message

    def settle(self):
        """Everything that the broker took before now has been seen after this."""
        token = os.urandom(8).hex()
        self.broker.publish("harness/settle", token)
        self.await_message("harness/settle", token)

    def topics(self, pattern, since=0):
        return [m for m in self.messages[since:] if re.search(pattern, m.topic)]


def retained_tree(broker):
    """{topic: payload} of what the broker keeps."""
    observer = Observer(broker)
    try:
        observer.settle()
        return {m.topic: m.payload for m in observer.messages if m.retained}
    finally:
        observer.close()


# --- xPL

def xpl(kind, source, schema, *items, target="*"):
    body = "".join("%s\n" % item for item in items)
    return ("%s\n{\nhop=1\nsource=%s\ntarget=%s\n}\n%s\n{\n%s}\n" % (kind, source, target, schema, body)).encode()


def sensor(device, kind, value, source="bnz-owfs.rpi", *extra):
    return xpl("xpl-trig", source, "sensor.basic", "device=" + device, "type=" + kind, "current=" + value, *extra)


class Ear:
    """A UDP socket that remembers what it hears."""

    def __init__(self, sock):
        self.sock, self.heard, self.changed = sock, [], threading.Condition()
        self.sock.settimeout(0.2)  # how often the reader looks whether it shall end
        self.ended = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while not self.ended:
            try:
                data, sender = self.sock.recvfrom(65536)
            except socket.timeout:
                continue
            except OSError as error:
                if self.ended or error.errno not in (111,):  # a dead neighbour's ICMP answer is no end
                    return
                continue
            self.on_datagram(data, sender)
            with self.changed:
                self.heard.append(data)
                self.changed.notify_all()

    def on_datagram(self, data, sender):
        pass

    def send(self, data, to=BROADCAST, port=XPL_PORT):
        self.sock.sendto(data, (to, port))

    def await_datagram(self, like, since=0, count=1, timeout=TIMEOUT):
        """The datagrams equal to, or liked by, `like`, once there are that many."""
        def found():
            return [d for d in self.heard[since:] if (like(d) if callable(like) else d == like)]
        with self.changed:
            self.changed.wait_for(lambda: len(found()) >= count, timeout)
            datagrams = found()
        if len(datagrams) < count:
            raise AssertionError("heard %d of %d; like %r; all:\n%s" % (len(datagrams), count, like,
                                                                        "\n".join(map(repr, self.heard[since:]))))
        return datagrams

    def close(self):
        self.ended = True
        self.reader.join()
        self.sock.close()


class Client(Ear):
    """An xPL application behind the hub of its host."""

    def __init__(self, host, source, address):
        super().__init__(host.socket())
        self.source, self.address, self.port = source, address, self.sock.getsockname()[1]

    def heartbeat(self, kind="hbeat.app"):
        beat = xpl("xpl-stat", self.source, kind, "interval=5", "port=%d" % self.port, "remote-ip=" + self.address)
        self.send(beat)
        return beat


class ForeignHub(Ear):
    """A hub as others write it: forwards to each port that a heartbeat named."""

    def __init__(self, host, address):
        self.address, self.clients = address, set()
        super().__init__(host.socket("0.0.0.0", XPL_PORT))

    def on_datagram(self, data, sender):
        port = re.search(rb"\nport=(\d+)\n", data)
        if b"hbeat.app\n" in data and port and b"remote-ip=" + self.address.encode() in data:
            self.clients.add(int(port.group(1)))
        for client in self.clients:
            self.sock.sendto(data, (self.address, client))


# --- the house

class House(unittest.TestCase):
    """setUp gives home, garden, broker, observer and a listening garden_ear; start_daemon() the daemon."""

    broker_options = {}

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="xplmqtt-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.home, self.garden = Host("home"), Host("garden")
        self.addCleanup(self.home.close)
        self.addCleanup(self.garden.close)
        self.home.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", "garden")
        for host, address in ((self.home, HOME), (self.garden, GARDEN)):
            host.ip("address", "add", address + "/24", "broadcast", BROADCAST, "dev", "eth0")
            host.ip("link", "set", "eth0", "up")
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

    def configure(self, xpl="", mqtt=None, rest="", name="xplmqtt.xml"):
        """A configuration file; attributes as text, so that it reads as in the manual."""
        if mqtt is None:
            self.file("password", "s3cret\n")
            mqtt = 'url="mqtt://127.0.0.1:%d" username="bridge" password-file="password"' % self.broker.port
        mqtt = mqtt.replace('="password"', '="%s"' % self.path("password"))
        return self.file(name, '<xplmqtt xmlns="urn:xplmqtt:config:1">\n  <xpl instance="test" %s/>\n  <mqtt %s/>\n'
                               '  %s\n</xplmqtt>\n' % (xpl, mqtt, rest))

    def daemon_environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("XPLMQTT_")}
        env["STATE_DIRECTORY"] = self.path("state")
        os.makedirs(self.path("state"), exist_ok=True)
        env.update(more)
        return env

    def run_daemon(self, *arguments, **more):
        """Starts it, and waits for nothing."""
        return self.keep(Program(self.home, [XPLMQTTD] + list(arguments), env=self.daemon_environment(**more)))

    def start_daemon(self, *arguments, **configuration):
        """Starts it with a configuration for this house, and waits until it is online on both sides."""
        since = len(self.observer.messages)
        self.daemon = self.run_daemon("-c", self.configure(**configuration), *arguments)
        self.await_online(since)
        return self.daemon

    def await_online(self, since=0):
        try:
            self.observer.await_message("xpl/bridge/state", "online", since)
            self.observer.await_message("xpl/bridge/network", "online", since)
        except AssertionError as error:
            raise AssertionError("%s\nthe daemon said:\n%s" % (error, "\n".join(self.daemon.lines)))

    def tool(self, *arguments, **options):
        """Runs the tool at home: status, what it printed, what it complained."""
        run = subprocess.run(self.home.command([XPLMQTT, *arguments]), capture_output=True, cwd=self.folder,
                             env=self.daemon_environment(), timeout=TIMEOUT, **options)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def say(self, *datagrams):
        """The devices in the garden say this."""
        for datagram in datagrams:
            self.ear.send(datagram)

    def topic(self, topic, payload=None, since=0):
        """The observer sees this; when not, the daemon's log explains."""
        try:
            return self.observer.await_message(topic, payload, since)
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
