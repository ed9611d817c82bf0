# SPDX-License-Identifier: Apache-2.0
"""From TOML to the model: keys, types, names; what the parts mean together is judged in rules."""
from __future__ import annotations

import re
from pathlib import Path

from .board import DEVICE, PAGE, PHYS_END, READ, WRITE, Board, check_pages, load_board, names, parse_flags
from .errors import PlanError, Source
from .model import (AUTOSTART, CONTINUE, EXECUTE, GRANTS, INJECTED, IPA_END, KERNEL, LOCKS, MEASURED, RESTART,
                    ROOT, WIDTHS, Calls, Cell, Plan, Region, Window)
from .reader import Table
from .source import load

NAME_MAX = 15
_DIGEST = re.compile(r"(?!0{64})[0-9a-fA-F]{64}")
WATCH_MIN, WATCH_MAX = 1000, 60000000  #: microseconds
RESERVED = ("kernel", "root", "nobody", "machine")


def compile_plan(path: str) -> Plan:
    """Read a plan source and what it includes. Raises PlanError for the first fault of form.

    @req CFG_TOOL_003 CFG_TOOL_005
    """
    file = load(path)
    top = Table(file, (), file.data)
    board = _board(top)
    accept = top.take("accept_unprotected_dma", bool)
    plan = Plan(board, accept, top.at("accept_unprotected_dma"))
    root = top.table("root")
    included = [t for p in _includes(top) for t in _included(p)]
    tables = included + top.tables("cell")
    top.done()
    plan.cells = [_kernel(board), Cell("root", root.at())]
    for number, table in enumerate(tables, ROOT + 1):
        plan.cells.append(_cell(table, number, board))
    _root(plan, root)
    _hold_pages(plan)
    _names_differ(plan)
    return plan


def _board(top: Table) -> Board:
    name = top.take("board", str)
    if name not in names():
        raise PlanError("PLAN_BOARD", f"no board '{name}'; there are: {', '.join(names())}",
                        top.at("board"), rule="CFG_TOOL_005")
    return load_board(name)


def _includes(top: Table) -> list[str]:
    """Paths named by the key include, relative to the file."""
    paths = top.take("include", list, [], required=False)
    for place, name in enumerate(paths):
        if not isinstance(name, str) or not name:
            raise top.bad("include", "a file name is expected", place)
        if not (Path(top.file.name).parent / name).is_file():
            raise PlanError("SYS_IO", f"included file '{name}' cannot be read",
                            top.at("include", place), rule="CFG_TOOL_003")
    return [str(Path(top.file.name).parent / name) for name in paths]


def _included(path: str) -> list[Table]:
    """The cells of an included file, which holds nothing else."""
    file = load(path)
    top = Table(file, (), file.data)
    if top.has("include"):
        raise PlanError("PLAN_KEY", "an included file may not include", top.at("include"),
                        rule="CFG_TOOL_002",
                        hint="include goes one level deep; list both files at the top")
    cells = top.tables("cell")
    top.done()
    return cells


def _kernel(board: Board) -> Cell:
    """Cell 0. The frames which it emulates are its own as well: no blob can give them to anybody.

    @req CFG_TOOL_021
    """
    kernel = board.kernel
    cell = Cell("kernel", kernel.source)
    cell.regions = [Region(KERNEL, one.base, one.base, one.size, one.flags, "", False, one.source)
                    for one in (kernel, *board.emulated)]
    return cell


def _cell(table: Table, number: int, board: Board) -> Cell:
    cell = Cell(table.name("name", NAME_MAX), table.at("name"))
    if cell.name in RESERVED:
        raise table.bad("name", f"'{cell.name}' is reserved")
    cell.flags = _cell_flags(table)
    cell.grants = _words(table, "grants", GRANTS)
    _locks(table, cell)
    _measure(table, cell)
    cell.cpus = _cpus(table, board)
    cell.irqs = _interrupts(table, board)
    _addresses(table, cell)
    _watchdog(table, cell, board)
    cell.regions = [_region(t, number, board) for t in table.tables("memory")]
    _additions(table, cell, number)
    table.done()
    if not cell.regions:
        raise PlanError("PLAN_KEY", f"cell '{cell.name}' has no [[cell.memory]]", cell.source,
                        rule="CFG_TOOL_003")
    return cell


