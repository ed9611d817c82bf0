# SPDX-License-Identifier: Apache-2.0
"""The table of verification/bench/rows.toml: instructions at EL2 for each thing that a cell does."""

import sys

import built
from cases import case, demand

sys.path.insert(0, str(built.REPO / "verification/bench"))
import bench  # noqa: E402

RUNS, ROWS = bench.table()
FIRST = 240
SEEDED = "benchexit-51000000"


def measured(fresh, name, image=None):
    """{number: found} of a run, on the image under test."""
    mine = [row for row in ROWS if row["run"] == name]
    return bench.measure(mine, RUNS[name], image=image, opened=lambda plan, images, **kw:
                         fresh.open("bench", plan, images=images, cpu=kw["cpu"]))


def rows_of(fresh, name):
    """The run's rows on one machine. An instrumented image counts its own counters: there only that
    every row was measured can be judged."""
    found = measured(fresh, name)
    problems, notes = [], []
    for row in ROWS:
        if row["run"] != name:
            continue
        count, least, most = got = found[row["number"]]
        wrong = bench.judge(row, got)
        if fresh.options.coverage:
            wrong = "" if count >= bench.REPETITIONS else wrong
        problems += [f"{row['name']}: {wrong}"] if wrong else []
        notes.append(f"{row['name']} {most if least == most else (least, most)}")
    demand(not problems, "; ".join(problems))
    return "; ".join(notes)


for _number, _name in enumerate(RUNS, FIRST):
    _tags = tuple(sorted({row["verifies"] for row in ROWS if row["run"] == _name}))

    def _run(fresh, name=_name):
        return rows_of(fresh, name)
    case(_number, f"instructions at EL2 for each thing that a cell does ({_name})", _tags,
         "fresh")(_run)


@case(FIRST + 9, "the same table is red for a cell that makes an exit per timer interrupt, for a row "
      "that was not measured, is over its target, or is not the same each time",
      ("SYR_IRQ_003", "SYR_EXIT_001"), "fresh")
def seeded(fresh):
    row = next(r for r in ROWS if r["number"] == 0)
    found = measured(fresh, row["run"], SEEDED)
    red = bench.judge(row, found[0])
    demand(red, "the exits of the timer row were not noticed")
    times, most = bench.REPETITIONS, row["target"]
    for wrong in (None, (times - 1, most, most), (times, most + 1, most + 1), (times, -1, most)):
        demand(bench.judge(row, wrong), f"{wrong} was not noticed")
    demand(not bench.judge(row, (times, most, most)), "a good row is red")
    return f"red: {red}"
