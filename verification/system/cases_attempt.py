# SPDX-License-Identifier: Apache-2.0
"""Direct boot: what cells may do with their own, and what they are told of the rest. One row: who, what,
the answer, and every event that it leaves. Everybody else's memory and heartbeat must not notice. What
they have no right to is in attack/direct.toml."""

import dataclasses
import zlib

import direct
import status
from cases import case, demand, equal
from direct import CPU, NAMES, OTHER, ROOT, RT
from status import ID

GICD = 0x08000000
GICR = 0x080A0000
GICR_STRIDE = 0x20000
KICK_PRIORITY = 0x00
OWN_SPI, ROOT_SPI = 40, 33
DENIED, ALREADY_ON = (0x100000000 - n for n in (3, 4))
EC_DATA, EC_FETCH, EC_SYSREG = 0x24, 0x20, 0x18
NO_ANSWER = "no answer"
MAX_FROM = 300


@dataclasses.dataclass(frozen=True)
class Syndrome:
    """An ESR_EL2 value by what matters in it."""
    ec: int
    write: bool | None = None

    def __eq__(self, esr):
        good = isinstance(esr, int) and esr >> 26 == self.ec
        return good and (self.write is None or bool(esr & 0x40) == self.write)

    def __str__(self):
        return f"syndrome(class {self.ec:#x}, write {self.write})"


class Anything:
    def __eq__(self, _):
        return True

    def __str__(self):
        return "any"


ANY = Anything()
READ, WRITE, FETCH = (Syndrome(EC_DATA, False), Syndrome(EC_DATA, True), Syndrome(EC_FETCH))


@dataclasses.dataclass(frozen=True)
class Row:
    """faulted: whether the cell takes a fault. value: what the attempt obtains, None: not looked
    at; NO_ANSWER: the cell never comes back from it. events: (name, a, b) in order, all by the cell
    that attempts. state: of the cell afterwards."""
    number: int
    title: str
    verifies: tuple
    who: int
    attempt: str
    argument: int
    faulted: bool = False
    value: object = None
    events: tuple = ()
    state: str = "RUNNING"


def refused(address, syndrome):
    return (("EV_MEM_VIOLATION", address, syndrome),)


def store(address, value):
    return address | value << 32


def sgi(intid, targets):
    return intid << 24 | targets


SPA = ("SYR_SPA_001", "SYR_EVT_001", "SWR_TRP_002", "SWR_EVT_002")
SGI = ("SYR_IRQ_002", "SYR_EVT_001", "SWR_IRQ_005")
IRQ = ("SYR_IRQ_001", "SYR_EVT_001", "SWR_IRQ_001")
ROUTE = ("SYR_IRQ_002", "SYR_EVT_001", "SWR_IRQ_001")
CLAMP = ("SYR_IRQ_001", "SYR_IRQ_002", "SWR_IRQ_002")
PRIVATE = ("SYR_IRQ_001", "SYR_EVT_001", "SWR_IRQ_004")
TURN_ON = ("SYR_CPU_001", "SYR_EVT_001", "SWR_PSC_002")
ENDS = ("SYR_CPU_002", "SYR_EVT_001", "SWR_PSC_003", "SWR_CEL_007")
STUB = ("SYR_CPU_002", "SYR_EVT_001", "SWR_TRP_009")
CALL = ("SYR_SPA_001", "SYR_EVT_001", "SWR_HCL_002")
TOTAL = ("SYR_PLN_003", "SYR_EVT_001", "SWR_HCL_001")
POWER = ("SYR_CPU_002", "SYR_EVT_001")

ROWS = []


def row(*args, **kw):
    ROWS.append(Row(*args, **kw))


row(29, "root reads the status pages", SPA, ROOT, "READ", status.STATUS_BASE,
    value=status.STATUS_MAGIC & 0xFFFFFFFF)
row(31, "a cell cannot execute its communication region", SPA, OTHER, "EXECUTE", 0x53001000, True,
    events=refused(0x53001000, FETCH))
row(32, "a cell reads its own memory", SPA, OTHER, "READ", 0x520FFF00, value=0)
row(33, "root reads a shared communication region", SPA, ROOT, "READ", 0x53000000,
    value=status.COMM_MAGIC & 0xFFFFFFFF)
