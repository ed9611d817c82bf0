# SPDX-License-Identifier: Apache-2.0
"""Cells that reset themselves, direct boot: the cell begins anew with its memory as it is, alone, as often
as it likes; one that is measured ends instead."""

import struct

import built
import cases_measure
import cases_watch
import planblob as pb
import status
from cases import case, demand, equal
from cases_attempt import check_events, kernel_code
from cases_life import must
from cases_plan import scratch
from direct import COMM, CPU, IMAGES, MEMORY, OTHER, ROOT, RT
from status import ID

TAGS = ("SYR_RST_001", "SYR_RST_002", "SYR_CPU_002", "SYR_EVT_001", "SWR_RST_002", "SWR_RST_003",
        "SWR_RST_004")
KEPT = 0xF0000          # in a cell's memory, of no use to its program
MARK = b"as it was"
STARTS, EVENTS = 1, 2   # in a row of status.cells
BOUND = 20              # ticks until a cell is up again
DEADLINE = cases_watch.DEADLINE
MANY = 1000
# A cell that beats once and resets itself: ldr x1, [x0, #8]; add x1, x1, #1; str x1, [x0, #8];
# movz w0, #9; movk w0, #0x8400, lsl #16; smc #0; b .
STORM = (0xF9400401, 0x91000421, 0xF9000401, 0x52800120, 0x72B08000, 0xD4000003, 0x14000000)


def begins_anew(d, cell, cpu=None):
    """The cell resets itself. Its heart beats from the beginning; all others beat on."""
    before, beat = d.status(), d.comm(cell).heartbeat
    d.write(MEMORY[cell][0] + KEPT, MARK)
    code, image = kernel_code(d), d.code_digest(cell)
    others = [c for c in (ROOT, RT, OTHER) if c != cell]
    beats = {c: d.comm(c).heartbeat for c in others}
    result, events = d.attempt(cell, status.ATTEMPT["SYSTEM_RESET"])
    equal(result, None, "answer")
    check_events(events, cell, [("EV_CELL_RESTARTED", cell, 0)], cpu)
    demand(d.until(lambda: d.comm(cell).up and 1 < d.comm(cell).heartbeat, BOUND) is not None, "it is not up")
    demand(d.comm(cell).heartbeat < beat, f"heartbeat {d.comm(cell).heartbeat}, before {beat}")
    now = d.status()
    equal(now.state(cell), "RUNNING", "state")
    equal(now.cells[cell][STARTS] - before.cells[cell][STARTS], 1, "starts")
    equal([now.cells[c][:2] for c in others], [before.cells[c][:2] for c in others], "other cells")
    equal(d.read(MEMORY[cell][0] + KEPT, len(MARK)), MARK, "memory of the cell")
    equal((kernel_code(d), d.code_digest(cell)), (code, image), "code")
    demand(all(d.comm(c).heartbeat > beats[c] for c in others), "another cell beats no more")
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(290, "a cell that resets itself begins anew, again and again, and nobody else notices",
      TAGS + ("SWR_RST_001",), "life")
def anew(d):
    for cell in (OTHER, RT):
        d.set_clock(RT if cell == OTHER else OTHER)
        d.ticks(40)
        for _ in range(3):
            begins_anew(d, cell, CPU[cell])
            d.ticks(20)
    d.set_clock(RT)
    must(d, "CELL_STOP", OTHER)  # root manages it as before
    d.write(COMM[OTHER], bytes(16))
    must(d, "CELL_START", OTHER)
    demand(d.until(lambda: d.comm(OTHER).heartbeat > 1, BOUND) is not None, "it is not up")


@case(291, "a cell that is measured does not begin anew: it is stopped",
      TAGS + ("SWR_RST_001", "SWR_PSC_003"), "fresh")
def measured(fresh):
    with cases_measure.opened(fresh, {RT: "measure = true"}) as d:
        cases_measure.up(d, (ROOT, RT, OTHER), fresh)
        d.new_events()
        starts = d.status().cells[RT][STARTS]
        result, events = d.attempt(RT, status.ATTEMPT["SYSTEM_RESET"])
        equal(result, None, "answer")
        check_events(events, RT, [("EV_SYSTEM_RESET", 0x84000009, 0)], CPU[RT])
        d.ticks(BOUND)
        equal(d.status().state(RT), "STOPPED", "state")
        equal(d.status().cpus[CPU[RT]]["state"], "PARKED", "state of its CPU")
        equal(d.status().cells[RT][STARTS], starts, "starts")
        equal(d.new_events(), [], "further events")
        equal(d.silent([ROOT, OTHER]), [], "silent cells")


