# SPDX-License-Identifier: Apache-2.0
"""What an attempt of one cell must leave as it is: all that belongs to somebody else. Looked at from
outside the machine: memory, the interrupt controller, the status pages, the heartbeats."""

import struct
import zlib

import built
import planblob as pb
import status
from direct import MEMORY, NAMES, OTHER, ROOT, RT

KERNEL = 0
PERMISSION = 3       # bits 5:2 of the fault status of an abort
HOSTILE = 0x40000    # the hostile code lies here in each cell, in pages of its own
CANARY = 0x90000     # from here on: a pattern which nobody has a reason to change
CELL_BYTES = 0x100000
GICD, GICR, GICR_STRIDE = 0x08000000, 0x080A0000, 0x20000
SPIS = range(32, 42)
KICK = 15
CPUS = 4
TABLES = (0x70100000, 0x300000)
SLACK = 1            # a beat may fall on either side of a look


def pattern(cell):
    """Bytes that show where they belong."""
    return b"".join(struct.pack("<II", cell, at) for at in range(0, CELL_BYTES - CANARY, 8))


class Owners:
    """Who owns what, as the plan blob says."""

    def __init__(self, blob):
        self.blob = blob
        count = struct.unpack_from("<I", blob, 28)[0]
        self.regions = [struct.unpack_from("<QIIIIII", blob, pb.REGION_AT + i * pb.REGION_BYTES)
                        for i in range(count)]

    def cell(self, cell, name):
        at, size = pb.CELL[name]
        raw = self.blob[pb.CELL_AT + cell * pb.CELL_BYTES + at:][:size]
        return int.from_bytes(raw, "little")

    def cpus(self, cell):
        mask = self.cell(cell, "cpus")
        return [c for c in range(8) if mask >> c & 1]

    def interrupts(self, cell):
        mask = self.cell(cell, "irqs")
        return [n for n in range(32, 1020) if mask >> n & 1]

    def memory(self, address):
        """Cells that own a page."""
        page = address // 4096
        return {r[3] for r in self.regions if r[0] <= page < r[0] + r[2]}

    def belongs(self, victim, event):
        """Is the object of an event the victim's? victim None: nobody's."""
        name = status.NAME[event.id]
        owner = getattr(self, f"_{name[3:].lower()}", None)
        return owner(victim, event) if owner else victim in (KERNEL, None)

    # One method for each event that names an object of somebody.

    def _refused(self, _victim, _event):
        return True  # hypercall and status alone: of which cell, the record does not say

    def _mem_violation(self, victim, event):
        owners = self.memory(event.a)
        if not owners and event.b >> 2 & 0xF == PERMISSION:
            return True  # the record has the virtual address then (safety-case/limits.md)
        if status.STATUS_BASE <= event.a < status.STATUS_BASE + 0x4000:
            return victim == KERNEL
        return victim in owners if victim is not None else not owners

    _mmio_undecodable = _mem_violation

    def _sgi_foreign(self, victim, event):
        hit = [c for c in range(8) if event.b >> c & 1 and victim is not None
               and c in self.cpus(victim)]
        return bool(hit) or victim in (KERNEL, None) or event.b == 0

    def _irq_foreign(self, victim, event):
        many = 32 if event.b < 0x400 and event.b >= 0x80 else 16 if event.b >= 0xC00 else 4
        near = range(event.a, event.a + (1 if event.b in (0x40, 0x48) else many))
        if victim is None:
            return True
        return any(n in self.interrupts(victim) for n in near)

    def _route_foreign(self, victim, event):
        anyone = event.b >> 31 & 1
        return bool(anyone) or victim is None or event.b % 256 in self.cpus(victim)

    def _gicr_foreign(self, victim, event):
        return victim is None if event.a == 8 else event.a in self.cpus(victim)

    def _its_refused(self, victim, event):
        return victim in (KERNEL, None) or victim in self.memory(event.b & 0xFFFFFFFFF000)

    def _cpu_on_denied(self, victim, event):
        return victim is None or event.a % 256 in self.cpus(victim)


