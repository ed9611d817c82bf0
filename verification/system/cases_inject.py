# SPDX-License-Identifier: Apache-2.0
"""Direct boot: cells whose interrupts are injected. What comes and in which order, beside the direct
mode with the same program; a cell that masks everything; what an injected interrupt costs."""

import built
import cases_exits
import direct
import planblob as pb
import status
from built import PLANS, REPO
from cases import case, demand, equal
from cases_attempt import check_events, revive, sgi
from cases_life import RESIST, STOP_MILLISECONDS, call, must
from cases_plan import scratch
from direct import CPU, OTHER, ROOT, RT

PLAN = REPO / "verification/system/plans/injected.toml"
IMAGES = {ROOT: "root-50000000", RT: "irq-51000000", OTHER: "irq-52000000"}
KEY = 'interrupt_mode = "injected"'
FIRST, COUNT = (status.TRIAL[name] for name in ("INTID", "COUNT"))
BY_URGENCY = [FIRST + k * 5 % COUNT for k in range(COUNT)]
LIST_REGISTERS = 4   # of QEMU's CPUs
MOST_INSTRUCTIONS = 150
BUDGET = 60
TAGS = ("SYR_INJ_001", "SWR_INJ_001", "SWR_INJ_002")
ORDER = TAGS + ("SWR_INJ_003", "SWR_INJ_004", "SWR_INJ_006")
MODES = ("injected", "direct")
SGI_INTID = 2
SECOND_CPU = 3


def source(mode, root):
    """The plan's text with all cells in one mode, root in the other or the same."""
    text = PLAN.read_text().replace(KEY, f'interrupt_mode = "{mode}"')
    return text.replace("[root]", f'[root]\ninterrupt_mode = "{root}"')


def opened(fresh, mode="injected", root="direct", **kw):
    path = scratch(f"inject-{mode}-{root}").with_suffix(".toml")
    path.write_text(source(mode, root))
    d = fresh.open("inject", pb.compile_plan(path, path.with_suffix(".plan")), images=IMAGES, **kw)
    try:
        d.up(clock=ROOT)
    except BaseException:
        d.close()
        raise
    return d


def trial(d, name, argument=0, cell=RT):
    """A trial of irq.c. @return (value, interrupts in the order in which they were taken)."""
    result, events = d.attempt(cell, status.TRIAL[name], argument, BUDGET)
    demand(result is not None, f"no answer from the cell; {'; '.join(map(str, events))}")
    equal(events, [], "events")
    return result & 0xFFFFFFFF, taken(d, cell)


def taken(d, cell):
    count = d.word(d.symbol(cell, "irq_count"))
    at = d.symbol(cell, "irq_log")
    return [d.word(at + 8 * k) & 0xFFFF for k in range(count)]


def exits(d, cell):
    return d.status().cpus[CPU[cell]]["exits"]


@case(210, "timer interrupts of injected cells come, each by one exit; root's come without", TAGS,
      "fresh")
def timer(fresh):
    with opened(fresh) as d:
        before, root = exits(d, RT), d.status().cpus[0]["total"]
        ticks = d.comm(RT).ticks
        d.ticks(50)
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
        grown = {k: exits(d, RT)[k] - before[k] for k in before}
        beats = d.comm(RT).ticks - ticks
        demand(beats >= 50, f"{beats} timer interrupts")
        equal({k: v for k, v in grown.items() if v and k != "irq"}, {}, "other exits")
        demand(abs(grown["irq"] - beats) <= 1, f"{grown['irq']} exits for {beats} interrupts")
        equal(d.status().cpus[0]["total"] - root, 0, "exits of root")


@case(211, "an SPI that the cell does not own, or the kernel's own PPI, cannot be had",
      TAGS + ("SYR_IRQ_001", "SWR_IRQ_004"), "fresh")
