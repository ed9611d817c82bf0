# SPDX-License-Identifier: Apache-2.0
"""Direct boot: root manages cells by hypercalls. Every call in every state, stop against a cell that
resists, and cycles."""

import status
from cases import case, demand, equal
from cases_attempt import check_events, kernel_code, revive
from direct import CPU, MEMORY, NAMES, OTHER, ROOT, RT
from status import ID

CYCLES = 20
CALLS = ["CELL_CREATE", "CELL_LOAD", "CELL_START", "CELL_STOP", "CELL_DESTROY"]
# state: {call: state afterwards, with its events}; every other call is refused by HC_STATE.
ALLOWED = {
    "ABSENT": {"CELL_CREATE": "CREATED"},
    "CREATED": {"CELL_LOAD": "LOADING", "CELL_DESTROY": "ABSENT"},
    "LOADING": {"CELL_START": "RUNNING", "CELL_DESTROY": "ABSENT"},
    "RUNNING": {"CELL_STOP": "STOPPED", "CELL_DESTROY": "ABSENT"},
    "STOPPED": {"CELL_LOAD": "LOADING", "CELL_START": "RUNNING", "CELL_DESTROY": "ABSENT"},
    "FAILED": {"CELL_STOP": "STOPPED", "CELL_DESTROY": "ABSENT"},
    "LOST": {},
}
EVENT = {"CELL_CREATE": "EV_CREATED", "CELL_LOAD": "EV_LOADABLE", "CELL_START": "EV_STARTED",
         "CELL_STOP": "EV_STOPPED", "CELL_DESTROY": "EV_DESTROYED"}
STOP_MILLISECONDS = 45   # two stages of CPU_KICK_US, and the rest


def call(d, name, cell):
    return d.hypercall(status.HC[name], cell)


def must(d, name, cell):
    """A call that is allowed: its status, its events, the state after it."""
    before = d.status().state(cell)
    got, events = call(d, name, cell)
    equal(got, 0, f"{name} in state {before}")
    wanted = [(EVENT[name], cell, 0)]
    if name == "CELL_DESTROY" and before in ("RUNNING", "FAILED"):
        wanted.insert(0, ("EV_STOPPED", cell, 0))
    check_events(events, ROOT, wanted)
    equal(d.status().state(cell), ALLOWED[before][name], f"state after {name} in {before}")


def refused(d, name, cell, wanted):
    """A call that is refused: nothing changes."""
    before, code = d.status().cells, kernel_code(d)
    got, events = call(d, name, cell)
    equal(got, ID[wanted], f"{name} in state {d.status().state(cell)}")
    check_events(events, ROOT, [("EV_REFUSED", status.HC[name], ID[wanted])])
    equal([c[:2] for c in d.status().cells], [c[:2] for c in before], "states")
    equal(kernel_code(d), code, "kernel memory")


def refuse_all_but(d, cell):
    """Every call which the present state does not allow."""
    state = d.status().state(cell)
    for name in CALLS:
        if name not in ALLOWED[state]:
            refused(d, name, cell, "E_HC_STATE")
    equal(d.status().state(cell), state, "state")


def bring_to(d, cell, state):
    """From RUNNING to any other state."""
    way = {"STOPPED": ["CELL_STOP"], "ABSENT": ["CELL_DESTROY"],
           "CREATED": ["CELL_DESTROY", "CELL_CREATE"],
           "LOADING": ["CELL_DESTROY", "CELL_CREATE", "CELL_LOAD"], "RUNNING": []}[state]
    for name in way:
        must(d, name, cell)


def restart(d, cell):
    """From any state back to RUNNING."""
    if d.status().state(cell) == "ABSENT":
        must(d, "CELL_CREATE", cell)
    revive(d, cell)


LIFE = ("SYR_PLN_003", "SYR_EVT_001", "SWR_CEL_001", "SWR_HCL_001", "SWR_EVT_004")
DISABLE = ("SYR_PLN_003", "SYR_EVT_001", "SWR_HCL_004")
for number, state in enumerate(["ABSENT", "CREATED", "LOADING", "RUNNING", "STOPPED"], 120):
    def _states(d, state=state):
        d.set_clock(RT)
        bring_to(d, OTHER, state)
        refuse_all_but(d, OTHER)
        restart(d, OTHER)
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
    case(number, f"calls in the wrong state are refused: {state}", LIFE, "life")(_states)


@case(125, "calls in the wrong state are refused: FAILED", LIFE, "life")
def failed_state(d):
    d.set_clock(OTHER)
    d.attempt(RT, status.ATTEMPT["READ"], 0x70000000)
    equal(d.status().state(RT), "FAILED", "state")
    refuse_all_but(d, RT)
    must(d, "CELL_STOP", RT)
    restart(d, RT)


