# SPDX-License-Identifier: Apache-2.0
"""Direct boot: what a lock refuses, who may lock what, and that no call of anybody ends a lock."""

import planblob as pb
import status
from cases import case, demand, equal
from cases_attempt import check_events, kernel_code
from cases_life import CALLS, call, must, refused, restart
from cases_plan import good_plan, scratch
from direct import CPU, OTHER, ROOT, RT
from status import ID

LOCK = status.defines("src/abi/lock.h", "BH_LOCK_")
SCOPES = ("CREATE", "LOAD", "START", "DISABLE", "DEBUG")
ALL, KNOWN = LOCK["ALL"], LOCK["ALL"] + LOCK["SCOPES"]
FOR_ALL = 0xFFFFFFFF
NEEDS = {"CELL_CREATE": LOCK["CREATE"], "CELL_LOAD": LOCK["LOAD"], "CELL_START": LOCK["START"],
         "CELL_STOP": LOCK["START"], "CELL_DESTROY": LOCK["CREATE"] + LOCK["START"],
         "DISABLE": LOCK["DISABLE"]}
OWN = LOCK["CREATE"] + LOCK["LOAD"] + LOCK["START"] + LOCK["DEBUG"]
GRANT = 1
CELLS = (ROOT, RT, OTHER)


def lock(d, cell, scopes):
    """LOCK by a cell: (status, events)."""
    return d.hypercall(status.HC["LOCK"], scopes, cell, 12)


def shown(d):
    """Locks as the status pages show them: {cell: scopes}, FOR_ALL for all."""
    found = {c: d.status().cells[c][3] for c in CELLS}
    found[FOR_ALL] = d.word(status.STATUS_BASE + 40, 4)
    return {key: value for key, value in found.items() if value}


def granted(d, cell, scopes, wanted):
    """A lock that is granted, with its events; nobody notices."""
    got, events = lock(d, cell, scopes)
    equal(got, 0, f"lock {scopes:#x} by cell {cell}")
    check_events(events, cell, [("EV_LOCKED", *w) for w in wanted])


def denied(d, cell, scopes, wanted):
    """A lock that is refused: nothing is locked."""
    before = shown(d)
    got, events = lock(d, cell, scopes)
    equal(got, ID[wanted], f"lock {scopes:#x} by cell {cell}")
    check_events(events, cell, [("EV_REFUSED", status.HC["LOCK"], ID[wanted])])
    equal(shown(d), before, "locks")


def all_beat(d):
    equal(d.silent(CELLS), [], "silent cells")


def rewritten(name, fields):
    """The shipped plan with other words in its policies."""
    blob = good_plan()
    for cell, field, value in fields:
        blob = pb.put(blob, pb.policy(cell, field), value)
    return scratch(name, pb.seal(blob))


TAGS = ("SYR_LCK_001", "SYR_PLN_003", "SYR_EVT_001", "SWR_LCK_001", "SWR_LCK_002", "SWR_LCK_006")


@case(270, "root tries to create, load, start, stop and destroy a cell that locked itself", TAGS,
      "fresh")
def locked_against_root(fresh):
    with fresh.open("lock-root") as d:
        d.up()
        granted(d, OTHER, OWN, [(OTHER, OWN)])
        granted(d, OTHER, OWN, [])  # once more: granted, no second event
        equal(shown(d), {OTHER: OWN}, "locks")
        for _ in range(2):
            for name in CALLS:
                refused(d, name, OTHER, "E_HC_LOCKED")
        all_beat(d)
        d.set_clock(OTHER)
        must(d, "CELL_STOP", RT)  # the lock is of one cell alone
        restart(d, RT)
        d.set_clock(RT)
        d.attempt(OTHER, status.ATTEMPT["SYSTEM_OFF"])  # what a cell does to itself is no call
        equal(d.status().state(OTHER), "STOPPED", "state")
        d.new_events()
        for name in CALLS:
            refused(d, name, OTHER, "E_HC_LOCKED")
        equal(d.silent([ROOT, RT]), [], "silent cells")


@case(271, "each scope refuses its own calls, also after the cell was destroyed and created again",
      TAGS, "fresh")
def scope_by_scope(fresh):
    with fresh.open("lock-scopes") as d:
        d.up()
        granted(d, OTHER, LOCK["LOAD"], [(OTHER, LOCK["LOAD"])])
        for name in ("CELL_STOP", "CELL_DESTROY", "CELL_CREATE"):
            must(d, name, OTHER)
        refused(d, "CELL_LOAD", OTHER, "E_HC_LOCKED")
        must(d, "CELL_DESTROY", OTHER)
        must(d, "CELL_CREATE", OTHER)
        refused(d, "CELL_LOAD", OTHER, "E_HC_LOCKED")
        granted(d, RT, LOCK["START"], [(RT, LOCK["START"])])
        for name in ("CELL_STOP", "CELL_DESTROY", "CELL_START"):
            refused(d, name, RT, "E_HC_LOCKED")
        equal(shown(d), {OTHER: LOCK["LOAD"], RT: LOCK["START"]}, "locks")
        equal(d.silent([ROOT, RT]), [], "silent cells")


@case(272, "no cell locks for another, or anything for all, without the plan's grant",
      ("SYR_LCK_002", "SYR_PLN_003", "SYR_EVT_001", "SWR_LCK_003"), "fresh")
