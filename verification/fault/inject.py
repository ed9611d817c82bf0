# SPDX-License-Identifier: Apache-2.0
"""One injection: bring a machine to a place, change something, let it go on for a budget, compare
what is seen with a golden run."""

import pathlib
import tempfile
import threading
import zlib

import built
import planblob as pb
import status
from direct import NAMES, OTHER, ROOT, RT, Direct
from qemu import QemuError
from status import ID

BOOT_LIMIT = 200_000_000   # instructions of all CPUs: a healthy launch takes half of it
WAIT_LIMIT = 600_000_000   # one in which CPUs wait for another one to come
RUN_LIMIT = 150_000_000
READY_TICKS = 3
TRIES = 5
AFTER_TICKS = 14
CELLS = (ROOT, RT, OTHER)
PC = 32
NOWHERE = 0x60000000
SLEEP_FOR_EVER = bytes.fromhex("7f2003d5ffffff17")  # wfi; b .-4
TROUBLE = {ID[n] for n in ("EV_KERNEL_FAULT", "EV_CELL_FAILED", "EV_SERROR", "EV_EXTERNAL_ABORT",
                           "EV_MEM_VIOLATION", "EV_MMIO_UNDECODABLE", "EV_REFUSED",
                           "EV_KICK_STAGE2", "EV_CPU_LOST", "EV_SYSREG_DENIED",
                           "EV_SGI_FOREIGN", "EV_IRQ_FOREIGN", "EV_ROUTE_FOREIGN",
                           "EV_GICR_FOREIGN", "EV_CPU_ON_DENIED", "EV_SMC_DENIED",
                           "EV_HYP_CALL_DENIED", "EV_SYSTEM_RESET", "EV_CELL_RESTARTED", "EV_LPI_DENIED",
                           "EV_PRIORITY_CLAMPED")}


class Unreached(Exception):
    """The run does not come to the place that was chosen."""


def machine(plan=None, smp=4, place=0):
    return Direct(plan or built.PLANS / "direct.plan", smp=smp, debug=True, limit=True, place=place)


def temporary(blob):
    folder = built.REPO / "build/run/plans"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".plan", delete=False) as file:
        file.write(blob)
        return pathlib.Path(file.name)


# -- what is compared ------------------------------------------------------------------------------

def code(d):
    """Checksum of the kernel's text and constants."""
    first, last = d.symbols["_text"], d.symbols["plan"]
    return zlib.crc32(d.read(first, last - first))


def events_of(page):
    try:
        return [(e.id, e.cell, e.a, e.b) for e in page.events(max(0, page.next - status.EVENTS))]
    except ValueError:
        return None


def observe(d, end):
    """All that the oracle looks at."""
    page = d.status()
    return {"end": end[0], "armed": page.armed if page.valid else None,
            "states": [page.state(c) for c in CELLS],
            "cpus": [c["state"] for c in page.cpus[:4]],
            "events": events_of(page) if page.valid else [],
            "memory": {NAMES[c]: d.code_digest(c) for c in CELLS},
            "results": [d.comm(c).result for c in CELLS],
            "beats": {}}


def look(d, end):
    seen = observe(d, end)
    return beat(d, seen) if end[0] == "tick" else seen


def beat(d, seen):
    """Which cells live: two looks, some ticks apart."""
    before = d.heartbeats()
    end = d.race([], ticks=3, limit=RUN_LIMIT)
    after = d.heartbeats()
    seen["beats"] = {NAMES[c]: after[c] > before[c] for c in CELLS}
    if end[0] != "tick":
        seen["end"] = end[0]
    return seen


def differences(seen, golden):
    return [name for name in golden if seen[name] != golden[name]]


def classify(seen, golden):
    """@return (outcome, detail)"""
    differ = differences(seen, golden)
    extra = [e for e in seen["events"] or [] if e not in golden["events"] and e[0] in TROUBLE]
    text = ", ".join(differ)
    if not differ:
        return "masked", ""
    if seen.get("refused") and 0x100 <= seen["refused"] < 0x500:
        name = f"E{seen['refused']:04X}"
        return ("silent", f"{name}, but cells run") if seen["up"] else ("detected", name)
    if extra:
        names = sorted({status.NAME.get(e[0], hex(e[0])) for e in extra})
        hurt = "; memory differs" if "memory" in differ else ""
        return "detected", f"{', '.join(names)}{hurt}"
    if "memory" in differ or seen["events"] is None:
        return "silent", text
    stopped = [n for n, good in golden["beats"].items() if good and not seen["beats"].get(n)]
    if stopped or seen["end"] != golden["end"]:
        return "fail-stop", f"{seen['end']}; without heartbeat: {', '.join(stopped) or 'none'}"
    return "silent", text


