# SPDX-License-Identifier: Apache-2.0
"""The tables of attack/: read, and checked so that an attempt which could not fail is refused. Format:
attack/README.md."""

import dataclasses
import functools
import re
import tomllib

import status
from qemu import REPO

FOLDER = REPO / "verification/system/attack"
LEAST = 60  # attempts that the kernel itself refuses
CLASSES = ("memory", "EL2 memory", "status pages", "MMIO", "stage 1 walk", "cache and TLB", "sgi",
           "gicd", "gicr", "route", "priority", "lpi", "psci", "smc", "sysreg", "hypercall",
           "hyp-stub", "launch protocol", "ioctl", "sysfs", "timer", "PMU", "debug", "comm region",
           "contention", "events")
REFUSED_BY = ("kernel", "launch", "driver", "processor", "ignored", "nobody")
CELLS = ("kernel", "root", "rt", "other", "intruder")
DIRECT = {"id", "title", "class", "attacker", "victim", "attempt", "argument", "run", "x0", "x1",
          "with", "answer", "events", "counted", "state", "then", "ticks", "verifies", "by", "peer",
          "root_stops"}
LINUX = {"id", "title", "class", "attacker", "victim", "raw", "how", "first", "code", "text", "events",
         "state", "after", "verifies", "by", "peer", "phase"}
DONE = ("attempt", "argument", "run", "x0", "x1", "how", "raw", "first", "with", "root_stops")
NAMES = {"DENIED": 0xFFFFFFFD, "NOT_SUPPORTED": 0xFFFFFFFF, "INVALID": 0xFFFFFFFE,
         "STUB_ERROR": 0xBADCA11}
SYNDROMES = ("read", "write", "fetch", "sysreg", "any")
ANSWERS = ("fault", "none", "any")


class TableError(Exception):
    """A table that says something impossible."""


