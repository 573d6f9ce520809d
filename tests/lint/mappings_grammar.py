"""The grammar for editors, mappings.xsd, takes every mapping file that we ship and every one that is right, refuses each
that is wrong in its grammar, and takes the snippets of the guide; and every mapping file is installed.

usage: mappings_grammar.py XMLLINT SOURCE_ROOT INSTALLED_FILE..."""
import pathlib
import re
import subprocess
import sys

xmllint, root, installed = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
xsd = root / 'mappings' / 'mappings.xsd'
cases = root / 'tests' / 'cases' / 'mappings'
VALID, INVALID = 0, 3  # xmllint's exit status; others say that it could not even look
failures = []


def validate(name, text, expected):
    done = subprocess.run([xmllint, '--noout', '--nonet', '--schema', str(xsd), '-'], input=text.encode(),
                          capture_output=True, check=False)
    if done.returncode != expected:
        failures.append('%s: expected xmllint to end with %d, not %d\n%s'
                        % (name, expected, done.returncode, done.stderr.decode(errors='replace')))


def validate_all(directory, expected):
    files = sorted(directory.glob('*.xml'))
    if not files:
        failures.append('%s: no files' % directory)
    for file in files:
        validate(file.relative_to(root), file.read_text(encoding='utf-8'), expected)
    return files


shipped = validate_all(root / 'mappings', VALID)
validate_all(cases / 'good', VALID)
validate_all(cases / 'sample', VALID)
validate_all(cases / 'bad-grammar', INVALID)

guide = (root / 'mappings' / 'README.md').read_text(encoding='utf-8')
snippets = re.findall(r'^```xml\n(.*?)^```$', guide, re.MULTILINE | re.DOTALL)
if not snippets:
    failures.append('mappings/README.md: no snippets')
for number, snippet in enumerate(snippets, 1):
    validate('mappings/README.md, snippet %d' % number, snippet, VALID)

names = {pathlib.Path(file).name for file in installed}
failures += ['%s is not installed: add it to mappings/meson.build' % file.name for file in shipped if file.name not in names]

print('\n'.join(failures))
sys.exit(1 if failures else 0)
