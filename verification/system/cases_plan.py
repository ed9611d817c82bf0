# SPDX-License-Identifier: Apache-2.0
"""Direct boot: plans that must be refused, machines that do not fit the plan, tables that must be as
the plan says."""

import itertools
import re
import threading

import built
import direct
import planblob as pb
import status
import tables
from cases import case, demand, equal
from cases_attempt import check_events
from cases_life import bring_to, must, restart
from direct import CPU, OTHER, ROOT, RT
from status import ID

BOOT_LIMIT = 600_000_000
NUMBER = itertools.count()
LOCK = threading.Lock()
WIDE = built.REPO / "verification/system/plans/direct-wide.toml"
PLAN_TAGS = ("SYR_PLN_001", "SYR_PLN_003", "SYR_PLN_004")
BLOB_TAGS = ("SYR_PLN_002", "SYR_PLN_003", "SYR_PLN_004")


def scratch(name, data=None):
    """A file of this run; each call another."""
    folder = built.REPO / "build/run/plans"
    folder.mkdir(parents=True, exist_ok=True)
    with LOCK:
        path = folder / f"{name}-{next(NUMBER)}.plan"
    if data is not None:
        path.write_bytes(data)
    return path


def good_plan():
    return built.need(built.PLANS / "direct.plan").read_bytes()


def boot_to_refusal(d):
    """Run until CPU 0 can only halt, or cells run. @return (status, a, b) of the launch."""
    d.set_clock(RT)
    halt = d.symbols["halt"]
    cpu = None
    while cpu != 0:
        end = d.race([halt], ticks=3, limit=BOOT_LIMIT)
        demand(end[0] == "place", f"the kernel did not refuse: {end[0]}; "
               f"{'; '.join(map(str, d.status().events() if d.status().valid else []))}")
        if cpu == end[1]:
            break
        cpu = end[1]
    return d.result_of_launch()


def not_armed(d, before):
    """Nothing of the machine was taken, no cell executed an instruction."""
    equal(d.status().armed, 0, "armed")
    for cell in (ROOT, RT, OTHER):
        demand(not d.comm(cell).up, f"cell {cell} runs")
        equal(d.digest(cell), before[cell], f"memory of cell {cell}")


def refuse_blob(fresh, blob, wanted):
    """The kernel refuses as the host's judge does."""
    path = scratch("bad", blob)
    with fresh.open("plan", path, debug=True, limit=True) as d:
        before = {c: d.digest(c) for c in (ROOT, RT, OTHER)}
        got, a, b = boot_to_refusal(d)
        equal(f"E{got:04X}", pb.verdict(path), "kernel's verdict against the tools'")
        equal(got, ID[wanted], "verdict")
        not_armed(d, before)
        path.unlink()
        return f"E{got:04X} a={a:#x} b={b:#x}"


def overlap(blob):
    """rt's memory moved into other's."""
    index = region_of(blob, RT)
    return pb.put(pb.put(blob, pb.region(index, "ppn"), 0x52000), pb.region(index, "ipn"), 0x51000)


def region_of(blob, cell):
    return pb.get(blob, pb.cell(cell, "first"))


def into_kernel(blob):
    return pb.put(blob, pb.region(region_of(blob, RT), "ppn"), 0x70100)


def status_writable(blob):
    first, count = (pb.get(blob, pb.cell(ROOT, f)) for f in ("first", "count"))
    for i in range(first, first + count):
        if pb.get(blob, pb.region(i, "ppn")) == 0x70400:
            return pb.put(blob, pb.region(i, "flags"), 3)
    raise AssertionError("the plan does not map the status pages")


def two_owners(blob):
    return pb.put(blob, pb.cell(RT, "cpus"), 0b100)


