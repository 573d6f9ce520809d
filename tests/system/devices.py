"""The xPL side: messages, and programs that hear and speak them."""
import re
import socket
import threading

from world import TIMEOUT

BROADCAST = "10.77.0.255"
XPL_PORT = 3865


def xpl(kind, source, schema, *items, target="*"):
    body = "".join("%s\n" % item for item in items)
    return ("%s\n{\nhop=1\nsource=%s\ntarget=%s\n}\n%s\n{\n%s}\n" % (kind, source, target, schema, body)).encode()


def sensor(device, kind, value, source="bnz-owfs.rpi", *extra):
    return xpl("xpl-trig", source, "sensor.basic", "device=" + device, "type=" + kind, "current=" + value, *extra)


def numbered(number, source="bnz-owfs.rpi"):
    """A message that a test finds again by its number."""
    return sensor("n%d" % number, "count", str(number), source)


def numbers(datagrams):
    return [int(n) for d in datagrams for n in re.findall(rb"\ndevice=n(\d+)\n", d)]


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
