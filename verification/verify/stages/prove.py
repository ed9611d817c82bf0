# SPDX-License-Identifier: Apache-2.0
"""Stage prove: WP over the proved set, a program of its own with a JSON result."""
import os
import sys
from pathlib import Path

import context

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "trace"))
import verdict  # noqa: E402


def judge(result, data, code, output):
    """Its own verdict and ours from the same goals must agree."""
    goals = verdict.normal_goals(data)
    real = [g for g in goals if not g["smoke"]]
    result.check(bool(real), "the proof run has no goal")
    for goal in goals:
        kind = "contract contradicts itself" if goal["smoke"] else "not proved"
        result.check(goal["valid"] or goal["assumed"], f"{goal['file']} {goal['function']} "
                     f"{goal['name'] or goal['label']}: {kind} ({goal['status']})")
    for text in data.get("problems", []) + data.get("failures", []):
        result.check(False, str(text))
    bad = result.failed
    result.check((code == 0) == (bad == 0), f"prove.py ended with {code} and {bad} failures: "
                                            f"{context.tail(output, 8)}")
    result.tools.update(data.get("tools", {}))
    result.data["goals"] = len(real)
    result.data["smoke"] = len(goals) - len(real)
    result.data["proved"] = sum(g["valid"] for g in real)
    result.note(f"{result.data['proved']} of {len(real)} goals proved")


def run(ctx):
    """Run the proofs."""
    result = context.Result()
    program = ctx.need("verification/proof/prove.py", "it runs the proofs")
    path = ctx.out / "prove.json"
    path.unlink(missing_ok=True)
    extra = os.environ.get("BULKHEAD_PROVE", "").split()
    done = ctx.tool("python3", program.relative_to(ctx.repo), "--json",
                    path.relative_to(ctx.repo), *extra, timeout=4800)
    if result.check(path.exists(), f"no proof result was written: {context.tail(done.stdout)}"):
        judge(result, ctx.json("build/verify/prove.json", "prove.py writes it"), done.returncode,
              done.stdout)
    return result
