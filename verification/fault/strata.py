# SPDX-License-Identifier: Apache-2.0
"""Which injections: strata, their gates, and the seeded choice of places and bits."""

import dataclasses
import random
import re
import typing

import built
import inject
import planblob as pb
from direct import OTHER, ROOT, RT
from status import ATTEMPT, HC

FLIPS_IN_LAUNCH = 20    # of registers; as many of memory
FLIPS_IN_TRAPS = 28
TRIES = 40
PC, SP = 32, 31


@dataclasses.dataclass(frozen=True)
class Job:
    stratum: str
    what: str
    run: typing.Callable


@dataclasses.dataclass(frozen=True)
class Gate:
    """allowed: outcomes; None: any, it is reported."""
    id: str
    title: str
    verifies: tuple
    allowed: tuple | None


GATES = {
    "plan, damaged": Gate("TC_FLT_001", "every damaged plan byte is detected",
                          ("SYR_PLN_002", "SYR_PLN_003"), ("detected",)),
    "plan, resealed": Gate("TC_FLT_002", "every forged plan with a right checksum is detected",
                           ("SYR_PLN_002", "SYR_PLN_003"), ("detected",)),
    "CPU missing": Gate("TC_FLT_003", "a CPU that never comes: no CPU is taken",
                        ("SYR_LCH_001", "SYR_CPU_003"), ("detected",)),
    "control register": Gate("TC_FLT_004", "a control register that does not keep its value: no CPU "
                             "is taken", ("SYR_EL2_001", "SYR_LCH_001"), ("detected",)),
    "register, launch": Gate("TC_FLT_010", "register flips in the launch, classified",
                             ("SYR_CPU_003",), None),
    "memory, launch": Gate("TC_FLT_011", "memory flips in the launch, classified",
                           ("SYR_CPU_003",), None),
    "register, trap": Gate("TC_FLT_012", "register flips in trap handling, classified",
                           ("SYR_CPU_003",), None),
    "memory, trap": Gate("TC_FLT_013", "memory flips in trap handling, classified",
                         ("SYR_CPU_003",), None),
}

ROW = re.compile(r"^EL2REG\((\w+),", re.M)
CONTROL = {n.lower() for n in ROW.findall((built.REPO / "src/arch/aarch64/el2regs.def").read_text())}

# Bits that a register has on every implementation: another reads as zero whatever is written, so that
# a flip of it does not reach the register (Arm ARM D19.12, CNTHCTL_EL2 without FEAT_ECV).
BITS = {"cnthctl_el2": 8}

LAUNCH_FUNCTIONS = ["prepare_direct", "el2map_build", "launch", "init_cpu", "plan_check",
                    "part_boot", "arch_cpu_take", "arch_cpu_load_map", "event_init", "cell_create",
                    "cell_load", "cell_start", "part_stage", "cpu_sync_root", "gic_cpu_take",
                    "trap_wait", "cpu_enter", "resume", "init_autostart"]
# Registers can be changed only where gdb stops the machine. Where no CPU has a timer armed and some
# sleep, the emulator then gives the CPUs turns longer than the kernel's own bounds, which no real
# machine does; so registers flip before the CPUs go to sleep.
LAUNCH_REGISTERS = ["prepare_direct", "el2map_build", "plan_check", "part_boot", "init_cpu",
                    "plan_crc", "arch_machine_check", "gic_find"]
# what happens, and the functions of the kernel that handle it
SCENARIOS = [
    ((OTHER, ATTEMPT["READ"], 0x70000000),
     ["trap_sync", "abort_handle", "event_record", "inject_abort", "cpu_service", "resume"]),
    ((OTHER, ATTEMPT["SMC"], 0xC2000000), ["trap_sync", "psci_call", "event_record", "resume"]),
    ((OTHER, ATTEMPT["SGI"], 1 << 24 | 1), ["trap_sync", "vgic_sgi", "event_record"]),
    ((OTHER, ATTEMPT["STORE8"], 0x08000428 | 0x40 << 32), ["abort_handle", "vgicd_access"]),
    ((OTHER, ATTEMPT["CPU_ON"], 1), ["psci_call", "event_record", "cpu_cell"]),
    ((ROOT, ATTEMPT["HYPERCALL"], HC["CELL_STOP"] + 256 * OTHER),
     ["hcall", "cell_stop", "cpu_park", "trap_fiq", "cpu_service", "arch_cpu_kick"]),
    ((ROOT, ATTEMPT["HYPERCALL"], HC["CELL_DESTROY"] + 256 * OTHER),
     ["cell_destroy", "part_stage", "map_range", "cpu_sync_root", "part_clear"]),
]


