#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make verify`: run the stages, two at a time where independent, and judge."""
import argparse
import importlib
import json
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import advisory  # noqa: E402
import context  # noqa: E402

# Stage: what must have run before (only the order; a red stage does not stop the others).
STAGES = {
    "setup": [],
    "static": ["setup"],
    "build": ["setup"],
    "misra": ["setup"],
    "prove": ["setup"],
    "unit": ["setup", "build"],  # both build the plan judge of the host
    "fuzz": ["setup", "build"],
    "mutate": ["build", "prove", "unit"],
    "system": ["build"],
    "target-mcdc": ["build", "unit", "system"],
    "fault": ["build", "target-mcdc"],
    "trace": ["static", "build", "misra", "prove", "unit", "fuzz", "mutate", "system", "target-mcdc",
              "fault"],
    "doc": ["setup"],
    "selftest": ["build", "unit", "fuzz", "system", "fault"],
    "package": ["trace", "doc", "selftest"],
}
FAST = ["static", "misra", "unit"]
WORKERS = 2


def stage_module(name):
    """The module of a stage."""
    return importlib.import_module("stages." + name.replace("-", "_"))


def run_stage(ctx, name):
    """Run one stage and store its result for the stages and the report after it."""
    result = advisory.apply(name, context.timed(stage_module(name).run, ctx), advisory.load())
    record = {"stage": name, "status": result.status, "passed": result.passed,
              "failed": result.failed, "seconds": result.seconds, "tools": result.tools,
              "details": result.details, "data": result.data}
    path = ctx.out / f"stage-{name}.json"
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    return record


class Scheduler:
    """Starts stages in order, at most WORKERS at a time, each after those it depends on."""

    def __init__(self, ctx, chosen):
        self.ctx, self.chosen = ctx, chosen
        self.waiting = list(chosen)
        self.records = {}
        self.change = threading.Condition()
        self.start = time.monotonic()

    def ready(self):
        """The first waiting stage whose predecessors are through, or None."""
        for name in self.waiting:
            before = [s for s in STAGES[name] if s in self.chosen]
            if all(s in self.records for s in before):
                return name
        return None

    def work(self):
        """One worker: take a ready stage until none is left."""
        while True:
            with self.change:
                while self.waiting and self.ready() is None:
                    self.change.wait()
                if not self.waiting:
                    return
                name = self.ready()
                self.waiting.remove(name)
            self.ctx.say(f"[{self.clock()}] {name}: started")
            record = run_stage(self.ctx, name)
            with self.change:
                self.records[name] = record
                self.change.notify_all()
            self.finished(record)

    def clock(self):
        """Time since the start as mm:ss."""
        seconds = int(time.monotonic() - self.start)
        return f"{seconds // 60:02d}:{seconds % 60:02d}"

    def finished(self, record):
        """Progress line of a finished stage, with what went wrong."""
        lines = [f"[{self.clock()}] {record['stage']}: {record['status'].upper()} "
                 f"{record['passed']} passed, {record['failed']} failed, "
                 f"{record['seconds']} s"]
        bad = [d for d in record["details"] if d.startswith(("FAIL", "AMBER"))]
        lines += ["  " + d for d in bad[:20]]
        if len(bad) > 20:
            lines.append(f"  ... {len(bad) - 20} more in build/verify/stage-{record['stage']}.json")
        self.ctx.say("\n".join(lines))

    def run(self):
        """All chosen stages; their records in the order of the stages."""
        workers = [threading.Thread(target=self.work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return [self.records[name] for name in self.chosen]


def table(records, budgets):
    """The one table at the end."""
    rows = [("stage", "status", "passed", "failed", "seconds", "budget")]
    for r in records:
        budget = budgets["stages"].get(r["stage"], 0)
        over = " OVER" if r["seconds"] > budget else ""
        rows.append((r["stage"], r["status"].upper(), str(r["passed"]), str(r["failed"]),
                     f"{r['seconds']:.1f}", f"{budget}{over}"))
    width = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for row in rows:
        cells = [c.ljust(w) if i < 2 else c.rjust(w)
                 for i, (c, w) in enumerate(zip(row, width))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def commit(repo):
    """Commit of the checkout and whether it carries changes."""
    def git(*words):
        done = subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=repo, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip()
    return git("rev-parse", "HEAD") or "none", bool(git("status", "--porcelain"))


def refusals(records, dirty):
    """What keeps a run from being that of a release: everything that is not green, clean and proved cold."""
    return [f"stage {r['stage']} is {r['status']}" for r in records if r["status"] != "green"] + \
        ["verdicts of solvers were replayed" for r in records
         if r["stage"] == "prove" and not r["data"].get("cold")] + \
        (["the checkout carries changes"] if dirty else [])


def summarise(ctx, records, budgets, seconds, complete, release=False):
    """Write summary.json and return it."""
    limit = budgets["fast"] if ctx.fast else budgets["total"]
    head, dirty = commit(ctx.repo)
    failed = sum(r["status"] == "red" for r in records)
    in_time = seconds <= limit
    refused = refusals(records, dirty) if release else []
    summary = {
        "format": 1, "commit": head, "dirty": dirty, "complete": complete,
        "seconds": round(seconds, 1), "budget": limit, "in_time": in_time,
        "passed": len(records) - failed + (1 if in_time else 0),
        "failed": failed + (0 if in_time else 1), "release": release, "refused": refused,
        "amber": [r["stage"] for r in records if r["status"] == "amber"],
        "over_budget": [r["stage"] for r in records
                        if r["seconds"] > budgets["stages"].get(r["stage"], 0)],
        "stages": {r["stage"]: {k: r[k] for k in ("status", "passed", "failed", "seconds", "tools")}
                   for r in records},
    }
    (ctx.out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def arguments():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", help="stages, comma separated: " + ",".join(STAGES))
    parser.add_argument("--fast", action="store_true", help="what fits into a minute")
    parser.add_argument("--release", action="store_true",
                        help="all stages; amber and uncommitted changes are refused")
    parser.add_argument("--json", help="copy of summary.json")
    args = parser.parse_args()
    chosen = FAST if args.fast else list(STAGES)
    if args.release and (args.stage or args.fast):
        parser.error("a release needs all stages")
    if args.stage:
        asked = args.stage.split(",")
        unknown = [s for s in asked if s not in STAGES]
        if unknown:
            parser.error(f"no such stage: {', '.join(unknown)}; there are {', '.join(STAGES)}")
        chosen = [s for s in STAGES if s in asked]
    return args, chosen


def main():
    """Run, print, judge."""
    args, chosen = arguments()
    ctx = context.Context(fast=args.fast)
    budgets = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())
    if chosen == list(STAGES):
        for old in ctx.out.glob("stage-*.json"):
            old.unlink()
    start = time.monotonic()
    records = Scheduler(ctx, chosen).run()
    seconds = time.monotonic() - start
    summary = summarise(ctx, records, budgets, seconds, chosen == list(STAGES), args.release)
    if args.json:
        Path(args.json).write_text(json.dumps(summary, indent=1) + "\n")
    print("\n" + table(records, budgets))
    print(f"whole run {seconds:.0f} s of {summary['budget']} s"
          + ("" if summary["in_time"] else ": TOO LONG, counted as failed"))
    if summary["amber"]:
        print("amber (see the details in build/verify): " + ", ".join(summary["amber"]))
    amber = len(summary["amber"])
    print(f"{summary['passed'] - amber} passed, {summary['failed']} failed"
          + (f", {amber} skipped" if amber else ""))
    for text in summary["refused"]:
        print(f"no release: {text}")
    return 1 if summary["failed"] or summary["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
