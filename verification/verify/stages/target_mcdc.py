# SPDX-License-Identifier: Apache-2.0
"""Stage target-mcdc: direct-boot scenarios on an instrumented image, counters read from memory.

The image is built by `make COVERAGE=1 image` into build/coverage-target. The system tests run on it
with --coverage FOLDER and leave the kernel's memory of each run there as NAME.bin; its first byte
is at the address where the image is loaded. The counters are then merged with the host's.
"""
import json
import re
import shutil
import struct

import context
import coverage_gate
from stages import unit

BUILD = "build/coverage-target"
IMAGE_BASE = struct.Struct("<QIIQ")     # magic, abi, board, base


def build(ctx, result):
    """The instrumented image, from nothing."""
    shutil.rmtree(ctx.repo / BUILD, ignore_errors=True)
    done = ctx.host("make", "COVERAGE=1", f"BUILD={BUILD}", "image")
    elf = ctx.repo / BUILD / context.BOARD / "bulkhead.elf"
    result.check(done.returncode == 0 and elf.exists(), "make COVERAGE=1 image: "
                 f"{context.tail(done.stdout)}")
    return elf


def run_scenarios(ctx, result, elf):
    """The system tests on that image; the dumps they left."""
    dumps = ctx.out / "dumps"
    shutil.rmtree(dumps, ignore_errors=True)
    dumps.mkdir(parents=True)
    runner = ctx.need("verification/system/run.py", "it runs the scenarios")
    done = ctx.host("python3", runner, "--coverage", dumps, "--image", elf.parent, "--json",
                    ctx.out / "system-coverage.json")
    result.check(done.returncode == 0, "the scenarios on the instrumented image: "
                 f"{context.tail(done.stdout)}")
    found = sorted(dumps.glob("*.bin"))
    result.check(bool(found), "no scenario left a dump of the kernel's memory")
    return found


def compare_outcomes(ctx, result):
    """The instrumented image and the release image pass the same cases."""
    plain = ctx.json("build/verify/system.json", "stage system writes it")
    measured = ctx.json("build/verify/system-coverage.json", "the scenarios write it")
    release = {c["id"]: c["status"] for c in plain["cases"]}
    for case in measured["cases"]:
        result.check(release.get(case["id"]) == case["status"],
                     f"{case['id']}: {case['status']} instrumented, "
                     f"{release.get(case['id'], 'not run')} as released")


def add_counters(ctx, result, elf, dumps):
    """Counters of all dumps into the .gcda files."""
    base = IMAGE_BASE.unpack((elf.parent / "bulkhead.bin").read_bytes()[:IMAGE_BASE.size])[3]
    for old in (ctx.repo / BUILD).rglob("*.gcda"):
        old.unlink()
    program = ctx.repo / "verification/verify/gcovmem.py"
    for dump in dumps:
        done = ctx.tool("python3", program, elf, dump, hex(base), ctx.repo / BUILD)
        result.check(done.returncode == 0, f"{dump.name}: {context.tail(done.stdout, 4)}")
        dump.unlink()


def conditions(lines):
    """{line: outcomes that can be covered} of one file."""
    return {l["line_number"]: sum(c["count"] for c in l.get("conditions", [])) for l in lines}


def compare_totals(result, host, target):
    """Both compilers see the same decisions, else merging would count them twice."""
    for file in sorted(set(host) & set(target)):
        ours, theirs = conditions(host[file]), conditions(target[file])
        bad = [n for n in set(ours) & set(theirs) if ours[n] != theirs[n]]
        result.check(not bad, f"{file}: lines {sorted(bad)[:5]} have different conditions on host "
                              f"and target; they cannot be merged")


def merge(ctx, result):
    """coverage-merged.json of host and target; returns it."""
    host = ctx.need("build/verify/coverage-host.json", "stage unit writes it")
    target = unit.gcovr(ctx, ctx.repo / BUILD, "build/verify/coverage-target.json",
                        ("--gcov-executable", "aarch64-linux-gnu-gcov"))
    compare_totals(result, coverage_gate.read(host), target)
    done = ctx.tool("gcovr", "--root", ctx.repo, "-a", host, "-a",
                    ctx.out / "coverage-target.json", "--json", ctx.out / "coverage-merged.json",
                    "--filter", re.escape(str(ctx.repo)) + "/src/")
    if not result.check(done.returncode == 0, f"gcovr cannot merge: {context.tail(done.stdout)}"):
        return None
    return coverage_gate.read(ctx.out / "coverage-merged.json")


def run(ctx):
    """Build, run, read, merge, judge."""
    result = context.Result()
    ctx.need("Makefile", "it builds the instrumented image")
    elf = build(ctx, result)
    if not elf.exists():
        return result
    dumps = run_scenarios(ctx, result, elf)
    if not dumps:
        return result
    compare_outcomes(ctx, result)
    add_counters(ctx, result, elf, dumps)
    merged = merge(ctx, result)
    if merged is None:
        return result
    files = unit.kernel.Kernel(ctx.repo).files("kernel")
    coverage_gate.judge(ctx.repo, merged, result,
                        [n for n in files if unit.has_code(ctx.repo / n)])
    result.data["per_function"] = per_function(merged)
    result.tools["gcov"] = ctx.tool_version("aarch64-linux-gnu-gcov")
    (ctx.out / "target-mcdc.json").write_text(json.dumps(result.data, indent=1) + "\n")
    return result


def per_function(coverage):
    """{file|function: (covered, total) of conditions}."""
    lines = {}
    for file, records in coverage.items():
        for record in records:
            lines.setdefault(f"{file}|{record.get('function_name', '?')}", []).append(record)
    return {name: coverage_gate.sums_of(found)["condition"] for name, found in
            sorted(lines.items())}