@case(126, "calls for a cell that is not there, the kernel and root are refused", LIFE, "life")
def no_cell(d):
    for name in CALLS:
        for cell in (0, 1, 4, 7, 8, 200):
            before = [c[:2] for c in d.status().cells]
            got, events = call(d, name, cell)
            equal(got, ID["E_HC_NO_CELL"], f"{name} of cell {cell}")
            check_events(events, ROOT, [("EV_REFUSED", status.HC[name], ID["E_HC_NO_CELL"])])
            equal([c[:2] for c in d.status().cells], before, "states")


@case(127, "disable is refused at direct boot while cells exist", DISABLE, "life")
def cells_left(d):
    refused(d, "DISABLE", 0, "E_HC_DIRECT")


@case(128, "disable is refused at direct boot when no cell is left", DISABLE, "life")
def none_left(d):
    d.set_clock(ROOT)
    for cell in (RT, OTHER):
        bring_to(d, cell, "ABSENT")
    refused(d, "DISABLE", 0, "E_HC_DIRECT")
    for cell in (RT, OTHER):
        restart(d, cell)


@case(129, f"stop, destroy, create, load and start, {CYCLES} times",
      ("SYR_CPU_001", "SYR_SPA_003", "SYR_EVT_001", "SWR_CEL_001", "SWR_CEL_002", "SWR_CEL_004",
       "SWR_CEL_005", "SWR_CEL_006", "SWR_CPU_001"), "life")
def cycles(d):
    d.set_clock(RT)
    code = kernel_code(d)
    starts = d.status().cells[OTHER][1]
    for _ in range(CYCLES):
        for name in ("CELL_STOP", "CELL_DESTROY", "CELL_CREATE", "CELL_LOAD"):
            must(d, name, OTHER)
        d.write(0x53001000, bytes(16))
        must(d, "CELL_START", OTHER)
        demand(d.until(lambda: d.comm(OTHER).up and d.comm(OTHER).heartbeat > 1, 20) is not None,
               "the cell did not come up")
        equal(d.silent([ROOT, RT]), [], "silent cells")
    equal(d.status().cells[OTHER][1], starts + CYCLES, "times started")
    equal(kernel_code(d), code, "kernel memory")


def stop_in_time(d, cell, wanted):
    """Root stops the cell: bounded, with these events."""
    before = d.comm(d.clock).ticks
    got, events = call(d, "CELL_STOP", cell)
    took = d.comm(d.clock).ticks - before
    equal(got, 0, "CELL_STOP")
    check_events(events, ROOT, [("EV_STOPPED", cell, 0)] if not wanted else wanted)
    demand(took <= STOP_MILLISECONDS, f"the stop took {took} ms")
    return f"{took} ms"


RESIST = ("SYR_CPU_002", "SYR_IRQ_002", "SYR_EVT_001", "SWR_CEL_005", "SWR_CPU_003",
          "SWR_GIC_003", "SWR_TRP_004")


@case(131, "a cell that spins with interrupts masked is stopped by the kick", RESIST, "life")
def spin(d):
    d.set_clock(RT)
    result, events = d.attempt(OTHER, status.ATTEMPT["SPIN"])
    equal((result, events), (None, []), "answer of a spinning cell")
    equal(d.silent([ROOT, RT]), [], "silent cells")
    text = stop_in_time(d, OTHER, None)
    restart(d, OTHER)
    return text


@case(132, "a cell that masks its private interrupts is stopped by the kick", RESIST, "life")
def masked(d):
    d.set_clock(RT)
    d.attempt(OTHER, status.ATTEMPT["GICR"], CPU[OTHER])
    equal(d.silent([OTHER]), [NAMES[OTHER]], "cells without heartbeat")
    text = stop_in_time(d, OTHER, None)
    restart(d, OTHER)
    return text


@case(133, "a cell that blocks the kick by ICC_AP1R0 is stopped by its stage 2",
      RESIST + ("SYR_SPA_001",), "life")
def block(d):
    d.set_clock(RT)
    result, _ = d.attempt(OTHER, status.ATTEMPT["BLOCK"], 1)
    equal(result, None, "answer")
    equal(d.silent([ROOT, RT]), [], "silent cells")
    before = d.comm(RT).ticks
    got, events = call(d, "CELL_STOP", OTHER)
    equal(got, 0, "CELL_STOP")
    kinds = [status.NAME[e.id] for e in events]
    demand(kinds in (["EV_KICK_STAGE2", "EV_STOPPED"], ["EV_STOPPED"]), f"events {kinds}")
    took = d.comm(RT).ticks - before
    demand(took <= STOP_MILLISECONDS, f"the stop took {took} ms")
    equal(d.silent([ROOT, RT]), [], "silent cells")
    restart(d, OTHER)
    return f"{took} ms, {kinds[0]}"


