# SPDX-License-Identifier: Apache-2.0
"""Raw results of a checkout, gathered for the verdicts."""
import fnmatch
import json
import sys
import tomllib
from pathlib import Path

VERIFICATION = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(VERIFICATION / "verify"), str(VERIFICATION / "static")]
import context  # noqa: E402
import coverage_gate  # noqa: E402
import kernel  # noqa: E402
import tags  # noqa: E402
import verdict  # noqa: E402

TAGGED = ("src/core/", "src/arch/", "src/boards/", "src/abi/", "src/plan/", "src/linux/",
          "src/cli/", "src/inmate/")


class Evidence:
    """Functions, tests, goals, coverage and gates, each None if its run is missing."""

    def __init__(self, ctx, schema):
        self.ctx, self.repo, self.schema = ctx, ctx.repo, schema
        names = context.source_files(ctx.repo)
        self.tagged, self.tag_counts = tags.scan_functions(ctx.repo, [
            n for n in names if n.startswith(TAGGED) and Path(n).suffix in
            (".c", ".h", ".S", ".py")])
        self.ghosts = set().union(*(tags.ghosts((self.repo / n).read_text()) for n in names
                                    if n.startswith("src/") and n.endswith((".c", ".h", ".acsl"))))
        self.image = self.load_image()
        self.functions = self.join_functions()
        self.goals = self.read_goals()
        self.outside = self.read_outside(names)
        self.tests = self.read_tests(names)
        self.unit = self.load("unit.json")
        self.executed = (self.unit or {}).get("executed")
        self.cases = {"unit": self.unit["cases"] if self.unit else None,
                      "system": self.read_cases("system.json"),
                      "fault": self.read_cases("fault.json")}
        self.coverage_file, self.coverage = self.read_coverage()
        self.gates = self.read_gates()

    def load(self, name):
        """A JSON of build/verify, or None."""
        path = self.ctx.out / name
        return json.loads(path.read_text()) if path.exists() else None

    def load_image(self):
        """Inventory of the shipped image, or None."""
        elf = self.ctx.image_dir / "bulkhead.elf"
        if not elf.exists():
            return None
        done = self.ctx.tool("python3", VERIFICATION / "trace/elf.py", elf)
        return json.loads(done.stdout)

    def join_functions(self):
        """Functions of the image, each with the tags of its prototype and its definition."""
        by_name = {}
        for tagged in self.tagged:
            by_name.setdefault(tagged.name, []).append(tagged)
        found = []
        image = self.image or {"functions": [], "labels": []}
        for entry in image["functions"]:
            mine = [t for t in by_name.get(entry["name"], [])
                    if not entry["static"] and not t.static or t.file == entry["file"]]
            found.append(self.one_function(entry["name"], entry["file"], entry["line"], mine))
        for label in image["labels"]:
            mine = [t for t in by_name.get(label["name"], []) if not t.static]
            asm = next((t.file for t in mine if t.file.endswith(".S")), "assembly")
            found.append(self.one_function(label["name"], asm, 0, mine))
        self.inherit(found)
        return found

    def inherit(self, functions):
        """A static helper without a tag serves what its callers serve, and is shown as theirs."""
        calls = [(t.name, t.file, t.calls) for t in self.tagged if t.calls]
        helpers = {(t.name, t.file) for t in self.tagged if t.static and t.definition}
        known = {(f["name"], f["file"]): f for f in functions}
        open_ones = [f for k, f in known.items() if not f["own"] and k in helpers]
        changed = True
        while changed:
            changed = False
            for helper in open_ones:
                for caller, file, names in calls:
                    near = file == helper["file"] or helper["file"].endswith(".h")
                    by = known.get((caller, file))
                    if near and by and helper["name"] in names and caller != helper["name"] \
                            and not set(by["reqs"]) <= set(helper["reqs"]):
                        helper["reqs"] = sorted(set(helper["reqs"]) | set(by["reqs"]))
                        helper["helper_of"] = sorted({*helper["helper_of"], caller})
                        changed = True

    def one_function(self, name, file, line, mine):
        """Record of a function."""
        reqs = sorted({r for t in mine for r in t.reqs}
                      | {self.base(r) for t in mine for r in t.labels})
        return {"name": name, "file": file, "line": line, "reqs": reqs, "own": reqs,
                "helper_of": [],
                "brief": next((t.brief for t in mine if t.brief), ""),
                "contract": next((t.contract for t in mine if t.contract), "")}

    @staticmethod
    def base(label):
        """SWR_X_001 of the label SWR_X_001_inv."""
        return "_".join(label.split("_")[:3])

    def read_goals(self):
        """Goals of the proof run, or None."""
        data = self.load("prove.json")
        return None if data is None else verdict.normal_goals(data)

    def read_outside(self, names):
        """What no proof covers; each entry with the source files that it means."""
        path = self.repo / "verification/proof/outside.toml"
        entries = tomllib.loads(path.read_text())["outside"] if path.exists() else []
        return [{**e, "files": [n for n in names if fnmatch.fnmatch(n, e["path"])]}
                for e in entries]

    def read_tests(self, names):
        """{case: Test} of all test files; repeated IDs are kept as a list."""
        found = {}
        for name in names:
            if fnmatch.fnmatch(name, "verification/unit/*test_*.c") or \
                    fnmatch.fnmatch(name, "verification/unit/*test_*.py"):
                for test in tags.scan_tests((self.repo / name).read_text(), name):
                    found.setdefault(test.name, []).append(test)
        return found

    def read_cases(self, name):
        """{case: {status, verifies, title}} of a system or fault run, or None."""
        data = self.load(name)
        if data is None:
            return None
        return {c["id"]: {"status": c["status"], "verifies": c.get("verifies", []),
                          "title": c.get("title", ""), "detail": c.get("detail", ""),
                          "file": name} for c in data.get("cases", [])}

    def read_coverage(self):
        """{(file, function): sums} of the merged coverage, or of the host's alone."""
        for name in ("coverage-merged.json", "coverage-host.json"):
            path = self.ctx.out / name
            if path.exists():
                return name, self.sum_coverage(coverage_gate.read(path))
        return None, None

    def sum_coverage(self, data):
        """Sums per function, with what is justified."""
        result = context.Result()
        records = coverage_gate.read_records(self.repo, result)
        gaps = coverage_gate.gaps_of(self.repo, data)
        left = coverage_gate.apply_records(gaps, records, data, result)
        found = {}
        for file, lines in data.items():
            for line in lines:
                found.setdefault((file, line.get("function_name", "?")), []).append(line)
        sums = {}
        for key, lines in found.items():
            counts = coverage_gate.sums_of(lines)
            open_gaps = sum(g.missing for g in left if (g.file, g.function) == key)
            all_gaps = sum(g.missing for g in gaps if (g.file, g.function) == key)
            sums[key] = {**{k: {"covered": v[0], "total": v[1]} for k, v in counts.items()},
                         "open": open_gaps, "justified": all_gaps - open_gaps}
        return sums

    def read_gates(self):
        """Stages that ran, and the static gates by name."""
        found = {}
        for path in sorted(self.ctx.out.glob("stage-*.json")):
            record = json.loads(path.read_text())
            found[record["stage"]] = record
            if record["stage"] == "static":
                found.update({gate: part for gate, part in record["data"].items()
                              if "status" in part})
        return found

    def units_outside(self):
        """Compilation units of the image that kernel.toml does not name."""
        known = set(kernel.Kernel(self.repo).files("kernel", "assembly"))
        return [u for u in (self.image or {"units": []})["units"] if u not in known]