def distributor(mine, spis=SPIS):
    """{what: registers} of the distributor but for the interrupts in mine: (address, letter of the size,
    shift, bits)."""
    found = {"GICD_CTLR": [(GICD, "w", 0, 32)]}
    for n in spis:
        if n not in mine:
            word = n // 32 * 4
            found[f"interrupt {n}"] = [
                (GICD + 0x80 + word, "w", n % 32, 1), (GICD + 0x100 + word, "w", n % 32, 1),
                (GICD + 0x400 + n // 4 * 4, "w", n % 4 * 8, 8),
                (GICD + 0xC00 + n // 16 * 4, "w", n % 16 * 2, 2), (GICD + 0x6000 + n * 8, "g", 0, 64)]
    return found


def redistributor(cpu, mine):
    """The same of a CPU's redistributor; of the attacker's own only what is the kernel's."""
    at = GICR + cpu * GICR_STRIDE
    sgi = at + 0x10000
    found = {f"kick of CPU {cpu}": [(sgi + 0x80, "w", KICK, 1), (sgi + 0x100, "w", KICK, 1),
                                    (sgi + 0x40C, "w", 24, 8)],
             f"LPIs of CPU {cpu}": [(at, "w", 0, 32), (at + 0x70, "g", 0, 64), (at + 0x78, "g", 0, 64)]}
    if not mine:
        found[f"private interrupts of CPU {cpu}"] = [
            (sgi + o, "w", 0, 32) for o in (0x80, 0x100, 0xC04, *range(0x400, 0x420, 4))] + [
            (at + 0x14, "w", 0, 32)]
    return found


def registers(machine, wanted):
    """{what: values} of those registers; each is read once, by an access of its own size."""
    places = sorted({(at, size) for fields in wanted.values() for at, size, _, _ in fields})
    texts = machine.hmp_all([f"xp /1x{size} {at:#x}" for at, size in places])
    value = {place: int(text.split(":")[1], 16) for place, text in zip(places, texts)}
    return {what: tuple(value[at, size] >> shift & (1 << bits) - 1 for at, size, shift, bits in fields)
            for what, fields in wanted.items()}


class Guard:
    """The look at a machine of direct boot. After up(): prepare() once."""

    def __init__(self, d, blob):
        self.d = d
        self.owners = Owners(blob)
        self.last = (None, None)  # attackers, and the look after their last attempt
        self.hostile = built.need(built.BUILD / "attack/hostile.bin").read_bytes()

    def prepare(self, cells=(ROOT, RT, OTHER)):
        """Hostile code and canaries into the cells. The code has never been executed, or is the same."""
        for cell in cells:
            base = MEMORY[cell][0]
            self.d.write(base + HOSTILE, self.hostile)
            self.d.write(base + CANARY, pattern(cell))

    def memory(self, cell):
        """Checksum of all that a cell's own program does not write."""
        base = MEMORY[cell][0]
        image = self.d.images[cell]
        first, last = (built.symbols(built.INMATES / f"{image}.elf")[n]
                       for n in ("__bss_start", "__bss_end"))
        crc = zlib.crc32(self.d.read(base, first - base))
        return zlib.crc32(self.d.read(base + CANARY, CELL_BYTES - CANARY), zlib.crc32(
            self.d.read(base + HOSTILE, len(self.hostile)), crc if last < base + HOSTILE else 0))

    def look(self, attackers):
        """{what: value} of everything that is not the attackers'."""
        cells = [c for c in self.d.images if c not in attackers]
        cpus = [c for a in attackers for c in self.owners.cpus(a)]
        now = self.d.status()
        first, last = self.d.symbols["_text"], self.d.symbols["_data"]
        found = {"kernel's code": zlib.crc32(self.d.read(first, last - first)),
                 "translation tables": zlib.crc32(self.d.read(*TABLES))}
        for cell in cells:
            found[f"memory of {NAMES[cell]}"] = self.memory(cell)
            found[f"state of {NAMES[cell]}"] = now.cells[cell]
        wanted = distributor([n for a in attackers for n in self.owners.interrupts(a)])
        for cpu in range(CPUS):
            wanted.update(redistributor(cpu, cpu in cpus))
            if cpu not in cpus:
                found[f"CPU {cpu}"] = (now.cpus[cpu]["state"], now.cpus[cpu]["cell"])
        return found | registers(self.d.machine, wanted)

    def known(self, attackers):
        """What a look shows; the last one of the same attackers serves, if it is still true."""
        if self.last[0] == attackers and self.last[1]:
            return self.last[1]
        return self.look(attackers)

    def beats(self):
        """Heartbeats of all cells at one instant."""
        return self.d.heartbeats()


def differences(before, after):
    """Names of what is not as it was."""
    return [f"{name}: {before[name]} -> {after.get(name)}" for name in before
            if before[name] != after.get(name)]


def missed(before, after, others, clock):
    """Cells whose heartbeats do not agree with those of the clock cell over the same time."""
    wanted = after[clock] - before[clock]
    return [f"{NAMES[c]} beat {after[c] - before[c]} times of {wanted}" for c in others
            if abs(after[c] - before[c] - wanted) > SLACK]

