#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs at EL2: instructions for each thing that a cell does, against the targets of rows.toml.

    bench.py [--json OUT]

Counted by the plugin exits.c on the image that is shipped. Exit: 0 every row was measured and keeps its
target with spread 0, 1 not. The system stage judges the same table.
"""

import argparse
import json
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
import built  # noqa: E402
import direct  # noqa: E402
import planblob  # noqa: E402

REPETITIONS = 1000
CPU = "cortex-a57,cntfrq=1000000000"
CELL = direct.RT


def table():
    """(runs, rows) of rows.toml."""
    data = tomllib.loads((HERE / "rows.toml").read_text())
    return data["run"], data["row"]


def measure(rows, run, kernel=None, image=None, opened=direct.Direct):
    """{number: (repetitions, least, most)} of the rows of one run, as far as its cell came."""
    source = built.REPO / run["plan"]
    plan = planblob.compile_plan(source, built.REPO / f"build/run/plans/bench-{source.stem}.plan")
    with opened(plan, {CELL: image or run["image"]}, kernel=kernel, cpu=CPU) as machine:
        machine.set_clock(CELL)
        machine.ticks(1)
        return {row["number"]: machine.control.row(row["number"]) for row in rows}


def judge(row, found):
    """What is wrong with a row; empty: nothing."""
    count, least, most = found or (0, 0, 0)
    if count < REPETITIONS:
        return f"{count} of {REPETITIONS} repetitions"
    if most > row["target"]:
        return f"{most} instructions, at most {row['target']} are allowed"
    if least != most:
        return f"{least} to {most} instructions"
    return ""


def result(row, found):
    """One row of the output."""
    count, least, most = found or (0, 0, 0)
    return {"name": row["name"], "run": row["run"], "verifies": row["verifies"], "repetitions": count,
            "least": least, "most": most, "target": row["target"],
            "wrong": judge(row, found)}


def results(kernel=None):
    """All rows. A run that ends early leaves its rows without measurement, which is wrong."""
    runs, rows = table()
    out = []
    for name, run in runs.items():
        mine = [row for row in rows if row["run"] == name]
        try:
            found = measure(mine, run, kernel)
        except direct.QemuError as error:
            print(f"bench: run {name}: {error}", file=sys.stderr)
            found = {}
        out += [result(row, found.get(row["number"])) for row in mine]
    return out


def show(found):
    """The table."""
    lines = [("EL2 INSTRUCTIONS", "LEAST", "MOST", "TARGET", "TIMES", "")]
    lines += [(f"{r['name']} ({r['run']})", str(r["least"]), str(r["most"]), str(r["target"]),
               str(r["repetitions"]), f"WRONG: {r['wrong']}" if r["wrong"] else "ok") for r in found]
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    for line in lines:
        cells = [text.ljust(w) if i in (0, 5) else text.rjust(w)
                 for i, (text, w) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())


def main():
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path, metavar="OUT")
    args = parser.parse_args()
    found = results()
    show(found)
    wrong = sum(bool(r["wrong"]) for r in found)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"format": 1, "rows": found, "passed": len(found) - wrong,
                                         "failed": wrong}, indent=1) + "\n")
    print(f"{len(found) - wrong} passed, {wrong} failed")
    return 0 if found and wrong == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
