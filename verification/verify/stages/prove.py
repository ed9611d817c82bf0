# SPDX-License-Identifier: Apache-2.0
"""Stage prove: WP over the proved set, a program of its own with a JSON result."""
import os
import sys
from pathlib import Path

import context

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "trace"))
import verdict  # noqa: E402


def judge(result, data, code, output):
    """Its own verdict, and ours from the same goals; they must agree."""
    goals = verdict.normal_goals(data)
    totals = data.get("totals", {})
    result.check(bool(goals), "the proof run has no goal")
    for goal in goals:
        kind = "contract contradicts itself" if goal["smoke"] else "not proved"
        result.check(goal["valid"], f"{goal['file']} {goal['function']} {goal['name']}: {kind}")
    for text in totals.get("problems", []):
        result.check(False, str(text))
    proved, count = (sum(g[k] for g in goals if not g["smoke"]) for k in ("proved", "count"))
    result.check((totals.get("proved"), totals.get("goals")) == (proved, count),
                 f"prove.py counts {totals.get('proved')} of {totals.get('goals')} goals, the list "
                 f"has {proved} of {count}")
    result.check(totals.get("smoke", 0) > 0, "no smoke test ran")
    bad = result.failed
    result.check((code == 0) == (bad == 0), f"prove.py ended with {code} and {bad} failures: "
                                            f"{context.tail(output, 8)}")
    result.tools.update(data.get("versions", {}))
    result.data.update(totals)
    result.note(f"{proved} of {count} goals proved, {totals.get('smoke', 0)} smoke tests; "
                + ("solvers asked for all" if totals.get("cold") else
                   f"{totals.get('replayed')} kept verdicts replayed, {totals.get('asked')} new"))


def run(ctx):
    """Run the proofs."""
    result = context.Result()
    program = ctx.need("verification/proof/prove.py", "it runs the proofs")
    path = ctx.out / "prove.json"
    path.unlink(missing_ok=True)
    extra = os.environ.get("BULKHEAD_PROVE", "").split()
    done = ctx.host("python3", program, "--json", path, *extra, timeout=4200)
    if result.check(path.exists(), f"no proof result was written: {context.tail(done.stdout)}"):
        judge(result, ctx.json("build/verify/prove.json", "prove.py writes it"), done.returncode,
              done.stdout)
    return result
