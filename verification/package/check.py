#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Second opinion on the verdicts of an evidence package (standard library alone, no shared code).

usage: check.py PACKAGE

Reads the requirement files and the raw results, works out every verdict anew, and compares with
results/trace.json. Taken over from there without a second look: which functions carry which tags.
"""
import collections
import json
import pathlib
import sys
import tomllib

FINE = {"pass", "justified"}


def read(folder, name):
    """A raw result, or None when there was no such run."""
    path = folder / "results" / name
    return json.loads(path.read_text()) if path.is_file() else None


def requirements(folder):
    """ID -> record, of all files but schema and glossary."""
    merged = {}
    for path in sorted((folder / "requirements").glob("*.toml")):
        if path.name[0] in "123456789":
            merged.update(tomllib.loads(path.read_text()))
    return merged


def by_tests(cases, wanted):
    """Verdict of the cases that verify one requirement."""
    if cases is None:
        return "no-run"
    states = [c["status"] for c in cases if wanted in c.get("verifies", [])]
    if not states:
        return "missing"
    broken = set(states) - {"pass"}
    return "pass" if not broken else "no-run" if broken == {"no-run"} else "fail"


def proof_labels(proof):
    """(label -> list of (all proved, function), functions whose contract contradicts itself)."""
    labels, doomed = collections.defaultdict(list), set()
    for file in proof.get("files", []):
        for function in file["functions"]:
            for goal in function["goals"]:
                done = goal["count"] > 0 and goal["proved"] == goal["count"] \
                    and goal["status"] == "proved"
                for label in goal.get("requirements", []):
                    labels[label].append((done, function["name"]))
    for problem in proof.get("totals", {}).get("problems", []):
        if problem.endswith(": contradictory") and " / smoke " in problem:
            doomed.add(problem.split(" / smoke ")[0].split()[-1])
    return labels, doomed


def by_proof(proof, wanted):
    """Verdict of the goals with one requirement's label."""
    if proof is None:
        return "no-run"
    labels, doomed = proof
    goals = labels.get(wanted, [])
    if not goals:
        return "missing"
    if not all(done for done, _ in goals):
        return "fail"
    return "vacuous" if any(who in doomed for _, who in goals) else "pass"


def gaps(coverage, excused):
    """(file, function) -> (was measured, open gaps, excused gaps), from raw coverage lines."""
    found = collections.defaultdict(lambda: [0, 0])
    for file in coverage["files"]:
        for line in file["lines"]:
            key = (file["file"], line.get("function_name", "?"))
            holes = {"line": int(line["count"] == 0),
                     "branch": sum(b["count"] == 0 for b in line.get("branches", [])),
                     "condition": sum(c["count"] - c["covered"]
                                      for c in line.get("conditions", []))}
            for kind, number in holes.items():
                found[key][1 if (key, kind) in excused else 0] += number
    return found


def by_coverage(holes, functions):
    """Verdict of the functions' structural coverage; None leaves it to the records of exclusion."""
    if holes is None:
        return "no-run"
    mine = [(f["file"], f["name"]) for f in functions if f["file"].endswith(".c")]
    if not mine:
        return "missing"
    if any(key not in holes for key in mine):
        return "no-run"
    if any(holes[key][0] for key in mine):
        return "fail"
    return "justified" if any(holes[key][1] for key in mine) else "pass"


def by_gates(stages, names):
    """Verdict of stages and static gates."""
    states = ["no-run" if n not in stages else "fail" if stages[n] == "red" else "pass"
              for n in names]
    for state in ("missing", "fail", "no-run"):
        if state in states or (state == "missing" and not states):
            return state
    return "pass"


def stages_of(folder):
    """Stage or static gate -> status."""
    found = {}
    for path in sorted((folder / "results").glob("stage-*.json")):
        record = json.loads(path.read_text())
        found[record["stage"]] = record["status"]
        if record["stage"] == "static":
            found.update({gate: part["status"] for gate, part in record["data"].items()
                          if "status" in part})
    return found


class Package:
    """Raw material of one package."""

    def __init__(self, folder):
        self.trace = read(folder, "trace.json")
        self.records = requirements(folder)
        unit = read(folder, "unit.json")
        self.cases = {"unit": None if unit is None else list(unit["cases"].values())}
        self.ran = (unit or {}).get("executed", {})
        for kind in ("system", "fault"):
            raw = read(folder, f"{kind}.json")
            self.cases[kind] = None if raw is None else raw["cases"]
        proof = read(folder, "prove.json")
        self.proof = None if proof is None else proof_labels(proof)
        raw = read(folder, "coverage-merged.json") or read(folder, "coverage-host.json")
        path = folder / "coverage/justifications.toml"
        records = tomllib.loads(path.read_text()) if path.is_file() else {}
        excused = {((r["file"], r["function"]), kind) for r in records.values()
                   for kind in r["kinds"]}
        self.holes = None if raw is None else gaps(raw, excused)
        self.stages = stages_of(folder)

    def unit(self, name, functions):
        """Unit tests; each must have run a function of the requirement, if there is one."""
        verdict = by_tests(self.cases["unit"], name)
        names = {f["name"] for f in functions if name in f["own"]}
        for case in self.cases["unit"] or []:
            if name in case["verifies"] and names and case["file"] in self.ran:
                if not names & set(self.ran[case["file"]]) and verdict == "pass":
                    verdict = "fail"
        return verdict

    def verdict(self, name, method):
        """Own verdict of one requirement by one method."""
        functions = [f for f in self.trace["functions"] if name in f["reqs"]]
        if method == "proof":
            return by_proof(self.proof, name)
        if method == "unit":
            return self.unit(name, functions)
        if method == "mcdc":
            return by_coverage(self.holes, functions)
        if method in ("system", "fault"):
            return by_tests(self.cases[method], name)
        return by_gates(self.stages, self.records[name].get("gates", []))


def main():
    """Compare every verdict."""
    folder = pathlib.Path(sys.argv[1])
    package = Package(folder)
    if package.trace is None:
        print("  results/trace.json is missing")
        return 1
    wrong = compared = fine = 0
    shown = package.trace["requirements"]
    if set(shown) != set(package.records):
        print("  the trace and the requirement files name different requirements")
        wrong += 1
    for name, record in sorted(package.records.items()):
        if record.get("status") != "approved":
            continue
        for method in record.get("verify", []):
            ours = package.verdict(name, method)
            theirs = shown.get(name, {}).get("methods", {}).get(method, {}).get("verdict")
            compared += 1
            fine += ours in FINE
            if ours != theirs:
                wrong += 1
                print(f"  {name} by {method}: here {ours}, in the trace {theirs}")
    print(f"  {compared} verdicts recomputed, {compared - wrong} agree, {fine} good, "
          f"{compared - fine} not good")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
