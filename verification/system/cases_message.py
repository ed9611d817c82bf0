# SPDX-License-Identifier: Apache-2.0
"""Messages by the communication region, direct boot: this file plays root's driver and writes root's
mailboxes itself, also as no driver would."""

import random
import struct

import status
from cases import case, demand, equal
from cases_attempt import check_events, kernel_code
from cases_life import must, restart
from direct import COMM, NAMES, OTHER, ROOT, RT

TAGS = ("SYR_MSG_001", "SWR_MSG_002", "SWR_MSG_003")
NOTICES = ("SYR_MSG_002", "SWR_MSG_002")
MANNER = status.defines("src/inmate/demo/attempts.h", "MANNER_")
REASON = 7
REQUEST, NOTICE, ANSWER, MESSAGES = 2176, 2240, 2304, 2368
MAGIC = 0x3147534D48424242
SHUTDOWN, RECONFIGURED, NO_REQUEST = 1, 1, 0
ANSWERS = {"NONE": 0, "ACCEPTED": 1, "DENIED": 2, "DONE": 3, "UNKNOWN": 4}
SYSTEM_OFF = 0x84000008
BOUND = 12  # ticks in which a cell answers
QUIET = 20  # ticks in which it would have
ROUNDS = 60


def message(number, code, argument=0, done=None):
    return struct.pack("<4Q24xQ", number, code, argument, 0, number if done is None else done)


def post(d, cell, number, code=SHUTDOWN, argument=0, at=REQUEST, done=None):
    """Root's driver in one piece: the machine stands still while this is written."""
    d.write(COMM[cell] + at, message(number, code, argument, done))


def answer(d, cell):
    """(to, code, argument) of the cell's last answer, when it is whole."""
    number, code, argument, to, done = struct.unpack("<4Q24xQ", d.read(COMM[cell] + ANSWER, 64))
    demand(number == done, f"an answer that is not complete: {number}, {done}")
    return to, code, argument


def answered(d, cell, number, code, argument=0):
    demand(d.until(lambda: answer(d, cell)[0] == number, BOUND) is not None,
           f"no answer to {number}: {answer(d, cell)}")
    equal(answer(d, cell), (number, ANSWERS[code], argument), f"answer to {number}")


def manner(d, cell, name):
    result, _ = d.attempt(cell, status.ATTEMPT["MANNER"], MANNER[name])
    demand(result is not None, f"cell {NAMES[cell]} does not take its manner")


def untouched(d, cell, before):
    """Nothing came of it: no answer, no event, and the cell runs on."""
    d.ticks(QUIET)
    equal(answer(d, cell), before, "answer")
    equal(d.status().state(cell), "RUNNING", "state")
    equal(d.new_events(), [], "events")
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(600, "a cell that is asked to shut down accepts, finishes its period, and only it ends", TAGS, "life")
def accepts(d):
    for cell, clock in ((OTHER, RT), (RT, OTHER)):
        d.set_clock(clock)
        restart(d, cell)
        d.ticks(QUIET)
        equal(d.word(COMM[cell] + MESSAGES), MAGIC, "word by which the cell takes messages")
        d.new_events()
        code, number = kernel_code(d), d.word(COMM[cell] + REQUEST) + 1
        beats = {c: d.comm(c).heartbeat for c in (ROOT, clock)}
        post(d, cell, number)
        demand(d.until(lambda: d.status().state(cell) != "RUNNING", BOUND) is not None,
               f"the cell did not end: {answer(d, cell)}")
        equal(d.status().state(cell), "STOPPED", "state")
        equal(answer(d, cell), (number, ANSWERS["ACCEPTED"], 0), "answer")
        check_events(d.new_events(), cell, [("EV_SYSTEM_RESET", SYSTEM_OFF, 0)])
        equal(kernel_code(d), code, "kernel code")
        demand(all(d.comm(c).heartbeat > beats[c] for c in beats), "another cell beats no more")
        restart(d, cell)
        d.ticks(QUIET)
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(601, "denied, not answered, answered late, unknown, withdrawn: the cell runs on", TAGS, "life")
def runs_on(d):
    d.set_clock(RT)
    restart(d, OTHER)
    d.ticks(QUIET)
    d.new_events()
    number = d.word(COMM[OTHER] + REQUEST) + 1
    manner(d, OTHER, "DENY")
    post(d, OTHER, number)
    answered(d, OTHER, number, "DENIED", REASON)
    post(d, OTHER, number + 1, code=99)
    answered(d, OTHER, number + 1, "UNKNOWN")
    manner(d, OTHER, "LINGER")
    post(d, OTHER, number + 2)
    answered(d, OTHER, number + 2, "ACCEPTED")
    before = answer(d, OTHER)
    manner(d, OTHER, "IGNORE")
    d.new_events()
    post(d, OTHER, number + 3)
    untouched(d, OTHER, before)
    manner(d, OTHER, "ACCEPT")  # what it ignored, and what is withdrawn, is not asked any more
    post(d, OTHER, number + 4, code=NO_REQUEST)
    untouched(d, OTHER, before)


