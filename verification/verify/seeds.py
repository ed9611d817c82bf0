# SPDX-License-Identifier: Apache-2.0
"""The seeded defects of the self-test: what is damaged, which stages must turn red, and why."""
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import context


@dataclass
class Seed:
    """One defect. `red`: the stage it is meant for, then those that must follow from it."""
    name: str
    red: tuple
    finding: str = ""
    edits: tuple = ()       # (file, old, new); old "" appends; new None removes the file
    damage: object = None   # a function of the folder, for what is not an edit
    after: tuple = ()       # stages which run after the damage; all run before it

    def apply(self, folder):
        """Damage a copy."""
        for file, old, new in self.edits:
            edit(folder / file, old, new)
        if self.damage:
            self.damage(folder)


def edit(path, old, new):
    """Replace text that must be there, once."""
    if new is None:
        path.unlink()
        return
    text = path.read_text() if path.exists() else ""
    if old and old not in text:
        raise ValueError(f"{path.name} does not hold {old!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(old, new, 1) if old else text + new)


def flip(path, offset=None):
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if offset is None else offset] ^= 1
    path.write_bytes(data)


RESULT = "    uint32_t result = MINI_GOOD - 3U;\n"
TAG = "/* SPDX-License-Identifier: Apache-2.0 */"
SEED_C, SEED_H = "src/core/seed.c", "src/core/seed.h"
TEST = "verification/unit/test_seed.c"
BOUNDS = "verification/static/bounds.toml"
SURVIVORS = "verification/mutate/survivors.toml"
OWNERSHIP = "verification/static/ownership.toml"
FITS = "    bool fits = false;\n"
PROVE = "verification/proof/prove.py"
MISRA = "MISRA-deviations.md"
SW = "requirements/30-sw.toml"
SPARE = """
## DEV-02 Spare

- **Rule**: misra-c2012-15.5
- **Kind**: project
- **Scope**: `src/core/*.c`
- **Rationale**: none.
- **Risk**: none.
- **Status**: proposed
- **Approver**: open
"""
ORPHAN_REQ = """
[SWR_SEED_003]
title = "Nobody"
text = "The module shall do what nobody implements."
rationale = "A seeded defect."
satisfies = ["SYR_MIN_001"]
allocated = ["seed"]
verify = ["unit"]
status = "approved"
"""
SEEDS = [
    Seed("baseline", ()),
    # static
    Seed("static-tab", ("static",), "format:.*tab", ((SEED_C, FITS, "\tbool fits = false;\n"),)),
    Seed("static-licence", ("static",), "SPDX", ((SEED_C, TAG, "/* none */"),)),
    Seed("static-path", ("static",), "path of one machine",
         ((SEED_C, FITS, "    bool fits = false; /* /" + "root/x */\n"),)),
    Seed("static-brace", ("static",), "clang-format",
         ((SEED_C, "        fits = true;\n    }", "        fits = true; }"),)),
    Seed("static-layer", ("static",), "layers:.*only lower layers",
         (("src/core/low.c", '#include "low.h"\n', '#include "low.h"\n#include "seed.h"\n'),)),
    Seed("static-cycle", ("static",), "in a circle",
         (("src/core/seed.h", "#include <stdint.h>\n", '#include <stdint.h>\n#include "ring.h"\n'),
          ("src/core/ring.h", "", "/* SPDX-License-Identifier: Apache-2.0 */\n/** @file ring.h\n"
           " * A header.\n */\n#ifndef CORE_RING_H\n#define CORE_RING_H\n\n#include \"seed.h\"\n\n"
           "#endif\n"),
          ("src/core/layers.txt", "0: low", "0: low ring"))),
    Seed("static-header", ("static",), "headers:.*does not compile alone",
         ((SEED_H, "#include <stdbool.h>\n", ""),
          (SEED_C, '#include "seed.h"\n', '#include <stdbool.h>\n#include "seed.h"\n'),
          ("src/arch/aarch64/entry.c", '#include "core/seed.h"',
           '#include <stdbool.h>\n#include "core/seed.h"'),
          (TEST, '#include "core/seed.h"', '#include <stdbool.h>\n#include "core/seed.h"'))),
    Seed("static-long", ("static",), "sizes:.*lines, at most",
         ((SEED_C, FITS, FITS + "    /* a */\n" * 60),)),
    Seed("static-goto", ("static", "misra"), "sizes:.*goto",
         ((SEED_C, "        fits = true;\n    }\n",
           "        fits = true;\n        goto out;\n    }\n"
           "out:\n"),)),
    Seed("static-ownership", ("static",), "ownership:.*nothing there does",
         ((OWNERSHIP, 'name = "run_result"\n', 'name = "run_result"\nwritten = { run = "one" }\n'),)),
    # build
    Seed("build-variable", ("build",), "the image holds run_result, which",
         ((OWNERSHIP, 'name = "run_result"', 'name = "other"'),)),
    Seed("build-bound", ("build",), "entry_run:1: no `loop variant` before it",
         ((BOUNDS, 'entry_run:1"', 'entry_run:2"'),)),
    Seed("build-warning", ("build", "misra"), "unused",
         (("src/arch/aarch64/entry.c", RESULT, RESULT + "    uint32_t unused;\n"),),
         after=("build", "misra")),
    Seed("build-path", ("build",), "differs between two directories",
         (("Makefile", "FLAGS += -O2", "FLAGS += -O2 -DSEED=$(shell echo $(CURDIR) | cksum | "
           "cut -d' ' -f1)U\n"),
          ("src/arch/aarch64/entry.c", "    uint32_t result = MINI_GOOD - 3U;\n",
           RESULT + "#ifdef SEED\n    volatile uint32_t seed = SEED;\n\n"
           "    (void)seed;\n#endif\n"))),
    Seed("build-stack", ("build",), "stack: .*needed",
         (("src/arch/aarch64/layout.h", "0x1000", "0x10"),)),
    Seed("build-recursion", ("build", "misra"), "recursion",
         (("src/core/low.c", "    if (a < b) {\n        least = a;\n    }\n",
           "    if (a < b) {\n        least = a + (0U * low_min(b, a));\n    }\n"),
          ("Makefile", "FLAGS += -O2", "FLAGS += -O0"))),
    # misra
    Seed("misra-finding", ("misra",), "misra-c2012-12.1",
         ((SEED_C, "if ((at <= size) &&", "if (at <= size &&"),)),
    Seed("misra-comment", ("misra",), "suppression without an inline record",
         ((SEED_C, FITS, "    /* cppcheck-suppress misra-c2012-15.5 ; DEV-77 */\n" + FITS),)),
    Seed("misra-unused-record", ("misra",), "accepts no finding any more", ((MISRA, "", SPARE),)),
    Seed("misra-unread-file", ("misra", "static"), "not fully read by cppcheck|did not check it",
         (("src/arch/aarch64/entry.c", "    uint32_t result = MINI_GOOD - 3U;\n",
           '    uint32_t result = MINI_GOOD - 3U;\n    register uint64_t x9 __asm("x9") = 0U;\n\n'
           '    __asm__ volatile("" : : "r"(x9));\n'),)),
    # prove
    Seed("prove-unproved", ("prove", "trace"), "not proved",
         ((PROVE, '"SWR_SEED_001", "proved"', '"SWR_SEED_001", "unproved"'),)),
    Seed("prove-vacuous", ("prove", "trace"), "contradicts itself",
         ((PROVE, "PROBLEMS = []",
           'PROBLEMS = ["src/core/seed.c:7 seed_fits / smoke default_requires: contradictory"]'),)),
    Seed("prove-silent", ("prove", "trace", "package"), "no proof result",
         (("verification/proof/prove.py", "GOALS = {", "sys.exit(0)\nGOALS = {"),)),
    # unit
    Seed("unit-expectation", ("unit", "trace"), "TC_LOW_001 failed",
         ((TEST, "low_min(2U, 1U), 1U", "low_min(2U, 1U), 2U"),)),
    Seed("unit-empty", ("unit", "trace"), "checked nothing",
         ((TEST, "    CHECK_EQ(low_min(1U, 2U), 1U);\n    CHECK_EQ(low_min(2U, 1U), 1U);\n", ""),)),
    Seed("unit-forgotten", ("unit", "trace"), "announced and did not run",
         ((TEST, "    TEST(TC_LOW_001, smaller);\n", "    (void)smaller;\n"),)),
    Seed("unit-sanitizer", ("unit", "trace"), "AddressSanitizer|runtime error",
         ((TEST, "    CHECK(seed_fits(0U, 4U, 4U));\n", "    volatile int room[2] = {0, 0};\n"
           "    volatile int at = 2;\n\n    CHECK(seed_fits(0U, 4U, 4U));\n"
           "    CHECK(room[at] == room[at]);\n"),)),
    Seed("unit-coverage", ("unit",), "condition outcome",
         ((TEST, "    CHECK(!seed_fits(1U, 4U, 4U));\n", ""),)),
    Seed("unit-stale-record", ("unit", "target-mcdc"), "stale",
         (("coverage/justifications.toml", "", '[CJ_001]\nfile = "src/core/seed.c"\n'
           'function = "seed_fits"\ndigest = "000000000000"\nkinds = ["condition"]\nplaces = 1\n'
           'reason = "defensive"\nwhy = "a seeded defect"\nreview = "open"\n'),)),
    # system, target-mcdc, fault
    Seed("system-expectation", ("system", "target-mcdc", "trace"), "TS_MINI_001",
         (("verification/system/run.py", "EXPECTED = 0x600D", "EXPECTED = 0x600E"),)),
    Seed("target-mcdc-gap", ("target-mcdc",), "entry_run",
         (("src/arch/aarch64/entry.c", "    return result;",
           "    if (result == 7U) {\n        result = 8U;\n    }\n    return result;"),)),
    Seed("target-mcdc-compiler", ("target-mcdc",), "unknown compiler|not a note file",
         (("verification/verify/gcovmem.py", "0x4234322A", "0x4233322A"),)),
    Seed("target-mcdc-no-dump", ("target-mcdc",), "no scenario left a dump",
         (("verification/system/run.py", '    good = found == EXPECTED\n',
           '    good = found == EXPECTED\n    dump.unlink()\n'),)),
    Seed("fault-missed", ("fault", "trace"), "fault FI_MINI",
         (("verification/fault/run.py", "seen = zlib.crc32(bytes(data)) != good",
           "seen = bit != 77"),)),
    Seed("fault-too-few", ("fault",), "at least 100",
         (("verification/fault/run.py", "BITS = 128", "BITS = 50"),)),
    # trace
    Seed("trace-no-test", ("trace",), "SWR_SEED_003 by unit: missing",
         ((SW, "", ORPHAN_REQ), (SEED_H, "@req SWR_SEED_001", "@req SWR_SEED_001 SWR_SEED_003"))),
    Seed("trace-no-function", ("trace",), "SWR_SEED_003 has no function",
         ((SW, "", ORPHAN_REQ),
          (TEST, "@verifies SWR_SEED_001", "@verifies SWR_SEED_001 SWR_SEED_003"))),
    Seed("trace-unproved-function", ("trace",), "low_min is neither proved nor listed",
         ((PROVE, '"low_min": ("src/core/low.c", "SWR_LOW_001", "proved"),', ""),)),
    Seed("trace-orphan-function", ("trace",), "serves no requirement",
         (("src/arch/aarch64/entry.h", "\n * @req SWR_SEED_002", ""),)),
    Seed("trace-lost-tag", ("trace",), "one is lost",
         ((SEED_C, FITS, "    /* @req SWR_SEED_001 */\n" + FITS),)),
    Seed("trace-unknown-tag", ("trace",), "names the unknown requirement",
         ((SEED_H, "@req SWR_SEED_001", "@req SWR_SEED_001 SWR_SEED_099"),)),
    Seed("trace-verifies-nothing", ("trace",), "verifies nothing",
         ((TEST, " @verifies SWR_LOW_001", ""),)),
    Seed("trace-broken-adequacy", ("trace",), "executed none",
         ((TEST, "/** @test TC_LOW_001",
           "/** @test TC_LOW_002 @verifies SWR_SEED_002 @level unit */\n"
           "static void idle(void)\n{\n    CHECK(true);\n}\n\n/** @test TC_LOW_001"),
          (TEST, "    TEST(TC_LOW_001, smaller);\n",
           "    TEST(TC_LOW_001, smaller);\n    TEST(TC_LOW_002, idle);\n"),
          (SW, 'verify = ["system"]', 'verify = ["system", "unit"]'))),
    Seed("trace-two-shalls", ("trace",), "2 'shall'",
         ((SW, "shall return the smaller", "shall return, and shall do so again, the smaller"),)),
    Seed("trace-dangling-parent", ("trace",), "satisfies the unknown",
         ((SW, 'satisfies = ["SYR_MIN_001"]', 'satisfies = ["SYR_MIN_001", "SYR_MIN_009"]'),)),
    Seed("trace-foreign-code", ("trace",), "not a file of the kernel",
         (("Makefile", "src/arch/aarch64/*.c)", "src/arch/aarch64/*.c src/extra/*.c)"),
          ("src/extra/extra.c", "", "/* SPDX-License-Identifier: Apache-2.0 */\nint extra(void);\n"
           "int extra(void)\n{\n    return 1;\n}\n"))),
    # doc
    Seed("doc-warning", ("doc",), "warning",
         ((SEED_H, " * @req SWR", " * @param nobody who is not there\n * @req SWR"),)),
    Seed("doc-undocumented", ("doc", "trace"), "has no description|neither comment nor contract",
         (("src/arch/aarch64/entry.h",
           "/** Ask the core some questions and return what came of it.\n"
           " * @req SWR_SEED_002 */\n", ""),
          ("src/arch/aarch64/entry.c", "uint32_t entry_run(void)\n",
           "/* cut */\nuint32_t entry_run(void)\n")),
         ),
    # package
    Seed("package-lost-result", ("package",), "its stage left no result",
         damage=lambda folder: (folder / "build/verify/unit.json").unlink(), after=("package",)),
    Seed("package-forged-verdict", ("package",), "refuses its own package",
         damage=lambda folder: forge(folder), after=("package",)),
]


