"""The rules of the code that a program can check.

Prints `file:line: rule: what to do instead` for each breach and a line per rule: `ok style::RULE`,
`not ok style::RULE`, `skip style::RULE: reason`.  Reads the tree and, for one rule, object files.

A rule is a function that yields (file, line, advice), listed in RULES; it may raise Skip.
"""

import os
import re
import shutil
import shutil
import subprocess
import sys

# A folder of src/ may include itself and those before it.
LAYERS = "base spec host plan proto child parent state diff lib cmd".split()
FILE_LINES, HEADER_LINES, FUNCTION_LINES, PARAMETERS = 400, 150, 60, 5

# Calls that the runtime does without: pattern -> what to do instead.
BANNED = {
    r"strcpy|stpcpy|strncpy": "copy with arena_text, or memcpy with a checked size",
    r"strcat|strncat": "build the text with arena_printf or snprintf",
    r"v?sprintf": "use snprintf or arena_printf",
    r"gets": "use read or getline",
    r"system|popen": "use fork and execve with an argument list; no shell",
    r"alloca": "take it from the arena",
    r"(sig)?setjmp|(sig)?longjmp": "return an error",
    r"dlopen": "link it: a static program loads nothing",
    r"(get|set|end)(pw|gr)(nam|uid|gid|ent)?(_r)?": "no name service: it loads code of the image",
    r"open|creat|open64": "use openat with O_CLOEXEC (or openat2 below a verified descriptor)",
    r"fopen|opendir": "use openat with O_CLOEXEC, then fdopen or fdopendir",
    r"assert": "use must() for programmer's errors, err_set for input",
    r"atoi|atol|atoll": "use strtoll with a check of range and end",
    r"strtok": "it keeps state: use strcspn or strsep",
}
BANNED_EXIT = {r"exit|quick_exit": "return an error; only main.c and child/ end the process"}
EXIT_ALLOWED = ("src/main.c", "src/child/")

# What the child may not call after the clone: the parent's locks may be held in its copy.
ALLOCATORS = re.compile(
    r"^(malloc|calloc|realloc|reallocarray|free|strdup|strndup|v?asprintf|posix_memalign|"
    r"aligned_alloc|fopen|fdopen|opendir|fdopendir|getline|arena_\w+)$")

# Names of one machine or of the outside that have no business in the tree.
PLACES = {
    r"(?<![\w.])/wo" r"rk/": "a path of one machine: make it relative to the tree",
    r"/home/(?!user\b|USER\b)[A-Za-z][\w.-]*": "a path of one machine: write $HOME or /home/user",
    r"/ro" r"ot/\.": "a path of one machine: write $HOME",
    r"\b(docker|ghcr|quay|gcr|k8s\.gcr|registry\.k8s|mcr\.microsoft)\.(io|com)\b":
        "a registry's host: tests download nothing; name images without it",
    r"\b(localhost|127\.0\.0\.1):\d{4,5}/": "a service of one machine",
}
# (file pattern, the line holds): seen and fine.
PLACES_ALLOWED = []


class Skip(Exception):
    """The rule cannot be checked here; the text says why."""


