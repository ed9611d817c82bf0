#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write docs/spec/el2-registers.md from src/arch/aarch64/el2regs.def.

usage: el2_registers.py [--check]     --check: exit 1 if the committed page is not current
"""
import re
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
TABLE = REPO / "src/arch/aarch64/el2regs.def"
PAGE = REPO / "docs/spec/el2-registers.md"
ROW = re.compile(r'^EL2REG\((\w+),\s*0x([0-9A-Fa-f]+)U,\s*0x([0-9A-Fa-f]+)U,\s*"([^"]*)"\)',
                 re.MULTILINE)
HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Generated from src/arch/aarch64/el2regs.def by docs/spec/el2_registers.py -->
# EL2 control registers

What the kernel does with each EL2 control register when it takes a CPU: the register becomes
(value found AND inherited) OR forced. When the CPU is given back, the value found is restored. Bits
that are neither inherited nor forced become 0. The names are those of the Arm ARM.

| register | inherited | forced | why |
|---|---|---|---|
"""
TAIL = """
Two values depend on what the CPU implements and are added at take (`implemented()` in
`src/arch/aarch64/cpu.c`): `HCR_EL2.TEA` and `TERR` where RAS is implemented, and `VTCR_EL2.PS` from
`ID_AA64MMFR0_EL1`. `VTTBR_EL2` is written each time that a map is loaded. Registers which are not
in this table keep what boot software left; see [limits.md](../../safety-case/limits.md).
"""


def bits(text):
    """A 64-bit value in groups of four digits, 0 as 0."""
    digits = f"{int(text, 16):016x}"
    return "0" if int(text, 16) == 0 else "0x" + "_".join(digits[i:i + 4] for i in range(0, 16, 4))


def page(text):
    """The page for the text of the table."""
    rows = ROW.findall(text)
    if len(rows) != len(re.findall(r"^EL2REG\(", text, re.MULTILINE)) or not rows:
        raise ValueError("a row of el2regs.def is not understood")
    return HEAD + "".join(f"| {name} | {bits(keep)} | {bits(force)} | {why} |\n"
                          for name, keep, force, why in rows) + TAIL


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
