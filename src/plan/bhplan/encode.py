# SPDX-License-Identifier: Apache-2.0
"""From the model to the blob: struct bh_plan of src/abi/plan.h, little endian."""
from __future__ import annotations

import struct
import zlib

from .board import PAGE
from .model import CALLS_MAX, CELLS_MAX, CPUS_MAX, REGIONS_MAX, WINDOWS_MAX, Cell, Plan, Region

MAGIC = 0x314E414C50484D42
VERSION = 4
HEAD = struct.Struct("<Q8IQ")        #: magic to status_ppn
CELL = struct.Struct("<16s4I2Q32I")  #: struct bh_cell
REGION = struct.Struct("<Q6I")       #: struct bh_region
POLICY = struct.Struct("<2I8I3I")    #: struct bh_policy
WINDOW = struct.Struct("<Q6I")       #: struct bh_window
CALL = struct.Struct("<3I")          #: struct bh_call
TAIL = 16                            #: counts of windows and calls, reserved and crc
BYTES = (HEAD.size + 8 * CPUS_MAX + (CELL.size + POLICY.size) * CELLS_MAX
         + REGION.size * REGIONS_MAX + WINDOW.size * WINDOWS_MAX + CALL.size * CALLS_MAX + TAIL)
ACCEPT_DMA = 1


def encode(plan: Plan) -> bytes:
    """The blob of a plan which passed rules.judge().

    @req CFG_TOOL_014
    """
    board, regions, shares = plan.board, plan.regions(), plan.shares()
    parts = [HEAD.pack(MAGIC, VERSION, BYTES, board.number, ACCEPT_DMA if plan.accept_dma else 0,
                       len(plan.cells), len(regions), len(board.mpidr), board.status.size // PAGE,
                       board.status.base // PAGE)]
    parts.append(struct.pack(f"<{CPUS_MAX}Q", *board.mpidr, *[0] * (CPUS_MAX - len(board.mpidr))))
    first = 0
    for cell in plan.cells:
        parts.append(_cell(cell, first))
        first += len(cell.regions)
    parts.append(bytes(CELL.size * (CELLS_MAX - len(plan.cells))))
    parts += [_region(region, shares) for region in regions]
    parts.append(bytes(REGION.size * (REGIONS_MAX - len(regions))))
    parts += [_policy(cell) for cell in plan.cells]
    parts.append(bytes(POLICY.size * (CELLS_MAX - len(plan.cells))))
    windows, calls = plan.windows(), plan.calls()
    parts += [WINDOW.pack(w.phys // PAGE, w.virt // PAGE, w.phys % PAGE, w.size, w.owner, w.flags, 0)
              for w in windows]
    parts.append(bytes(WINDOW.size * (WINDOWS_MAX - len(windows))))
    parts += [CALL.pack(c.first, c.last, c.owner) for c in calls]
    parts.append(bytes(CALL.size * (CALLS_MAX - len(calls))))
    parts.append(struct.pack("<2I4x", len(windows), len(calls)))
    return seal(b"".join(parts))


def seal(body: bytes) -> bytes:
    """The blob with its checksum: `body` is all but the last four bytes."""
    return body + struct.pack("<I", zlib.crc32(body))


def _cell(cell: Cell, first: int) -> bytes:
    words = [0] * 32
    for irq in cell.irqs:
        words[irq // 32] |= 1 << irq % 32
    cpus = sum(1 << cpu for cpu in cell.cpus)
    return CELL.pack(cell.name.encode("ascii"), first, len(cell.regions), cpus, cell.flags,
                     cell.entry, cell.comm, *words)


def _policy(cell: Cell) -> bytes:
    """The digest as words H0 to H7, each a number.

    @req CFG_TOOL_040
    """
    words = struct.unpack(">8I", bytes.fromhex(cell.digest or "00" * 32))
    return POLICY.pack(cell.locks, cell.grants, *words, cell.watch_us, cell.watch_cpu,
                       cell.error_irq)


def _region(region: Region, shares: dict[str, int]) -> bytes:
    return REGION.pack(region.phys // PAGE, region.virt // PAGE, region.size // PAGE, region.owner,
                       region.flags, shares.get(region.share, 0), int(region.root))
