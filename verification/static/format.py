# SPDX-License-Identifier: Apache-2.0
"""Format gate: bytes, columns, licence tags, words and paths; clang-format for C."""
import re
from pathlib import Path

import kernel

COLUMNS = 110
TAB_FILES = re.compile(r"(^|/)(Makefile|Kbuild)$|\.(mk|S|lds?|gitmodules)$")
NO_TAG = re.compile(r"^(LICENSES/|(.*/)?\.gitignore$)|(^|/)\.gitkeep$"
                    r"|\.(png|svg|gz|xz|dtb|lock|tsv|json)$")
LONG_LINES = re.compile(r"^LICENSES/|(^|/)(Doxyfile|\.clang-format)$"
                        r"|\.(md|toml|tsv|lock|def|json|svg)$")
BINARY = re.compile(r"\.(png|dtb|gz|xz|bin|gcda|gcno)$")
LICENCES = [
    (re.compile(r"^src/linux/"), "GPL-2.0-only"),
    (re.compile(r"(^|/mini/)src/abi/"), "Apache-2.0 OR GPL-2.0-only"),
    (re.compile(r""), "Apache-2.0"),
]
# Written in pieces so that this file passes its own gate.
PATHS = re.compile(r"(?<![\w.$}/%-])/(?:" + "|".join(["work", "root", "home/\\w"]) + r")(?:/|\b)")
LOCAL = r"\{|\$|127\.0\.0\.1|www\.w3\.org/\d|[\w.-]+\.invalid"     # www.w3.org: names of XML alone
URLS = re.compile("htt" + r"ps?://(?!" + LOCAL + r")[\w.-]+")
CLAIM = re.compile("certi" + "fied", re.IGNORECASE)
DENIAL = re.compile(r"\b(not|never|no|nobody|nothing|un|says so|until)\b", re.IGNORECASE)
C_FILE = re.compile(r"^src/.*\.[ch]$|^verification/(unit|fuzz)/.*\.[ch]$")


def tag_of(name):
    """The licence a file must carry."""
    return next(licence for pattern, licence in LICENCES if pattern.search(name))


def check_bytes(name, raw):
    """Findings about bytes and columns of one file."""
    found = []
    if b"\r" in raw:
        found.append("has a carriage return; lines end with LF alone")
    if raw and not raw.endswith(b"\n"):
        found.append("does not end with a newline")
    text = raw.decode("utf-8", "replace")
    if "\ufffd" in text:
        found.append("is not UTF-8")
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line and not TAB_FILES.search(name):
            found.append(f"line {number}: tab")
        if line != line.rstrip():
            found.append(f"line {number}: blank at the end")
        if len(line.expandtabs(8)) > COLUMNS and not LONG_LINES.search(name):
            found.append(f"line {number}: {len(line.expandtabs(8))} columns, at most {COLUMNS}")
    return found


def check_words(name, text):
    """Findings about machine paths, addresses of hosts and claims."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if PATHS.search(line):
            found.append(f"line {number}: path of one machine ({PATHS.search(line).group(0)})")
        if URLS.search(line) and not name.startswith("LICENSES/"):
            found.append(f"line {number}: address of a host ({URLS.search(line).group(0)})")
        if CLAIM.search(line) and not DENIAL.search(line):
            found.append(f"line {number}: a claim that nobody has confirmed")
    return found


def check_tag(name, text):
    """Findings about the SPDX tag."""
    if NO_TAG.search(name) or not text.strip():
        return []
    head = "\n".join(text.split("\n")[:12])
    tag = re.search(r"SPDX-License-Identifier: ([\w.() -]+?)\s*(?:\*/|-->|$)", head, re.MULTILINE)
    if not tag:
        return ["has no SPDX-License-Identifier in its first lines"]
    if tag.group(1) != tag_of(name):
        return [f"is licensed {tag.group(1)}, must be {tag_of(name)}"]
    return []


def loose(text):
    """C text with the alignment of trailing comments and line ends of macros left out."""
    text = re.sub(r"[ \t]+(/\*|//|\\$)", r" \1", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]*\.\.[ \t]*", "..", text)     # ranges of ACSL in macros


def first_difference(ours, theirs):
    """Line number and wanted line of the first difference."""
    for number, (a, b) in enumerate(zip(ours.split("\n"), theirs.split("\n")), 1):
        if a != b:
            return f"line {number}: clang-format writes: {b.strip()[:80]}"
    return "differs in length from what clang-format writes"


def check_clang(ctx, result, names):
    """clang-format on C files; alignment of trailing comments is left to the author."""
    names = [n for n in names if C_FILE.search(n)]
    commands = [["clang-format-19", "--style=file", n] for n in names]
    for name, (code, output) in zip(names, kernel.batch(ctx, commands)):
        ours, theirs = loose((ctx.repo / name).read_text()), loose(output)
        result.check(code == 0 and ours == theirs,
                     f"{name}: {first_difference(ours, theirs) if code == 0 else output[-200:]}")
    result.tools["clang-format"] = ctx.tool_version("clang-format-19")


def check(ctx, result, names):
    """The format gate over all source files."""
    for name in names:
        if BINARY.search(name):
            continue
        raw = (Path(ctx.repo) / name).read_bytes()
        text = raw.decode("utf-8", "replace")
        found = check_bytes(name, raw) + check_words(name, text) + check_tag(name, text)
        result.check(not found, f"{name}: {'; '.join(found[:4])}"
                     + (f" and {len(found) - 4} more" if len(found) > 4 else ""))
    check_clang(ctx, result, names)
