# SPDX-License-Identifier: Apache-2.0
"""Tag scanner: @req of functions, @test/@verifies of tests, clause labels of ACSL.

Own scanner, because documentation generators lose tags in places they do not document. Every tag
must be attached to something; the count of raw tags and of attached tags is compared.
"""
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "static"))
import ctokens  # noqa: E402

REQ = re.compile(r"@req\b(?P<ids>(?:[ \t]+\w+)*)")
LABEL = re.compile(r"\b(?P<id>(?:SYR|SWR|CFG)_\w+)\s*:")
TEST = re.compile(r"@test\s+(?P<id>\w+)(?P<rest>(?:(?!@test\b).)*)", re.DOTALL)
VERIFIES = re.compile(r"@verifies((?:\s+[*#]?\s*(?:SYR|SWR|CFG|HZ|SG)_\w+)+)")
RAW_REQ = re.compile(r"@req\b")
ASM_LABEL = re.compile(r"^(?:FUNCTION\((\w+)\)|([A-Za-z_]\w*):)", re.MULTILINE)
ASM_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass
class Tagged:
    """A function, or an assembly label, with its requirements."""
    name: str
    file: str
    line: int
    static: bool
    definition: bool
    reqs: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    brief: str = ""
    contract: str = ""
    calls: set = field(default_factory=set)


@dataclass
class Test:
    """A test case as its file announces it."""
    name: str
    file: str
    line: int
    verifies: list
    technique: str
    level: str


def ids_of(text):
    """IDs named by the @req tags of a comment, well formed or not."""
    found = []
    for match in REQ.finditer(text):
        words = match.group("ids").split()
        found += [w for w in words if re.match(r"[A-Z]{2,4}_", w)] or ["(none)"]
    return found


def brief_of(text):
    """The words of a Doxygen block, without tags and stars."""
    text = re.sub(r"^/\*\*?|\*/$", "", text.strip())
    words = re.sub(r"^\s*\* ?", "", text, flags=re.MULTILINE)
    words = re.sub(r"@req\b.*", "", words)
    return " ".join(words.split())


def calls_of(body):
    """Names that a function's body calls."""
    code = [t for t in body if t.kind != "comment"]
    return {a.text for a, b in zip(code, code[1:])
            if a.kind == "name" and b.text == "(" and a.text not in ctokens.KEYWORDS}


def scan_c(text, name):
    """([Tagged], count of tags that are attached) of C text."""
    found, attached = [], 0
    for function in ctokens.functions(text, name):
        notes = function.comments + [t for t in function.signature if t.kind == "comment"]
        docs = [c.text for c in notes if c.text.startswith(("/**", "/*!"))]
        contracts = [c.text for c in notes if c.text.startswith(("/*@", "//@"))]
        reqs = [i for doc in docs for i in ids_of(doc)]
        # Only the last Doxygen block belongs to the function; earlier ones stand alone.
        if docs:
            reqs = ids_of(docs[-1])
            attached += len(RAW_REQ.findall(docs[-1]))
        labels = [m.group("id") for c in contracts for m in LABEL.finditer(c)]
        found.append(Tagged(function.name, name, function.first, function.static,
                            function.definition, reqs, labels,
                            brief_of(docs[-1]) if docs else "", "\n".join(contracts),
                            calls_of(function.body)))
    return found, attached


def ghosts(text):
    """Names of the ghost functions which ACSL annotations define."""
    notes = re.findall(r"/\*@\s*ghost\b.*?\*/", text, re.DOTALL)
    return {name for note in notes for name in re.findall(r"\b(\w+)\([^()]*\)\s*\{", note)}


def scan_asm(text, name):
    """([Tagged], attached tags) of assembly: the comment right before a label carries its tags."""
    found, attached = [], 0
    labels = [(m.start(), m.group(1) or m.group(2)) for m in ASM_LABEL.finditer(text)]
    for comment in ASM_COMMENT.finditer(text):
        if not RAW_REQ.search(comment.group(0)):
            continue
        after = [(at, label) for at, label in labels if at >= comment.end()]
        between = text[comment.end():after[0][0]] if after else "x"
        between = re.sub(r"^\s*(?:\.\w+[^\n]*|#[^\n]*)?$", "", ASM_COMMENT.sub("", between),
                         flags=re.MULTILINE)
        if after and not between.strip():
            line = text.count("\n", 0, after[0][0]) + 1
            found.append(Tagged(after[0][1], name, line, False, True, ids_of(comment.group(0)), [],
                                brief_of(comment.group(0))))
            attached += len(RAW_REQ.findall(comment.group(0)))
    return found, attached


def scan_script(text, name):
    """Tags in host tools that are not C: attached to the file's next def or function line."""
    found = []
    for match in re.finditer(r"@req\b[^\n]*", text):
        found.append(Tagged(Path(name).stem, name, text.count("\n", 0, match.start()) + 1, True,
                            True, ids_of(match.group(0))))
    return found, len(RAW_REQ.findall(text))


def scan_functions(repo, names):
    """([Tagged], [(file, raw, attached)]) over source files."""
    found, counts = [], []
    for name in names:
        text = (Path(repo) / name).read_text(errors="replace")
        if name.endswith((".c", ".h")):
            tagged, attached = scan_c(text, name)
        elif name.endswith(".S"):
            tagged, attached = scan_asm(text, name)
        else:
            tagged, attached = scan_script(text, name)
        found += tagged
        counts.append((name, len(RAW_REQ.findall(text)), attached))
    return found, counts


def _word(text, tag):
    match = re.search(rf"@{tag}\s+(\w+)", text)
    return match.group(1) if match else ""


def scan_tests(text, name):
    """[Test] of one test file."""
    if name.endswith((".c", ".h")):
        blocks = [(t.line, t.text) for t in ctokens.tokens(text, directives=True)
                  if t.kind == "comment" and t.text.startswith("/**")]
    else:
        blocks = [(text.count("\n", 0, m.start()) + 1, m.group(0)) for m in
                  re.finditer(r'"""[^"]*?@test.*?"""|(?:^\s*#[^\n]*\n)+', text,
                              re.DOTALL | re.MULTILINE) if "@test" in m.group(0)]
    found = []
    for line, block in blocks:
        for match in TEST.finditer(block):
            rest = match.group("rest")
            verifies = [w for v in VERIFIES.findall(rest) for w in re.findall(r"\w+", v)]
            found.append(Test(match.group("id"), name, line, verifies, _word(rest, "technique"),
                              _word(rest, "level")))
    return found
