# SPDX-License-Identifier: Apache-2.0
"""Typed access to a TOML table: every key is taken once, by name and type; the rest is an error."""
from __future__ import annotations

import re
from typing import Any

from .errors import PlanError, Source
from .source import File

_SIZE = re.compile(r"([0-9]+) ?(B|KiB|MiB|GiB)")
_TIME = re.compile(r"([0-9]{1,9}) ?(us|ms|s)")
_SPAN = {"us": 1, "ms": 1000, "s": 1000000}
_UNIT = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_WORD = {str: "a string", bool: "true or false", int: "an integer", list: "an array"}


class Table:
    """One table of a file. `path` is where it stands, for messages.

    @req CFG_TOOL_002 CFG_TOOL_003 CFG_TOOL_004
    """

    def __init__(self, file: File, path: tuple, data: Any):
        self.file = file
        self.path = path
        if not isinstance(data, dict):
            raise self.bad(None, "a table is expected here")
        self._left = dict(data)
        self._data = data

    def at(self, key: str | None = None, *more: int) -> Source:
        """The place of a key of this table, or of the table."""
        return self.file.at(self.path if key is None else self.path + (key,) + more)

    def bad(self, key: str | None, message: str, *more: int) -> PlanError:
        """A PLAN_VALUE refusal at a key, ready to be raised."""
        place = self.at(key, *more)
        return PlanError("PLAN_VALUE", f"{key}: {message}" if key else message, place,
                         rule="CFG_TOOL_004")

    def has(self, key: str) -> bool:
        """True if the key stands in the source."""
        return key in self._data

    def is_word(self, key: str) -> bool:
        """True if the key stands in the source and is a string."""
        return isinstance(self._data.get(key), str)

    def take(self, key: str, kind: type, default: Any = None, required: bool = True) -> Any:
        """The value of a key, of exactly this type. Raises PLAN_KEY or PLAN_VALUE."""
        if key not in self._left:
            if required:
                raise PlanError("PLAN_KEY", f"key '{key}' is missing", self.at(),
                                rule="CFG_TOOL_003", hint=f"write {key} = ...; it has no default")
            return default
        value = self._left.pop(key)
        if type(value) is not kind:
            raise self.bad(key, f"{_WORD[kind]} is expected, not {value!r}")
        return value

    def number(self, key: str, low: int, high: int, required: bool = True) -> int:
        """An integer in low..high; 0 if it may be absent and is."""
        value = self.take(key, int, 0, required)
        if self.has(key) and not low <= value <= high:
            raise self.bad(key, f"{value:#x} is not in {low:#x}..{high:#x}")
        return value

    def size(self, key: str) -> int:
        """A size in bytes: an integer, or a string with unit."""
        value = self._left.get(key)
        if isinstance(value, str):
            self._left.pop(key)
            match = _SIZE.fullmatch(value)
            if match is None:
                raise self.bad(key, f"'{value}' is no size; write \"16 MiB\" (B, KiB, MiB, GiB)")
            return int(match.group(1)) * _UNIT[match.group(2)]
        return self.number(key, 0, (1 << 64) - 1)

    def duration(self, key: str, low: int, high: int) -> int:
        """A time as a string with unit, in microseconds."""
        value = self.take(key, str)
        match = _TIME.fullmatch(value)
        if match is None:
            raise self.bad(key, f"'{value}' is no time; write \"20 ms\" (us, ms, s)")
        number = int(match.group(1)) * _SPAN[match.group(2)]
        if not low <= number <= high:
            raise self.bad(key, f"'{value}' is not in {low} us to {high} us")
        return number

    def name(self, key: str, longest: int) -> str:
        """A name: a lower-case letter, then letters, digits, '-', '_'."""
        value = self.take(key, str)
        if _NAME.fullmatch(value) is None or len(value) > longest:
            raise self.bad(key, f"'{value}' is no name: a lower-case letter, then lower-case "
                                f"letters, digits, '-' or '_', at most {longest} characters")
        return value

    def choice(self, key: str, values: tuple[str, ...]) -> str:
        """One of some words."""
        value = self.take(key, str)
        if value not in values:
            raise self.bad(key, f"'{value}' is none of {', '.join(values)}")
        return value

    def table(self, key: str) -> "Table":
        """A sub-table, required."""
        if key not in self._left:
            raise PlanError("PLAN_KEY", f"table [{key}] is missing", self.at(), rule="CFG_TOOL_003")
        return Table(self.file, self.path + (key,), self._left.pop(key))

    def tables(self, key: str) -> list["Table"]:
        """An array of tables; empty if it is absent."""
        value = self._left.pop(key, [])
        if not isinstance(value, list):
            raise self.bad(key, "an array of tables is expected")
        return [Table(self.file, self.path + (key, i), one) for i, one in enumerate(value)]

    def done(self) -> None:
        """Raises PLAN_KEY for the first key (in the file) which nobody took."""
        if self._left:
            key = min(self._left, key=lambda k: self.at(k).line)
            raise PlanError("PLAN_KEY", f"unknown key '{key}'", self.at(key), rule="CFG_TOOL_002")