def forge(folder):
    """A verdict changed by hand after the trace."""
    path = folder / "build/verify/trace.json"
    data = json.loads(path.read_text())
    data["requirements"]["SWR_LOW_001"]["methods"]["unit"]["verdict"] = "fail"
    path.write_text(json.dumps(data))


def flipped_byte(ctx):
    """A byte of a finished package flipped: verify.sh must notice."""
    import selftest
    folder = selftest.fresh("package-real")
    selftest.run_stages(folder, selftest.STAGES)
    evidence = folder / "build/evidence"
    good = ctx.host("sh", evidence / "verify.sh", cwd=evidence)
    wrong = []
    for name in ("product/bulkhead.bin", "results/unit.json", "check.py", "report/index.html"):
        flip(evidence / name)
        done = ctx.host("sh", evidence / "verify.sh", cwd=evidence)
        flip(evidence / name)
        if done.returncode == 0 or "L0 FAIL" not in done.stdout:
            wrong.append(name)
    (evidence / "stray.txt").write_text("not in the manifest\n")
    stray = ctx.host("sh", evidence / "verify.sh", cwd=evidence)
    if stray.returncode == 0:
        wrong.append("a stray file")
    return good.returncode == 0 and not wrong, \
        f"4 flipped bytes and a stray file noticed; missed: {', '.join(wrong) or 'none'}"