@case(134, "a cell that blocks the kick and sleeps is stopped, or its CPU is lost and stays revoked",
      RESIST + ("SYR_SPA_001",), "fresh")
def lost(fresh):
    with fresh.open("lost") as d:
        d.up()
        d.attempt(OTHER, status.ATTEMPT["AP1R"], 1)
        equal(d.silent([ROOT, RT]), [], "silent cells")
        before = d.comm(RT).ticks
        got, events = call(d, "CELL_STOP", OTHER)
        took = d.comm(RT).ticks - before
        kinds = [status.NAME[e.id] for e in events]
        demand(took <= STOP_MILLISECONDS, f"the stop took {took} ms")
        if got == 0:
            restart(d, OTHER)
        else:
            equal(got, ID["E_HC_LOST"], "CELL_STOP")
            equal(kinds, ["EV_KICK_STAGE2", "EV_CPU_LOST", "EV_REFUSED"], "events")
            equal(d.status().state(OTHER), "LOST", "state")
            equal(d.status().cpus[CPU[OTHER]]["state"], "LOST", "state of the CPU")
            refuse_all_but(d, OTHER)
        equal(d.silent([ROOT, RT]), [], "silent cells")
        return f"{took} ms, {', '.join(kinds)}"


@case(135, "more events than the ring holds: a reader sees how many it missed",
      ("SYR_EVT_001", "SWR_EVT_002"),
      "life")
def ring(d):
    d.set_clock(RT)
    first = d.status().next
    count = status.EVENTS + 40
    for _ in range(count):
        d.attempt(OTHER, status.ATTEMPT["SMC"], 0xC2000000)
    now = d.status()
    equal(now.next, first + count, "number of the next event")
    equal(len(now.events(now.next - status.EVENTS)), status.EVENTS, "events that can be read")
    try:
        now.events(first)
    except ValueError:
        d.seen = now.next
        return
    demand(False, "the overwritten events were not noticed")


@case(136, "exits are counted by cause", ("SYR_EVT_001",), "life")
def counters(d):
    d.set_clock(RT)
    before = d.status().cpus[CPU[OTHER]]
    for name, argument in (("SMC", 0x84000000), ("HYPERCALL", 0), ("SGI", 1 << 24 | 4),
                           ("READ", 0x08000004), ("READ", 0x70000000)):
        d.attempt(OTHER, status.ATTEMPT[name], argument)
    after = d.status().cpus[CPU[OTHER]]
    grown = {k: after["exits"][k] - before["exits"][k] for k in after["exits"]}
    equal(grown, {"hvc": 1, "smc": 1, "sysreg": 1, "mmio": 1, "abort": 1, "kick": 0, "serror": 0,
                  "other": 0, "irq": 0}, "exits")
    equal(after["total"] - before["total"], 5, "exits in all")
    d.new_events()


@case(137, "a cell that was stopped by its stage 2 can be started again without a new create",
      ("SYR_SPA_001", "SYR_CPU_002"), "life")
def start_after_stage2(d):
    d.set_clock(RT)
    d.attempt(OTHER, status.ATTEMPT["BLOCK"], 1)
    got, events = call(d, "CELL_STOP", OTHER)
    equal((got, status.NAME[events[0].id]), (0, "EV_KICK_STAGE2"), "stop")
    d.write(0x53001000, bytes(16))
    must(d, "CELL_START", OTHER)
    up = d.until(lambda: d.comm(OTHER).up and d.comm(OTHER).heartbeat > 1, 20)
    text = "; ".join(map(str, d.new_events()[:2]))
    demand(up is not None, f"the cell did not come up: {text}")
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(138, "root finds nothing of a destroyed cell, and a new cell nothing of root",
      ("SYR_PRP_001", "SWR_PRP_003", "SYR_SPA_003"), "life")
def nothing_is_left(d):
    first, count = MEMORY[OTHER]
    d.set_clock(RT)
    demand(d.read(first, count).strip(bytes(1)), "the cell has an image")
    bring_to(d, OTHER, "ABSENT")
    equal(d.read(first, count).strip(bytes(1)), b"", "what root finds")
    d.write(first + 0x40000, b"a secret of root")
    d.write(first + count - 16, b"another secret.")
    must(d, "CELL_CREATE", OTHER)
    equal(d.read(first, count).strip(bytes(1)), b"", "what the cell finds")
    revive(d, OTHER)
