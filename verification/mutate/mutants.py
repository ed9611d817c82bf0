# SPDX-License-Identifier: Apache-2.0
"""Mutants of C functions: one small change each, made from tokens, the same on every run."""
import hashlib
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "static"))
import csource  # noqa: E402
import ctokens  # noqa: E402

# What stands there: what is put in its place.
OPERATORS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"], "%": ["/"], "/": ["*"], "|": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-="], "-=": ["+="], "++": ["--"], "--": ["++"],
}
BINARY = {"+": ["-"], "-": ["+"], "*": ["/"], "&": ["|"]}      # where a value stands before
WORDS = {"true": "false", "false": "true"}
NUMBER = re.compile(r"(0[xX][0-9A-Fa-f]+|\d+)([uUlL]*)$")


@dataclass
class Place:
    """A token with its offsets in the file."""
    kind: str
    text: str
    start: int
    end: int


@dataclass
class Mutant:
    """One change: where, what, and a name that does not depend on line numbers."""
    file: str
    function: str
    kind: str
    start: int
    end: int
    new: str
    line: int
    key: str = ""

    def apply(self, text):
        """The file with the change."""
        return text[:self.start] + self.new + text[self.end:]


def places(text):
    """Tokens of C text with offsets, without comments and directives."""
    clean = ctokens.blank_directives(text)
    return [Place(m.lastgroup, m.group(0), m.start(), m.end()) for m in ctokens.TOKEN.finditer(clean)
            if m.lastgroup not in ("newline", "space", "comment")]


def bodies(text, name):
    """{function: tokens of its body}."""
    stream = places(text)
    at = {}
    for function in ctokens.functions(text, name):
        if function.definition:
            for i, place in enumerate(stream):
                if place.text == function.name and stream[i + 1].text == "(" and place.start >= \
                        offset_of(text, function.first):
                    opening = next(k for k in range(i, len(stream)) if stream[k].text == "{")
                    at[function.name] = stream[opening:ctokens._skip(stream, opening, "{", "}")]
                    break
    return at


def offset_of(text, line):
    """Offset of the first character of a line."""
    return sum(len(part) + 1 for part in text.split("\n")[:line - 1])


def ends_value(place):
    """Whether a token can end an operand, so that an operator after it is a binary one."""
    return place.kind in ("name", "number", "string") and place.text not in ctokens.KEYWORDS \
        or place.text in (")", "]")


def operators(body):
    """(start, end, new, kind): another operator, constant or truth value."""
    for i, place in enumerate(body):
        before = body[i - 1] if i else place
        if place.text in OPERATORS:
            for new in OPERATORS[place.text]:
                yield place.start, place.end, new, "operator"
        elif place.text in BINARY and ends_value(before) and not is_cast(body, i - 1):
            for new in BINARY[place.text]:
                yield place.start, place.end, new, "operator"
        elif place.text in WORDS:
            yield place.start, place.end, WORDS[place.text], "truth"
        elif place.kind == "number" and before.text != "case":
            number = NUMBER.match(place.text)
            if number:
                value = int(number.group(1), 0)
                yield place.start, place.end, f"{value + 1}{number.group(2)}", "constant"
                if value > 0:
                    yield place.start, place.end, f"{value - 1}{number.group(2)}", "constant"
        elif place.text == "!":
            yield place.start, place.end, "", "negation"


def is_cast(body, i):
    """Whether the bracket that ends at body[i] holds a type."""
    if body[i].text != ")":
        return False
    inside = body[csource.match_back(body, i, "(") + 1:i]
    return bool(inside) and all(re.fullmatch(r"u?int\d+_t|const|struct|\*|bool", p.text) for p in inside)


def conditions(body):
    """Negated conditions of if, and removed branches of else."""
    for i, place in enumerate(body):
        if place.text == "if":
            end = ctokens._skip(body, i + 1, "(", ")")
            yield body[i + 1].start, body[end - 1].end, \
                "(!(" + SAME + "))", "condition"
        elif place.text == "else" and body[i + 1].text == "{":
            end = ctokens._skip(body, i + 1, "{", "}")
            yield place.start, body[end - 1].end, "", "else"


