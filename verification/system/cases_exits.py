# SPDX-License-Identifier: Apache-2.0
"""What a cell's timer interrupt costs: instructions at EL2, counted by a plugin of QEMU and by the
kernel itself over one interval of 10,000 interrupts; and its jitter in instructions."""

from built import PLANS
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
