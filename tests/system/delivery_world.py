"""What the delivery tests have beside the house: a barn with the broker in it, on a cable that can be pulled; a witness
that misses nothing; numbered messages; and the table. The third broker, and the oddest, is in rabbit.py.

    home  10.77.0.1 and 10.78.0.1: the daemon, and the devices
    barn  10.78.0.2: the broker and, beside it, the witness

The witness hears what the broker takes: it is connected before the bridge can be (the gate), and has QoS 0, so that
nothing queues between the two; where the broker's word is good for a durable queue only, it has one. A state is lost
when its newest value is not the last that the witness heard; an event, when the witness never heard it. The doubled are
those heard more than once.
"""
import os
import re
import socket
import struct
import threading
import time

import packages
from brokers import Broker
from devices import sensor, xpl
from world import TIMEOUT, Program

NPM = packages.place("npm_broker")
HOME, BARN, PORT = "10.78.0.1", "10.78.0.2", 1883
EXPIRES = 10  # s, as the mapping language has it
STATES, KEYS = 5, "xpl/tonyt-rio.frontbed/keys"


class Mosquitto(Broker):
    name, speaks_5, dot, durable = "mosquitto", True, ".", False
    acknowledges_first = False

    def __init__(self, barn, folder, extra=""):
        super().__init__(barn, folder, listener="0.0.0.0", extra=extra)


class Aedes:
    name, speaks_5, dot, durable = "aedes", False, ".", False
    acknowledges_first = True  # and hands over afterwards: killed in between it loses what nobody sends again
    USERS = Broker.USERS

    def __init__(self, barn, folder):
        self.host, self.port, self.program = barn, PORT, None

    @staticmethod
    def install():
        packages.install("npm_broker")

    def start(self):
        self.program = Program(self.host, ["node", os.path.join(NPM, "broker.js"), str(self.port)])
        self.program.await_line("running")
        return self

    kill = Broker.kill
    close = Broker.close
    options = Broker.options


class Witness:
    """A subscriber to everything that remembers when each message came. One connection of the broker's life, but of a
    durable broker one that finds its session again."""

    def __init__(self, broker, book):
        self.book = book
        with broker.host.inside():
            self.sock = socket.create_connection(("127.0.0.1", broker.port), TIMEOUT)
        self.sock.settimeout(None)
        user, password = b"person", broker.USERS["person"].encode()
        body = b"\0\4MQTT\4" + (b"\xc0\0\0" if broker.durable else b"\xc2\0\0")
        body += b"".join(struct.pack(">H", len(t)) + t for t in (b"witness", user, password))
        self.sock.sendall(bytes([0x10, len(body)]) + body)
        self.file = self.sock.makefile("rb")
        kind, body = self._packet()
        assert kind >> 4 == 2 and body[1] == 0, "the witness was refused"
        self.sock.sendall(b"\x82\x06\0\1\0\1#" + bytes([broker.durable]))
        while (packet := self._packet())[0] >> 4 != 9:
            self._take(*packet)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _packet(self):
        first, length, shift = self.file.read(1), 0, 0
        if not first:
            raise EOFError
        while True:
            byte = self.file.read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return first[0], self.file.read(length)

    def _take(self, kind, body):
        if kind >> 4 != 3:
            return
        size = struct.unpack(">H", body[:2])[0]
        topic, body = body[2:2 + size].decode(), body[2 + size:]
        if kind & 6:
            number, body = body[:2], body[2:]
        self.book.heard(topic, body.decode("utf-8", "replace"))
        if kind & 6:
            self.sock.sendall(b"\x40\2" + number)

    def _read(self):
        try:
            while True:
                self._take(*self._packet())
        except (EOFError, OSError, IndexError):
            pass

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reader.join(TIMEOUT)
        self.file.close()
        self.sock.close()