SAME = "\0"   # stands for the text that is replaced


def statements(body):
    """Dropped statements: assignments and calls."""
    start = 1
    depth = 0
    for i, place in enumerate(body):
        depth += (place.text == "(") - (place.text == ")")
        if depth == 0 and place.text in (";", "{", "}", ":"):
            part = body[start:i]
            start = i + 1
            if place.text == ";" and part and is_statement(part):
                yield part[0].start, place.end, "", "statement"


def is_statement(part):
    """Whether tokens are an assignment or a call, and no declaration or jump."""
    if part[0].kind != "name" and part[0].text != "(" or part[0].text in ctokens.KEYWORDS:
        return False
    equal = next((i for i, p in enumerate(part) if p.text in csource.ASSIGN), None)
    if equal is not None:
        return not csource.is_declaration(part[:equal])
    return not csource.is_declaration(part) and any(p.text == "(" for p in part)


def swaps(body, types):
    """Neighbouring arguments of one type, exchanged."""
    for i in range(len(body) - 1):
        if body[i].kind == "name" and body[i + 1].text == "(" and body[i].text not in ctokens.KEYWORDS:
            end = ctokens._skip(body, i + 1, "(", ")")
            parts = csource.split_arguments(body[i + 2:end - 1])
            for a, b in zip(parts, parts[1:]):
                if len(a) == len(b) == 1 and a[0].text != b[0].text and \
                        types.get(a[0].text, 1) == types.get(b[0].text, 2):
                    yield a[0].start, b[0].end, SWAPPED.format(a[0].text, b[0].text), "swap"


SWAPPED = "\1{0}\1{1}"   # worked out where the text between is known


def types_of(text, body):
    """{variable: type} of the parameters and local variables of a function, as far as they are plain."""
    found = {}
    for kind, name in re.findall(r"\b(u?int\d+_t|bool) (\w+)(?=[,;)= ])", text):
        found[name] = kind
    del body
    return found


def generate(text, name):
    """All mutants of a file, in the order of the text."""
    lines = text.count
    found = []
    for function, body in bodies(text, name).items():
        head = text.rfind("\n", 0, body[0].start - 1)
        types = types_of(text[max(0, head - 400):body[-1].end], body)
        for source in (operators(body), conditions(body), statements(body), swaps(body, types)):
            for start, end, new, kind in source:
                old = text[start:end]
                if kind == "swap":
                    first, second = new.split("\1")[1:]
                    new = second + old[len(first):len(old) - len(second)] + first
                found.append(Mutant(name, function, kind, start, end, new.replace(SAME, old),
                                    lines("\n", 0, start) + 1))
    found.sort(key=lambda m: (m.start, m.end, m.new))
    name_all(text, found)
    return found


def name_all(text, mutants):
    """Give each its key: the changed lines before and after; a count where a function has equal ones."""
    seen = {}
    for m in mutants:
        first, last = text.rfind("\n", 0, m.start) + 1, text.find("\n", m.end)
        before = " ".join(text[first:last].split())
        after = " ".join((text[first:m.start] + m.new + text[m.end:last]).split())
        key = f"{m.function}: {before} => {after or '(nothing)'}"
        seen[key] = seen.get(key, 0) + 1
        m.key = key if seen[key] == 1 else f"{key} #{seen[key]}"


def proved_files(repo):
    """Files of the proved set."""
    data = tomllib.loads((Path(repo) / "verification/proof/proof.toml").read_text())
    return [e["path"] for e in data["file"]]


def all_mutants(repo):
    """[(mutant, text of its file)] of the proved set."""
    found = []
    for name in proved_files(repo):
        text = (Path(repo) / name).read_text()
        found += [(m, text) for m in generate(text, name)]
    return found


def sample(mutants, count, seed):
    """A fixed sample: those with the least hash of seed and name."""
    def order(pair):
        return hashlib.sha256(f"{seed}:{pair[0].file}:{pair[0].key}".encode()).hexdigest()
    return sorted(mutants, key=order)[:count]
