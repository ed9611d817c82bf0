# SPDX-License-Identifier: Apache-2.0
"""Stage fault: the fault-injection boot tests, a program of their own with a JSON result."""
import context
from stages import system

LEAST = 100


def run(ctx):
    """All injections; fewer than LEAST is a failure."""
    result = context.Result()
    data = system.run_cases(ctx, result, "fault", "build/verify/fault.json")
    injections = data.get("injections", len(data.get("cases", [])))
    result.check(injections >= LEAST, f"{injections} injections, at least {LEAST}")
    result.data["outcomes"] = data.get("outcomes", {})
    result.tools["qemu-system-aarch64"] = ctx.tool_version("qemu-system-aarch64")
    return result
