# SPDX-License-Identifier: Apache-2.0
"""Stage package: the report anew with all stages, the evidence in one folder, and its check."""
import hashlib
import json
import shutil
from pathlib import Path

import context
from stages import trace

SCRIPTS = Path(__file__).resolve().parents[2] / "package"
RESULTS = ("unit.json", "system.json", "fault.json", "prove.json", "trace.json",
           "coverage-host.json", "coverage-target.json", "coverage-merged.json")
SOURCES = ("requirements/*.toml", "MISRA-deviations.md", "coverage/*.toml", "LICENSES/*",
           "verification/toolroot/toolchain.lock", "verification/verify/budgets.toml")
WANTED = ("unit.json", "system.json", "fault.json", "prove.json", "trace.json")


def copy(source, target):
    """One file, its folder made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def fill(ctx, result, out):
    """Everything that belongs into the package."""
    for name in RESULTS:
        if (ctx.out / name).exists():
            copy(ctx.out / name, out / "results" / name)
        elif name in WANTED:
            result.check(False, f"build/verify/{name} is missing: its stage left no result")
    for path in sorted(ctx.out.glob("stage-*.json")):
        if path.name != "stage-package.json":
            copy(path, out / "results" / path.name)
    for pattern in SOURCES:
        for path in sorted(ctx.repo.glob(pattern)):
            copy(path, out / path.relative_to(ctx.repo))
    for name in ("bulkhead.elf", "bulkhead.bin"):
        if result.check((ctx.image_dir / name).exists(), f"{name} was not built"):
            copy(ctx.image_dir / name, out / "product" / name)
    shutil.copytree(ctx.build / "report", out / "report")
    for name in ("verify.sh", "check.py"):
        copy(SCRIPTS / name, out / name)
    if (ctx.build / "tools/setup.json").exists():
        copy(ctx.build / "tools/setup.json", out / "results/setup.json")


def manifest(out):
    """MANIFEST.sha256 of every other file; the number of files."""
    lines = []
    for path in sorted(out.rglob("*"), key=lambda p: f"./{p.relative_to(out)}".encode()):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  ./{path.relative_to(out)}\n")
    (out / "MANIFEST.sha256").write_text("".join(lines))
    return len(lines)


def run(ctx):
    """Write the report again (now with all stages), pack, verify the package."""
    result = context.Result()
    report = trace.load("report")
    content = json.loads(ctx.need("build/verify/trace.json", "stage trace writes it").read_text())
    report.write(ctx, content)
    out = ctx.build / "evidence"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    fill(ctx, result, out)
    result.data["files"] = manifest(out)
    done = ctx.host("sh", out / "verify.sh", cwd=out)
    result.check(done.returncode == 0, f"verify.sh refuses its own package: "
                                       f"{context.tail(done.stdout)}")
    result.note(f"{result.data['files']} files in build/evidence; "
                + " | ".join(done.stdout.strip().splitlines()[:3]))
    return result