def _root(plan: Plan, table: Table) -> None:
    """Fill the root cell: by its own list, or with the whole machine."""
    root, board = plan.cells[ROOT], plan.board
    root.flags = _cell_flags(table) | (RESTART if table.has("restart") else 0)
    root.grants = _words(table, "grants", GRANTS)
    _locks(table, root)
    root.cpus = _cpus(table, board)
    if table.is_word("memory"):
        table.choice("memory", ("machine",))
        root.regions = _machine(board)
        root.irqs = _all_irqs(table, board)
        _boot(table, root)
    else:
        _addresses(table, root)
        root.irqs = _interrupts(table, board)
        root.regions = [_region(t, ROOT, board) for t in table.tables("memory")]
    _restart(table, root)
    _additions(table, root, ROOT)
    table.done()
    if not root.regions:
        raise PlanError("PLAN_KEY", "root has no memory", root.source, rule="CFG_TOOL_003",
                        hint='write memory = "machine", or a list [[root.memory]]')


def _restart(table: Table, root: Cell) -> None:
    """Root begins anew when it resets itself, from memory that it cannot write.

    @req CFG_TOOL_053
    """
    if not table.has("restart"):
        return
    keep = table.table("restart")
    base = keep.number("base", 0, IPA_END - 4096)
    end = base + keep.size("size")
    check_pages(keep, "base", base)
    root.regions = [part for one in root.regions for part in _read_only(one, base, end)]
    if not any(one.virt <= root.entry < one.virt_end and one.flags == READ | EXECUTE for one in root.regions):
        raise keep.bad("base", f"entry {root.entry:#x} of root is in none of its memory from {base:#x} to "
                       f"{end - 1:#x}")
    keep.done()


def _read_only(one: Region, base: int, end: int) -> list[Region]:
    """A region of root in up to three parts, of which the one from @p base to @p end is not writable."""
    low, high = max(one.phys, base), min(one.end, end)
    if low >= high or one.flags & DEVICE or one.share:
        return [one]
    cuts = [(one.phys, low, one.flags), (low, high, READ | EXECUTE), (high, one.end, one.flags)]
    return [Region(ROOT, first, one.virt + first - one.phys, last - first, flags, "", False, one.source)
            for first, last, flags in cuts if first < last]


def _boot(table: Table, root: Cell) -> None:
    """Direct boot of an operating system as root: where firmware puts it and its device tree.

    @req CFG_TOOL_026
    """
    if not (table.has("entry") or table.has("device_tree") or root.flags & (AUTOSTART | RESTART)):
        return
    _entry(table, root)
    root.comm = table.number("device_tree", 8, IPA_END - 8)
    if not table.has("device_tree"):
        raise PlanError("PLAN_KEY", "key 'device_tree' is missing", table.at(), rule="CFG_TOOL_026",
                        hint="write entry and device_tree, or autostart = false and neither")
    if root.comm % 8 != 0:
        raise table.bad("device_tree", f"{root.comm:#x} is not a multiple of 8")
    root.comm_source = table.at("device_tree")
    root.boots_system = True


def _all_irqs(table: Table, board: Board) -> dict[int, Source]:
    """interrupts = "machine": all of the board; the kernel takes out those of live cells."""
    table.choice("interrupts", ("machine",))
    return {irq: table.at("interrupts") for irq in range(board.irq_first, board.irq_last + 1)}


def _machine(board: Board) -> list[Region]:
    """Root's list: the board's memory and devices at their own addresses; status pages read-only.

    Frames which the kernel emulates are no part of board.memory. Kernel and cells are not cut out
    here: the kernel does that, for what is alive.
    """
    status = board.status
    regions = []
    for one in board.memory:
        cuts = [(one.base, one.end, one.flags, one.source)]
        if one.base <= status.base and status.end <= one.end:
            cuts = [(one.base, status.base, one.flags, one.source),
                    (status.base, status.end, status.flags, status.source),
                    (status.end, one.end, one.flags, one.source)]
        regions += [Region(ROOT, base, base, end - base, flags, "", False, source)
                    for base, end, flags, source in cuts if base < end]
    return sorted(regions, key=lambda r: r.phys)


def _cell_flags(table: Table) -> int:
    """Flags of a cell.

    @req CFG_TOOL_023
    """
    flags = CONTINUE if table.choice("policy", ("park", "continue")) == "continue" else 0
    if table.has("interrupt_mode"):
        mode = table.choice("interrupt_mode", ("direct", "injected"))
        flags |= INJECTED if mode == "injected" else 0
    return flags | (AUTOSTART if table.take("autostart", bool) else 0)