class Source:
    """One C file: its lines, and the same without comments, literals and preprocessor lines."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as f:
            self.text = f.read()
        self.lines = self.text.count("\n")
        self.code = blank(self.text)
        self.plain = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", newlines, self.code, flags=re.M)
        self.functions = list(functions(self.plain))

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1


def newlines(match):
    """As many lines, nothing on them."""
    return re.sub(r"[^\n]", " ", match.group(0))


def blank(text):
    """Comments and the insides of literals become blanks; offsets and lines stay."""
    token = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)
    return token.sub(newlines, text)


def functions(plain):
    """(name, offset of the name's line, offset of the closing brace, parameter text).

    The house's brace style puts the braces of functions, and of nothing else, in column 0."""
    for brace in re.finditer(r"^\{", plain, re.M):
        end = re.compile(r"^\}", re.M).search(plain, brace.end())
        head_start = max(plain.rfind(c, 0, brace.start()) for c in ";}") + 1
        head = plain[head_start:brace.start()]
        name = re.search(r"\b(?!__attribute__)([A-Za-z_]\w*)\s*\(", head)
        if end is None or name is None:
            continue
        close = matching(head, name.end() - 1)
        yield name.group(1), head_start + name.start(), end.start(), head[name.end():close]


def matching(text, at):
    """The offset of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


def split_top(text, separator=","):
    """Splits at separators that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(c, 0)
        if c == separator and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return parts + [text[start:]]


class Tree:
    """The files of the project, as git knows them (new ones too), or all when there is no git."""

    def __init__(self, build):
        self.build = build
        self.files = sorted(self.listed())
        self.c = {p: Source(p) for p in self.files
                  if p.endswith((".c", ".h")) and p.startswith(("src/", "include/", "tests/"))}
        self.product = {p: s for p, s in self.c.items() if not p.startswith("tests/")}

    def listed(self):
        if os.path.exists(".git") and shutil.which("git"):
            run = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"],
                                 capture_output=True, check=False)
            if run.returncode == 0:
                return [p for p in run.stdout.decode().split("\0") if p and os.path.isfile(p)]
        return [os.path.relpath(os.path.join(d, n)) for d, _, names in os.walk(".") for n in names
                if not re.match(r"\./(build|\.git/|\.cache)", d + "/")]

    def scripts(self):
        for path in self.files:
            with open(path, "rb") as f:
                first = f.readline(80)
            if re.match(rb"#!.*\b(ba)?sh\b|# shellcheck shell=", first):
                yield path


def includes(source):
    for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', source.text, re.M):
        yield source.line(m.start()), m.group(1)


