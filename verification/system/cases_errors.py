# SPDX-License-Identifier: Apache-2.0
"""Errors of the hardware, direct boot: who is told of them, and who notices nothing.

QEMU has no physical SError. The debugger turns a hypercall of a cell into one: at the vector of a
synchronous exception it moves the CPU on to that of an SError, where everything is as the
architecture would have it but for the syndrome, which it sets where the kernel has read it. An external
abort is made of a refused access in the same way: QEMU does not act on HCR_EL2.TEA."""

import struct

import cases_inject
import planblob as pb
import status
from cases import case, demand, equal
from cases_plan import scratch
from direct import COMM, CPU, MEMORY, NAMES, OTHER, ROOT, RT
from gdb import PC
from status import ID

TAGS = ("SYR_HWE_001", "SYR_EVT_001", "SWR_HWE_002", "SWR_RAS_002")
SYNC, SERROR = 0x400, 0x580   # offsets of the vectors
X1, X2 = 1, 2
PLAIN = 0xBE000000            # SError, its syndrome not said
UNCONTAINED, UNRECOVERABLE, CORRECTED = (PLAIN | 0x11 | n << 10 for n in (0, 1, 6))
EXTERNAL = 0x93820018         # of a load from memory: parity or ECC error
MAX = "max,pauth-impdef=on"
CODE = 0xE0000                # in a cell's memory, of no use to its program
BUDGET = 12
LIMIT = 400_000_000
ERROR_IRQ = cases_inject.FIRST + 5
# Unmask SErrors for some instructions: what waits is taken there, and skips one of them. x0: ESR_EL1.
UNMASK = (0xD518521F, 0xD50344FF, 0xD5033FDF, 0xD503201F, 0xD503201F, 0xD503201F, 0xD50344DF,
          0xD5385200, 0xD65F03C0)  # msr esr_el1, xzr; msr daifclr, #4; isb; nop * 3; msr daifset, #4;
#                                    mrs x0, esr_el1; ret
NO_RECORDS = (0xD5385300, 0xD65F03C0)   # mrs x0, erridr_el1; ret
SELECT = (0xD518533F, 0xD65F03C0)       # msr errselr_el1, xzr; ret


def bring(d, cell, code, at=CODE):
    """Code for a cell to call, where nothing has been executed yet. @return its address."""
    d.write(MEMORY[cell][0] + at, struct.pack(f"<{len(code)}I", *code))
    return MEMORY[cell][0] + at


def takes(d, cell):
    """Does the cell take a virtual SError when it lets one come? @return the syndrome's class, or None."""
    result, events = d.attempt(cell, status.ATTEMPT["RUN"], bring(d, cell, UNMASK), BUDGET)
    demand(result is not None, f"no answer from cell {NAMES[cell]}")
    equal(events, [], "events")
    return result >> 26 & 63 if result & status.FAULTED else None


def serror(d, cell, syndrome):
    """A physical SError while this cell executes. @return the events of it."""
    d.new_events()
    d.command(cell, status.ATTEMPT["HYPERCALL"], 0)
    vectors = d.symbols["vectors"]
    demand(d.catch(), "gdb came too late")
    place = d.race([vectors + SYNC], limit=LIMIT)
    equal(place, ("place", CPU[cell]), "the hypercall")
    d.gdb.set_register(CPU[cell], PC, vectors + SERROR)
    place = d.race([d.symbols["ras_serror"]], limit=LIMIT)
    equal(place, ("place", CPU[cell]), "the kernel's look at it")
    d.gdb.set_register(CPU[cell], X1, syndrome)
    d.run(ticks=2)
    return d.new_events()


def opened(fresh, cpu="cortex-a57", mode="direct", key=None):
    """Three cells; RT is a program that logs its interrupts."""
    path = scratch(f"errors-{mode}").with_suffix(".toml")
    text = cases_inject.source(mode, "direct")
    path.write_text(text.replace('name = "rt"\n', f'name = "rt"\n{key}\n') if key else text)
    d = fresh.open("errors", pb.compile_plan(path, path.with_suffix(".plan")), images=cases_inject.IMAGES,
                   cpu=cpu, debug=True, limit=True)
    try:
        d.up()
        d.set_clock(ROOT)
    except BaseException:
        d.close()
        raise
    return d


def untroubled(d, cells):
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
    for cell in cells:
        equal(takes(d, cell), None, f"virtual SError in {NAMES[cell]}")
    equal([d.status().state(c) for c in (ROOT, RT, OTHER)], ["RUNNING"] * 3, "states")


@case(660, "an SError goes to the cell on the CPU that took it, once, and to nobody else",
      TAGS + ("SWR_HWE_004", "SWR_TRP_005"), "fresh")
def goes_to_the_cell(fresh):
    with opened(fresh) as d:
        untroubled(d, (ROOT, RT, OTHER))
        events = serror(d, RT, PLAIN)
        equal([(e.id, e.cpu, e.cell, e.a) for e in events], [(ID["EV_SERROR"], CPU[RT], RT, PLAIN)], "events")
        demand(MEMORY[RT][0] <= events[0].b < sum(MEMORY[RT]), "the PC is not the cell's")
        equal(takes(d, RT), 0x2F, "class of what the cell takes")
        untroubled(d, (ROOT, RT, OTHER))


