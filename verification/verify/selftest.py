#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeded defects: each must turn exactly its stage red (and only what follows from it).

A miniature kernel (verification/verify/mini) passes every stage. For each defect a fresh copy of
it is damaged and every stage runs on it: those that turn red must be those which the defect names.
Stages that judge programs of their own (prove, system, fault, setup, fuzz) have further seeded defects on
the real thing: verification/proof/selftest.py and the cases of REAL. The gates are tried without the
list of open points (advisory.toml), which would turn their findings amber.

usage: selftest.py [--json FILE] [--only TEXT] [--without CASE] [--keep]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import context  # noqa: E402
import seeds  # noqa: E402

REPO = context.REPO
SCRATCH = REPO / "build/selftest"
STAGES = ["static", "build", "misra", "prove", "unit", "system", "target-mcdc", "fault", "trace",
          "doc", "package"]
TOOLS = ["verification/verify", "verification/static", "verification/trace", "verification/mutate",
         "verification/package",
         "verification/toolroot", "verification/unit/test.h", "docs/Doxyfile", ".clang-format",
         "requirements/00-schema.toml", "verification/verify/budgets.toml"]


def fresh(name):
    """A copy of the miniature with the real tools, as a repository of its own."""
    target = SCRATCH / name
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for tool in TOOLS:
        source = REPO / tool
        (target / tool).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / tool, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("__pycache__", "mini", "advisory.toml"))
        else:
            shutil.copy2(source, target / tool)
    shutil.copytree(HERE / "mini", target, dirs_exist_ok=True)
    (target / "build").mkdir()
    (target / "build/tools").symlink_to((REPO / "build/tools").resolve())
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)
    return target


def run_stages(folder, stages):
    """{stage: record} of stages run on a folder, by the folder's own verify.py."""
    done = subprocess.run([sys.executable, "verification/verify/verify.py", "--stage",
                           ",".join(stages)], cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1",
                                   **context.copy_environment(REPO)))
    records = {}
    for stage in stages:
        path = folder / f"build/verify/stage-{stage}.json"
        if path.exists():
            records[stage] = json.loads(path.read_text())
    return records, done.stdout


def verdict(seed, records, output):
    """(good, text) of one defect."""
    red = {s for s, r in records.items() if r["status"] == "red"}
    wanted = set(seed.red)
    if set(records) != set(STAGES):
        return False, f"stages did not run: {set(STAGES) - set(records)}: {context.tail(output, 4)}"
    if red != wanted:
        details = [d for s in sorted(red - wanted) for d in records[s]["details"]
                   if d.startswith("FAIL")][:2]
        return False, (f"red: {', '.join(sorted(red)) or 'none'}; must be: "
                       f"{', '.join(sorted(wanted)) or 'none'} {details}")
    if seed.finding:
        details = "\n".join(records[seed.red[0]]["details"])
        if not re.search(seed.finding, details):
            return False, f"red, but not because of the defect: {details[:300]}"
    return True, f"red: {', '.join(seed.red) or 'none'}"


def try_seed(seed):
    """Damage a copy, run all stages, judge."""
    start = time.monotonic()
    folder = fresh(seed.name)
    try:
        before = None
        if seed.after:
            before, _ = run_stages(folder, STAGES)
        seed.apply(folder)
        records, output = run_stages(folder, list(seed.after) or STAGES)
        good, text = verdict(seed, {**(before or {}), **records}, output)
    except Exception as error:  # a seed that cannot be sown shows nothing
        good, text = False, f"{type(error).__name__}: {error}"
    return good, text, time.monotonic() - start


def try_function(name, function):
    """A defect on the real thing, as a function that says whether it was found."""
    start = time.monotonic()
    try:
        good, text = function(context.Context(REPO, quiet=True))
    except Exception as error:
        good, text = False, f"{type(error).__name__}: {error}"
    return good, text, time.monotonic() - start


def line(case, good, text, seconds):
    """Print one case and return its record."""
    print(f"{'PASS' if good else 'FAIL'} {case}: {text} ({seconds:.0f} s)", flush=True)
    return {"id": case, "status": "pass" if good else "fail", "detail": text,
            "seconds": round(seconds, 1)}


def run_all(only, without):
    """All cases; their records."""
    chosen = [s for s in seeds.SEEDS if not only or only in s.name]
    records = []
    with ThreadPoolExecutor(2) as pool:
        for seed, found in zip(chosen, pool.map(try_seed, chosen)):
            records.append(line(seed.name, *found))
    for name, function in seeds.REAL.items():
        if (not only or only in name) and name != without:
            records.append(line(name, *try_function(name, function)))
    return records


def covered(records):
    """Stages that have a seeded defect which turned them red."""
    names = {r["id"] for r in records if r["status"] == "pass"}
    found = {s.red[0] for s in seeds.SEEDS if s.red and s.name in names}
    return found | {n.split("-real-")[0] for n in names if "-real-" in n}


def main():
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--without", help="leave out this case of REAL")
    args = parser.parse_args()
    records = run_all(args.only, args.without)
    if not args.only and not args.without:
        for stage in ["setup", "fuzz", "mutate", *STAGES]:
            good = stage in covered(records)
            records.append(line(f"every-stage-{stage}", good,
                                "has a seeded defect" if good else "no seeded defect was found", 0))
    failed = sum(r["status"] == "fail" for r in records)
    if args.json:
        args.json.write_text(json.dumps({"cases": records, "passed": len(records) - failed,
                                         "failed": failed}, indent=1) + "\n")
    if not args.keep and not failed:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    print(f"{len(records) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
