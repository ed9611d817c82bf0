#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fuzzer's own seeded defects: mutants of the kernel and of the oracle, each of which corpus and
one in a hundred of the random lives must find; and runs that reached too little.

usage: mutants.py [--only TEXT] [--json FILE]
"""
import argparse
import json
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import cases  # noqa: E402
import fuzz  # noqa: E402
import required  # noqa: E402
from fuzz import blobs, context  # noqa: E402

CALLS, BLOBS = 1000, 100
CELL, PART, CPU, HCALL = (f"src/core/{n}.c" for n in ("cell", "part", "cpu", "hcall"))
MEASURE = "src/core/measure.c"
ORACLE = "verification/fuzz/oracle.c"

#: name: file, what stands there, what is put in its place
MUTANTS = {
    "load-any-state": (CELL, "require_state(cell, (uint32_t)BH_STATE_CREATED, "
                       "(uint32_t)BH_STATE_STOPPED,\n                                       "
                       "(uint32_t)BH_STATE_MEASURING);\n\n    if (out.status == BH_OK) {\n"
                       "        out = settle(self, cell);\n    }\n    if (out.status == BH_OK) {\n"
                       "        out = change_view(self, cell, (uint32_t)PART_OPEN);",
                       "outcome_of(BH_OK, 0U, 0U);\n\n    if (out.status == BH_OK) {\n"
                       "        out = settle(self, cell);\n    }\n    if (out.status == BH_OK) {\n"
                       "        out = change_view(self, cell, (uint32_t)PART_OPEN);"),
    "root-keeps-memory": (PART, "    return (own != BH_CELL_ROOT) && (part_live[v][own] != 0U) &&",
                          "    return (own == BH_CELL_KERNEL) && (part_live[v][own] != 0U) &&"),
    "wrong-status": (CELL, "outcome_of((uint32_t)BH_E_HC_CPU_BUSY, cell, busy)",
                     "outcome_of((uint32_t)BH_E_HC_STATE, cell, busy)"),
    "any-cell-manages": (HCALL, "} else if (cell != BH_CELL_ROOT) {",
                         "} else if (cell == BH_CELL_KERNEL) {"),
    "no-lock": (HCALL, "arch_shared_swap((uint32_t)SW_LOCK, 0U, 0U, (uint64_t)cpu + 1U)", "true"),
    "lock-unseen": (HCALL, "    if (bars == 0U) {", "    if (bars != BH_LOCK_DISABLE) {"),
    "lock-forgotten": ("src/core/lock.c", "arch_shared_set((uint32_t)SW_CELL_LOCK, row, scopes);",
                       "arch_shared_set((uint32_t)SW_CELL_LOCK, row, scopes % BH_LOCK_START);"),
    "lock-for-all-without-grant": ("src/core/lock.c", "((plan.policy[cell].grants % 2U) == 0U)",
                                   "((plan.policy[cell].grants % 2U) == 2U)"),
    "demand-ignored": (CELL, "        lock_demanded(self, cell);\n", ""),
    "oracle-lock": (ORACLE, "BH_LOCK_CREATE | BH_LOCK_START,", "BH_LOCK_CREATE,"),
    "late-cpu-ignored": (CELL, "        if (late < BH_CPUS_MAX) {",
                         "        if (late > BH_CPUS_MAX) {"),
    "start-while-late": (CELL, "    return (late < BH_CPUS_MAX) ? outcome_of((uint32_t)BH_E_HC_TIMEOUT",
                         "    return (late > BH_CPUS_MAX) ? outcome_of((uint32_t)BH_E_HC_TIMEOUT"),
    "open-cell-starts": (CELL, "(part_open[part_view][cell] != 0U)", "(part_view > 1U)"),
    "no-refill": (CELL, "(!part_refill(cell))", "(cell > BH_CELLS_MAX)"),
    "created-unclear": (CELL, "(out.status == BH_OK) && (!keep)", "(out.status == BH_OK) && keep"),
    "left-unclear": (CELL, "        out = leave(self, cell, state);",
                     "        out = leave(self, cell, (uint32_t)BH_STATE_LEAVING);"),
    "share-cleared": ("src/core/prep.c", "(r->share == 0U)", "(r->share < 100U)"),
    "page-left-out": ("src/core/prep.c", "            prep[cell].page = 0U;\n",
                      "            prep[cell].page = 1U;\n"),
    "measure-ungranted": (MEASURE, "    return (cell == BH_CELL_ROOT) || (cell == whose) ||",
                          "    return (cell == BH_CELL_ROOT) || (cell >= whose) ||"),
    "measure-half": (MEASURE, "    uint32_t k = 4U * (uint32_t)(asked % 2U);",
                     "    uint32_t k = 2U * (uint32_t)(asked % 2U);"),
    "measure-early": (MEASURE, "           (measure_done[cell] == 1U);",
                      "           (measure_done[cell] <= 1U);"),
    "plan-short": (MEASURE, "    sha256_end(words, PLAN_TAIL);",
                   "    sha256_end(words, PLAN_TAIL - 1U);"),
    "again-refused": (HCALL, "(out.status != (uint32_t)BH_E_HC_AGAIN)", "(out.a < 100U)"),
    "memory-left": (CELL, "        part_clear(cell);\n        arch_cpu_forget_maps();\n        /*",
                    "        /*"),
    "cpus-not-returned": (CELL, "        return_cpus(cell, BH_CPUS_MAX);\n        set_state(",
                          "        set_state("),
    "loadable-stays-shut": (PART, "(((plan.regions[j].flags / BH_REGION_LOADABLE) % 2U) == 1U)",
                            "(((plan.regions[j].flags / BH_REGION_LOADABLE) % 2U) == 2U)"),
    "park-lost": (CPU, "    if (!arch_shared_swap((uint32_t)SW_CPU_REQUEST, cpu, other, want)) {\n",
                  "    arch_shared_store((uint32_t)SW_CPU_REQUEST, cpu, want);\n"
                  "    if (!arch_shared_swap((uint32_t)SW_CPU_REQUEST, cpu, other, want)) {\n"),
    "irq-of-two": (PART, "        if (claims_irq_of_root(v, c, w, k)) {",
                   "        if (claims_irq_of_root(v, c, w, k) && (c > 2U)) {"),
    "plan-aliases": ("src/core/plan.c", "           ((plan.regions[i].ipn + plan.regions[i].n) <= "
                     "plan.regions[j].ipn) ||",
                     "           ((plan.regions[i].ipn + plan.regions[i].n) <= "
                     "(plan.regions[j].ipn + 1U)) ||"),
    "plan-overlaps": ("src/core/plan.c", "(plan.regions[i].own != BH_CELL_ROOT) && "
                      "(plan.regions[j].own != BH_CELL_ROOT)) {",
                      "(plan.regions[i].own != BH_CELL_ROOT) && "
                      "(plan.regions[j].own == BH_CELL_KERNEL)) {"),
    "out-of-bounds": ("src/core/event.c", "    uint32_t k = (uint32_t)(seq % BH_EVENTS);",
                      "    uint32_t k = (uint32_t)(seq % (BH_EVENTS + 1U));"),
    "oracle-table": (ORACLE, "{BH_HC_CELL_STOP, STATE(RUNNING) | STATE(FAILED) | STATE(MEASURING), stop}",
                     "{BH_HC_CELL_STOP, STATE(RUNNING), stop}"),
    "oracle-holes": (ORACLE, "(r->root == 0U) && !lent", "!lent"),
}


def program(ctx, name):
    """The program with one mutant in it."""
    file, old, new = MUTANTS[name]
    text = (ctx.repo / file).read_text()
    if text.count(old) != 1:
        raise ValueError(f"{file} holds the place of {name} {text.count(old)} times")
    folder = ctx.repo / "build/fuzz-mutants" / name
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / Path(file).name
    copy.write_text(text.replace(old, new))
    return fuzz.Program(ctx, f"build/fuzz-mutants/{name}", {file: copy})


def try_mutant(ctx, name):
    """(found, how) of one mutant: the stage's own run, without making the case small."""
    built = program(ctx, name)
    wrong = built.build()
    if wrong:
        return False, f"does not build: {wrong[:200]}"
    run = fuzz.Fuzz(built, fuzz.SEED, lambda text: None)
    run.small = False
    run.corpus()
    by = "corpus"
    if not run.trouble:
        by = "lives"
        run.lives(CALLS, 100)
    if not run.trouble:
        by = "blobs"
        run.blobs(BLOBS)
    return bool(run.trouble), f"by {by}: {(run.trouble or ['not found'])[0][:110]}"