# --- software generated interrupts
row(39, "SGI to own CPU arrives", SGI, OTHER, "SGI", sgi(1, 4))
# --- distributor
row(48, "own interrupt routed to own CPU", ROUTE, OTHER, "ROUTE", OWN_SPI << 32 | 2)
row(51, "own interrupt enabled", IRQ, OTHER, "ENABLE", OWN_SPI)
row(52, "enable bits of own interrupts alone are seen", IRQ, OTHER, "READ", GICD + 0x104,
    value=1 << (OWN_SPI - 32))
row(56, "group of interrupts stays the kernel's", IRQ, OTHER, "STORE32", store(GICD + 0x84, 0))
row(61, "priority of a foreign interrupt reads as 0", IRQ, OTHER, "READ", GICD + 0x420, value=0)
row(63, "trigger of an own interrupt", IRQ, OTHER, "STORE32",
    store(GICD + 0xC08, 2 << (OWN_SPI - 32) * 2))
row(64, "trigger bits of own interrupts alone are seen", IRQ, OTHER, "READ", GICD + 0xC08,
    value=2 << (OWN_SPI - 32) * 2)
row(65, "distributor control stays the kernel's", IRQ, OTHER, "STORE32", store(GICD, 0))
row(66, "route of an own interrupt is seen", IRQ, OTHER, "LOAD64", GICD + 0x6000 + OWN_SPI * 8,
    value=2)
row(67, "route of a foreign interrupt reads as 0", IRQ, OTHER, "READ",
    GICD + 0x6000 + ROOT_SPI * 8, value=0)
row(69, "a byte store where only words are registers", IRQ, OTHER, "STORE8", store(GICD + 0x104, 2))
# --- redistributor
row(72, "priority of the kick stays", CLAMP, OTHER, "STORE8",
    store(GICR + 2 * GICR_STRIDE + 0x1040F, 0xF0))
row(73, "and reads as the kernel set it", PRIVATE, OTHER, "LOAD8", GICR + 2 * GICR_STRIDE + 0x1040F,
    value=KICK_PRIORITY)
row(74, "group of the kick stays", PRIVATE, OTHER, "STORE32",
    store(GICR + 2 * GICR_STRIDE + 0x10080, 0xFFFFFFFF))
row(77, "foreign redistributor: who it belongs to may be read", PRIVATE, OTHER, "LOAD64_HIGH",
    GICR + 0x8, value=0)
row(78, "foreign redistributor: enable bits read as 0", PRIVATE, OTHER, "READ", GICR + 0x10100,
    value=0)
row(80, "redistributor put to sleep", PRIVATE, OTHER, "STORE32",
    store(GICR + 2 * GICR_STRIDE + 0x14, 2))
# --- power, calls, registers
row(82, "CPU_ON of root's idle CPU", TURN_ON, OTHER, "CPU_ON", 3,
    value=DENIED, events=(("EV_CPU_ON_DENIED", 3, 0x40000000),))
row(84, "CPU_ON of itself", TURN_ON, OTHER, "CPU_ON", 2, value=ALREADY_ON)
row(87, "PSCI_VERSION is answered by the kernel", POWER, OTHER, "SMC", 0x84000000, value=0x10001)
row(88, "CPU_SUSPEND returns at once", POWER, OTHER, "SMC", 0xC4000001, value=0)
row(89, "MIGRATE_INFO_TYPE", POWER, OTHER, "SMC", 0x84000006, value=2)
row(92, "hyp stub call by root: vectors may be reset", STUB, ROOT, "STUB", 2, value=0)
row(93, "hypercall by a cell: create", CALL, OTHER, "HYPERCALL",
    1 + 256 * RT, value=ID["E_HC_PERMISSION"],
    events=(("EV_REFUSED", 1, ID["E_HC_PERMISSION"]),))
row(94, "hypercall by a cell: disable", CALL, OTHER, "HYPERCALL", 6,
    value=ID["E_HC_PERMISSION"], events=(("EV_REFUSED", 6, ID["E_HC_PERMISSION"]),))
row(95, "get_info by a cell", ("SYR_EVT_001",), OTHER, "HYPERCALL", 0, value=0)
row(96, "get_info of something unknown", TOTAL, OTHER, "HYPERCALL", 256 * 9,
    value=ID["E_HC_UNKNOWN"], events=(("EV_REFUSED", 0, ID["E_HC_UNKNOWN"]),))
