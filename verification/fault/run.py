#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fault injection into direct boot: damaged plans, CPUs that never come, bits of registers and of
memory that flip while the kernel launches and while it handles traps.

    run.py [--json OUT] [--seed N] [--jobs N] [-k PATTERN]

Places are instructions, chosen by the seed; budgets are instructions and timer interrupts of a cell,
so a run repeats exactly. Each injection is compared with a golden run and ends as
  masked     nothing differs
  detected   the kernel refused, or recorded what went wrong
  fail-stop  a CPU or a cell stands still, unrecorded; what goes on is right
  silent     something else differs, unrecorded
Flips of registers and of code act at the end of the block of code that holds their place.
Gates: damaged plans are all detected; a missing CPU, or a control register of EL2 that does not keep
its value, never leaves the machine half taken. Other flips have no gate, all of them are reported.
Closes with `N passed, N failed`.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "system"),
                str(pathlib.Path(__file__).resolve().parent)]
import strata  # noqa: E402

LEAST = 100
OUTCOMES = ["masked", "detected", "fail-stop", "silent"]
REPEATED = 3


def count(records):
    table = {}
    for record in records:
        row = table.setdefault(record["stratum"], dict.fromkeys(OUTCOMES, 0))
        row[record["outcome"]] += 1
    return table


def print_table(table):
    width = max(len(name) for name in table)
    print(f"{'stratum':{width}} " + " ".join(f"{o:>9}" for o in OUTCOMES) + "     total")
    for name, row in table.items():
        print(f"{name:{width}} " + " ".join(f"{row[o]:9}" for o in OUTCOMES) +
              f" {sum(row.values()):9}")
    total = {o: sum(row[o] for row in table.values()) for o in OUTCOMES}
    print(f"{'all':{width}} " + " ".join(f"{total[o]:9}" for o in OUTCOMES) +
          f" {sum(total.values()):9}")


def perform(job):
    """One injection; an error of the harness is no outcome."""
    start = time.monotonic()
    record = {"stratum": job.stratum, "what": job.what}
    try:
        outcome, detail = job.run()
        record.update(outcome=outcome, detail=detail)
    except Exception as error:  # reported as a failed case
        record.update(outcome=None, detail=f"{type(error).__name__}: {error}")
    record["seconds"] = round(time.monotonic() - start, 2)
    return record


def judge(stratum, records):
    """The case of one stratum: its gate over its records."""
    gate = strata.GATES[stratum]
    mine = [r for r in records if r["stratum"] == stratum]
    lost = [f"{r['what']}: {r['detail']}" for r in mine if r["outcome"] is None]
    bad = [f"{r['what']}: {r['outcome']} ({r['detail']})" for r in mine
           if r["outcome"] is not None and gate.allowed and r["outcome"] not in gate.allowed]
    good = bool(mine) and not lost and not bad
    detail = "; ".join((lost + bad)[:3]) or f"{len(mine)} injections"
    return {"id": gate.id, "title": gate.title, "verifies": list(gate.verifies),
            "status": "pass" if good else "fail", "detail": detail,
            "seconds": round(sum(r["seconds"] for r in mine), 1)}


def repeat(jobs, records, seed):
    """Some injections again: they must end the same."""
    flips = [i for i, job in enumerate(jobs) if strata.GATES[job.stratum].allowed is None]
    chosen = [flips[(seed + i * 7) % len(flips)] for i in range(REPEATED)] if flips else []
    differ = []
    for i in chosen:
        again = perform(jobs[i])
        if (again["outcome"], again["detail"]) != (records[i]["outcome"], records[i]["detail"]):
            differ.append(f"{jobs[i].what}: {records[i]['outcome']} ({records[i]['detail']}), then "
                          f"{again['outcome']} ({again['detail']})")
    return {"id": "TC_FLT_090", "title": "the same injection ends the same",
            "verifies": ["SYR_CPU_003"], "status": "fail" if differ or not chosen else "pass",
            "detail": "; ".join(differ) or f"{len(chosen)} repeated", "seconds": 0}


def enough(records):
    done = sum(r["outcome"] is not None for r in records)
    return {"id": "TC_FLT_091", "title": f"at least {LEAST} injections",
            "verifies": ["SYR_PLN_002", "SYR_LCH_001"],
            "status": "pass" if done >= LEAST else "fail", "detail": str(done), "seconds": 0}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path, metavar="OUT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-k", dest="pattern", default="", help="strata: regular expression")
    parser.add_argument("-v", dest="verbose", action="store_true", help="a line per injection")
    return parser.parse_args()


def main():
    args = parse()
    jobs = [j for j in strata.jobs(args.seed) if re.search(args.pattern, j.stratum)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        records = []
        for record in pool.map(perform, jobs):
            records.append(record)
            if args.verbose or record["outcome"] in (None, "silent"):
                print(f"{record['stratum']}: {record['what']}: {record['outcome']} "
                      f"({record['detail']})", flush=True)
    cases = [judge(name, records) for name in dict.fromkeys(j.stratum for j in jobs)]
    if not args.pattern:
        cases += [repeat(jobs, records, args.seed), enough(records)]
    table = count([r for r in records if r["outcome"] is not None])
    print_table(table)
    for case in cases:
        print(f"{case['id']} {case['status'].upper()} {case['title']} ({case['detail']})")
    failed = sum(c["status"] != "pass" for c in cases)
    result = {"seed": args.seed, "injections": len(records), "outcomes": table, "cases": cases,
              "passed": len(cases) - failed, "failed": failed, "records": records}
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 0 if cases and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
