# SPDX-License-Identifier: Apache-2.0
"""Direct boot: the attempts of attack/direct.toml, on two CPU models. An attempt has failed to do harm
when the attacker got the answer of the table, exactly its events were recorded with both parties, and
all that is somebody else's is as it was, no heartbeat missed."""

import struct

import attack_table
import built
import direct
import oracle
import planblob as pb
import status
from cases import case, demand, equal
from cases_attempt import ANY, EC_SYSREG, FETCH, READ, WRITE, Syndrome, revive
from cases_plan import scratch
from cases_smp import ARGUMENT, COMMAND, RESULT, SECOND, second_attempts, second_on
from direct import CPU, NAMES, OTHER, ROOT, RT

PLAN = built.REPO / "verification/system/plans/attack.toml"
CELL = {name: cell for cell, name in NAMES.items()} | {"kernel": 0, "nobody": None}
TICKS = 12
AFTER_TICKS = 3
RUN_X0 = 72 + 8 * 4  # of the communication region
SYNDROME = {"read": READ, "write": WRITE, "fetch": FETCH, "sysreg": Syndrome(EC_SYSREG), "any": ANY}


def plan_blob():
    if not hasattr(plan_blob, "path"):
        plan_blob.path = pb.compile_plan(PLAN, scratch("attack"))
    return plan_blob.path


def opened(fresh, **kw):
    """A machine with hostile code in every cell, all cells up."""
    path = plan_blob()
    d = fresh("attack", path, **kw)
    try:
        d.up()
        d.guard = oracle.Guard(d, path.read_bytes())
        d.guard.prepare()
    except BaseException:
        d.close()
        raise
    return d


def cell_of(attacker):
    return CELL[attacker.rstrip("2")]


def order(d, attacker, row):
    """(command, argument) of a row; the arguments of code to run are put in place."""
    cell = cell_of(attacker)
    if "run" not in row:
        return row["attempt"], attack_table.number(row.get("argument", 0))
    code = built.symbols(built.BUILD / "attack/hostile.elf")[row["run"]]
    d.write(direct.COMM[cell] + RUN_X0, struct.pack(
        "<QQ", attack_table.number(row.get("x0", 0)), attack_table.number(row.get("x1", 0))))
    return "RUN", direct.MEMORY[cell][0] + oracle.HOSTILE + code


def ask(d, attacker, command, argument):
    """Tell the attacker what to attempt. @return where its result will be."""
    if attacker == "other2":
        d.write(SECOND + 8 * RESULT, bytes(8))
        d.write(SECOND + 8 * ARGUMENT, struct.pack("<Q", argument))
        d.write(SECOND + 8 * COMMAND, struct.pack("<Q", status.ATTEMPT[command]))
        return SECOND + 8 * RESULT
    d.command(CELL[attacker], status.ATTEMPT[command], argument)
    return direct.COMM[CELL[attacker]] + status.COMM_RESULT


def perform(d, attempt):
    """The attacker attempts it, another cell at the same time if the row says so. @return the
    attacker's result word, None when it does not answer; the events, none where they are counted."""
    row = attempt.row
    ticks = row.get("ticks", TICKS)
    other = row.get("with")
    place = ask(d, attempt.attacker, *order(d, attempt.attacker, row))
    also = ask(d, other["attacker"], *order(d, other["attacker"], other)) if other else None
    done = d.until(lambda: d.word(place) & status.DONE, ticks)
    result = None if done is None else d.word(place)
    if other:
        demand(d.until(lambda: d.word(also) & status.DONE, ticks) is not None,
               f"no answer from {other['attacker']}")
        equal(d.word(also) & 0xFFFFFFFF, other["answer"], f"answer of {other['attacker']}")
    return result, [] if row.get("counted") else d.new_events()


def check_answer(attempt, result):
    wanted = attempt.row["answer"]
    if wanted == "none":
        demand(result is None, f"the attacker went on: result {result}")
        return
    demand(result is not None, "no answer from the attacker")
    equal(bool(result & status.FAULTED), wanted == "fault", "fault taken")
    if wanted not in attack_table.ANSWERS:
        equal(result & 0xFFFFFFFF, attack_table.number(wanted) & 0xFFFFFFFF, "answer")


def value_of(word):
    return SYNDROME[word] if word in SYNDROME else attack_table.number(word)


def check_events(d, attempt, events):
    """Exactly the events of the table, by the attacker on its own CPU, about the victim's property."""
    text = "; ".join(map(str, events)) or "none"
    demand(len(events) == len(attempt.events),
           f"{len(events)} events, expected {len(attempt.events)}: {text}")
    for event, want in zip(events, attempt.events):
        cell = CELL[want[3]] if len(want) > 3 else cell_of(attempt.attacker)
        good = (status.NAME.get(event.id) == want[0] and value_of(want[1]) == event.a
                and value_of(want[2]) == event.b and event.cell == cell)
        demand(good, f"event {event}, expected {' '.join(map(str, want))} by cell {cell}")
        demand(event.cpu in d.guard.owners.cpus(cell), f"event {event} by CPU {event.cpu}")
    if events and attempt.by == "kernel":
        victim = CELL[attempt.victim]
        demand(any(d.guard.owners.belongs(victim, e) for e in events),
               f"no event is about what {attempt.victim} owns: {text}")


