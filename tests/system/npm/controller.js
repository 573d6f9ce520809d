/* A Homie 5 controller by node-homie, for consumers.py.
 *
 *   controller.js BROKER-URL       prints, each as a line when it happens:
 *                                    device ID STATE            a device and its effective state
 *                                    value ID/NODE/PROPERTY VALUE
 *                                    log ID LEVEL TEXT
 *                                    gone ID
 *                                    error TEXT
 *   takes lines on stdin:            set ID/NODE/PROPERTY VALUE
 */
"use strict";

const { DeviceDiscovery, HomieDeviceManager } = require("node-homie");

const url = process.argv[2];
const devices = new HomieDeviceManager();
const discovery = new DeviceDiscovery({ url, topicRoot: "homie" });
const say = (...words) => console.log(words.join(" "));
const watched = new Set();

function watchProperties(device) {
    device.nodes$.subscribe(nodes => {
        for (const node of Object.values(nodes)) {
            node.properties$.subscribe(properties => {
                for (const property of Object.values(properties)) {
                    const path = `${device.id}/${node.id}/${property.id}`;
                    if (watched.has(path))
                        continue;
                    watched.add(path);
                    property.value$.subscribe(value => {
                        if (value !== undefined && value !== null)
                            say("value", path, value);
                    });
                }
            });
        }
    });
}

discovery.events$.subscribe(event => {
    if (event.type === "add" && !devices.hasDevice(event.deviceId)) {
        const device = devices.add(event.makeDevice());
        device.state$.subscribe(state => say("device", device.id, state));
        device.logEvent$.subscribe(entry => say("log", device.id, JSON.stringify(entry)));
        watchProperties(device);
        device.onInit();
    } else if (event.type === "remove") {
        const device = devices.removeDevice(event.deviceId);
        if (device)
            device.onDestroy();
        say("gone", event.deviceId);
    } else if (event.type === "error") {
        say("error", event.error);
    }
});

require("node:readline").createInterface({ input: process.stdin }).on("line", line => {
    const [verb, path, ...value] = line.split(" ");
    const property = verb === "set" ? devices.getProperty(path) : undefined;
    if (property)
        property.setCommand$(value.join(" ")).subscribe();
    else
        say("error", "cannot", line);
});

say("started");
discovery.onInit();
