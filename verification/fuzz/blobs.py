# SPDX-License-Identifier: Apache-2.0
"""Plans for the fuzzer: valid ones by the grammar of src/abi/plan.h, and changed ones.

The judge is verification/unit/plan_oracle.py, written from docs/spec/plan-blob.md.
"""
import struct
import sys
from pathlib import Path

from layout import LAYOUT, SIZE, Draft

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
import plan_oracle  # noqa: E402

READ, WRITE, EXECUTE, DEVICE, LOADABLE = 1, 2, 4, 8, 16
RW, RWX = 3, 7
RAM, RAM_END = 0x40000, 0x80000
REGION = list(LAYOUT.tables["region"])
SPLIT = 0xa000  # a page of device registers that several cells have windows of
FAR = 0x100000  # islands of root: each in 2 MiB of its own


# ---- valid plans

class Valid:
    """One random plan that every rule accepts, if luck will have it; the judge decides."""

    def __init__(self, rng, tight):
        self.rng, self.tight = rng, tight
        self.n_cpus = rng.randint(2, 8)
        self.n_cells = 2 + rng.randint(0 if not tight else min(2, self.n_cpus - 1),
                                       min(6, self.n_cpus - 1))
        self.regions = {c: [] for c in range(self.n_cells)}
        self.next = 0x48000 + rng.randrange(0x4000)
        self.shares = 0
        self.islands = []
        self.split = False
        self.status = rng.choice([0x70400, 0x44000 + rng.randrange(0x3000)])

    def take(self, n, align):
        """Free pages of RAM below the kernel."""
        self.next += self.rng.choice([0, 0, 1, 511, 512, 700])
        self.next += -self.next % align
        first = self.next
        self.next += n
        return first

    @staticmethod
    def _flags(rng, cell):
        """Of a cell; root alone may begin anew."""
        flags = rng.choice([0, 1, 2, 3, 0, 1, 2, 3, 8, 11]) if cell else 0
        return flags | (16 if cell == 1 and rng.random() < 0.5 else 0)

    def add(self, own, ppn, ipn, n, flags, share=0, root=0):
        """A region."""
        self.regions[own].append((ppn, ipn, n, own, flags, share, root))

    def kernel(self):
        """What is the kernel's alone."""
        grow = self.rng.choice([0, 0, 0, 8])
        self.add(0, 0x70000 - grow, 0x70000 - grow, 0x400 + grow, RWX)
        for ppn, n in plan_oracle.KERNEL[1:]:
            self.add(0, ppn, ppn, n, RW | DEVICE)
        self.split = self.rng.random() < 0.5
        if self.split:
            self.add(0, SPLIT, SPLIT, 1, RW | DEVICE)
        if self.status < 0x70000 + 0x400 and self.status + 4 > 0x70000 - grow:
            self.status = 0x70400

    def root(self):
        """All of RAM around the status pages, some devices, and islands that use tables up."""
        self.add(1, RAM, RAM, self.status - RAM, RWX)
        if self.rng.random() < 0.8:
            self.add(1, self.status, self.status, 4, READ)
        after = self.status + 4
        self.add(1, after, after, RAM_END - after, RWX)
        if not self.tight and self.rng.random() < 0.5:
            self.add(1, 0x7ff0, 0x7ff0, 0x1800, RW | DEVICE)
        if not self.tight and self.rng.random() < 0.3:
            self.add(1, 0x200000, 0x200000, 0x40000 * self.rng.randint(1, 3), RW)
        count = self.rng.choice([25, 26, 27, 27, 27, 28]) if self.tight else self.rng.randint(0, 6)
        for k in range(count):
            ppn = FAR + 512 * k + self.rng.randrange(500)
            n = self.rng.randint(1, 8)
            self.islands.append((ppn, n))
            self.add(1, ppn, ppn, n, self.rng.choice([RW, RWX]))

    def memory_of(self, c):
        """Private regions of a cell; an island of root, or new pages."""
        rng, at = self.rng, rng_base(self.rng)
        for k in range(rng.randint(1, 3)):
            load = LOADABLE if rng.random() < 0.6 else 0
            if self.islands and rng.random() < 0.4:
                ppn, n = self.islands.pop(rng.randrange(len(self.islands)))
            else:
                align = rng.choice([1, 1, 512])
                n = rng.choice([1, 3, 16, 255, 257, 512, 513]) if not self.tight else rng.choice([1, 5])
                ppn = self.take(n, align)
            at += -(at - ppn) % 512 if rng.random() < 0.8 else 0
            self.add(c, ppn, at, n, (RWX if k == 0 else rng.choice([READ, RW, RWX, 5])) | load)
            at += n + rng.choice([0, 1, 600])
        return at

    def shares_of(self, c, at):
        """A communication page, which root keeps, or one page shared with the cell before."""
        rng = self.rng
        if rng.random() < 0.5:
            self.shares += 1
            page = self.take(1, 1)
            self.add(c, page, at, 1, RW, self.shares, 1)
            return at
        if c > 2 and rng.random() < 0.4:
            self.shares += 1
            page = self.take(2, 1)
            self.add(c, page, at, 2, RW, self.shares, 0)
            self.add(c - 1, page, 0x800000, 2, READ, self.shares, 0)
        return 0

    def blob(self):
        """The plan's bytes."""
        rng, d = self.rng, Draft()
        self.kernel()
        self.root()
        comm = {c: self.shares_of(c, self.memory_of(c)) for c in range(2, self.n_cells)}
        self.no_alias()
        n, left, free = 0, list(range(self.n_cpus)), list(range(32, 1020))
        keep = left.pop(rng.randrange(len(left)))
        rng.shuffle(left)
        for c in range(self.n_cells):
            mine = self.regions[c]
            cpus = 0 if c == 0 else (1 << self.n_cpus) - 1
            if c > 1:
                most = max(1, len(left) - (self.n_cells - 1 - c))
                cpus = sum(1 << left.pop() for _ in range(rng.randint(1, min(most, 3))))
            elif c == 1 and rng.random() < 0.1:
                cpus = 1 << keep
            entry = mine[0][1] * 4096 + 4 * rng.randrange(1024)
            d.fill("cell", c, first=n, count=len(mine), cpus=cpus, entry=entry if c else 0,
                   flags=self._flags(rng, c), comm=comm.get(c, 0) * 4096,
                   name0=65 + c)
            for region in mine:
                d.fill("region", n, **dict(zip(REGION, region)))
                n += 1
            self.interrupts(d, c, free)
            if c and rng.random() < 0.3:
                grants = rng.choice([0, 1, 1, 2])
                locks = rng.choice([0, 0, 0, 2, 4, 16, 17, 8 if grants & 1 or c == 1 else 0])
                d.fill("policy", c, locks=locks, grants=grants)
            if c > 1 and rng.random() < 0.1:  # never the digest that is found
                d.put("policy", c, "digest0", rng.randrange(1, 1 << 32))
        d.fill("plan", 0, board=1, flags=1, n_regions=n, n_cells=self.n_cells, n_cpus=self.n_cpus,
               status_n=4, status_ppn=self.status)
        self.windows(d)
        self.calls(d)
        for k in range(self.n_cpus):
            d.put("plan", 0, f"mpidr{k}", k if rng.random() < 0.9 else 0x100 * (k + 1))
        return d.sealed()

    def windows(self, d):
        """Windows of the page that is split, one behind the other."""
        rng = self.rng
        count = rng.randint(0, 4) if self.split else 0
        for k in range(count):
            own, wide = rng.randrange(1, self.n_cells), rng.choice([1, 2, 4, 8])
            d.fill("window", k, ppn=SPLIT, ipn=SPLIT if own == 1 else 0xf00000 + own, offset=512 * k,
                   bytes=rng.choice([8, 256, 512]), own=own, flags=rng.choice([1, 2, 3]) + 4 * wide)
        d.put("plan", 0, "n_windows", count)

    def calls(self, d):
        """Firmware calls, of a silicon provider or an application."""
        rng = self.rng
        count = rng.choice([0, 0, 1, 3])
        for k in range(count):
            first = rng.choice([0x82000000, 0xc2000000, 0x83000010, 0xb2000000]) + 16 * k
            d.fill("call", k, first=first, last=first + rng.choice([0, 1, 15]),
                   own=rng.randrange(1, self.n_cells))
        d.put("plan", 0, "n_calls", count)

    def no_alias(self):
        """Sharing a page with the next cell must not hit its own pages."""
        for c in range(2, self.n_cells):
            self.regions[c].sort(key=lambda r: (r[4] & EXECUTE == 0, r[1]))

    def interrupts(self, d, c, free):
        """Root lists all, cells some of them."""
        words = [0] * 32
        chosen = range(32, 1020) if c == 1 else \
            [free.pop(self.rng.randrange(len(free))) for _ in range(self.rng.randint(0, 6))]
        for i in chosen if c else []:
            words[i // 32] |= 1 << i % 32
        for w, value in enumerate(words):
            d.put("cell", c, f"irqs{w}", value)


def rng_base(rng):
    """Where a cell's address space begins."""
    return rng.choice([0, 0x100, 0x40000, 0x300000])


def valid(rng, tight):
    """A plan that the judge accepts."""
    while True:
        raw = Valid(rng, tight).blob()
        if plan_oracle.verdict(raw) == "ok":
            return raw


# ---- changed plans

def n_regions(d):
    """Regions that the plan has, at least two, so that there is something to change."""
    return max(2, min(128, d.head("n_regions")))


def n_cells(d):
    """Cells likewise."""
    return max(1, min(8, d.head("n_cells")))


def edges(d, rng):
    """A page number on an edge of some region."""
    i = rng.randrange(n_regions(d))
    first = d.get("region", i, rng.choice(["ppn", "ipn"]))
    return first + rng.choice([0, d.get("region", i, "n")]) + rng.choice([-1, 0, 0, 1])


def value(d, rng, old):
    """A value for a field: near, on a boundary, on an edge of the plan's memory, or one bit off."""
    limits = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 32, 127, 128, 129, 1 << 28, 1 << 36, 1 << 32,
              1 << 63, (1 << 36) - 4, d.head("status_ppn"), 0x70000, 0x8000, 0x8080]
    return rng.choice([lambda: old + rng.choice([-2, -1, 1, 2]),
                       lambda: rng.choice(limits) + rng.choice([-1, 0, 0, 1]),
                       lambda: edges(d, rng), lambda: old ^ 1 << rng.randrange(64),
                       lambda: old ^ 1 << rng.randrange(6)])()


