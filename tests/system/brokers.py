"""The MQTT side: mosquitto, and somebody who watches it."""
import os
import re
import signal

from world import TIMEOUT, Program, sh


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
            "topic write person/answer\n"
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

    def kill(self, number=signal.SIGKILL):
        self.program.stop(number)
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
    """mosquitto_sub on everything; payloads come as hexadecimal, so that no byte is lost, and line by line (stdbuf),
    so that they come at once."""

    FORMAT = "PUBLISH\t%t\t%x\t%r\t%q"

    def __init__(self, broker, *topics, version="311"):
        self.messages = []
        command = ["stdbuf", "-oL", "mosquitto_sub", "-d", "-V", version, "-q", "1", "-F", self.FORMAT]
        command += broker.options()
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

    def await_message(self, topic, payload=None, since=0, hopeless=lambda: False):
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
            self.changed.wait_for(lambda: found() or hopeless(), TIMEOUT)
            message = found()
        if message is None:
            raise AssertionError("no %s %s; there were:\n%s"
                                 % (topic, "" if payload is None else payload,
                                    "\n".join(map(repr, self.messages[since:]))))
        return message

    def settle(self):
        """Everything that the broker took before now has been seen after this."""
        token = os.urandom(8).hex()
        self.broker.publish("harness/settle", token, "-q", "1")  # as the others: QoS 0 would overtake
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
