# SPDX-License-Identifier: Apache-2.0
"""Cases as text: a plan, the kind of launch, steps; and how a failing one is made small.

    plan z:BASE85          the plan (layout.py); further lines `plan ...` go on with it
    launch late|direct
    call 0 0x1 0x2         steps; verification/fuzz/fuzz.h says which there are
"""
from pathlib import Path

from layout import pack, unpack

CORPUS = Path(__file__).resolve().parent / "corpus"
COLUMNS = 90


def wrap(head, word):
    """A long word in lines, each after the head."""
    return [head + word[i:i + COLUMNS] for i in range(0, len(word), COLUMNS)]


def read_blobs(path):
    """(verdict, blob) of each of a file: a line for the verdict, then the blob, wrapped."""
    found = []
    for line in Path(path).read_text().splitlines():
        if line.startswith("verdict "):
            found.append((line.split()[1], []))
        elif line.startswith("blob "):
            found[-1][1].append(line.removeprefix("blob "))
    return [(name, unpack("".join(words))) for name, words in found]


class Case:
    """One case."""

    def __init__(self, lines):
        lines = [x for x in lines if x and not x.startswith("#")]
        word = [x.removeprefix("plan ") for x in lines if x.startswith("plan ")]
        self.raw = unpack("".join(word))
        self.launch = lines[len(word)]
        self.steps = lines[len(word) + 1:]
        if not (word and self.launch.startswith("launch ")):
            raise ValueError("a case begins with its plan and its launch")

    @classmethod
    def read(cls, path):
        """From a file."""
        return cls(Path(path).read_text().splitlines())

    def but(self, steps):
        """The same with other steps."""
        return Case([f"plan {pack(self.raw)}", self.launch, *steps])

    def text(self, note=""):
        """For people and for the corpus."""
        head = ["# SPDX-License-Identifier: Apache-2.0"] + ([f"# {note}"] if note else [])
        return "\n".join([*head, *wrap("plan ", pack(self.raw)), self.launch, *self.steps]) + "\n"

    def program(self, name):
        """For the program."""
        return "\n".join([f"case {name}", f"plan {self.raw.hex()}", self.launch, *self.steps,
                          "end"]) + "\n"


def minimise(case, fails):
    """Fewer steps that still fail: halves, quarters, ... until no single step can go."""
    steps, size = case.steps, max(1, len(case.steps) // 2)
    while True:
        at, removed = 0, False
        while at < len(steps):
            fewer = steps[:at] + steps[at + size:]
            if fails(case.but(fewer)):
                steps, removed = fewer, True
            else:
                at += size
        if size == 1 and not removed:
            return case.but(steps)
        size = max(1, size // 2)
