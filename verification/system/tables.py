# SPDX-License-Identifier: Apache-2.0
"""Translation tables read out of the machine's memory, and what the plan says they must be. Written
from the Arm ARM (VMSAv8-64 descriptors), not from the kernel's code."""

import struct

PAGE = 4096
ENTRIES = 512
POOL_BYTES = 131072
ADDRESS = 0x0000FFFFFFFFF000
READ, WRITE, EXECUTE, DEVICE = 1, 2, 4, 8


def _table(ram, address):
    return struct.unpack("<512Q", ram(address, PAGE))


def _leaves(ram, address, level, base):
    """(first input page, output page, pages, descriptor) of all that a table maps."""
    span = ENTRIES ** (3 - level)
    for index, entry in enumerate(_table(ram, address)):
        page = base + index * span
        if entry & 3 == 3 and level < 3:
            yield from _leaves(ram, entry & ADDRESS, level + 1, page)
        elif entry & 3 == (3 if level == 3 else 1):
            yield page, (entry & ADDRESS) // PAGE, span, entry


def _stage2_flags(entry):
    access = (entry >> 6) & 3
    flags = (READ if access & 1 else 0) | (WRITE if access & 2 else 0)
    flags |= 0 if (entry >> 54) & 1 else EXECUTE
    return flags | (DEVICE if (entry >> 2) & 0xF < 4 else 0)


def stage2(ram, base, pool):
    """{input page: (output page, flags)} of an address space: 40 bits, two tables at level 1."""
    pages = {}
    for half in range(2):
        at = base + pool * POOL_BYTES + half * PAGE
        for page, out, count, entry in _leaves(ram, at, 1, half * ENTRIES ** 3):
            flags = _stage2_flags(entry)
            pages.update((page + i, (out + i, flags)) for i in range(count))
    return pages


def stage1(ram, base):
    """{page: (output page, writable, executable)} of the kernel's own map: 39 bits, at EL2."""
    pages = {}
    for page, out, count, entry in _leaves(ram, base, 1, 0):
        writable = (entry >> 7) & 1 == 0
        executable = (entry >> 54) & 1 == 0
        pages.update((page + i, (out + i, writable, executable)) for i in range(count))
    return pages


class Plan:
    """The parts of a blob that say who has which page."""

    def __init__(self, blob):
        n = struct.unpack_from("<I", blob, 28)[0]
        names = ("ppn", "ipn", "n", "own", "flags", "share", "root")
        self.regions = [dict(zip(names, struct.unpack_from("<QIIIIII", blob, 1520 + 32 * i)))
                        for i in range(n)]

    def owned(self, cell):
        """{input page: (output page, flags)}: all regions of a cell."""
        return {r["ipn"] + i: (r["ppn"] + i, r["flags"] & 15)
                for r in self.regions if r["own"] == cell for i in range(r["n"])}

    def of_cell(self, cell):
        return self.owned(cell)

    def of_root(self, live, loading=()):
        """Root's regions without what live cells have for themselves; a loading cell's loadable
        regions are lent to root, not to be executed."""
        pages = self.owned(1)
        for r in self.regions:
            if r["own"] not in live or r["root"] == 1:
                continue
            for page in range(r["ppn"], r["ppn"] + r["n"]):
                if r["own"] in loading and r["flags"] & 16:
                    continue
                pages.pop(page, None)
        return pages


def difference(got, wanted):
    """The first pages in which two maps differ, in words; empty when they are one."""
    out = []
    for page in sorted(set(got) | set(wanted)):
        if got.get(page) != wanted.get(page):
            out.append(f"{page * PAGE:#x}: {got.get(page)}, the plan says {wanted.get(page)}")
        if len(out) == 3:
            break
    return "; ".join(out)