def no_weapon(fresh):
    with fresh.open("lock-weapon") as d:
        d.up()
        code = kernel_code(d)
        for cell in CELLS:
            for scope in SCOPES:
                denied(d, cell, ALL + LOCK[scope], "E_HC_PERMISSION")
            denied(d, cell, KNOWN, "E_HC_PERMISSION")
            for odd in (0, ALL, 32, ALL + 64, 1 << 32, (1 << 32) + 1):
                denied(d, cell, odd, "E_HC_LOCK_SCOPE")
            if cell != ROOT:
                denied(d, cell, LOCK["DISABLE"], "E_HC_PERMISSION")
                denied(d, cell, OWN + LOCK["DISABLE"], "E_HC_PERMISSION")
        granted(d, OTHER, LOCK["CREATE"], [(OTHER, LOCK["CREATE"])])
        equal(shown(d), {OTHER: LOCK["CREATE"]}, "locks")
        d.set_clock(OTHER)
        must(d, "CELL_DESTROY", RT)
        restart(d, RT)
        equal(kernel_code(d), code, "kernel memory")
        all_beat(d)


@case(273, "with the grant a cell locks for all: root manages no cell any more",
      TAGS + ("SYR_LCK_002", "SWR_LCK_003"), "fresh")
def for_all(fresh):
    with fresh.open("lock-all", rewritten("lock-all", [(OTHER, "grants", GRANT)])) as d:
        d.up()
        denied(d, RT, ALL + LOCK["START"], "E_HC_PERMISSION")
        granted(d, OTHER, ALL + LOCK["START"], [(FOR_ALL, LOCK["START"])])
        granted(d, OTHER, LOCK["DISABLE"] + LOCK["LOAD"],
                [(OTHER, LOCK["LOAD"]), (FOR_ALL, LOCK["DISABLE"])])
        equal(shown(d), {OTHER: LOCK["LOAD"], FOR_ALL: LOCK["START"] + LOCK["DISABLE"]}, "locks")
        for cell in (RT, OTHER):
            for name in ("CELL_START", "CELL_STOP", "CELL_DESTROY"):
                refused(d, name, cell, "E_HC_LOCKED")
        refused(d, "DISABLE", 0, "E_HC_LOCKED")
        all_beat(d)


@case(274, "locks that the plan demands are in force when the cell runs first",
      TAGS + ("SWR_LCK_004",), "fresh")
def demanded(fresh):
    plan = rewritten("lock-demand", [(RT, "locks", LOCK["START"] + LOCK["DISABLE"]),
                                     (RT, "grants", GRANT), (OTHER, "locks", LOCK["CREATE"]),
                                     (ROOT, "locks", LOCK["DISABLE"])])
    with fresh.open("lock-demand", plan) as d:
        d.set_clock(RT)
        demand(d.until(lambda: d.comm(ROOT).up, 30) is not None, "root did not come up")
        kinds = [(e.id, e.cell, e.a, e.b) for e in d.new_events()]
        wanted = [(ID["EV_LOCKED"], ROOT, ROOT, LOCK["DISABLE"]),
                  (ID["EV_LOCKED"], RT, RT, LOCK["START"]),
                  (ID["EV_LOCKED"], RT, FOR_ALL, LOCK["DISABLE"]),
                  (ID["EV_LOCKED"], OTHER, OTHER, LOCK["CREATE"])]
        equal(sorted(k for k in kinds if k[0] == ID["EV_LOCKED"]), sorted(wanted), "locks at boot")
        for lock_event, cell in ((wanted[1], RT), (wanted[3], OTHER)):
            started = (ID["EV_STARTED"], ROOT, cell, 0)
            demand(kinds.index(lock_event) < kinds.index(started), f"cell {cell} started unlocked")
        d.up()
        equal(shown(d), {ROOT: LOCK["DISABLE"], RT: LOCK["START"], OTHER: LOCK["CREATE"],
                         FOR_ALL: LOCK["DISABLE"]}, "locks")
        refused(d, "CELL_STOP", RT, "E_HC_LOCKED")
        refused(d, "CELL_DESTROY", OTHER, "E_HC_LOCKED")
        must(d, "CELL_STOP", OTHER)
        must(d, "CELL_START", OTHER)
        refused(d, "DISABLE", 0, "E_HC_LOCKED")


@case(275, "debug registers are the cell's until debug is locked; then they are UNDEFINED",
      ("SYR_LCK_001", "SYR_EVT_001", "SWR_LCK_005"), "fresh")
def debug(fresh):
    with fresh.open("lock-debug") as d:
        d.up()
        for cell in CELLS:
            result, events = d.attempt(cell, status.ATTEMPT["DEBUG"])
            demand(result is not None and not result & status.FAULTED, f"cell {cell} is trapped")
            equal(events, [], "events")
        granted(d, OTHER, LOCK["DEBUG"], [(OTHER, LOCK["DEBUG"])])
        for _ in range(2):
            result, events = d.attempt(OTHER, status.ATTEMPT["DEBUG"])
            demand(result is not None and result & status.FAULTED, "the access was not refused")
            equal([(status.NAME[e.id], e.cell, e.cpu) for e in events],
                  [("EV_SYSREG_DENIED", OTHER, CPU[OTHER])], "events")
            restart(d, OTHER)  # entered anew: still locked
        result, _ = d.attempt(RT, status.ATTEMPT["DEBUG"])
        demand(result is not None and not result & status.FAULTED, "another cell is trapped")
        all_beat(d)
