# SPDX-License-Identifier: Apache-2.0
"""The decompiler: from the bytes of a plan back to words and to the owner map.

It shares no code and no table with the compiler: offsets below are its own, compared with the C
header by a test. It believes nothing: what cannot be read is refused, with the judge's ID.
"""
from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass

# name: (offset, bytes of one element, elements)
PLAN = {"magic": (0, 8, 1), "version": (8, 4, 1), "size": (12, 4, 1), "board": (16, 4, 1),
        "flags": (20, 4, 1), "n_cells": (24, 4, 1), "n_regions": (28, 4, 1), "n_cpus": (32, 4, 1),
        "status_n": (36, 4, 1), "status_ppn": (40, 8, 1), "mpidr": (48, 8, 8),
        "cells": (112, 176, 8), "regions": (1520, 32, 128), "policy": (5616, 52, 8),
        "windows": (6032, 32, 16), "calls": (6544, 12, 16), "n_windows": (6736, 4, 1),
        "n_calls": (6740, 4, 1), "reserved": (6744, 1, 4), "crc": (6748, 4, 1)}
CELL = {"name": (0, 1, 16), "first": (16, 4, 1), "count": (20, 4, 1), "cpus": (24, 4, 1),
        "flags": (28, 4, 1), "entry": (32, 8, 1), "comm": (40, 8, 1), "irqs": (48, 4, 32)}
REGION = {"ppn": (0, 8, 1), "ipn": (8, 4, 1), "n": (12, 4, 1), "own": (16, 4, 1),
          "flags": (20, 4, 1), "share": (24, 4, 1), "root": (28, 4, 1)}
POLICY = {"locks": (0, 4, 1), "grants": (4, 4, 1), "digest": (8, 4, 8),
          "watch_us": (40, 4, 1), "watch_cpu": (44, 4, 1), "error_irq": (48, 4, 1)}
WINDOW = {"ppn": (0, 8, 1), "ipn": (8, 4, 1), "offset": (12, 4, 1), "bytes": (16, 4, 1),
          "own": (20, 4, 1), "flags": (24, 4, 1), "reserved": (28, 4, 1)}
CALL = {"first": (0, 4, 1), "last": (4, 4, 1), "own": (8, 4, 1)}
SIZES = {"plan": 6752, "cell": 176, "region": 32, "policy": 52, "window": 32, "call": 12}
LIMITS = {"n_cells": (2, 8), "n_regions": (0, 128), "n_cpus": (1, 8), "n_windows": (0, 16),
          "n_calls": (0, 16)}
FORMAT = 4
PAGE_SHIFT = 12
MEMORY_END = 0x1000000000000


GRANT_WORDS = {1: "lock-all", 2: "measure"}
LOCK_WORDS = {1: "create", 2: "load", 4: "start", 8: "disable", 16: "debug"}


class DecodeError(Exception):
    """A blob which cannot be read: name of the error, what is wrong, two values."""

    def __init__(self, name: str, message: str, a: int = 0, b: int = 0):
        super().__init__(message)
        self.name, self.message, self.a, self.b = name, message, a, b


@dataclass(frozen=True)
class Piece:
    """A region as it stands in the blob; addresses in bytes."""

    index: int
    start: int
    stop: int
    guest: int
    owner: int
    rights: str
    flags: int
    share: int
    root: bool


@dataclass(frozen=True)
class Party:
    """A cell as it stands in the blob."""

    name: str
    first: int
    count: int
    cpus: int
    policy: str
    autostart: bool
    interrupt_mode: str
    entry: int
    comm: int
    interrupts: int
    measured: bool
    grants: tuple[str, ...]
    locks: tuple[str, ...]
    digest: str
    watch_us: int
    watch_cpu: int
    error_irq: int
    restart: bool

    @property
    def watchdog(self) -> str:
        """Deadline and CPU of its watchdog, as words."""
        return "%d us cpu%d" % (self.watch_us, self.watch_cpu) if self.watch_us else "none"


@dataclass(frozen=True)
class Pane:
    """A window as it stands in the blob; addresses in bytes."""

    start: int
    stop: int
    guest: int
    owner: int
    rights: str


@dataclass(frozen=True)
class Span:
    """A range of firmware calls as it stands in the blob."""

    first: int
    last: int
    owner: int


@dataclass(frozen=True)
class Contents:
    """A decoded plan."""

    board: int
    accepts_dma: bool
    crc: int
    status: tuple[int, int]
    mpidr: tuple[int, ...]
    parties: tuple[Party, ...]
    pieces: tuple[Piece, ...]
    panes: tuple[Pane, ...] = ()
    spans: tuple[Span, ...] = ()


