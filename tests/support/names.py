#!/usr/bin/env python3
"""Fails if a name in a comment or a page is nobody's, or if a source breaks a habit of this house.

   names.py [FOLDER...]   checks the tree that this file lies in, or those folders of it (`lib/base`)
   names.py --self-test   feeds wrong and right snippets to every check: none may pass what it is there for

What is checked is the list CHECKS at the end. A complaint is a line: `file:line: what is wrong: what to do`.
"""
import fnmatch
import io
import os
import re
import sys
import tokenize

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ('cmd', 'lib', 'tests', 'deploy')
PAGES = ('README.md', 'Makefile', 'docker-compose.yml')
COLUMNS = 120
LIBRARIES = ('librdkafka/', 'hiredis/', 'jansson', 'xxhash', 'microhttpd', 'zlib', 'check.h')

# Paths that may be named although no file of the tree has them, by what they are.
ABSENT_PATHS = {
    'made by make': ('build/*', 'suites.inc'),
    'placeholders': ('*NAME*',),
    "a user's file in an example": ('views.ndjson.gz',),
    "Kafka's own tools": ('kafka-*.sh',),
}
# Other names that are not ours, by whose they are.
ABSENT_NAMES = {
    'librdkafka': ('rd_kafka_*', 'rktp_*', 'offsets_for_times'),
    'librdkafka, as settings': ('TOPKD_RDKAFKA_*',),
    'the kernel': ('TIME_WAIT', 'finish_task_switch', 'irqentry_*'),
    'what an orchestrator sets by itself': ('TOPKD_SERVICE_HOST', 'TOPKD_PORT_*'),
}
# What a static function may not be called: gdb, perf and a core file would show it as libc's.
LIBC = set('''
    abort abs accept access acos alarm aligned_alloc asctime atexit atof atoi atol basename bind bsearch calloc ceil
    chdir chmod chown clearerr clock close closedir connect copysign creat ctime daemon difftime dirname div dprintf
    drand48 dup dup2 endgrent err errx exec execl execv exit exp fabs fclose fcntl fdopen feof ferror fflush ffs fgetc
    fgets fileno flock floor fmax fmin fmod fopen fork fprintf fputc fputs fread free freopen fscanf fseek fstat fsync
    ftell ftruncate fwrite getc getchar getcwd getenv getline getopt getpid gets gmtime hcreate hsearch index insque
    ioctl isalnum isalpha isdigit isspace kill labs ldexp link listen localtime lockf log log2 longjmp lrand48 lsearch
    lseek lstat malloc mblen memccpy memchr memcmp memcpy memmem memmove memset mkdir mkstemp mktime mlock mmap modf
    mprotect munmap nanosleep nice open opendir openlog pathconf pause perror pipe poll pow printf psignal putc
    putchar putenv puts qsort raise rand random read readdir readlink readv realloc recv recvfrom recvmsg regcomp
    remove remque rename rewind rint rmdir round scanf select send sendfile sendmsg sendto setbuf setenv setjmp setsid
    shutdown sigaction signal sin sleep snprintf socket splice sprintf sqrt srand sscanf stat stpcpy strcasecmp strcat
    strchr strcmp strcpy strdup strftime strlen strncmp strncpy strndup strsep strstr strtod strtok strtol strtoul
    swab symlink sync syslog system tan tee tell tempnam tfind time times tmpfile tolower toupper trunc truncate
    tsearch umask uname ungetc unlink usleep utime vfork vprintf wait waitpid warn warnx write writev'''.split())


