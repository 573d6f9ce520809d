#!/usr/bin/env python3
"""The session over the real library against real brokers on loopback: paho_live.py PAHO_LIVE [SCENARIO ...]

Each scenario starts what it needs, drives the program through its stdin and checks what it says and what other
clients see. A missing mosquitto is a failure.
"""
import os
import queue
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import tls

PROGRAM = os.path.abspath(sys.argv[1])
PATIENCE = 20  # seconds until something that should happen counts as not happening


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def mosquitto():
    path = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not path:
        sys.exit("mosquitto is not installed")
    return path


class Broker:
    def __init__(self, directory, *lines, port=None, host="127.0.0.1", anonymous=True):
        self.port = port or free_port()
        self.host = host
        self.config = os.path.join(directory, "broker-%d.conf" % self.port)
        with open(self.config, "w") as f:
            f.write("listener %d %s\n" % (self.port, host))
            f.write("allow_anonymous %s\npersistence false\n" % ("true" if anonymous else "false"))
            f.write("".join(line + "\n" for line in lines))
        self.start()

    def start(self):
        self.process = subprocess.Popen([mosquitto(), "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        end = time.monotonic() + PATIENCE
        while True:
            with socket.socket(family) as s:
                if s.connect_ex((self.host, self.port)) == 0:
                    return
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("mosquitto does not start")
            threading.Event().wait(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def publish(self, topic, payload, *options):
        subprocess.run(["mosquitto_pub", "-h", self.host, "-p", str(self.port), "-t", topic, "-s", *options],
                       input=payload.encode(), check=True, timeout=PATIENCE)

    def expect(self, topic, payload):
        """The retained message, which may take its time."""
        end = time.monotonic() + PATIENCE
        while True:
            done = subprocess.run(["mosquitto_sub", "-h", self.host, "-p", str(self.port), "-t", topic, "-C", "1",
                                   "--retained-only", "-W", "1"], capture_output=True, timeout=PATIENCE)
            got = done.stdout.decode().rstrip("\n")
            if got == payload:
                return
            assert time.monotonic() < end, "%s is '%s', not '%s'" % (topic, got, payload)


class Listener:
    """Another client of the broker, from before what it shall hear."""

    def __init__(self, broker, topic, *options):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(["mosquitto_sub", "-h", broker.host, "-p", str(broker.port), "-t", topic, "-q",
                                         "1", "-t", "probe", *options], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()
        end = time.monotonic() + PATIENCE
        while self.lines.empty():  # it has subscribed once it hears the probe
            assert time.monotonic() < end
            broker.publish("probe", "probe")
            threading.Event().wait(0.05)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def next(self):
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if not line.endswith("probe"):
                return line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Live:
    """The program under test."""

    def __init__(self, url, **options):
        arguments = ["%s=%s" % (name.replace("_", "-"), value) for name, value in options.items()]
        self.process = subprocess.Popen([PROGRAM, url, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.lines = queue.Queue()
        self.heard = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def say(self, line):
        self.process.stdin.write(line + "\n")

    def wait(self, text, patience=PATIENCE):
        """The next line that contains the text."""
        end = time.monotonic() + patience
        while True:
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError("no '%s'; heard:\n  %s" % (text, "\n  ".join(self.heard)))
            self.heard.append(line)
            if text in line:
                return line

    def stop(self):
        self.say("stop 2000")
        self.wait("closed")
        self.wait("end")
        assert self.process.wait(timeout=PATIENCE) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class OldBroker:
    """What some brokers of old do with an MQTT 5 CONNECT; MQTT 3.1.1 is passed on to a real one. `refuses` says which
    version meets that, as a CONNECT has it."""

    def __init__(self, broker, manner):
        self.broker, self.manner = broker, manner
        self.refuses, self.refused = 5, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(client,), daemon=True).start()

    def one(self, client):
        first = client.recv(4096)
        at = first.find(b"MQTT")
        if at > 0 and first[at + 4] == self.refuses:
            self.refused += 1
            if self.manner == "refuse":
                client.sendall(b"\x20\x02\x00\x01")
            elif self.manner == "silent":
                client.recv(1)
            client.close()
            return
        server = socket.create_connection((self.broker.host, self.broker.port))
        server.sendall(first)
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass  # a broker that was killed may reset
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def both_ways(directory, version, scheme="mqtt", options=None, broker=None):
    with broker or Broker(directory) as broker:
        host = "[%s]" % broker.host if ":" in broker.host else broker.host
        broker.publish("live/command/old/set", "retained", "-r", "-q", "1")
        with Live("%s://%s:%d" % (scheme, host, broker.port), version=version, **(options or {})) as live, \
                Listener(broker, "live/event", "-v") as listener:
            live.say("sub live/command/#")
            live.wait("up %s" % {"5": 5, "311": 4}[version])
            live.say("state live/temp 21.5")
            live.say("event live/event 1")
            live.say("event live/event 2")
            assert listener.next() == "live/event 1"
            assert listener.next() == "live/event 2"
            broker.expect("live/temp", "21.5")
            if version == "5":
                broker.publish("live/command/a/set", "ON", "-q", "1", "-V", "5", "-D", "publish", "response-topic",
                               "live/answer", "-D", "publish", "correlation-data", "id7", "-D", "publish",
                               "message-expiry-interval", "30")
                line = live.wait("message live/command")
                assert "a/set ON retained=0 qos=1 response=live/answer id=id7 expiry=30" in line or \
                    "a/set ON retained=0 qos=1 response=live/answer id=id7 expiry=29" in line, line
            else:
                line = live.wait("message live/command")
                assert "old/set retained retained=1" in line, "3.1.1 has only the flag: " + line
                broker.publish("live/command/a/set", "ON", "-q", "1")
                line = live.wait("message live/command")
                assert "a/set ON retained=0 qos=1 response= id= expiry=-1" in line, line
            live.say("state live/temp ")
            for qos in range(3):
                live.say("qos %d" % qos)
                live.say("event live/event with-%d" % qos)
                assert listener.next() == "live/event with-%d" % qos
            live.stop()
            broker.expect("live/state", "offline")


def scenario_both_ways_5(directory):
    both_ways(directory, "5")


def scenario_both_ways_311(directory):
    both_ways(directory, "311")


def scenario_websocket(directory):
    port = free_port()
    broker = Broker(directory, "listener %d 127.0.0.1" % port, "protocol websockets")
    with broker, Live("ws://127.0.0.1:%d" % port) as live:
        live.wait("up 5")
        live.say("state live/temp 1")
        broker.expect("live/temp", "1")
        live.stop()


def scenario_ipv6(directory):
    both_ways(directory, "5", broker=Broker(directory, host="::1"))


def scenario_answer_carries_its_id(directory):
    with Broker(directory) as broker, Live("mqtt://127.0.0.1:%d" % broker.port) as live, \
            Listener(broker, "live/answer", "-V", "5", "-F", "%D %p") as listener:
        live.wait("up 5")
        live.say("answer live/answer sent id7")
        assert listener.next() == "id7 sent"


def scenario_broker_is_killed_and_comes_back_empty(directory):
    with Broker(directory) as broker, Live("mqtt://127.0.0.1:%d" % broker.port) as live:
        live.wait("up 5")
        live.say("state live/a 1")
        live.say("state live/b 2")
        broker.expect("live/b", "2")
        broker.kill()
        live.wait("ended: connection lost")
        live.wait("down")
        live.wait("connection refused or host unreachable")
        live.say("state live/a 3")
        live.say("event live/e 1")
        broker.start()
        live.wait("up 5")
        broker.expect("live/a", "3")
        broker.expect("live/b", "2")
        live.stop()


def scenario_password(directory):
    passwords, mine = os.path.join(directory, "passwords"), os.path.join(directory, "mine")
    subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "me", "right"], check=True)
    broker = Broker(directory, "password_file " + passwords, anonymous=False)
    url = "mqtt://127.0.0.1:%d" % broker.port
    with broker:
        for version in "5", "311":
            with open(mine, "w") as f:
                f.write("wrong\n")
            with Live(url, user="me", password_file=mine, version=version) as live:
                live.wait("not authorised")
                with open(mine, "w") as f:
                    f.write("right\n")
                live.wait("up")


def certificates(directory):
    ca = tls.authority(directory, "ca")
    tls.authority(directory, "other")
    for name, subject in ("server", "IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.example"), ("client", "DNS:client"):
        tls.certificate(directory, name, ca, subject)
    for name in os.listdir(directory):
        os.chmod(os.path.join(directory, name), 0o644)  # started by root, mosquitto is somebody else
    return lambda name: os.path.join(directory, name)


def scenario_tls(directory):
    at = certificates(directory)
    port, strict, elsewhere = free_port(), free_port(), free_port()
    broker = Broker(directory, *("listener %d 127.0.0.1\ncafile %s\ncertfile %s\nkeyfile %s\n%s" % (
        p, at("ca.pem"), at(name + ".pem"), at(name + ".key"), more) for p, name, more in (
            (port, "server", ""), (strict, "server", "require_certificate true"), (elsewhere, "elsewhere", ""))))
    with broker:
        for version in "5", "311":
            with Live("mqtts://127.0.0.1:%d" % port, ca=at("ca.pem"), version=version) as live:
                live.wait("up")
                live.say("state live/tls " + version)
                broker.expect("live/tls", version)
                live.stop()
        with Live("mqtts://127.0.0.1:%d" % port, ca=at("other.pem")) as live:
            live.wait("TLS failed (the broker's certificate is from no authority that we trust; see cafile)")
        with Live("mqtts://127.0.0.1:%d" % port) as live:
            live.wait("TLS failed (the broker's certificate is from no authority that we trust; see cafile)")
        with Live("mqtts://127.0.0.1:%d" % port, ca=at("missing.pem")) as live:
            live.wait("TLS failed (cafile cannot be read: No such file or directory)")
        with Live("mqtts://127.0.0.1:%d" % elsewhere, ca=at("ca.pem")) as live:
            live.wait("TLS failed (the certificate is for another host)")
        with Live("mqtts://127.0.0.1:%d" % strict, ca=at("ca.pem")) as live:
            live.wait("log warning")
        with Live("mqtts://127.0.0.1:%d" % strict, ca=at("ca.pem"), cert=at("client.pem"),
                  key=at("client.key")) as live:
            live.wait("up 5")


def scenario_no_broker(directory):
    with Live("mqtt://127.0.0.1:%d" % free_port()) as live:
        live.wait("connection refused or host unreachable")
        live.stop()


def scenario_no_such_name(directory):
    with Live("mqtt://no..name:1883") as live:
        live.wait("host name not found")
        live.stop()


def old_broker(directory, manner):
    with Broker(directory) as broker, OldBroker(broker, manner) as old, \
            Live("mqtt://127.0.0.1:%d" % old.port) as live:
        live.say("sub live/command/#")
        live.wait("up 4")
        live.say("state live/a 1")
        broker.expect("live/a", "1")
        broker.publish("live/command/a/set", "ON")
        live.wait("a/set ON")
        assert old.refused == 1
        live.stop()


def scenario_old_broker_that_refuses_5(directory):
    for _ in range(2):
        old_broker(directory, "refuse")


def scenario_old_broker_that_hangs_up_on_5(directory):
    old_broker(directory, "close")


def scenario_old_broker_that_never_answers_5(directory):
    old_broker(directory, "silent")


def scenario_5_again_after_311(directory):
    """A broker that spoke 3.1.1 only comes back with 5: the one handle could not, the second can."""
    with Broker(directory) as broker, OldBroker(broker, "refuse") as old, \
            Live("mqtt://127.0.0.1:%d" % old.port) as live:
        live.wait("up 4")
        broker.kill()
        live.wait("down")
        old.refuses = 4
        broker.start()
        live.wait("up 5", 60)


def scenario_taken_over(directory):
    """Mosquitto 2.0.11 only hangs up, so one plays the broker that says why."""
    def serve(server):
        client, _ = server.accept()
        client.recv(4096)
        client.sendall(b"\x20\x03\x00\x00\x00" + b"\xe0\x02\x8e\x00")
        client.recv(4096)
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        with Live("mqtt://127.0.0.1:%d" % server.getsockname()[1]) as live:
            line = live.wait("session taken over")
            assert "next attempt in 15 s" in line, line


def scenario_taken_over_without_a_word(directory):
    with Broker(directory) as broker, Live("mqtt://127.0.0.1:%d" % broker.port, id="same") as live:
        live.wait("up 5")
        thief = subprocess.Popen(["mosquitto_sub", "-h", broker.host, "-p", str(broker.port), "-i", "same", "-t", "x"])
        try:
            line = live.wait("does another client use the same client id?")
            assert "next attempt in 15 s" in line, line
        finally:
            thief.kill()
            thief.wait()


def scenario_large_payloads(directory):
    with Broker(directory) as broker:
        for version, counted in ("5", "0"), ("311", "1"):
            with Live("mqtt://127.0.0.1:%d" % broker.port, version=version) as live:
                live.say("sub live/command/#")
                live.wait("up")
                broker.publish("live/command/large", "x" * 70000, "-q", "1")
                broker.publish("live/command/small", "x", "-q", "1")
                live.wait("command/small")
                live.say("counter mqtt-too-large")
                live.wait("counter mqtt-too-large " + counted)


def scenario_message_that_the_broker_does_not_take(directory):
    with Broker(directory, "max_packet_size 1000") as broker, \
            Live("mqtt://127.0.0.1:%d" % broker.port) as live:
        live.wait("up 5")
        live.say("fill live/large 2000")
        live.wait("publish to live/large refused: larger than the broker takes")
        live.say("state live/a 1")
        broker.expect("live/a", "1")


def scenario_no_stall_with_a_small_receive_maximum(directory):
    options = "max_inflight_messages 20\nmax_queued_messages 0"  # else it drops what the listener has not taken yet
    with Broker(directory, options) as broker, \
            Live("mqtt://127.0.0.1:%d" % broker.port) as live, Listener(broker, "live/many") as listener:
        live.wait("up 5")
        begin = time.monotonic()
        live.say("many live/many 2000")
        for i in range(2000):
            assert listener.next() == str(i)
        assert time.monotonic() - begin < PATIENCE


class Breaker:
    """A way to the broker that can be cut, as a router does it: with a reset."""

    def __init__(self, broker):
        self.broker, self.sockets = broker, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            server = socket.create_connection((self.broker.host, self.broker.port))
            self.sockets += [client, server]
            for pair in (client, server), (server, client):
                threading.Thread(target=OldBroker.copy, args=pair, daemon=True).start()

    def cut(self):
        sockets, self.sockets = self.sockets, []
        for s in sockets:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.cut()


def scenario_no_event_is_lost_when_connections_break(directory):
    with Broker(directory, "max_queued_messages 0") as broker, Breaker(broker) as breaker, \
            Live("mqtt://127.0.0.1:%d" % breaker.port) as live, Listener(broker, "live/many") as listener:
        live.wait("up 5")
        live.say("many live/many 6000")
        heard = []
        for cut in range(2):  # a third in a row would count as a takeover, and wait
            while not heard or heard[-1] < 2000 * (cut + 1):
                heard.append(int(listener.next()))
            breaker.cut()
        while heard[-1] < 5999:
            heard.append(int(listener.next()))
        newest = [max(heard[:i + 1]) for i in range(len(heard))]
        first = sorted(set(newest))
        missing = sorted(set(range(6000)) - set(first))
        assert not missing, "not heard in order: %s" % missing[:20]
        live.stop()


def scenario_frozen_broker(directory):
    with Broker(directory) as broker, Live("mqtt://127.0.0.1:%d" % broker.port, keepalive=1) as live:
        live.wait("up 5")
        broker.process.send_signal(signal.SIGSTOP)
        try:
            live.wait("ended: connection lost")
            live.say("state live/a 1")
            live.wait("down")
        finally:
            broker.process.send_signal(signal.SIGCONT)
        live.wait("up 5", 60)
        broker.expect("live/a", "1")


def main():
    scenarios = {name[9:]: run for name, run in globals().items() if name.startswith("scenario_")}
    failed = 0
    for name in sys.argv[2:] or scenarios:
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            begin = time.monotonic()
            try:
                scenarios[name](directory)
                print("ok   %s (%.1f s)" % (name, time.monotonic() - begin), flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError, queue.Empty) as error:
                line = traceback.extract_tb(error.__traceback__)
                print("FAIL %s: %s %s, lines %s" % (name, type(error).__name__, error, [at.lineno for at in line]),
                      flush=True)
                failed += 1
    sys.exit(1 if failed else 0)


main()
