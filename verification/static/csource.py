# SPDX-License-Identifier: Apache-2.0
"""The kernel's C as the ownership and bound gates see it: functions, calls, writes, contracts.

Reads tokens, no types. That suffices for this kernel: there are no pointers to functions, and the few
functions that store through a pointer are listed by name (ownership.toml).
"""
import re
from dataclasses import dataclass, field

import ctokens

ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"}
PRIMITIVES = "src/arch/aarch64/sysreg.h"
LABEL = re.compile(r"^(\w+):", re.MULTILINE)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+((?:[^\n\\]|\\\n)+)", re.MULTILINE)
ASSIGNS = re.compile(r"(?<!loop )\bassigns\s+([^;]*);")


@dataclass
class Call:
    """A call: the name, the tokens of each argument, where it stands in the body."""
    name: str
    arguments: list
    at: int
    line: int


@dataclass
class Write:
    """A store into something that is not local: its path, its first index, where."""
    path: str
    index: list
    at: int
    line: int
    pointer: bool = False


@dataclass
class Function:
    """A function with a body."""
    name: str
    file: str
    line: int
    static: bool
    parameters: list
    body: list
    calls: list = field(default_factory=list)
    writes: list = field(default_factory=list)
    locals: set = field(default_factory=set)
    values: dict = field(default_factory=dict)   # local: tokens of its initialiser, None if set again

    @property
    def key(self):
        """Name that is unique in the kernel."""
        return f"{self.file}:{self.name}"


def match_back(body, i, opening):
    """Index of the bracket that opens what body[i] closes."""
    closing, depth = body[i].text, 0
    while i >= 0:
        if body[i].text == closing:
            depth += 1
        elif body[i].text == opening:
            depth -= 1
            if depth == 0:
                return i
        i -= 1
    return 0


def split_arguments(tokens):
    """Tokens between commas that stand in no bracket."""
    parts, depth, part = [], 0, []
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and depth == 0:
            parts.append(part)
            part = []
        else:
            part.append(token)
    return parts + [part] if part or parts else []


def left_side(body, at):
    """Tokens of the lvalue before an assignment operator."""
    i = at - 1
    while i >= 0:
        text = body[i].text
        if text in ("]", ")"):
            i = match_back(body, i, "[" if text == "]" else "(") - 1
        elif body[i].kind == "name" and text not in ("return", "else", "case") or text in (".", "->", "*"):
            i -= 1
        else:
            break
    return body[i + 1:at]


def outside_brackets(tokens):
    """Tokens that stand in no bracket."""
    depth, found = 0, []
    for token in tokens:
        depth -= token.text in ("]", ")")
        if depth == 0 and token.text not in ("[", "]", "(", ")"):
            found.append(token)
        depth += token.text in ("[", "(")
    return found


def first_index(tokens):
    """Tokens of the first index of an lvalue."""
    for i, token in enumerate(tokens):
        if token.text == "[":
            depth, j = 1, i + 1
            while j < len(tokens) and depth:
                depth += (tokens[j].text == "[") - (tokens[j].text == "]")
                j += 1
            return tokens[i + 1:j - 1]
    return []


def is_declaration(tokens):
    """Whether an lvalue is in truth a declaration: two names side by side, or a type and a star."""
    flat = outside_brackets(tokens)
    return any(a.kind == "name" and (b.kind == "name" or b.text == "*")
               for a, b in zip(flat, flat[1:]))


def declared(body):
    """{local name: is a pointer}: declarations of a body, with and without a value."""
    found = {}
    start = 0
    for i, token in enumerate(body):
        if token.text == ";":
            parts = [part[:next((k for k, t in enumerate(part) if t.text == "="), len(part))]
                     for part in split_arguments(body[start:i])]
            first = parts[0] if parts else []
            if first and first[0].kind == "name" and first[0].text not in ctokens.KEYWORDS \
                    and is_declaration(first) and not any(t.text in (".", "->") for t in first):
                for part in parts:
                    names = [t.text for t in outside_brackets(part) if t.kind == "name"]
                    if names:
                        found[names[-1]] = any(t.text == "*" for t in part)
        valued = any(t.text == "=" for t in body[start:i])  # braces and colons of a value end nothing
        if token.text == ";" or (token.text in ("{", "}", ":") and not valued) or \
                (token.text == "(" and i and body[i - 1].text == "for"):
            start = i + 1
    return found


def scan_calls(function):
    """Every call of a body."""
    body = function.body
    for i in range(len(body) - 1):
        token = body[i]
        if token.kind == "name" and body[i + 1].text == "(" and token.text not in ctokens.KEYWORDS:
            end = ctokens._skip(body, i + 1, "(", ")")
            function.calls.append(Call(token.text, split_arguments(body[i + 2:end - 1]), i, token.line))


