# SPDX-License-Identifier: Apache-2.0
"""The measurement of a cell before it exists: SHA-256 over its private memory, with the images that
will be loaded and zero elsewhere, as docs/spec/hypercalls.md says. Works on decoded blobs."""
from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from .decode import Contents, Piece
from .errors import PlanError, Source

PAGE = 4096
CHUNK = 256  #: pages hashed at once
HEADER = struct.Struct("<3I52x")  #: before the pages of a region: its ipn, n, flags
DEVICE, LOADABLE = 8, 16
FIRST_CELL = 2


@dataclass(frozen=True)
class Image:
    """Bytes at an address of the cell."""

    path: str
    address: int
    data: bytes


def find_cell(plan: Contents, name: str) -> int:
    """Index of a cell by its name. Raises PlanError."""
    names = [p.name for p in plan.parties]
    if name not in names[FIRST_CELL:]:
        raise PlanError("HC_NO_CELL", f"no cell '{name}' in the plan; there are: "
                        f"{', '.join(names[FIRST_CELL:])}", rule="CFG_TOOL_042", exit_code=2)
    return names.index(name, FIRST_CELL)


def measured(plan: Contents, cell: int) -> list[Piece]:
    """The regions that are measured, in the order of the plan: Normal memory that is not shared."""
    return [p for p in plan.pieces
            if p.owner == cell and p.share == 0 and not p.flags & DEVICE]


def address_of(word: str, text: str, rule: str) -> int:
    """The number behind the @ of a word. Raises PlanError."""
    try:
        return int(text, 0)
    except ValueError as err:
        raise PlanError("SYS_USAGE", f"'{word}' is not FILE@ADDRESS", rule=rule, exit_code=2) from err


def contents_of(path: str) -> bytes:
    """A file's bytes. Raises PlanError."""
    try:
        return Path(path).read_bytes()
    except OSError as err:
        raise PlanError("SYS_IO", f"{err.strerror or err}", Source(path, 0), exit_code=2) from err


def read_image(plan: Contents, cell: int, word: str) -> Image:
    """IMAGE[@ADDRESS], as 'bulkhead cell load' takes it. Raises PlanError.

    @req CFG_TOOL_042
    """
    path, mark, text = word.rpartition("@")
    if not mark:
        path, address = word, _first_loadable(plan, cell)
    else:
        address = address_of(word, text, "CFG_TOOL_042")
    data = contents_of(path)
    if not data or not any(_holds(p, address, len(data)) for p in measured(plan, cell)):
        raise PlanError("SYS_RANGE", f"{len(data)} bytes at {address:#x} do not fit a private region "
                        f"of cell '{plan.parties[cell].name}'", Source(path, 0),
                        rule="CFG_TOOL_042", hint="give the address at which it is loaded: "
                        "IMAGE@ADDRESS", a=address, b=len(data))
    return Image(path, address, data)


def _first_loadable(plan: Contents, cell: int) -> int:
    """Where an image without an address goes: as the command does it."""
    for piece in plan.pieces:
        if piece.owner == cell and piece.flags & LOADABLE:
            return piece.guest
    return plan.parties[cell].entry


def _holds(piece: Piece, address: int, size: int) -> bool:
    return piece.guest <= address and address + size <= piece.guest + piece.stop - piece.start


def digest(plan: Contents, cell: int, images: list[Image]) -> str:
    """SHA-256 in hexadecimal of what the kernel will find; of two images at one place the later.

    @req CFG_TOOL_042
    """
    total = hashlib.sha256()
    for piece in measured(plan, cell):
        pages = (piece.stop - piece.start) // PAGE
        total.update(HEADER.pack(piece.guest // PAGE, pages, piece.flags))
        for first in range(0, pages, CHUNK):
            count = min(CHUNK, pages - first)
            total.update(_memory(piece.guest + first * PAGE, count * PAGE, images))
    return total.hexdigest()


def _memory(address: int, size: int, images: list[Image]) -> bytes:
    """A part of the cell's memory."""
    found = bytearray(size)
    for image in images:
        low = max(address, image.address)
        high = min(address + size, image.address + len(image.data))
        if low < high:
            found[low - address:high - address] = image.data[low - image.address:
                                                             high - image.address]
    return bytes(found)
