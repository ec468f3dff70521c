"""Does the checker see what it should?  Rows: code, and the breaches that a rule finds in it."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import check  # noqa: E402

A = "src/base/a.c"

# (rule, file, code without its first comment, lines of the breaches; the code begins on line 2)
ROWS = [
    ("mutable_globals", A, "static int counter;", [2]),
    ("mutable_globals", A, 'const char *name = "x";', [2]),
    ("mutable_globals", A, "static int (*hook)(int);", [2]),
    ("mutable_globals", A, "static struct {\n\tint a;\n} state;", [2]),
    ("mutable_globals", A, "int f(void)\n{\n\tstatic int calls;\n\treturn calls;\n}", [4]),
    ("mutable_globals", A, "static const char *const names[] = { \"a\" };", []),
    ("mutable_globals", A, "static int (*const fixed[])(int *) = { 0 };", []),
    ("mutable_globals", A, "static const struct {\n\tint a;\n} rows[] = {\n\t{ 1 },\n};", []),
    ("mutable_globals", A, "struct point {\n\tint x;\n\tunion {\n\t\tint y;\n\t};\n};", []),
    ("mutable_globals", A, "enum e { A = 1, B };\nextern int other;\nint f(int a);", []),
    ("banned_calls", A, "int f(void)\n{\n\treturn open(\"x\", 0);\n}", [4]),
    ("banned_calls", A, "int f(void)\n{\n\tsystem(\"x\");\n\texit(1);\n}", [4, 5]),
    ("banned_calls", "src/child/a.c", "int f(void)\n{\n\texit(1);\n}", []),
    ("banned_calls", A, "/* open(x) */ int f(void)\n{\n\treturn t->open(openat(1));\n}", []),
    ("banned_calls", A, "static_assert(1);\nint f(void)\n{\n\treturn getgroups(0, 0);\n}", []),
    ("goto", A, "int f(void)\n{\n\tputs(\"goto\");\n\tgoto out;\n}", [5]),
    ("parameters", A, "int f(int a, int b, int c, int d, int e, int g)\n{\n}", [2]),
    ("parameters", A, "int f(int a, int (*b)(int, int), int c, int d, int e, ...)\n{\n}", []),
    ("function_length", A, "int f(void)\n{" + "\n\ta();" * 58 + "\n}", [2]),
    ("function_length", A, "int f(void)\n{" + "\n\ta();" * 57 + "\n}", []),
    ("file_length", A, "\n" * 400, [400]),
    ("header_comment", "spec/a.def", "", []),
    ("layers", A, '#include "spec/b.h"', [2]),
    ("layers", "src/spec/a.c", '#include "base/b.h"\n#include "spec/b.h"', []),
    ("layers", A, '#include "spec/b.def"', []),
    ("layers", A, '#include "stdio.h"', [2]),
    ("include_cycles", "src/base/b.c", '#include "base/b.h"', []),
    ("include_cycles", "src/base/d.h", '#include "base/b.h"', [2]),
    ("places", "docs/a.md", "see /home/" + "joe/x", [2]),
    ("places", "docs/a.md", "see /home/user/x", []),
    ("text", "docs/a.md", "blank \nnone", [2]),
]
OTHERS = {
    "src/base/b.h": "/* */\n",
    "src/spec/b.h": "/* */\n",
    "spec/b.def": "/* */\n",
}


def lines_found(rule, path, code):
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files = dict(OTHERS, **{path: f"/* */\n{code}\n"})
        if path == "src/base/d.h":
            files["src/base/b.h"] = '/* */\n#include "base/d.h"\n'
        for name, text in files.items():
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "w", encoding="utf-8") as f:
                f.write(text)
        found = getattr(check, "rule_" + rule)(check.Tree(""))
        result = sorted(line for name, line, _ in found if name == path)
        os.chdir("/")
        return result


def main():
    failed = 0
    for rule, path, code, want in ROWS:
        got = lines_found(rule, path, code)
        if got != want:
            print(f"{rule} on {code!r}: lines {got}, not {want}")
            failed += 1
    print(f"{'not ok' if failed else 'ok'} style::checker")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
