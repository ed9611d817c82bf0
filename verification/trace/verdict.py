# SPDX-License-Identifier: Apache-2.0
"""Verdict per requirement and method, from results alone; what is missing is never good."""
import re

# From best to worst.
ORDER = ["pass", "justified", "assumed", "no-run", "vacuous", "fail", "missing"]
GOOD = ("pass", "justified")


def worst(verdicts):
    """The worst of some verdicts; of none: missing."""
    return max(verdicts, key=ORDER.index, default="missing")


CONTRADICTION = re.compile(r"^(\S+?):\d+ (\w+) / smoke (\S+): contradictory")


def normal_goals(data):
    """Goals of prove.json as a flat list, each with its file and function.

    A function whose contract contradicts itself appears as a smoke goal that is not valid.
    """
    found = []
    for file in data.get("files", []):
        for function in file["functions"]:
            for goal in function["goals"]:
                found.append({"file": file["file"], "function": function["name"],
                              "labels": goal.get("requirements", []), "name": goal["name"],
                              "count": goal["count"], "proved": goal["proved"],
                              "valid": goal["status"] == "proved"
                              and goal["proved"] == goal["count"] > 0,
                              "smoke": False, "prover": goal.get("prover", "")})
    for text in data.get("totals", {}).get("problems", []):
        match = CONTRADICTION.match(text)
        if match:
            found.append({"file": match.group(1), "function": match.group(2), "labels": [],
                          "name": f"smoke {match.group(3)}", "count": 1, "proved": 0,
                          "valid": False, "smoke": True, "prover": ""})
    return found


class Judge:
    """Everything that is known, and the verdicts that follow."""

    def __init__(self, reqs, evidence):
        self.reqs, self.e = reqs, evidence

    def proof(self, name):
        """Goals whose label is the requirement, their functions free of contradiction."""
        if self.e.goals is None:
            return "no-run", "no proof run"
        goals = [g for g in self.e.goals if name in g["labels"]]
        if not goals:
            return "missing", "no goal carries the label"
        bad = sum(g["count"] - g["proved"] for g in goals)
        if bad or not all(g["valid"] for g in goals):
            return "fail", f"{bad} goals not proved"
        doomed = {g["function"] for g in self.e.goals if g["smoke"]}
        if any(g["function"] in doomed for g in goals):
            return "vacuous", "the contract contradicts itself"
        return "pass", f"{sum(g['count'] for g in goals)} goals"

    def cases(self, kind, name):
        """Test cases of one kind that name the requirement."""
        known = self.e.cases.get(kind)
        if known is None:
            return "no-run", f"no {kind} run"
        mine = {c: r for c, r in known.items() if name in r["verifies"]}
        if not mine:
            return "missing", "no test names it"
        bad = sorted(c for c, r in mine.items() if r["status"] != "pass")
        if bad:
            states = {mine[c]["status"] for c in bad}
            return ("no-run" if states == {"no-run"} else "fail"), ", ".join(bad)
        return "pass", f"{len(mine)} cases"

    def unit(self, name):
        """Unit tests that pass and executed a function of the requirement."""
        state, text = self.cases("unit", name)
        if state != "pass" or self.e.executed is None:
            return state, text
        functions = {f["name"] for f in self.e.functions if name in f["own"]}
        for case, record in self.e.cases["unit"].items():
            ran = self.e.executed.get(record["file"])
            if name in record["verifies"] and ran is not None and functions \
                    and not functions & set(ran):
                return "fail", f"{case} executed none of the requirement's functions"
        return state, text

    def mcdc(self, name):
        """Structural coverage of the C functions of the requirement."""
        if self.e.coverage is None:
            return "no-run", "no coverage data"
        mine = [f for f in self.e.functions if name in f["reqs"] and f["file"].endswith(".c")]
        if not mine:
            return "missing", "no C function carries it"
        states = []
        for function in mine:
            sums = self.e.coverage.get((function["file"], function["name"]))
            if sums is None:
                return "no-run", f"{function['name']} was not measured"
            states.append("fail" if sums["open"] else "justified" if sums["justified"] else "pass")
        return worst(states), f"{len(mine)} functions"

    def gates(self, name):
        """Stages or static gates which the requirement names."""
        states = []
        for gate in self.reqs.records[name].get("gates", []):
            record = self.e.gates.get(gate)
            states.append("no-run" if record is None else
                          "fail" if record["status"] == "red" else "pass")
        return worst(states), ", ".join(self.reqs.records[name].get("gates", []))

    def method(self, method, name):
        """(verdict, reason) of one method."""
        if method == "proof":
            return self.proof(name)
        if method == "unit":
            return self.unit(name)
        if method == "mcdc":
            return self.mcdc(name)
        if method in ("system", "fault"):
            return self.cases(method, name)
        return self.gates(name)

    def requirement(self, name, memo):
        """{methods, own, deep} of one requirement; deep is the worst below it too."""
        if name not in memo:
            record = self.reqs.records[name]
            methods = {m: self.method(m, name) for m in record.get("verify", [])}
            own = worst(v for v, _ in methods.values()) if methods else None
            below = [self.requirement(c, memo)["deep"] for c in self.reqs.children(name)
                     if self.reqs.records[c]["status"] == "approved"]
            deep = worst(([own] if own else []) + below)
            memo[name] = {"methods": {m: {"verdict": v, "reason": t}
                                      for m, (v, t) in methods.items()},
                          "own": own, "deep": deep}
        return memo[name]
