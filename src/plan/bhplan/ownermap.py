# SPDX-License-Identifier: Apache-2.0
"""The owner map of a plan, from the model: every byte, CPU and interrupt with its owner and source.

The text without its last column (from "  @ " on) is what `bulkhead-plan show` regenerates from the
blob by other code; docs/spec/plan-blob.md describes the form.
"""
from __future__ import annotations

import zlib

from .board import PHYS_END
from .encode import VERSION
from .errors import Source
from .model import (AUTOSTART, CONTINUE, INJECTED, KERNEL, MEASURED, RESTART, ROOT, Cell, Plan, Region,
                    granted, letters, locked)

MARK = "  @ "  #: before the sources of a row
HEADER = """bulkhead map 1
Who owns every byte, CPU and interrupt once all cells exist. While a cell does not exist,
root has what stands in parentheses. An access to memory of nobody traps to the kernel."""


def owner_map(plan: Plan, blob: bytes) -> str:
    """The map, lines ended by newline, sources in the last column.

    @req CFG_TOOL_016
    """
    lines = [HEADER, "", "plan:"] + _plan_rows(plan, blob)
    lines += ["", "cells:"] + [_cell_row(n, c) for n, c in enumerate(plan.cells)]
    lines += ["", "memory:"] + _memory_rows(plan)
    lines += ["", "cpus:"] + _cpu_rows(plan)
    lines += ["", "interrupts:"] + _irq_rows(plan)
    if plan.windows():
        lines += ["", "windows:"]
        lines += [_with(f"{w.phys:#014x}-{w.end - 1:#014x} {plan.cells[w.owner].name}:{w.rights}"
                        f"@{w.virt:#x}", [w.source]) for w in plan.windows()]
    if plan.calls():
        lines += ["", "calls:"]
        lines += [_with(f"{c.first:#010x}-{c.last:#010x} {plan.cells[c.owner].name}", [c.source])
                  for c in plan.calls()]
    return "\n".join(lines) + "\n"


def without_sources(text: str) -> str:
    """The map without its last column."""
    return "".join(line.split(MARK)[0].rstrip("\n") + "\n" for line in text.splitlines())


def _with(row: str, sources: list[Source]) -> str:
    names = list(dict.fromkeys(s.brief for s in sources))
    return f"{row}{MARK}{', '.join(names)}" if names else row


def _plan_rows(plan: Plan, blob: bytes) -> list[str]:
    status = plan.board.status
    crc = zlib.crc32(blob[:-4])
    return [f"{len(blob)} bytes, format {VERSION}, crc {crc:#010x}",
            _with(f"board {plan.board.number}", [plan.board.source]),
            _with(f"accept_unprotected_dma {str(plan.accept_dma).lower()}", [plan.accept_source]),
            _with(f"status pages {status.base:#x}-{status.end - 1:#x}", [status.source])]


def _cell_row(number: int, cell: Cell) -> str:
    row = f"{number} {cell.name:15}"
    if number != KERNEL:
        row += (f" entry {cell.entry:#x} comm {cell.comm:#x}"
                f" policy {'continue' if cell.flags & CONTINUE else 'park'}"
                f" autostart {str(bool(cell.flags & AUTOSTART)).lower()}"
                f" interrupt_mode {'injected' if cell.flags & INJECTED else 'direct'}"
                f" measure {str(bool(cell.flags & MEASURED)).lower()}")
    if cell.grants:
        row += f" grants {','.join(granted(cell.grants))}"
    if cell.locks:
        row += f" locks {','.join(locked(cell.locks))}"
    row += f" digest {cell.digest}" if cell.digest else ""
    row += f" watchdog {cell.watch_us} us cpu{cell.watch_cpu}" if cell.watch_us else ""
    row += f" error_interrupt {cell.error_irq}" if cell.error_irq else ""
    row += " restart true" if cell.flags & RESTART else ""
    return _with(row.rstrip(), [cell.source])


def _size(count: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB")):
        if count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count // 1024} KiB"


def _memory_rows(plan: Plan) -> list[str]:
    regions = plan.regions()
    edges = sorted({0, PHYS_END} | {r.phys for r in regions} | {r.end for r in regions})
    rows = []
    for low, high in zip(edges, edges[1:]):
        claims = [r for r in regions if r.phys <= low and high <= r.end]
        claims.sort(key=lambda r: r.owner == ROOT)
        row = f"{low:#014x}-{high - 1:#014x} {_size(high - low):>11}  {_claims(plan, claims, low)}"
        rows.append(_with(row, [r.source for r in claims]))
    return rows


def _claims(plan: Plan, claims: list[Region], low: int) -> str:
    """Owners of a range, then how each side has it."""
    if not claims:
        return "nobody"
    holders = [r for r in claims if r.owner != ROOT]
    lent = [r for r in claims if r.owner == ROOT]
    keeps = all(r.root for r in holders)
    names = [plan.cells[r.owner].name for r in holders] + (["root"] if keeps and lent else [])
    sides = [_side(plan, r, low) for r in holders]
    if keeps:
        sides += [_side(plan, r, low) for r in lent]
    elif all(r.owner != KERNEL for r in holders):
        sides += [f"({_side(plan, r, low)})" for r in lent]
    return f"{'+'.join(dict.fromkeys(names)):15} {' '.join(sides)}"


def _side(plan: Plan, region: Region, low: int) -> str:
    at = region.virt + low - region.phys
    text = f"{plan.cells[region.owner].name}:{letters(region.flags)}@{at:#x}"
    return text + (f":share{plan.shares()[region.share]}" if region.share else "")


def _claim(plan: Plan, claims: list[dict[int, Source]], number: int) -> tuple[str, list[Source]]:
    """Who claims a CPU or interrupt, and where: a cell before root."""
    names = [c.name for c, claimed in zip(plan.cells, claims) if number in claimed]
    sources = [claimed[number] for claimed in claims if number in claimed]
    if len(names) > 1 and "root" in names:
        names.remove("root")
        return f"{'+'.join(names)} (root)", sources
    return "+".join(names) or "nobody", sources


def _cpu_rows(plan: Plan) -> list[str]:
    rows = []
    for cpu, mpidr in enumerate(plan.board.mpidr):
        who, sources = _claim(plan, [c.cpus for c in plan.cells], cpu)
        rows.append(_with(f"cpu{cpu} mpidr {mpidr:#x} {who}", sources))
    return rows


def _irq_rows(plan: Plan) -> list[str]:
    rows: list[tuple[int, int, str, list[Source]]] = []
    claims = [c.irqs for c in plan.cells]
    for irq in range(32, 1020):
        who, sources = _claim(plan, claims, irq)
        if rows and rows[-1][2] == who:
            rows[-1] = (rows[-1][0], irq, who, rows[-1][3] + sources)
        else:
            rows.append((irq, irq, who, sources))
    return [_with(f"{first}-{last} {who}", sources) for first, last, who, sources in rows]
