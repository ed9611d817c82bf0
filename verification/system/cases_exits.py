# SPDX-License-Identifier: Apache-2.0
"""What a cell's timer interrupt costs: instructions at EL2, counted by a plugin of QEMU and by the
kernel itself over one interval of 10,000 interrupts; and its jitter in instructions. And what the way
to a cell's first instruction costs, from power-on."""

import pathlib
import struct
import tempfile
import zlib

import plugin
from built import PLANS, need
from cases import Wrong, case, demand, equal
from direct import RT

INTERRUPTS = 10_000
FIRST_TICK = 10
CPU_OF_RT = 1
# One counter tick is one instruction: 1 GHz, and one instruction is 1 ns under -icount shift=0.
CPUS = {"cortex-a57": "cortex-a57,cntfrq=1000000000",
        "max": "max,pauth-impdef=on,cntfrq=1000000000"}


def measure(fresh, image, cpu, plan=None):
    """(EL2 instructions, vector entries, exits by the kernel's count, ticks, jitter) of the cell's
    CPU over the interval."""
    with fresh.open("exits", plan or PLANS / "direct-rt.plan", images={RT: image}, cpu=cpu) as d:
        d.set_clock(RT)
        d.up(cells=(RT,), clock=RT, beats=0)
        at = d.comm(RT).ticks
        d.ticks(FIRST_TICK - at)
        before = d.status().cpus[CPU_OF_RT]["total"]
        d.ticks(INTERRUPTS)
        after = d.status().cpus[CPU_OF_RT]["total"]
        comm = d.comm(RT)
        equal(comm.ticks, FIRST_TICK + INTERRUPTS, "timer interrupts")
        instructions, entries = d.control.interval(CPU_OF_RT)
        return {"instructions": instructions, "entries": entries, "exits": after - before,
                "jitter": (comm.jitter_min, comm.jitter_max)}


def check(found):
    """The requirement: nothing executes at EL2, and both observers say so."""
    equal(found["instructions"], 0, "instructions at EL2")
    equal(found["entries"], 0, "entries to EL2")
    equal(found["exits"], 0, "exits counted by the kernel")


def report(found):
    return (f"{INTERRUPTS} interrupts: {found['instructions']} instructions at EL2, kernel counts "
            f"{found['exits']} exits; jitter {found['jitter'][0]} to {found['jitter'][1]} "
            "instructions")


for _number, (_name, _cpu) in enumerate(CPUS.items(), 190):
    def _exits(fresh, cpu=_cpu):
        found = measure(fresh, "rt-51000000", cpu)
        check(found)
        return report(found)
    case(_number, f"no instruction at EL2 over {INTERRUPTS} timer interrupts of a cell ({_name})",
         ("SYR_IRQ_003",), "fresh")(_exits)


@case(192, "the same check is red for a cell that makes one exit per interrupt", ("SYR_IRQ_003",),
      "fresh")
def seeded(fresh):
    found = measure(fresh, "rtexit-51000000", CPUS["cortex-a57"])
    equal(found["entries"], found["exits"], "entries seen by the plugin and exits by the kernel")
    equal(found["exits"], INTERRUPTS, "exits")
    demand(found["instructions"] >= INTERRUPTS, "instructions at EL2")
    try:
        check(found)
    except Wrong as red:
        return f"red: {red}"
    raise Wrong("the check did not notice one exit per interrupt")


# -- direct boot: from power-on to the cell --------------------------------------------------------

CELL_ENTRY = 0x71000000
LINUX_ENTRY = 0x40200000
AUTOSTART = 112 + 28  # flags of cell 0 in the blob
CELL_BYTES = 176
ROOT, CELL = 1, 2
BUDGET = 3_200_000  # instructions of all CPUs together: the plan is measured, tables of the ITS laid


def waiting(folder, cell):
    """The shipped plan with one cell that does not start by itself. @return its path."""
    data = bytearray(need(PLANS / "demo.plan").read_bytes())
    at = AUTOSTART + cell * CELL_BYTES
    demand(data[at] & 1, "the shipped plan starts root and its cell")
    data[at] ^= 1
    struct.pack_into("<I", data, len(data) - 4, zlib.crc32(data[:-4]))
    path = pathlib.Path(folder) / f"waiting-{cell}.plan"
    path.write_bytes(data)
    return path


def count(fresh, plan, cpu, place):
    """(instructions which all CPUs executed before the first one at @p place, CPU that is there, state
    of the cell)."""
    budget = BUDGET * (20 if fresh.options.coverage else 1)  # instrumented, it counts its counters too
    with fresh.open("boot", plan, images={RT: "rt-71000000"}, cpu=cpu, limit=True, place=place) as d:
        d.control.hits(1)
        demand(d.run(limit=budget) == plugin.PLACED,
               f"{place:#x} is not reached within {budget} instructions")
        return d.control.total, d.control.at_cpu, d.status().state(CELL)


def to_cell(fresh, cpu, late):
    """All CPUs of the emulator share one thread, and root would use up a turn of it before the cell's
    CPU gets its own. So root does not start here: what is counted is the way of the cell alone."""
    with tempfile.TemporaryDirectory(dir=PLANS) as folder:
        total, where, _ = count(fresh, waiting(folder, late), cpu, CELL_ENTRY)
    equal(where, 3, "CPU of the cell")
    return total


for _number, (_name, _cpu) in enumerate(CPUS.items(), 193):
    def _first(fresh, cpu=_cpu):
        total = to_cell(fresh, cpu, ROOT)
        linux, where, state = count(fresh, PLANS / "demo.plan", cpu, LINUX_ENTRY)
        equal((where, state), (0, "RUNNING"), "CPU of Linux, and the cell when it begins")
        return f"first instruction of the cell after {total} of all CPUs, of Linux after {linux}"
    case(_number, f"direct boot: a cell's first instruction within {BUDGET} of power-on, and its start "
         f"before that of Linux ({_name})", ("SYR_LCH_004",), "fresh")(_first)


@case(195, "the same check is red for a plan whose cell does not start by itself", ("SYR_LCH_004",),
      "fresh")
def unstarted(fresh):
    try:
        to_cell(fresh, CPUS["cortex-a57"], CELL)
    except Wrong as red:
        return f"red: {red}"
    raise Wrong("the check did not notice that the cell never starts")
