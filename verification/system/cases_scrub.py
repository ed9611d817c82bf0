# SPDX-License-Identifier: Apache-2.0
"""Direct boot: what one owner of a CPU leaves in its registers does not reach the next. The registers are
those of src/arch/aarch64/scrub.def, and those that the machine itself shows."""

import struct
import sys

import built
import planblob as pb
import status
from cases import case, demand, equal
from cases_life import must
from cases_plan import scratch
from direct import COMM, MEMORY, OTHER, ROOT, RT

sys.path.insert(0, str(built.REPO / "docs/spec"))
import scrub  # noqa: E402

PLAN = built.REPO / "verification/system/plans/attack.toml"
CODE, BUFFER = 0x40000, 0xC0000   # within a cell's memory
RUN_X0 = 72 + 8 * 4
ROWS, VECTORS, VECTOR_BYTES = 512, 8192, 512
BUFFER_BYTES = VECTORS + 49 * VECTOR_BYTES
OWN = {"ESR_EL1": 32, "ELR_EL1": 33, "SPSR_EL1": 34, "VBAR_EL1": 35}   # places in the buffer
SP, OSLSR = 36, 37
LOCKED = 2                        # OSLSR_EL1.OSLK
SECOND_CPU = 3
ENCODINGS = 0x4000
READABLE, WRITABLE, CHANGED, KNOWN = 1, 2, 4, 16
BUDGET = 60
PROBE_BUDGET = 2000
TAGS = ("SYR_CPU_004", "SWR_SCR_001")
CPUS = {"cortex-a57": 60, "max,pauth-impdef=on,sme=off": 70}   # so many registers hold a pattern, at least


def table():
    return scrub.read(scrub.TABLE.read_text())[0]


def written():
    """The rows that hostile code writes and reads: those of EL1's own encodings."""
    return [r for r in table() if r.kind == "SCRUB_IF"]


def opened(fresh, cpu):
    d = fresh.open("scrub", pb.compile_plan(PLAN, scratch("scrub")), cpu=cpu)
    try:
        d.up()
    except BaseException:
        d.close()
        raise
    return d


def code():
    return built.need(built.BUILD / "attack/registers.bin").read_bytes()


def entry(cell, name):
    return MEMORY[cell][0] + CODE + built.symbols(built.BUILD / "attack/registers.elf")[name]


def second_enters(d, cell, name, budget=BUDGET):
    """The cell starts CPU 3 at an entry of registers.S. @return the buffer when it is done."""
    base = MEMORY[cell][0]
    d.write(base + CODE, code())
    d.write(base + BUFFER, bytes(BUFFER_BYTES))
    d.write(COMM[cell] + RUN_X0, struct.pack("<QQ", SECOND_CPU, entry(cell, name)))
    d.command(cell, status.ATTEMPT["RUN"], entry(cell, "on"))
    demand(d.until(lambda: d.word(base + BUFFER), budget) is not None, f"{name} did not end")
    equal(d.comm(cell).result, status.DONE, f"CPU_ON at {name}")
    d.seen = d.status().next  # a probe causes more events than there is room for
    return d.read(base + BUFFER, max(BUFFER_BYTES, ROWS + ENCODINGS))


def values(raw):
    """{name: value, None where it faulted} of all rows."""
    found = {}
    for k, row in enumerate(written()):
        value, faulted = struct.unpack_from("<QQ", raw, ROWS + 16 * k)
        found[row.name] = None if faulted else value
    return found


def looked(raw):
    """The same at an entry, with what code before it had to change."""
    found = values(raw)
    for name, place in OWN.items():
        found[name] = struct.unpack_from("<Q", raw, 8 * place)[0]
    return found


