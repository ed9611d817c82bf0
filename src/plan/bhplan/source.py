# SPDX-License-Identifier: Apache-2.0
"""A TOML file with the line of every key.

tomllib judges the syntax and gives the values; the scanner here walks the same, already accepted
text once more and notes where each key and each array element stands.
"""
from __future__ import annotations

import re
import tomllib
from pathlib import Path

from .errors import PlanError, Source

_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
Path_ = tuple  # of str (keys) and int (places in an array)


class File:
    """A parsed file: `data` as tomllib gives it, `at(path)` for the place of a key."""

    def __init__(self, name: str, text: str):
        self.name = name
        self.data = _parse(name, text)
        self._lines = Scanner(text).run()

    def at(self, path: Path_) -> Source:
        """The place of a key or, where it has none of its own, of the nearest table around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return Source(self.name, self._lines.get(path, 1))

    def has(self, path: Path_) -> bool:
        """True if the scanner saw exactly this path (used by tests)."""
        return path in self._lines


def load(path: str) -> File:
    """Read and parse a file. Raises PlanError: SYS_IO, PLAN_SYNTAX or PLAN_KEY.

    @req CFG_TOOL_001 CFG_TOOL_002
    """
    try:
        raw = Path(path).read_bytes()
        text = raw.decode("utf-8")
    except OSError as err:
        raise PlanError("SYS_IO", f"{err.strerror or err}", Source(path, 0), exit_code=2) from err
    except UnicodeDecodeError as err:
        line = raw.count(b"\n", 0, err.start) + 1
        raise PlanError("PLAN_SYNTAX", f"byte {err.start} is not UTF-8", Source(path, line),
                        rule="CFG_TOOL_001") from err
    return File(path, text.replace("\r\n", "\n"))


def _parse(name: str, text: str) -> dict:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        words = str(err)
        match = _LINE.search(words)
        line = int(match.group(1)) if match else text.count("\n") + 1
        if words.startswith(_TWICE):
            raise PlanError("PLAN_KEY", f"stands twice: {_LINE.sub('', words).strip()}",
                            Source(name, line), rule="CFG_TOOL_002") from err
        raise PlanError("PLAN_SYNTAX", _LINE.sub("", words).strip(), Source(name, line),
                        rule="CFG_TOOL_001") from err
    except RecursionError as err:
        raise PlanError("PLAN_SYNTAX", "nested too deeply", Source(name, 0),
                        rule="CFG_TOOL_001") from err


class Scanner:
    """Walks text that tomllib accepts and notes the line of every key and array element."""

    def __init__(self, text: str):
        self.text = text
        self.pos = 0
        self.lines: dict[Path_, int] = {(): 1}
        self.counts: dict[Path_, int] = {}

    def run(self) -> dict[Path_, int]:
        """The line of each path."""
        base: Path_ = ()
        while self._blank(newlines=True):
            if self.text.startswith("[[", self.pos):
                base = self._header(2)
            elif self.text[self.pos] == "[":
                base = self._header(1)
            else:
                self._pair(base)
        return self.lines

    def _note(self, path: Path_) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, self.pos) + 1)

    def _blank(self, newlines: bool) -> bool:
        """Skip blanks and comments; False at the end of the text."""
        skip = " \t\r\n" if newlines else " \t"
        while self.pos < len(self.text):
            if self.text[self.pos] == "#":
                end = self.text.find("\n", self.pos)
                self.pos = len(self.text) if end < 0 else end
            elif self.text[self.pos] in skip:
                self.pos += 1
            else:
                return True
        return False

    def _keys(self) -> list[str]:
        """A dotted key."""
        keys = []
        while True:
            self._blank(newlines=False)
            if self.text[self.pos] in "\"'":
                keys.append(self._string())
            else:
                match = _BARE.match(self.text, self.pos)
                keys.append(match.group())
                self.pos = match.end()
            self._blank(newlines=False)
            if self.text[self.pos] != ".":
                return keys
            self.pos += 1

    def _resolve(self, keys: list[str]) -> Path_:
        """The path of a header's keys: a table array stands for its newest element."""
        path: Path_ = ()
        for key in keys:
            path += (key,)
            if path in self.counts:
                path += (self.counts[path] - 1,)
        return path

    def _header(self, depth: int) -> Path_:
        start = self.pos
        self.pos += depth
        keys = self._keys()
        end = self.pos + depth
        self.pos = start
        if depth == 2:
            array = self._resolve(keys[:-1]) + (keys[-1],)
            self.counts[array] = self.counts.get(array, 0) + 1
            self._note(array)
        path = self._resolve(keys)
        for count in range(1, len(path) + 1):
            self._note(path[:count])
        self.pos = end
        return path

    def _pair(self, base: Path_) -> None:
        start = self.pos
        keys = self._keys()
        end = self.pos + 1
        self.pos = start
        for count in range(1, len(keys) + 1):
            self._note(base + tuple(keys[:count]))
        self.pos = end
        self._value(base + tuple(keys))

    def _value(self, path: Path_) -> None:
        self._blank(newlines=True)
        first = self.text[self.pos]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        else:
            while self.pos < len(self.text) and self.text[self.pos] not in ",]}\n#":
                self.pos += 1

    def _array(self, path: Path_) -> None:
        self.pos += 1
        place = 0
        while self._blank(newlines=True) and self.text[self.pos] != "]":
            if self.text[self.pos] == ",":
                self.pos += 1
                continue
            self._note(path + (place,))
            self._value(path + (place,))
            place += 1
        self.pos += 1

    def _inline(self, path: Path_) -> None:
        self.pos += 1
        while self._blank(newlines=True) and self.text[self.pos] != "}":
            if self.text[self.pos] == ",":
                self.pos += 1
            else:
                self._pair(path)
        self.pos += 1

    def _string(self) -> str:
        """Skip a string of any of the four kinds; the text between the quotes."""
        quote = self.text[self.pos]
        mark = quote * 3 if self.text.startswith(quote * 3, self.pos) else quote
        self.pos += len(mark)
        start = self.pos
        while not self.text.startswith(mark, self.pos):
            self.pos += 2 if quote == '"' and self.text[self.pos] == "\\" else 1
        if len(mark) == 3:  # up to two quotes may stand before the closing three
            while self.text.startswith(quote, self.pos + 3):
                self.pos += 1
        inside = self.text[start:self.pos]
        self.pos += len(mark)
        return inside
