# SPDX-License-Identifier: Apache-2.0
"""Direct boot: a cell of two CPUs. What ends the cell ends both, and what belongs to the cell may be
used by both."""

import struct

import planblob as pb
import status
from built import REPO
from cases import case, demand, equal
from cases_attempt import DENIED, READ, check_events, revive, sgi
from cases_life import call, must
from cases_plan import scratch
from direct import COMM, OTHER, ROOT, RT

PLAN = REPO / "verification/system/plans/direct-smp.toml"
SECOND = COMM[OTHER] + 72
BEAT, COMMAND, ARGUMENT, RESULT = range(4)
TAGS = ("SYR_CPU_001", "SYR_CPU_002", "SWR_PSC_002")
FIRST_CPU, SECOND_CPU = 2, 3
ALREADY_ON = 0x100000000 - 4


def beat(d):
    return d.word(SECOND + 8 * BEAT)


def second_lives(d, ticks=4):
    before = beat(d)
    d.ticks(ticks)
    return beat(d) > before


def second_on(d):
    result, events = d.attempt(OTHER, status.ATTEMPT["SECOND"], SECOND_CPU)
    equal((result & 0xFFFFFFFF, events), (0, []), "CPU_ON of the cell's second CPU")
    demand(second_lives(d), "the second CPU does not execute")


def second_attempts(d, name, argument=0, ticks=12):
    """The second CPU attempts something. @return (result or None, events)"""
    d.write(SECOND + 8 * RESULT, bytes(8))
    d.write(SECOND + 8 * ARGUMENT, struct.pack("<Q", argument))
    d.write(SECOND + 8 * COMMAND, struct.pack("<Q", status.ATTEMPT[name]))
    done = d.until(lambda: d.word(SECOND + 8 * RESULT) & status.DONE, ticks)
    return (None if done is None else d.word(SECOND + 8 * RESULT)), d.new_events()


def both_parked(d):
    states = [d.status().cpus[c]["state"] for c in (FIRST_CPU, SECOND_CPU)]
    equal(states, ["PARKED", "PARKED"], "states of the cell's CPUs")
    demand(not second_lives(d), "the second CPU still executes")
    equal(d.silent([ROOT, RT]), [], "silent cells")


def opened(fresh):
    d = fresh.open("smp", pb.compile_plan(PLAN, scratch("smp")))
    try:
        d.up()
        second_on(d)
    except BaseException:
        d.close()
        raise
    return d


@case(200, "a cell starts, stops and starts its second CPU", TAGS, "fresh")
def power(fresh):
    with opened(fresh) as d:
        result, events = d.attempt(OTHER, status.ATTEMPT["SECOND"], SECOND_CPU)
        equal((result & 0xFFFFFFFF, events), (ALREADY_ON, []), "CPU_ON of a CPU that is on")
        result, events = second_attempts(d, "CPU_OFF")
        equal((result, events), (None, []), "CPU_OFF")
        equal(d.status().cpus[SECOND_CPU]["state"], "OFF", "state of the CPU")
        demand(not second_lives(d), "the second CPU still executes")
        second_on(d)
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(201, "root stops and restarts a cell of two CPUs", TAGS, "fresh")
def stopped(fresh):
    with opened(fresh) as d:
        must(d, "CELL_STOP", OTHER)
        both_parked(d)
        revive(d, OTHER)
        second_on(d)


@case(202, "SYSTEM_OFF by one CPU ends the cell on both", TAGS + ("SYR_EVT_001",), "fresh")
def off(fresh):
    with opened(fresh) as d:
        result, events = second_attempts(d, "SYSTEM_OFF")
        equal(result, None, "answer")
        check_events(events, OTHER, [("EV_SYSTEM_RESET", 0x84000008, 0)], SECOND_CPU)
        equal(d.status().state(OTHER), "STOPPED", "state")
        both_parked(d)
        revive(d, OTHER)
        second_on(d)


@case(208, "SYSTEM_RESET by either CPU begins the cell anew on its first one, the other is off",
      TAGS + ("SYR_RST_001", "SYR_EVT_001", "SWR_RST_002", "SWR_RST_003", "SWR_RST_004"), "fresh")