def foreign(fresh):
    with opened(fresh) as d:
        _, events = d.attempt(RT, status.ATTEMPT["ENABLE"], 40)
        check_events(events, RT, [("EV_IRQ_FOREIGN", 32, 0x104)])
        frame = 0x080A0000 + CPU[RT] * 0x20000
        result, _ = d.attempt(RT, status.ATTEMPT["READ"], frame + 0x10100)
        equal(result & 1 << 25, 0, "enable bit of the maintenance interrupt")
        for place in (0x10180, 0x10200, 0x10280, 0x10380):
            d.attempt(RT, status.ATTEMPT["STORE32"], 1 << 25 + 32 | frame + place)
        d.attempt(RT, status.ATTEMPT["STORE8"], 0xF0 << 32 | frame + 0x10400 + 25)
        result, _ = d.attempt(RT, status.ATTEMPT["LOAD8"], frame + 0x10400 + 25)
        equal(result & 0xFF, 0, "priority of the maintenance interrupt")
        d.ticks(3)
        d.write(direct.COMM[RT], bytes(16))
        must(d, "CELL_STOP", RT)


for _number, _mode in enumerate(MODES, 212):
    def _storm(fresh, mode=_mode):
        with opened(fresh, mode) as d:
            for order in range(3):
                got, order_taken = trial(d, "STORM", order)
                equal(got, COUNT, f"interrupts of storm {order}")
                equal(order_taken, BY_URGENCY, f"order in storm {order}")
            equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
            return f"{COUNT} interrupts, three ways to raise them"
    case(_number, f"a storm of {COUNT} interrupts comes whole and by urgency ({_mode})",
         ORDER if _mode == "injected" else ("SYR_IRQ_001",), "fresh")(_storm)


@case(214, "ICC_PMR_EL1 masks in an injected cell, and does not in a direct one", TAGS, "fresh")
def priority_mask(fresh):
    with opened(fresh) as d:
        got, order = trial(d, "MASKED")
        equal((got, order), (1 + 2 * 16, BY_URGENCY[:2]), "before and after, injected")
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
    with opened(fresh, "direct") as d:
        equal(trial(d, "MASKED")[0], 2 + 2 * 16, "before and after, direct")


@case(215, "EOImode 1: EOIR drops the priority, DIR ends the interrupt", TAGS, "fresh")
def parted(fresh):
    with opened(fresh) as d:
        got, order = trial(d, "PARTED")
        equal(got, 0x3211, "interrupts after each step")
        equal(order, [BY_URGENCY[3], BY_URGENCY[5], BY_URGENCY[3]], "order")
        equal(trial(d, "STORM", 1), (COUNT, BY_URGENCY), "a storm afterwards")


@case(216, "more interrupts active than there are list registers: none is lost", ORDER, "fresh")
def held(fresh):
    with opened(fresh) as d:
        got, order = trial(d, "HELD")
        equal(got, LIST_REGISTERS + COUNT * 256, "came before and after the ends")
        equal(order, BY_URGENCY, "order")
        equal(trial(d, "STORM", 1), (COUNT, BY_URGENCY), "a storm afterwards")


@case(217, "an SGI sent while pending is one, sent while active another", TAGS + ("SWR_INJ_007",),
      "fresh")
def again(fresh):
    with opened(fresh) as d:
        got, order = trial(d, "AGAIN")
        equal((got, order), (0x321, [1, 1, 1]), "SGIs")


@case(218, "SGIs between two CPUs of an injected cell, and none to another's",
      TAGS + ("SYR_IRQ_002", "SWR_IRQ_005"), "fresh")
def sgis(fresh):
    with opened(fresh) as d:
        result, _ = d.attempt(OTHER, status.TRIAL["SECOND"], SECOND_CPU)
        equal(result & 0xFFFFFFFF, 0, "CPU_ON")
        d.ticks(3)
        before = d.word(d.symbol(OTHER, "irq_count"))
        _, events = d.attempt(OTHER, status.ATTEMPT["SGI"], sgi(SGI_INTID, 1 << SECOND_CPU))
        equal(events, [], "events")
        d.ticks(2)
        equal(d.word(d.symbol(OTHER, "irq_count")), before + 1, "SGIs taken")
        equal(d.word(d.symbol(OTHER, "irq_log") + 8 * before), SECOND_CPU << 16 | SGI_INTID,
              "the SGI and its CPU")
        _, events = d.attempt(OTHER, status.ATTEMPT["SGI"], sgi(SGI_INTID, 2))
        check_events(events, OTHER, [("EV_SGI_FOREIGN", sgi(SGI_INTID, 2), 2)])
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