@case(602, "half a request, an old one, the same again: none is taken; the whole one is", TAGS, "life")
def whole_or_none(d):
    d.set_clock(RT)
    restart(d, OTHER)
    d.ticks(QUIET)
    manner(d, OTHER, "DENY")
    d.new_events()
    before = answer(d, OTHER)
    number = d.word(COMM[OTHER] + REQUEST) + 1
    post(d, OTHER, number, done=number - 1)  # being written
    untouched(d, OTHER, before)
    post(d, OTHER, number + 1, done=number)  # the next one is being written already
    untouched(d, OTHER, before)
    post(d, OTHER, 0)  # there is none
    untouched(d, OTHER, before)
    post(d, OTHER, number + 1)
    answered(d, OTHER, number + 1, "DENIED", REASON)
    before = answer(d, OTHER)
    post(d, OTHER, number + 1, code=77)  # was taken
    untouched(d, OTHER, before)


@case(603, "root writes garbage into its mailboxes: cells live, answers stay whole", TAGS, "life")
def garbage(d):
    d.set_clock(RT)
    restart(d, OTHER)
    d.ticks(QUIET)
    manner(d, OTHER, "DENY")
    d.new_events()
    draw = random.Random(603)
    for _ in range(ROUNDS):
        words = [draw.choice((0, 1, 2, 2**64 - 1, draw.getrandbits(64))) for _ in range(16)]
        d.write(COMM[OTHER] + REQUEST, struct.pack("<16Q", *words))
        d.ticks()
        demand(answer(d, OTHER)[1] in ANSWERS.values(), f"answer {answer(d, OTHER)}")
    equal(d.status().state(OTHER), "RUNNING", "state")
    equal(d.new_events(), [], "events")
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
    post(d, OTHER, 5)
    d.ticks(2)
    post(d, OTHER, 6)
    answered(d, OTHER, 6, "DENIED", REASON)


@case(604, "a new run of a cell takes nothing that was asked of the run before", TAGS, "life")
def anew(d):
    d.set_clock(RT)
    restart(d, OTHER)
    d.ticks(QUIET)
    number = d.word(COMM[OTHER] + REQUEST) + 1
    manner(d, OTHER, "IGNORE")
    post(d, OTHER, number)
    d.ticks(3)
    must(d, "CELL_STOP", OTHER)
    post(d, OTHER, number + 1)  # to nobody
    restart(d, OTHER)
    d.ticks(QUIET)
    equal(d.status().state(OTHER), "RUNNING", "state")
    equal(answer(d, OTHER), (0, ANSWERS["NONE"], 0), "answer")
    d.attempt(OTHER, status.ATTEMPT["SYSTEM_RESET"])
    d.ticks(QUIET)
    equal(answer(d, OTHER), (0, ANSWERS["NONE"], 0), "answer after the cell reset itself")
    equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
    post(d, OTHER, number + 2)
    demand(d.until(lambda: d.status().state(OTHER) == "STOPPED", BOUND) is not None, "it did not end")
    restart(d, OTHER)
    d.ticks(QUIET)


@case(605, "each notice is taken once, and costs no heartbeat", NOTICES, "life")
def notices(d):
    d.set_clock(RT)
    restart(d, OTHER)
    d.ticks(QUIET)
    first = d.comm(RT)
    number = d.word(COMM[RT] + NOTICE)
    for count, state in enumerate((1, 2, 3, 4, 0), 1):
        post(d, RT, number + count, RECONFIGURED, OTHER | state << 32, at=NOTICE)
        d.ticks(3)
        line = f"rt: notice {RECONFIGURED:016x} cell {OTHER:016x} state {state:016x}\n"
        demand(d.comm(RT).console.endswith(line), f"console: {d.comm(RT).console[-80:]!r}")
    before = d.comm(RT).console
    d.ticks(QUIET)
    now = d.comm(RT)
    equal(now.console, before, "console")
    equal(now.ticks - first.ticks, now.heartbeat - first.heartbeat, "heartbeats")
    equal(now.ticks - first.ticks, 5 * 3 + QUIET, "ticks")