def _number(blob: bytes, base: int, place: tuple[int, int, int], index: int = 0) -> int:
    start = base + place[0] + index * place[1]
    return int.from_bytes(blob[start:start + place[1]], "little")


def _rights(flags: int) -> str:
    return "".join(c for i, c in enumerate("rwxdl") if flags >> i & 1)


def _require_frame(blob: bytes) -> None:
    """Length, magic, version, size, checksum and counts; raises DecodeError."""
    if len(blob) != SIZES["plan"]:
        raise DecodeError("PLAN_SIZE", f"{len(blob)} bytes, {SIZES['plan']} expected", len(blob),
                          SIZES["plan"])
    if blob[:8] != b"BMHPLAN1":
        raise DecodeError("PLAN_MAGIC", "the first bytes are not those of a plan")
    version = _number(blob, 0, PLAN["version"])
    if version != FORMAT:
        raise DecodeError("PLAN_VERSION", f"format {version}, {FORMAT} expected", version, FORMAT)
    size = _number(blob, 0, PLAN["size"])
    if size != SIZES["plan"]:
        raise DecodeError("PLAN_SIZE", f"it says {size} bytes, {SIZES['plan']} expected", size,
                          SIZES["plan"])
    found, computed = _number(blob, 0, PLAN["crc"]), crc32(blob[:PLAN["crc"][0]])
    if found != computed:
        raise DecodeError("PLAN_CRC", f"checksum {found:#x}, computed {computed:#x}", found,
                          computed)
    for name, (least, most) in LIMITS.items():
        count = _number(blob, 0, PLAN[name])
        if not least <= count <= most:
            raise DecodeError("PLAN_COUNT", f"{name} is {count}, not in {least}..{most}", count,
                              most)


def _worded(bits: int, words: dict[int, str]) -> tuple[str, ...]:
    """Bits by their words; one without a word as a number."""
    found = tuple(word for bit, word in words.items() if bits & bit)
    rest = bits & ~sum(words)
    return found + ((hex(rest),) if rest else ())


def _party(blob: bytes, index: int) -> Party:
    base = PLAN["cells"][0] + index * PLAN["cells"][1]
    value = {key: _number(blob, base, place) for key, place in CELL.items()}
    name = blob[base:base + 16].split(b"\0")[0]
    bits = int.from_bytes(blob[base + 48:base + 48 + 128], "little")
    text = name.decode("ascii", "backslashreplace")
    rules = PLAN["policy"][0] + index * PLAN["policy"][1]
    words = [_number(blob, rules, POLICY["digest"], i) for i in range(8)]
    return Party(text, value["first"], value["count"], value["cpus"],
                 "continue" if value["flags"] & 2 else "park", bool(value["flags"] & 1),
                 "injected" if value["flags"] & 4 else "direct", value["entry"], value["comm"], bits,
                 bool(value["flags"] & 8), _worded(_number(blob, rules, POLICY["grants"]), GRANT_WORDS),
                 _worded(_number(blob, rules, POLICY["locks"]), LOCK_WORDS),
                 "".join("%08x" % w for w in words) if any(words) else "",
                 _number(blob, rules, POLICY["watch_us"]), _number(blob, rules, POLICY["watch_cpu"]),
                 _number(blob, rules, POLICY["error_irq"]), bool(value["flags"] & 16))


def _piece(blob: bytes, index: int) -> Piece:
    base = PLAN["regions"][0] + index * PLAN["regions"][1]
    value = {key: _number(blob, base, place) for key, place in REGION.items()}
    start = value["ppn"] << PAGE_SHIFT
    return Piece(index, start, start + (value["n"] << PAGE_SHIFT), value["ipn"] << PAGE_SHIFT,
                 value["own"], _rights(value["flags"]), value["flags"], value["share"], value["root"] == 1)


def _pane(blob: bytes, index: int) -> Pane:
    base = PLAN["windows"][0] + index * PLAN["windows"][1]
    value = {key: _number(blob, base, place) for key, place in WINDOW.items()}
    start = (value["ppn"] << PAGE_SHIFT) + value["offset"]
    ways = "".join(c for i, c in enumerate("rw") if value["flags"] >> i & 1)
    widths = ",".join(str(1 << i) for i in range(4) if value["flags"] >> i + 2 & 1)
    return Pane(start, start + value["bytes"], (value["ipn"] << PAGE_SHIFT) + value["offset"],
                value["own"], ways + "/" + widths)


def _span(blob: bytes, index: int) -> Span:
    base = PLAN["calls"][0] + index * PLAN["calls"][1]
    return Span(*(_number(blob, base, CALL[key]) for key in ("first", "last", "own")))