row(97, "hypercall number beyond the last", TOTAL, ROOT, "HYPERCALL", 9,
    value=ID["E_HC_UNKNOWN"], events=(("EV_REFUSED", 9, ID["E_HC_UNKNOWN"]),))
row(98, "hypercall number far beyond", TOTAL, ROOT, "HYPERCALL", 255,
    value=ID["E_HC_UNKNOWN"], events=(("EV_REFUSED", 255, ID["E_HC_UNKNOWN"]),))
# --- cells that end by it: rt's policy is to park
row(111, "CPU_OFF of the cell's only CPU", ENDS, OTHER, "CPU_OFF", 0, value=NO_ANSWER)


def kernel_code(d):
    """Checksum of what of the kernel never changes: text, constants, the plan in force."""
    first, last = d.symbols["_text"], d.symbols["_data"]
    return zlib.crc32(d.read(first, last - first))


def snapshot(d, who):
    return {"kernel": kernel_code(d), **{NAMES[c]: d.code_digest(c) for c in d.images}}


def check_events(events, who, wanted, cpu=None):
    """Exactly these events, by this cell."""
    got = [(status.NAME.get(e.id), e.a, e.b) for e in events]
    text = "; ".join(map(str, events)) or "none"
    demand(len(got) == len(wanted), f"{len(got)} events, expected {len(wanted)}: {text}")
    for event, have, want in zip(events, got, wanted):
        good = have[0] == want[0] and want[1] == have[1] and want[2] == have[2]
        demand(good, f"event {event}, expected {want[0]} a={want[1]} b={want[2]}")
        demand(event.cell == who, f"event {event}: expected cell {who}")
        demand(cpu is None or event.cpu == cpu, f"event {event} by CPU {event.cpu}, expected {cpu}")


def check_answer(entry, result):
    if entry.value is NO_ANSWER:
        demand(result is None, f"the cell went on: result {result}")
        return
    demand(result is not None, "no answer from the cell")
    equal(bool(result & status.FAULTED), entry.faulted, "fault taken")
    if entry.value is not None:
        demand(entry.value == result & 0xFFFFFFFF,
               f"value {result & 0xFFFFFFFF:#x}, expected {entry.value}")


def revive(d, cell):
    """Bring a cell back to life by root's hypercalls."""
    calls = ["CELL_DESTROY", "CELL_CREATE", "CELL_LOAD", "CELL_START"]
    for name in calls:
        if name == "CELL_START":
            d.write(direct.COMM[cell], bytes(16))
        got, events = d.hypercall(status.HC[name], cell)
        equal(got, 0, f"{name} of {NAMES[cell]} ({'; '.join(map(str, events))})")
    demand(d.until(lambda: d.comm(cell).up and d.comm(cell).heartbeat > 1, 20) is not None,
           f"{NAMES[cell]} did not come up again")
    d.new_events()


def perform(d, entry):
    """One row on a machine whose cells are all up; leaves it so."""
    d.set_clock(OTHER if entry.who == RT else RT)
    before = snapshot(d, entry.who)
    target = d.word(entry.argument, 4) if entry.attempt == "WRITE" else None
    result, events = d.attempt(entry.who, status.ATTEMPT[entry.attempt], entry.argument)
    check_answer(entry, result)
    check_events(events, entry.who, entry.events, CPU[entry.who])
    equal(d.status().state(entry.who), entry.state, "state of the cell")
    dead = entry.value is NO_ANSWER
    alive = [c for c in d.images if not (dead and c == entry.who)]
    silent = d.silent(alive)
    demand(not silent, f"no heartbeat any more: {', '.join(silent)}")
    equal(snapshot(d, entry.who), before, "memory digests")
    if target is not None:
        equal(d.word(entry.argument, 4), target, f"word at {entry.argument:#x}")
    equal(d.new_events(), [], "further events")
    if dead:
        demand(d.silent([entry.who]) == [NAMES[entry.who]], "the cell's heartbeat still grows")
        equal(d.status().cpus[CPU[entry.who]]["state"],
              "OFF" if entry.state == "RUNNING" else "PARKED", "state of its CPU")
        revive(d, entry.who)


for _row in ROWS:
    case(_row.number, _row.title, _row.verifies, "direct")(
        lambda d, entry=_row: perform(d, entry))
    case(MAX_FROM + _row.number, f"{_row.title} (CPU max)", _row.verifies, "max")(
        lambda d, entry=_row: perform(d, entry))
