# SPDX-License-Identifier: Apache-2.0
"""A third judge, for tests alone: the rules of docs/spec/plan-blob.md, written from that page.

It is compared with plan_check() over tens of thousands of changed plans.
"""
import struct
import zlib

CELLS, REGIONS, WINDOWS, CALLS = 8, 128, 16, 16
#: (first page, pages) of the kernel's memory, the GIC's distributor, its redistributors: the
#: machine's, from its device tree, on purpose not read from board.c or board.toml
KERNEL = ((0x70000, 0x400), (0x8000, 0x10), (0x8080, 0x120))


class Blob:
    """The fields which the rules speak of."""

    def __init__(self, raw):
        (self.magic, self.version, self.size, self.board, self.flags, self.cells, self.regions,
         self.cpus, self.status_n, self.status) = struct.unpack_from("<8s8IQ", raw, 0)
        self.mpidr = struct.unpack_from("<8Q", raw, 48)
        self.cell = [struct.unpack_from("<16s4I2Q", raw, 112 + 176 * i) for i in range(CELLS)]
        self.irqs = [int.from_bytes(raw[160 + 176 * i:288 + 176 * i], "little")
                     for i in range(CELLS)]
        self.region = [struct.unpack_from("<Q6I", raw, 1520 + 32 * i) for i in range(REGIONS)]
        self.policy = [struct.unpack_from("<2I", raw, 5616 + 52 * i) for i in range(CELLS)]
        self.watch = [struct.unpack_from("<2I", raw, 5656 + 52 * i) for i in range(CELLS)]
        self.tells = [struct.unpack_from("<I", raw, 5664 + 52 * i)[0] for i in range(CELLS)]
        self.window = [struct.unpack_from("<Q6I", raw, 6032 + 32 * i) for i in range(WINDOWS)]
        self.call = [struct.unpack_from("<3I", raw, 6544 + 12 * i) for i in range(CALLS)]
        self.windows, self.calls = struct.unpack_from("<2I", raw, 6736)
        self.crc_good = zlib.crc32(raw[:6748]) == int.from_bytes(raw[6748:], "little")


def meet(start, count, other, count_other):
    """Whether two runs have a page in common."""
    return start < other + count_other and other < start + count


def header(b, board):
    """Rules on the head of the blob."""
    if b.magic != b"BMHPLAN1":
        return "E0102"
    if b.version != 4:
        return "E0104"
    if b.size != 6752:
        return "E0101"
    if not b.crc_good:
        return "E0105"
    if b.board != board:
        return "E0106"
    good = (2 <= b.cells <= 8 and b.regions <= 128 and 1 <= b.cpus <= 8 and b.status_n == 4
            and b.status + 4 <= 1 << 36 and b.windows <= WINDOWS and b.calls <= CALLS)
    if not good:
        return "E0107"
    return "" if len(set(b.mpidr[:b.cpus])) == b.cpus else "E0114"


def one_region(b, region):
    """Form of one region."""
    ppn, ipn, n, own, flags, share, root = region
    return (n > 0 and ipn + n <= 1 << 28 and ppn + n <= 1 << 36 and own < b.cells and flags < 32
            and root <= 1 and (root == 0 or share != 0) and (own != 0 or share == 0))


def memory(b, kernel):
    """Rules on regions."""
    regions = b.region[:b.regions]
    if not all(one_region(b, r) for r in regions):
        return "E0108"
    for c in range(b.cells):
        first, count = b.cell[c][1], b.cell[c][2]
        if any((first <= i < first + count) != (r[3] == c) for i, r in enumerate(regions)):
            return "E010A"
    pairs = [(r, s) for i, r in enumerate(regions) for s in regions[:i]]
    if any(r[3] == s[3] and meet(r[1], r[2], s[1], s[2]) for r, s in pairs):
        return "E0109"
    for r, s in pairs:
        one = r[5] != 0 and r[5] == s[5]
        foreign = r[3] != s[3] and 1 not in (r[3], s[3])
        if (foreign and not one and meet(r[0], r[2], s[0], s[2])) or (one and r[:1] + r[2:3]
                                                                    != s[:1] + s[2:3]):
            return "E0103"
    own = [(r[0], r[0] + r[2]) for r in regions if r[3] == 0]
    if not all(any(low <= first and first + count <= high for low, high in own)
               for first, count in kernel):
        return "E010D"
    if any(meet(r[0], r[2], b.status, 4) and (r[3] != 1 or r[4] & 6) for r in regions):
        return "E010E"
    return ""


