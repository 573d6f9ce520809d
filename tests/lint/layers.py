"""Who may include whom. The arrows of the house, as a table:

    main -> daemon (with parts, lastwill and healthcheck) -> {io, mqtt, core, config};  core -> mapping -> base -> xpl -> libc
    config -> xml <- mapping;  xml -> base;  tool -> {io, mapping, core, xpl, config, base, xml}

io, mqtt, core and config never see each other, so that each can be tested alone and daemon.c alone connects them.
"""
import os
import re

import lint

# room -> the rooms whose headers its files may name, or single headers
ROOMS = {
    "xpl": {"xpl"},
    "base": {"base", "xpl/slice.h"},
    "xml": {"xml", "base", "xpl"},
    "mapping": {"mapping", "xml", "base", "xpl"},
    "config": {"config", "xml", "base", "xpl"},
    "core": {"core", "mapping", "base", "xpl"},
    "mqtt": {"mqtt", "base", "xpl"},
    "io": {"io", "base", "xpl"},
    "tool": {"tool", "io", "mapping", "core", "config", "xml", "base", "xpl"},
    "lastwill": {"lastwill", "parts", "io", "mqtt", "config", "base", "xpl"},
    "daemon": {"daemon", "lastwill", "parts", "spooling", "io", "mqtt", "core", "config", "mapping", "base", "xpl"},
    "healthcheck": {"daemon", "parts", "io", "mqtt", "config", "base", "xpl"},
    "spooling": {"spooling", "io", "mqtt", "base", "xpl"},
    "parts": {"parts", "mqtt", "config", "mapping", "base", "xpl"},
    "main": {"daemon", "config", "base", "xpl"},
}

# header of a library -> the only places that may name it: rooms, or single files
LIBRARIES = [
    (r"MQTT\w*\.h", {"bridge/mqtt/paho.c"}),
    (r"uv\.h|uv/.*", {"io", "bridge/healthcheck.c"}),  # a loop of its own
    (r"libxml/.*", {"bridge/xml/xml.c"}),
    (r"jansson\.h", {"core", "mapping", "tool", "bridge/healthcheck.c"}),
    (r"systemd/.*", {"io"}),
    (r"sqlite3\.h", {"io"}),
    (r"openssl/.*", {"bridge/mqtt/certificate.c", "bridge/mqtt/paho_tls.c"}),
]

# what libxpl may name beside its own headers: it must compile wherever a C library is
LIBC = {"assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h",
        "stdint.h", "stdio.h", "stdlib.h", "string.h"}


def room_of(path):
    parts = path.split("/")
    if parts[0] == "xpl" or parts[:2] == ["include", "xpl"]:
        return "xpl"
    if parts[0] != "bridge":
        return None
    return parts[1] if len(parts) > 2 else at_the_top(parts[1])


def at_the_top(name):
    """daemon.c, daemon_sink.c and daemon-private.h are one room."""
    return re.split("[-_]", os.path.splitext(name)[0])[0]


def check(files):
    findings = []
    for path, text in files.items():
        room = room_of(path)
        if room not in ROOMS:
            findings.append("%s:1: lies in no room: %s is not in the table" % (path, room))
            continue
        for number, line in enumerate(lint.code_only(text).split("\n"), 1):
            match = re.match(r"\s*#\s*include\s*([<\"])([^>\"]*)[>\"]", line)
            if match:
                for wrong in judge(path, room, match.group(1), match.group(2)):
                    findings.append("%s:%d: %s" % (path, number, wrong))
    return findings


def judge(path, room, quote, header):
    for pattern, places in LIBRARIES:
        if re.fullmatch(pattern, header) and room not in places and path not in places:
            yield "%s may be named only in %s" % (header, " ".join(sorted(places)))
    first = header.split("/")[0]
    if quote == '"' or "/" in header and first in ROOMS:
        target = first if "/" in header else at_the_top(header)
        if target not in ROOMS:
            if room != "xpl":  # whose private headers lie beside its .c files
                yield "\"%s\" does not say its room" % header
        elif target not in ROOMS[room] and header not in ROOMS[room]:
            yield "%s may not include %s (%s)" % (room, target, header)
    elif room == "xpl" and header not in LIBC:
        yield "libxpl needs nothing but the C library, not %s" % header


PLANTED = [
    ("bridge/core/echo.c", '#include "io/timer.h"\n', "core may not include io"),
    ("bridge/io/timer.c", '#include "core/sink.h"\n', "io may not include core"),
    ("bridge/mqtt/session.c", '#include "config/settings.h"\n', "mqtt may not include config"),
    ("bridge/base/text.c", '#include "xpl/message.h"\n', "base may not include xpl"),
    ("bridge/base/text.c", '#include <xpl/message.h>\n', "base may not include xpl"),
    ("bridge/mapping/match.c", '#include "core/state.h"\n', "mapping may not include core"),
    ("bridge/main.c", '#include "mqtt/session.h"\n', "main may not include mqtt"),
    ("bridge/main.c", '#include "daemon-private.h"\n#include "io/io.h"\n', "main may not include io"),
    ("bridge/daemon_sink.c", '#include "tool/show.h"\n', "daemon may not include tool"),
    ("bridge/tool/send.c", '#include "mqtt/session.h"\n', "tool may not include mqtt"),
    ("xpl/message.c", '#include "base/text.h"\n', "xpl may not include base"),
    ("xpl/message.c", '#include <sys/socket.h>\n', "libxpl needs nothing"),
    ("bridge/mqtt/session.c", '#include <MQTTAsync.h>\n', "only in bridge/mqtt/paho.c"),
    ("bridge/core/core.c", '#  include <uv.h>\n', "only in bridge/healthcheck.c io"),
    ("bridge/config/file.c", '#include <libxml/parser.h>\n', "only in bridge/xml/xml.c"),
    ("bridge/mqtt/session.c", '#include <jansson.h>\n', "only in bridge/healthcheck.c core mapping tool"),
    ("bridge/core/core.c", '#include "sink.h"\n', "does not say its room"),
    ("bridge/cellar/rat.c", "\n", "lies in no room"),
]
INNOCENT = [
    ("bridge/core/echo.c", '#include <string.h>\n#include "mapping/match.h"\n#include "xpl/message.h"\n'),
    ("bridge/core/echo.c", '/* #include "io/timer.h" */\n// #include <uv.h>\n'),
    ("bridge/mqtt/paho.c", '#include <MQTTAsync.h>\n#include "mqtt/paho.h"\n'),
    ("bridge/daemon.c", '#include "daemon.h"\n#include "io/timer.h"\n#include "mqtt/session.h"\n'),
    ("bridge/main.c", '#include "daemon.h"\n'),
    ("xpl/hub.c", '#include "hub-private.h"\n'),
    ("include/xpl/message.h", '#include "xpl/slice.h"\n#include <stdint.h>\n'),
]

if __name__ == "__main__":
    lint.main(lambda path: path.endswith((".c", ".h")) and path.startswith(("bridge/", "xpl/", "include/")), check,
              PLANTED, INNOCENT)
