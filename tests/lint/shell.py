"""Shell scripts pass shellcheck."""
import re
import shutil
import subprocess
import sys

import lint


def check(files):
    findings = []
    for path, text in files.items():
        if not is_shell(text):
            continue
        run = subprocess.run(["shellcheck", "--format=gcc", "-"], input=text.encode(), capture_output=True)
        findings += [path + line[1:] for line in run.stdout.decode().splitlines()]
    return findings


def is_shell(text):
    return re.match(r"#!.*\b(sh|bash)\b|# shellcheck shell=", text)


PLANTED = [("a", "#!/bin/sh\necho $1\n", "SC2086"), ("a", "#!/bin/sh\n[[ a = b ]]\n", "SC3010")]
INNOCENT = [("a", "#!/bin/sh\necho \"$1\"\n"), ("a.py", "#!/usr/bin/env python3\nprint($1)\n")]

if __name__ == "__main__":
    if not shutil.which("shellcheck"):
        sys.exit("shellcheck is missing (packaging/dependencies tests installs it)")
    lint.main(lambda path: path.startswith(("packaging/", ".ci/")), check, PLANTED, INNOCENT)