def folder_of(path):
    """The layer of a file of src/: its folder, or None for main.c."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def resolve(path, name):
    """The file of the tree that an include names, or None."""
    for candidate in (os.path.join(os.path.dirname(path), name), "src/" + name, "include/" + name,
                      name):
        candidate = os.path.normpath(candidate)
        if os.path.isfile(candidate):
            return candidate
    return None


def rule_layers(tree):
    for path, source in tree.product.items():
        own = folder_of(path)
        if path.startswith("src/") and own is not None and own not in LAYERS:
            yield path, 1, f"{own}/ is no layer: one of {' '.join(LAYERS)}"
            continue
        for line, name in includes(source):
            target = resolve(path, name)
            if target is None:
                yield path, line, f'"{name}" is no file of the tree; <{name}> for the system\'s'
            elif path.startswith("include/") and not target.startswith("include/"):
                yield path, line, f'the public header may not include "{name}"'
            elif own is not None and target.startswith("include/") and own not in ("lib", "cmd"):
                yield path, line, f"{own}/ may not use the public API; only lib/ and cmd/ do"
            elif own is not None and folder_of(target) is not None and \
                    LAYERS.index(folder_of(target)) > LAYERS.index(own):
                yield path, line, (f'{own}/ may not include "{name}": it stands before '
                                   f"{folder_of(target)}/; move what is shared down")


def rule_include_cycles(tree):
    """Modules (x.c and x.h together) that include each other in a circle."""
    edges, where = {}, {}
    for path, source in tree.product.items():
        module = os.path.splitext(path)[0]
        edges.setdefault(module, set())
        for line, name in includes(source):
            target = resolve(path, name)
            if target is None or not target.endswith((".c", ".h")):
                continue
            other = os.path.splitext(target)[0]
            if other != module:
                edges[module].add(other)
                where.setdefault((module, other), (path, line))
    reach = {m: reachable(edges, m) for m in edges}
    for (module, other), (path, line) in sorted(where.items()):
        if module in reach.get(other, ()):
            yield path, line, (f"{module} and {other} include each other in a circle: split one, "
                               "or name the .c after the header that includes the other")


def reachable(edges, start):
    seen, todo = set(), [start]
    while todo:
        for nxt in edges.get(todo.pop(), ()):
            if nxt not in seen:
                seen.add(nxt)
                todo.append(nxt)
    return seen


def rule_file_length(tree):
    for path, source in tree.c.items():
        limit = HEADER_LINES if path.endswith(".h") else FILE_LINES
        if source.lines > limit:
            yield path, limit, f"{source.lines} lines, the limit is {limit}: split by subject"


def rule_function_length(tree):
    for path, source in tree.c.items():
        for name, start, end, _ in source.functions:
            length = source.line(end) - source.line(start) + 1
            if length > FUNCTION_LINES:
                yield path, source.line(start), \
                    f"{name} has {length} lines, the limit is {FUNCTION_LINES}: split it"


def rule_parameters(tree):
    for path, source in tree.c.items():
        for name, start, _, text in source.functions:
            count = len([p for p in split_top(text) if p.strip() not in ("", "void", "...")])
            if count > PARAMETERS and name not in ("Test", "ParameterizedTest"):
                yield path, source.line(start), \
                    f"{name} takes {count} parameters, the limit is {PARAMETERS}: make a struct"


def rule_goto(tree):
    for path, source in tree.c.items():
        for m in re.finditer(r"\bgoto\b", source.code):
            yield path, source.line(m.start()), "use a cleanup attribute, or two functions"


def rule_header_comment(tree):
    for path, source in tree.c.items():
        if not source.text.startswith("/*"):
            yield path, 1, "begin with a comment: what the file is for and what it may not do"
    for path in tree.files:
        if path.endswith(".def"):
            with open(path, encoding="utf-8") as f:
                if not f.read(2) == "/*":
                    yield path, 1, "begin with a comment that names the columns"


def rule_include_guard(tree):
    """A header has a guard, or says in its first comment that it is read more than once."""
    for path, source in tree.c.items():
        if path.endswith(".h") and "No include guard" not in source.text[:400] and \
                not re.search(r"^#ifndef (\w+)\n#define \1$", source.text, re.M):
            yield path, 1, "add an include guard"


def rule_banned_calls(tree):
    for path, source in tree.product.items():
        banned = dict(BANNED)
        if not path.startswith(EXIT_ALLOWED):
            banned.update(BANNED_EXIT)
        for names, advice in banned.items():
            for m in re.finditer(r"(?<![\w.])(?<!->)(" + names + r")\s*\(", source.code):
                yield path, source.line(m.start()), f"{m.group(1)}(): {advice}"


def rule_mutable_globals(tree):
    for path, source in tree.product.items():
        for offset, text in file_scope(source.plain):
            if is_mutable(text):
                yield path, source.line(offset), "make it const, or a member of a struct handed in"
        for _, start, end, _ in source.functions:
            for m in re.finditer(r"^\s+static\b([^;=]*)[;=]", source.plain[start:end], re.M):
                if not is_const(m.group(1)):
                    yield path, source.line(start + m.start(1)), \
                        "a static in a function must be const: hand the state in"


def file_scope(plain):
    """(offset, text) of each statement outside of functions; insides of braces left out."""
    depth, start, text = 0, None, []
    for i, c in enumerate(plain):
        if c == "{":
            depth += 1
            text.append("{" if depth == 1 else "")
        elif c == "}":
            depth -= 1
            if depth == 0 and plain[i - 1:i] in ("\n", ""):
                # Column 0: the end of a function, or of a type with more behind it.
                rest = re.match(r"\}\s*(\w|;|\*|__)", plain[i:])
                if rest is None or "(" in "".join(text) and "=" not in "".join(text):
                    start, text = None, []
        elif depth == 0:
            if start is None and not c.isspace():
                start = i
            if c == ";":
                if start is not None:
                    yield start, " ".join("".join(text).split())
                start, text = None, []
            elif start is not None:
                text.append(c)


def is_const(declaration):
    """Is the object itself constant (not only what it points to)?"""
    function = re.search(r"\(\s*(\*[^()]*)\)\s*\(", declaration)  # a pointer to one
    if function is not None:
        declaration = function.group(1)
    after = declaration.rsplit("*", 1)[-1] if "*" in declaration else declaration
    return re.search(r"\bconst\b", after) is not None


def is_mutable(text):
    if re.match(r"(typedef|extern|_Static_assert|static_assert)\b", text) or text == "":
        return False
    left, equals, _ = text.partition("=")
    type_alone = r"(?:static )?(?:const )?(struct|union|enum)(?: \w+)? ?\{?(?: __attribute__.*)?"
    if re.fullmatch(type_alone, left.strip()) and not equals:
        return False
    if not equals and "(" in left and not re.search(r"\(\s*\*\s*\w+\s*\)\s*\(", left):
        return False  # a prototype, or a macro that makes declarations
    if re.fullmatch(r"\w+", left.strip()):
        return False  # a macro alone
    return not is_const(left)


def rule_places(tree):
    for path in tree.files:
        if path == "LICENSE":
            continue
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
        for pattern, advice in PLACES.items():
            for m in re.finditer(pattern, text):
                start = text.rfind("\n", 0, m.start()) + 1
                whole = text[start:text.find("\n", m.end())]
                if not any(re.search(p, path) and s in whole for p, s in PLACES_ALLOWED):
                    yield path, text.count("\n", 0, m.start()) + 1, f"{m.group(0)!r}: {advice}"


def rule_text(tree):
    """Final newline, no blanks at the end of a line, no carriage return."""
    for path in tree.files:
        with open(path, "rb") as f:
            data = f.read()
        if b"\0" in data or path == "LICENSE" or "/golden/" in path or "/corpus/" in path:
            continue
        if data and not data.endswith(b"\n"):
            yield path, data.count(b"\n") + 1, "end the file with a newline"
        for m in re.finditer(rb"[ \t\r]+$", data, re.M):
            yield path, data.count(b"\n", 0, m.start()) + 1, "remove the blanks at the end"


def rule_child_allocates(tree):
    if not tree.build:
        raise Skip("BUILD names no build directory")
    folder = os.path.join(tree.build, "libcrun-lite-core.a.p")
    names = os.listdir(folder) if os.path.isdir(folder) else ()
    objects = [os.path.join(folder, n) for n in names
               if re.search(r"(^|_)child_.*\.o$", n)]
    if not objects:
        raise Skip(f"no object files of child/ in {tree.build}")
    run = subprocess.run(["nm", "-A", "-u", *objects], capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        name, _, symbol = line.partition(":")[0], None, line.split()[-1]
        if ALLOCATORS.match(symbol):
            stem = re.sub(r".*child_", "", os.path.basename(name)).removesuffix(".o")
            yield "src/child/" + stem, 1, \
                f"calls {symbol}: take the memory before the clone and hand it in"


def start_clang_format(tree):
    """Starts in the background: it takes as long as all other rules together."""
    tool = next((t for t in ("clang-format-14", "clang-format") if shutil.which(t)), None)
    if tool is None:
        return None
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    if " version 14." not in version.stdout:
        return None
    half = [sorted(tree.c)[i::2] for i in range(2)]
    return [subprocess.Popen([tool, "--dry-run", "--style=file", *part], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True) for part in half if part]


def rule_clang_format(tree):
    if tree.formatters is None:
        raise Skip("no clang-format 14; other versions format differently")
    for process in tree.formatters:
        first = {}
        for m in re.finditer(r"^(\S+?):(\d+):\d+: warning: ", process.communicate()[1], re.M):
            first.setdefault(m.group(1), int(m.group(2)))
        for path, line in first.items():
            yield path, line, "run clang-format -i on the file"


def start_shellcheck(tree):
    scripts = list(tree.scripts())
    if not shutil.which("shellcheck") or not scripts:
        return None
    return subprocess.Popen(["shellcheck", "-f", "gcc", "-x", *scripts], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def rule_shellcheck(tree):
    if tree.shellcheck is None:
        raise Skip("no shellcheck, or no scripts")
    out = tree.shellcheck.communicate()[0]
    for m in re.finditer(r"^(\S+?):(\d+):\d+: \w+: (.*)$", out, re.M):
        yield m.group(1), int(m.group(2)), m.group(3)


def rule_script_strict(tree):
    for path in tree.scripts():
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.startswith("#!") and "bash" in text.split("\n", 1)[0] and \
                not re.search(r"^set -euo pipefail$", text, re.M):
            yield path, 1, "begin with set -euo pipefail"


RULES = [rule_layers, rule_include_cycles, rule_file_length, rule_function_length, rule_parameters,
         rule_goto, rule_header_comment, rule_include_guard, rule_banned_calls,
         rule_mutable_globals, rule_places, rule_text, rule_script_strict, rule_child_allocates,
         rule_shellcheck,
         rule_clang_format]


def main():
    tree = Tree(sys.argv[1] if len(sys.argv) > 1 else "")
    tree.formatters, tree.shellcheck = start_clang_format(tree), start_shellcheck(tree)
    failed = False
    for rule in RULES:
        name = rule.__name__.removeprefix("rule_").replace("_", "-")
        try:
            found = sorted(set(rule(tree)))
        except Skip as reason:
            print(f"skip style::{name}: {reason}")
            continue
        for path, line, advice in found:
            print(f"{path}:{line}: {name}: {advice}")
        print(f"{'not ok' if found else 'ok'} style::{name}")
        failed = failed or bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
