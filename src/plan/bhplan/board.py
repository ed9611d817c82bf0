# SPDX-License-Identifier: Apache-2.0
"""Board facts: what the machine has, from src/configs/BOARD/board.toml."""
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .errors import PlanError, Source
from .reader import Table
from .source import load

PAGE = 4096
READ, WRITE, EXECUTE, DEVICE, LOADABLE = 1, 2, 4, 8, 16
LETTERS = {"r": READ, "w": WRITE, "x": EXECUTE, "d": DEVICE, "l": LOADABLE}
PHYS_END = 1 << 48  #: one more than the greatest physical address
NUMBER_MAX = 0xFFFFFFFF


@dataclass(frozen=True)
class Range:
    """A range of physical addresses in bytes, with its rights and interrupts."""

    name: str
    base: int
    size: int
    flags: int
    interrupts: tuple[int, ...]
    source: Source

    @property
    def end(self) -> int:
        """One more than the last address."""
        return self.base + self.size


@dataclass(frozen=True)
class Board:
    """A machine. Addresses and sizes in bytes, whole pages."""

    name: str
    number: int
    kernel: Range
    status: Range
    mpidr: tuple[int, ...]
    memory: tuple[Range, ...]    #: RAM and devices: what may be given to a cell
    emulated: tuple[Range, ...]  #: frames which the kernel emulates: its own
    irq_first: int
    irq_last: int
    source: Source
    cpu_sources: tuple[Source, ...]

    def device(self, name: str) -> Range | None:
        """The range of this name, or None."""
        return next((r for r in self.memory if r.name == name), None)


def folder() -> Path:
    """Where the boards are: BULKHEAD_CONFIGS, or src/configs of this tree."""
    named = os.environ.get("BULKHEAD_CONFIGS")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "configs"


def parse_flags(table: Table) -> int:
    """The key flags: letters r w x d l, each at most once, r always."""
    letters = table.take("flags", str)
    if not letters or any(c not in LETTERS for c in letters) or len(set(letters)) != len(letters):
        raise table.bad("flags", f"'{letters}': letters r, w, x, d (device), l (loadable), "
                        "each once")
    flags = sum(LETTERS[c] for c in letters)
    if not flags & READ:
        raise table.bad("flags", "a region without r is of no use")
    if flags & DEVICE and flags & (EXECUTE | LOADABLE):
        raise table.bad("flags", "device memory is neither executable nor loadable")
    return flags


def check_pages(table: Table, key: str, value: int) -> int:
    """The value, if it is a whole number of pages. Raises PLAN_REGION."""
    if value % PAGE != 0:
        raise PlanError("PLAN_REGION", f"{key} {value:#x} is not a multiple of 4 KiB",
                        table.at(key), rule="CFG_TOOL_006")
    return value


def _range(table: Table, flags: int | None) -> Range:
    name = table.name("name", 31)
    base = check_pages(table, "base", table.number("base", 0, PHYS_END - PAGE))
    size = check_pages(table, "size", table.size("size"))
    if size == 0 or base + size > PHYS_END:
        raise table.bad("size", "empty, or beyond 48 address bits")
    flags = parse_flags(table) if flags is None else flags
    irqs = tuple(table.take("interrupts", list, [], required=False))
    for place, irq in enumerate(irqs):
        if type(irq) is not int or not 32 <= irq <= 1019:
            raise table.bad("interrupts", f"{irq!r} is no INTID in 32..1019", place)
    found = Range(name, base, size, flags, irqs, table.at())
    table.done()
    return found


def _cpus(top: Table) -> tuple[tuple[int, ...], tuple[Source, ...]]:
    numbers, sources = [], []
    for place, table in enumerate(top.tables("cpu")):
        if table.take("number", int) != place:
            raise table.bad("number", f"CPUs are listed in order; {place} is expected")
        numbers.append(table.number("mpidr", 0, 0xFF00FFFFFF))
        sources.append(table.at())
        table.done()
    return tuple(numbers), tuple(sources)


def _disjoint(ranges: list[Range]) -> None:
    ranges = sorted(ranges, key=lambda r: r.base)
    for one, other in zip(ranges, ranges[1:]):
        if one.end > other.base:
            raise PlanError("PLAN_VALUE", f"'{one.name}' and '{other.name}' of the board overlap "
                            f"at {other.base:#x}", other.source, rule="CFG_TOOL_005",
                            note=f"first claimed at {one.source.brief}")


def load_board(name: str) -> Board:
    """Read and check the facts of a board. Raises PlanError.

    @req CFG_TOOL_005
    """
    file = load(str(folder() / name / "board.toml"))
    top = Table(file, (), file.data)
    if top.name("name", 31) != name:
        raise top.bad("name", f"'{name}' is expected, as the folder's")
    number = top.number("number", 1, NUMBER_MAX)
    kernel = _range(top.table("kernel"), READ | WRITE | EXECUTE)
    status = _range(top.table("status"), READ)
    mpidr, cpu_sources = _cpus(top)
    memory = [_range(t, None) for t in top.tables("memory")]
    memory += [_range(t, None) for t in top.tables("device")]
    emulated = [_range(t, READ | WRITE | DEVICE) for t in top.tables("emulated")]
    irqs = top.table("interrupts")
    first, last = irqs.number("first", 32, 1019), irqs.number("last", 32, 1019)
    irqs.done()
    top.done()
    _disjoint(memory + emulated)
    if not mpidr or not memory:
        raise PlanError("PLAN_KEY", "a board has at least one [[cpu]] and one [[memory]]", top.at(),
                        rule="CFG_TOOL_003")
    return Board(name, number, kernel, status, mpidr, tuple(memory), tuple(emulated), first, last,
                 top.at(), cpu_sources)


def names() -> list[str]:
    """All boards which have facts."""
    return sorted(p.parent.name for p in folder().glob("*/board.toml"))
