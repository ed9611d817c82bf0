# SPDX-License-Identifier: Apache-2.0
"""Measurement of cells, direct boot: the digest that the kernel computes before a cell's first instruction is
that of `bulkhead-plan digest`, and a cell whose memory is not what the plan approves does not start."""

import hashlib
import subprocess

import built
import planblob as pb
import status
from cases import case, demand, equal
from cases_attempt import check_events
from cases_life import must
from cases_plan import scratch
from direct import IMAGES, NAMES, OTHER, ROOT, RT

PLAN = built.REPO / "src/configs/qemu-virt-arm64/direct.toml"
NO, SHOWN, APPROVED = 0, 1, 2     # status: measured
ZERO = (0,) * 8
UP_TICKS = 400
SLOWER = 20  # instrumented, the kernel counts its counters too
TAGS = ("SYR_MEA_001", "SWR_MSR_001", "SWR_MSR_002", "SWR_MSR_003")


def digest(cell, image=None):
    """What the shipped tool says of the cell with its image."""
    image = image or built.need(built.INMATES / f"{IMAGES[cell]}.bin")
    done = subprocess.run(pb.in_tool_root(str(built.REPO / "src/plan/bulkhead-plan"), "digest", str(PLAN),
                                          NAMES[cell], str(image)),
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()[0]


def words(text):
    return tuple(int(text[at:at + 8], 16) for at in range(0, 64, 8))


def pairs(text):
    """As events carry it: the first 16 bytes in two halves."""
    return int(text[:16], 16), int(text[16:32], 16)


def changed(keys):
    """The shipped plan with a key more for some cells. @return path of the blob."""
    text = PLAN.read_text()
    for cell, key in keys.items():
        text = text.replace(f'name = "{NAMES[cell]}"\n', f'name = "{NAMES[cell]}"\n{key}\n')
    path = scratch("measure").with_suffix(".toml")
    path.write_text(text)
    return pb.compile_plan(path, path.with_suffix(".plan"))


def opened(fresh, keys):
    """Direct boot with such a plan."""
    return fresh.open("measure", changed(keys))


def asked(d, who, whose):
    """The digest of a cell, or of the plan (0), as the kernel tells it to a cell by hypercall MEASURE."""
    found = []
    for word in range(8):
        result, events = d.attempt(who, status.ATTEMPT["MEASURE"], 8 * whose + word)
        demand(result is not None, "no answer")
        equal(events, [], "events")
        found.append(result & 0xFFFFFFFF)
    return tuple(found)


def not_told(d, who, argument, wanted):
    """MEASURE is refused, with the event."""
    got, events = d.hypercall(status.HC["MEASURE"], argument, who, 12)
    equal(got, status.ID[wanted], f"MEASURE {argument:#x} by {NAMES[who]}")
    check_events(events, who, [("EV_REFUSED", status.HC["MEASURE"], status.ID[wanted])])


def plan_shown(d):
    """Digest of the plan in the status pages."""
    return tuple(d.word(status.STATUS_BASE + 48 + 4 * k, 4) for k in range(8))


def up(d, cells, fresh):
    """Run until the cells work; the other cell goes on while the kernel measures."""
    d.set_clock(OTHER)
    done = d.until(lambda: all(d.comm(c).heartbeat > 1 for c in cells),
                   UP_TICKS * (SLOWER if fresh.options.coverage else 1))
    demand(done is not None, "not up: " + "; ".join(map(str, d.status().events())))


def start(d, fresh):
    """START of the measured cell by root. @return (status, events)"""
    return d.hypercall(status.HC["CELL_START"], RT,
                       budget=UP_TICKS * (SLOWER if fresh.options.coverage else 1))


def silent(d, cells, fresh):
    """Those whose heartbeat does not grow; an instrumented kernel is late with what it began."""
    return d.silent(cells, 3 * (SLOWER if fresh.options.coverage else 1))


def shown(d, cell):
    """(measured, digest) of the status pages."""
    row = d.status().cells[cell]
    return row[4], tuple(row[5:])


def named(events, name):
    return [(e.cell, e.a, e.b) for e in events if status.NAME.get(e.id) == name]


@case(285, "a measured cell starts with the digest that the plan tool computes, again after a new load", TAGS,
      "fresh")
def measured(fresh):
    want, other = digest(RT), digest(OTHER)
    with opened(fresh, {RT: f'digest = "{want}"', OTHER: "measure = true"}) as d:
        up(d, (ROOT, RT, OTHER), fresh)
        equal(sorted(named(d.new_events(), "EV_MEASURED")),
              [(RT, *pairs(want)), (OTHER, *pairs(other))], "events")
        equal(shown(d, RT), (APPROVED, words(want)), "rt")
        equal(shown(d, OTHER), (SHOWN, words(other)), "other")
        equal(shown(d, ROOT), (NO, ZERO), "root")
        for name in ("CELL_DESTROY", "CELL_CREATE", "CELL_LOAD"):
            must(d, name, RT)
        got, events = start(d, fresh)
        equal(got, 0, "start after a new load")
        equal(named(events, "EV_MEASURED"), [(RT, *pairs(want))], "events of the second start")
        equal(shown(d, RT), (APPROVED, words(want)), "rt again")
        equal(silent(d, [ROOT, RT, OTHER], fresh), [], "silent cells")


@case(286, "a cell whose memory is not what the plan approves does not start, others do", TAGS, "fresh")
def not_approved(fresh):
    want = digest(RT)
    wrong = want[:-1] + f"{int(want[-1], 16) ^ 1:x}"
    with opened(fresh, {RT: f'digest = "{wrong}"'}) as d:
        up(d, (ROOT, OTHER), fresh)
        refusals = named(d.new_events(), "EV_DIGEST_REFUSED")
        equal(refusals, [(RT, RT, pairs(want)[0])], "refusals")
        equal(d.status().state(RT), "STOPPED", "state")
        equal(shown(d, RT)[0], NO, "measured")
        demand(not d.comm(RT).up, "the cell executed")
        got, events = start(d, fresh)
        equal(got, status.ID["E_HC_DIGEST"], "start by root")
        equal(named(events, "EV_DIGEST_REFUSED"), [(RT, RT, pairs(want)[0])], "refusal of the call")
        equal(d.status().state(RT), "STOPPED", "state after the call")
        equal(silent(d, [ROOT, OTHER], fresh), [], "silent cells")


@case(287, "one byte of the image changed by root before START: the cell does not start", TAGS, "fresh")
def changed_image(fresh):
    with opened(fresh, {RT: f'digest = "{digest(RT)}"'}) as d:
        up(d, (ROOT, RT, OTHER), fresh)
        d.new_events()
        for name in ("CELL_DESTROY", "CELL_CREATE", "CELL_LOAD"):
            must(d, name, RT)
        d.write(0x510FFFFF, b"\x01")
        got, events = start(d, fresh)
        equal(got, status.ID["E_HC_DIGEST"], "start")
        equal(len(named(events, "EV_DIGEST_REFUSED")), 1, "refusals")
        equal(d.status().state(RT), "STOPPED", "state")
        must(d, "CELL_LOAD", RT)
        d.write(0x510FFFFF, b"\x00")
        got, _ = start(d, fresh)
        equal((got, d.status().state(RT)), (0, "RUNNING"), "start of the approved image")
        equal(silent(d, [ROOT, RT, OTHER], fresh), [], "silent cells")


ASKED = ("SYR_MEA_002", "SWR_MSR_004", "SWR_MSR_005", "SWR_MSR_006", "SYR_EVT_001")


@case(288, "a cell is told its own digest, with the grant those of another cell and of the plan, without it "
      "neither", ASKED, "fresh")
def told_by_grant(fresh):
    want, other = digest(RT), digest(OTHER)
    plan = changed({RT: f'digest = "{want}"', OTHER: 'measure = true\ngrants = ["measure"]'})
    blob = hashlib.sha256(plan.read_bytes()).hexdigest()
    with fresh.open("measure-told", plan) as d:
        up(d, (ROOT, RT, OTHER), fresh)
        equal(plan_shown(d), words(blob), "plan in the status pages")
        d.new_events()
        for who, whose, digits in ((RT, RT, want), (OTHER, OTHER, other), (OTHER, RT, want), (OTHER, 0, blob),
                                   (ROOT, 0, blob), (ROOT, RT, want), (ROOT, OTHER, other)):
            d.set_clock(OTHER if who == RT else RT)
            equal(asked(d, who, whose), words(digits), f"{NAMES[who]} asks for {whose}")
        d.set_clock(OTHER)
        for whose in (0, ROOT, OTHER, 4, 1 << 40):
            for half in (0, 1):
                not_told(d, RT, 2 * whose + half, "E_HC_PERMISSION")
        equal(asked(d, RT, RT), words(want), "rt still knows its own")
        equal(silent(d, [ROOT, RT, OTHER], fresh), [], "silent cells")


@case(289, "no digest of a cell that was not measured, nor of one that there is not", ASKED, "fresh")
def not_measured(fresh):
    with opened(fresh, {RT: "measure = true", OTHER: 'grants = ["measure"]'}) as d:
        up(d, (ROOT, RT, OTHER), fresh)
        d.new_events()
        d.set_clock(RT)
        for who in (OTHER, ROOT):
            for half in (0, 1):
                not_told(d, who, 2 * OTHER + half, "E_HC_NOT_MEASURED")
                not_told(d, who, 2 * ROOT + half, "E_HC_NOT_MEASURED")
                for beyond in (4, 5, 8, 1 << 40):
                    not_told(d, who, 2 * beyond + half, "E_HC_NO_CELL")
        d.set_clock(OTHER)
        must(d, "CELL_DESTROY", RT)
        equal(asked(d, OTHER, RT), words(digest(RT)), "the last start of a cell that is gone")
        equal(silent(d, [ROOT, OTHER], fresh), [], "silent cells")


@case(294, "what a refused cell held is told to who may ask", ASKED, "fresh")
def refused_is_told(fresh):
    want = digest(RT)
    wrong = f"{int(want[0], 16) ^ 1:x}" + want[1:]
    with opened(fresh, {RT: f'digest = "{wrong}"'}) as d:
        up(d, (ROOT, OTHER), fresh)
        d.new_events()
        d.set_clock(OTHER)
        equal((d.status().state(RT), shown(d, RT)[0]), ("STOPPED", NO), "state")
        equal(asked(d, ROOT, RT), words(want), "digest")
        not_told(d, OTHER, 2 * RT, "E_HC_PERMISSION")
        equal(silent(d, [ROOT, OTHER], fresh), [], "silent cells")