def claims(b):
    """Rules on CPUs, interrupts, entries, DMA."""
    cpus = [c[3] for c in b.cell[:b.cells]]
    irqs = b.irqs[:b.cells]
    taken = 0
    for mask in cpus[2:]:
        taken = None if taken is None or mask & taken or not mask else taken | mask
    if cpus[0] or any(c >> b.cpus for c in cpus) or taken is None or not cpus[1] & ~taken:
        return "E010B"
    allowed = (1 << 1020) - (1 << 32)
    if irqs[0] or any(i & ~allowed for i in irqs) or sum(irqs[2:]) != _union(irqs[2:]):
        return "E010C"
    for c in range(2, b.cells):
        entry = b.cell[c][5]
        mine = [r for r in b.region[:b.regions] if r[3] == c and r[4] & 4]
        if entry % 4 or not any(r[1] <= entry >> 12 < r[1] + r[2] for r in mine):
            return "E0113"
    if not b.flags & 1:
        return "E010F"
    asked = [(b.cell[c][4] & ~(0x1f if c == 1 else 0xf), b.policy[c][0] & ~0x1f, b.policy[c][1] & ~0x3,
              c > 1 and b.policy[c][0] & 8 and not b.policy[c][1] & 1) for c in range(b.cells)]
    kernel = (b.cell[0][4], *b.policy[0])
    return "E0115" if b.flags != 1 or any(map(any, asked)) or any(kernel) else ""


def watches(b):
    """The rule on watchdogs: a CPU of somebody else looks at a page of the cell's memory."""
    for c in range(b.cells):
        us, cpu = b.watch[c]
        if us == 0 and cpu == 0:
            continue
        comm = b.cell[c][6]
        others = {k for d in range(1, b.cells) if d != c for k in range(8) if b.cell[d][3] >> k & 1}
        own = {k for k in range(8) if b.cell[c][3] >> k & 1}
        page = [r for r in b.region[:b.regions]
                if r[3] == c and not r[4] & 8 and r[1] <= comm >> 12 < r[1] + r[2]]
        if not (c >= 2 and 1000 <= us <= 60000000 and cpu < b.cpus and cpu in others - own
                and comm and comm % 4096 == 0 and page):
            return "E0118"
    return ""


def window(b, n, kernel):
    """The rule on a window, those before it being good."""
    ppn, ipn, offset, size, own, flags, reserved = b.window[n]
    width = max((w for w in (1, 2, 4, 8) if flags >> (w.bit_length() + 1) & 1), default=0)
    if not (flags < 64 and flags & 3 and width and reserved == 0 and 1 <= own < b.cells and ppn < 1 << 28
            and ipn < 1 << 28 and size and offset + size <= 4096 and not (offset | size) % width):
        return "E0116"
    regions = b.region[:b.regions]
    held = any(r[3] == 0 and r[4] & 8 and r[0] <= ppn < r[0] + r[2] for r in regions)
    ranges = any(first <= ppn < first + count for first, count in kernel)
    other = any(r[3] == own and r[1] <= ipn < r[1] + r[2] and r[0] + ipn - r[1] != ppn for r in regions)
    if not held or ranges or other:
        return "E011B"
    for p, i, o, s, c, *_ in b.window[:n]:
        if (p == ppn or (c, i) == (own, ipn)) and meet(o, s, offset, size):
            return "E0117"
    return ""


def call(b, n):
    """The rule on a range of firmware calls."""
    first, last, own = b.call[n]
    owner, fast = first >> 24 & 0x3f, first >> 31
    least = 2 if owner == 0 else 0x40 if owner == 4 else 0
    known = owner >= 48 or (fast and owner in (0, 2, 3, 4, 7))
    good = (first <= last and first >> 16 == last >> 16 and first >> 16 & 0xff == 0 and known
            and first & 0xffff >= least and 1 <= own < b.cells)
    return "" if good else "E011A"


def additions(b, kernel):
    """Rules on what came with format 4."""
    if any(irq and not b.irqs[c] >> irq & 1 for c, irq in enumerate(b.tells[:b.cells])):
        return "E0119"
    faults = [window(b, n, kernel) for n in range(b.windows)] + [call(b, n) for n in range(b.calls)]
    return next((fault for fault in faults if fault), "")


def _union(masks):
    whole = 0
    for mask in masks:
        whole |= mask
    return whole


def verdict(raw, board=1, kernel=KERNEL):
    """The ID of the first rule that fails, or "ok"."""
    if len(raw) != 6752:
        return "E0101"
    b = Blob(raw)
    return header(b, board) or memory(b, kernel) or claims(b) or watches(b) or additions(b, kernel) or "ok"
