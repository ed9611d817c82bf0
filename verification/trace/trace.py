# SPDX-License-Identifier: Apache-2.0
"""Traceability: requirement to function to goal to test to coverage, and back; no orphans.

The checks have stable IDs; each is one gate of the report.
  T01 requirement files     T02 tags attached      T03 tags known
  T04 functions without requirement                T05 requirements without function
  T06 tests    T07 goals    T08 verdicts           T09 image and sources agree
  T10 functions proved, or listed as outside the proved set
"""
import fnmatch
import json

import evidence as evidence_module
import reqs as reqs_module
import verdict

GATES = {"T01": "requirement files are well formed and linked", "T02": "no tag is lost",
         "T03": "no tag or test names an unknown requirement",
         "T04": "every function of the image serves a requirement",
         "T05": "every software requirement has a function", "T06": "every test verifies and ran",
         "T07": "every goal belongs to a function of the kernel",
         "T08": "every requirement is verified by each method it names",
         "T09": "the image is made of the kernel's files alone",
         "T10": "every function of the image is proved, or listed with reason and other evidence"}


class Trace:
    """One run of the tool."""

    def __init__(self, ctx, result):
        self.ctx, self.result = ctx, result
        self.reqs = reqs_module.Requirements(ctx.repo)
        self.e = evidence_module.Evidence(ctx, self.reqs.schema)
        self.counts = {gate: [0, 0] for gate in GATES}

    def check(self, gate, good, text):
        """One check of one gate."""
        self.counts[gate][0 if good else 1] += 1
        self.result.check(good, f"{gate} {text}")

    def requirement_files(self):
        """T01."""
        for text in self.reqs.wrong:
            self.check("T01", False, text)
        self.check("T01", bool(self.reqs.active("SWR")), "there is no software requirement")
        for _ in range(len(self.reqs.records)):
            self.check("T01", True, "")

    def tags(self):
        """T02 and T03."""
        for file, raw, attached in self.e.tag_counts:
            if raw or attached:
                self.check("T02", raw == attached, f"{file}: {raw} tags, {attached} attached to a "
                           "function; one is lost")
        known = set(self.reqs.active("SYR", "SWR", "CFG")) | {
            n for n, r in self.reqs.records.items() if r.get("status") == "draft"}
        for tagged in self.e.tagged:
            for name in tagged.reqs + [self.e.base(x) for x in tagged.labels]:
                self.check("T03", name in known, f"{tagged.file}:{tagged.line} {tagged.name} names "
                           f"the unknown requirement {name}")
        for tests in self.e.tests.values():
            for test in tests:
                for name in test.verifies:
                    self.check("T03", name in known, f"{test.file}:{test.line} {test.name} "
                               f"verifies the unknown requirement {name}")
        for kind in ("system", "fault"):
            for case, record in (self.e.cases[kind] or {}).items():
                for name in record["verifies"]:
                    self.check("T03", name in known, f"{kind} {case} verifies the unknown "
                               f"requirement {name}")

    def functions(self):
        """T04, T05, T09."""
        self.check("T09", self.e.image is not None, "there is no image to trace (build it first)")
        for unit in self.e.units_outside():
            self.check("T09", False, f"{unit} is in the image and not a file of the kernel")
        for function in self.e.functions:
            self.check("T04", bool(function["reqs"]), f"{function['file']} {function['name']} "
                       "serves no requirement")
        if self.e.image is not None:
            self.check("T04", bool(self.e.functions), "the image has no function")
        tagged = {r for f in self.e.functions for r in f["reqs"]}
        host = self.reqs.schema["scope"]["host_sources"]
        in_host = {r for t in self.e.tagged for r in t.reqs
                   if any(fnmatch.fnmatch(t.file, p) for p in host)}
        for name in self.reqs.active("SWR", "CFG"):
            scope = self.reqs.records[name].get("scope", "kernel")
            self.check("T05", name in (tagged if scope == "kernel" else in_host),
                       f"{name} has no function ({scope})")

    def tests(self):
        """T06."""
        for case, found in self.e.tests.items():
            self.check("T06", len(found) == 1, f"{case} is announced {len(found)} times")
            for test in found:
                self.check("T06", bool(test.verifies), f"{test.file}:{test.line} {case} verifies "
                           "nothing")
            ran = (self.e.cases["unit"] or {}).get(case)
            self.check("T06", ran is not None and ran["status"] != "no-run", f"{case} did not run")
        for kind in ("system", "fault"):
            for case, record in (self.e.cases[kind] or {}).items():
                self.check("T06", bool(record["verifies"]), f"{kind} {case} verifies nothing")

    def goals(self):
        """T07: goals are of functions that we know."""
        if self.e.goals is None:
            self.check("T07", False, "there is no proof result (build/verify/prove.json)")
            return
        known = {t.name for t in self.e.tagged}
        lost = sorted({g["function"] for g in self.e.goals} - known - self.e.ghosts - {"(lemmas)"})
        self.check("T07", not lost, f"goals of unknown functions: {', '.join(lost[:10])}")
        self.check("T07", bool(self.e.goals), "the proof run has no goal")

    def proved_set(self):
        """T10."""
        proved = {(g["file"], g["function"]) for g in self.e.goals or []}
        inline = {name for _, name in proved}  # goals of a header's function are of who includes it
        listed = {f for e in self.e.outside for f in e["files"]}
        for function in self.e.functions:
            file, name = function["file"], function["name"]
            good = (file, name) in proved or (file.endswith(".h") and name in inline)
            self.check("T10", good or file in listed, f"{file} {name} is neither proved nor listed in "
                       "verification/proof/outside.toml")
        for entry in self.e.outside:
            good = entry["files"] and all(entry.get(k) for k in ("what", "reason", "evidence"))
            self.check("T10", bool(good), f"outside.toml: {entry['path']} names no file, or lacks "
                       "what, reason or evidence")

    def verdicts(self):
        """T08; the verdicts of all requirements."""
        judge, memo = verdict.Judge(self.reqs, self.e), {}
        for name in self.reqs.active("HZ", "SG", "SYR", "SWR", "CFG"):
            judge.requirement(name, memo)
        for name in self.reqs.active("SYR", "SWR", "CFG"):
            for method, found in memo[name]["methods"].items():
                self.check("T08", found["verdict"] in verdict.GOOD,
                           f"{name} by {method}: {found['verdict']} ({found['reason']})")
        return memo

    def run(self):
        """All gates; the content of trace.json."""
        self.requirement_files()
        self.tags()
        self.functions()
        self.tests()
        self.goals()
        self.proved_set()
        return self.content(self.verdicts())

    def content(self, memo):
        """trace.json: everything the report and the package need."""
        coverage = {f"{file}|{name}": sums for (file, name), sums in
                    sorted((self.e.coverage or {}).items())}
        unit = self.e.cases["unit"] or {}
        tests = {case: {"file": t[0].file, "line": t[0].line, "verifies": t[0].verifies,
                        "technique": t[0].technique, "level": t[0].level or "unit",
                        "status": unit.get(case, {}).get("status", "no-run")}
                 for case, t in sorted(self.e.tests.items())}
        for kind in ("system", "fault"):
            for case, record in sorted((self.e.cases[kind] or {}).items()):
                tests[case] = {"file": record["file"], "line": 0, "level": kind,
                               "verifies": record["verifies"], "status": record["status"],
                               "technique": "", "title": record["title"]}
        return {
            "format": 1,
            "gates": {g: {"title": GATES[g], "passed": c[0], "failed": c[1]}
                      for g, c in self.counts.items()},
            "requirements": {n: {**r, "level": self.reqs.level(n), "file": self.reqs.file_of[n],
                                 "children": self.reqs.children(n),
                                 **(memo.get(n) or {"methods": {}, "own": None, "deep": None})}
                             for n, r in sorted(self.reqs.records.items())},
            "functions": self.e.functions, "tests": tests, "coverage": coverage,
            "coverage_source": self.e.coverage_file,
            "goals": self.goals_by_function(),
            "executed": self.e.executed or {}, "outside": self.e.outside,
            "assumptions": (self.e.load("prove.json") or {}).get("assumptions", {}),
        }

    def goals_by_function(self):
        """All goals, as the report shows them."""
        return self.e.goals or []


def run(ctx, result):
    """Trace one checkout; writes build/verify/trace.json."""
    trace = Trace(ctx, result)
    content = trace.run()
    path = ctx.out / "trace.json"
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    result.data["gates"] = content["gates"]
    return content
