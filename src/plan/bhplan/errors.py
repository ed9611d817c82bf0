# SPDX-License-Identifier: Apache-2.0
"""Error IDs, read from src/abi/errors.def, and the form in which a refusal is told."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "abi" / "errors.def"
JSON_VERSION = 1

#: titles of requirements/35-config.toml, for messages
RULES = {
    "CFG_TOOL_001": "a source that cannot be read is refused",
    "CFG_TOOL_002": "unknown and repeated keys are refused",
    "CFG_TOOL_003": "safety-relevant keys have no default",
    "CFG_TOOL_004": "values are typed and bounded",
    "CFG_TOOL_005": "facts come from the board file",
    "CFG_TOOL_006": "a byte has one owner unless shared",
    "CFG_TOOL_007": "a share has two sides and one range",
    "CFG_TOOL_008": "a CPU has one owner",
    "CFG_TOOL_009": "an interrupt has one owner",
    "CFG_TOOL_010": "cells get only what the board has",
    "CFG_TOOL_011": "a cell starts in executable memory",
    "CFG_TOOL_012": "unprotected DMA is accepted in writing",
    "CFG_TOOL_013": "nothing is written that the judge refuses",
    "CFG_TOOL_015": "the decompiler regenerates the map",
    "CFG_TOOL_026": "what firmware loads for root is root's",
    "CFG_TOOL_027": "root's device tree shows what is root's",
    "CFG_TOOL_030": "a watchdog runs on a CPU of another cell",
    "CFG_TOOL_041": "a measured cell executes what was measured",
    "CFG_TOOL_042": "the measurement is known before",
    "CFG_TOOL_043": "locks are named and shown",
    "CFG_TOOL_044": "a lock for all takes the grant",
    "CFG_TOOL_050": "errors are told by an interrupt of the cell",
    "CFG_TOOL_051": "a register of a device has one owner",
    "CFG_TOOL_052": "firmware calls are named, by kind",
    "CFG_TOOL_054": "what root begins anew from",
}

_STRING = r'"((?:[^"\\]|\\.)*)"'
_ENTRY = re.compile(r"^BH_(ERROR|EVENT)\((0x[0-9A-F]{4}),\s*(\w+),\s*" + _STRING +
                    r"(?:,\s*" + _STRING + r")?\)\s*$")


@dataclass(frozen=True)
class Entry:
    """One line of errors.def. `hint` is empty for an event."""

    kind: str
    number: int
    name: str
    text: str
    hint: str

    @property
    def eid(self) -> str:
        """The ID as it is printed: E0103 or V0501."""
        return f"{'E' if self.kind == 'ERROR' else 'V'}{self.number:04X}"


@dataclass(frozen=True)
class Source:
    """A place in a source file; line counts from 1, 0 means the file as a whole."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def brief(self) -> str:
        """The place with the bare file name, as in maps."""
        return f"{Path(self.file).name}:{self.line}" if self.line else Path(self.file).name


class PlanError(Exception):
    """A refusal: the ID by name, the fact, the place, the other party's place, the rule."""

    def __init__(self, name: str, message: str, where: Source | None = None, *, rule: str = "",
                 note: str = "", hint: str = "", a: int | None = None, b: int | None = None,
                 exit_code: int = 3):
        super().__init__(message)
        self.entry = by_name(name)
        self.message = message
        self.where = where
        self.rule = rule
        self.note = note
        self.hint = hint if hint else self.entry.hint
        self.a = a
        self.b = b
        self.exit_code = exit_code


class Refused(Exception):
    """One or more refusals; `errors` in the order in which they were found, never empty."""

    def __init__(self, errors: list[PlanError]):
        super().__init__("; ".join(e.message for e in errors))
        self.errors = errors


def parse_table(text: str) -> list[Entry]:
    """Parse the text of errors.def. Raises ValueError for a line that is no entry but says so."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("BH_"):
            continue
        match = _ENTRY.match(line)
        if match is None:
            raise ValueError(f"errors.def:{number}: not an entry")
        kind, value, name, words, hint = match.groups()
        found.append(Entry(kind, int(value, 16), name, words, hint or ""))
    if not found:
        raise ValueError("errors.def: no entries")
    return found


_CACHE: list[Entry] = []


def table() -> list[Entry]:
    """All entries of errors.def, in its order. Raises OSError or ValueError."""
    if not _CACHE:
        _CACHE.extend(parse_table(TABLE.read_text(encoding="utf-8")))
    return _CACHE


def by_name(name: str) -> Entry:
    """The entry of this name; KeyError if there is none."""
    for entry in table():
        if entry.name == name:
            return entry
    raise KeyError(name)


def by_eid(eid: str) -> Entry:
    """The entry of a printed ID such as E0103 (any case); KeyError if there is none."""
    for entry in table():
        if entry.eid == eid.upper():
            return entry
    raise KeyError(eid)


def _excerpt(where: Source) -> str:
    """The line named, with its number, or nothing if it cannot be read."""
    try:
        lines = Path(where.file).read_text(encoding="utf-8").splitlines()
        return f"{where.line:5d} | {lines[where.line - 1]}"
    except (OSError, UnicodeDecodeError, IndexError):
        return ""


def render(error: PlanError) -> str:
    """The refusal in words: place, ID, fact, excerpt, other party, rule, hint.

    @req CFG_TOOL_017
    """
    place = f"{error.where}: " if error.where else ""
    lines = [f"{place}error[{error.entry.eid}]: {error.message}"]
    if error.where and error.where.line:
        excerpt = _excerpt(error.where)
        if excerpt:
            lines.append(excerpt)
    if error.note:
        lines.append(f"      | {error.note}")
    if error.rule:
        lines.append(f"  rule: {error.rule} {RULES[error.rule]}")
    lines.append(f"  hint: {error.hint}.  bulkhead-plan explain {error.entry.eid}")
    return "\n".join(lines)


def as_json(error: PlanError) -> dict:
    """The refusal for machines."""
    return {"id": error.entry.eid, "name": error.entry.name, "message": error.message,
            "file": error.where.file if error.where else None,
            "line": error.where.line if error.where else None, "note": error.note,
            "rule": error.rule, "hint": error.hint, "a": error.a, "b": error.b}
