# SPDX-License-Identifier: Apache-2.0
"""What the kernel and the cells say of themselves in memory: status pages, events, communication
regions; decoded from bytes with the layouts and the names of src/abi."""

import dataclasses
import pathlib
import re
import struct

REPO = pathlib.Path(__file__).resolve().parents[2]
ABI = REPO / "src/abi"
INMATE = REPO / "src/inmate"

STATUS_BASE = 0x70400000
STATUS_BYTES = 7440
STATUS_MAGIC = 0x3153544154535442
EVENTS = 128
COMM_MAGIC = 0x314D4D4F43485442
COMM_BYTES = 2176
COMM_CONSOLE = 2048
COMM_RESULT = 48
COMM_COMMAND = 56
COMM_ARGUMENT = 64
DONE = 1 << 63
FAULTED = 1 << 62

CELL_STATES = ["ABSENT", "CREATED", "LOADING", "RUNNING", "STOPPED", "FAILED", "LOST",
               "CLEANING", "MEASURING", "LEAVING"]
CPU_STATES = ["ABSENT", "OFF", "RUN", "PARKED", "LOST"]
EXITS = ["hvc", "smc", "sysreg", "mmio", "abort", "kick", "serror", "other", "irq"]

_HEAD = struct.Struct("<QIIQIIII")
_CELL = struct.Struct("<IIQII8I")
_CPU = struct.Struct("<II9QQ")
_EVENT = struct.Struct("<QQIIIIQQ")


def _numbers():
    """{NAME: number} of all errors (E_NAME) and events (EV_NAME)."""
    found = {}
    for kind, number, name in re.findall(r"^BH_(ERROR|EVENT)\((0x[0-9A-F]+),\s*(\w+),",
                                         (ABI / "errors.def").read_text(), re.M):
        found[name if kind == "EVENT" else "E_" + name] = int(number, 16)
    return found


ID = _numbers()
NAME = {number: name for name, number in ID.items()}


def defines(path, prefix):
    """{NAME: value} of the #define PREFIX_NAME number lines of a header."""
    text = (REPO / path).read_text()
    return {name: int(value.rstrip("UL"), 0) for name, value in
            re.findall(rf"^#define {prefix}(\w+) (0x[0-9A-Fa-f]+U*L*|\d+U*L*)", text, re.M)}


ATTEMPT = defines("src/inmate/demo/attempts.h", "ATTEMPT_")
TRIAL = defines("src/inmate/demo/trials.h", "TRIAL_")
HC = defines("src/abi/hypercall.h", "BH_HC_")


@dataclasses.dataclass(frozen=True)
class Event:
    """One record of the event ring."""
    seq: int
    time: int
    id: int
    cpu: int
    cell: int
    a: int
    b: int

    def __str__(self):
        name = NAME.get(self.id, "unknown")
        return f"V{self.id:04X} {name} cell {self.cell} a={self.a:#x} b={self.b:#x}"


class Status:
    """The status pages at one moment."""

    def __init__(self, data):
        (self.magic, self.abi, self.armed, self.next, self.n_cells, self.n_cpus, self.plan_crc,
         self.dma_open) = _HEAD.unpack_from(data, 0)
        self.cells = [_CELL.unpack_from(data, 80 + i * 56) for i in range(8)]
        rows = [_CPU.unpack_from(data, 528 + i * 96) for i in range(8)]
        self.cpus = [{"state": CPU_STATES[min(r[0], 4)], "cell": r[1],
                      "exits": dict(zip(EXITS, r[2:11])), "total": r[11]} for r in rows]
        self._events = [_EVENT.unpack_from(data, 1296 + i * 48) for i in range(EVENTS)]

    @property
    def valid(self):
        return self.magic == STATUS_MAGIC

    def state(self, cell):
        number = self.cells[cell][0]
        return CELL_STATES[number] if number < len(CELL_STATES) else f"?{number}"

    def events(self, since=0):
        """Events with numbers from @p since on. An overwritten or torn one is an error."""
        out = []
        for n in range(since, self.next):
            seq, time, number, cpu, cell, _, a, b = self._events[n % EVENTS]
            if seq != n:
                raise ValueError(f"event {n} is missing (its place holds {seq})")
            out.append(Event(seq, time, number, cpu, cell, a, b))
        return out


class Comm:
    """A communication region at one moment."""

    def __init__(self, data):
        (self.magic, self.heartbeat, self.ticks, self.jitter_min, self.jitter_max,
         self.jitter_last, self.result, self.command, self.argument) = struct.unpack_from("<9Q", data)
        written = struct.unpack_from("<Q", data, 120)[0]
        ring = data[128:128 + COMM_CONSOLE]
        if written <= COMM_CONSOLE:
            raw = ring[:written]
        else:
            at = written % COMM_CONSOLE
            raw = ring[at:] + ring[:at]
        self.console = raw.decode(errors="replace")

    @property
    def up(self):
        return self.magic == COMM_MAGIC
