"""Hosts and programs: a host is a network namespace, a program is a process in it whose output can be waited for."""
import ctypes
import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager

TIMEOUT = 20  # s, for anything that takes well below one


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
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
            sock.bind((address, port))
        except OSError:
            sock.close()
            raise
        return sock

    def close(self):
        os.close(self.fd)
        sh("ip", "netns", "del", self.name)


def cable(one, one_name, one_address, two, two_name, two_address):
    """Joins two hosts: an interface at each end, by name, with an address in a /24 network."""
    one.ip("link", "add", one_name, "type", "veth", "peer", "name", two_name, "netns", two.name)
    for host, name, address in ((one, one_name, one_address), (two, two_name, two_address)):
        host.ip("address", "add", address + "/24", "broadcast", address.rsplit(".", 1)[0] + ".255", "dev", name)
        host.ip("link", "set", name, "up")


class Program:
    """A running program whose output is kept and can be waited for."""

    def __init__(self, host, command, name=None, env=None, stdin=subprocess.DEVNULL):
        self.name = name or os.path.basename(command[0])
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.mourners = [self.changed]  # conditions to notify when it ends
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
        self.ended = True
        for condition in self.mourners:
            with condition:
                condition.notify_all()

    def take(self, line):
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def await_line(self, pattern, since=0, timeout=TIMEOUT):
        """The first line from number `since` on that the pattern is found in."""
        def found():
            return next((line for line in self.lines[since:] if re.search(pattern, line)), None)
        with self.changed:
            self.changed.wait_for(lambda: found() is not None or self.ended, timeout)
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


def counters(daemon):
    """The books of an xplmqttd, by SIGUSR1: counter -> number."""
    since = len(daemon.lines)
    os.kill(daemon.pid, signal.SIGUSR1)
    daemon.await_line("daemon: refused-send ", since)  # the last of them
    counted = {}
    for line in daemon.lines[since:]:
        words = line.split()
        if line.startswith("daemon: ") and len(words) > 2 and words[2].isdigit():
            counted[words[1]] = int(words[2])
    return counted