# -- sources -----------------------------------------------------------------------------------------------------------
class Source:
    """A file, taken apart once: comments as (line, text), code without comments and texts, words of its texts."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.name = path.rsplit('/', 1)[-1]
        self.ext = self.name.rsplit('.', 1)[-1] if '.' in self.name else ''
        self.is_c = self.ext in ('c', 'h', 'inc', 'def')
        self.is_page = self.ext == 'md'
        self.comments, self.code, self.strings = [], '', ''
        if self.is_c:
            self.take_apart(C_TOKEN, ('/*', '//'))
        elif self.ext == 'lua':
            self.take_apart(LUA_TOKEN, ('--',))
        elif self.ext == 'py':
            self.take_apart_python()
        elif self.is_page:
            self.comments = [(1, text)]
        else:
            self.take_apart(SHELL_TOKEN, ('#',))

    def take_apart(self, token, openings):
        def blank(match):
            part = match.group(0)
            if part.startswith(openings):
                self.comments.append((self.text.count('\n', 0, match.start()) + 1, part))
            else:
                strings.append(part)
            return re.sub(r'[^\n]', ' ', part)

        strings = []
        self.code = token.sub(blank, self.text)
        self.strings = '\n'.join(strings)

    def take_apart_python(self):
        code = []
        for t in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if t.type == tokenize.COMMENT:
                self.comments.append((t.start[0], t.string))
            elif t.type == tokenize.STRING and t.line.lstrip().startswith(('"""', "'''", 'r"""')):
                self.comments.append((t.start[0], t.string))
            else:
                code.append(t.string)
        self.code = ' '.join(code)

    def comment_lines(self):
        for line, text in self.comments:
            for i, part in enumerate(text.split('\n')):
                yield line + i, part


C_TOKEN = re.compile(r'''//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*\'''', re.S)
LUA_TOKEN = re.compile(r'''--\[\[.*?\]\]|--[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*\'''', re.S)
SHELL_TOKEN = re.compile(r'(?:(?<=\s)|(?<=^))#(?!!)[^\n]*', re.M)


class Tree:
    """The files that are read, the names of all files, and every word that is somebody's."""

    def __init__(self, texts, paths=()):
        self.paths = set(texts) | set(paths)
        self.basenames = {p.rsplit('/', 1)[-1] for p in self.paths}
        self.folders = {p[:i] for p in self.paths for i, c in enumerate(p) if c == '/'}
        self.sources = [Source(p, t) for p, t in sorted(texts.items())]
        self.words = set()
        for s in self.sources:
            if not s.is_page:
                self.words.update(re.findall(r'\w+', s.code))
                self.words.update(re.findall(r'\w+', s.strings))
        # What `##` puts together is spelled nowhere: EVENT_ ## id.
        code = ' '.join(s.code for s in self.sources if s.is_c)
        self.pasted = tuple(re.findall(r'\b([A-Z][A-Z0-9]*_)\s*##', code))

    def has_word(self, name):
        """Somebody is called so; or, in capitals, a parameter is, or a setting without its prefix."""
        bare = name.removeprefix('TOPKD_').removesuffix('_FILE')
        return bool(self.words & {name, name.lower(), bare}) or name.startswith(self.pasted) or \
            bool(self.basenames & {name + '.c', name + '.h'}) or is_absent(name, ABSENT_NAMES)

    def c_sources(self):
        return (s for s in self.sources if s.is_c)


def is_absent(name, allowed):
    return any(fnmatch.fnmatchcase(name, pattern) for patterns in allowed.values() for pattern in patterns)


# -- names in comments and pages ---------------------------------------------------------------------------------------
PATH = re.compile(r'(?<![\w./~$<>{}*@%=-])((?:[\w*-][\w.*-]*/)*[\w*-][\w.*-]*\.(?:c|h|inc|def|lua|py|sh|md))(?![\w/-])'
                  r'|(?<![\w./~$<>{}*@%=-])((?:cmd|lib|tests|deploy)/[\w./*-]*[\w*/])')
SYSTEM_HEADER = re.compile(r'<[\w./-]+\.h>')
FUNCTION = re.compile(r'(?<![\w.$/-])([A-Za-z_]\w*)\(\)')
WORD = re.compile(r'(?<![\w.$/{<>=%-])([a-z][a-z0-9]+(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?![\w*{]|[./-]\w)')