def plan_fields():
    """One field of every class."""
    fields = [pb.header(name) for name in pb.HEADER] + [pb.mpidr(0), pb.mpidr(3)]
    for cell in (1, 2):
        fields += [pb.cell(cell, name) for name in pb.CELL]
    for region in (0, 6):
        fields += [pb.region(region, name) for name in pb.REGION]
    return fields + [pb.cell(7, "first"), pb.region(127, "own"), pb.policy(7, "locks"),
                     pb.policy(2, "error_irq"), pb.Field("reserved", 6744, 4), pb.Field("crc", 6748, 4)]


def plan_jobs(chance):
    blob = built.need(built.PLANS / "direct.plan").read_bytes()
    out = []
    for field in plan_fields():
        at, bit = field.at + chance.randrange(field.size), chance.randrange(8)
        changed = pb.flip(blob, at, bit)
        out.append(Job("plan, damaged", f"{field.name}, byte {at} bit {bit}",
                       lambda b=changed: inject.plan(b)))
    return out


def forged(blob, field, chance):
    """A flip of this field, resealed, that makes the plan a wrong one; None when any value is
    right (a name, for example)."""
    for _ in range(TRIES):
        at, bit = field.at + chance.randrange(field.size), chance.randrange(8)
        changed = pb.seal(pb.flip(blob, at, bit))
        path = inject.temporary(changed)
        verdict = pb.verdict(path)
        path.unlink()
        if verdict != "ok":
            return changed, f"{field.name}, byte {at} bit {bit} ({verdict})"
    return None


def resealed_jobs(chance):
    blob = built.need(built.PLANS / "direct.plan").read_bytes()
    seen, out = set(), []
    for field in plan_fields():
        kind = field.name.split(".")[-1].split("[")[0]
        found = None if kind in seen or kind == "crc" else forged(blob, field, chance)
        if found is not None:
            seen.add(kind)
            out.append(Job("plan, resealed", found[1], lambda b=found[0]: inject.plan(b)))
    return out


def missing_jobs():
    out = [Job("CPU missing", f"machine with {n} of 4 CPUs", lambda n=n: inject.missing(n))
           for n in (1, 2, 3)]
    return out + [Job("CPU missing", f"CPU {cpu} goes astray at its entry",
                      lambda c=cpu: inject.strayed(c)) for cpu in (1, 2, 3)]


def control_jobs(chance):
    """Each control register of EL2, where the kernel tries it before the launch."""
    image = built.KERNEL / "bulkhead.elf"
    caller = built.disassembly(image, "keeps")
    calls = re.findall(r"^ *([0-9a-f]+):.*\tbl\t[0-9a-f]+ <(sysreg_write[^>]*)>", caller, re.M)
    if len(calls) != 2:
        raise built.MissingError(f"keeps() calls sysreg_write() {len(calls)} times, not to try a value "
                                 "and to put back what was found")
    back = int(calls[0][0], 16) + 4
    text = built.disassembly(image, calls[0][1])
    out, seen = [], set()
    for address, name, number in re.findall(r"^ *([0-9a-f]+):.*\tmsr\t(\w+_el2), x(\d+)", text, re.M):
        if name in CONTROL and name not in seen:
            seen.add(name)
            bit = chance.randrange(32) % BITS.get(name, 32)
            out.append(Job("control register", f"{name} bit {bit}",
                           lambda a=int(address, 16), n=int(number), b=bit:
                           inject.deaf(a, back, n, b)))
    if seen != CONTROL:
        raise built.MissingError(f"keeps() does not write {', '.join(CONTROL - seen)}")
    return out


