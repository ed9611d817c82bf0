# SPDX-License-Identifier: Apache-2.0
"""Stage selftest: every seeded defect turns its stage red (verification/verify/selftest.py)."""
import sys
from pathlib import Path

import context

PROGRAM = Path(__file__).resolve().parents[1] / "selftest.py"


def run(ctx):
    """All seeded defects, as a program of their own."""
    result = context.Result()
    path = ctx.out / "selftest.json"
    path.unlink(missing_ok=True)
    done = ctx.host(sys.executable, PROGRAM, "--json", path, timeout=3600)
    if result.check(path.exists(), f"the self-test left no result: {context.tail(done.stdout)}"):
        data = ctx.json("build/verify/selftest.json", "the self-test writes it")
        result.merge(data["cases"], "seeded defect")
        result.check(done.returncode == 0 or data["failed"] > 0,
                     f"the self-test ended with {done.returncode}")
        result.note(f"{data['passed']} seeded defects found, {data['failed']} not")
    return result
