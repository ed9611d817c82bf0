# SPDX-License-Identifier: Apache-2.0
"""Errors and events in words, for the terminal and for docs/spec/error-ids.md."""
from __future__ import annotations

from .errors import Entry, table

AREAS = (("Plans", 0x0100), ("Hypercalls", 0x0200), ("Launch", 0x0300), ("System and command", 0x0400),
         ("Events", 0x0500), ("Build tools", 0x0800))


def describe(entry: Entry) -> str:
    """One entry for the terminal."""
    lines = [f"{entry.eid} {entry.name}", f"  {entry.text}"]
    if entry.hint:
        lines.append(f"  hint: {entry.hint}")
    if " a" in entry.text or " b" in entry.text or entry.text.startswith(("a ", "b ")):
        lines.append("  a and b stand for the two indices or values which the refusal carries")
    return "\n".join(lines) + "\n"


def as_json(entry: Entry) -> dict:
    """One entry for machines."""
    return {"id": entry.eid, "number": entry.number, "kind": entry.kind.lower(), "name": entry.name,
            "text": entry.text, "hint": entry.hint}


def markdown() -> str:
    """All entries, as docs/spec/error-ids.md. Raises ValueError for an ID of no known area."""
    lines = ["<!-- SPDX-License-Identifier: Apache-2.0 -->",
             "<!-- Generated from src/abi/errors.def: bulkhead-plan explain --all --markdown -->",
             "# Error and event IDs", "",
             "Errors (E) are refusals: nothing was changed. Events (V) are records in the status pages.",
             "`a` and `b` are the two indices or values which the refusal or the event carries. IDs are",
             "stable and never reused; they are the same in kernel, driver, command, plan tools and tests.",
             "`bulkhead explain ID` and `bulkhead-plan explain ID` print one of them."]
    left = list(table())
    for title, base in AREAS:
        mine = sorted((e for e in left if e.number & ~0xFF == base), key=lambda e: e.number)
        left = [e for e in left if e not in mine]
        hints = any(e.hint for e in mine)
        lines += ["", f"## {title}", "", "| ID | name | text |" + (" hint |" if hints else ""),
                  "|---|---|---|" + ("---|" if hints else "")]
        lines += [f"| {e.eid} | {e.name} | {_cell(e.text)} |" + (f" {_cell(e.hint)} |" if hints else "")
                  for e in mine]
    if left:
        raise ValueError(f"{left[0].eid} belongs to no known area")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