def need(good, text):
    if not good:
        raise TableError(text)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One row, with what it leaves out filled in."""
    id: str
    title: str
    group: str      # class of the attack
    attacker: str   # a cell; other2 is the second CPU of cell other
    victim: str     # whom it is aimed at: a cell, "kernel" or "nobody"
    verifies: tuple
    events: tuple   # (name, a, b) or (name, a, b, cell)
    by: str         # who refuses
    state: str      # of the attacker's cell afterwards
    peer: str       # where the hole was published for another kernel
    row: dict


def number(value):
    """An integer, or the name of one."""
    if isinstance(value, int):
        return value
    if value == "HC_COUNT":
        return status.defines("src/abi/hypercall.h", "BH_HC_")["COUNT"]
    if value in NAMES:
        return NAMES[value]
    if value in status.ID:
        return status.ID[value]
    raise TableError(f"no number is called {value!r}")


@functools.lru_cache(maxsize=None)
def requirements():
    text = "\n".join(p.read_text() for p in sorted((REPO / "requirements").glob("*.toml")))
    return frozenset(re.findall(r"^\[(\w+)\]$", text, re.M))


def check_event(where, event):
    need(len(event) in (3, 4), f"{where}: an event is [name, a, b] or [name, a, b, cell]")
    need(event[0] in status.ID and event[0].startswith("EV_"), f"{where}: no event {event[0]}")
    for value in event[1:3]:
        need(value in SYNDROMES or isinstance(number(value), int), f"{where}: {value}")
    need(len(event) == 3 or event[3] in CELLS, f"{where}: no cell {event[-1]}")


def check(where, row, keys):
    """What every table must hold."""
    need(set(row) <= keys, f"{where}: unknown keys {sorted(set(row) - keys)}")
    for key in ("id", "title", "class", "attacker", "victim", "events", "verifies"):
        need(key in row, f"{where}: {key} is missing")
    need(re.fullmatch(r"TC_ATK_[0-4]\d\d", row["id"]), f"{where}: not an id below TC_ATK_500")
    need(row["class"] in CLASSES, f"{where}: no class {row['class']}")
    need(row.get("by", "kernel") in REFUSED_BY, f"{where}: nobody is called {row.get('by')}")
    need(row.get("by", "kernel") != "kernel" or row["events"] or row.get("counted"),
         f"{where}: what the kernel refuses is an event")
    need(row["victim"] in CELLS + ("nobody",) and row["victim"] != row["attacker"].rstrip("2"),
         f"{where}: no victim {row['victim']}")
    need(row["verifies"] and set(row["verifies"]) <= requirements(),
         f"{where}: no requirement {sorted(set(row['verifies']) - requirements())}")
    for event in row["events"]:
        check_event(where, event)


def check_direct(where, row):
    need(row["attacker"] in ("root", "rt", "other", "other2"), f"{where}: no attacker")
    need(("run" in row) != ("attempt" in row), f"{where}: either run or attempt")
    need("run" in row or row["attempt"] in status.ATTEMPT, f"{where}: no such attempt")
    need("answer" in row, f"{where}: answer is missing")
    need(row["answer"] in ANSWERS or isinstance(number(row["answer"]), int), f"{where}: answer")
    need(row["answer"] != "any" or row["events"] or row.get("counted") or row.get("then"),
         f"{where}: nothing could fail")


def check_linux(where, row):
    need(row["attacker"] in ("root", "intruder"), f"{where}: no attacker")
    need(("how" in row) != ("raw" in row), f"{where}: either raw or how")
    need("text" in row or row.get("code"), f"{where}: nothing could fail")
    re.compile(row.get("text", ""))


def load(name):
    """[Attempt] of attack/NAME.toml."""
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    need(set(table) <= {"attempt"}, f"{name}.toml: tables beside [[attempt]]")
    found = []
    for row in table.get("attempt", ()):
        where = f"{name}.toml: {row.get('id', '?')}"
        check(where, row, LINUX if name == "linux" else DIRECT)
        (check_linux if name == "linux" else check_direct)(where, row)
        found.append(Attempt(row["id"], row["title"], row["class"], row["attacker"], row["victim"],
                             tuple(row["verifies"]), tuple(tuple(e) for e in row["events"]),
                             row.get("by", "kernel"), row.get("state", "RUNNING"),
                             row.get("peer", ""), row))
    return found


@functools.lru_cache(maxsize=None)
def tables():
    """(attempts of direct boot, attempts of late launch)."""
    both = load("direct"), load("linux")
    every = both[0] + both[1]
    ids = [a.id for a in every]
    need(len(set(ids)) == len(ids), "an id stands twice: " +
         ", ".join(sorted({i for i in ids if ids.count(i) > 1})))
    done = [(a.attacker, str(sorted((k, str(v)) for k, v in a.row.items()
                                    if k in DONE)))
            for a in every]
    twice = {a.id for a, d in zip(every, done) if done.count(d) > 1}
    need(not twice, f"attempts that do the same: {', '.join(sorted(twice))}")
    refused = sum(a.by == "kernel" for a in every)
    need(refused >= LEAST, f"{refused} attempts are refused by the kernel, at least {LEAST}")
    return both


def shown(event):
    """An event of the table in a few letters."""
    return event[0].removeprefix("EV_")


def summary(records):
    """The closing table of a run: one line for each attempt, then the classes."""
    rows, tally = [("ATTEMPT", "CLASS", "BY", "AGAINST", "EVENT", "REFUSED BY", "RESULT")], {}
    for attempt in sum(tables(), []):
        found = [r for r in records if r["id"] in (attempt.id, on_max(attempt.id))]
        if not found:
            continue
        good = all(r["status"] == "pass" for r in found)
        names = ", ".join(dict.fromkeys(shown(e) for e in attempt.events)) or "-"
        rows.append((f"{attempt.id} {attempt.title}", attempt.group, attempt.attacker,
                     attempt.victim, names, attempt.by, "passed" if good else "FAILED"))
        tally.setdefault(attempt.group, []).append(good)
    if len(rows) == 1:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in rows]
    done = sum(tally.values(), [])
    kinds = ", ".join(f"{name} {len(good)}" for name, good in sorted(tally.items()))
    return lines + [f"{len(done)} attempts: {kinds}", f"{sum(done)} held, {len(done) - sum(done)} not"]


def on_max(name):
    """Number of an attempt on the other CPU model."""
    return f"TC_ATK_{int(name[-3:]) + 500:03d}"