def clean(filled, raw, cpu, context):
    """What the next owner found: every register as the table says, whatever was written."""
    found = looked(raw)
    left = []
    tried = 0
    for row in written():
        now, before = found[row.name], filled[row.name]
        if now is None:
            continue
        tried += before is not None and before != row.found
        fixed = before == now and row.name in READ_ONLY_PARTS
        if now & ~READ_ONLY_PARTS.get(row.name, 0) != row.found and not fixed:
            left.append(f"{row.name} {now:#x}, expected {row.found:#x} (was {before:#x})"
                        if before is not None else f"{row.name} {now:#x}")
    demand(not left, "; ".join(left))
    general = struct.unpack_from("<31Q", raw, 8)
    equal(general, (context,) + (0,) * 30, "x0 to x30")
    stack, lock = struct.unpack_from("<QQ", raw, 8 * SP)
    equal(stack, 0, "SP")
    equal(lock & LOCKED, LOCKED, "OS lock")
    demand(not any(raw[VECTORS:BUFFER_BYTES]), "vector registers are not clear")
    demand(tried >= CPUS[cpu], f"{tried} registers held the pattern")
    return f"{tried} registers held the pattern, {len(found)} were looked at"


# What no write changes: bits that tell what is implemented.
READ_ONLY_PARTS = {"PMCR_EL0": 0xFFFFF840}


def to_root(d, cpu):
    """The cell fills its second CPU and is destroyed; root starts the CPU."""
    filled = values(second_enters(d, OTHER, "fill_stay"))
    must(d, "CELL_DESTROY", OTHER)
    return clean(filled, second_enters(d, ROOT, "look"), cpu, MEMORY[ROOT][0] + BUFFER)


def to_cell(d, cpu):
    """Root fills the CPU and switches it off; the cell that gets it starts it."""
    must(d, "CELL_DESTROY", OTHER)
    filled = values(second_enters(d, ROOT, "fill_off"))
    for name in ("CELL_CREATE", "CELL_LOAD", "CELL_START"):
        if name == "CELL_START":
            d.write(COMM[OTHER], bytes(16))
        must(d, name, OTHER)
    demand(d.until(lambda: d.comm(OTHER).up and d.comm(OTHER).heartbeat > 1, 20) is not None,
           "the cell did not start")
    return clean(filled, second_enters(d, OTHER, "look"), cpu, MEMORY[OTHER][0] + BUFFER)


def encoding(index):
    """The assembler's name of an encoding that probe tried."""
    high, low = index >> 11, index & 0x7FF
    return f"s{2 + (high >> 2)}_{high & 3}_c{low >> 7}_c{low >> 3 & 15}_{low & 7}"


def unlisted(raw, rows):
    """Encodings that EL1 can write and that no row names."""
    known = {r.asm for r in rows}
    found = []
    for index in range(ENCODINGS):
        what = raw[ROWS + index]
        blind = what & WRITABLE and not what & READABLE
        if (what & CHANGED or what & KNOWN or blind) and encoding(index) not in known:
            found.append(encoding(index))
    return found


for _number, _cpu in enumerate(CPUS):
    _short = _cpu.split(",")[0]

    def _root(fresh, cpu=_cpu):
        with opened(fresh, cpu) as d:
            detail = to_root(d, cpu)
            equal(d.silent([ROOT, RT]), [], "silent cells")
            return detail

    def _cell(fresh, cpu=_cpu):
        with opened(fresh, cpu) as d:
            detail = to_cell(d, cpu)
            equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")
            return detail

    def _probe(fresh, cpu=_cpu):
        with opened(fresh, cpu) as d:
            raw = second_enters(d, OTHER, "probe", PROBE_BUDGET)
            rows = table()
            missing = unlisted(raw, rows)
            demand(not missing, f"{len(missing)} writable, in no row: {' '.join(missing)}")
            gone = unlisted(raw, [r for r in rows if r.name != "TPIDR_EL0"])
            equal(gone, ["s3_3_c13_c0_2"], "what is missing without the row of TPIDR_EL0")
            count = sum(1 for x in raw[ROWS:ROWS + ENCODINGS] if x & (CHANGED | KNOWN))
            return f"{count} of {ENCODINGS} encodings hold what EL1 writes"

    case(260 + _number, f"root finds nothing of a cell in the registers of its CPU ({_short})",
         TAGS + ("SYR_CPU_001", "SWR_TRP_006"), "fresh")(_root)
    case(262 + _number, f"a cell finds nothing of root in the registers of its CPU ({_short})",
         TAGS + ("SWR_TRP_006",), "fresh")(_cell)
    case(264 + _number, f"every register that EL1 can write is in the table ({_short})", TAGS,
         "fresh")(_probe)
