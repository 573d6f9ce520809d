"""What the lint scripts share: the tracked files, C without its comments, the exit status, the self-test.

A script gives main() its check: a function from {path: text} to a list of "path:line: what is wrong". Run plain it
checks the tracked files and fails on a finding, or when it selected no file at all. Run with --self-test it proves
that it would fail: every planted text must give the finding said beside it, every innocent one none.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tracked():
    """Paths relative to the root: what git tracks, or, in an unpacked release, what lies there."""
    try:
        out = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=True, capture_output=True).stdout
        paths = [p for p in out.decode().split("\0") if p]
    except (OSError, subprocess.CalledProcessError):
        paths = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [f for f in folders if not f.startswith((".", "build"))]
            paths += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(p for p in paths if os.path.isfile(os.path.join(ROOT, p)))


def read(paths):
    texts = {}
    for path in paths:
        with open(os.path.join(ROOT, path), "rb") as f:
            texts[path] = f.read().decode("utf-8", "replace")
    return texts


_TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def code_only(text):
    """C with comments and the insides of strings blanked; lines keep their numbers, #include its name."""
    def blank(match):
        token = match.group(0)
        line = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
        if token[0] == '"' and re.match(r"\s*#\s*include\s*$", line):
            return token
        return re.sub(r"[^\n]", " ", token)
    return _TOKEN.sub(blank, text)


def main(select, check, planted, innocent):
    if "--self-test" in sys.argv[1:]:
        sys.exit(self_test(check, planted, innocent))
    files = read(p for p in tracked() if select(p))
    if not files:
        sys.exit("no file selected: this check checks nothing")
    findings = check(files)
    for finding in findings:
        print(finding)
    print("%d files, %d findings" % (len(files), len(findings)))
    sys.exit(1 if findings else 0)


def self_test(check, planted, innocent):
    wrong = 0
    for path, text, expected in planted:
        findings = check({path: text})
        if not any(expected in f for f in findings):
            print("not found: %r planted in %s: %r -> %r" % (expected, path, text, findings))
            wrong += 1
    for path, text in innocent:
        findings = check({path: text})
        if findings:
            print("innocent, but found: %s: %r -> %r" % (path, text, findings))
            wrong += 1
    print("%d planted, %d innocent, %d wrong" % (len(planted), len(innocent), wrong))
    return 1 if wrong else 0
