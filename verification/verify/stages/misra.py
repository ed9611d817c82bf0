# SPDX-License-Identifier: Apache-2.0
"""Stage misra: cppcheck's MISRA addon and GCC's warning set, deviations by record."""
import sys
from pathlib import Path

import context

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "static"))
import misra  # noqa: E402


def run(ctx):
    """The gate."""
    result = context.Result()
    misra.check(ctx, result)
    return result