def two_irqs(blob):
    at = pb.cell(RT, "irqs").at + 4
    return pb.flip(blob, at + (40 - 32) // 8, (40 - 32) % 8)


BAD = [
    (150, "a plan with one bit flipped", BLOB_TAGS, lambda b: pb.flip(b, 2000, 3), False,
     "E_PLAN_CRC"),
    (151, "a blob that is no plan", BLOB_TAGS, lambda b: pb.put(b, pb.header("magic"), 1), True,
     "E_PLAN_MAGIC"),
    (152, "a plan of another format version", BLOB_TAGS,
     lambda b: pb.put(b, pb.header("version"), 1), True, "E_PLAN_VERSION"),
    (153, "a plan that says another size", BLOB_TAGS,
     lambda b: pb.put(b, pb.header("size"), 4096), True, "E_PLAN_SIZE"),
    (154, "a plan for another board", BLOB_TAGS, lambda b: pb.put(b, pb.header("board"), 2), True,
     "E_PLAN_BOARD"),
    (155, "a plan whose private regions overlap", PLAN_TAGS, overlap, True, "E_PLAN_OVERLAP"),
    (156, "a plan that gives kernel memory to a cell", PLAN_TAGS, into_kernel, True,
     "E_PLAN_OVERLAP"),
    (167, "a plan that keeps too little memory for the kernel", PLAN_TAGS,
     lambda b: pb.put(b, pb.region(region_of(b, 0), "n"), 1023), True, "E_PLAN_KERNEL"),
    (157, "a plan that lets root write the status pages", PLAN_TAGS, status_writable, True,
     "E_PLAN_STATUS"),
    (158, "a plan that gives one CPU to two cells", PLAN_TAGS, two_owners, True, "E_PLAN_CPU"),
    (159, "a plan that gives one interrupt to two cells", PLAN_TAGS, two_irqs, True,
     "E_PLAN_IRQ"),
    (160, "a plan that does not accept unprotected DMA", PLAN_TAGS,
     lambda b: pb.put(b, pb.header("flags"), 0), True, "E_PLAN_DMA"),
    (161, "a plan with too many cells", PLAN_TAGS, lambda b: pb.put(b, pb.header("n_cells"), 9),
     True, "E_PLAN_COUNT"),
    (162, "a plan whose region has an unknown flag", PLAN_TAGS,
     lambda b: pb.put(b, pb.region(region_of(b, RT), "flags"), 64), True, "E_PLAN_REGION"),
    (163, "a plan whose cell starts outside its memory", PLAN_TAGS,
     lambda b: pb.put(b, pb.cell(RT, "entry"), 0x60000000), True, "E_PLAN_ENTRY"),
    (164, "a plan that names one CPU twice", PLAN_TAGS, lambda b: pb.put(b, pb.mpidr(1), 2), True,
     "E_PLAN_CPUID"),
    (165, "a plan whose region is in no list", PLAN_TAGS,
     lambda b: pb.put(b, pb.cell(RT, "count"), 1), True, "E_PLAN_SLICE"),
]
for _number, _title, _tags, _change, _sealed, _wanted in BAD:
    def _bad(fresh, change=_change, sealed=_sealed, wanted=_wanted):
        blob = change(good_plan())
        return refuse_blob(fresh, pb.seal(blob) if sealed else blob, wanted)
    case(_number, f"refused at the launch, nothing armed: {_title}", _tags, "fresh")(_bad)


@case(166, "refused at the launch, nothing armed: no plan at all", BLOB_TAGS, "fresh")
def no_plan(fresh):
    path = scratch("none", bytes(pb.BYTES))
    equal(pb.verdict(path), f"E{ID['E_PLAN_MAGIC']:04X}", "the tools' verdict")
    with fresh.open("none", path, debug=True, limit=True) as d:
        before = {c: d.digest(c) for c in (ROOT, RT, OTHER)}
        got, _, _ = boot_to_refusal(d)
        # A plan of zeros names no CPU, which the first CPU notices before it judges the plan.
        demand(got in (ID["E_PLAN_MAGIC"], ID["E_LAUNCH_CPU"]), f"verdict E{got:04X}")
        not_armed(d, before)
        return f"E{got:04X}"


@case(170, "a CPU of the plan that never comes: no CPU is taken",
      ("SYR_LCH_001", "SWR_INI_001", "SWR_INI_005"), "fresh")
def missing_cpu(fresh):
    with fresh.open("missing", smp=3, debug=True, limit=True) as d:
        before = {c: d.digest(c) for c in (ROOT, RT, OTHER)}
        got, a, b = boot_to_refusal(d)
        equal((got, a, b), (ID["E_LAUNCH_MISSING"], 3, 4), "verdict")
        not_armed(d, before)


@case(171, "a CPU with another MPIDR than the plan's: no CPU is taken",
      ("SYR_LCH_001", "SYR_LCH_002", "SWR_INI_001", "SWR_INI_005"), "fresh")
def foreign_cpu(fresh):
    path = scratch("mpidr", pb.seal(pb.put(good_plan(), pb.mpidr(3), 0x100)))
    with fresh.open("mpidr", path, debug=True, limit=True) as d:
        before = {c: d.digest(c) for c in (ROOT, RT, OTHER)}
        got, _, _ = boot_to_refusal(d)
        demand(got in (ID["E_LAUNCH_MISSING"], ID["E_LAUNCH_CPU"]), f"verdict E{got:04X}")
        not_armed(d, before)


def check_tables(d, plan, live, loading=()):
    """Each address space in force is exactly what the plan says."""
    base = d.symbols["_tables"]
    view = d.word(d.symbols["part_view"], 4)
    root = tables.stage2(d.read, base, view)
    text = tables.difference(root, plan.of_root(live, loading))
    demand(not text, f"root's address space: {text}")
    for cell in live:
        text = tables.difference(tables.stage2(d.read, base, cell), plan.of_cell(cell))
        demand(not text, f"address space of cell {cell}: {text}")
    for pool in [view, *live]:
        for page, (out, _) in tables.stage2(d.read, base, pool).items():
            demand(not 0x70000 <= out < 0x70400, f"pool {pool} maps kernel memory at {page:#x}000")


@case(180, "every translation of every cell is the plan's, through its whole life",
      ("SYR_SPA_001", "SYR_SPA_002", "SYR_SPA_003", "SWR_CEL_001", "SWR_CEL_002", "SWR_CEL_003",
       "SWR_CEL_006", "SWR_INI_004"), "fresh")
def translations(fresh):
    path = pb.compile_plan(WIDE, scratch("wide"))
    plan = tables.Plan(path.read_bytes())
    with fresh.open("wide", path) as d:
        d.up()
        check_tables(d, plan, (RT, OTHER))
        d.set_clock(RT)
        for name, live, loading in (("CELL_STOP", (RT, OTHER), ()), ("CELL_DESTROY", (RT,), ()),
                                    ("CELL_CREATE", (RT, OTHER), ()),
                                    ("CELL_LOAD", (RT, OTHER), (OTHER,)),
                                    ("CELL_START", (RT, OTHER), ())):
            must(d, name, OTHER)
            check_tables(d, plan, live, loading)


@case(181, "root reaches a cell's memory while the cell is absent or loading, never else",
      ("SYR_SPA_003", "SWR_CEL_003"), "fresh")
def carving(fresh):
    path = pb.compile_plan(WIDE, scratch("wide"))
    with fresh.open("wide", path) as d:
        d.up()
        seen = {}
        for state, name in (("RUNNING", None), ("STOPPED", "CELL_STOP"), ("ABSENT", "CELL_DESTROY"),
                            ("CREATED", "CELL_CREATE"), ("LOADING", "CELL_LOAD")):
            if name:
                must(d, name, OTHER)
            result, events = d.attempt(ROOT, status.ATTEMPT["READ"], 0x52000000)
            seen[state] = not result & status.FAULTED
            equal(len(events), 0 if seen[state] else 1, f"events in state {state}")
        equal(seen, {"RUNNING": False, "STOPPED": False, "ABSENT": True, "CREATED": False,
                     "LOADING": True}, "reach of root by state")
        restart(d, OTHER)
        equal(d.silent([ROOT, RT, OTHER]), [], "silent cells")


@case(182, "a cell loses its memory to root by destroy alone, and gets it back cleared", ("SYR_SPA_003",),
      "fresh")
def destroyed_and_back(fresh):
    path = pb.compile_plan(WIDE, scratch("wide"))
    with fresh.open("wide", path) as d:
        d.up()
        bring_to(d, OTHER, "ABSENT")
        result, events = d.attempt(ROOT, status.ATTEMPT["STORE32"], 0x520F0000 | 0x1234 << 32)
        equal((result & status.FAULTED, events), (0, []), "root's store to the returned memory")
        equal(d.word(0x520F0000, 4), 0x1234, "word")
        restart(d, OTHER)
        result, events = d.attempt(ROOT, status.ATTEMPT["STORE32"], 0x520F0000 | 0x5678 << 32)
        demand(result & status.FAULTED, "root still writes the cell's memory")
        check_events(events, ROOT, [("EV_MEM_VIOLATION", 0x520F0000, events[0].b if events else 0)])
        equal(d.word(0x520F0000, 4), 0, "word")


@case(183, "kernel memory: nothing writable and executable, no page below a stack",
      ("SYR_EL2_002",), "direct")
def write_xor_execute(d):
    pages = tables.stage1(d.read, d.symbols["el2_table"])
    demand(pages, "the kernel's map is empty")
    both = [hex(p * 4096) for p, (_, w, x) in pages.items() if w and x]
    equal(both, [], "pages writable and executable")
    moved = [hex(p * 4096) for p, (out, _, _) in pages.items() if out != p]
    equal(moved, [], "pages not mapped to themselves")
    first, last = d.symbols["_text"] // 4096, d.symbols["_rodata"] // 4096
    equal(sorted(p for p, (_, _, x) in pages.items() if x), list(range(first, last)),
          "executable pages")
    stacks, stride = d.symbols["_stacks"], 0x4000
    for cpu in range(8):
        low = (stacks + cpu * stride) // 4096
        demand(low not in pages, f"a page is mapped below the stack of CPU {cpu}")
        demand(all(low + i in pages for i in (1, 2, 3)), f"stack of CPU {cpu} is not mapped")


@case(185, "shared words: one load-acquire, one store-release, or one exclusive pair each",
      ("SWR_CPU_001",), "fresh")
def shared_words(_fresh):
    wanted = {"load": ["ldar"], "store": ["stlr"], "swap": ["ldaxr", "stlxr"],
              "next": ["ldaxr", "stlxr"]}
    for name, accesses in wanted.items():
        text = built.disassembly(built.KERNEL / "bulkhead.elf", f"arch_shared_{name}")
        equal(re.findall(r"\t((?:ld|st)\w+)\t", text), accesses, f"accesses of arch_shared_{name}")


@case(184, "control registers of a CPU that runs a cell are as tabled",
      ("SYR_EL2_001", "SWR_INI_003"), "fresh")
def control_registers(fresh):
    # name: (value, bits looked at); values from the table in docs/architecture.md.
    wanted = {"HCR_EL2": (0x80580029, 0xFFFFFFFF), "CPTR_EL2": (0, 0x4400), "CNTHCTL_EL2": (3, 3),
              "VTCR_EL2": (0x80003558, 0xFFF8FFFF), "HSTR_EL2": (0, 0xFFFF)}
    with fresh.open("registers", debug=True) as d:
        d.up()
        d.gdb.ask_to_stop()
        d.control.go()
        d.gdb.wait()
        names = d.gdb.registers()
        for cpu, cell in ((CPU[ROOT], ROOT), (CPU[RT], RT), (CPU[OTHER], OTHER)):
            for name, (value, mask) in wanted.items():
                got = d.gdb.register(cpu, names[name])
                equal(got & mask, value & mask, f"{name} of CPU {cpu}")
            got = d.gdb.register(cpu, names["VTTBR_EL2"])
            equal(got >> 48, cell, f"VMID on CPU {cpu}")