@case(661, "an SError that is not contained is told to every cell", TAGS + ("SWR_HWE_004", "SWR_RAS_001"),
      "fresh")
def not_contained(fresh):
    with opened(fresh, MAX, key=f"error_interrupt = {ERROR_IRQ}") as d:
        enabled(d, RT)
        events = serror(d, OTHER, UNCONTAINED)
        equal([(e.id, e.cpu, e.cell, e.a) for e in events],
              [(ID["EV_SERROR"], CPU[OTHER], 0, UNCONTAINED)], "events")
        for cell in (OTHER, ROOT):
            equal(takes(d, cell), 0x2F, f"class of what {NAMES[cell]} takes")
        equal(cases_inject.taken(d, RT), [ERROR_IRQ], "interrupts of rt")
        untroubled(d, (ROOT, RT, OTHER))


@case(662, "an SError that was corrected is recorded, and disturbs no cell", TAGS, "fresh")
def corrected(fresh):
    with opened(fresh, MAX) as d:
        events = serror(d, RT, CORRECTED)
        equal([(e.id, e.cell, e.a) for e in events], [(ID["EV_SERROR"], RT, CORRECTED)], "events")
        untroubled(d, (ROOT, RT, OTHER))


def enabled(d, cell):
    """The cell wants its error interrupt."""
    frame = 0x08000000
    bit = 1 << ERROR_IRQ % 32
    for offset, value in ((0x400 + ERROR_IRQ // 4 * 4, 0x80808080), (0x100 + ERROR_IRQ // 32 * 4, bit)):
        d.attempt(cell, status.ATTEMPT["STORE32"], value << 32 | frame + offset, BUDGET)
    d.attempt(cell, status.ATTEMPT["ROUTE"], ERROR_IRQ << 32 | CPU[cell], BUDGET)
    d.new_events()
    equal(cases_inject.taken(d, cell), [], "interrupts before")


for _number, _mode in enumerate(cases_inject.MODES, 663):
    def _by_interrupt(fresh, mode=_mode):
        with opened(fresh, "cortex-a57", mode, f"error_interrupt = {ERROR_IRQ}") as d:
            enabled(d, RT)
            events = serror(d, RT, PLAIN)
            equal([(e.id, e.cell) for e in events], [(ID["EV_SERROR"], RT)], "events")
            equal(cases_inject.taken(d, RT), [ERROR_IRQ], "interrupts")
            untroubled(d, (ROOT, RT, OTHER))
            events = serror(d, OTHER, PLAIN)   # of another cell: not RT's business
            equal([(e.id, e.cell) for e in events], [(ID["EV_SERROR"], OTHER)], "events")
            equal(cases_inject.taken(d, RT), [ERROR_IRQ], "interrupts")
    case(_number, f"a cell whose plan names an interrupt for errors gets that, {_mode} mode",
         TAGS + ("SWR_HWE_003",), "fresh")(_by_interrupt)


@case(666, "an external abort goes to the cell that made the access, and is recorded",
      ("SYR_HWE_001", "SWR_HWE_002", "SWR_RAS_003"), "fresh")
def external_abort(fresh):
    with opened(fresh) as d:
        d.command(RT, status.ATTEMPT["READ"], MEMORY[OTHER][0])  # an abort that comes to the kernel
        demand(d.catch(), "gdb came too late")
        equal(d.race([d.symbols["abort_handle"]], limit=LIMIT), ("place", CPU[RT]), "the abort")
        d.gdb.set_register(CPU[RT], X2, EXTERNAL)
        d.run(ticks=3)
        equal([(e.id, e.cell, e.a, e.b) for e in d.new_events()],
              [(ID["EV_EXTERNAL_ABORT"], RT, EXTERNAL, MEMORY[OTHER][0])], "events")
        demand(d.comm(RT).result & status.FAULTED, "the cell took no abort")
        untroubled(d, (ROOT, RT, OTHER))


@case(665, "a cell has no error records, and cannot reach those of the machine",
      ("SYR_HWE_001", "SWR_RAS_006", "SWR_RAS_001"), "max")
def records(d):
    d.set_clock(ROOT)
    before = cases_inject.exits(d, RT)["sysreg"]
    result, events = d.attempt(RT, status.ATTEMPT["RUN"], bring(d, RT, NO_RECORDS), BUDGET)
    equal(result, status.DONE, "ERRIDR_EL1")
    equal(events, [], "events")
    equal(cases_inject.exits(d, RT)["sysreg"] - before, 1, "the kernel answers")
    # QEMU has no record to select, so the architecture itself makes this one undefined.
    result, events = d.attempt(RT, status.ATTEMPT["RUN"], bring(d, RT, SELECT, CODE + 64), BUDGET)
    demand(result is not None and result & status.FAULTED, "a record was selected")
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
