# SPDX-License-Identifier: Apache-2.0
"""Stage unit: tests on the host with sanitizers, then MC/DC of the same tests."""
import json
import os
import re
import shutil
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import context
import coverage_gate

VERIFICATION = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(VERIFICATION / "static"), str(VERIFICATION / "trace")]
import kernel  # noqa: E402
import tags  # noqa: E402

COMMON = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-g", "-Wall", "-Wextra", "-Werror",
          "-Isrc", "-Isrc/core", "-Isrc/abi", "-Isrc/arch/host", "-Iverification/unit"]
SANITIZERS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
              "-fno-omit-frame-pointer"]
MCDC = ["-O0", "--coverage", "-fcondition-coverage", "-Werror=coverage-too-many-conditions"]
LINE = re.compile(r"^(TC_\w+) (PASS|FAIL)$", re.MULTILINE)


class Tests:
    """The unit tests of a checkout and how to build them."""

    def __init__(self, ctx, only=None):
        self.ctx, self.repo, self.only = ctx, ctx.repo, only
        folder = self.repo / "verification/unit"
        self.c = sorted(self.relative(p) for p in folder.rglob("test_*.c"))
        self.python = sorted(self.relative(p) for p in folder.rglob("test_*.py"))
        if only:
            self.c = [n for n in self.c if only in n]
            self.python = [n for n in self.python if only in n]
        if ctx.fast:
            skips = tomllib.loads((VERIFICATION / "verify/budgets.toml").read_text())["fast_skips"]
            self.python = [n for n in self.python if Path(n).name not in skips]
        self.files = kernel.Kernel(self.repo)

    def relative(self, path):
        """Path below the repository."""
        return str(path.relative_to(self.repo))

    def link(self, test):
        """Source files that a test is linked with."""
        named = re.findall(r"@link[ \t]+(\S+)", (self.repo / test).read_text())
        return named or [n for n in self.files.files("kernel", "host_arch")
                         if n.startswith(("src/core/", "src/arch/host/"))]

    def under_test(self):
        """Source files that any test is linked with."""
        return sorted({s for t in self.c for s in self.link(t)})

    def compile(self, result, config, flags, cover):
        """Compile sources and tests of one configuration; names of the programs that linked."""
        base = f"build/unit/{config}"
        shutil.rmtree(self.repo / base, ignore_errors=True)
        jobs = {}
        for name in self.under_test() + self.c:
            instrument = cover if name.startswith("src/") else []
            target = f"{base}/{name[:-2].replace('/', '_')}.o"
            jobs[name] = (target, ["gcc", *COMMON, *flags, *instrument, "-c",
                                   str(self.repo / name), "-o", str(self.repo / target)])
        (self.repo / base).mkdir(parents=True)
        done = kernel.batch(self.ctx, [c for _, c in jobs.values()])
        for name, (code, output) in zip(jobs, done):
            result.check(code == 0, f"{config}: {name} does not compile: {output.strip()[:600]}")
        return self.link_all(result, config, base, jobs, flags + cover)

    def link_all(self, result, config, base, jobs, flags):
        """Link every test."""
        programs = {t: f"{base}/{Path(t).stem}" for t in self.c}
        commands = [["gcc", *flags, "-o", str(self.repo / p), str(self.repo / jobs[t][0]),
                     *[str(self.repo / jobs[s][0]) for s in self.link(t)]]
                    for t, p in programs.items()]
        for test, (code, output) in zip(programs, kernel.batch(self.ctx, commands)):
            result.check(code == 0, f"{config}: {test} does not link: {output.strip()[:600]}")
        return {t: p for t, p in programs.items() if (self.repo / p).exists()}

    def execute(self, programs, prefix=None):
        """Run programs in the root; {test: (code, output)}."""
        commands = []
        for test, program in programs.items():
            extra = []
            if prefix:
                depth = len(self.repo.parts) - 1 + len(Path(program).parent.parts)
                extra = [f"GCOV_PREFIX={self.repo / prefix / Path(program).name}",
                         f"GCOV_PREFIX_STRIP={depth}"]
            commands.append(["env", *extra, "ASAN_OPTIONS=detect_leaks=0", "timeout", "60",
                             str(self.repo / program)])
        return dict(zip(programs, kernel.batch(self.ctx, commands)))