def sizes():
    """{function: (address, bytes)}: from a symbol to the next."""
    symbols = built.symbols(built.KERNEL / "bulkhead.elf")
    text = sorted(a for a in symbols.values() if 0x70000000 <= a < symbols["_rodata"])
    out = {}
    for name, address in symbols.items():
        after = [a for a in text if a > address]
        out[name] = (address, (after[0] if after else address + 4) - address)
    return symbols, out


def place_in(extent, chance):
    """An instruction of a function; its first ones are the likeliest to be executed."""
    address, size = extent
    return address + 4 * chance.randrange(max(1, min(size // 4, 12)))


def register_change(chance):
    # Those that the calling convention keeps busy come up more often.
    number = chance.choice([*range(0, 9), *range(0, 9), *range(9, 31), 29, 30, SP, PC, PC])
    return "register", number, chance.randrange(64)


def memory_change(symbols, chance):
    """Code, constants, variables, stacks, the kernel's own tables, stage-2 tables in use."""
    areas = [(symbols["_text"], symbols["_rodata"]), (symbols["_rodata"], symbols["plan"]),
             (symbols["plan"], symbols["plan"] + pb.BYTES), (symbols["_bss"], symbols["el2_table"]),
             (symbols["el2_table"], symbols["el2_table"] + 0x4000),
             (symbols["_stacks"] + 0x3800, symbols["_stacks"] + 0x4000)]
    areas += [(symbols["_tables"] + pool * 131072, symbols["_tables"] + pool * 131072 + 0x5000)
              for pool in (0, RT, OTHER)]
    low, high = chance.choice(areas)
    kind = "code" if low == symbols["_text"] else "data"
    return kind, low + chance.randrange(high - low), chance.randrange(8)


def described(name, place, change):
    what = f"x{change[1]}" if change[0] == "register" else f"{change[1]:#x}"
    return f"at {name} ({place:#x}) {change[0]} {what} bit {change[2]}"


class Flip:
    """An injection at a place that may turn out not to be executed, because of a branch or because the
    linker has put the function into its callers: then at the function's entry, or at that of another
    function of the scenario, which the outcome names."""

    def __init__(self, run, place, name, entries):
        self.run, self.place = run, place
        self.entries = {name: entries[name], **entries}

    def __call__(self):
        try:
            return self.run(self.place)
        except inject.Unreached:
            pass
        for name, entry in self.entries.items():
            try:
                outcome, detail = self.run(entry)
            except inject.Unreached:
                continue
            return outcome, f"{detail} at the entry of {name}".strip()
        raise inject.Unreached(f"none of {', '.join(self.entries)} is executed")


def flip_jobs(chance):
    symbols, extents = sizes()
    out = []
    for kind in ("register", "memory"):
        for _ in range(FLIPS_IN_LAUNCH):
            functions = LAUNCH_REGISTERS if kind == "register" else LAUNCH_FUNCTIONS
            name = chance.choice([f for f in functions if f in extents])
            change = register_change(chance) if kind == "register" else \
                memory_change(symbols, chance)
            place = place_in(extents[name], chance)
            run = Flip(lambda p, c=change: inject.in_launch(p, c), place, name,
                       {f: extents[f][0] for f in functions if f in extents})
            out.append(Job(f"{kind}, launch", described(name, place, change), run))
        for i in range(FLIPS_IN_TRAPS):
            scenario, names = SCENARIOS[i % len(SCENARIOS)]
            name = chance.choice([f for f in names if f in extents])
            change = register_change(chance) if kind == "register" else \
                memory_change(symbols, chance)
            place = place_in(extents[name], chance)
            run = Flip(lambda p, s=scenario, c=change: inject.in_trap(s, p, c), place, name,
                       {f: extents[f][0] for f in names if f in extents})
            out.append(Job(f"{kind}, trap", described(name, place, change), run))
    return out


def jobs(seed):
    chance = random.Random(seed)
    return (plan_jobs(chance) + resealed_jobs(chance) + missing_jobs() + flip_jobs(chance) +
            control_jobs(chance))
