# SPDX-License-Identifier: Apache-2.0
"""Findings that are known and open: listed by name, counted, dated, shown; never silent.

advisory.toml holds one table per open point: the stage, a pattern for its findings, the greatest
number of them (a ratchet: one more is red), the reason and the milestone that closes it. A stage
whose every failed check is listed is amber, not red; anything else in it keeps it red, and so does
a finding that says nothing was judged (NEVER), whatever is listed. A release ignores this file.
"""
import re
import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("advisory.toml")
NEVER = re.compile("missing input|the stage itself broke|no check was made|no result was written|"
                   "left no result|no proof result|no case was run")
KEYS = {"id", "stage", "match", "most", "reason", "until", "since"}


def load(path=FILE):
    """The open points. Raises ValueError for one that does not say all it must."""
    rows = tomllib.loads(path.read_text()).get("open", []) if path.exists() else []
    for row in rows:
        if set(row) != KEYS or not all(row[k] for k in KEYS):
            raise ValueError(f"advisory.toml: {row.get('id', '?')}: needs exactly {sorted(KEYS)}")
    return rows


def apply(name, result, rows):
    """Turn a red stage amber when each of its findings is an open point within its count."""
    mine = [row for row in rows if row["stage"] == name]
    count = {row["id"]: 0 for row in mine}
    unlisted = 0
    for at, text in enumerate(result.details):
        if not text.startswith("FAIL "):
            continue
        row = None if NEVER.search(text) else \
            next((r for r in mine if re.search(r["match"], text)), None)
        if row is None:
            unlisted += 1
        else:
            count[row["id"]] += 1
            result.details[at] = f"OPEN {row['id']} {text[5:]}"
    for row in mine:
        if count[row["id"]] > row["most"]:
            unlisted += 1
            result.details.append(f"FAIL {row['id']}: {count[row['id']]} findings, at most "
                                  f"{row['most']} are open")
        result.details.append(f"AMBER {row['id']}: {count[row['id']]} of {row['most']} open until "
                              f"{row['until']}: {row['reason']}")
    if result.status == "red" and result.failed and not unlisted and sum(count.values()):
        result.status = "amber"
    elif mine and result.status == "green":
        result.status = "amber"
    result.data["open"] = {row["id"]: count[row["id"]] for row in mine}
    return result
