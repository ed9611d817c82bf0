# SPDX-License-Identifier: Apache-2.0
"""The plan as the compiler sees it: names and sources, no layout. Addresses and sizes in bytes."""
from __future__ import annotations

from dataclasses import dataclass, field

from .board import DEVICE, EXECUTE, LOADABLE, READ, WRITE, Board
from .errors import Source

KERNEL, ROOT = 0, 1
CELLS_MAX, REGIONS_MAX, CPUS_MAX = 8, 128, 8
WINDOWS_MAX, CALLS_MAX = 16, 16
IPA_END = 1 << 40   #: one more than the greatest address of a cell
AUTOSTART, CONTINUE, INJECTED, MEASURED, RESTART = 1, 2, 4, 8, 16
#: What a cell may ask beside its own: word of the source, bit of the blob.
GRANTS = {"lock-all": 1, "measure": 2}
#: What is locked before its first instruction.
LOCKS = {"create": 1, "load": 2, "start": 4, "disable": 8, "debug": 16}
_SHOWN = ((READ, "r"), (WRITE, "w"), (EXECUTE, "x"), (DEVICE, "d"), (LOADABLE, "l"))


def granted(bits: int) -> list[str]:
    """Grants as in the source."""
    return [word for word, bit in GRANTS.items() if bits & bit]


def locked(bits: int) -> list[str]:
    """Locks as in the source."""
    return [word for word, bit in LOCKS.items() if bits & bit]


def letters(flags: int) -> str:
    """Flags as in the source: rwxdl."""
    return "".join(letter for bit, letter in _SHOWN if flags & bit)


def span(start: int, end: int) -> str:
    """A range as it stands in messages; `end` is one more than its last byte."""
    return f"{start:#x}-{end - 1:#x}"


@dataclass(frozen=True)
class Region:
    """A run of pages of one cell."""

    owner: int
    phys: int
    virt: int
    size: int
    flags: int
    share: str
    root: bool
    source: Source

    @property
    def end(self) -> int:
        """One more than the last physical address."""
        return self.phys + self.size

    @property
    def virt_end(self) -> int:
        """One more than the last address in the cell."""
        return self.virt + self.size


#: Widths of an access to a window in bytes, and their bits in the blob.
WIDTHS = {1: 4, 2: 8, 4: 16, 8: 32}


@dataclass(frozen=True)
class Window:
    """A part of a page of device registers; rights as a region's, widths as in the blob."""

    owner: int
    phys: int
    virt: int
    size: int
    flags: int
    source: Source

    @property
    def end(self) -> int:
        """One more than the last physical address."""
        return self.phys + self.size

    @property
    def rights(self) -> str:
        """Directions and widths as in the map: rw/1,4."""
        widths = ",".join(str(width) for width, bit in WIDTHS.items() if self.flags & bit)
        return f"{letters(self.flags & (READ | WRITE))}/{widths}"


@dataclass(frozen=True)
class Calls:
    """Firmware calls, from one function ID to another."""

    owner: int
    first: int
    last: int
    source: Source


@dataclass
class Cell:
    """A cell. CPUs and interrupts carry the place which claims them."""

    name: str
    source: Source
    flags: int = 0
    entry: int = 0
    comm: int = 0
    cpus: dict[int, Source] = field(default_factory=dict)
    irqs: dict[int, Source] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    calls: list[Calls] = field(default_factory=list)
    grants: int = 0
    locks: int = 0
    locks_source: Source | None = None
    digest: str = ""        #: SHA-256 in hexadecimal that its memory must have; "": any
    digest_source: Source | None = None
    entry_source: Source | None = None
    comm_source: Source | None = None
    watch_us: int = 0  #: deadline of the heartbeat; 0: not watched
    watch_cpu: int = 0
    watch_source: Source | None = None
    error_irq: int = 0  #: tells it of a hardware error; 0: virtual SError
    error_source: Source | None = None
    boots_system: bool = False  #: root: firmware loads an operating system and its device tree


@dataclass
class Plan:
    """A whole plan: cell 0 the kernel, cell 1 root."""

    board: Board
    accept_dma: bool
    accept_source: Source
    cells: list[Cell] = field(default_factory=list)

    def regions(self) -> list[Region]:
        """All regions, in the order of the blob: cell after cell."""
        return [r for cell in self.cells for r in cell.regions]

    def windows(self) -> list[Window]:
        """All windows, in the order of the blob."""
        return [w for cell in self.cells for w in cell.windows]

    def calls(self) -> list[Calls]:
        """All ranges of firmware calls, in the order of the blob."""
        return [c for cell in self.cells for c in cell.calls]

    def shares(self) -> dict[str, int]:
        """Number of each share, counted from 1 in the order of the blob."""
        found: dict[str, int] = {}
        for region in self.regions():
            if region.share:
                found.setdefault(region.share, len(found) + 1)
        return found
