# SPDX-License-Identifier: Apache-2.0
"""Direct boot: a hostile root and the ITS. Its queue lies in its memory, so the test writes commands there
and root tells of them; what the kernel gives to the ITS stands in the kernel's own queue."""

import struct

import status
from cases import case, demand, equal
from cases_attempt import check_events
from direct import OTHER, ROOT, RT

TAGS = ("SYR_ITS_001", "SYR_EVT_001", "SWR_ITS_001", "SWR_ITS_008")
GITS, GICR0 = 0x08080000, 0x080A0000
CTLR, CBASER, CWRITER, CREADR, BASER0, TRANSLATER = 0, 0x80, 0x88, 0x90, 0x100, 0x10040
PROPBASER, PENDBASER, SETLPIR = 0x70, 0x78, 0x40
QUEUE, CONFIG = 0x500C0000, 0x500D0000  # in root's memory
KERNEL = 0x70300000
KERNEL_TABLES, KERNEL_CONFIG, KERNEL_QUEUE = KERNEL + 0xA0000, KERNEL + 0xB0000, KERNEL + 0xB2000
CELL_MEMORY = 0x52000000
VALID = 1 << 63
MAPD, MAPC, MAPTI, INV, INT, SYNC, MOVALL, MAPI, VMAPP = 8, 9, 10, 12, 3, 5, 14, 11, 0x29
LPI, DEVICE, SECOND = 8192, 3, 0x1FFF


class Its:
    """What root does with the ITS of machine d."""

    def __init__(self, d):
        self.d = d
        self.written = 0
        self.old = 0
        self.old = len(self.sent())

    def store(self, address, value, events=()):
        result, seen = self.d.attempt(ROOT, status.ATTEMPT["STORE32"], address | value << 32)
        equal(result, status.DONE, f"store to {address:#x}")
        check_events(seen, ROOT, list(events))

    def enable(self):
        self.store(GITS + CTLR, 0)
        self.store(GITS + CBASER, QUEUE)
        self.store(GITS + CBASER + 4, VALID >> 32)
        self.store(GITS + CWRITER, 0)
        self.store(GICR0 + PROPBASER, CONFIG | 13)
        self.store(GITS + CTLR, 1)

    def command(self, *words, events=()):
        """One command of up to four words; others follow with zeros."""
        self.d.write(QUEUE + 32 * self.written, struct.pack("<4Q", *words, *[0] * (4 - len(words))))
        self.written += 1
        self.store(GITS + CWRITER, 32 * self.written, events)

    def sent(self):
        """The kernel's commands, up to the first entry that it has not written."""
        words = struct.unpack("<512Q", self.d.read(KERNEL_QUEUE, 4096))
        rows = [words[at:at + 4] for at in range(0, 512, 4)]
        return rows[self.old:rows.index((0, 0, 0, 0))]


def others_beat(d):
    equal(d.silent([RT, OTHER]), [], "silent cells")


@case(640, "no command of root reaches a foreign CPU or memory that is not the kernel's",
      TAGS + ("SWR_ITS_002", "SWR_ITS_004", "SWR_ITS_006"), "life")
def commands(d):
    its = Its(d)
    its.enable()
    d.write(CONFIG, b"\xa1" * 16)
    its.command(MAPC, 0, VALID)  # its own CPU
    for cpu in (1, 2, 3, 9):
        target = VALID | cpu << 16
        its.command(MAPC, 0, target | 1, events=[("EV_ITS_COMMAND", MAPC, target | 1)])
        its.command(MOVALL, 0, 0, cpu << 16, events=[("EV_ITS_COMMAND", MOVALL, 0)])
    its.command(MAPD | DEVICE << 32, 4, VALID | CELL_MEMORY)
    its.command(MAPTI | DEVICE << 32, LPI << 32 | 1, 0)
    wrong = MAPTI | DEVICE << 32
    its.command(wrong, 27 << 32 | 2, 0, events=[("EV_ITS_COMMAND", wrong, 0)])
    its.command(wrong, LPI << 32 | 2, 1, events=[("EV_ITS_COMMAND", wrong, 1)])
    for op in (MAPI, VMAPP, 0, 0xFF):
        its.command(op, 0, VALID, events=[("EV_ITS_COMMAND", op, VALID)])
    (one, table, event) = its.sent()
    equal(one, (MAPC, 0, VALID, 0), "first command")
    demand(KERNEL_TABLES <= table[2] - VALID < KERNEL_TABLES + 0x10000, f"a table at {table[2]:#x}")
    equal((table[:2], table[3]), ((MAPD | DEVICE << 32, 4), 0), "MAPD")
    equal(event, (MAPTI | DEVICE << 32, LPI << 32 | 1, 0, 0), "MAPTI")
    others_beat(d)


