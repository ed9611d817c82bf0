# SPDX-License-Identifier: Apache-2.0
"""Stage fuzz: the corpus and one in a hundred of the random cases of `make fuzz`."""
import context

CALLS, BLOBS = 1000, 100


def run(ctx):
    """Run the fuzzer as a program of its own and take over its cases."""
    result = context.Result()
    program = ctx.need("verification/fuzz/fuzz.py", "it runs the fuzzer")
    ctx.need("build/host/plan-judge", "stage build leaves it; the shipped plans are compiled with it")
    path = ctx.out / "fuzz.json"
    path.unlink(missing_ok=True)
    done = ctx.host("python3", program, "--calls", CALLS, "--blobs", BLOBS, "--json", path)
    if not result.check(path.exists(), f"no result was written: {context.tail(done.stdout)}"):
        return result
    data = ctx.json("build/verify/fuzz.json", "the run writes it")
    result.merge(data["cases"], "fuzz")
    result.check((done.returncode == 0) == (data["failed"] == 0),
                 f"exit code {done.returncode} with {data['failed']} failed cases")
    result.data.update(data["counts"])
    result.note(", ".join(f"{n} {k}" for k, n in sorted(data["counts"].items())))
    result.tools["gcc"] = ctx.tool_version("gcc")
    return result
