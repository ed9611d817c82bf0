# SPDX-License-Identifier: Apache-2.0
"""What a run must have reached, read from the specification: every status of every hypercall, every
transition of a cell's state, every verdict on a plan; and the deep states that oracle.h names (marks).
unreached.toml excuses with a reason.
"""
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPEC = HERE.parents[1] / "docs/spec"
UNKNOWN, BY_ITSELF = "unknown", "cell itself"


class SpecError(Exception):
    """A table of the specification that cannot be read."""


def table(text, *head):
    """Rows of the first table whose header begins with the given words."""
    rows, inside = [], False
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            if inside:
                break
        elif inside:
            rows.append(cells)
        elif cells[:len(head)] == list(head):
            inside = True
    rows = [r for r in rows if not set(r[0]) <= set("-: ")]
    if not rows:
        raise SpecError(f"no table headed by {head}")
    return rows


class Spec:
    """The tables of hypercalls.md and plan-blob.md."""

    def __init__(self, folder=SPEC):
        text = (folder / "hypercalls.md").read_text()
        self.calls = {int(r[0]): r[1] for r in table(text, "number", "name")}
        self.states = {int(r[0]): r[1] for r in table(text, "number", "state")}
        self.life = table(text, "call", "allowed in")
        self.refusals = table(text, "ID", "calls")
        rules = table((folder / "plan-blob.md").read_text(), "ID", "rule")
        self.verdicts = sorted({r[0] for r in rules} | {"ok"})

    def named(self, text):
        """Calls that a cell of the table of refusals means: `1, 2`, `1 to 6`, names, `all`."""
        found = []
        for word in re.split(r",\s*", text):
            run = re.fullmatch(r"(\d+)(?: to (\d+))?", word)
            if run:
                found += [self.calls[k] for k in range(int(run[1]), int(run[2] or run[1]) + 1)]
            elif word == "all":
                found.append(UNKNOWN)
            elif word in self.calls.values():
                found.append(word)
            else:
                raise SpecError(f"which calls are {text!r}?")
        return found

    def statuses(self):
        """(call, status) that must occur."""
        found = {(name, "ok") for name in self.calls.values()}
        for row in self.refusals:
            found |= {(name, row[0]) for name in self.named(row[1])}
        return found

    def moves(self):
        """(call, from, to) that must occur; a call may also lose the cell, as the refusals say."""
        lost = {name for row in self.refusals if "the cell is LOST" in row[3]
                for name in self.named(row[1])}
        found = {(BY_ITSELF, "RUNNING", "STOPPED"), (BY_ITSELF, "RUNNING", "FAILED")}
        for call, allowed, then in self.life:
            ends = re.findall(r"[A-Z]{3,}", then) + (["LOST"] if call in lost else [])
            found |= {(call, one, end) for one in re.findall(r"[A-Z]{3,}", allowed) for end in ends}
        return found

    def missing(self, counts, blobs):
        """Names of what was not reached."""
        wanted = {f"status {c} {s}": counts.calls.get((c, s), 0) for c, s in self.statuses()}
        wanted.update({f"mark {name}": n for name, n in counts.marks.items()})
        wanted.update({f"move {c} {a} {b}": counts.moves.get((c, a, b), 0)
                       for c, a, b in self.moves()})
        if blobs:
            wanted.update({f"verdict {v}": counts.verdicts.get(v, 0) for v in self.verdicts})
        return sorted(k for k, n in wanted.items() if n == 0), len(wanted)


def excused(path=HERE / "unreached.toml"):
    """{what: reason}."""
    return {row["what"]: row["reason"] for row in tomllib.loads(path.read_text())["unreached"]}


class Counts:
    """What the program counted, under the specification's names."""

    def __init__(self, spec):
        self.spec = spec
        self.calls, self.moves, self.phases = {}, {}, {}
        self.verdicts, self.boots, self.sums, self.marks = {}, {}, {}, {}

    @staticmethod
    def status(number):
        """Name of a status: those of hypercalls are E02xx."""
        return "ok" if number == 0 else f"E02{number:02X}"

    @staticmethod
    def identifier(number):
        """Name of a verdict."""
        return "ok" if number == 0 else f"E{number:04X}"

    def call(self, number):
        """Name of a row of the program's tables."""
        rows = {len(self.spec.calls): UNKNOWN, len(self.spec.calls) + 1: "direct boot"}
        return self.spec.calls.get(number, rows.get(number, f"call {number}"))

    def add(self, words):
        """One line of the program's output."""
        kind, rest = words[0], words[1:]
        if kind == "count":
            self.bump(self.sums, rest[0], int(rest[1]))
            return
        if kind == "mark":
            self.marks[rest[0]] = self.marks.get(rest[0], 0) + int(rest[1])
            return
        numbers = [int(w) for w in rest]
        if kind == "call":
            self.bump(self.calls, (self.call(numbers[0]), self.status(numbers[1])), numbers[2])
        elif kind == "move":
            call = self.call(numbers[0])
            key = (BY_ITSELF if call == UNKNOWN else call, self.spec.states[numbers[1]],
                   self.spec.states[numbers[2]])
            self.bump(self.moves, key, numbers[3])
        elif kind == "phase":
            self.bump(self.phases, (numbers[0], numbers[1]), numbers[2])
        elif kind == "verdict":
            name = self.identifier(numbers[0])
            self.bump(self.verdicts, name, numbers[1])
            self.bump(self.boots, name, numbers[2])

    @staticmethod
    def bump(table_, key, n):
        """Add."""
        if n:
            table_[key] = table_.get(key, 0) + n