@case(641, "queue and tables of root in foreign memory are not used, nor is the frame of messages",
      TAGS + ("SWR_ITS_009", "SWR_ITS_010"), "life")
def places(d):
    its = Its(d)
    its.store(GITS + CTLR, 0)
    its.store(GITS + CWRITER, 0)
    for at, value in ((CBASER, CELL_MEMORY), (BASER0, KERNEL), (BASER0 + 8, CELL_MEMORY)):
        its.store(GITS + at + 4, 0)
        its.store(GITS + at, value)
        result, seen = d.attempt(ROOT, status.ATTEMPT["STORE32"], GITS + at + 4 | (VALID >> 32) << 32)
        equal(result, status.DONE, "answer")
        equal([(status.NAME[e.id], e.a, e.b & 0xFFFFFFFFF000) for e in seen],
              [("EV_ITS_REFUSED", at + 4, value)], "events")
    before = its.sent()
    d.write(CELL_MEMORY + 0xF0000, bytes(32))
    its.store(GITS + CTLR, 1)
    its.store(GITS + CWRITER, 32, [("EV_ITS_REFUSED", CBASER, VALID | CELL_MEMORY)])
    result, _ = d.attempt(ROOT, status.ATTEMPT["LOAD64"], GITS + CREADR)
    equal(result & 0xFFFFFFFF, 1, "CREADR")  # Stalled
    equal(its.sent(), before, "commands")
    its.store(GITS + CBASER, QUEUE, [("EV_ITS_REFUSED", CBASER, QUEUE)])  # enabled: it stands still
    its.store(GITS + TRANSLATER, 1, [("EV_ITS_REFUSED", TRANSLATER, 1)])
    its.store(GICR0 + PROPBASER, KERNEL, [("EV_ITS_REFUSED", PROPBASER, KERNEL)])
    its.store(GICR0 + PENDBASER, CELL_MEMORY, [("EV_ITS_REFUSED", PENDBASER, CELL_MEMORY)])
    its.store(GICR0 + SETLPIR, LPI, [("EV_LPI_DENIED", SETLPIR, LPI)])
    others_beat(d)


@case(642, "an LPI of root never has the priority of the kick", TAGS + ("SWR_ITS_003",), "life")
def priority(d):
    its = Its(d)
    its.enable()
    its.store(GICR0, 1)  # EnableLPIs
    its.command(MAPC, 0, VALID)
    its.command(MAPD | SECOND << 32, 0, VALID)
    d.write(CONFIG, b"\x03")  # enabled, priority 0
    its.command(MAPTI | SECOND << 32, LPI << 32, 0, events=[("EV_PRIORITY_CLAMPED", LPI, 0x10)])
    equal(d.read(KERNEL_CONFIG, 1), b"\x11", "configuration")
    d.write(CONFIG, b"\xa3")
    its.command(INV | SECOND << 32, 0)
    equal(d.read(KERNEL_CONFIG, 1), b"\xa3", "configuration")
    d.write(CONFIG, b"\x0f")
    its.command(INV | SECOND << 32, 0, events=[("EV_PRIORITY_CLAMPED", LPI, 0x10)])
    equal(d.read(KERNEL_CONFIG, 1), b"\x11", "configuration")
    others_beat(d)
    # Root's CPU takes the kick all the same.
    status_of, _ = d.hypercall(status.HC["CELL_STOP"], OTHER)
    equal(status_of, 0, "stop of a cell")
    equal(d.silent([RT]), [], "silent cells")
