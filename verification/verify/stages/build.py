# SPDX-License-Identifier: Apache-2.0
"""Stage build: the release build from two directories, bit-identical; stack and text size."""
import hashlib
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import context

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "static"))
import bounds  # noqa: E402
import kernel  # noqa: E402
import ownership  # noqa: E402
import stack  # noqa: E402

PRODUCT = re.compile(r"\.(elf|bin|ko|plan|map|toml)$|/bulkhead(-plan)?$")
COPIES = ("build/verify/one", "build/verify/another-directory")


def build_copy(ctx, folder, target):
    """A release build in a fresh copy of the sources."""
    copy = context.copy_sources(ctx.repo, ctx.repo / folder)
    done = ctx.host("make", "-C", copy, target, cwd=copy, env=context.copy_environment(ctx.repo))
    return copy, done


def products(copy):
    """{relative path: SHA-256} of what the build made."""
    found = {}
    for path in sorted((copy / "build").rglob("*")):
        name = str(path.relative_to(copy / "build"))
        if name.startswith(("tools", "tmp", "verify")) or not path.is_file():
            continue
        if PRODUCT.search("/" + name):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def compare(result, first, second):
    """Every product equal in both copies."""
    result.check(any(n.endswith("bulkhead.bin") for n in first), "the build made no bulkhead.bin")
    for name in sorted(set(first) | set(second)):
        result.check(first.get(name) == second.get(name),
                     f"{name} differs between two directories "
                     f"({first.get(name, 'absent')[:12]}, {second.get(name, 'absent')[:12]})")


def check_text(ctx, result, copy):
    """Text of the image against the target, and the sections for the report."""
    elf = copy / "build" / context.BOARD / "bulkhead.elf"
    if not result.check(elf.exists(), f"{elf.relative_to(copy)} was not built"):
        return
    done = ctx.tool("aarch64-linux-gnu-size", "-A", "-d", elf)
    sizes = {m[0]: int(m[1]) for m in re.findall(r"^(\.\w[\w.]*)\s+(\d+)", done.stdout,
                                                 re.MULTILINE)}
    text = sum(size for name, size in sizes.items() if name.startswith(".text"))
    target = kernel.Kernel(ctx.repo).data["targets"]["text_bytes"]
    result.check(0 < text <= target, f"text is {text} bytes, target at most {target}")
    result.data["sections"] = {n: s for n, s in sizes.items() if not n.startswith(".debug")}
    result.note(f"text {text} bytes (target {target})")


def run(ctx, target="all"):
    """Build twice, compare, measure."""
    result = context.Result()
    ctx.need("Makefile", "it builds everything")
    with ThreadPoolExecutor(2) as pool:
        builds = list(pool.map(lambda f: build_copy(ctx, f, target), COPIES))
    for copy, done in builds:
        result.check(done.returncode == 0, f"make {target} in {copy.name}: "
                                           f"{context.tail(done.stdout, 15)}")
    first, second = (products(copy) for copy, _ in builds)
    compare(result, first, second)
    main = ctx.host("make", target)
    result.check(main.returncode == 0, f"make {target}: {context.tail(main.stdout, 15)}")
    image = ctx.image_dir / "bulkhead.bin"
    if image.exists():
        result.check(hashlib.sha256(image.read_bytes()).hexdigest()
                     == first.get(f"{context.BOARD}/bulkhead.bin"),
                     "the image in build/ is not what a fresh copy builds")
    result.data["products"] = first
    copy = builds[0][0]
    check_text(ctx, result, copy)
    stack.check(ctx, result, copy / "build" / context.BOARD)
    elf = copy / "build" / context.BOARD / "bulkhead.elf"
    if elf.exists():
        ownership.check_image(ctx, result, elf)
        bounds.check(ctx, result, elf)
    result.tools["aarch64-linux-gnu-gcc"] = ctx.tool_version("aarch64-linux-gnu-gcc")
    result.tools["ld"] = ctx.tool_version("aarch64-linux-gnu-ld")
    return result
