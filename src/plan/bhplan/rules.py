# SPDX-License-Identifier: Apache-2.0
"""What the parts of a plan mean together, judged with names and places.

The proved judge has the last word; these checks come first because they know the source lines, and
because some of them need the board's facts, which the judge does not have (memory and interrupts
which are not there).
"""
from __future__ import annotations

from itertools import combinations

from .board import DEVICE, EXECUTE, LOADABLE, PAGE, WRITE, Board
from .errors import PlanError, Source
from .model import (CALLS_MAX, CELLS_MAX, CPUS_MAX, GRANTS, IPA_END, KERNEL, LOCKS, MEASURED,
                    REGIONS_MAX, ROOT, WIDTHS, WINDOWS_MAX, Calls, Plan, Region, Window, letters, span)

POLICY_LOCKS = 1 << 32  #: the second party of E0115 when the locks are wrong


def judge(plan: Plan) -> list[PlanError]:
    """All refusals in the order of the proved judge; empty for a good plan.

    @req CFG_TOOL_006 CFG_TOOL_008 CFG_TOOL_009 CFG_TOOL_011 CFG_TOOL_012 CFG_TOOL_030
    """
    found: list[PlanError] = []
    for rule in (_counts, _mpidr, _forms, _aliases, _overlaps, _shares, _status, _cpus, _irqs,
                 _entries, _dma, _watchdogs, _error_irqs, _windows, _calls,
                 _board_has, _sides, _comms, _boot, _measured,
                 _locked):
        found += rule(plan)
    return found


def _name(plan: Plan, region: Region) -> str:
    return f"cell '{plan.cells[region.owner].name}'"


def _number(plan: Plan, region: Region) -> int:
    """Index of a region in the blob."""
    return plan.regions().index(region)


def _counts(plan: Plan) -> list[PlanError]:
    found = []
    for what, count, most in (("cells", len(plan.cells), CELLS_MAX),
                              ("regions", len(plan.regions()), REGIONS_MAX),
                              ("CPUs", len(plan.board.mpidr), CPUS_MAX),
                              ("windows", len(plan.windows()), WINDOWS_MAX),
                              ("ranges of calls", len(plan.calls()), CALLS_MAX)):
        if count > most:
            where = plan.board.source if what == "CPUs" else plan.cells[-1].source
            found.append(PlanError("PLAN_COUNT", f"{count} {what}, at most {most}", where, a=count,
                                   b=most, rule="CFG_TOOL_006"))
    return found


def _mpidr(plan: Plan) -> list[PlanError]:
    board = plan.board
    return [PlanError("PLAN_CPUID", f"CPUs {i} and {j} of the board have one MPIDR {x:#x}",
                      board.cpu_sources[j], note=f"first at {board.cpu_sources[i].brief}", a=i, b=j,
                      rule="CFG_TOOL_008")
            for (i, x), (j, y) in combinations(enumerate(board.mpidr), 2) if x == y]


def _forms(plan: Plan) -> list[PlanError]:
    found = []
    for region in plan.regions():
        fault = ""
        if region.size == 0:
            fault = "is empty"
        elif region.virt_end > IPA_END:
            fault = f"ends beyond 40 bits in the cell ({span(region.virt, region.virt_end)})"
        elif region.end > 1 << 48:
            fault = f"ends beyond 48 bits of physical address ({span(region.phys, region.end)})"
        elif region.root and not region.share:
            fault = "has root = true but no share"
        elif region.owner == ROOT and (region.root or region.flags & LOADABLE):
            fault = "is loadable or has root = true, which means nothing in root's own list"
        if fault:
            found.append(PlanError("PLAN_REGION", f"region of {_name(plan, region)} {fault}",
                                   region.source, rule="CFG_TOOL_006", a=_number(plan, region),
                                   b=region.owner))
    return found


def _aliases(plan: Plan) -> list[PlanError]:
    found = []
    for cell in plan.cells:
        for one, other in combinations(cell.regions, 2):
            low, high = max(one.virt, other.virt), min(one.virt_end, other.virt_end)
            if low < high:
                found.append(PlanError(
                    "PLAN_ALIAS", f"two regions of cell '{cell.name}' both lie at "
                    f"{span(low, high)} in its address space", other.source, rule="CFG_TOOL_006",
                    note=f"first used at {one.source.brief} ({span(one.virt, one.virt_end)})",
                    a=_number(plan, other), b=_number(plan, one)))
    return found


