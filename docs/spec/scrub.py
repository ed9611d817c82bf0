#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write docs/spec/cpu-state.md from src/arch/aarch64/scrub.def.

usage: scrub.py [--check]     --check: exit 1 if the committed page is not current
"""
import dataclasses
import re
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
TABLE = REPO / "src/arch/aarch64/scrub.def"
PAGE = REPO / "docs/spec/cpu-state.md"
CALL = re.compile(r'^(SCRUB_\w+)\((.*)\)$')
WIDTH = {"SCRUB_SECTION": 1, "SCRUB_PRESENT": 0, "SCRUB_FEATURE": 3, "SCRUB_COUNT": 5,
         "SCRUB_NEED": 4, "SCRUB_IF": 5, "SCRUB_CODE": 3, "SCRUB_AS": 6, "SCRUB_GIC": 4,
         "SCRUB_NOT": 3}
CLEARS_BY_ONES = (0xFF, 0xFFFFFFFF)
HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Generated from src/arch/aarch64/scrub.def by docs/spec/scrub.py -->
# CPU state at change of owner

Each time that a CPU enters a cell, root included, the kernel writes these registers, after the general
registers and before the CPU interface of the GIC. So nothing that the former owner left can be read, or
influences the next one. A register that is not implemented, or that EL1 is kept from, is left out. "4 of
n" is written if the CPU has at least 4. The names are those of the Arm ARM.

A system test tries every encoding of a system register from EL1. One that can be written and is in none
of these tables fails it.
"""
GIC = """
## CPU interface

By `gic_cpu_reset()`, with the virtual interface (`ICH_VMCR_EL2`, `ICH_HCR_EL2`) and the private interrupts.

| register | written | why |
|---|---|---|
"""
NOT = """
## Not written

| register | why not |
|---|---|
"""
TAIL = """
What no machine of the tests has is not in these tables: [limits.md](../../safety-case/limits.md).
"""


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table. least: 0 where there is no such column."""
    kind: str
    name: str
    asm: str
    why: str
    least: int = 0
    value: int = 0
    cell: str = ""
    section: str = ""

    @property
    def found(self):
        """What the next owner reads."""
        return 0 if self.value in CLEARS_BY_ONES else self.value


def arguments(text):
    """Arguments of a macro; the last one may be a string with commas."""
    head, quote, why = text.partition('"')
    words = [w.strip() for w in head.split(",") if w.strip()]
    return words + ([why.removesuffix('"')] if quote else [])


def row(kind, a, section):
    """The row of one call of a macro."""
    if kind == "SCRUB_IF":
        return Row(kind, a[0], a[1], a[4], int(a[2]), int(a[3], 16), a[0], section)
    if kind == "SCRUB_AS":
        return Row(kind, a[0], a[1], a[5], int(a[2]), int(a[3], 16), a[4], section)
    if kind == "SCRUB_GIC":
        return Row(kind, a[0], a[1], a[3], value=int(a[2], 16))
    return Row(kind, a[0], a[1], a[-1], section=section)


def read(text):
    """(rows, {section: what it needs}) of the table, in its order."""
    rows, needs, section = [], {}, ""
    for line in re.sub(r"/\*.*?\*/", "", text, flags=re.S).splitlines():
        call = CALL.match(line.strip())
        if not line.strip():
            continue
        kind, a = (call[1], arguments(call[2])) if call else ("", [])
        if WIDTH.get(kind) != len(a):
            raise ValueError(f"a row of scrub.def is not understood: {line}")
        if kind == "SCRUB_SECTION":
            section = a[0]
            needs[section] = []
        elif kind == "SCRUB_FEATURE":
            needs[section].append(f"{a[0]}[{int(a[2]) + 3}:{a[2]}]")
        elif kind == "SCRUB_COUNT":
            more = f" + {a[4]}" if a[4] != "0" else ""
            needs[section].append(f"n = {a[0]}[{int(a[2]) + int(a[3]) - 1}:{a[2]}]{more}")
        elif kind == "SCRUB_NEED":
            needs[section].append(f"{a[0]}[{a[2]}] = {a[3]}")
        elif kind != "SCRUB_PRESENT":
            rows.append(row(kind, a, section))
    return rows, needs


def line_of(r, counted):
    """A row of a section's table."""
    if r.kind == "SCRUB_CODE":
        return f"| {r.name} | 0 | {r.why} |\n"
    name = r.name if r.kind == "SCRUB_IF" else f"{r.name}, to the cell {r.cell}"
    least = f", {r.least} of n" if counted else ""
    return f"| {name}{least} | {'0' if r.value == 0 else hex(r.value)} | {r.why} |\n"


def page(text):
    """The page for the text of the table."""
    rows, needs = read(text)
    out = HEAD
    for section, need in needs.items():
        own = [r for r in rows if r.section == section and r.kind not in ("SCRUB_GIC", "SCRUB_NOT")]
        counted = any(n.startswith("n = ") for n in need)
        out += f"\n## {section[0].upper()}{section[1:]}\n\n"
        out += f"Needs {'; '.join(need)}.\n\n" if need else ""
        out += "| register | written | why |\n|---|---|---|\n"
        out += "".join(line_of(r, counted) for r in own)
    out += GIC + "".join(f"| {r.name} | {hex(r.value) if r.value else 0} | {r.why} |\n"
                         for r in rows if r.kind == "SCRUB_GIC")
    out += NOT + "".join(f"| {r.name} | {r.why} |\n" for r in rows if r.kind == "SCRUB_NOT")
    return out + TAIL


def main():
    """Write or check the page."""
    text = page(TABLE.read_text())
    if sys.argv[1:] == ["--check"]:
        return 0 if PAGE.exists() and PAGE.read_text() == text else 1
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
