# SPDX-License-Identifier: Apache-2.0
"""Stage static: format, layers, self-standing headers, sizes, ownership of variables."""
import sys
from pathlib import Path

import context

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "static"))
import format as format_gate  # noqa: E402
import headers  # noqa: E402
import layers  # noqa: E402
import ownership  # noqa: E402
import sizes  # noqa: E402


def gates(ctx, names):
    """The gates by name."""
    return {
        "format": lambda r: format_gate.check(ctx, r, names),
        "layers": lambda r: layers.check(ctx, r, names),
        "headers": lambda r: headers.check(ctx, r),
        "sizes": lambda r: sizes.check(ctx, r),
        "ownership": lambda r: ownership.check(ctx, r),
    }


def run(ctx, only=None):
    """Run the gates; each keeps its own counts for the report."""
    result = context.Result()
    for name, gate in gates(ctx, context.source_files(ctx.repo)).items():
        if only and name not in only:
            continue
        part = context.timed(lambda gate=gate: run_gate(gate))
        result.passed += part.passed
        result.failed += part.failed
        result.status = context.worst(result.status, part.status)
        result.tools.update(part.tools)
        result.data[name] = {"status": part.status, "passed": part.passed, "failed": part.failed,
                             "seconds": part.seconds, **part.data}
        result.details += [d.replace("FAIL ", f"FAIL {name}: ", 1) if d.startswith("FAIL ")
                           else f"{name}: {d}" for d in part.details]
    return result


def run_gate(gate):
    """One gate with a result of its own."""
    part = context.Result()
    gate(part)
    return part