def judge_cases(result, test, code, output, announced, outcome):
    """Compare what a file announces with what it printed."""
    printed = dict(LINE.findall(output))
    for name in sorted(set(announced) | set(printed)):
        verdict = printed.get(name)
        if name not in announced:
            result.check(False, f"{test}: {name} ran but no comment announces it")
        elif verdict is None:
            result.check(False, f"{test}: {name} is announced and did not run")
        else:
            result.check(verdict == "PASS", f"{test}: {name} failed: "
                         f"{context.tail(output, 8)}")
        outcome[name] = {"file": test, "status": {"PASS": "pass", "FAIL": "fail", None: "no-run"}[
            verdict], "verifies": announced[name].verifies if name in announced else []}
    result.check(code == 0, f"{test}: exit code {code}: {context.tail(output, 6)}")
    result.check(bool(printed), f"{test}: printed no case")


def announced_by(repo, test):
    """{case: Test} of a test file."""
    return {t.name: t for t in tags.scan_tests((Path(repo) / test).read_text(), test)}


def run_python(tests, result, outcome):
    """The Python tests, on the host, two files at a time."""
    def one(test):
        return tests.ctx.host(sys.executable, VERIFICATION / "verify/pytests.py",
                              tests.repo / test, timeout=300)
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(one, tests.python))
    for test, done in zip(tests.python, runs):
        judge_cases(result, test, done.returncode, done.stdout, announced_by(tests.repo, test),
                    outcome)


def gcovr(ctx, folder, output, extra=()):
    """gcovr's JSON of one folder of objects."""
    done = ctx.tool("gcovr", "--root", ctx.repo, "--filter",
                    re.escape(str(ctx.repo)) + "/src/(core|arch|boards)/", "--json", output,
                    "--gcov-ignore-parse-errors=all", *extra, folder)
    if done.returncode != 0:
        raise context.Missing(f"gcovr failed: {context.tail(done.stdout)}")
    return coverage_gate.read(ctx.repo / output)


def executed_by(tests, programs):
    """{test: [functions it executed]}: each program run once more with counters of its own."""
    tests.execute(programs, prefix="build/unit/each")
    def one(program):
        folder = tests.repo / "build/unit/each" / Path(program).name
        for note in (tests.repo / "build/unit/mcdc").glob("*.gcno"):
            if (folder / note.with_suffix(".gcda").name).exists():
                shutil.copy2(note, folder / note.name)
        lines = gcovr(tests.ctx, folder, f"{os.path.relpath(folder, tests.repo)}.json")
        return sorted({line.get("function_name", "?") for file in lines.values()
                       for line in file if line["count"] > 0})
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(programs, pool.map(one, programs.values())))


def measure(tests, result, programs):
    """MC/DC of the core by all tests together, and what each test executed."""
    for test, (code, output) in tests.execute(programs).items():
        result.check(code == 0, f"instrumented {test}: {context.tail(output, 4)}")
    coverage = gcovr(tests.ctx, tests.repo / "build/unit/mcdc", "build/verify/coverage-host.json")
    wanted = [n for n in tests.files.files("kernel") if n.startswith("src/core/")
              and has_code(tests.repo / n)]
    coverage_gate.judge(tests.repo, coverage, result, wanted)
    result.data["executed"] = executed_by(tests, programs)


def has_code(path):
    """Whether a C file defines a function (data alone has nothing to cover)."""
    import ctokens
    return any(f.definition for f in ctokens.functions(path.read_text(), str(path)))


def run(ctx, only=None, cover=True):
    """Build, run, measure."""
    result = context.Result()
    tests = Tests(ctx, only or os.environ.get("BULKHEAD_TEST") or None)
    result.check(bool(tests.c), "no unit test (verification/unit/test_*.c) was found")
    outcome = {}
    programs = tests.compile(result, "asan", SANITIZERS, [])
    for test, (code, output) in tests.execute(programs).items():
        judge_cases(result, test, code, output, announced_by(ctx.repo, test), outcome)
    run_python(tests, result, outcome)
    if cover and not ctx.fast and tests.only is None:
        measure(tests, result, tests.compile(result, "mcdc", [], MCDC))
        result.tools["gcovr"] = ctx.tool_version("gcovr")
    result.tools["gcc"] = ctx.tool_version("gcc")
    result.data["cases"] = outcome
    partial = tests.only is not None or ctx.fast
    name = "unit-partial.json" if partial else "unit.json"
    (ctx.out / name).write_text(json.dumps(result.data, indent=1, sort_keys=True) + "\n")
    return result