def storm():
    """The image of a cell that resets itself for ever, beside the built ones and named as they are."""
    name = "storm-52000000"
    (built.INMATES / f"{name}.bin").write_bytes(struct.pack("<7I", *STORM))
    return name


def by_root(d, name):
    """A call of root about the other cell while events overflow. @return its status."""
    d.command(ROOT, status.ATTEMPT["HYPERCALL"], status.HC[name] + 256 * OTHER)
    demand(d.until(lambda: d.comm(ROOT).result & status.DONE, 400) is not None, f"no answer to {name}")
    return d.comm(ROOT).result & 0xFFFFFFFF


@case(292, "a cell that resets itself for ever disturbs neither root's calls nor the CPU that watches it",
      TAGS + ("SWR_RST_005", "SYR_WDG_002"), "fresh")
def for_ever(fresh):
    plan = pb.compile_plan(cases_watch.PLAN, scratch("storm"))
    with fresh.open("storm", plan, images={**IMAGES, OTHER: storm()}) as d:
        d.set_clock(RT)
        demand(d.until(lambda: all(d.comm(c).heartbeat > 1 for c in (ROOT, RT)), 60) is not None, "not up")
        d.ticks(2 * DEADLINE)
        before, code = d.status(), kernel_code(d)
        beats = {c: d.comm(c).heartbeat for c in (ROOT, RT)}
        d.ticks(10 * DEADLINE)
        now = d.status()
        starts = now.cells[OTHER][STARTS] - before.cells[OTHER][STARTS]
        demand(starts > MANY, f"{starts} starts")
        events = now.next - before.next
        equal(now.cells[OTHER][EVENTS] - before.cells[OTHER][EVENTS], events, "events of the cell")
        demand(abs(events - starts) <= 1, f"{events} events of {starts} starts")  # held in the midst of one
        latest = now.events(now.next - status.EVENTS // 2)
        equal({(e.id, e.cell, e.a) for e in latest}, {(ID["EV_CELL_RESTARTED"], OTHER, OTHER)}, "events")
        for cpu in (CPU[ROOT], CPU[RT]):
            old, new = before.cpus[cpu]["exits"], now.cpus[cpu]["exits"]
            grown = {k: v - old[k] for k, v in new.items() if v != old[k]}
            equal(list(grown), ["kick"], f"exits of CPU {cpu}")
            demand(9 <= grown["kick"] <= 11, f"CPU {cpu}: {grown['kick']} looks in 10 deadlines")
        for cell in (ROOT, RT):
            demand(d.comm(cell).heartbeat - beats[cell] >= 10 * DEADLINE - 1, "a beat is missing")
        equal(kernel_code(d), code, "kernel memory")
        for name, then in (("CELL_STOP", "STOPPED"), ("CELL_START", "RUNNING"), ("CELL_DESTROY", "ABSENT")):
            equal((by_root(d, name), d.status().state(OTHER)), (0, then), name)  # at the first try
        equal(d.silent([ROOT, RT]), [], "silent cells")
        return f"{starts} starts in {10 * DEADLINE} ms"


@case(293, "the watchdog of a cell that reset itself begins anew, and ends it when it hangs later",
      TAGS + ("SWR_RST_005", "SYR_WDG_001"), "fresh")
def watched(fresh):
    with cases_watch.opened(fresh) as d:
        d.set_clock(OTHER)
        d.ticks(DEADLINE)
        for _ in range(4):
            begins_anew(d, RT, CPU[RT])
            d.ticks(DEADLINE // 2 + 3)
        d.ticks(3 * DEADLINE)
        equal(d.status().state(RT), "RUNNING", "state")
        equal(d.new_events(), [], "events")
        beat = cases_watch.hang(d, RT)
        took, _ = cases_watch.ended(d, RT, CPU[ROOT], beat)
        equal(d.silent([ROOT, OTHER]), [], "silent cells")
        return f"{took} ms"
