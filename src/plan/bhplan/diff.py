# SPDX-License-Identifier: Apache-2.0
"""Differences of two plans in meaning: who gains or loses what. Works on decoded blobs."""
from __future__ import annotations

from .decode import Contents, Piece, describe_range, owners, runs, stretches

Row = tuple[str, str, str]  #: what, in the first plan, in the second plan


def differences(one: Contents, two: Contents) -> list[Row]:
    """All differences, in the order plan, cells, memory, cpus, interrupts.

    @req CFG_TOOL_019
    """
    return (_plan_rows(one, two) + _cell_rows(one, two) + _memory_rows(one, two)
            + _cpu_rows(one, two) + _irq_rows(one, two) + _window_rows(one, two)
            + _call_rows(one, two))


def _compare(what: str, one: object, two: object) -> list[Row]:
    return [] if one == two else [(what, str(one), str(two))]


def _plan_rows(one: Contents, two: Contents) -> list[Row]:
    return (_compare("board", one.board, two.board)
            + _compare("accept_unprotected_dma", one.accepts_dma, two.accepts_dma)
            + _compare("status pages", describe_range(*one.status), describe_range(*two.status)))


def _cell_rows(one: Contents, two: Contents) -> list[Row]:
    first, second = ({p.name: p for p in plan.parties} for plan in (one, two))
    rows: list[Row] = []
    for name in list(first) + [n for n in second if n not in first]:
        if name not in first or name not in second:
            rows.append((f"cell {name}", "present" if name in first else "-",
                         "present" if name in second else "-"))
            continue
        for key in ("entry", "comm"):
            rows += _compare(f"cell {name} {key}", hex(getattr(first[name], key)),
                             hex(getattr(second[name], key)))
        for key in ("policy", "autostart", "interrupt_mode", "measured", "digest", "watchdog",
                    "error_irq", "restart"):
            rows += _compare(f"cell {name} {key}", getattr(first[name], key),
                             getattr(second[name], key))
        for key in ("grants", "locks"):
            rows += _compare(f"cell {name} {key}", " ".join(getattr(first[name], key)) or "-",
                             " ".join(getattr(second[name], key)) or "-")
    return rows


def _holding(plan: Contents, low: int) -> str:
    """Who has the address and how: owners, then every side with rights and own address."""
    for start, stop, over in stretches(plan):
        if start <= low < stop:
            sides = [_side(plan, piece, low) for piece in over]
            return f"{'+'.join(owners(plan, over))} [{' '.join(sides)}]" if over else "nobody"
    return "nobody"


def _side(plan: Contents, piece: Piece, low: int) -> str:
    """One side; share numbers are no meaning (they depend on order), only whether there is one."""
    mark = ":shared" if piece.share else ""
    at = piece.guest + low - piece.start
    return f"{plan.parties[piece.owner].name}:{piece.rights}@{at:#x}{mark}"


def _memory_rows(one: Contents, two: Contents) -> list[Row]:
    points = sorted({s[0] for s in stretches(one)} | {s[0] for s in stretches(two)} | {1 << 48})
    rows = []
    for low, high in zip(points, points[1:]):
        rows += _compare(f"memory {describe_range(low, high)}", _holding(one, low),
                         _holding(two, low))
    return rows


def _claims(plan: Contents, word: str, number: int) -> str:
    return "+".join(p.name for p in plan.parties if getattr(p, word) >> number & 1) or "nobody"


def _cpu_rows(one: Contents, two: Contents) -> list[Row]:
    rows: list[Row] = []
    for cpu in range(max(len(one.mpidr), len(two.mpidr))):
        there = [f"{_claims(p, 'cpus', cpu)} mpidr {p.mpidr[cpu]:#x}" if cpu < len(p.mpidr) else "-"
                 for p in (one, two)]
        rows += _compare(f"cpu{cpu}", there[0], there[1])
    return rows


def _irq_rows(one: Contents, two: Contents) -> list[Row]:
    points = sorted({r[0] for r in runs(one)} | {r[0] for r in runs(two)} | {1020})
    rows: list[Row] = []
    for first, after in zip(points, points[1:]):
        rows += _compare(f"interrupts {first}-{after - 1}", _claims(one, "interrupts", first),
                         _claims(two, "interrupts", first))
    return rows


def _window_rows(one: Contents, two: Contents) -> list[Row]:
    told = [{describe_range(p.start, p.stop): f"{plan.parties[p.owner].name}:{p.rights}@{p.guest:#x}"
             for p in plan.panes} for plan in (one, two)]
    rows: list[Row] = []
    for key in sorted(set(told[0]) | set(told[1])):
        rows += _compare(f"window {key}", told[0].get(key, "-"), told[1].get(key, "-"))
    return rows


def _call_rows(one: Contents, two: Contents) -> list[Row]:
    told: list[dict[str, list[str]]] = [{}, {}]
    for place, plan in enumerate((one, two)):
        for s in plan.spans:
            told[place].setdefault(f"{s.first:#x}-{s.last:#x}", []).append(plan.parties[s.owner].name)
    rows: list[Row] = []
    for key in sorted(set(told[0]) | set(told[1])):
        rows += _compare(f"calls {key}", *("+".join(sorted(t.get(key, []))) or "-" for t in told))
    return rows


def table(rows: list[Row], names: tuple[str, str]) -> str:
    """The differences as a plain table with a header."""
    rows = [("WHAT", names[0], names[1])] + rows
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{a:{wide[0]}}  {b:{wide[1]}}  {c}".rstrip() for a, b, c in rows) + "\n"