def damaged_lock(ctx):
    """Setup's judgement on a record of other tools, and on tools that moved."""
    from stages import setup
    record = ctx.json("build/tools/setup.json", "setup leaves it")
    cases = {"another lock": {**record, "lock_sha256": "0" * 64},
             "a prover that failed": {**record, "provers": {**record["provers"], "z3": "failed"}},
             "a tool without version": {**record, "tools": {**record["tools"], "gcc": ""}}}
    states = {name: status(setup, ctx, changed) for name, changed in cases.items()}
    moved = {**record, "baseline": False, "moved": [{"package": "x", "from": "1", "to": "2"}]}
    states["moved tools are amber"] = "red" if status(setup, ctx, moved) == "amber" else "green"
    good = status(setup, ctx, record) != "red" and set(states.values()) == {"red"}
    return good, f"{states}"


def status(stage, ctx, record):
    """Status that a stage's judgement gives."""
    result = context.Result()
    stage.judge(ctx, result, record)
    return result.status


def proofs(ctx):
    """The proofs' own seeded defects."""
    return own_defects(ctx, "verification/proof/selftest.py", "it seeds wrong contracts")


def mutants(ctx):
    """The fuzzer's own: mutants of the kernel and of the oracle, runs that reach too little."""
    return own_defects(ctx, "verification/fuzz/mutants.py", "it seeds mutants")


