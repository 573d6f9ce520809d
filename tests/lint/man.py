"""Every man page is clean for mandoc and names only pages that exist."""
import re
import shutil
import subprocess
import sys

import lint

PAGES = re.compile(r"packaging/man/(.*)\.(\d)$")


def check(files):
    findings = []
    ours = {PAGES.match(p).groups() for p in lint.tracked() if PAGES.match(p)}
    for path, text in files.items():
        run = subprocess.run(["mandoc", "-Tlint"], input=text.encode(), capture_output=True)
        for line in run.stdout.decode().splitlines():
            if "referenced manual not found" not in line:
                findings.append(path + line.replace("mandoc: <stdin>", ""))
        for number, line in enumerate(text.split("\n"), 1):
            match = re.match(r"\.Xr (\S+) (\d)", line)
            if match and match.groups() not in ours:
                findings.append("%s:%d: there is no page %s(%s)" % ((path, number) + match.groups()))
    return findings


HEAD = ".Dd November 26, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd b\n.Sh DESCRIPTION\n"
PLANTED = [
    ("packaging/man/a.1", HEAD + ".Xx b\n", "skipping unknown macro"),
    ("packaging/man/a.1", HEAD + ".Xr xplmqttt 1\n", "no page xplmqttt(1)"),
    ("packaging/man/a.1", HEAD + "a " * 60 + "\n", "longer than 80"),
]
INNOCENT = [("packaging/man/a.1", HEAD + "See\n.Xr xplmqtt 1 .\n")]

if __name__ == "__main__":
    if not shutil.which("mandoc"):
        sys.exit("mandoc is missing (packaging/dependencies tests installs it)")
    lint.main(PAGES.match, check, PLANTED, INNOCENT)