def one_is_small(ctx):
    """A divergence is brought down to a few steps that show it alone, and on no sound kernel."""
    built = program(ctx, "load-any-state")
    wrong = built.build()
    run = fuzz.Fuzz(built, fuzz.SEED, lambda text: None)
    if not wrong:
        run.corpus()
    kept = built.folder / "found-0.case"
    if wrong or not kept.exists():
        return False, wrong or "no case was kept"
    case = cases.Case.read(kept)
    sound = fuzz.Program(ctx)
    good = built.fails(case) and not sound.fails(case) and len(case.steps) <= 12
    return good, f"{len(case.steps)} steps"


def too_little(ctx):
    """A run without the corpus and with ten calls has gaps; an excuse for what it reached is none."""
    run = fuzz.Fuzz(fuzz.Program(ctx), fuzz.SEED, lambda text: None)
    run.lives(10, 20)
    missing, _, _ = run.gaps(False)
    before = required.excused
    required.excused = lambda: {"status CELL_CREATE ok": "a seeded excuse"}
    run.counts.bump(run.counts.calls, ("CELL_CREATE", "ok"), 1)
    _, stale, _ = run.gaps(False)
    required.excused = before
    return len(missing) > 20 and stale == ["status CELL_CREATE ok"], \
        f"{len(missing)} gaps, excuse refused: {bool(stale)}"


