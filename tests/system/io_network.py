#!/usr/bin/env python3
"""bridge/io on networks of its own: two hosts (network namespaces) on one cable (a veth pair).

Usage: io_network.py PROBE [unittest arguments]        needs root, iproute2 and util-linux

PROBE is io_probe.c. Nothing here sleeps for a result: it waits for the line or datagram that must come; that
something did not come is seen by a later one that did.
"""
import contextlib
import ctypes
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROBE = None
PATIENCE = 20  # s, until a test gives up
XPL = 3865
OURS, PEER, NET = "10.77.3.1", "10.77.3.2", "10.77.3.255"
EVERYBODY = "255.255.255.255"
SO_RCVBUFFORCE = 33
REUSE = socket.SO_REUSEADDR, socket.SO_REUSEPORT


def ip(*words, **more):
    subprocess.run(["ip", *words], check=True, **more)


class Host:
    """A network namespace."""

    n = 0

    def __init__(self):
        Host.n += 1
        self.name = f"xplmqtt-io-{os.getpid()}-{Host.n}"
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def ip(self, *words, **more):
        ip("-n", self.name, *words, **more)

    @contextlib.contextmanager
    def inside(self):
        """Sockets made in here belong to this host."""
        setns = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.name}") as there:
            if setns(there.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                if setns(home.fileno(), 0):
                    os._exit(99)

    def socket(self, address="0.0.0.0", port=0, *options):
        with self.inside():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        for option in options:
            s.setsockopt(socket.SOL_SOCKET, option, 1)
        s.settimeout(PATIENCE)
        try:
            s.bind((address, port))
        except OSError:
            s.close()
            raise
        return s


class Probe:
    """io_probe, and what it told."""

    def __init__(self, *prefix):
        self.process = subprocess.Popen([*prefix, PROBE], bufsize=0,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.text = b""
        self.lines = []

    def ready(self):
        self.port, self.buffer = map(int, self.expect("ready"))
        return self

    def _read(self, deadline, wanted):
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
        chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
        if not chunk:
            raise AssertionError(f"no {wanted!r}; heard: {self.lines}")
        *lines, self.text = (self.text + chunk).split(b"\n")
        self.lines += [line.decode(errors="replace") for line in lines]

    def expect(self, word):
        """The rest of the next line that begins with the word, as a list; other lines stay for later."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for i, line in enumerate(self.lines):
                first, *rest = line.split(" ")
                if first == word:
                    del self.lines[i]
                    return rest
            self._read(deadline, word)

    def write(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    def ask(self, line):
        self.write(line)
        return self.expect(line.split(" ")[0])

    def until(self, line, good):
        """Asks again until the answer is good."""
        deadline = time.monotonic() + PATIENCE
        while not good(answer := self.ask(line)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{line}: {answer}")
        return answer

    @contextlib.contextmanager
    def frozen(self):
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Network(unittest.TestCase):
    def host(self):
        host = Host()
        self.addCleanup(host.remove)
        return host

    def probe(self, host=None, *prefix):
        probe = Probe("ip", "netns", "exec", (host or self.here).name, *prefix)
        self.addCleanup(probe.kill)
        return probe.ready()

    def socket(self, host, *arguments):
        s = host.socket(*arguments)
        self.addCleanup(s.close)
        return s

    def quit(self, probe):
        probe.write("quit")
        self.assertEqual(probe.expect("closed"), ["0"])
        self.assertEqual(probe.process.wait(PATIENCE), 0)

    def hub(self):
        probe = self.probe()
        self.assertEqual(probe.ask("hub-open"), ["0"])
        return probe


class TwoHosts(Network):
    def setUp(self):
        self.here, self.there = self.host(), self.host()
        ip("link", "add", "eth0", "netns", self.here.name, "type", "veth",
           "peer", "eth0", "netns", self.there.name)
        for host, address in (self.here, OURS), (self.there, PEER):
            host.ip("address", "add", address + "/24", "dev", "eth0")  # no "brd": it must be derived
            host.ip("link", "set", "eth0", "up")

    def test_nobody_can_bind_beside_a_hub(self):
        self.hub()
        for address in "0.0.0.0", OURS, NET, "127.0.0.1":
            for options in (), (REUSE[0],), (REUSE[1],), REUSE:
                with self.subTest(address=address, options=options):
                    with self.assertRaises(OSError) as failure:
                        self.socket(self.here, address, XPL, *options)
                    self.assertEqual(failure.exception.errno, errno.EADDRINUSE)

    def test_a_second_hub_waits_for_the_first(self):
        first, second = self.hub(), self.probe()
        self.assertEqual(second.ask("hub-open"), [str(-errno.EADDRINUSE)])
        self.assertEqual(first.ask("hub-close"), ["0"])
        self.assertEqual(second.ask("hub-open"), ["0"])
        self.assertEqual(first.ask("hub-open"), [str(-errno.EADDRINUSE)])
        second.kill()
        self.assertEqual(first.ask("hub-open"), ["0"])
        self.quit(first)

    def test_a_shared_port_of_another_program_is_not_joined(self):
        for address in "0.0.0.0", NET:
            with self.subTest(address=address):
                other = self.socket(self.here, address, XPL, *REUSE)
                self.assertEqual(self.probe().ask("hub-open"), [str(-errno.EADDRINUSE)])
                other.close()

    def test_a_hub_hears_every_way_to_address_it(self):
        probe = self.hub()
        peer = self.socket(self.there, PEER)
        for address in EVERYBODY, NET, OURS:
            with self.subTest(address=address):
                peer.sendto(b"to-" + address.encode(), (address, XPL))
                self.assertEqual(
                    probe.expect("datagram"),
                    ["hub", PEER, str(peer.getsockname()[1]), str(len(address) + 3), "to-" + address])
        self.quit(probe)

    def test_a_large_datagram_comes_in_one_piece(self):
        probe = self.hub()
        peer = self.socket(self.there, PEER)
        peer.sendto(b"x" * 60000, (OURS, XPL))
        self.assertEqual(probe.expect("datagram")[3], "60000")

    def test_our_broadcast_reaches_the_network_and_ourselves(self):
        probe = self.hub()
        peer = self.socket(self.there, "0.0.0.0", XPL)
        self.assertEqual(probe.ask("aim - -"), ["0", "eth0", OURS, NET])
        self.assertEqual(probe.ask("broadcast hello"), ["0"])
        self.assertEqual(peer.recvfrom(100), (b"hello", (OURS, probe.port)))
        self.assertEqual(probe.expect("datagram"), ["hub", OURS, str(probe.port), "5", "hello"])

    def test_everybody_is_reached_through_the_interface_that_was_said(self):
        """255.255.255.255: with no route at all, and with a default route that leads elsewhere."""
        probe = self.hub()
        peer = self.socket(self.there, "0.0.0.0", XPL)
        for i, leads_elsewhere in enumerate((False, True)):
            if leads_elsewhere:
                self.here.ip("link", "add", "other", "type", "veth", "peer", "rehto")
                self.here.ip("address", "add", "10.88.0.1/24", "dev", "other")
                self.here.ip("link", "set", "other", "up")
                self.here.ip("route", "add", "default", "via", "10.88.0.2")
            self.assertEqual(probe.ask(f"aim eth0 {EVERYBODY}"), ["0", "eth0", OURS, EVERYBODY])
            self.assertEqual(probe.ask(f"broadcast hello{i}"), ["0"])
            self.assertEqual(peer.recvfrom(100), (f"hello{i}".encode(), (OURS, probe.port)))
            # ... and the choice holds for broadcasts only.
            self.assertEqual(probe.ask(f"send 127.0.0.1 {probe.port} client{i}"), ["0"])
            while probe.expect("datagram")[-1] != f"client{i}":
                pass
        # Every other address is left to the routes.
        self.assertEqual(probe.ask("aim eth0 10.88.0.255"), ["0", "eth0", OURS, "10.88.0.255"])
        self.assertEqual(probe.ask("broadcast elsewhere"), ["0"])
        while (heard := probe.expect("datagram"))[-1] != "elsewhere":
            pass
        self.assertEqual(heard[1], "10.88.0.1")
        self.quit(probe)

    def test_a_network_that_goes_is_an_error_and_comes_back(self):
        probe = self.hub()
        peer = self.socket(self.there, "0.0.0.0", XPL)
        probe.ask("aim - -")
        self.here.ip("link", "set", "eth0", "down")
        probe.expect("changed")
        self.assertEqual(probe.ask("broadcast lost"), [str(-errno.ENETUNREACH)])
        self.here.ip("link", "set", "eth0", "up")
        probe.expect("changed")
        probe.until("broadcast back", lambda answer: answer == ["0"])
        self.assertEqual(peer.recv(100), b"back")

    def test_a_client_that_is_gone_hurts_nobody(self):
        probe = self.hub()
        client = self.socket(self.there, PEER)
        port = client.getsockname()[1]
        client.close()
        for _ in range(3):
            self.assertEqual(probe.ask(f"send {PEER} {port} x"), ["0"])
        client = self.socket(self.there, PEER, port)
        self.assertEqual(probe.ask(f"send {PEER} {port} back"), ["0"])
        self.assertEqual(client.recv(100), b"back")

    def test_a_change_of_address_is_noticed(self):
        probe = self.probe()
        self.assertEqual(probe.ask(f"local {OURS}"), ["1"])
        self.assertEqual(probe.ask("local 10.77.4.9"), ["0"])
        self.here.ip("address", "add", "10.77.4.9/24", "dev", "eth0")
        probe.expect("changed")
        self.assertEqual(probe.ask("local 10.77.4.9"), ["1"])
        self.here.ip("address", "del", OURS + "/24", "dev", "eth0")
        probe.expect("changed")
        self.assertEqual(probe.ask(f"local {OURS}"), ["0"])
        self.assertEqual(probe.ask("aim - -"), ["0", "eth0", "10.77.4.9", "10.77.4.255"])
        self.quit(probe)

    def test_more_changes_than_the_kernel_remembers_are_noticed_too(self):
        probe = self.probe()
        with probe.frozen():
            batch = "address add 10.99.0.1/32 dev eth0\naddress del 10.99.0.1/32 dev eth0\n" * 1000
            self.here.ip("-batch", "-", input=(batch + "address add 10.77.5.5/24 dev eth0\n").encode())
        probe.until("local 10.77.5.5", lambda answer: answer == ["1"])
        self.here.ip("address", "add", "10.77.6.6/24", "dev", "eth0")
        probe.until("local 10.77.6.6", lambda answer: answer == ["1"])
        self.quit(probe)

    def test_what_the_kernel_drops_is_counted(self):
        probe = self.hub()
        self.assertEqual(probe.buffer, 8 << 20)
        self.assertEqual(probe.ask("drops"), ["0"])
        peer = self.socket(self.there, PEER)
        n = 15000
        with probe.frozen():
            for _ in range(n):
                peer.sendto(b"#", (OURS, XPL))
        drops = int(probe.until("drops", lambda answer: int(answer[0]) > 0)[0])
        probe.until("counted", lambda answer: int(answer[0]) == n - drops)
        self.assertEqual(probe.ask("hub-close"), ["0"])
        self.assertEqual(probe.ask("drops"), [str(drops)])
        self.quit(probe)

    def test_a_slow_device_makes_datagrams_wait_in_order_and_refuses_the_rest(self):
        probe = self.probe()
        peer = self.socket(self.there, PEER)
        port = peer.getsockname()[1]
        probe.ask(f"send {PEER} {port} hello")
        self.assertEqual(peer.recv(100), b"hello")
        subprocess.run(["tc", "-n", self.here.name, "qdisc", "add", "dev", "eth0", "root", "tbf",
                        "rate", "8mbit", "burst", "3000", "limit", "10000000"], check=True)
        n = int(probe.ask(f"burst 1000 1000 {PEER} {port}")[0])
        self.assertLess(n, 1000)
        self.assertGreater(n, 256)
        self.assertEqual([int(peer.recv(2000).split(b"\0")[0]) for _ in range(n)], list(range(n)))
        probe.until("waiting", lambda answer: answer == ["0", "0"])
        # Closing does not wait for a device.
        probe.ask(f"burst 1000 1000 {PEER} {port}")
        self.quit(probe)


class OneHost(Network):
    """Without any network."""

    def setUp(self):
        self.here = self.host()

    def test_programs_of_one_host_meet_on_loopback(self):
        probe, other = self.hub(), self.probe()
        self.assertEqual(other.ask("aim - -"), ["0", "lo", "127.0.0.1", "127.255.255.255"])
        self.assertEqual(other.ask("broadcast hello"), ["0"])
        self.assertEqual(probe.expect("datagram"), ["hub", "127.0.0.1", str(other.port), "5", "hello"])
        self.quit(probe)

    def test_a_full_disk_leaves_the_old_file(self):
        with tempfile.TemporaryDirectory() as directory:
            mount = f"mount -t tmpfs -o size=64k tmpfs {directory} && exec \"$0\""
            probe = self.probe(self.here, "unshare", "-m", "sh", "-c", mount)
            self.assertEqual(probe.ask(f"store {directory} state 1000"), ["0"])
            self.assertEqual(probe.ask(f"store {directory} state 200000"), [str(-errno.ENOSPC)])
            self.assertEqual(probe.ask(f"stored {directory} state"), ["1000"])
            self.assertEqual(probe.ask(f"store {directory} state 30000"), ["0"])
            self.assertEqual(probe.ask(f"stored {directory} state"), ["30000"])
            self.quit(probe)

    def test_sigterm_closes_cleanly(self):
        probe = self.hub()
        probe.process.send_signal(signal.SIGTERM)
        self.assertEqual(probe.expect("closed"), ["0"])


if __name__ == "__main__":
    PROBE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