def change(d, rng, kind, index, names):
    """Another value for one of some fields."""
    name = rng.choice(names)
    d.put(kind, index, name, value(d, rng, d.get(kind, index, name)))


def single(kind):
    """Fields of a structure that are no array's: those a change in a hundred would hit else."""
    return [n for n in LAYOUT.tables[kind] if not n[-1].isdigit()]


def change_head(d, rng):
    """One field of the head."""
    names = [n for n in LAYOUT.tables["plan"] if n != "crc"]
    change(d, rng, "plan", 0, names)


def change_cell(d, rng):
    """One field of a cell."""
    c = rng.randrange(8 if rng.random() < 0.2 else n_cells(d))
    change(d, rng, "cell", c, list(LAYOUT.tables["cell"]) if rng.random() < 0.4 else single("cell"))


def change_entry(d, rng):
    """An entry on an edge of a region."""
    d.put("cell", rng.randrange(n_cells(d)), "entry",
          edges(d, rng) * 4096 + rng.choice([0, 0, 1, 4, 4092]))


def change_policy(d, rng):
    """One field of what a cell may and must."""
    change(d, rng, "policy", rng.randrange(8 if rng.random() < 0.2 else n_cells(d)),
           list(LAYOUT.tables["policy"]) if rng.random() < 0.2 else single("policy"))