def check_counted(d, attempt, before):
    """A flood: as many events as the table says, each by its cell, none without a number."""
    now = d.status()
    wanted = attempt.row["counted"]
    equal(now.next - before.next, sum(wanted.values()), "events")
    # Two CPUs of one cell may lose an increment of its count (ADR 7), never an event.
    for name, count in wanted.items() if attempt.attacker != "other2" else ():
        cell = CELL[name]
        equal(now.cells[cell][2] - before.cells[cell][2], count, f"events of {name}")
    latest = now.events(max(0, now.next - status.EVENTS))
    strangers = {e.cell for e in latest} - {CELL[name] for name in wanted}
    demand(not strangers, f"events by cells {strangers}")
    d.seen = now.next


def check_then(d, attempt):
    """What the attacker finds afterwards, by further attempts that are no harm."""
    for command, argument, value in attempt.row.get("then", ()):
        result, events = d.attempt(cell_of(attempt.attacker), status.ATTEMPT[command],
                                   attack_table.number(argument))
        equal((result or 0) & 0xFFFFFFFF, attack_table.number(value), f"{command} afterwards")
        equal(events, [], "events of it")


def stopped_by_root(d, attempt):
    """The attacker prepared itself against the kick: root stops it all the same, at the first stage."""
    cell = cell_of(attempt.attacker)
    for name in ("CELL_STOP", "CELL_START"):
        if name == "CELL_START":
            d.write(direct.COMM[cell], bytes(16))
        got, events = d.hypercall(status.HC[name], cell)
        event = {"CELL_STOP": "EV_STOPPED", "CELL_START": "EV_STARTED"}[name]
        equal((got, [status.NAME[e.id] for e in events]), (0, [event]), name)
    demand(d.until(lambda: d.comm(cell).up and d.comm(cell).heartbeat > 1, 20) is not None,
           f"{attempt.attacker} did not start again")


def whole(d, attempt, attackers, before, beats, clock):
    """All that is somebody else's is as it was, and no heart missed a beat."""
    d.ticks(AFTER_TICKS)
    others = [c for c in d.images if c not in attackers]
    late = oracle.missed(beats, d.guard.beats(), others, clock)
    demand(not late, "; ".join(late))
    after = d.guard.look(attackers)
    changed = oracle.differences(before, after)
    demand(not changed, "; ".join(changed))
    equal(d.new_events(), [], "further events")
    return after


def ended(d, attempt):
    """The attacker's end is its own: silent, parked, and root brings it back."""
    cell = cell_of(attempt.attacker)
    demand(d.silent([cell]) == [NAMES[cell]], "the attacker's heartbeat still grows")
    equal(d.status().cpus[CPU[cell]]["state"], "PARKED", "state of its CPU")
    if cell != ROOT:
        revive(d, cell)
        d.guard.prepare([cell])


def play(d, attempt):
    """One attempt on a machine whose cells are all up; leaves it so."""
    attackers = {cell_of(attempt.attacker)}
    if "with" in attempt.row:
        attackers.add(CELL[attempt.row["with"]["attacker"]])
    clock = next(c for c in (RT, OTHER, ROOT) if c not in attackers)
    d.set_clock(clock)
    if attempt.attacker == "other2":
        second_on(d)
    state, beats, before = d.status(), d.guard.beats(), d.guard.known(attackers)
    result, events = perform(d, attempt)
    check_answer(attempt, result)
    if attempt.row.get("counted"):
        check_counted(d, attempt, state)
    else:
        check_events(d, attempt, events)
    equal(d.status().state(cell_of(attempt.attacker)), attempt.state, "state of the attacker")
    after = whole(d, attempt, attackers, before, beats, clock)
    check_then(d, attempt)
    if attempt.row.get("root_stops"):
        stopped_by_root(d, attempt)
        after = None  # root has done something
    if attempt.state != "RUNNING":
        ended(d, attempt)
        after = None
    elif attempt.attacker == "other2":
        equal(second_attempts(d, "CPU_OFF"), (None, []), "CPU_OFF")
    d.guard.last = (attackers, after)


def lasting(attempt):
    """Root that has ended cannot be started again: such a machine serves one attempt."""
    return attempt.attacker != "root" or attempt.state == "RUNNING"


def alone(fresh, attempt, **kw):
    with opened(fresh.open, **kw) as d:
        play(d, attempt)


def register(attempt):
    title = f"{attempt.attacker}: {attempt.title}"
    plain = int(attempt.id[-3:])
    for identity, group, kw, label in (
            (attempt.id, "attack", {}, ""),
            (attack_table.on_max(attempt.id), "attack-max", {"cpu": "max,pauth-impdef=on"},
             " (CPU max)")):
        if lasting(attempt):
            case(plain, title + label, attempt.verifies, group, identity)(
                lambda d, a=attempt: play(d, a))
        else:
            case(plain, title + label, attempt.verifies, "attack-alone", identity)(
                lambda fresh, a=attempt, k=kw: alone(fresh, a, **k))


for _attempt in attack_table.tables()[0]:
    register(_attempt)
