"""A foreign implementation for real: xpl-api of the npm registry, as a client behind our hub and as the hub before us.

It is fetched once, before the test enters networks of its own.
"""
import json
import os

import harness
import packages
from harness import BROADCAST, HOME, Program, sensor, xpl

MODULE = os.path.join(packages.place("npm_xpl"), "node_modules", "xpl-api")

PROGRAM = """
const Xpl = require(process.argv[1]);
const hub = process.argv[2] === "hub";
const xpl = new Xpl({ localAddress: "%s", broadcastAddress: "%s", xplSource: "nodejs-sample.one", hubSupport: hub });
xpl.on("message", (message) => console.log("heard " + JSON.stringify(message)));
xpl.bind((error) => {
  console.log("bound " + error);
  if (process.argv[2] === "client")
    xpl.sendXplTrig({ device: "temp1 0x90", type: "temp", current: 20.4 }, "sensor.basic");
});
""" % (HOME, BROADCAST)


class Node(harness.House):
    def node(self, kind):
        program = self.keep(Program(self.home, ["node", "-e", PROGRAM, MODULE, kind]))
        program.await_line("^bound null|^bound undefined")
        return program

    def test_its_client_is_served_by_our_hub(self):
        self.start_daemon()
        node = self.node("client")
        self.topic("xpl/bridge/devices", lambda p: b"nodejs-sample.one" in p)
        self.say(sensor("28.1", "temp", "21.5"))
        node.await_line("heard .*28\\.1")

    def test_its_hub_serves_us_though_it_never_echoes(self):
        node = self.node("hub")
        since = len(self.observer.messages)
        self.daemon = self.run_daemon("-c", self.configure())
        self.topic("xpl/bridge/state", "online", since)
        node.await_line("heard .*xplmqtt-bridge")
        self.say(sensor("28.1", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.1/temp", "21.5")
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "client", since)
        self.topic("xpl/bridge/network", "online", since)
        since = len(self.observer.messages)
        node.stop()
        self.topic("xpl/bridge/info", lambda p: json.loads(p).get("role") == "hub", since)

    def test_its_hub_on_another_computer_doubles_nothing(self):
        """It serves whoever sends a heartbeat, wherever that is: the daemon hears all of the network twice."""
        self.ear.close()
        program = self.keep(Program(self.garden, ["node", "-e", PROGRAM.replace(HOME, harness.GARDEN), MODULE, "hub"]))
        program.await_line("^bound null|^bound undefined")
        self.start_daemon()
        program.await_line("heard .*xplmqtt-bridge")
        devices = self.keep(harness.Client(self.garden, "acme-x.y", harness.GARDEN))
        message = xpl("xpl-trig", "rfxcom-lan.x", "remote.basic", "keys=doorbell", "device=door")
        devices.send(message)
        program.await_line("heard .*doorbell")
        devices.send(sensor("last", "temp", "1"))
        self.topic("xpl/bnz-owfs.rpi/last/temp", "1")
        self.command("xpl/bridge/request/health", "")
        counters = json.loads(self.topic("xpl/bridge/response/health").payload)["data"]["counters"]
        print("%d copies of a second hub left out" % counters["xpl-duplicate"])
        self.assertGreaterEqual(counters["xpl-duplicate"], 1)
        presses = [m for m in self.observer.messages if m.payload == b"doorbell"]
        self.assertLessEqual(len(presses), 1)


if __name__ == "__main__":
    if os.environ.get("XPLMQTT_ISOLATED") != "1":
        packages.install("npm_xpl")
    harness.main()
