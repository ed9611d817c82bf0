#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeded defects: each must turn the proof gate red, for the reason that was seeded.

  selftest.py [--jobs N] [--only TEXT]

Works on a copy of src and verification/proof below build/. Prints a line per case and closes with
`N passed, N failed`.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import verdicts  # noqa: E402

REPO = pathlib.Path(__file__).resolve().parents[2]
WORK = REPO / "build/proof-selftest"
TREE = WORK / "tree"
PART = "src/core/part.c"
PLAN = "src/core/plan.c"
CLAIMS = "src/core/plan_claims.c"
CRC = "src/core/crc.c"
S2 = "src/arch/aarch64/s2.c"
CFG = "verification/proof/proof.toml"
LEDGER = "verification/proof/assumptions.toml"
ONLY_CRC = (r'\[\[file\]\].*', '[[file]]\npath = "src/core/crc.c"\n')

# Changes of the code, none of its contracts: file, function proved again, old text, new text.
MUTANTS = [
    (PART, "is_keeper", "(plan.regions[j].root == 0U) &&", "(plan.regions[j].root <= 1U) &&"),
    (PART, "is_keeper", "&& (part_open[v][own] != 0U)", "|| (part_open[v][own] != 0U)"),
    (PART, "is_taken", "(p < (plan.regions[j].ppn", "(p <= (plan.regions[j].ppn"),
    (PART, "pages_to_edge", "k = (uint32_t)(from - p);", "k = (uint32_t)(from - p) + 1U;"),
    (PART, "map_run", "if (!is_taken(v,", "if (is_taken(v,"),
    (PART, "map_region", "ok = map_carved(v, i);", "ok = map_whole(i);"),
    (PART, "build_cell", "map_reset((c == BH_CELL_ROOT) ? v : c);", "map_reset(c);"),
    (PART, "build_view", "build_cell(w, BH_CELL_ROOT)", "build_cell(part_view, BH_CELL_ROOT)"),
    (PART, "op_allowed", "(cell <= BH_CELL_ROOT)", "(cell < BH_CELL_ROOT)"),
    (PART, "part_boot", "e = plan_check_memory();", "e = BH_OK;"),
    (PART, "first_root", "        map_reset(0U);\n", ""),
    (PART, "root_owns_irq", "owned = false;", "owned = true;"),
    (PLAN, "is_compatible", "<= plan.regions[j].ppn) ||", "<= (plan.regions[j].ppn + 1U)) ||"),
    (PLAN, "is_no_alias", ") <= plan.regions[j].ipn)", ") <= (plan.regions[j].ipn + 1U))"),
    (PLAN, "range_ok", "(plan.regions[i].own == BH_CELL_KERNEL) &&", ""),
    (PLAN, "status_ok", "(plan.regions[i].own != BH_CELL_ROOT) ||", ""),
    (PLAN, "is_compatible_with_earlier", "ok && (j < i)", "ok && ((j + 1U) < i)"),
    (CLAIMS, "plan_judge_claims", "(!root_has_cpu())", "(plan.n_cpus == 0U)"),
    (S2, "leaf_pages", "(n >= PAGES_L2) && ", ""),
    (S2, "step_down", "(d == 0U) && ", ""),
    (S2, "write_block2", "s2_e.at[p][t2][b] = d - 2U;", "s2_e.at[p][t2][b] = d;"),
    (S2, "lay_run", "i += k;", "i += 1U;"),
    (S2, "attributes_of", "f % 16U", "f % 8U"),
    (S2, "map_reset", "s2_used[pool] = 2U;", "s2_used[pool] = 1U;"),
]

NAKED = "static uint32_t naked(uint32_t x)\n{\n    return x / 2U;\n}\n"
ORACLE = ("/*@ terminates \\true; exits \\false; assigns \\nothing; ensures a: \\result == 0; */\n"
          "uint32_t oracle(void);\n"
          "/*@ terminates \\true; exits \\false; assigns \\nothing; */\n"
          "uint32_t ask(void)\n{\n    return oracle();\n}\n")
CAST = ("/*@ requires r: \\valid_read(p); terminates \\true; exits \\false; assigns \\nothing; */\n"
        "uint32_t peek(const struct bh_region *p)\n{\n    return *(const uint32_t *)p;\n}\n")