def end_of_launch(d):
    """After the change, during the launch: refused, or as the golden run."""
    d.set_clock(RT)
    seen = look(d, d.race([], ticks=AFTER_TICKS, limit=BOOT_LIMIT))
    if seen["armed"] != 1:
        seen["refused"] = d.result_of_launch()[0]
        seen["up"] = [NAMES[c] for c in CELLS if d.comm(c).up]
    return seen


# -- plans and CPUs --------------------------------------------------------------------------------

def plan(blob):
    """A damaged plan: refused exactly as the tools refuse it, or not."""
    path = temporary(blob)
    try:
        wanted = pb.verdict(path)
        with machine(path) as d:
            before = {c: d.digest(c) for c in CELLS}
            d.set_clock(RT)
            end = refusal(d)
            got = d.result_of_launch()[0]
            page = d.status()
            untouched = all(d.digest(c) == before[c] for c in CELLS)
            if end == "place" and got != 0 and not page.armed and untouched:
                agree = "" if f"E{got:04X}" == wanted else f", the tools say {wanted}"
                return "detected", f"E{got:04X}{agree}"
            return "silent", f"{end}, E{got:04X}, armed {page.armed}, untouched {untouched}"
    finally:
        path.unlink()


def refusal(d):
    """Run until a CPU can only halt, and the launch has an answer."""
    halt = d.symbols["halt"]
    seen = set()
    while True:
        end = d.race([halt], ticks=3, limit=WAIT_LIMIT)
        if end[0] != "place" or d.result_of_launch()[0] != 0 or end[1] in seen:
            return end[0]
        seen.add(end[1])


def missing(cpus):
    """A machine with fewer CPUs than the plan: not armed, no cell runs, all wait."""
    with machine(smp=cpus) as d:
        return launch_refused(d)


def launch_refused(d):
    before = {c: d.digest(c) for c in CELLS}
    d.set_clock(RT)
    end = refusal(d)
    got = d.result_of_launch()[0]
    untouched = all(d.digest(c) == before[c] for c in CELLS)
    if end == "place" and got == ID["E_LAUNCH_MISSING"] and not d.status().armed and untouched:
        return "detected", f"E{got:04X}"
    return "silent", f"{end}, E{got:04X}, armed {d.status().armed}, untouched {untouched}"


def strayed(cpu):
    """A CPU that firmware starts, but that goes astray at its first instruction."""
    with machine() as d:
        d.set_clock(RT)
        seen = set()
        while cpu not in seen:
            end = d.race([d.symbols["entry_secondary"]], ticks=1, limit=BOOT_LIMIT)
            if end[0] != "place" or len(seen) > 4:
                raise Unreached(f"CPU {cpu} does not come to its entry: {end[0]}")
            if end[1] != cpu:
                # Past the breakpoint at which it stands: the first instruction is a mask of
                # interrupts that are masked already.
                d.gdb.set_register(end[1], PC, d.symbols["entry_secondary"] + 4)
            seen.add(end[1])
        d.gdb.write(NOWHERE, SLEEP_FOR_EVER)
        d.gdb.set_register(cpu, PC, NOWHERE)
        return launch_refused(d)


LINK = 30      # the register that holds where a function returns to
MOST_WRITES = 64   # of one register by all CPUs of a launch


def to_caller(d, place, back):
    """Run to @p place when it was called from the call that returns to @p back: the linker makes one
    function of it for all who write. @return the CPU that is there."""
    for _ in range(MOST_WRITES):
        end = d.race([place], ticks=1, limit=BOOT_LIMIT)
        if end[0] != "place":
            raise Unreached(f"no CPU writes the register: {end[0]}")
        caller = d.gdb.register(end[1], LINK)
        if caller == back:
            return end[1]
        d.race([caller], ticks=1, limit=BOOT_LIMIT)  # away from the place, where it would stop again
    raise Unreached(f"{MOST_WRITES} writes of the register, none of them is its trial")