# Defects of the miniature that stage mutate must find: what is edited, the finding.
BLIND = {
    "none": ((), ""),
    "tests that see nothing": (((TEST, "CHECK_EQ(low_min(1U, 2U), 1U)", "CHECK(low_min(1U, 2U) < 9U)"),
                                (TEST, "CHECK_EQ(low_min(2U, 1U), 1U)", "CHECK(low_min(2U, 1U) < 9U)"),
                                (TEST, "CHECK(seed_fits(0U, 4U, 4U))",
                                 "CHECK(seed_fits(0U, 4U, 4U) || true)"),
                                (TEST, "CHECK(seed_fits(4U, 0U, 4U))", "(void)seed_fits(4U, 0U, 4U)"),
                                (TEST, "CHECK(!seed_fits(5U, 0U, 4U))", "(void)seed_fits(5U, 0U, 4U)"),
                                (TEST, "CHECK(!seed_fits(1U, 4U, 4U))", "(void)seed_fits(1U, 4U, 4U)")),
                               "were noticed, wanted are 90 of 100"),
    "too few": (((SURVIVORS, "sample = 15", "sample = 1500"),), "15 mutants ran, asked were 1500"),
    "no such mutant": (((SURVIVORS, "", '\n[[equivalent]]\nfile = "src/core/low.c"\n'
                         'mutant = "low_min: gone"\nreason = "none"\n'),),
                       "no such mutant: src/core/low.c low_min: gone"),
    "noticed": (((SURVIVORS, "", '\n[[equivalent]]\nfile = "src/core/low.c"\n'
                  'mutant = "low_min: least = a; => (nothing)"\nreason = "none"\n'),),
                "test_seed notices it"),
}


