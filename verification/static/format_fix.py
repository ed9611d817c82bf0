#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make format`: write what the format gate wants, leaving hand-aligned comments as they are.

usage: format_fix.py [FILE...]     (all C files of the checkout without names)
"""
import difflib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "verify")]
import context  # noqa: E402
import format as gate  # noqa: E402
import kernel  # noqa: E402


def blend(ours, theirs):
    """clang-format's text, with our lines wherever they differ in alignment alone."""
    mine, other = ours.split("\n"), theirs.split("\n")
    matcher = difflib.SequenceMatcher(None, gate.loose(ours).split("\n"),
                                      gate.loose(theirs).split("\n"), autojunk=False)
    lines = []
    for kind, a, b, c, d in matcher.get_opcodes():
        lines += mine[a:b] if kind == "equal" else other[c:d]
    return "\n".join(lines)


def main():
    """Rewrite the files that differ."""
    ctx = context.Context()
    names = sys.argv[1:] or context.source_files(ctx.repo)
    names = [n for n in names if gate.C_FILE.search(n)]
    commands = [["clang-format-19", "--style=file", n] for n in names]
    changed = 0
    for name, (code, output) in zip(names, kernel.batch(ctx, commands)):
        path = Path(ctx.repo) / name
        ours = path.read_text()
        if code != 0:
            print(f"{name}: {output.strip()[-200:]}")
        elif gate.loose(ours) != gate.loose(output):
            path.write_text(blend(ours, output))
            print(f"{name}: formatted")
            changed += 1
    print(f"{changed} of {len(names)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