def change_window(d, rng):
    """One field of a window, or one window more."""
    n = min(15, d.head("n_windows"))
    change(d, rng, "window", rng.randrange(n + 1), list(LAYOUT.tables["window"]))
    if rng.random() < 0.3:
        d.put("plan", 0, "n_windows", n + 1)


def change_call(d, rng):
    """One field of a range of firmware calls, or one range more."""
    n = min(15, d.head("n_calls"))
    if rng.random() < 0.5:
        change(d, rng, "call", rng.randrange(n + 1), list(LAYOUT.tables["call"]))
    else:
        d.put("call", rng.randrange(n + 1), "first",
              rng.choice([0x80000000, 0x84000000, 0x84000050, 0x01000000, 0x86000000, 0x30000000,
                          0x82010000]))
    if rng.random() < 0.3:
        d.put("plan", 0, "n_calls", n + 1)


def change_irq(d, rng):
    """One interrupt more or less."""
    intid = rng.choice([0, 31, 32, 33, 1019, 1020, 1023, rng.randrange(1024)])
    c, name = rng.randrange(8), f"irqs{intid // 32}"
    d.put("cell", c, name, d.get("cell", c, name) ^ 1 << intid % 32)


def change_cpu(d, rng):
    """One CPU more or less."""
    c = rng.randrange(8)
    d.put("cell", c, "cpus", d.get("cell", c, "cpus") ^ 1 << rng.randrange(9))