def _require_owners(count: int, panes: tuple[Pane, ...], spans: tuple[Span, ...]) -> None:
    for i, pane in enumerate(panes):
        if pane.owner >= count:
            raise DecodeError("PLAN_WINDOW", f"window {i} belongs to cell {pane.owner} of {count}", i,
                              pane.owner)
    for i, span in enumerate(spans):
        if span.owner >= count:
            raise DecodeError("PLAN_CALL", f"range {i} of calls belongs to cell {span.owner} of {count}",
                              i, span.first)


def decode(blob: bytes) -> Contents:
    """The contents of a blob. Raises DecodeError if it cannot be read.

    @req CFG_TOOL_015 CFG_TOOL_018
    """
    _require_frame(blob)
    count = {name: _number(blob, 0, PLAN[name]) for name in LIMITS}
    parties = tuple(_party(blob, i) for i in range(count["n_cells"]))
    pieces = tuple(_piece(blob, i) for i in range(count["n_regions"]))
    for piece in pieces:
        if piece.owner >= count["n_cells"]:
            raise DecodeError("PLAN_REGION", f"region {piece.index} belongs to cell {piece.owner} "
                              f"of {count['n_cells']}", piece.index, piece.owner)
    panes = tuple(_pane(blob, i) for i in range(count["n_windows"]))
    spans = tuple(_span(blob, i) for i in range(count["n_calls"]))
    _require_owners(count["n_cells"], panes, spans)
    start = _number(blob, 0, PLAN["status_ppn"]) << PAGE_SHIFT
    stop = start + (_number(blob, 0, PLAN["status_n"]) << PAGE_SHIFT)
    mpidr = tuple(_number(blob, 0, PLAN["mpidr"], i) for i in range(count["n_cpus"]))
    return Contents(_number(blob, 0, PLAN["board"]), bool(_number(blob, 0, PLAN["flags"]) & 1),
                    _number(blob, 0, PLAN["crc"]), (start, stop), mpidr, parties, pieces, panes, spans)


def describe_range(start: int, stop: int) -> str:
    """A range as it stands in messages."""
    return f"0x{start:x}-0x{stop - 1:x}"


# ---- the map, in the form of docs/spec/plan-blob.md

PREAMBLE = (
    "bulkhead map 1",
    "Who owns every byte, CPU and interrupt once all cells exist. While a cell does not exist,",
    "root has what stands in parentheses. An access to memory of nobody traps to the kernel.",
)


def _amount(count: int) -> str:
    kib = count >> 10
    if kib % (1 << 20) == 0:
        return "%d GiB" % (kib >> 20)
    if kib % (1 << 10) == 0:
        return "%d MiB" % (kib >> 10)
    return "%d KiB" % kib


def stretches(plan: Contents) -> list[tuple[int, int, list[Piece]]]:
    """All physical addresses cut at every region's ends, with the regions that cover each."""
    cuts = {0, MEMORY_END}
    for piece in plan.pieces:
        cuts.update((piece.start, piece.stop))
    points = sorted(c for c in cuts if c <= MEMORY_END)
    found = []
    for place in range(len(points) - 1):
        start, stop = points[place], points[place + 1]
        found.append((start, stop, [p for p in plan.pieces if p.start < stop and start < p.stop]))
    return found


def owners(plan: Contents, over: list[Piece]) -> list[str]:
    """Names of those who own a stretch once all cells exist."""
    cells = [p for p in over if p.owner != 1]
    root = [p for p in over if p.owner == 1]
    result: list[str] = []
    kept = any(not p.root for p in cells)
    for piece in cells + ([] if kept else root):
        if plan.parties[piece.owner].name not in result:
            result.append(plan.parties[piece.owner].name)
    return result or ["nobody"]


def _memory_line(plan: Contents, start: int, stop: int, over: list[Piece]) -> str:
    line = "0x%012x-0x%012x %11s  " % (start, stop - 1, _amount(stop - start))
    who = owners(plan, over)
    if not over:
        return line + who[0]
    line += "%-15s" % "+".join(who)
    if any(p.owner == 0 for p in over):
        over = [p for p in over if p.owner != 1]
    for piece in sorted(over, key=lambda p: (p.owner == 1, p.index)):
        side = "%s:%s@0x%x" % (plan.parties[piece.owner].name, piece.rights,
                               piece.guest + (start - piece.start))
        if piece.share:
            side += ":share%d" % piece.share
        line += " " + (side if piece.owner != 1 or "root" in who else "(" + side + ")")
    return line


def _claimants(plan: Contents, word: str, bit: int) -> str:
    """Who has a CPU or an interrupt: a cell, or else root."""
    bits = [getattr(p, word) >> bit & 1 for p in plan.parties]
    cells = [p.name for i, p in enumerate(plan.parties) if bits[i] and i != 1]
    if not bits[1]:
        return "+".join(cells) or "nobody"
    return "+".join(cells) + " (root)" if cells else plan.parties[1].name