def empty_corpus(ctx):
    """No corpus, a damaged case and a blob under another verdict are seen."""
    folder = ctx.repo / "build/fuzz-mutants/corpus"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = fuzz.Fuzz(fuzz.Program(ctx), fuzz.SEED, lambda text: None)
    none = run.corpus(folder) == (0, 0)
    first = sorted(cases.CORPUS.glob("*.case"))[0]
    (folder / first.name).write_text(first.read_text() + "jump 0 1\n")
    raw = cases.read_blobs(cases.CORPUS / "blobs.txt")[0][1]
    name = "ok" if blobs.plan_oracle.verdict(raw) != "ok" else "E0101"
    (folder / "blobs.txt").write_text("\n".join(
        [f"verdict {name}", *cases.wrap("blob ", cases.pack(raw))]) + "\n")
    run.small = False
    run.corpus(folder)
    return none and len(run.trouble) == 2, "; ".join(run.trouble)[:110]


OTHERS = {"case-is-small": one_is_small, "too-little": too_little, "corpus-damage": empty_corpus}


def line(name, good, text, start):
    """Print one case; its record."""
    seconds = time.monotonic() - start
    print(f"{'PASS' if good else 'FAIL'} {name}: {text} ({seconds:.0f} s)", flush=True)
    return {"id": name, "status": "pass" if good else "fail", "detail": text}


def main():
    """Build the true program, then each mutant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    ctx = context.Context(quiet=True)
    start = time.monotonic()
    wrong = fuzz.Program(ctx).build()
    records = [line("sound", not wrong, wrong or "the program builds", start)]
    for name in [*MUTANTS, *OTHERS]:
        if args.only not in name or wrong:
            continue
        start = time.monotonic()
        try:
            good, text = try_mutant(ctx, name) if name in MUTANTS else OTHERS[name](ctx)
        except Exception as error:  # a mutant that cannot be tried shows nothing
            good, text = False, f"{type(error).__name__}: {error}"
        records.append(line(name, good, text, start))
    failed = sum(r["status"] == "fail" for r in records)
    if args.json:
        args.json.write_text(json.dumps({"cases": records, "passed": len(records) - failed,
                                         "failed": failed}, indent=1) + "\n")
    print(f"{len(records) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