def change_region(d, rng):
    """One field of a region."""
    i = min(127, rng.randrange(n_regions(d)) + rng.choice([0, 0, 1]))
    change(d, rng, "region", i, REGION)


def move_region(d, rng):
    """A region against, or a page into, another."""
    beside(d, rng, *rng.sample(range(n_regions(d)), 2), rng.choice(["ppn", "ipn"]))


def beside(d, rng, i, j, what):
    """Region i one page into region j, or just beside it, at its lower or its upper end."""
    there, mine, its = d.get("region", j, what), d.get("region", i, "n"), d.get("region", j, "n")
    inside = rng.choice([1, 1, 0])
    d.put("region", i, what, max(0, rng.choice([there - mine + inside, there + its - inside])))


def pair(d, rng, good):
    """Two regions whose owners are as they must be; the first two where there are none."""
    own = [d.get("region", i, "own") for i in range(n_regions(d))]
    pairs = [(i, j) for i, a in enumerate(own) for j, b in enumerate(own) if i != j and good(a, b)]
    return rng.choice(pairs or [(0, 1)])


def invade(d, rng):
    """A region of one cell against the memory of another."""
    beside(d, rng, *pair(d, rng, lambda a, b: a > 1 and b > 1 and a != b), "ppn")


def alias(d, rng):
    """Two regions of one cell in its address space."""
    beside(d, rng, *pair(d, rng, lambda a, b: a == b), "ipn")


def share_region(d, rng):
    """Two regions under one share, of one range or nearly."""
    i, j = rng.sample(range(n_regions(d)), 2)
    share = rng.randint(1, 3)
    for name, new in (("ppn", d.get("region", j, "ppn")), ("n", d.get("region", j, "n")),
                      ("share", share)):
        if rng.random() < 0.9:
            d.put("region", i, name, new)
    d.put("region", j, "share", share if rng.random() < 0.9 else share + 1)
    d.put("region", i, "root", rng.choice([0, 1, 1, 2]))


def swap_regions(d, rng):
    """Two regions change places: slices no longer hold, unless they are of one cell."""
    i, j = rng.sample(range(n_regions(d)), 2)
    for name in REGION:
        one, two = d.get("region", i, name), d.get("region", j, name)
        d.put("region", i, name, two)
        d.put("region", j, name, one)


def drop_cell(d, rng):
    """The last cell, or the last region, gone."""
    name = rng.choice(["n_cells", "n_regions"])
    d.put("plan", 0, name, d.head(name) - 1)


def status_pages(d, rng):
    """The status pages somewhere near a region, or far."""
    d.put("plan", 0, "status_ppn", max(0, edges(d, rng) - rng.choice([0, 3, 4, 5])))


CHANGES = [change_head, change_window, change_call, change_cell, change_entry, change_policy, change_irq,
           change_cpu,
           change_region, change_region, move_region, invade, alias, share_region, swap_regions,
           drop_cell, status_pages]


def changed(rng, raw):
    """A plan after one to three changes; the checksum repaired in nine of ten."""
    d = Draft(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        rng.choice(CHANGES)(d, rng)
    out = d.sealed()
    if rng.random() < 0.1:
        spoiled = bytearray(out)
        spoiled[rng.randrange(SIZE)] ^= 1 << rng.randrange(8)
        out = bytes(spoiled)
    return out


def boot_verdict(raw):
    """What the partition refuses at its start: the rules on memory alone, whatever else is wrong."""
    b = plan_oracle.Blob(raw)
    good = (2 <= b.cells <= 8 and b.regions <= 128 and 1 <= b.cpus <= 8 and b.status_n == 4
            and b.status + 4 <= 1 << 36 and b.windows <= 16 and b.calls <= 16)
    return (plan_oracle.memory(b, ()) or "ok") if good else "E0107"


def number(verdict):
    """E0107 as 0x107, ok as 0."""
    return 0 if verdict == "ok" else int(verdict[1:], 16)


def record(raw):
    """What the program reads: both verdicts, then the blob."""
    return struct.pack("<II", number(plan_oracle.verdict(raw)), number(boot_verdict(raw))) + raw
