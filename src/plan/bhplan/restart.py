# SPDX-License-Identifier: Apache-2.0
"""The image from which root begins anew: a small program, a table, and what the program copies to where
root can write (src/inmate/restart/restart.S)."""
from __future__ import annotations

import struct

from .decode import Contents, Piece
from .errors import PlanError, Source
from .measure import Image, address_of, contents_of

TABLE = 4096          #: the program lies before it
STEP = 64             #: addresses are multiples, bytes are padded
COPIES_MAX = 16
MAGIC = b"BHRSTART"
HEAD = struct.Struct("<8s2Q")
COPY = struct.Struct("<3Q")
ROOT = 1


def place(plan: Contents) -> Piece:
    """The memory of root that holds its entry and cannot be written. Raises PlanError."""
    root = plan.parties[ROOT]
    found = [p for p in plan.pieces if p.owner == ROOT and p.rights == "rx" and
             p.guest <= root.entry < p.guest + p.stop - p.start]
    if not root.restart or not found:
        raise PlanError("PLAN_VALUE", "root of this plan does not begin anew", rule="CFG_TOOL_054",
                        hint="write restart = { base = ..., size = ... } into [root]", exit_code=2)
    return found[0]


def part(plan: Contents, word: str) -> Image:
    """FILE@ADDRESS, into memory that root can write. Raises PlanError.

    @req CFG_TOOL_054
    """
    path, _, text = word.rpartition("@")
    address, data = address_of(word, text, "CFG_TOOL_054"), contents_of(path)
    size = len(data) + -len(data) % STEP
    good = any(p.owner == ROOT and p.rights == "rwx" and p.guest <= address and
               address + size <= p.guest + p.stop - p.start for p in plan.pieces)
    good = good and not any(p.owner != ROOT and p.start < address + size and address < p.stop
                            for p in plan.pieces)  # root has what is left
    if not data or address % STEP or not good:
        raise PlanError("SYS_RANGE", f"{len(data)} bytes at {address:#x} do not fit memory that root can "
                        "write", Source(path, 0), rule="CFG_TOOL_054", a=address, b=len(data),
                        hint=f"addresses are multiples of {STEP}")
    return Image(path, address, data + bytes(size - len(data)))


def compose(plan: Contents, program: bytes, parts: list[Image]) -> bytes:
    """The image, for the address of root's entry. The first part is what is started. Raises PlanError.

    @req CFG_TOOL_054
    """
    room = place(plan)
    if not 0 < len(program) <= TABLE or not 0 < len(parts) <= COPIES_MAX:
        raise PlanError("SYS_RANGE", f"a program of {len(program)} bytes, {len(parts)} files: at most "
                        f"{TABLE} bytes, 1 to {COPIES_MAX} files", rule="CFG_TOOL_054", exit_code=2)
    for one, two in ((a, b) for i, a in enumerate(parts) for b in parts[:i]):
        if one.address < two.address + len(two.data) and two.address < one.address + len(one.data):
            raise PlanError("SYS_RANGE", f"'{two.path}' at {two.address:#x} and '{one.path}' at "
                            f"{one.address:#x} overlap", rule="CFG_TOOL_054", a=one.address, b=two.address)
    at = TABLE + HEAD.size + COPY.size * len(parts)
    at += -at % STEP
    rows, body = [], b""
    for one in parts:
        rows.append(COPY.pack(at + len(body), one.address, len(one.data)))
        body += one.data
    head = program.ljust(TABLE, b"\0") + HEAD.pack(MAGIC, len(parts), parts[0].address) + b"".join(rows)
    whole = head.ljust(at, b"\0") + body
    left = room.guest + room.stop - room.start - plan.parties[ROOT].entry
    if len(whole) > left:
        raise PlanError("SYS_RANGE", f"{len(whole)} bytes, but from root's entry on there are {left}",
                        rule="CFG_TOOL_054", a=len(whole), b=left, hint="make restart.size larger")
    return whole
