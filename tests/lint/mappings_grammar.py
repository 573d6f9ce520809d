"""The grammar for editors, mappings.xsd, takes every mapping file that we ship and every one that is right, refuses each
that is wrong in its grammar, and takes the snippets of the guide; it agrees with the daemon on values at the edges; and
every mapping file is installed.

usage: mappings_grammar.py XMLLINT XPLMQTT SOURCE_ROOT INSTALLED_FILE..."""
import pathlib
import re
import subprocess
import sys
import tempfile

xmllint, xplmqtt, root, installed = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:]
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

# Values at the edges, each in an element of its own: both take the first ones, both refuse the others. @ is a number.
MAP = '<map schema="z@.basic" %s="%s"><property name="v@"><publish payload="x"/></property></map>'
PROPERTY = '<map schema="z@.basic"><property name="v@" on-change="yes" %s="%s"><publish payload="x"/></property></map>'
ENTITY = '<map schema="z@.basic"><property name="v@" role="power" %s="%s"><publish payload="x"/></property></map>'
SEND = '<map schema="z@.basic"><property name="v@"><send %s="%s"><item name="i">x</item></send></property></map>'
CONFIRM = SEND.replace('<send ', '<send confirm="z.basic" ')
ITEM = '<map schema="z@.basic"><property name="v@"><send><item name="i"/><item %s="%s">x</item></send></property></map>'
OPTIONAL = ITEM.replace('<item %s', '<item name="o" %s')
ALIAS = '<alias device="d@" %s="%s"/>'
ALIAS_PROPERTY = '<alias device="d@"><property name="p" %s="%s"/></alias>'
TABLE = '<table %s="%s"><row xpl="a" mqtt="b"/></table>'
YES_NO = (['yes', ' no ', '1'], ['', 'YES', 'yes no'])
SECONDS = (['1', ' 1 ', '+1', '1e1', '2.5', '5.'], ['', '0', '-1', '1,5', '1s', '86401', 'INF', 'NaN', '0x10'])
NUMBER = (['5', '+5', '-.5', '1e1', '{a}', '{a}5'], ['', 'a', '1,2', ' 5', '5..6', '{{'])
EDGES = [
    (MAP, 'ignore-case', *YES_NO), (MAP, 'continue', *YES_NO), (PROPERTY, 'retain', *YES_NO), (OPTIONAL, 'optional', *YES_NO),
    (MAP, 'type', ['stat', ' stat  trig'], ['', 'Stat', 'stat,trig']),
    (MAP, 'split', ['a', 'a_b', 'body.a', 'body.a.b'], ['', 'a b', '{a}', 'a=b', 'a.b']),
    (MAP, 'label', ['', '{a|default:x} y', "{a|replace:'}':x}", '{{a}}'], ['{', '{a', '}', '{}']),
    (PROPERTY, 'kind', ['sensor', ' sensor '], ['', 'Sensor']),
    (ENTITY, 'entity', ['light', ' light '], ['', 'lamp']),
    (PROPERTY, 'qos', ['0', ' 2 ', '+1', '01'], ['', '3', '-1', '1.0', '1 1']),
    (PROPERTY, 'dedupe', ['1', '+10', ' 3600000'], ['0', '3600001', '1e1']),
    (PROPERTY, 'refresh', *SECONDS), (PROPERTY, 'min-interval', *SECONDS), (SEND, 'expires', *SECONDS),
    (CONFIRM, 'confirm-timeout', *SECONDS),
    (PROPERTY, 'min', *NUMBER), (PROPERTY, 'max', *NUMBER),
    (PROPERTY, 'each', ['', 'a', 'a*'], []),
    (PROPERTY, 'assume', [' no'], ['yes']),
    (SEND, 'type', ['cmnd', ' stat '], ['', 'cmnd stat']),
    (SEND, 'schema', ['z.basic', 'A-1.b', '{payload}', '{payload}.b'], ['', 'z', 'z.*', 'a.b.c', 'abcdefghi.b', 'a_b.c']),
    (SEND, 'target', ['*', 'a-b.c', 'xpl-group.x', 'a-x_y.c.d', '{payload}'], ['', 'a', 'a/b', '**', 'a-b', 'a-b.c d']),
    (SEND, 'repeat', ['1', ' 10 ', '+2'], ['0', '11', '1e0']),
    (ITEM, 'name', ['a', 'A-1', 'x' * 16, '{payload}'], ['', 'a b', 'a=b', 'a_b', 'x' * 17, '\u00e9']),
    (ALIAS, 'name', ['', 'a @/b', '\u00e9 @'], ['/a', 'a/', 'a//b', 'a#', 'a+b', '$a']),
    (ALIAS_PROPERTY, 'kind', ['switch', ' switch '], ['', 'Switch']),
    (TABLE, 'name', ['t-@', '\u00e9@', 'a/@'], ['', 'a b', 'a|b', 'a:b', "a'b", 'a{b', 'a[b', 'a]b']),
]


def lines_at_fault(command, pattern):
    done = subprocess.run(command, capture_output=True, check=False)
    return {int(line) for line in re.findall(pattern, (done.stdout + done.stderr).decode(), re.MULTILINE)}


def check_edges():
    values = [(line % (name, value), taken, '%s="%s"' % (name, value))
              for line, name, *both in EDGES for taken, some in zip((True, False), both) for value in some]
    with tempfile.NamedTemporaryFile('w', suffix='.xml', encoding='utf-8') as file:
        file.write('<mappings xmlns="urn:xplmqtt:mappings:1">\n')
        file.writelines(line.replace('@', str(n)) + '\n' for n, (line, _, _) in enumerate(values))
        file.write('</mappings>\n')
        file.flush()
        wrong = {
            'the grammar': lines_at_fault([xmllint, '--noout', '--nonet', '--schema', str(xsd), file.name],
                                          r'^[^:]*:(\d+): element'),
            'the daemon': lines_at_fault([xplmqtt, 'check', '--no-shipped', file.name], r'^[^:]*:(\d+):\d+: error:'),
        }
    for line, (_, taken, shown) in enumerate(values, 2):
        failures.extend('%s %s %s' % (who, 'refuses' if taken else 'takes', shown)
                        for who, lines in wrong.items() if (line in lines) == taken)


check_edges()

names = {pathlib.Path(file).name for file in installed}
failures += ['%s is not installed: add it to mappings/meson.build' % file.name for file in shipped if file.name not in names]

print('\n'.join(failures))
sys.exit(1 if failures else 0)