def reset(fresh):
    with opened(fresh) as d:
        for attempts in (second_attempts, lambda d, name: d.attempt(OTHER, status.ATTEMPT[name])):
            d.ticks(20)
            before = d.comm(OTHER).heartbeat
            result, events = attempts(d, "SYSTEM_RESET")
            equal(result, None, "answer")
            check_events(events, OTHER, [("EV_CELL_RESTARTED", OTHER, 0)], FIRST_CPU)
            equal(d.status().state(OTHER), "RUNNING", "state")
            states = [d.status().cpus[c]["state"] for c in (FIRST_CPU, SECOND_CPU)]
            equal(states, ["RUN", "OFF"], "states of the cell's CPUs")
            demand(1 < d.comm(OTHER).heartbeat < before, "the heart does not beat from the beginning")
            demand(not second_lives(d), "the second CPU still executes")
            equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
            second_on(d)


@case(203, "a destroy right after a reset by the cell leaves no CPU behind", TAGS, "fresh")
def reset_and_destroy(fresh):
    with opened(fresh) as d:
        # Both at once: root's call and the cell's reset are taken at the same tick.
        d.write(SECOND + 8 * ARGUMENT, bytes(8))
        d.write(SECOND + 8 * COMMAND, struct.pack("<Q", status.ATTEMPT["SYSTEM_RESET"]))
        got, _ = call(d, "CELL_DESTROY", OTHER)
        equal(got, 0, "CELL_DESTROY")
        equal(d.status().state(OTHER), "ABSENT", "state")
        states = [(d.status().cpus[c]["state"], d.status().cpus[c]["cell"])
                  for c in (FIRST_CPU, SECOND_CPU)]
        equal(states, [("OFF", ROOT), ("OFF", ROOT)], "CPUs of the destroyed cell")
        must(d, "CELL_CREATE", OTHER)
        revive(d, OTHER)
        second_on(d)


@case(204, "a violation by the second CPU is answered to that CPU", TAGS + ("SYR_SPA_001",),
      "fresh")
def violation(fresh):
    with opened(fresh) as d:
        result, events = second_attempts(d, "READ", 0x70000000)
        demand(result is not None and result & status.FAULTED, "no fault was taken")
        check_events(events, OTHER, [("EV_MEM_VIOLATION", 0x70000000, READ)], SECOND_CPU)
        demand(second_lives(d), "the second CPU does not go on")
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(205, "SGIs within the cell go through, to all but self only within the cell",
      ("SYR_IRQ_002", "SYR_EVT_001"), "fresh")
def sgis(fresh):
    with opened(fresh) as d:
        _, events = d.attempt(OTHER, status.ATTEMPT["SGI"], sgi(1, 0b1000))
        equal(events, [], "SGI to the cell's other CPU")
        value = 1 << 40 | sgi(1, 0)
        _, events = d.attempt(OTHER, status.ATTEMPT["SGI"], value)
        check_events(events, OTHER, [("EV_SGI_FOREIGN", value, 0b0011)])
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(206, "an own interrupt may be routed to either CPU of the cell", ("SYR_IRQ_002",), "fresh")
def routes(fresh):
    with opened(fresh) as d:
        _, events = d.attempt(OTHER, status.ATTEMPT["ROUTE"], 40 << 32 | SECOND_CPU)
        equal(events, [], "route to the second CPU")
        result, _ = d.attempt(OTHER, status.ATTEMPT["READ"], 0x08006000 + 40 * 8)
        equal(result & 0xFFFFFFFF, SECOND_CPU, "route")
        _, events = d.attempt(OTHER, status.ATTEMPT["ROUTE"], 40 << 32 | 1)
        check_events(events, OTHER, [("EV_ROUTE_FOREIGN", 40, 1)])


@case(207, "a cell's second CPU is no other cell's to start", TAGS + ("SYR_EVT_001",), "fresh")
def foreign_start(fresh):
    with opened(fresh) as d:
        result, events = d.attempt(ROOT, status.ATTEMPT["CPU_ON"], SECOND_CPU)
        equal(result & 0xFFFFFFFF, DENIED, "CPU_ON by root")
        check_events(events, ROOT, [("EV_CPU_ON_DENIED", SECOND_CPU, 0x40000000)])
        demand(second_lives(d), "the second CPU was disturbed")