SHIFT = "    ensures SWR_CRC_001: \\result == crc_shift(c);"

# What the gate itself must see: name, arguments, the words it must say, changes (file, old, new).
GATES = [
    ("contradictory requires", ["--file", CRC, "--fn", "shift_out"], "contradictory",
     [(CRC, SHIFT + "\n*/\nstatic", "    ensures SWR_CRC_001: \\false;\n*/\nstatic"),
      (CRC, "/* One bit of the division. */\n/*@ ",
       "/* One bit of the division. */\n/*@ requires never: c < 3 && c > 5;\n    ")]),
    ("axiom false", ["--file", CRC, "--fn", "shift_out", "--no-smoke"], "'axiom' is banned",
     [("src/core/crc.acsl", "/*@ //", "/*@ axiomatic A { axiom no: \\false; } //")]),
    ("admit", ["--file", CRC, "--fn", "shift_out", "--no-smoke"], "'admit' is banned",
     [(CRC, SHIFT, SHIFT.replace("ensures", "admit ensures"))]),
    ("broken contract", ["--file", PART, "--fn", "pages_to_edge", "--no-smoke"], "not proved",
     [(PART, "in_pa(j, q) <==> in_pa(j, p)", "in_pa(j, q) <==> !in_pa(j, p)")]),
    ("fewer goals", ["--file", CRC, "--no-smoke"], "goals, pinned are",
     [(CRC, "        loop variant 8 - k;\n", "")]),
    ("file without a pin", ["--file", CRC, "--no-smoke"], "not in baseline.json",
     [("verification/proof/baseline.json", '"src/core/crc.c"', '"src/core/other.c"')]),
    ("function without a contract", ["--file", CRC, "--no-smoke"], "naked has no contract",
     [(CRC, "/* One bit", NAKED + "/* One bit")]),
    ("unlisted extern contract", ["--file", CRC, "--fn", "ask", "--no-smoke"],
     "not in the ledger: extern contract of oracle", [(CRC, "/* One bit", ORACLE + "/* One bit")]),
    ("unlisted memory hypothesis", ["--file", PLAN, "--fn", "range_ok", "--no-smoke"],
     "not in the ledger: memory, range_ok", [(LEDGER, '"range_ok"', '"other"')]),
    ("stale ledger entry", ["--no-smoke"], "nothing assumes any more: extern nobody",
     [(CFG, *ONLY_CRC), (LEDGER, "[[argued]]\nname = \"table base\"",
                         "[[extern]]\nfunction = \"nobody\"\nreason = \"x\"\n\n[[argued]]\n"
                         "name = \"table base\"")]),
    ("one solver family", ["--no-smoke"], "solver families that proved something: ['z3']",
     [(CFG, *ONLY_CRC), (CFG, '["cvc5", "z3", "cvc4"]', '["z3"]')]),
    ("warning not allowed", ["--file", CRC, "--fn", "peek", "--no-smoke"], "warning: ",
     [(CRC, "/* One bit", CAST + "/* One bit")]),
    ("file missing", ["--file", "src/core/gone.c", "--no-smoke"], "no such file",
     [(CFG, 'path = "src/core/crc.c"', 'path = "src/core/gone.c"')]),
    ("file that does not parse", ["--file", CRC, "--no-smoke"], "Frama-C stopped",
     [(CRC, "return r ^ 0xFFFFFFFFU;", "return r ^ ;", )]),
]


def fresh_tree():
    if TREE.exists():
        shutil.rmtree(TREE)
    for part in ("src", "verification/proof"):
        shutil.copytree(REPO / part, TREE / part, ignore=shutil.ignore_patterns("__pycache__"))
    (TREE / "verification/toolroot").mkdir(parents=True)
    for name in ("run", "chroot-enter"):
        shutil.copy2(REPO / "verification/toolroot" / name, TREE / "verification/toolroot" / name)


def restore(files):
    for name in files:
        shutil.copy2(REPO / name, TREE / name)