def blind_tests(_ctx):
    """Stage mutate on the miniature: green as it is, red for each of its defects."""
    import selftest
    wrong = []
    for name, (edits, finding) in BLIND.items():
        folder = selftest.fresh("mutate-real")
        for file, old, new in edits:
            edit(folder / file, old, new)
        records, output = selftest.run_stages(folder, ["unit", "mutate"])
        red = {s for s, r in records.items() if r["status"] == "red"}
        details = "\n".join(records.get("mutate", {}).get("details", [output[-200:]]))
        if red != ({"mutate"} if finding else set()) or finding not in details:
            wrong.append(f"{name}: {sorted(red)} {details[:200]}")
    return not wrong, "; ".join(wrong) or f"{len(BLIND) - 1} defects noticed"


def own_defects(ctx, path, why):
    """A program that seeds defects of its own and ends with the totals."""
    program = ctx.need(path, why)
    done = ctx.host("python3", program, timeout=1200)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    counts = re.search(r"(\d+) passed, (\d+) failed", last)
    good = done.returncode == 0 and bool(counts) and int(counts.group(1)) > 0 \
        and counts.group(2) == "0"
    return good, last[-200:]


def system_copy(ctx, name):
    """A copy of what the system tests of direct boot need."""
    target = context.copy_sources(ctx.repo, ctx.repo / f"build/selftest/{name}", [
        n for n in context.source_files(ctx.repo)
        if n.startswith(("verification/", "src/", "requirements/", "docs/spec/"))])
    for part in (context.BOARD, "plans", "inmates", "host", "bench", "attack"):
        if (ctx.build / part).exists():
            shutil.copytree(ctx.build / part, target / "build" / part)
    return target


def system_expectation(ctx):
    """A wrong expectation in the real system tests: the same cases pass without it."""
    target = system_copy(ctx, "system-real")
    command = ("python3", target / "verification/system/run.py", "-k", "TC_SYS_08", "--json",
               target / "build/system.json")
    environment = context.copy_environment(ctx.repo)
    before = ctx.host(*command, cwd=target, env=environment)
    edit(target / "verification/system/cases_attempt.py", "in (3, 4))", "in (5, 8))")
    after = ctx.host(*command, cwd=target, env=environment)
    return before.returncode == 0 and after.returncode != 0, \
        f"before: {before.stdout.strip().splitlines()[-1:]}, " \
        f"after: {after.stdout.strip().splitlines()[-1:]}"


