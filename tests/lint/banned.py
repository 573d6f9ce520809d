"""Calls that have no place here, each with what to use instead. Tests may ask the clock; nobody may guess numbers."""
import re

import lint

# call -> (what to use, files or folders where it is allowed)
BANNED = {
    "strtol": ("base/number.h", ()), "strtoul": ("base/number.h", ()), "strtoll": ("base/number.h", ()),
    "strtoull": ("base/number.h", ()), "strtod": ("base/number.h", ("bridge/base/number.c",)),
    "strtof": ("base/number.h", ()), "atoi": ("base/number.h", ()), "atol": ("base/number.h", ()),
    "atof": ("base/number.h", ()), "sscanf": ("base/number.h", ()),
    "sprintf": ("snprintf", ()), "vsprintf": ("vsnprintf", ()), "strcpy": ("base/text.h", ()),
    "strcat": ("base/text.h", ()), "strncpy": ("base/text.h", ()), "strncat": ("base/text.h", ()),
    "gets": ("fgets", ()), "strtok": ("xpl/slice.h", ()),
    "sleep": ("a deadline", ()), "usleep": ("a deadline", ()),
    "assert": ("must of base/error.h", ()),
    # a test shows that numbers do not care
    "setlocale": ("nothing: we are locale-free", ("tests/unit/mapping/test_conversion.c",)),
}
# asked only at the rim, so that tests own the clock and the dice
WORLD = {"rand", "random", "srand", "time", "clock", "clock_gettime", "gettimeofday", "uv_hrtime", "uv_now",
         "getrandom"}
RIM = ("bridge/io/", "bridge/mqtt/paho.c", "tests/")  # paho.c notes when a message came, in Paho's thread

_CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(sorted(set(BANNED) | WORLD)))


def check(files):
    findings = []
    for path, text in files.items():
        for number, line in enumerate(lint.code_only(text).split("\n"), 1):
            for match in _CALL.finditer(line):
                call = match.group(1)
                if call in BANNED:
                    instead, allowed = BANNED[call]
                    if path not in allowed:
                        findings.append("%s:%d: %s is banned; use %s" % (path, number, call, instead))
                elif not path.startswith(RIM) and not declares(line, match.start()):
                    findings.append("%s:%d: %s asks the world; only bridge/io may" % (path, number, call))
    return findings


def declares(line, start):
    """A function pointer or prototype of ours that happens to have the name: `uint32_t (*random)(...)` never gets
    here; `int64_t time(` would be a type name before it."""
    before = line[:start].split()
    return bool(before) and re.fullmatch(r"\w+_t|int|long|unsigned|double|void", before[-1]) is not None


PLANTED = [
    ("bridge/core/a.c", "x = strtol(s, NULL, 10);\n", "strtol is banned"),
    ("bridge/core/a.c", "x = strtod (s, NULL);\n", "strtod is banned"),
    ("bridge/core/a.c", "sprintf(b, \"%d\", 1);\n", "sprintf is banned"),
    ("bridge/core/a.c", "assert(x);\n", "assert is banned"),
    ("tests/unit/core/test_a.c", "usleep(1000);\n", "usleep is banned"),
    ("tests/unit/core/test_a.c", "int a = atoi(s);\n", "atoi is banned"),
    ("bridge/core/a.c", "t = time(NULL);\n", "time asks the world"),
    ("bridge/mqtt/session.c", "clock_gettime(CLOCK_MONOTONIC, &t);\n", "clock_gettime asks the world"),
    ("bridge/daemon.c", "delay = rand() % 3;\n", "rand asks the world"),
    ("xpl/heartbeat.c", "r = random();\n", "random asks the world"),
]
INNOCENT = [
    ("bridge/base/number.c", "x = strtod(s, NULL);\n"),
    ("bridge/core/a.c", "/* strtol( */ puts(\"atoi(\"); // sprintf(\n"),
    ("bridge/core/a.c", "static_assert(sizeof(x) == 4, \"x\"); snprintf(b, 3, \"x\"); core_on_time(core);\n"),
    ("bridge/core/a.c", "seed = listener->random(context); ops.time(3);\n"),
    ("bridge/io/timer.c", "clock_gettime(CLOCK_MONOTONIC, &t);\n"),
    ("bridge/core/a.c", "must(x); nested_sleep(1);\n"),
]

if __name__ == "__main__":
    lint.main(lambda path: path.endswith((".c", ".h")), check, PLANTED, INNOCENT)