def seed(name, old, new):
    """Change one place of one file; a seed that does not fit is an error, not a pass."""
    path = TREE / name
    text = path.read_text(encoding="utf-8")
    if old.startswith(r"\["):
        changed, count = re.subn(old, lambda _: new, text, count=1, flags=re.S)
    else:
        count = text.count(old)
        changed = text.replace(old, new)
    if count < 1:
        raise ValueError(f"seed does not fit {name}: {old!r}")
    path.write_text(changed, encoding="utf-8")


def seed_in_function(name, fn, old, new):
    path = TREE / name
    text = path.read_text(encoding="utf-8")
    start = re.search(r"^[a-z][^;{}=\n]*\b" + fn + r"\([^;{}]*\)\s*\{", text, re.M).start()
    end = text.index("\n}\n", start)
    body = text[start:end]
    if body.count(old) != 1:
        raise ValueError(f"mutant does not fit {name} {fn}: {old!r}")
    path.write_text(text[:start] + body.replace(old, new) + text[end:], encoding="utf-8")


def prove(args, jobs):
    env = dict(os.environ)
    env.setdefault("BULKHEAD_ROOT", str(REPO / "build/tools/root"))
    p = subprocess.run([sys.executable, str(TREE / "verification/proof/prove.py"),
                        "--jobs", str(jobs), *args],
                       cwd=TREE, env=env, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    return p.returncode, p.stdout


def case(title, changes, args, words, jobs, counts):
    """Seed, prove, judge: red for the right reason, or green where words is None."""
    start = time.monotonic()
    try:
        for change in changes:
            change()
        code, out = prove(args, jobs)
        good = (code == 0) if words is None else (code != 0 and words in out)
        why = "" if good else " | " + " | ".join(out.strip().splitlines()[-3:])
    except ValueError as e:
        good, why = False, f" | {e}"
    counts[good] += 1
    seconds = time.monotonic() - start
    print(f"{'PASS' if good else 'FAIL'} {title} ({seconds:.0f} s){why}", flush=True)


def forged(jobs):
    """A verdict that no solver gave is believed until the sample draws it. @return (good, why)"""
    args = ["--file", CRC, "--fn", "shift_out", "--no-smoke", "--timeout", "4"]
    seed_in_function(CRC, "shift_out", "c / 2U", "c / 3U")
    prove(args, jobs)
    kept = verdicts.gather([TREE / "build/proof/src_core_crc_c/proofs/cache"])
    lie = json.dumps({"prover": "cvc5:1.1.2", "verdict": "valid", "time": 0.01})
    verdicts.write(TREE / "verification/proof/verdicts/src_core_crc_c.tsv", dict.fromkeys(kept, lie))
    believed, _ = prove([*args, "--share", str(1 << 256)], jobs)
    code, out = prove([*args, "--share", "1"], jobs)
    restore([CRC, "verification/proof/verdicts/src_core_crc_c.tsv"])
    return believed == 0 and code != 0 and "not proved" in out, out.strip().splitlines()[-2:]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--only", default="", help="cases whose title contains this text")
    a = p.parse_args()
    counts = {True: 0, False: 0}
    fresh_tree()
    for name in (PART, PLAN, CLAIMS, S2):
        fns = ",".join(sorted({fn for f, fn, _, _ in MUTANTS if f == name}))
        title = f"control: {name} unchanged is green"
        if a.only in title:
            case(title, [], ["--file", name, "--fn", fns, "--no-smoke"], None, a.jobs, counts)
    for title, args, words, changes in GATES:
        if a.only in title:
            case(title, [lambda c=c: seed(*c) for c in changes], args, words, a.jobs, counts)
            restore({c[0] for c in changes})
    if a.only in "forged verdict":
        good, why = forged(a.jobs)
        counts[good] += 1
        print("PASS forged verdict" if good else f"FAIL forged verdict | {why}", flush=True)
    for name, fn, old, new in MUTANTS:
        what = f"{old.strip()} -> {new.strip() or 'nothing'}"
        title = f"mutant: {pathlib.Path(name).stem} {fn}: {what}"
        if a.only in title:
            case(title, [lambda: seed_in_function(name, fn, old, new)],
                 ["--file", name, "--fn", fn, "--no-smoke", "--timeout", "4"], "not proved", a.jobs,
                 counts)
            restore([name])
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] or not counts[True] else 0


if __name__ == "__main__":
    sys.exit(main())