def path_exists(tree, where, name):
    """NAME is a path of the repository, of lib, cmd or tests, or of the naming file's folder; or a file's bare name."""
    if is_absent(name, ABSENT_PATHS):
        return True
    name = name.rstrip('/')
    folder = where.rsplit('/', 1)[0] + '/' if '/' in where else ''
    tries = [name] + [base + name for base in ('lib/', 'cmd/', 'tests/', folder)]
    if '*' in name:
        return any(fnmatch.filter(tree.paths, t) for t in tries) or \
            '/' not in name and bool(fnmatch.filter(tree.basenames, name))
    return any(t in tree.paths or t in tree.folders for t in tries) or '/' not in name and name in tree.basenames


def check_paths(tree):
    for s in tree.sources:
        for line, text in s.comment_lines():
            text = SYSTEM_HEADER.sub('', text)
            for match in PATH.finditer(text):
                name = match.group(1) or match.group(2)
                if not path_exists(tree, s.path, name):
                    yield s.path, line, f'there is no file `{name}`', 'name one that is there'


def check_functions(tree):
    for s in tree.sources:
        for line, text in s.comment_lines():
            for name in FUNCTION.findall(text):
                if not tree.has_word(name):
                    yield s.path, line, f'there is no function `{name}`', 'name one that is there'


def check_words(tree):
    for s in tree.sources:
        if not (s.is_c or s.is_page or s.ext == 'lua'):
            continue
        for line, text in s.comment_lines():
            for name in WORD.findall(re.sub(r'\w+://\S+', '', text)):
                if not tree.has_word(name):
                    yield s.path, line, f'nothing is called `{name}`', 'name what is there, or write it as words'


# -- the shape of a file -----------------------------------------------------------------------------------------------
def home(path):
    """The path as its first line says it: without lib/, cmd/ or tests/."""
    return path.split('/', 1)[1]


def check_first_lines(tree):
    for s in tree.sources:
        if not (s.is_c or s.ext == 'lua') or not s.path.startswith(('lib/', 'cmd/', 'tests/')):
            continue
        opening = ('-- ' if s.ext == 'lua' else '/* ') + home(s.path) + ' - '
        first = s.text.split('\n', 1)[0]
        if not first.startswith(opening):
            yield s.path, 1, 'the first line does not say what this file is', f'begin with `{opening}` and a sentence'
        elif not says_something(first[len(opening):]):
            yield s.path, 1, 'the first line says nothing', 'say what this file does, not where else to look'


def says_something(sentence):
    words = re.findall(r"[A-Za-z][\w'-]*", sentence)
    return len(words) >= 3 and words[0].lower() != 'see'


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]')
GROUPS = ('own', 'system', 'library', 'project')


def own_header(tree, s):
    """The header that a .c file is the inside of: of its own name, in its own folder if there is one."""
    stem = home(s.path).rsplit('.', 1)[0]
    name = stem.rsplit('/', 1)[-1] + '.h'
    if s.ext != 'c':
        return ()
    if s.path.rsplit('.', 1)[0] + '.h' in tree.paths:
        return (stem + '.h', name)
    headers = [m.group(2) for m in map(INCLUDE.match, s.text.split('\n')) if m and m.group(1) == '"']
    return tuple(h for h in headers if h.rsplit('/', 1)[-1] == name)[:1]


def group_of(own, quote, header):
    if quote == '"':
        return GROUPS.index('own' if header in own else 'project')
    return GROUPS.index('library' if header.startswith(LIBRARIES) else 'system')


def check_includes(tree):
    """Only runs of includes count; one within code (an .inc, a .def, behind an #if) stands where it must."""
    for s in tree.sources:
        if s.ext not in ('c', 'h'):
            continue
        own, before, gap = own_header(tree, s), None, False
        for i, line in enumerate(s.text.split('\n'), 1):
            match = INCLUDE.match(line)
            if match and match.group(2).endswith(('.inc', '.def')):
                continue
            if not match:
                gap = gap or not line
                if line:
                    before, gap = None, False
                continue
            here = (group_of(own, *match.groups()), match.group(2))
            if before:
                yield from two_includes(s, i, before, here, gap)
            before, gap = here, False