def _overlaps(plan: Plan) -> list[PlanError]:
    """Two cells other than root own one byte without one share; root's list is carved instead."""
    kernels = "leave it to the kernel: its memory, and the frames which it emulates, are its own"
    cells = "give the range to one cell, or name one share on both sides: share = \"name\""
    found = []
    for one, other in combinations([r for r in plan.regions() if r.owner != ROOT], 2):
        low, high = max(one.phys, other.phys), min(one.end, other.end)
        if one.owner == other.owner or low >= high or (one.share and one.share == other.share):
            continue
        parties = f"{_name(plan, one)} and {_name(plan, other)}"
        found.append(PlanError(
            "PLAN_OVERLAP", f"{parties} both own {span(low, high)}", other.source,
            rule="CFG_TOOL_006", note=f"first claimed at {one.source.brief} by {_name(plan, one)} "
            f"({span(one.phys, one.end)})", hint=kernels if one.owner == KERNEL else cells,
            a=_number(plan, other), b=_number(plan, one)))
    return found


def _shares(plan: Plan) -> list[PlanError]:
    """A share is one range, whoever names it."""
    found = []
    for name in plan.shares():
        sides = [r for r in plan.regions() if r.share == name]
        first = sides[0]
        for side in sides[1:]:
            if (side.phys, side.size) != (first.phys, first.size):
                found.append(PlanError(
                    "PLAN_OVERLAP", f"share '{name}' is {span(side.phys, side.end)} for "
                    f"{_name(plan, side)}, {span(first.phys, first.end)} for {_name(plan, first)}",
                    side.source, rule="CFG_TOOL_007", note=f"first named at {first.source.brief}",
                    hint="write the same phys and size on both sides",
                    a=_number(plan, side), b=_number(plan, first)))
    return found


def _sides(plan: Plan) -> list[PlanError]:
    """Each share has two sides: two cells, or a cell and root by root = true.

    @req CFG_TOOL_007
    """
    found = []
    for name in plan.shares():
        sides = [r for r in plan.regions() if r.share == name]
        cells = [r for r in sides if r.owner != ROOT]
        odd = [r for r in cells if r.root != cells[0].root]
        if odd:
            found.append(PlanError("PLAN_VALUE", f"the sides of share '{name}' differ in root: "
                                   f"{_name(plan, cells[0])} and {_name(plan, odd[0])}",
                                   odd[0].source, rule="CFG_TOOL_007",
                                   note=f"first named at {cells[0].source.brief}",
                                   hint="root keeps access only if every cell says root = true",
                                   a=_number(plan, odd[0]), b=_number(plan, cells[0])))
        owners = {r.owner for r in sides} | ({ROOT} if any(r.root for r in sides) else set())
        if len(owners) < 2:
            found.append(PlanError("PLAN_VALUE", f"share '{name}' has one side only, "
                                   f"{_name(plan, sides[0])}", sides[0].source, rule="CFG_TOOL_007",
                                   hint="name the share on the other side too, or write "
                                   "root = true to share with root", a=_number(plan, sides[0])))
    return found


def _status(plan: Plan) -> list[PlanError]:
    status = plan.board.status
    found = []
    for region in plan.regions():
        low, high = max(status.base, region.phys), min(status.end, region.end)
        if low >= high or (region.owner == ROOT and not region.flags & (WRITE | EXECUTE)):
            continue
        does = "may write or execute" if region.owner == ROOT else "maps"
        found.append(PlanError("PLAN_STATUS", f"{_name(plan, region)} {does} the status pages "
                               f"{span(low, high)} by its region {span(region.phys, region.end)}",
                               region.source, note=f"status pages at {status.source.brief}",
                               rule="CFG_TOOL_006", a=_number(plan, region), b=region.owner))
    return found