# One wrong word each in the row TC_ATK_081 of the attack suite; what the run says then.
ROW = """id = "TC_ATK_081"
title = "CPU_ON of rt's CPU"
class = "psci"
attacker = "other"
victim = "rt"
attempt = "CPU_ON"
argument = 1
answer = "DENIED"
events = [["EV_CPU_ON_DENIED", 1, 0x40000000]]
"""
WRONG_ROWS = {
    "answer": ('answer = "DENIED"', 'answer = "INVALID"', "answer: 0xfffffffd"),
    "event": ("EV_CPU_ON_DENIED", "EV_SMC_DENIED", "expected EV_SMC_DENIED"),
    "first value": ("DENIED\", 1,", "DENIED\", 2,", "expected EV_CPU_ON_DENIED 2"),
    "second value": ("0x40000000", "0x40000004", "expected EV_CPU_ON_DENIED 1"),
    "no event": ('[["EV_CPU_ON_DENIED", 1, 0x40000000]]', '[]\nby = "ignored"', "1 events, expected 0"),
    "victim": ('victim = "rt"', 'victim = "root"', "no event is about what root owns"),
    "state": ("argument = 1", 'state = "FAILED"\nargument = 1', "state of the attacker"),
    "attacker": ('attacker = "other"', 'attacker = "root"', "attempts that do the same"),
    "nothing to fail": ('[["EV_CPU_ON_DENIED", 1, 0x40000000]]', "[]", "is an event"),
    "none": ("argument = 1", "argument = 1 # the same", ""),
    # Right in what the attacker sees and in the events, but the harm is done: root stops other.
    "harm": (ROW[ROW.index("attacker"):], """attacker = "root"
victim = "kernel"
attempt = "HYPERCALL"
argument = 0x304
answer = 0
events = [["EV_STOPPED", 3, 0]]
""", "other beat [01] times of"),
}


def system_attack(ctx):
    """Every wrong expectation of an attempt turns the attack suite red, and so does harm that is done
    with the right answer."""
    target = system_copy(ctx, "attack-real")
    table = target / "verification/system/attack/direct.toml"
    good = table.read_text()
    command = ("python3", target / "verification/system/run.py", "--direct", "-k", "TC_ATK_081")
    environment = context.copy_environment(ctx.repo)
    wrong, noticed = [], 0
    for name, (old, new, finding) in WRONG_ROWS.items():
        if old not in ROW or ROW not in good:
            raise ValueError(f"direct.toml does not hold {old!r} in TC_ATK_081")
        table.write_text(good.replace(ROW, ROW.replace(old, new)))
        done = ctx.host(*command, cwd=target, env=environment)
        text = done.stdout + (done.stderr or "")
        if finding and (done.returncode == 0 or not re.search(finding, text)):
            wrong.append(f"{name}: {context.tail(text, 1)}")
        elif not finding and done.returncode != 0:
            wrong.append(f"without a defect: {context.tail(text, 1)}")
        noticed += 1
    return not wrong, "; ".join(wrong) or f"{noticed - 1} defects noticed"


WRONG_TEST = """/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @link src/core/crc.c
 */
#include "core/crc.h"
#include "test.h"

/** @test TC_SEED_999 @verifies SWR_CRC_001 @technique bva @level unit */
static void wrong(void)
{
    CHECK_EQ(crc32((const uint8_t *)"123456789", 9U), 1U);
}

int main(void)
{
    TEST(TC_SEED_999, wrong);
    return test_result();
}
"""
DOUBLE = """
uint32_t seeded(uint32_t a);
uint32_t seeded(uint32_t a)
{
    return a * 2U + 1U;
}
"""
# On a copy of the real tree: file, appended text, stage, the finding that must appear.
REAL_EDITS = {
    "static": ("src/core/event.c", "\tint x;\n", r"src/core/event.c: line \d+: tab"),
    "misra": ("src/core/event.c", DOUBLE, r"src/core/event.c:\d+: misra-c2012-12.1"),
    "unit": ("verification/unit/test_zz_seed.c", WRONG_TEST, "TC_SEED_999 failed"),
    "trace": ("src/core/event.c", "/* @req SWR_EVT_001 */\n", "src/core/event.c.*one is lost"),
    "doc": ("src/core/event.h", "\n/** @param nobody nothing */\nextern int seeded(void);\n",
            "event.h:.*warning"),
}


def real_edit(stage):
    """A check that a stage finds a defect in a copy of the real tree, where it was not before."""
    file, text, finding = REAL_EDITS[stage]

    def check(ctx):
        import selftest
        target = context.copy_sources(ctx.repo, ctx.repo / f"build/selftest/{stage}-real")
        subprocess.run(["git", "init", "-q"], cwd=target, check=True)
        (target / "verification/verify/advisory.toml").unlink(missing_ok=True)
        edit(target / file, "", text)
        os.environ["BULKHEAD_TEST"] = "test_zz_seed"
        try:
            records, output = selftest.run_stages(target, [stage])
        finally:
            del os.environ["BULKHEAD_TEST"]
        found = [d for d in records[stage]["details"] if re.search(finding, d, re.DOTALL)]
        return records[stage]["status"] == "red" and bool(found), \
            (found or [context.tail(output, 3)])[0][:120].replace("\n", " ")
    return check


