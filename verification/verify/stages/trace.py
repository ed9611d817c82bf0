# SPDX-License-Identifier: Apache-2.0
"""Stage trace: traceability and the report."""
import importlib.util
import sys
from pathlib import Path

import context

FOLDER = Path(__file__).resolve().parents[2] / "trace"


def load(name):
    """A module of the traceability tool (its name may be that of a stage)."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location(f"trace_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(ctx):
    """Trace, then write the report from the result."""
    result = context.Result()
    content = load("trace").run(ctx, result)
    report = load("report")
    report.write(ctx, content)
    report.check(ctx, result, content)
    return result