def _watchdogs(plan: Plan) -> list[PlanError]:
    """The CPU is another cell's, and there is a page of memory with a heartbeat to look at."""
    found = []
    for number, cell in enumerate(plan.cells):
        if not cell.watch_us:
            continue
        cpu, why = cell.watch_cpu, ""
        page = [r for r in cell.regions if r.virt <= cell.comm < r.virt_end and not r.flags & DEVICE]
        if cpu in cell.cpus:
            why = f"it is to run on CPU {cpu}, which is its own"
        elif not any(cpu in other.cpus for other in plan.cells):
            why = f"it is to run on CPU {cpu}, which no cell has"
        elif not cell.comm or not page:
            why = "it has no communication region"
        if why:
            found.append(PlanError("PLAN_WATCH", f"the watchdog of cell '{cell.name}' cannot be kept: "
                                   f"{why}", cell.watch_source, a=number, b=cpu, rule="CFG_TOOL_030"))
    return found


def _error_irqs(plan: Plan) -> list[PlanError]:
    """A cell is told of errors by an interrupt of its own; root by one that no cell can have, or it would
    not be told while such a cell is there.

    @req CFG_TOOL_050
    """
    root = plan.cells[ROOT]
    shared = [PlanError("PLAN_VALUE", f"root is to be told of errors by interrupt {root.error_irq}, "
                        f"which cell '{cell.name}' can have", root.error_source, a=ROOT,
                        b=root.error_irq, note=f"claimed at {cell.irqs[root.error_irq].brief}",
                        hint="name one that no cell names, or none", rule="CFG_TOOL_050")
              for number, cell in enumerate(plan.cells) if number > ROOT and root.error_irq in cell.irqs]
    return shared + [PlanError("PLAN_ERROR_IRQ", f"cell '{cell.name}' is to be told of errors by interrupt "
                      f"{cell.error_irq}, which is not its own", cell.error_source, a=number,
                      b=cell.error_irq, rule="CFG_TOOL_050")
            for number, cell in enumerate(plan.cells)
            if cell.error_irq and cell.error_irq not in cell.irqs]