# Defects of the concurrency argument, in the real kernel: file, what stands there, what is put in its
# place, the finding.
WRONG_WRITERS = {
    "a new variable": (
        "src/core/event.c", "    status_page.armed = armed;", "    status_page.armed = armed;\n"
        "    armed_before = armed;", "writes armed_before, which has no row"),
    "tables patched by an exit": (
        "src/arch/aarch64/trap.c", "    vinj_take(cpu);", "    vinj_take(cpu);\n    part_clear(2U);",
        "writes s2_e.at in phase steady, which the table does not allow"),
    "another CPU's element": (
        "src/arch/aarch64/vinj.c", "    vinj_intid[cpu][i] = intid;",
        "    vinj_intid[cpu ^ 1U][i] = intid;",
        "writes vinj_intid in phase steady: it is not `cpu` who writes"),
    "the index of another CPU": (
        "src/arch/aarch64/trap.c", "    event_exit(cpu, (uint32_t)BH_EXIT_IRQ);",
        "    event_exit(cpu_cell(cpu), (uint32_t)BH_EXIT_IRQ);",
        "writes totals.exits in phase steady: it is not `cpu` who writes"),
    "no swap before": (
        "src/core/cpu.c", "bool mine = arch_shared_swap((uint32_t)SW_CPU_STATE,",
        "bool mine = arch_shared_swap((uint32_t)SW_CELL_STATE,", "it is not `swap:SW_CPU_STATE` who"),
    "through a pointer": (
        "src/core/cpu.c", "        cpu_entry[cpu] = entry;",
        "        uint64_t *p = &cpu_entry[cpu];\n\n        *p = entry;", "stores through a pointer"),
    "a word of the lock's holder": (
        "src/arch/aarch64/trap.c", "    vinj_take(cpu);", "    vinj_take(cpu);\n"
        "    arch_shared_store((uint32_t)SW_VIEW, 0U, 0U);", "stores to SW_VIEW in phase steady"),
    "the lock freed elsewhere": (
        "src/core/cpu.c", "    answer(cpu);\n", "    answer(cpu);\n"
        "    arch_shared_store((uint32_t)SW_LOCK, 0U, 0U);\n", "stores to SW_LOCK; only"),
    "the lock kept": (
        "src/core/hcall.c", "        arch_shared_store((uint32_t)SW_LOCK, 0U, 0U);\n", "",
        "takes SW_LOCK and does not give it back"),
    "locks in the wrong order": (
        "src/arch/aarch64/vgicd.c", "(words_reserved(acc.cpu)) {", "(words_reserved(acc.cpu)) {\n"
        "        struct outcome out = hcall(acc.cpu, 1U, 2U);\n", "holds SW_IRQ and calls hcall"),
    "decided by what is shown": (
        "src/core/hcall.c", "    if (number == BH_HC_MEASURE) {", "    if ((number == BH_HC_MEASURE) && "
        "(status_page.armed != 0U)) {", "reads status_page, which any CPU may write"),
    "a contract without it": (
        "src/core/part.c", "    assigns PART_VIEWS;", "    assigns \\nothing;",
        "writes part_live, which its contract does not assign"),
    "an entry of assembly": (
        "src/arch/aarch64/vectors.S", "\tbl\ttrap_wait", "\tbl\ttrap_wait\n\tbl\tcpu_service",
        "calls cpu_service, which is the root of no phase"),
    "assembly reaches a variable": (
        "src/arch/aarch64/vectors.S", "\tadrp\tx1, stub_state", "\tadrp\tx1, s2_e",
        "leave takes the address of s2_e"),
}


def wrong_writers(ctx):
    """Each defect of the concurrency argument is found in a copy of the real sources, by its reason."""
    from stages.static import ownership
    names = [n for n in context.source_files(ctx.repo) if n.startswith("src/")]
    target = context.copy_sources(ctx.repo, ctx.repo / "build/selftest/ownership-real", names)
    missed = [] if not ownership.Ownership(target).run() else ["without a defect"]
    for name, (file, old, new, finding) in WRONG_WRITERS.items():
        good = (target / file).read_text()
        edit(target / file, old, new)
        if not any(finding in p for p in ownership.Ownership(target).run()):
            missed.append(name)
        (target / file).write_text(good)
    return not missed, f"{len(WRONG_WRITERS)} defects; missed: {', '.join(missed) or 'none'}"


