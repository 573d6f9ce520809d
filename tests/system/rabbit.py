"""RabbitMQ with its MQTT plug-in: a message store of another kind that speaks MQTT besides.

    Rabbit(barn, folder) -> start() -> program, the Erlang machine itself -> kill(), start() again -> close()

All of it is private: the node, its store, cookie, configuration and port mapper (epmd) live in the folder and in the
barn's network, and nothing of a RabbitMQ that the machine may run is read or met. What it does otherwise than others:

 - MQTT 5 it knows since 3.13; before, it drops the link without an answer.
 - Topics become AMQP routing keys, so a dot arrives as a slash: xpl/tonyt-rio.frontbed/keys is heard as
   xpl/tonyt-rio/frontbed/keys. A command to a device with a dot in its name never arrives under that name; an alias
   without dots serves.
 - It gives retained messages only to who subscribes to the topic itself, not to a filter with wildcards.
 - It acknowledges what its queue has, before that is with the subscriber. Killed in between it loses what no
   durable queue holds; so who shall miss nothing must be a QoS 1 subscriber with a session that stays.
"""
import json
import os
import re
import shutil
import sys

from brokers import Broker
from world import Program

EPMD, PORT = 4470, 1883
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the one in sbin insists on the system's user and files
BOOT = 90  # s; of these it needs ten, half of them to find that it is alone


class Rabbit:
    acknowledges_first = False
    name, speaks_5, dot, durable = "rabbitmq", None, "/", True  # which version it is it says when it starts
    USERS = Broker.USERS

    @staticmethod
    def install():
        for name in (SERVER, "epmd"):
            if not shutil.which(name):
                sys.exit("%s is missing (packaging/dependencies tests installs it)" % name)

    def __init__(self, barn, folder):
        self.host, self.port, self.program, self.mapper = barn, PORT, None, None
        home = os.path.join(folder, "rabbitmq")
        os.mkdir(home)

        def write(name, text):
            with open(os.path.join(home, name), "w") as f:
                f.write(text)
            return f.name
        everything = {"vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
        definitions = write("definitions.json", json.dumps({
            "users": [{"name": user, "password": password, "tags": ""} for user, password in self.USERS.items()],
            "vhosts": [{"name": "/"}],
            "permissions": [{"user": user, **everything} for user in self.USERS]}))
        places = {
            "CONF_ENV_FILE": os.path.join(home, "none"), "ADVANCED_CONFIG_FILE": os.path.join(home, "none.config"),
            "CONFIG_FILES": os.path.join(home, "none.d"), "PID_FILE": os.path.join(home, "pid"),
            "MNESIA_BASE": os.path.join(home, "store"), "LOG_BASE": os.path.join(home, "log"),
            "ENABLED_PLUGINS_FILE": write("plugins", "[rabbitmq_mqtt].\n"),
            "CONFIG_FILE": write("rabbitmq.conf", (
                "listeners.tcp = none\nmqtt.listeners.tcp.1 = 0.0.0.0:%d\nmqtt.allow_anonymous = false\n"
                "mqtt.prefetch = 1000\nlog.file = false\nlog.console = true\nload_definitions = %s\n"
                % (PORT, definitions))),
            "NODENAME": "barn@localhost",
            # Two words for "foreground": the script becomes the machine, so that its pid is the one to stop; no console.
            "ALLOW_INPUT": "1", "SERVER_START_ARGS": "-noinput"}
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))}
        self.env.update({"RABBITMQ_" + name: value for name, value in places.items()})
        self.env.update(HOME=home, ERL_EPMD_PORT=str(EPMD), ERL_EPMD_ADDRESS="127.0.0.1")

    def start(self):
        if not self.mapper:  # else the machine would start one that outlives it
            self.mapper = Program(self.host, ["epmd", "-d", "-d"], env=self.env)
            self.mapper.await_line("entering the main select")
        self.program = Program(self.host, [SERVER], env=self.env)
        self.program.await_line("Server startup complete", timeout=BOOT)
        version = re.search(r"Starting RabbitMQ (\d+)\.(\d+)", "\n".join(self.program.lines))
        self.speaks_5 = tuple(map(int, version.groups())) >= (3, 13)
        return self

    kill = Broker.kill
    options = Broker.options

    def close(self):
        Broker.close(self)
        if self.mapper:
            self.mapper.close()
