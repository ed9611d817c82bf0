# SPDX-License-Identifier: Apache-2.0
"""Cell watchdog, direct boot: a cell whose heart stands still is ended by a CPU of another cell, with and
without root, and nobody else notices. Deadlines are 20 ms; one tick of the clock cell is 1 ms."""

import built
import planblob as pb
import status
from cases import case, demand, equal
from cases_attempt import check_events, kernel_code
from cases_life import must, restart
from cases_plan import scratch
from direct import COMM, CPU, NAMES, OTHER, ROOT, RT

PLAN = built.REPO / "verification/system/plans/direct-watch.toml"
DEADLINE = 20
BOUND = 2 * DEADLINE + 2  # two deadlines and the ticks that this test cuts off
HEALTHY = 400
WATCH = ("SYR_WDG_001", "SYR_WDG_002", "SYR_EVT_001", "SWR_WDG_002", "SWR_WDG_004", "SWR_WDG_005",
         "SWR_WDG_007")


def opened(fresh, **kw):
    d = fresh.open("watch", pb.compile_plan(PLAN, scratch("watch")), **kw)
    try:
        d.up()
    except BaseException:
        d.close()
        raise
    return d


def hang(d, cell, command="SPIN", argument=0):
    """The cell beats no more. @return its last heartbeat, once it stands still."""
    d.command(cell, status.ATTEMPT[command], argument)
    before = d.comm(cell).heartbeat
    for _ in range(6):
        d.ticks()
        if d.comm(cell).heartbeat == before:
            return before
        before = d.comm(cell).heartbeat
    demand(False, f"cell {NAMES[cell]} goes on after {command}")


def ended(d, cell, by, beat):
    """The watchdog ends the cell within its bound. @return ticks that it took."""
    took = d.until(lambda: d.status().state(cell) != "RUNNING", BOUND)
    demand(took is not None, f"cell {NAMES[cell]} still runs after {BOUND} ms")
    equal(d.status().state(cell), "FAILED", "state")
    events = d.new_events()
    check_events(events[:1], cell, [("EV_WATCHDOG", cell, beat)])
    equal(events[0].cpu, by, "CPU that recorded it")
    demand(d.until(lambda: d.status().cpus[CPU[cell]]["state"] == "PARKED", 2 * DEADLINE + 2) is not None,
           "the CPU of the cell does not park")
    equal(d.comm(cell).heartbeat, beat, "heartbeat afterwards")
    return took, events[1:]


@case(500, "cells that beat are never ended, and a look costs one exit", WATCH, "fresh")
def healthy(fresh):
    with opened(fresh) as d:
        d.ticks(2 * DEADLINE)
        before = [d.status().cpus[cpu]["exits"] for cpu in range(3)]
        code = kernel_code(d)
        d.ticks(HEALTHY)
        after = [d.status().cpus[cpu]["exits"] for cpu in range(3)]
        grown = [{k: v - b[k] for k, v in a.items() if v != b[k]} for a, b in zip(after, before)]
        looks = HEALTHY // DEADLINE
        for cpu in (0, 1):
            equal(list(grown[cpu]), ["kick"], f"exits of CPU {cpu}")
            demand(looks - 1 <= grown[cpu]["kick"] <= looks,
                   f"CPU {cpu}: {grown[cpu]['kick']} looks in {looks} deadlines")
        equal(grown[2], {}, "exits of the CPU that watches nobody")
        equal(d.new_events(), [], "events")
        equal(kernel_code(d), code, "kernel memory")
        return f"{grown[0]['kick']} exits in {looks} deadlines"


@case(501, "a cell that hangs with interrupts masked is ended, and can be started again", WATCH, "fresh")
def hung(fresh):
    with opened(fresh) as d:
        d.set_clock(OTHER)
        digest = d.code_digest(OTHER)
        beat = hang(d, RT)
        took, rest = ended(d, RT, CPU[ROOT], beat)
        equal(rest, [], "more events")
        equal(d.silent([ROOT, OTHER]), [], "silent cells")
        equal(d.code_digest(OTHER), digest, "code of the other cell")
        must(d, "CELL_STOP", RT)
        restart(d, RT)
        d.ticks(4 * DEADLINE)
        equal(d.status().state(RT), "RUNNING", "state")
        return f"{took} ms"


