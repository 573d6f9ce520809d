"""Every C file is as clang-format would write it. A missing clang-format is a failure, not a pass."""
import os
import shutil
import subprocess
import sys

import lint


def check(files):
    """Takes texts, not paths, so that the self-test needs no file."""
    findings = []
    for path, text in files.items():
        name = "--assume-filename=" + os.path.join(lint.ROOT, path)
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", name], input=text.encode(), capture_output=True)
        if run.returncode:
            findings.append(run.stderr.decode(errors="replace").strip() or "%s: clang-format failed" % path)
    return findings


PLANTED = [
    ("bridge/core/a.c", "int  f( void ){return 0;}\n", "[-Wclang-format-violations]"),
    ("bridge/core/a.h", "struct a {\n  int b;\n};\n", "[-Wclang-format-violations]"),
]
INNOCENT = [("bridge/core/a.c", "int f(void)\n{\n    return 0;\n}\n")]

if __name__ == "__main__":
    if not shutil.which("clang-format"):
        sys.exit("clang-format is missing (packaging/dependencies tests installs it)")
    lint.main(lambda path: path.endswith((".c", ".h")), check, PLANTED, INNOCENT)