# Defects of the bounds, in the real kernel: file, what stands there, what is put in its place, the finding.
UNBOUNDED = {
    "no variant": ("src/core/event.c", "        loop variant BH_EXITS - i; */", "        */",
                   "clear_cpu:1: no `loop variant` before it"),
    "a variant of nothing": ("src/core/event.c", "loop variant BH_EXITS - i;", "loop variant exits_left - i;",
                             "clear_cpu:1: no bound follows"),
    "a loop more": ("src/core/event.c", "    status_page.armed = armed;",
                    "    while (armed > 1U) {\n        armed--;\n    }", "event_show_armed:1: no `loop"),
    "a row of no loop": ("src/core/cell.c", "    while (cpu < end) {", "    {",
                         "nothing needs src/core/cell.c"),
    "a row that is counted": ("src/arch/aarch64/el2regs.def", "EL2REG(HCR_EL2", "EL2REG_(HCR_EL2",
                              "EL2REG_COUNT is 9"),
}


def unbounded(ctx):
    """Each defect of the bounds is found in a copy of the real sources, by its reason; the machine code of
    the real image has the nest of loops that its sources say."""
    from stages.build import bounds
    names = [n for n in context.source_files(ctx.repo) if n.startswith("src/")]
    target = context.copy_sources(ctx.repo, ctx.repo / "build/selftest/bounds-real", names)
    missed = [] if not bounds.Bounds(target).problems else ["without a defect"]
    for name, (file, old, new, finding) in UNBOUNDED.items():
        good = (target / file).read_text()
        edit(target / file, old, new)
        found = bounds.Bounds(target).problems
        if not any(finding in p for p in found):
            missed.append(name)
        (target / file).write_text(good)
    listing = "0000000000000000 <f>:\n   0:\tmov x0, x1\n   4:\tnop\n   8:\tnop\n" \
              "   c:\tcbnz x0, 8 <f+0x8>\n  10:\tb.ne 4 <f+0x4>\n  14:\tbl 40 <g>\n  18:\tret\n"
    nest = [(sorted(a), sorted(b)) for a, b in bounds.machine_loops(bounds.read_code(listing)["f"])]
    if nest != [([4, 8, 12, 16], [4, 16]), ([8, 12], [8, 12])]:
        missed.append(f"nest {nest}")
    return not missed, f"{len(UNBOUNDED)} defects; missed: {', '.join(missed) or 'none'}"


def open_points(_ctx):
    """An open point excuses its own findings up to its count, and nothing else."""
    import advisory
    row = {"id": "OPEN_999", "stage": "doc", "match": "known", "most": 1, "reason": "r",
           "until": "u", "since": "s"}
    states = {}
    for name, findings in {"listed": ["known"], "unlisted": ["known", "other"],
                           "too many": ["known one", "known two"],
                           "nothing judged": ["known: missing input: a file"]}.items():
        result = context.Result()
        for text in findings:
            result.check(False, text)
        states[name] = advisory.apply("doc", result, [row]).status
    return states == {"listed": "amber", "unlisted": "red", "too many": "red",
                      "nothing judged": "red"}, str(states)


def no_release(_ctx):
    """A release is refused for an amber stage, uncommitted changes and replayed proofs, for nothing else."""
    import verify
    green, amber = {"stage": "a", "status": "green"}, {"stage": "b", "status": "amber"}
    found = {"green and clean": verify.refusals([green], False),
             "amber": verify.refusals([green, amber], False),
             "changed": verify.refusals([green], True),
             "cold": verify.refusals([{"stage": "prove", "status": "green", "data": {"cold": True}}], False),
             "replayed": verify.refusals([{"stage": "prove", "status": "green", "data": {}}], False)}
    return {k: len(v) for k, v in found.items()} == \
        {"green and clean": 0, "amber": 1, "changed": 1, "cold": 0, "replayed": 1}, str(found)


REAL = {"setup-real-release": no_release, "setup-real-record": damaged_lock,
        "doc-real-open-points": open_points,
        "static-real-ownership": wrong_writers,
        "build-real-bounds": unbounded,
        "package-real-bytes": flipped_byte,
        "system-real-expectation": system_expectation,
        "system-real-attack": system_attack,
        **{f"{stage}-real-edit": real_edit(stage) for stage in REAL_EDITS},
        "fuzz-real-mutants": mutants,
        "mutate-real-blind": blind_tests,
        "prove-real-contracts": proofs}


if __name__ == "__main__":
    print(f"{len(SEEDS)} defects in {Path(__file__).name}, run selftest.py")
