#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""System tests in QEMU.

    run.py [--json OUT] [-k PATTERN] [--direct | --linux] [--list] [--jobs N]
           [--coverage FOLDER --image FOLDER]

Prints a line per case and closes with `N passed, N failed`. Exit: 0 all passed, 1 not, 2 usage.
--coverage: direct boot on the (instrumented) image of --image; the kernel's memory of each run is
left in FOLDER.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import attack_late  # noqa: E402
import attack_table  # noqa: E402
import built  # noqa: E402
import cases  # noqa: E402
import direct  # noqa: E402
import groups  # noqa: E402
import late  # noqa: E402

JOBS = 2
PRINT = threading.Lock()


def say(record):
    detail = f" ({record['detail']})" if record["detail"] else ""
    with PRINT:
        print(f"{record['id']} {record['status'].upper()} {record['title']}{detail}", flush=True)


def record_of(item, status, seconds, detail):
    return {"id": item.id, "title": item.title, "verifies": list(item.verifies), "status": status,
            "seconds": round(seconds, 2), "detail": detail}


def run_case(item, machine):
    """One case on a started machine. @return (record, whether the machine may serve the next)."""
    start = time.monotonic()
    try:
        detail = item.run(machine.get()) or ""
        return record_of(item, "pass", time.monotonic() - start, detail)
    except Exception as error:  # any failure of a case is its result, never the runner's end
        machine.drop()
        text = f"{type(error).__name__}: {error}" if not isinstance(error, cases.Wrong) else error
        return record_of(item, "fail", time.monotonic() - start, str(text))


def run_batch(batch, options):
    """The cases of one batch, in order, on as few machines as they allow."""
    records = []
    machine = groups.Supply(batch[0].group, options)
    try:
        for item in batch:
            records.append(run_case(item, machine))
            say(records[-1])
    finally:
        machine.drop()
    return records


def batches(chosen):
    """One batch per group; groups of fresh machines are split for the two workers."""
    by_group = {}
    for item in chosen:
        by_group.setdefault(item.group, []).append(item)
    out = []
    for name, items in by_group.items():
        parts = 2 if groups.splits(name) and len(items) > 3 else 1
        size = -(-len(items) // parts)
        out += [items[at:at + size] for at in range(0, len(items), size)]
    return out


def inputs(args):
    """All that direct boot needs is built, or nothing is run."""
    folder = args.image or built.KERNEL
    for path in (folder / "bulkhead.elf", built.PLUGIN, built.JUDGE, built.PLANS / "direct.plan",
                 built.BUILD / "attack/hostile.bin",
                 *(built.INMATES / f"{name}.bin" for name in direct.IMAGES.values())):
        built.need(path)


def late_announced():
    return [late.announced(doc) for _, doc in late.CASES + late.OWN]


def choose(args):
    """(cases of direct boot, numbers of late-launch cases, of attacks on Linux's side) wanted."""
    early = [] if args.linux else sorted(cases.ALL, key=lambda c: c.id)
    after = [] if args.direct or args.coverage else late_announced()
    hostile = [] if args.direct or args.coverage else attack_late.announced()
    every = [c.id for c in early] + [a["id"] for a in after + hostile]
    double = {number for number in every if every.count(number) > 1}
    if double:
        raise SystemExit(f"two cases have one number: {', '.join(sorted(double))}")
    regex = re.compile(args.pattern or "", re.I)
    return ([c for c in early if regex.search(f"{c.id} {c.group} {c.title}")],
            [a["id"] for a in after if regex.search(f"{a['id']} linux {a['title']}")],
            [a["id"] for a in hostile if regex.search(f"{a['id']} attack {a['title']}")])


def show(early, after, hostile):
    for item in early:
        print(f"{item.id} {item.group:6} {item.title} [{' '.join(item.verifies)}]")
    for kind, many in (("linux", late_announced()), ("attack", attack_late.announced())):
        for found in many:
            if found["id"] in after + hostile:
                print(f"{found['id']} {kind:6} {found['title']} [{' '.join(found['verifies'])}]")


def run_early(chosen, args):
    records = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        work = sorted(batches(chosen), key=len, reverse=True)
        for done in [pool.submit(run_batch, batch, args) for batch in work]:
            records += done.result()
    return sorted(records, key=lambda r: r["id"])


def run_late(numbers, args):
    """The late-launch cases run on every stock kernel and CPU, together."""
    try:
        records = late.run(numbers, jobs=args.jobs) if numbers else []
    except Exception as error:  # nothing of it is shown, so all of it failed
        found = {a["id"]: a for a in late_announced()}
        records = [{**found[n], "status": "fail", "seconds": 0,
                    "detail": f"{type(error).__name__}: {error}"} for n in numbers]
    for record in records:
        record.setdefault("seconds", 0)
        say(record)
    return records


def run_hostile(numbers, jobs):
    """The attacks by Linux and beside it, on each machine at the same time."""
    records = {a["id"]: {**a, "status": "pass", "detail": "", "seconds": 0}
               for a in attack_late.announced() if a["id"] in numbers}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(attack_late.play_all, records, *machine, numbers)
                     for machine in (attack_late.MACHINES if numbers else ())]:
            done.result()
    for record in records.values():
        say(record)
    return list(records.values())


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path, metavar="OUT")
    parser.add_argument("-k", dest="pattern", metavar="PATTERN", help="regular expression")
    parser.add_argument("--direct", action="store_true", help="direct boot only")
    parser.add_argument("--linux", action="store_true", help="late launch only")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--coverage", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--image", type=pathlib.Path, metavar="FOLDER")
    return parser.parse_args()


def main():
    args = parse()
    early, after, hostile = choose(args)
    if args.list:
        show(early, after, hostile)
        return 0
    try:
        inputs(args)
    except built.MissingError as error:
        print(f"run: {error}", file=sys.stderr)
        print(f"0 passed, {len(early) + len(after) + len(hostile)} failed")
        return 1
    records = run_early(early, args) + run_late(after, args) + run_hostile(hostile, args.jobs)
    failed = sum(r["status"] != "pass" for r in records)
    passed = len(records) - failed
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"cases": records, "passed": passed, "failed": failed},
                                        indent=1) + "\n")
    for line in attack_table.summary(records):
        print(line)
    if not records:
        print("no case was chosen")
    print(f"{passed} passed, {failed} failed")
    return 0 if records and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