def two_includes(s, line, before, here, gap):
    order = 'own header, <system>, <libraries>, "project", each sorted (`make fmt` does it)'
    if here < before:
        yield s.path, line, f'{here[1]} is included after {before[1]}', 'the order is ' + order
    elif here[0] != before[0] and not gap:
        yield s.path, line, f'no empty line before {here[1]}', 'put one between ' + order
    elif here[0] == before[0] and gap:
        yield s.path, line, f'an empty line before {here[1]}', 'put none inside a group of ' + order


def check_columns(tree):
    for s in tree.sources:
        if not (s.is_c or s.ext in ('lua', 'py', 'sh') or s.text.startswith('#!')):
            continue
        for i, line in enumerate(s.text.split('\n'), 1):
            if len(line) > COLUMNS:
                yield s.path, i, f'{len(line)} columns', f'{COLUMNS} at most: a comment may go above its line'


# -- names in code -----------------------------------------------------------------------------------------------------
STATIC = re.compile(r'^static\b[^;={}]*', re.M)
STRUCT = re.compile(r'\b(?:struct|union)\b[ \t]*\w*\s*\{')
DECLARED = re.compile(r'\b(\w+)\s*(?:\[[^\]]*\]\s*)*(?::\s*\w+\s*)?(?=[,;])|\(\s*\*+\s*(?:const\s+)?(\w+)\s*\)')


def line_at(s, position):
    return s.code.count('\n', 0, position) + 1


def check_status(tree):
    for s in tree.c_sources():
        uses = [m.start() for m in re.finditer(r'\brc\b', s.code)]
        if uses:
            yield s.path, line_at(s, uses[0]), f'`rc` as a name ({len(uses)} times)', 'call it `status`, or what it is'


def check_libc(tree):
    for s in tree.c_sources():
        for match in STATIC.finditer(s.code):
            for name in re.finditer(r'(\w+)\s*\(', outside_parentheses(match.group(0))):
                if name.group(1) in LIBC:
                    yield (s.path, line_at(s, match.start() + name.start()),
                           f"a static function is called `{name.group(1)}`, as one of libc's",
                           'put the noun of the file before it')


def outside_parentheses(text):
    """TEXT with what stands between parentheses blanked, and the parentheses kept."""
    out, depth = [], 0
    for c in text:
        depth -= c == ')'
        out.append(c if depth == 0 or c == '\n' else ' ')
        depth += c == '('
    return ''.join(out)


def body_of(code, start):
    """The text between the brace that ends just before START and its twin."""
    depth, i = 1, start
    while depth and i < len(code):
        depth += (code[i] == '{') - (code[i] == '}')
        i += 1
    return code[start:i - 1]


def fields_of(body):
    """(position, name) of every field of a struct's own; those of structs inside it are theirs."""
    while '{' in body:
        body = re.sub(r'\{[^{}]*\}', lambda m: re.sub(r'[^\n]', ' ', m.group(0)), body)
    body = re.sub(r'(?<=\))\s*\([^()]*(?:\([^()]*\)[^()]*)*\)', lambda m: re.sub(r'[^\n]', ' ', m.group(0)), body)
    return [(m.start(m.lastindex), m.group(m.lastindex)) for m in DECLARED.finditer(body)], body


def explains_itself(name, names, body):
    """`k` is that of top K; `n` counts what stands beside it in the same struct; `p` is what `n` counts, or goes on
    until `end`."""
    if name == 'n':
        return '*' in body or '[' in body
    return name == 'k' or name == 'p' and bool({'n', 'end'} & names)


def check_fields(tree):
    for s in tree.c_sources():
        for match in STRUCT.finditer(s.code):
            fields, body = fields_of(body_of(s.code, match.end()))
            names = {name for _, name in fields}
            for at, name in fields:
                if len(name) == 1 and name.isalpha() and not explains_itself(name, names, body):
                    yield (s.path, line_at(s, match.end() + at), f'a field is called `{name}`',
                           'name it; only `k`, `n` beside an array, and `p` beside `n` or `end` explain themselves')


# -- the self-test -----------------------------------------------------------------------------------------------------
HEAD = '/* base/x.h - counts what comes and goes. */\n'