def runs(plan: Contents) -> list[tuple[int, int, str]]:
    """Interrupts 32 to 1019 as runs with one owner: first, last, owner."""
    found: list[tuple[int, int, str]] = []
    start = 32
    for number in range(32, 1020):
        who = _claimants(plan, "interrupts", number)
        if number == 1019 or _claimants(plan, "interrupts", number + 1) != who:
            found.append((start, number, who))
            start = number + 1
    return found


def _party_line(index: int, party: Party) -> str:
    if index == 0:
        return "0 %s" % party.name
    line = "%d %-15s entry 0x%x comm 0x%x policy %s autostart %s interrupt_mode %s measure %s" % (
        index, party.name, party.entry, party.comm, party.policy,
        "true" if party.autostart else "false", party.interrupt_mode,
        "true" if party.measured else "false")
    if party.grants:
        line += " grants " + ",".join(party.grants)
    if party.locks:
        line += " locks " + ",".join(party.locks)
    if party.digest:
        line += " digest " + party.digest
    if party.watch_us:
        line += " watchdog " + party.watchdog
    if party.error_irq:
        line += " error_interrupt %d" % party.error_irq
    return line + (" restart true" if party.restart else "")


def text_map(plan: Contents) -> str:
    """The owner map, as build writes it but for the sources."""
    out = list(PREAMBLE)
    out += ["", "plan:", "%d bytes, format %d, crc 0x%08x" % (SIZES["plan"], FORMAT, plan.crc),
            "board %d" % plan.board,
            "accept_unprotected_dma %s" % ("true" if plan.accepts_dma else "false"),
            "status pages %s" % describe_range(*plan.status)]
    out += ["", "cells:"]
    out += [_party_line(i, p) for i, p in enumerate(plan.parties)]
    out += ["", "memory:"]
    out += [_memory_line(plan, *stretch) for stretch in stretches(plan)]
    out += ["", "cpus:"]
    out += ["cpu%d mpidr 0x%x %s" % (i, m, _claimants(plan, "cpus", i))
            for i, m in enumerate(plan.mpidr)]
    out += ["", "interrupts:"]
    out += ["%d-%d %s" % run for run in runs(plan)]
    if plan.panes:
        out += ["", "windows:"]
        out += ["0x%012x-0x%012x %s:%s@0x%x" % (p.start, p.stop - 1, plan.parties[p.owner].name,
                                              p.rights, p.guest) for p in plan.panes]
    if plan.spans:
        out += ["", "calls:"]
        out += ["0x%08x-0x%08x %s" % (s.first, s.last, plan.parties[s.owner].name)
                for s in plan.spans]
    return "\n".join(out) + "\n"


def as_json(plan: Contents) -> dict:
    """The same for machines."""
    return {
        "format": "bulkhead-plan-show", "version": 1, "board": plan.board, "crc": plan.crc,
        "accept_unprotected_dma": plan.accepts_dma,
        "status": {"first": plan.status[0], "last": plan.status[1] - 1},
        "cells": [{"index": i, "name": p.name, "entry": p.entry, "comm": p.comm, "policy": p.policy,
                   "autostart": p.autostart, "interrupt_mode": p.interrupt_mode,
                   "measure": p.measured, "digest": p.digest or None, "grants": list(p.grants),
                   "locks": list(p.locks),
                   "watchdog": {"deadline_us": p.watch_us, "cpu": p.watch_cpu} if p.watch_us else None,
                   "error_interrupt": p.error_irq or None, "restart": p.restart,
                   "cpus": [c for c in range(len(plan.mpidr)) if p.cpus >> c & 1]}
                  for i, p in enumerate(plan.parties)],
        "memory": [{"first": start, "last": stop - 1, "owners": owners(plan, over),
                    "regions": [{"region": p.index, "cell": plan.parties[p.owner].name,
                                 "flags": p.rights, "address": p.guest + start - p.start,
                                 "share": p.share, "root": p.root} for p in over]}
                   for start, stop, over in stretches(plan)],
        "cpus": [{"cpu": i, "mpidr": m, "owner": _claimants(plan, "cpus", i)}
                 for i, m in enumerate(plan.mpidr)],
        "interrupts": [{"first": a, "last": b, "owner": who} for a, b, who in runs(plan)],
        "windows": [{"first": p.start, "last": p.stop - 1, "cell": plan.parties[p.owner].name,
                     "flags": p.rights, "address": p.guest} for p in plan.panes],
        "calls": [{"first": s.first, "last": s.last, "cell": plan.parties[s.owner].name}
                  for s in plan.spans],
    }
