"""Holds the grammar of the config file against what the daemon accepts: "agree.py LOAD SCHEMA EXAMPLE".

good/    both take it, without a finding
bad/     both refuse it; the comment at the end says the daemon's findings, all of them
daemon/  what no grammar can say: the grammar takes it, the daemon refuses it
Besides, the grammar and the example have exactly the attributes of the daemon's table, with its defaults.
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

HERE = os.path.dirname(os.path.abspath(__file__))
XS = "{http://www.w3.org/2001/XMLSchema}"
NS = "{urn:xplmqtt:config:1}"
load, schema, example = sys.argv[1:]
faults = []


def daemon(path):
    run = subprocess.run([load, path], capture_output=True, text=True)
    return run.returncode, run.stdout.splitlines()


def grammar_takes(path):
    run = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, path], capture_output=True, text=True)
    if run.returncode not in (0, 1, 3, 4):
        sys.exit("xmllint: " + run.stderr)
    return run.returncode == 0


def check_file(kind, path):
    name = os.path.join(kind, os.path.basename(path))
    with open(path, encoding="utf-8") as stream:
        expected = sorted(re.findall(r"^expect: (.*)$", stream.read(), re.M))
    status, findings = daemon(path)
    if status != (0 if kind == "good" else 2):
        faults.append("%s: the daemon %s it" % (name, "takes" if status == 0 else "refuses"))
    if grammar_takes(path) != (kind != "bad"):
        faults.append("%s: the grammar %s it" % (name, "refuses" if kind != "bad" else "takes"))
    if kind != "good" and not expected:
        faults.append("%s: says no finding to expect" % name)
    if sorted(findings) != expected:
        faults.append("%s: expected\n  %s\n got\n  %s" % (name, "\n  ".join(expected), "\n  ".join(sorted(findings))))


# Values at the edges: both take the first ones, both refuse the others.
EDGES = {
    "xpl role": (["hub", " hub "], ["", "Hub", "hub client"]),
    "xpl flood": (["1", " 5", "05 ", "1000000"], ["0", "+5", "-5", "5.0", "1e1", "1000001", "5 5"]),
    "xpl forward-malformed": (["yes", " no ", "1"], ["", "YES", "yes no"]),
    "xpl instance": (["", " pi "], ["p i", "Pi", "x" * 17]),
    "xpl allow": (["", "10.0.0.1", " 10.0.0.0/08 ", "1.2.3.4&#9;1.2.3.4/0032"], ["10.0.0.1/33", "10.0.0.1/", "1.2.3"]),
    "xpl group": (["a&#9;b", "a&#10;b", " a , b "], ["a.b", "A", "x" * 17]),
    "mqtt url": (["mqtt://a:1", "mqtt://a:00080", " ws://a:65535/x"],
                 ["mqtt://a:0", "mqtt://a:00", "mqtt://a:65536", "mqtt://a:99999", "mqtt://a:123456", "ws://a/b c"]),
    "mqtt host": ([" a", "::1"], ["", "a b", "a/b"]),
    "mqtt port": ([" 5 ", "65535"], ["", "0", "65536", "+5"]),
    "mqtt username": (["", " a b ", "\u00e9"], ["a&#9;b", "a&#10;b", "a\u007fb", "a\u0085b"]),
    "mqtt password-file": ([" a"], ["a&#13;b"]),
    "mqtt version": (["auto", "5", "mqttv5", " mqttv311"], ["", "4", "mqttv31", "mqttvauto"]),
    "mqtt prefix": (["a b", " a", "a/b"], ["a&#9;b", "a/b&#10;", "a//b", "$a"]),
    "mappings href": ([" a.xml"], ["", "a&#9;b"]),
    "log level": ([" info,mqtt=debug"], ["info, mqtt=debug", "info,", "INFO"]),
}


def check_edge(place, value, taken):
    element, attribute = place.split()
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as stream:
        stream.write('<xplmqtt xmlns="urn:xplmqtt:config:1"><%s %s="%s"/></xplmqtt>' % (element, attribute, value))
        stream.flush()
        for name, takes in (("daemon", daemon(stream.name)[0] == 0), ("grammar", grammar_takes(stream.name))):
            if takes != taken:
                faults.append("the %s %s %s=%r" % (name, "takes" if takes else "refuses", place, value))


def table():
    lines = subprocess.run([load, "--table"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {(e, a): None if d == "-" else d for e, a, d in (line.split(" ", 2) for line in lines)}


def grammar_table():
    root = tree.parse(schema).getroot()
    parts = {t.get("name"): t for t in root.findall(XS + "complexType")}
    top = root.find(XS + "element")
    parts[top.get("name")] = top.find(XS + "complexType")
    return {(n, a.get("name")): a.get("default") for n, part in parts.items() for a in part.findall(XS + "attribute")}


def example_table():
    root = tree.parse(example).getroot()
    return {(e.tag.replace(NS, ""), a): v for e in root.iter() for a, v in e.attrib.items()}


def compare(name, ours, theirs):
    for key in sorted(set(ours) | set(theirs)):
        a, b = ours.get(key, "missing"), theirs.get(key, "missing")
        if a != b:
            faults.append("%s: %s %s is %r, in the daemon's table %r" % (name, key[0], key[1], a, b))


n = 0
for kind in ("good", "bad", "daemon"):
    for entry in sorted(os.listdir(os.path.join(HERE, kind))):
        check_file(kind, os.path.join(HERE, kind, entry))
        n += 1
if n < 60:
    faults.append("only %d cases" % n)
for place, values in EDGES.items():
    for taken, some in zip((True, False), values):
        for value in some:
            check_edge(place, value, taken)
            n += 1
rows = table()
compare("the grammar", grammar_table(), rows)
compare("the example", example_table(), {key: value for key, value in rows.items() if value is not None})
if daemon(example) != (0, []) or not grammar_takes(example):
    faults.append("the example is refused: %s" % daemon(example)[1])
print("\n".join(faults) or "%d cases" % n)
sys.exit(1 if faults else 0)