# The check; what stands in its header, or in the path before a `|`; what must be said of it, '' is nothing.
CASES = (
    (check_paths, HEAD + '/* As base/gone.c says. */\n', 'no file `base/gone.c`'),
    (check_paths, HEAD + '/* One line,\n * and gone.py. */\n', 'x.h:3: there is no file `gone.py`'),
    (check_paths, HEAD + '/* As tests/gone says. */\n', 'no file `tests/gone`'),
    (check_paths, HEAD + '/* As lib/base/x.h, base/x.h, x.h, x.*, tests/run and build/bin/topkd.c say. */\n', ''),
    (check_paths, HEAD + 'const char *text = "gone.c";\n', ''),
    (check_paths, 'README.md|Read `lib/gone/x.c`.\n', 'no file `lib/gone/x.c`'),
    (check_paths, 'tests/run|# Read gone.sh.\n', 'no file `gone.sh`'),
    (check_paths, 'lib/store/lua/y.lua|-- store/lua/y.lua - see gone.lua\n', 'no file `gone.lua`'),
    (check_paths, 'tests/y.py|"""Reads\ngone.md."""\n', 'y.py:2: there is no file `gone.md`'),
    (check_functions, HEAD + '/* x_gone() counts. */\n', 'no function `x_gone`'),
    (check_functions, HEAD + '/* x_count() counts. */\nint x_count(void);\n', ''),
    (check_functions, 'README.md|`gone()` counts.\n', 'no function `gone`'),
    (check_words, HEAD + '/* it_is_gone now. */\n', 'nothing is called `it_is_gone`'),
    (check_words, HEAD + '/* Until END_MS. */\nint x_count(int end);\n', 'nothing is called `END_MS`'),
    (check_words, HEAD + '/* Until END_MS, as x_count says. */\nint x_count(int end_ms);\n', ''),
    (check_words, HEAD + '/* As "x_lag" is, or TOPKD_LIMIT. */\nconst char *text = "x_lag" "LIMIT";\n', ''),
    (check_first_lines, '#include <stdio.h>\n', 'begin with `/* base/x.h - `'),
    (check_first_lines, '/* x.h - counts what comes and goes. */\n', 'begin with `/* base/x.h - `'),
    (check_first_lines, '/* base/x.h - see x.c, which counts. */\n', 'says nothing'),
    (check_first_lines, '/* base/x.h - counters. */\n', 'says nothing'),
    (check_first_lines, HEAD, ''),
    (check_first_lines, 'lib/store/y.lua|/* store/y.lua - counts what comes. */\n', 'begin with `-- store/y.lua'),
    (check_first_lines, 'tests/unit/y.c|/* unit/y.c - counts what comes. */\n', ''),
    (check_includes, '#include <stdio.h>\n#include <errno.h>\n', 'errno.h is included after stdio.h'),
    (check_includes, '#include "base/y.h"\n\n#include <errno.h>\n', 'errno.h is included after base/y.h'),
    (check_includes, '#include <jansson.h>\n\n#include <errno.h>\n', 'errno.h is included after jansson.h'),
    (check_includes, '#include <errno.h>\n#include <jansson.h>\n', 'no empty line before jansson.h'),
    (check_includes, '#include <errno.h>\n\n#include <stdio.h>\n', 'an empty line before stdio.h'),
    (check_includes, 'lib/base/x.c|#include <errno.h>\n\n#include "base/x.h"\n', 'x.h is included after errno.h'),
    (check_includes, 'lib/base/x.c|#include "base/x.h"\n#include <errno.h>\n', 'no empty line before errno.h'),
    (check_includes, 'lib/base/x.c|#include "base/x.h"\n\n#include <errno.h>\n\n#include <zlib.h>\n', ''),
    (check_includes, 'lib/base/x.c|#include "base/x.h"\n\n#include "a/x.h"\n#include "base/y.h"\n', ''),
    (check_includes, '#if X\n#include <stdio.h>\n#endif\n#include <errno.h>\n', ''),
    (check_columns, '/* ' + 'x' * 115 + ' */\n', '121 columns'),
    (check_columns, '/* ' + 'é' * 114 + ' */\n', ''),
    (check_columns, 'tests/run|#!/bin/sh\n# ' + 'x' * 120 + '\n', 'run:2: 122 columns'),
    (check_columns, 'README.md|' + 'x' * 130 + '\n', ''),
    (check_status, 'int rc = 0;\n', '`rc` as a name (1 times)'),
    (check_status, '/* rc */ int status, src; const char *text = "rc";\n', ''),
    (check_libc, 'static int send(int x) {\n', '`send`'),
    (check_libc, '__thread int y;\nstatic struct x *\nlisten(int x);\n', 'x.h:3: a static function is called `listen`'),
    (check_libc, 'static PRINTF(1) void read(void);\n', '`read`'),
    (check_libc, 'static int x_send(int (*send)(int)) { send(1); }\nstatic int y = read(0);\n', ''),
    (check_fields, 'struct x {\n    int n;\n    int w;\n};\n', 'x.h:3: a field is called `w`'),
    (check_fields, 'struct x {\n    int n;\n};\n', 'x.h:2: a field is called `n`'),
    (check_fields, 'struct x {\n    char *p;\n};\n', 'x.h:2: a field is called `p`'),
    (check_fields, 'struct x {\n    int *a, b[2];\n    void (*f)(int g);\n};\n', 'called `a` called `b` called `f`'),
    (check_fields, 'struct x {\n    struct {\n        int w;\n    } y;\n};\n', 'x.h:3: a field is called `w`'),
    (check_fields, 'struct x {\n    char *p;\n    int n, k;\n    void (*act)(int a, int b);\n};\nint f(int q);\n', ''),
)


