# SPDX-License-Identifier: Apache-2.0
"""The QEMU plugin verification/bench/exits.c from the test's side: hold the machine at exact
instructions, read what it counted."""

import mmap
import struct
import time

import built
from qemu import QemuError

FILE = "plugin.ctl"
PAGE = 4096
STOPS, GO, REASON, CLOCK, LEFT, LIMIT, TOTAL, VECTORS = range(0, 64, 8)
NOW, BEGIN, END, INTERVALS = 64, 192, 320, 448
PLACE, HITS, AT_CPU = 512, 520, 528
ROW_TABLE, ROW_COUNT = 536, 24
TICK, LIMITED, PLACED = 1, 2, 3
POLL_SECONDS = 0.0001


class Timeout(QemuError):
    """The machine executed nothing that the plugin waits for."""


def arguments(limit=False):
    """Words for QEMU; it runs in the folder that holds FILE."""
    return ["-plugin", f"{built.need(built.PLUGIN)},ctl={FILE}{',limit=on' if limit else ''}"]


class Control:
    """The shared page. Make it before QEMU starts."""

    def __init__(self, folder):
        path = folder / FILE
        path.write_bytes(bytes(PAGE))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), PAGE)

    def close(self):
        self.page.close()

    def _get(self, at):
        return struct.unpack_from("<Q", self.page, at)[0]

    def _set(self, at, value):
        struct.pack_into("<Q", self.page, at, value)

    def vectors(self, address):
        self._set(VECTORS, address)

    def place(self, address):
        """The instruction which hits() counts; before the machine starts."""
        self._set(PLACE, address)

    def hits(self, count):
        """Stop before its @p count-th execution from now on."""
        self._set(HITS, count)

    @property
    def at_cpu(self):
        return self._get(AT_CPU)

    @property
    def total(self):
        return self._get(TOTAL)

    @property
    def reason(self):
        return self._get(REASON)

    def arm(self, clock=0, ticks=0, limit=0):
        """Where the next stop is: after @p ticks of the cell on CPU @p clock, or when all CPUs have
        executed @p limit instructions more."""
        self._set(CLOCK, clock)
        self._set(LEFT, ticks)
        self._set(LIMIT, self.total + limit if limit else 0)

    def go(self):
        self._set(GO, self._get(STOPS))

    @property
    def held(self):
        return self._get(STOPS) > self._get(GO)

    def wait(self, seconds, alive):
        """Wait for the stop. The deadline is the safety net for a machine that is dead."""
        end = time.monotonic() + seconds
        while not self.held:
            if time.monotonic() > end:
                raise Timeout(f"the machine executed no stop within {seconds} s of host time")
            if not alive():
                raise QemuError("QEMU ended")
            time.sleep(POLL_SECONDS)
        return self._get(REASON)

    def interval(self, cpu):
        """(instructions of the kernel, entries of its vectors) of all CPUs between the two marks which
        @p cpu executed."""
        if self._get(INTERVALS + cpu * 8) == 0:
            raise QemuError(f"CPU {cpu} did not come to the end mark")
        begin = struct.unpack_from("<16Q", self.page, BEGIN)
        end = struct.unpack_from("<16Q", self.page, END)
        return sum(end[0::2]) - sum(begin[0::2]), sum(end[1::2]) - sum(begin[1::2])

    def row(self, number):
        """(repetitions, least, most instructions of the kernel) of one measurement."""
        return struct.unpack_from("<3Q", self.page, ROW_TABLE + 24 * number)

    def now(self):
        """The same since the start."""
        now = struct.unpack_from("<16Q", self.page, NOW)
        return sum(now[0::2]), sum(now[1::2])