def stopped(d, trial_name, argument=0):
    """The cell hears nothing any more, and root stops it. @return events"""
    result, events = d.attempt(RT, trial_name, argument)
    equal((result, events), (None, []), "answer")
    before = d.comm(ROOT).ticks
    got, events = call(d, "CELL_STOP", RT)
    equal(got, 0, "CELL_STOP")
    demand(d.comm(ROOT).ticks - before <= STOP_MILLISECONDS, "the stop took too long")
    equal(d.silent([ROOT, OTHER]), [], "silent cells")
    return [status.NAME[e.id] for e in events]


@case(219, "an injected cell cannot block the kick; the same in direct mode needs stage 2",
      RESIST + TAGS, "fresh")
def kick(fresh):
    found = []
    for mode in MODES:
        with opened(fresh, mode) as d:
            found.append(stopped(d, status.ATTEMPT["BLOCK"], 1))
    equal(found, [["EV_STOPPED"], ["EV_KICK_STAGE2", "EV_STOPPED"]], "events, injected and direct")


@case(220, "an injected cell that masks everything with interrupts in flight is stopped and started",
      RESIST + TAGS + ("SWR_INJ_005",), "fresh")
def deaf(fresh):
    with opened(fresh) as d:
        equal(stopped(d, status.TRIAL["DEAF"]), ["EV_STOPPED"], "events")
        active = d.attempt(ROOT, status.ATTEMPT["READ"], 0x08000308)[0]
        demand(active is not None, "root does not answer")
        d.set_clock(ROOT)
        revive(d, RT)
        equal(trial(d, "STORM", 1), (COUNT, BY_URGENCY), "a storm afterwards")


@case(221, "a cell's CPU goes from injected to root's direct mode and back", TAGS + ("SWR_INJ_005",),
      "fresh")
def mixed(fresh):
    with opened(fresh) as d:
        for _ in range(3):
            revive(d, RT)
        equal(trial(d, "STORM", 0), (COUNT, BY_URGENCY), "a storm")
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(222, "root's interrupts injected too", TAGS, "fresh")
def root(fresh):
    with opened(fresh, root="injected") as d:
        before = d.status().cpus[0]["exits"]["irq"]
        d.ticks(20)
        demand(d.status().cpus[0]["exits"]["irq"] - before >= 19, "root's interrupts are not injected")
        revive(d, RT)
        equal(trial(d, "STORM", 1), (COUNT, BY_URGENCY), "a storm")
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


def cost_plan():
    """direct-rt with the cell's interrupts injected."""
    path = scratch("cost").with_suffix(".toml")
    text = (REPO / "src/configs/qemu-virt-arm64/direct-rt.toml").read_text()
    path.write_text(text.replace('policy = "park"', f'policy = "park"\n{KEY}'))
    return pb.compile_plan(path, path.with_suffix(".plan"))


for _number, (_name, _cpu) in enumerate(cases_exits.CPUS.items(), 223):
    def _cost(fresh, cpu=_cpu):
        found = cases_exits.measure(fresh, "rt-51000000", cpu, cost_plan())
        number = cases_exits.INTERRUPTS
        equal(found["entries"], number, "entries to EL2")
        equal(found["exits"], number, "exits counted by the kernel")
        each, rest = divmod(found["instructions"], number)
        equal(rest, 0, "remainder: not all interrupts cost the same")
        demand(each <= MOST_INSTRUCTIONS or fresh.options.coverage,
               f"{each} instructions, at most {MOST_INSTRUCTIONS}")
        return (f"{each} instructions at EL2 for each of {number} interrupts; jitter "
                f"{found['jitter'][0]} to {found['jitter'][1]} instructions")
    case(_number, f"what an injected timer interrupt costs ({_name})", ("SYR_INJ_001", "SWR_INJ_008"),
         "fresh")(_cost)
