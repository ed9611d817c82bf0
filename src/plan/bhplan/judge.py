# SPDX-License-Identifier: Apache-2.0
"""The proved judge: plan_check() of the kernel, built for the host, asked through a file.

It judges for the board that it was built with.
"""
from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from . import decode
from .errors import PlanError, Source, by_eid

_VERDICT = re.compile(r"(E[0-9A-F]{4}) (\d+) (\d+)")

# what the two values of an error name: a region or cell by index, or just a number
_PARTIES = {"PLAN_OVERLAP": ("region", "region"), "PLAN_REGION": ("region", "value"),
            "PLAN_ALIAS": ("region", "region"), "PLAN_SLICE": ("cell", "region"),
            "PLAN_CPU": ("cell", "cell"), "PLAN_IRQ": ("cell", "cell"),
            "PLAN_STATUS": ("region", "cell"), "PLAN_ENTRY": ("cell", "none"),
            "PLAN_MAGIC": ("none", "none"), "PLAN_DMA": ("none", "none"),
            "PLAN_KERNEL": ("value", "value"), "PLAN_ERROR_IRQ": ("cell", "value"),
            "PLAN_WINDOW": ("value", "cell")}


def binary() -> Path:
    """Where the judge is: BULKHEAD_PLAN_JUDGE, or build/host/plan-judge. Raises PlanError."""
    named = os.environ.get("BULKHEAD_PLAN_JUDGE")
    path = Path(named) if named else Path(__file__).resolve().parents[3] / "build/host/plan-judge"
    if not path.is_file():
        raise PlanError("SYS_IO", f"the judge {path} is not there", rule="CFG_TOOL_013",
                        exit_code=9,
                        hint="run 'make' first, or name it in BULKHEAD_PLAN_JUDGE")
    return path


def judge_file(path: str) -> PlanError | None:
    """The verdict on a file: None if it is accepted. Raises PlanError if there is no verdict."""
    command = [str(binary()), path]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as err:
        raise PlanError("SYS_IO", f"the judge cannot be run: {err}", rule="CFG_TOOL_013",
                        exit_code=9) from err
    if run.returncode == 0 and run.stdout == "ok\n":
        return None
    match = _VERDICT.fullmatch(run.stdout.strip())
    if run.returncode != 3 or match is None:
        raise PlanError("SYS_IO", f"the judge gave no verdict (exit {run.returncode}): "
                        f"{(run.stderr or run.stdout).strip()[:200]}", Source(path, 0),
                        rule="CFG_TOOL_013", exit_code=9)
    return refusal(match.group(1), int(match.group(2)), int(match.group(3)), path)


def judge_blob(blob: bytes) -> PlanError | None:
    """The verdict on bytes, as judge_file()."""
    with tempfile.NamedTemporaryFile(suffix=".plan") as file:
        file.write(blob)
        file.flush()
        return judge_file(file.name)


def refusal(eid: str, a: int, b: int, path: str) -> PlanError:
    """The judge's words as a refusal, its indices spelled out where the blob can be read."""
    entry = by_eid(eid)
    try:
        contents = decode.decode(Path(path).read_bytes())
    except (OSError, decode.DecodeError):
        contents = None
    kinds = _PARTIES.get(entry.name, ("value", "value"))
    parties = [f"{letter} = {_party(contents, kind, value)}"
               for letter, kind, value in zip("ab", kinds, (a, b)) if kind != "none"]
    message = entry.text + (f": {', '.join(parties)}" if parties else "")
    return PlanError(entry.name, message, Source(path, 0), rule="CFG_TOOL_013", a=a, b=b)


def _party(contents: decode.Contents | None, kind: str, value: int) -> str:
    """A region or cell by index, with name and range."""
    if kind == "value" or contents is None:
        return str(value) if value < 65536 else hex(value)
    if kind == "cell":
        known = value < len(contents.parties)
        return f"{value} '{contents.parties[value].name}'" if known else str(value)
    if value >= len(contents.pieces):
        return str(value)
    piece = contents.pieces[value]
    owner = contents.parties[piece.owner].name
    return f"{value} (cell '{owner}', {decode.describe_range(piece.start, piece.stop)})"
