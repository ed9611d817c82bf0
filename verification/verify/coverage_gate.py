#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Coverage gate over gcovr's JSON: every line, branch and condition, or a justified exclusion.

usage: coverage_gate.py COVERAGE.json    print the gaps with the digests that a record needs
"""
import hashlib
import json
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

REASONS = ("proved-unreachable", "defensive", "hardware")
KINDS = ("line", "branch", "condition")
KEYS = {"file", "function", "digest", "kinds", "places", "reason", "why", "review"}


@dataclass
class Gap:
    """Something that did not happen in any test."""
    file: str
    line: int
    function: str
    kind: str
    missing: int
    digest: str
    text: str


def digest_of(file, function, text):
    """Digest of a place: the file, the function, and the line without its blanks."""
    return hashlib.sha256(f"{file}|{function}|{''.join(text.split())}".encode()).hexdigest()[:12]


def read(path):
    """gcovr's JSON as {file: [line records]}."""
    data = json.loads(Path(path).read_text())
    return {f["file"]: f["lines"] for f in data["files"]}


def sums_of(lines):
    """(covered, total) of lines, branches and conditions of some line records."""
    counts = {kind: [0, 0] for kind in KINDS}
    for line in lines:
        counts["line"][0] += line["count"] > 0
        counts["line"][1] += 1
        for branch in line.get("branches", []):
            counts["branch"][0] += branch["count"] > 0
            counts["branch"][1] += 1
        for condition in line.get("conditions", []):
            counts["condition"][0] += condition["covered"]
            counts["condition"][1] += condition["count"]
    return counts


def gaps_of(repo, coverage):
    """Every place that is not covered."""
    found = []
    for file, lines in sorted(coverage.items()):
        source = (Path(repo) / file).read_text().split("\n")
        for line in lines:
            number, function = line["line_number"], line.get("function_name", "?")
            text = source[number - 1] if number <= len(source) else ""
            counts = sums_of([line])
            for kind in KINDS:
                missing = counts[kind][1] - counts[kind][0]
                if missing:
                    found.append(Gap(file, number, function, kind, missing,
                                     digest_of(file, function, text), text.strip()))
    return found


def read_records(repo, result):
    """The justified exclusions, checked for form."""
    path = Path(repo) / "coverage/justifications.toml"
    records = tomllib.loads(path.read_text())
    for name, record in records.items():
        good = (set(record) == KEYS and record["reason"] in REASONS and record["why"].strip()
                and set(record["kinds"]) <= set(KINDS) and record["places"] > 0)
        result.check(good, f"coverage/justifications.toml: {name} is not a complete record")
    return records


def apply_records(gaps, records, files, result):
    """Gaps that no record excuses; a record that does not fit its places is a failure."""
    left, used = [], defaultdict(set)
    for gap in gaps:
        name = next((n for n, r in records.items() if r["digest"] == gap.digest
                     and r["file"] == gap.file and gap.kind in r["kinds"]), None)
        if name:
            used[name].add(gap.line)
        else:
            left.append(gap)
    for name, record in records.items():
        if record["file"] in files:
            result.check(len(used[name]) == record["places"],
                         f"{name} is stale: it excuses {len(used[name])} places, says "
                         f"{record['places']} ({record['file']} {record['function']})")
    return left


def judge(repo, coverage, result, wanted):
    """Check every wanted file of the coverage; returns the sums."""
    for file in wanted:
        result.check(file in coverage, f"{file}: no coverage data, no test ever ran it")
    chosen = {f: lines for f, lines in coverage.items() if f in wanted}
    records = read_records(repo, result)
    gaps = apply_records(gaps_of(repo, chosen), records, chosen, result)
    for gap in gaps:
        result.check(False, f"{gap.file}:{gap.line} {gap.function}: {gap.missing} {gap.kind} "
                            f"outcome(s) not covered [{gap.digest}] {gap.text[:60]}")
    sums = sums_of([line for lines in chosen.values() for line in lines])
    for kind in KINDS:
        left = sum(g.missing for g in gaps if g.kind == kind)
        covered, total = sums[kind]
        result.check(total > 0, f"no {kind} was measured at all")
        result.check(left == 0, f"{kind}: {covered} of {total} covered, {left} neither covered "
                                f"nor justified")
    result.data["coverage"] = {k: {"covered": v[0], "total": v[1]} for k, v in sums.items()}
    result.data["coverage"]["justified"] = sum(
        g.missing for g in gaps_of(repo, chosen)) - sum(g.missing for g in gaps)
    return sums


def main():
    """List the gaps."""
    coverage = read(sys.argv[1])
    for gap in gaps_of(Path(__file__).resolve().parents[2], coverage):
        print(f"{gap.file}:{gap.line} {gap.function} {gap.kind} -{gap.missing} {gap.digest} "
              f"{gap.text}")


if __name__ == "__main__":
    main()
