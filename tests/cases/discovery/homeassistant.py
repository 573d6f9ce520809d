"""Holds announcements against what Home Assistant and openHAB accept.

homeassistant.py ANNOUNCE CORPUS: the house and the recorded messages, in both forms. Says how many devices and
entities there were. Golden files: golden.json has some payloads in full.
"""
import glob
import json
import os
import re
import subprocess
import sys

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = json.load(open(os.path.join(HERE, "homeassistant.schema.json"), encoding="utf-8"))
TOPIC = re.compile(r"^homeassistant/([a-z_]+)/([a-zA-Z0-9_-]+)/([a-zA-Z0-9_-]+)/config$")
DEVICE_TOPIC = re.compile(r"^homeassistant/device/([a-zA-Z0-9_-]+)/config$")


def validator(name):
    return jsonschema.Draft7Validator({"$ref": "#/definitions/" + name, "definitions": SCHEMA["definitions"]})


VALIDATORS = {name: validator(name) for name in SCHEMA["definitions"]}


class Found(Exception):
    pass


def demand(condition, *what):
    if not condition:
        raise Found(": ".join(str(part) for part in what))


def check_component(platform, config, device, where):
    demand(platform in VALIDATORS, where, "no component", platform)
    for error in VALIDATORS[platform].iter_errors(config):
        raise Found("%s: %s at %s" % (where, error.message, list(error.path)))
    demand(config["default_entity_id"].startswith(platform + "."), where, "default_entity_id of another domain")
    name = config["name"]
    demand(name is None or not name.lower().startswith(device["name"].lower()), where, "name repeats the device", name)
    for key, value in config.items():
        demand(not (key.endswith("command_topic") and value == config.get(key.replace("command", "state"))),
               where, "state and command share a topic")
    if platform == "number":
        demand(config["min"] < config["max"], where, "min is not below max")
    demand("object_id" not in config, where, "object_id is deprecated")


def components(topics):
    """(platform, unique id, config, device) of every announced component, all checked."""
    for topic, payload in topics.items():
        if not topic.startswith("homeassistant/"):
            continue
        config = json.loads(payload)
        root = DEVICE_TOPIC.match(topic)
        if root:
            for error in VALIDATORS["root"].iter_errors(config):
                raise Found("%s: %s" % (topic, error.message))
            demand(root.group(1) == config["device"]["identifiers"][0], topic, "is not the device's id")
            for name, part in config["components"].items():
                check_component(part["platform"], part, config["device"], topic + " " + name)
                yield part["platform"], part["unique_id"], part, config
            continue
        match = TOPIC.match(topic)
        demand(match, topic, "is no discovery topic")
        demand("availability" in config and "device" in config and "origin" in config, topic, "incomplete")
        check_component(match.group(1), config, config["device"], topic)
        demand("platform" not in config, topic, "has a platform")
        demand(config["unique_id"] == match.group(2) + "_" + match.group(3), topic, "unique_id and topic differ")
        yield match.group(1), config["unique_id"], config, config


def check(topics):
    seen, devices, names = {}, {}, set()
    for platform, unique, config, root in components(topics):
        demand(unique not in seen, unique, "is announced twice")
        seen[unique] = platform
        device = root["device"]
        known = devices.setdefault(device["identifiers"][0], device)
        demand(known == device, device["identifiers"][0], "is described in two ways")
        states = [entry["topic"] for entry in root["availability"]]
        demand(states[0].endswith("/bridge/state"), unique, "does not follow the bridge's state")
        names.add(config["default_entity_id"])
    for device in devices.values():
        demand(device.get("via_device", "xplmqtt_pi") in devices, device["name"], "via a device that is not there")
    return len(devices), len(seen)


def announce(program, form, *files):
    output = subprocess.run([program, form, *files], check=True, capture_output=True).stdout.decode()
    return dict(line.split("\t", 1) for line in output.splitlines())


def main(program, corpus):
    house = os.path.join(HERE, "house.txt")
    recorded = sorted(glob.glob(os.path.join(corpus, "*.xpl")))
    failed = False
    counts = {}
    for form in ["component", "device"]:
        for name, files in [("house", [house]), ("recorded", recorded)]:
            try:
                counts[form, name] = check(announce(program, form, *files))
                print("%s, %s: %d devices, %d entities, all accepted" % ((form, name) + counts[form, name]))
            except Found as error:
                failed = True
                print("%s, %s: %s" % (form, name, error))
    golden = json.load(open(os.path.join(HERE, "golden.json"), encoding="utf-8"))
    for form, wanted in golden.items():
        topics = announce(program, form, house)
        for topic, payload in wanted.items():
            got = topics.get(topic)
            if got is None or (json.loads(got) if isinstance(payload, (dict, list)) else got) != payload:
                failed = True
                print("%s: %s is not as in golden.json but %s" % (form, topic, got))
    for name in ["house", "recorded"]:
        if counts.get(("component", name)) != counts.get(("device", name)):
            failed = True
            print("the two forms do not announce the same:", counts)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
