"""What may not stand in a tracked file: notes to oneself, conflict marks, trailing blanks, tabs where spaces are meant,
machine paths, broken UTF-8. Recorded data is left alone: it shows what others wrote."""
import re

import lint

DATA = re.compile(r"(^|/)(corpus|cases)/|\.xpl$|\.case$|\.tsv$|\.png$|\.pem$")
BLANKS = re.compile(r"^mappings/.*\.xml$")  # examples are recorded data, too
TABS = re.compile(r"(^|/)(Makefile|rules|\.gitmodules)$|\.(service|tsv)$")

RULES = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "a note to oneself"),
    (re.compile(r"^(<{7}|>{7}|={7})( |$)"), "a conflict mark"),
    (re.compile(r"(?<![\w.])/(work|home/\w+|tmp/wt|root)/"), "a path of somebody's machine"),
    (re.compile("\ufffd"), "a byte that is no UTF-8"),
    (re.compile(r"\r"), "a carriage return"),
]


def check(files):
    findings = []
    for path, text in files.items():
        rules = list(RULES)
        if not TABS.search(path):
            rules.append((re.compile(r"^ *\t"), "a tab"))
        if not BLANKS.search(path):
            rules.append((re.compile(r"[ \t]+$"), "blanks at the end of the line"))
        for number, line in enumerate(text.split("\n"), 1):
            for pattern, what in rules:
                if pattern.search(line):
                    findings.append("%s:%d: %s" % (path, number, what))
        if text and not text.endswith("\n"):
            findings.append("%s:%d: no line feed at the end" % (path, text.count("\n") + 1))
    return findings


PLANTED = [
    ("a.c", "/* TO" "DO: think */\n", "a note to oneself"),
    ("a.c", "// XX" "X\n", "a note to oneself"),
    ("a.md", "<<<<<<< HEAD\n", "a conflict mark"),
    ("a.c", "int a; \n", "blanks at the end"),
    ("a.c", "\tint a;\n", "a tab"),
    ("a.c", "\"/wo" "rk/main\"\n", "somebody's machine"),
    ("a.c", "int a;\r\n", "a carriage return"),
    ("a.c", "\ufffd\n", "no UTF-8"),
    ("a.c", "int a;", "no line feed"),
]
INNOCENT = [
    ("a.c", "int a; /* the rest of it is done to-day */\n"),
    ("packaging/debian/rules", "%:\n\tdh $@\n"),
    ("b.md", "## Heading\n\n    code\n"),
    ("a.sh", "rm -rf \"$tmp/work\"\n"),
]

if __name__ == "__main__":
    lint.main(lambda path: not DATA.search(path), check, PLANTED, INNOCENT)
