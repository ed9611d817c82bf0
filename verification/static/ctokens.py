# SPDX-License-Identifier: Apache-2.0
"""A small C scanner: tokens with line numbers, comments apart, function definitions."""
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)"
    r"|(?P<newline>\n)"
    r"|(?P<space>[ \t\r\f\v]+|\\\n)"
    r"|(?P<op>->|\+\+|--|<<=|>>=|<<|>>|&&|\|\||\.\.\.|##|[-+*/%&|^=!<>]=|.)",
    re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else", "case", "default",
            "_Static_assert", "_Alignof", "_Alignas", "__asm__", "__attribute__", "asm", "goto",
            "typeof", "__typeof__", "_Generic", "defined", "break", "continue"}


@dataclass
class Token:
    """One token; kind is comment, string, name, number or op."""
    kind: str
    text: str
    line: int


@dataclass
class Function:
    """A function definition or prototype found in a file."""
    name: str
    file: str
    first: int
    last: int
    static: bool
    definition: bool
    inline: bool = False
    body: list = field(default_factory=list)
    signature: list = field(default_factory=list)
    comments: list = field(default_factory=list)


def blank_directives(text):
    """Preprocessor lines replaced by blanks of the same shape (comments in them too)."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    shielded = []
    position = 0
    for match in re.finditer(r"/\*.*?\*/|//[^\n]*", text, re.DOTALL):
        shielded.append(DIRECTIVE.sub(blank, text[position:match.start()]))
        shielded.append(match.group(0))
        position = match.end()
    shielded.append(DIRECTIVE.sub(blank, text[position:]))
    return "".join(shielded)


def tokens(text, directives=False):
    """Tokens of C text, comments included; preprocessor lines only if asked."""
    if not directives:
        text = blank_directives(text)
    line, found = 1, []
    for match in TOKEN.finditer(text):
        kind, body = match.lastgroup, match.group(0)
        if kind not in ("newline", "space"):
            found.append(Token(kind, body, line))
        line += body.count("\n")
    return found


def sloc(text):
    """Lines that hold something else than comments and blanks."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                  flags=re.DOTALL)
    return sum(1 for line in text.splitlines() if line.strip())


def _skip(stream, i, opening, closing):
    """Index after the bracket that closes stream[i]."""
    depth = 0
    while i < len(stream):
        if stream[i].kind == "op":
            if stream[i].text == opening:
                depth += 1
            elif stream[i].text == closing:
                depth -= 1
                if depth == 0:
                    return i + 1
        i += 1
    return i


def _declarator(head):
    """(name, index of it) if these tokens of a file-scope declaration declare a function."""
    for i in range(len(head) - 1):
        if head[i].text == "=":
            return None
        if (head[i].kind == "name" and head[i].text not in KEYWORDS and head[i + 1].text == "("
                and i > 0):
            return head[i].text
    return None


def functions(text, name):
    """Definitions and prototypes at file scope, each with the comments right before it."""
    stream = tokens(text)
    found, head, comments, i = [], [], [], 0
    while i < len(stream):
        token = stream[i]
        if token.kind == "comment":
            if not head:
                comments.append(token)
            i += 1
        elif token.text == "{":
            end = _skip(stream, i, "{", "}")
            function = _declarator(_plain(head))
            if function:
                found.append(_make(function, name, head, comments, stream[i:end], True))
                head, comments = [], []
            else:
                head.append(Token("op", "{}", token.line))
            i = end
        elif token.text == ";":
            words = _plain(head)
            function = _declarator(words)
            if function and words[0].text not in ("typedef", "_Static_assert"):
                found.append(_make(function, name, head, comments, [token], False))
            head, comments, i = [], [], i + 1
        else:
            head.append(token)
            i += 1
    return found


def _plain(head):
    """Declaration tokens without attributes."""
    words, i = [], 0
    while i < len(head):
        if head[i].text in ("__attribute__", "_Alignas") and i + 1 < len(head):
            i = _skip(head, i + 1, "(", ")")
        else:
            words.append(head[i])
            i += 1
    return words


def _make(function, name, head, comments, body, definition):
    words = {t.text for t in head}
    return Function(function, name, head[0].line, body[-1].line, "static" in words, definition,
                    "inline" in words, body if definition else [], list(head), list(comments))


def complexity(body):
    """Cyclomatic complexity (McCabe): decisions plus one; cases under one label run count once."""
    count, previous = 1, None
    code = [t for t in body if t.kind != "comment"]
    for i, token in enumerate(code):
        if token.text in ("if", "for", "while", "&&", "||", "?"):
            count += 1
        elif token.text == "case" and not _follows_case(code, i):
            count += 1
        previous = token
    del previous
    return count


def _follows_case(code, i):
    """Whether the label before `code[i]` is a case that falls into it without a statement."""
    if i == 0 or code[i - 1].text != ":":
        return False
    j = i - 2
    while j >= 0 and code[j].text not in (";", "{", "}", ":"):
        if code[j].text == "case":
            return True
        j -= 1
    return False