class Book:
    """What was said on xPL and what the witness heard of it, by number. Topics are as they arrive, with what the broker
    makes of a dot."""

    def __init__(self, dot="."):
        self.dot = dot
        self.changed = threading.Condition()
        self.said = {}     # event -> when
        self.came = {}     # event -> [when …]
        self.newest = {}   # state's topic -> (value, when)
        self.last = {}     # state's topic -> value
        self.delays = []   # of newest values
        self.other = []    # everything else: (topic, payload)
        self.number = 0
        self.ordered = {}  # command -> when
        self.acted = {}    # command -> [when …]

    def heard(self, topic, payload):
        now = time.monotonic()
        with self.changed:
            if topic == KEYS.replace(".", self.dot):
                self.came.setdefault(payload, []).append(now)
            elif topic in self.newest:
                self.last[topic] = payload
                if payload == self.newest[topic][0]:
                    self.delays.append(now - self.newest[topic][1])
            else:
                self.other.append((topic, payload))
            self.changed.notify_all()

    def on_datagram(self, data, sender):
        """What a device hears."""
        unit = re.search(rb"^xpl-cmnd\n.*\nunit=(\d+)\n", data, re.DOTALL)
        if unit:
            self.acted.setdefault(int(unit.group(1)), []).append(time.monotonic())

    def late(self):
        """Commands that were acted on later than they were good for."""
        return sum(at - self.ordered[unit] > EXPIRES for unit, times in self.acted.items() for at in times)

    def say(self, ear, n):
        """n numbered events, and as many values of a few states."""
        for _ in range(n):
            self.number += 1
            event, value = "k%d" % self.number, str(self.number)
            device = "d%d" % (self.number % STATES)
            with self.changed:
                self.said[event] = time.monotonic()
                self.newest["xpl/bnz-owfs%srpi/%s/temp" % (self.dot, device)] = (value, time.monotonic())
            ear.send(xpl("xpl-trig", "tonyt-rio.frontbed", "remote.basic", "keys=" + event))
            ear.send(sensor(device, "temp", value))

    def lost_states(self):
        return [t for t, (value, _) in self.newest.items() if self.last.get(t) != value]

    def lost_events(self, among=None):
        return [e for e in (self.said if among is None else among) if e not in self.came]

    def await_all(self, seconds, but=0):
        """All states, and all events but so many."""
        with self.changed:
            self.changed.wait_for(lambda: not self.lost_states() and len(self.lost_events()) <= but, seconds)

    def await_other(self, topic, payload, since=0, seconds=60):
        with self.changed:
            if not self.changed.wait_for(lambda: (topic, payload) in self.other[since:], seconds):
                raise AssertionError("no %s %s; there were %r" % (topic, payload, self.other[since:]))

    def doubled(self):
        return sum(len(times) - 1 for times in self.came.values())

    def longest(self):
        delays = [self.came[e][0] - at for e, at in self.said.items() if e in self.came]
        return max(delays + self.delays, default=0)

    def order_is_kept(self):
        """Each event's first coming is after its elder's."""
        first = [self.came[e][0] for e in self.said if e in self.came]
        return first == sorted(first)


class Table:
    """One line for each fault and broker."""

    rows = []

    @classmethod
    def add(cls, fault, broker, book, peak):
        cls.rows.append((fault, broker, len(book.said), len(book.said) - len(book.lost_events()),
                         len(book.lost_events()), len(book.lost_states()), book.doubled(), "%.1f" % book.longest(),
                         "%d of %d" % (book.late(), len(book.ordered)) if book.ordered else "-",
                         "%.1f" % (peak / 1024)))

    @classmethod
    def show(cls):
        heads = ("fault", "broker", "events", "delivered", "lost", "lost states", "doubled", "longest delay s",
                 "late commands", "peak MB")
        rows = [heads] + [tuple(map(str, row)) for row in cls.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
        for row in rows:
            print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def peak(pid):
    """kB, from VmHWM."""
    with open("/proc/%d/status" % pid) as f:
        return next(int(re.search(r"\d+", line).group()) for line in f if line.startswith("VmHWM:"))
