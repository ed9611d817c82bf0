# SPDX-License-Identifier: Apache-2.0
"""Errors and events in words: terminal, docs/spec/error-ids.md, docs/man/bulkhead-errors.7."""
from __future__ import annotations

import textwrap

from .errors import Entry, table

AREAS = (("Plans", 0x0100), ("Hypercalls", 0x0200), ("Launch", 0x0300),
         ("System and command", 0x0400), ("Events", 0x0500), ("Build tools", 0x0800))
PREFACE = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Generated from src/abi/errors.def: bulkhead-plan explain --all --markdown -->
# Error and event IDs

Errors (E) are refusals: nothing was changed. Events (V) are records in the status pages. `a` and
`b` are the two indices or values which the refusal or the event carries. IDs are stable and never
reused; they are the same in kernel, driver, command, plan tools and tests. `bulkhead explain ID`
and `bulkhead-plan explain ID` print one of them."""
MANUAL_HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Generated from src/abi/errors.def: bulkhead-plan explain --all --mdoc
.Dd November 22, 2026
.Dt BULKHEAD-ERRORS 7
.Os Bulkhead
.Sh NAME
.Nm bulkhead-errors
.Nd error and event IDs, exit codes
.Sh DESCRIPTION
Errors (E) are refusals: nothing was changed.
Events (V) are records in the status pages.
a and b are the two indices or values which the refusal or the event carries.
IDs are stable and never reused."""
MANUAL_TAIL = """.Sh EXIT STATUS
Of
.Xr bulkhead 1
and
.Xr bulkhead-plan 1 :
.Pp
.Bl -tag -width Ds -compact
.It 0
done
.It 1
refused by the kernel
.It 2
wrong usage
.It 3
plan refused
.It 4
no such cell
.It 5
kernel or driver not there
.It 6
wrong state
.It 7
permission denied
.It 8
unfit hardware
.It 9
internal error
.El
.Sh SEE ALSO
.Xr bulkhead 1 ,
.Xr bulkhead-plan 1"""


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
    """All entries, as docs/spec/error-ids.md. Raises ValueError for an ID of no known area.

    @req CFG_TOOL_020
    """
    lines = [PREFACE]
    left = list(table())
    for title, base in AREAS:
        mine = sorted((e for e in left if e.number & ~0xFF == base), key=lambda e: e.number)
        left = [e for e in left if e not in mine]
        hints = any(e.hint for e in mine)
        lines += ["", f"## {title}", "", "| ID | name | text |" + (" hint |" if hints else ""),
                  "|---|---|---|" + ("---|" if hints else "")]
        lines += [f"| {e.eid} | {e.name} | {_cell(e.text)} |"
                  + (f" {_cell(e.hint)} |" if hints else "") for e in mine]
    if left:
        raise ValueError(f"{left[0].eid} belongs to no known area")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def manual() -> str:
    """All entries, as docs/man/bulkhead-errors.7.

    @req CFG_TOOL_020
    """
    lines = [MANUAL_HEAD]
    for title, base in AREAS:
        lines += [f".Ss {title}", ".Bl -tag -width Ds"]
        for entry in sorted((e for e in table() if e.number & ~0xFF == base),
                            key=lambda e: e.number):
            lines += [f".It {entry.eid} {entry.name}", _roff(entry.text)]
            lines += [".br", _roff(f"Hint: {entry.hint}")] if entry.hint else []
        lines.append(".El")
    return "\n".join(lines + [MANUAL_TAIL]) + "\n"


def _roff(text: str) -> str:
    """Text as roff prints it literally, in lines that are no requests."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    lines = textwrap.wrap(text, 90, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + one if one.startswith((".", "'")) else one for one in lines)