def deaf(place, back, number, bit):
    """A control register that keeps another value than was written: the register that is about to be
    written to it flips, at the instruction @p place which does it for the trial."""
    with machine() as d:
        d.set_clock(RT)
        cpu = to_caller(d, place, back)
        before = {c: d.digest(c) for c in CELLS}
        flip_register(d, cpu, number, bit)
        end = d.race([], ticks=1, limit=WAIT_LIMIT)
        told = [d.word(d.symbols["launch_answer"] + 32 * cpu) for cpu in range(4)]
        untouched = all(d.digest(c) == before[c] for c in CELLS)
        wanted = {ID["E_LAUNCH_REGISTER"], ID["E_LAUNCH_MISSING"]}
        good = end[0] == "idle" and set(told) == wanted and told.count(min(wanted)) == 3
        text = "told " + " ".join(f"E{t:04X}" for t in told)
        if good and not d.status().armed and untouched:
            return "detected", text
        return "silent", f"{end[0]}, {text}, armed {d.status().armed}, untouched {untouched}"


# -- flips -----------------------------------------------------------------------------------------

class Golden:
    """Golden runs by scenario and, where gdb stops the machine, by place: the same stop, nothing
    changed. (Such a stop shifts the turns which the emulator gives to the CPUs.)"""

    def __init__(self):
        self.lock = threading.Lock()
        self.runs = {}

    def get(self, key, run):
        with self.lock:
            mine = self.runs.setdefault(key, {"lock": threading.Lock()})
        with mine["lock"]:
            if "seen" not in mine:
                mine["seen"] = run()
                if mine["seen"]["end"] != "tick" or not mine["seen"]["beats"][NAMES[RT]]:
                    raise QemuError(f"the golden run itself is not well: {mine['seen']}")
            return mine["seen"]


GOLDEN = Golden()


def to_place(d, ticks):
    """Run to the instruction for which the machine was started. @return the CPU that is there."""
    d.control.hits(1)
    end = d.race([], ticks=ticks, limit=BOOT_LIMIT)
    if end[0] != "instruction":
        raise Unreached(f"the place is not executed: {end[0]}")
    d.control.hits(0)
    return d.control.at_cpu


def flip_register(d, cpu, number, bit):
    value = d.gdb.register(cpu, number)
    d.gdb.set_register(cpu, number, value ^ (1 << bit))


def flip_data(d, address, bit):
    d.write(address, bytes([d.word(address, 1) ^ (1 << bit)]))


def flip_code(d, address, bit):
    """Needs gdb: QEMU translates the code anew."""
    d.gdb.write(address, bytes([d.gdb.read(address, 1)[0] ^ (1 << bit)]))


def needs_gdb(change):
    return change[0] in ("register", "code")


def change_here(d, cpu, change):
    """The machine is held before an instruction: change what is to be changed. @return False when
    this run cannot be used."""
    if change is None or change[0] == "data":
        if change:
            flip_data(d, *change[1:])
        return True
    if not d.catch():
        return False
    if change[0] == "register":
        flip_register(d, cpu, *change[1:])
    elif change[0] == "code":
        flip_code(d, *change[1:])
    return True


def run_launch(place, change):
    """A launch with a change before the instruction at @p place."""
    for _ in range(TRIES):
        with machine(place=place) as d:
            d.set_clock(RT)
            if change_here(d, to_place(d, 1), change):
                return end_of_launch(d)
    raise QemuError("gdb came too late, every time")


def run_corrupt_launch(change):
    """A launch of an image that is corrupt from the start."""
    with machine() as d:
        flip_code(d, *change[1:])
        return end_of_launch(d)


def in_launch(place, change):
    golden = GOLDEN.get(("launch", place if change[0] == "register" else None), lambda: run_launch(
        place, ("stop",) if change[0] == "register" else None))
    run = run_corrupt_launch if change[0] == "code" else lambda c: run_launch(place, c)
    return classify(run(change), golden)


def bring_up(d):
    """All cells up, at a timer interrupt of rt."""
    d.set_clock(RT)
    end = d.race([], ticks=READY_TICKS, limit=BOOT_LIMIT)
    if end[0] != "tick" or not all(d.comm(c).up for c in CELLS):
        raise QemuError(f"the cells are not up: {end[0]}")


def run_trap(scenario, place, change):
    """scenario: (who, command, argument); the change happens while the kernel handles it."""
    for _ in range(TRIES):
        with machine(place=place) as d:
            bring_up(d)
            d.command(*scenario)
            if change_here(d, to_place(d, 6), change):
                return look(d, d.race([], ticks=AFTER_TICKS, limit=RUN_LIMIT))
    raise QemuError("gdb came too late, every time")


def in_trap(scenario, place, change):
    stop = needs_gdb(change)
    golden = GOLDEN.get((scenario, place if stop else None), lambda: run_trap(
        scenario, place, ("stop",) if stop else None))
    return classify(run_trap(scenario, place, change), golden)