def _windows(plan: Plan) -> list[PlanError]:
    """A window is whole accesses in one page of a device, with one owner, where its cell has nothing else.

    @req CFG_TOOL_051
    """
    found = []
    for number, window in enumerate(plan.windows()):
        who = f"window {span(window.phys, window.end)} of cell '{plan.cells[window.owner].name}'"
        fault = _window_fault(plan, window)
        other = [(i, w) for i, w in enumerate(plan.windows()[:number]) if _windows_meet(w, window)]
        if fault:
            name, rule, words = fault
            found.append(PlanError(name, f"{who} {words}", window.source, a=number, rule=rule,
                                   b=window.owner if name == "PLAN_WINDOW" else window.phys // PAGE))
        elif other:
            found.append(PlanError("PLAN_WINDOW_OVERLAP", f"{who} overlaps another one", window.source,
                                   note=f"first claimed at {other[0][1].source.brief}", a=number,
                                   b=other[0][0], rule="CFG_TOOL_051"))
    return found


def _windows_meet(one: Window, two: Window) -> bool:
    """A byte of the device, or of the addresses of one cell, is in both."""
    places = [(one.phys, two.phys)] + ([(one.virt, two.virt)] if one.owner == two.owner else [])
    return any(a < b + two.size and b < a + one.size for a, b in places)


def _window_fault(plan: Plan, window: Window) -> tuple[str, str, str] | None:
    """Name of the error, rule and words of what is wrong with a window by itself."""
    width = max(w for w, bit in WIDTHS.items() if window.flags & bit)
    page = window.phys // PAGE * PAGE
    if window.size == 0 or window.phys % PAGE + window.size > PAGE:
        return "PLAN_WINDOW", "CFG_TOOL_051", "is empty, or does not lie in one page"
    if window.phys % width or window.size % width:
        return "PLAN_WINDOW", "CFG_TOOL_051", f"is not whole accesses of {width} bytes"
    if any(r.base <= page < r.end for r in (*plan.board.emulated, plan.board.kernel)):
        return "PLAN_WINDOW_PAGE", "CFG_TOOL_051", "is of a page that only the kernel may touch"
    place = window.virt // PAGE * PAGE
    if any(r.virt <= place < r.virt_end and r.phys + place - r.virt != page
           for r in plan.cells[window.owner].regions):
        return "PLAN_WINDOW_PAGE", "CFG_TOOL_051", f"lies at {window.virt:#x}, where its cell has memory"
    if not any(r.base <= page < r.end and r.flags & DEVICE for r in plan.board.memory):
        return "PLAN_WINDOW_PAGE", "CFG_TOOL_010", f"is of no device of board '{plan.board.name}'"
    return None


def _calls(plan: Plan) -> list[PlanError]:
    """Firmware calls are of one kind, and of a kind that can be passed on.

    @req CFG_TOOL_052
    """
    return [PlanError("PLAN_CALL", f"calls {c.first:#x} to {c.last:#x} of cell "
                      f"'{plan.cells[c.owner].name}' {_call_fault(c)}", c.source, a=number, b=c.first,
                      rule="CFG_TOOL_052")
            for number, c in enumerate(plan.calls()) if _call_fault(c)]


def _call_fault(calls: Calls) -> str:
    """What is wrong with a range of function IDs (SMCCC: bit 31 fast, 29:24 owner, 23:17 zero)."""
    owner, number, fast = calls.first >> 24 & 63, calls.first & 0xffff, calls.first >> 31
    if calls.first > calls.last or calls.first >> 16 != calls.last >> 16:
        return "are not one range of one owner"
    if calls.first >> 16 & 255:
        return "have reserved bits"
    least = {0: 2, 2: 0, 3: 0, 4: 0x40, 7: 0}.get(owner, None if owner < 48 else 0)
    if least is None or not fast and owner < 48:
        return "are of an owner whose calls are not passed on"
    return "are answered by the kernel, or are PSCI or SDEI" if number < least else ""


def _board_has(plan: Plan) -> list[PlanError]:
    """Every byte of a region is memory, a device or an emulated frame of the board.

    @req CFG_TOOL_010
    """
    board = plan.board
    found = []
    for region in plan.regions():
        hole = _hole(board, region)
        if hole is not None:
            found.append(PlanError(
                "PLAN_REGION", f"{_name(plan, region)} claims {hole:#x}, where board "
                f"'{board.name}' has neither memory nor device", region.source,
                rule="CFG_TOOL_010"))
    return found


def _hole(board: Board, region: Region) -> int | None:
    """The first address of a region which the board does not have."""
    at = region.phys
    for one in sorted(board.memory + board.emulated, key=lambda r: r.base):
        if one.base <= at < one.end:
            at = one.end
    return at if at < region.end else None


def _cpus(plan: Plan) -> list[PlanError]:
    """No two cells claim one CPU; one of root's is claimed by no cell."""
    found = _twice(plan, "PLAN_CPU", "CPU", [(n, c.cpus) for n, c in enumerate(plan.cells)],
                   "CFG_TOOL_008")
    root = plan.cells[ROOT]
    if not any(all(cpu not in c.cpus for c in plan.cells[ROOT + 1:]) for cpu in root.cpus):
        found.append(PlanError("PLAN_CPU", "the cells leave no CPU to root", root.source, a=ROOT,
                               b=ROOT, rule="CFG_TOOL_008",
                               hint="root keeps at least one CPU; free one"))
    return found


def _irqs(plan: Plan) -> list[PlanError]:
    return _twice(plan, "PLAN_IRQ", "interrupt", [(n, c.irqs) for n, c in enumerate(plan.cells)],
                  "CFG_TOOL_009")


def _twice(plan: Plan, error: str, what: str, claims: list[tuple[int, dict[int, Source]]],
           rule: str) -> list[PlanError]:
    """What two cells other than root claim: root holds what is not taken, so it is no party."""
    found = []
    owner: dict[int, int] = {}
    for cell, claimed in claims[ROOT + 1:]:
        for number, source in claimed.items():
            first = owner.setdefault(number, cell)
            if first != cell:
                name, other = plan.cells[first].name, plan.cells[cell].name
                found.append(PlanError(
                    error, f"cell '{name}' and cell '{other}' both claim {what} {number}", source,
                    note=f"first claimed at {claims[first][1][number].brief} by cell '{name}'",
                    rule=rule, a=cell, b=first))
    return found


def _entries(plan: Plan) -> list[PlanError]:
    found = []
    for number, cell in enumerate(plan.cells):
        if number == KERNEL or cell.entry_source is None:
            continue
        if not any(r.virt <= cell.entry < r.virt_end and r.flags & EXECUTE for r in cell.regions):
            found.append(PlanError(
                "PLAN_ENTRY", f"entry {cell.entry:#x} of cell '{cell.name}' is in none of its "
                "executable regions", cell.entry_source, rule="CFG_TOOL_011", a=number))
    return found


def _comms(plan: Plan) -> list[PlanError]:
    """comm is one writable page shared with root; root's own list, if it has one, covers it."""
    found = []
    for number, cell in enumerate(plan.cells):
        if cell.comm_source is None or number == ROOT:
            continue
        pages = [r for r in cell.regions if r.virt == cell.comm and r.size == PAGE and r.root]
        if not pages or letters(pages[0].flags) != "rw":
            found.append(PlanError(
                "PLAN_VALUE", f"comm {cell.comm:#x} of cell '{cell.name}' is no region of one page "
                "with flags \"rw\", share and root = true", cell.comm_source, rule="CFG_TOOL_007",
                a=number))
    for region in plan.regions():
        if region.root and not _root_covers(plan, region):
            found.append(PlanError(
                "PLAN_VALUE", f"root = true for {span(region.phys, region.end)} of "
                f"{_name(plan, region)}, which root's list does not hold", region.source,
                rule="CFG_TOOL_007", note=f"root at {plan.cells[ROOT].source.brief}"))
    return found


def _boot(plan: Plan) -> list[PlanError]:
    """What firmware loads for root is root's own while the other cells live.

    @req CFG_TOOL_026
    """
    root = plan.cells[ROOT]
    if not root.boots_system:
        return []
    found = []
    for what, address, source in (("entry", root.entry, root.entry_source),
                                  ("device_tree", root.comm, root.comm_source)):
        taken = [r for r in plan.regions() if r.owner != ROOT and r.phys <= address < r.end]
        if taken:
            found.append(PlanError(
                "PLAN_VALUE", f"{what} {address:#x} of root lies in memory of {_name(plan, taken[0])}",
                source, rule="CFG_TOOL_026", note=f"claimed at {taken[0].source.brief}", a=ROOT,
                b=taken[0].owner))
    if not any(r.phys <= root.comm < r.end and r.flags & WRITE and not r.flags & DEVICE
               for r in root.regions):
        found.append(PlanError("PLAN_VALUE", f"device_tree {root.comm:#x} is no memory of root",
                               root.comm_source, rule="CFG_TOOL_026", a=ROOT))
    return found


def _measured(plan: Plan) -> list[PlanError]:
    """A cell that is measured executes nothing that is not measured.

    @req CFG_TOOL_041
    """
    found = []
    for cell in plan.cells:
        for region in cell.regions if cell.flags & MEASURED else ():
            if region.flags & EXECUTE and (region.share or region.flags & DEVICE):
                found.append(PlanError(
                    "PLAN_VALUE", f"cell '{cell.name}' is measured, but may execute "
                    f"{span(region.phys, region.end)}, which is "
                    f"{'shared' if region.share else 'a device'} and so is not", region.source,
                    rule="CFG_TOOL_041", hint="leave x out of the flags, or the share",
                    a=_number(plan, region), b=region.owner))
    return found


def _locked(plan: Plan) -> list[PlanError]:
    """To disable is root's own affair: another cell locks it for all.

    @req CFG_TOOL_044
    """
    return [PlanError("PLAN_POLICY", f"cell '{cell.name}' locks 'disable', which binds every cell, "
                      "without the grant 'lock-all'", cell.locks_source, rule="CFG_TOOL_044",
                      hint='write grants = ["lock-all"], or leave it to root', a=number,
                      b=POLICY_LOCKS + cell.locks)
            for number, cell in enumerate(plan.cells)
            if number > ROOT and cell.locks & LOCKS["disable"]
            and not cell.grants & GRANTS["lock-all"]]


def _root_covers(plan: Plan, region: Region) -> bool:
    return any(r.phys <= region.phys and region.end <= r.end for r in plan.cells[ROOT].regions)


def _dma(plan: Plan) -> list[PlanError]:
    if plan.accept_dma:
        return []
    return [PlanError("PLAN_DMA", "DMA is not isolated and the plan does not accept that",
                      plan.accept_source, rule="CFG_TOOL_012")]