def scan_writes(function):
    """Every store of a body that does not go to a local variable or a parameter itself."""
    body = function.body
    local = declared(body)
    pointers = {n for n, p in {**local, **dict(function.parameters)}.items() if p}
    plain = set(local) | {n for n, _ in function.parameters}
    function.locals = plain
    for i, token in enumerate(body):
        if token.kind != "op" or token.text not in ASSIGN:
            continue
        left = left_side(body, i)
        if not left and token.text in ("++", "--"):
            left = body[i + 1:i + 2]
        names = [t for t in outside_brackets(left) if t.kind == "name"]
        if not names:
            function.writes.append(Write("?", [], i, token.line, True))
            continue
        if is_declaration(left):
            end = next((k for k in range(i, len(body)) if body[k].text == ";"), i)
            function.values[names[-1].text] = None if names[-1].text in function.values \
                else body[i + 1:end]
            continue
        base = names[0].text
        deref = left[0].text == "*" or any(t.text == "->" for t in left) or \
            (base in pointers and any(t.text == "[" for t in left))
        if base in plain and not deref:
            function.values[base] = None
        else:
            path = ".".join(t.text for t in names)
            function.writes.append(Write(path, first_index(left), i, token.line, deref))


def parameters_of(signature, name):
    """[(parameter, is a pointer)] of a declaration's tokens."""
    at = next(i for i, t in enumerate(signature) if t.text == name and signature[i + 1].text == "(")
    end = ctokens._skip(signature, at + 1, "(", ")")
    found = []
    for part in split_arguments(signature[at + 2:end - 1]):
        names = [t.text for t in outside_brackets(part) if t.kind == "name"]
        if names and names != ["void"]:
            found.append((names[-1], any(t.text in ("*", "[") for t in part)))
    return found


class Source:
    """All functions of the kernel, the labels of its assembly, and who calls whom."""

    def __init__(self, repo, names, assembly=()):
        self.repo = repo
        self.functions, self.by_name, self.contracts = {}, {}, {}
        self.labels = {}
        texts = {n: (repo / n).read_text() for n in names}
        for name, text in texts.items():
            if name.endswith((".c", ".h")):
                self.read(name, text)
        for name in assembly:
            for label in LABEL.findall((repo / name).read_text()):
                self.labels.setdefault(label, name)
        self.macros = {n: re.sub(r"\\\n", " ", body) for text in texts.values()
                       for n, body in DEFINE.findall(text)}

    def read(self, name, text):
        """Functions and contracts of one file."""
        for found in ctokens.functions(text, name):
            contract = " ".join(c.text for c in found.comments if c.text.startswith(("/*@", "//@")))
            if "assigns" in contract:
                key = f"{name}:{found.name}" if found.static or found.inline else found.name
                self.contracts[key] = contract
            if found.definition:
                body = [t for t in found.body if t.kind not in ("comment", "string")]
                function = Function(found.name, name, found.first, found.static or found.inline,
                                    parameters_of(found.signature, found.name), body)
                scan_calls(function)
                scan_writes(function)
                self.functions[function.key] = function
                self.by_name.setdefault(found.name, []).append(function)

    def find(self, name, file=None):
        """The function that a name means in a file, or None."""
        if ":" in name:
            return self.functions.get(name)
        mine = [f for f in self.by_name.get(name, []) if f.file == file]
        others = [f for f in self.by_name.get(name, []) if not f.static or f.file.endswith(".h")]
        return (mine or others or [None])[0]

    def callees(self, function):
        """[(call, function)] of the calls that lead to C."""
        found = [(c, self.find(c.name, function.file)) for c in function.calls]
        return [(c, f) for c, f in found if f is not None]

    def unknown(self):
        """Calls that lead neither to C nor to a label nor to a macro."""
        return [f"{f.file}:{c.line}: {f.name} calls {c.name}" for f in self.functions.values()
                for c in f.calls if self.find(c.name, f.file) is None and c.name not in self.labels
                and not c.name.isupper() and c.name not in f.values
                and f.file != PRIMITIVES]

    def closure(self, roots, cut=()):
        """Keys of what the roots reach, without going into the functions of `cut`."""
        seen, todo = set(), [r for r in roots]
        while todo:
            function = todo.pop()
            if function.key not in seen:
                seen.add(function.key)
                todo += [f for _, f in self.callees(function) if f.key not in cut]
        return seen

    def contract(self, function):
        """Text of a function's contract, or "" if there is none."""
        return self.contracts.get(function.key) or self.contracts.get(function.name, "")

    def assigned(self, function, macros=True):
        """Names that the contract's assigns clauses hold, macros expanded; None without a contract."""
        clauses = ASSIGNS.findall(self.contract(function))
        if not clauses:
            return None
        text = ", ".join(clauses)
        for _ in range(8 if macros else 0):
            text = re.sub(r"\b\w+\b", lambda m: self.macros.get(m.group(0), m.group(0))
                          if m.group(0).isupper() else m.group(0), text)
        text = re.sub(r"\[[^\[\]]*\]", "", text)
        return {m.group(1) for part in text.split(",")
                if (m := re.match(r"\s*([A-Za-z_]\w*)", part))}
