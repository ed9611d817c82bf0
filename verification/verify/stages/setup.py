# SPDX-License-Identifier: Apache-2.0
"""Stage setup: the tool root is there, is the lock's, and its provers passed their self-test."""
import hashlib
import json

import context

NEEDED = ("gcc", "aarch64-linux-gnu-gcc", "ld", "qemu-system-aarch64", "cppcheck", "gcovr",
          "frama-c", "why3", "z3", "cvc4", "cvc5", "doxygen", "python3", "clang-format")


def judge(ctx, result, record):
    """Judge the record that setup leaves."""
    lock = ctx.need("verification/toolroot/toolchain.lock", "it names every tool")
    result.check(record.get("lock_sha256") == hashlib.sha256(lock.read_bytes()).hexdigest(),
                 "the tools in build/tools are not those of the lock file")
    for name in NEEDED:
        result.check(bool(record.get("tools", {}).get(name)), f"no version of {name} is recorded")
    provers = record.get("provers", {})
    for name in ("cvc4", "cvc5", "z3"):
        result.check(provers.get(name) == "passed", f"prover {name}: self-test "
                                                    f"{provers.get(name, 'missing')}")
    for move in record.get("moved", []):
        result.amber(f"not the baseline's tools: {json.dumps(move, sort_keys=True)}")
    if not record.get("baseline") and not record.get("moved"):
        result.check(False, "the record says neither baseline nor what moved")
    result.tools = dict(record.get("tools", {}))


def run(ctx):
    """Set up (idempotent), then judge."""
    result = context.Result()
    done = ctx.host("python3", ctx.need("verification/toolroot/setup.py", "it makes the tool root"))
    result.check(done.returncode == 0, f"setup failed: {context.tail(done.stdout)}")
    judge(ctx, result, ctx.json("build/tools/setup.json", "setup leaves it"))
    return result
