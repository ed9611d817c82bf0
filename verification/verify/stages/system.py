# SPDX-License-Identifier: Apache-2.0
"""Stage system: the system tests in QEMU, a program of their own with a JSON result."""

import context


def run_cases(ctx, result, folder, output):
    """Run verification/FOLDER/run.py and take over its cases."""
    program = ctx.need(f"verification/{folder}/run.py", f"it runs the {folder} tests")
    path = ctx.repo / output
    path.unlink(missing_ok=True)
    done = ctx.host("python3", program, "--json", path)
    if not path.exists():
        result.check(False, f"{folder}: no result was written: {context.tail(done.stdout)}")
        return {}
    data = ctx.json(output, "the run writes it")
    cases = data.get("cases", [])
    result.check(bool(cases), f"{folder}: no case was run")
    result.merge(cases, folder)
    failed = sum(c.get("status") != "pass" for c in cases)
    result.check((data.get("passed"), data.get("failed")) == (len(cases) - failed, failed),
                 f"{folder}: its own totals do not agree with its cases")
    result.check((done.returncode == 0) == (failed == 0),
                 f"{folder}: exit code {done.returncode} with {failed} failed cases: "
                 f"{context.tail(done.stdout, 5)}")
    unlinked = [c.get("id", "?") for c in cases if not c.get("verifies")]
    result.check(not unlinked, f"{folder}: cases that verify nothing: {', '.join(unlinked)}")
    result.data["cases"] = len(cases)
    return data


def run(ctx):
    """All system tests."""
    result = context.Result()
    run_cases(ctx, result, "system", "build/verify/system.json")
    result.tools["qemu-system-aarch64"] = ctx.tool_version("qemu-system-aarch64")
    return result