def _words(table: Table, key: str, known: dict[str, int]) -> int:
    """An optional array of words, each a bit, each at most once."""
    bits = 0
    for place, value in enumerate(table.take(key, list, [], required=False)):
        bit = known.get(value, 0) if isinstance(value, str) else 0
        if not bit:
            raise table.bad(key, f"{value!r} is none of {', '.join(known)}", place)
        if bits & bit:
            raise table.bad(key, f"'{value}' stands twice", place)
        bits |= bit
    return bits


def _locks(table: Table, cell: Cell) -> None:
    """What is locked when the cell first starts.

    @req CFG_TOOL_043
    """
    cell.locks_source = table.at("locks") if table.has("locks") else None
    cell.locks = _words(table, "locks", LOCKS)


def _measure(table: Table, cell: Cell) -> None:
    """Is the cell measured, and what must the measurement be? A digest implies the first.

    @req CFG_TOOL_040
    """
    has = table.has("digest")
    asked = table.take("measure", bool, has, required=False)
    cell.digest = table.take("digest", str, "", required=False)
    if has and _DIGEST.fullmatch(cell.digest) is None:
        raise table.bad("digest", "64 hexadecimal digits are expected, as 'bulkhead-plan digest' "
                        "prints them, not all zero")
    if has and not asked:
        raise table.bad("measure", "false stands beside a digest, which asks for it")
    cell.digest = cell.digest.lower()
    cell.digest_source = table.at("digest") if has else None
    cell.flags |= MEASURED if asked else 0


def _entry(table: Table, cell: Cell) -> None:
    cell.entry = table.number("entry", 0, IPA_END - 4)
    cell.entry_source = table.at("entry")
    if cell.entry % 4 != 0:
        raise table.bad("entry", f"{cell.entry:#x} is not a multiple of 4")


def _addresses(table: Table, cell: Cell) -> None:
    _entry(table, cell)
    if table.has("comm"):
        cell.comm = table.number("comm", 4096, IPA_END - 4096)
        cell.comm_source = table.at("comm")
        check_pages(table, "comm", cell.comm)


def _watchdog(table: Table, cell: Cell, board: Board) -> None:
    """Deadline of the cell's heartbeat and the CPU, of another cell, that checks it.

    @req CFG_TOOL_030
    """
    if table.has("watchdog"):
        watch = table.table("watchdog")
        cell.watch_us = watch.duration("deadline", WATCH_MIN, WATCH_MAX)
        cell.watch_cpu = watch.number("cpu", 0, len(board.mpidr) - 1)
        cell.watch_source = watch.at("cpu")
        watch.done()


def _error_interrupt(table: Table, cell: Cell) -> None:
    """The interrupt that tells the cell of a hardware error, in place of a virtual SError.

    @req CFG_TOOL_050
    """
    if table.has("error_interrupt"):
        cell.error_irq = table.number("error_interrupt", 32, 1019)
        cell.error_source = table.at("error_interrupt")


def _additions(table: Table, cell: Cell, number: int) -> None:
    """Windows, firmware calls, and who is told of errors."""
    _error_interrupt(table, cell)
    cell.windows = [_window(t, number) for t in table.tables("window")]
    cell.calls = _calls(table, number)


def _window(table: Table, owner: int) -> Window:
    """A part of a page of device registers.

    @req CFG_TOOL_051
    """
    phys = table.number("phys", 0, (1 << 40) - 1)
    size = table.size("size")
    virt = table.number("virt", 0, IPA_END - 1) if table.has("virt") else phys
    if virt % PAGE != phys % PAGE:
        raise table.bad("virt", f"{virt:#x} is not at the place in its page that phys has")
    word = table.choice("flags", ("r", "w", "rw"))
    flags = (READ if "r" in word else 0) | (WRITE if "w" in word else 0)
    for place, width in enumerate(table.take("widths", list)):
        if type(width) is not int or width not in WIDTHS or flags & WIDTHS[width]:
            raise table.bad("widths", f"{width!r} is none of 1, 2, 4, 8, each once", place)
        flags |= WIDTHS[width]
    if flags < WIDTHS[1]:
        raise table.bad("widths", "at least one width is needed")
    window = Window(owner, phys, virt, size, flags, table.at())
    table.done()
    return window


