# SPDX-License-Identifier: Apache-2.0
"""Stage mutate: a fixed sample of mutants of proved functions must be noticed by unit tests or proof."""
import tomllib

import context


def run(ctx):
    """Run the mutants as a program of its own and judge its report."""
    result = context.Result()
    program = ctx.need("verification/mutate/mutate.py", "it makes mutants")
    table = ctx.need("verification/mutate/survivors.toml", "it says how many mutants")
    asked = tomllib.loads(table.read_text())
    path = ctx.out / "mutate.json"
    path.unlink(missing_ok=True)
    done = ctx.host("python3", program, "--sample", asked["sample"], "--seed", asked["seed"], "--fresh",
                    "--replay", "--json", path)
    if not result.check(path.exists(), f"no result was written: {context.tail(done.stdout)}"):
        return result
    judge(result, ctx.json("build/verify/mutate.json", "the run writes it"), asked["sample"], done.returncode)
    result.tools["gcc"] = ctx.tool_version("gcc")
    return result


def judge(result, data, asked, code):
    """The report's own verdict, and ours from its counts; they must agree."""
    total = data["total"]
    seen = sum(total[k] for k in ("test", "proof", "survived", "equivalent", "invalid"))
    result.check(seen >= asked, f"{seen} mutants ran, asked were {asked}")
    result.check(data["proof"], "survivors of the tests were not proved")
    for problem in data["problems"]:
        result.check(False, problem)
    noticed, judged = total["test"] + total["proof"], total["judged"]
    result.check(judged > 0 and 100 * noticed >= 90 * judged,
                 f"{noticed} of {judged} mutants were noticed, wanted are 90 of 100")
    result.check((code == 0) == (not data["problems"]), f"mutate.py ended with {code} and "
                                                        f"{len(data['problems'])} problems")
    for survivor in data["survivors"]:
        result.note(f"survived: {survivor['file']} {survivor['key']}")
    result.data.update({"total": total, "of": data["of"], "survivors": data["survivors"]})
    result.note(f"{noticed} of {judged} mutants noticed ({total['test']} by tests, {total['proof']} by "
                f"proof), {total['equivalent']} mean the same, {total['invalid']} do not compile; "
                f"of {data['of']}")