@case(502, "a cell watches for the kernel: root's own CPU has no part in it", WATCH, "fresh")
def by_a_cell(fresh):
    with opened(fresh) as d:
        beat = hang(d, OTHER)
        took, _ = ended(d, OTHER, CPU[RT], beat)
        equal(d.silent([ROOT, RT]), [], "silent cells")
        return f"{took} ms"


@case(503, "root hangs with interrupts masked: the watchdog on its CPU goes on", WATCH, "fresh")
def root_hangs(fresh):
    with opened(fresh) as d:
        d.set_clock(OTHER)
        hang(d, ROOT)
        d.ticks(3 * DEADLINE)
        equal([d.status().state(c) for c in (RT, OTHER)], ["RUNNING"] * 2, "states")
        equal(d.new_events(), [], "events")
        beat = hang(d, RT)
        took, _ = ended(d, RT, CPU[ROOT], beat)
        equal(d.silent([OTHER]), [], "silent cells")
        return f"{took} ms"


@case(504, "root has reset and its CPU is parked: the watchdog on that CPU goes on",
      WATCH + ("SYR_CPU_002",), "fresh")
def root_ends(fresh):
    with opened(fresh) as d:
        d.set_clock(OTHER)
        d.attempt(ROOT, status.ATTEMPT["SYSTEM_RESET"])
        equal(d.status().cpus[CPU[ROOT]]["state"], "PARKED", "state of root's CPU")
        d.ticks(3 * DEADLINE)
        equal([d.status().state(c) for c in (RT, OTHER)], ["RUNNING"] * 2, "states")
        d.new_events()
        beat = hang(d, RT)
        took, _ = ended(d, RT, CPU[ROOT], beat)
        equal(d.silent([OTHER]), [], "silent cells")
        return f"{took} ms"


@case(505, "a cell that hangs behind a blocked kick is ended by its tables",
      WATCH + ("SWR_WDG_008",), "fresh")
def blocked(fresh):
    with opened(fresh) as d:
        d.set_clock(OTHER)
        beat = hang(d, RT, "BLOCK", 1)
        took, _ = ended(d, RT, CPU[ROOT], beat)
        kinds = [status.NAME[e.id] for e in d.new_events()]
        equal(d.silent([ROOT, OTHER]), [], "silent cells")
        must(d, "CELL_STOP", RT)
        restart(d, RT)
        return f"{took} ms, then {', '.join(kinds) or 'parked'}"


@case(506, "a watching CPU whose cell was destroyed and created again goes on watching", WATCH, "fresh")
def watcher_changes(fresh):
    with opened(fresh) as d:
        d.set_clock(OTHER)
        for name in ("CELL_STOP", "CELL_DESTROY"):
            must(d, name, RT)
        d.ticks(3 * DEADLINE)
        equal(d.status().state(OTHER), "RUNNING", "state while the watching CPU waits")
        must(d, "CELL_CREATE", RT)
        must(d, "CELL_LOAD", RT)
        d.write(COMM[RT], bytes(16))
        must(d, "CELL_START", RT)
        d.ticks(3 * DEADLINE)
        equal([d.status().state(c) for c in (RT, OTHER)], ["RUNNING"] * 2, "states")
        d.set_clock(RT)
        beat = hang(d, OTHER)
        took, _ = ended(d, OTHER, CPU[RT], beat)
        equal(d.silent([ROOT, RT]), [], "silent cells")
        return f"{took} ms"


@case(507, "a cell that is stopped and started again and again is never ended by what an earlier run left",
      WATCH, "fresh")
def restarts(fresh):
    with opened(fresh) as d:
        d.set_clock(OTHER)
        for _ in range(6):
            must(d, "CELL_STOP", RT)
            restart(d, RT)
        d.ticks(2 * DEADLINE)
        equal(d.status().state(RT), "RUNNING", "state")