def self_test():
    """Every case's complaints are those of its check, and no others; every check has cases of both kinds."""
    failed = 0
    for check, given, expected in CASES:
        path, text = given.split('|', 1) if re.match(r'[\w./]+\|', given) else ('lib/base/x.h', given)
        tree = Tree({'lib/base/x.h': '', path: text}, ('tests/run', 'lib/base/x.c'))
        said = ' '.join(f'{p}:{line}: {wrong}: {remedy}' for p, line, wrong, remedy in check(tree) if p == path)
        if not (all(part in said for part in re.split(r' (?=called)', expected)) if expected else not said):
            print(f'self-test: {check.__name__} of {given!r}: expected {expected!r}, got {said!r}', file=sys.stderr)
            failed += 1
    for check in CHECKS:
        if {bool(expected) for c, _, expected in CASES if c is check} != {True, False}:
            print(f'self-test: {check.__name__} wants a case that is wrong and one that is right', file=sys.stderr)
            failed += 1
    return 1 if failed else 0


# -- running -----------------------------------------------------------------------------------------------------------
CHECKS = (check_paths, check_functions, check_words, check_first_lines, check_includes, check_columns, check_status,
          check_libc, check_fields)
SOURCES = ('.c', '.h', '.inc', '.def', '.lua', '.py', '.sh', '.md', '.yml', '.example')


def is_source(path):
    """Text that people wrote, scripts without an ending among it. What lies in tests/data is data."""
    name = path.rsplit('/', 1)[-1]
    return not path.startswith('tests/data/') and ('.' not in name or name.endswith(SOURCES))


def read_tree():
    texts, paths = {}, {p for p in PAGES if os.path.exists(os.path.join(ROOT, p))}
    for folder in FOLDERS:
        for where, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders[:] = [f for f in folders if f != '__pycache__']
            paths.update(os.path.relpath(os.path.join(where, n), ROOT) for n in names)
    for path in filter(is_source, paths):
        with open(os.path.join(ROOT, path), encoding='utf-8') as f:
            texts[path] = f.read()
    return Tree(texts, paths)


def main():
    if sys.argv[1:] == ['--self-test']:
        return self_test()
    tree = read_tree()
    if not tree.words:
        print('there is nothing to check', file=sys.stderr)
        return 1
    found = {c for check in CHECKS for c in check(tree) if c[0].startswith(tuple(sys.argv[1:]) or '')}
    for path, line, wrong, remedy in sorted(found):
        print(f'{path}:{line}: {wrong}: {remedy}', file=sys.stderr)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