def _calls(table: Table, owner: int) -> list[Calls]:
    """Function IDs, each alone or as [first, last].

    @req CFG_TOOL_052
    """
    found = []
    for place, value in enumerate(table.take("calls", list, [], required=False)):
        pair = value if isinstance(value, list) else [value, value]
        if len(pair) != 2 or any(type(n) is not int or not 0 <= n < 1 << 32 for n in pair):
            raise table.bad("calls", f"{value!r} is no function ID and no [first, last]", place)
        found.append(Calls(owner, pair[0], pair[1], table.at("calls", place)))
    return found


def _hold_pages(plan: Plan) -> None:
    """The kernel holds each page that has a window, so that nobody has it whole.

    @req CFG_TOOL_051
    """
    kernel = plan.cells[KERNEL]
    for window in plan.windows():
        page = window.phys // PAGE * PAGE
        if not any(r.phys <= page < r.end for r in kernel.regions):
            kernel.regions.append(Region(KERNEL, page, page, PAGE, READ | WRITE | DEVICE, "", False,
                                         window.source))


def _cpus(table: Table, board: Board) -> dict[int, Source]:
    """CPUs by number, or as "cpu3"."""
    found: dict[int, Source] = {}
    for place, value in enumerate(table.take("cpus", list)):
        text = f"cpu{value}" if type(value) is int else value
        known = [f"cpu{i}" for i in range(len(board.mpidr))]
        if text not in known:
            raise PlanError("PLAN_CPU", f"the machine has no CPU {value!r}; it has "
                            f"cpu0 to {known[-1]}", table.at("cpus", place), rule="CFG_TOOL_008")
        cpu = known.index(text)
        if cpu in found:
            raise table.bad("cpus", f"CPU {cpu} stands twice", place)
        found[cpu] = table.at("cpus", place)
    if not found:
        raise table.bad("cpus", "at least one CPU is needed")
    return found


def _interrupts(table: Table, board: Board) -> dict[int, Source]:
    """Interrupts by INTID, or all of a device by its name."""
    found: dict[int, Source] = {}
    for place, value in enumerate(table.take("interrupts", list)):
        where = table.at("interrupts", place)
        for irq in _intids(value, board, where):
            if irq in found:
                raise table.bad("interrupts", f"interrupt {irq} stands twice", place)
            found[irq] = where
    return found


def _intids(value: object, board: Board, where: Source) -> tuple[int, ...]:
    if type(value) is int:
        if not board.irq_first <= value <= board.irq_last:
            raise PlanError("PLAN_IRQ", f"interrupt {value} is reserved or not there; cells may "
                            f"have {board.irq_first} to {board.irq_last}", where,
                            rule="CFG_TOOL_009")
        return (value,)
    device = board.device(value) if isinstance(value, str) else None
    if device is None or not device.interrupts:
        raise PlanError("PLAN_IRQ", f"board '{board.name}' has no device {value!r} with interrupts",
                        where, rule="CFG_TOOL_009")
    return device.interrupts


def _region(table: Table, owner: int, board: Board) -> Region:
    if table.has("device"):
        phys, size = _device(table, board)
    else:
        phys = check_pages(table, "phys", table.number("phys", 0, PHYS_END - 1))
        size = check_pages(table, "size", table.size("size"))
    virt = phys
    if table.has("virt"):
        virt = check_pages(table, "virt", table.number("virt", 0, IPA_END - 1))
    flags = parse_flags(table)
    share = table.name("share", 31) if table.has("share") else ""
    root = table.take("root", bool, False, required=False)
    region = Region(owner, phys, virt, size, flags, share, root, table.at())
    table.done()
    return region


def _device(table: Table, board: Board) -> tuple[int, int]:
    """The range of a device of the board, named by the key device."""
    name = table.take("device", str)
    device = board.device(name)
    if device is None:
        raise table.bad("device", f"board '{board.name}' has no device '{name}'")
    for key in ("phys", "size"):
        if table.has(key):
            raise PlanError("PLAN_KEY", f"'{key}' stands beside 'device', which says it already",
                            table.at(key), rule="CFG_TOOL_002")
    return device.base, device.size


def _names_differ(plan: Plan) -> None:
    seen: dict[str, Cell] = {}
    for cell in plan.cells:
        if cell.name in seen:
            raise PlanError("PLAN_VALUE", f"two cells are named '{cell.name}'", cell.source,
                            rule="CFG_TOOL_004", note=f"first at {seen[cell.name].source.brief}")
        seen[cell.name] = cell
