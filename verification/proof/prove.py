#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prove the C code against its contracts with Frama-C/WP, and judge the run.

  prove.py [--file F] [--fn FN] [--json OUT] [--jobs N] [--cold | --dev] [--no-smoke]
           [--update-baseline] [--update-verdicts]

Verdicts kept in verdicts/ are replayed, but for a sample (verdicts.py): --cold replays none, --dev also
those of the run before and proves no sample again.

One process per file. Red (exit code 1) is: an unproved goal; fewer goals than baseline.json; a file
that is not in it; a function without a contract; a smoke test that fails (contradictory contract),
or fewer of them; a warning not on the allow-list; an assumption that assumptions.toml does not
list, or an entry there which nothing needs; axiom, axiomatic or admit; too few solver families.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import tomllib

import verdicts

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
RUN = REPO / "verification/toolroot/run"
BANNED = re.compile(r"\b(axiom|axiomatic|admit)\b")
REQ = re.compile(r"SWR_[A-Z][A-Z0-9]{1,4}_[0-9]{3}")
SMOKE_PROPS = ("-@ensures,-@assigns,-@requires,-@exits,-@assert,-@variant,-@lemma,"
               "-@terminates,-@decreases")


def load(path):
    with open(path, "rb") as f:
        return tomllib.load(f)


def annotations(text):
    """The ACSL parts of a C file, with the line each begins in."""
    for m in re.finditer(r"/\*@.*?\*/|//@[^\n]*", text, re.S):
        yield text.count("\n", 0, m.start()) + 1, m.group(0)


def banned_words(roots):
    out = []
    for root in roots:
        for path in sorted((REPO / root).rglob("*")):
            if path.suffix not in (".c", ".h", ".acsl") or not path.is_file():
                continue
            for line, part in annotations(path.read_text(encoding="utf-8")):
                for m in BANNED.finditer(re.sub(r"//(?!@).*", "", part)):
                    where = line + part.count("\n", 0, m.start())
                    out.append(f"{path.relative_to(REPO)}:{where}: '{m.group(0)}' is banned")
    return out


class Job:
    """One file: its two runs and what they said."""

    def __init__(self, entry, cfg, args, par):
        self.path = entry["path"]
        self.entry = entry
        self.cfg = cfg
        self.args = args
        self.par = par
        self.problems = []
        self.functions = {}
        self.smoke = 0
        self.lines = {}
        self.externs = set()
        self.defined = set()
        self.memory = set()
        self.seconds = 0.0
        self.replayed = self.asked = 0
        stem = re.sub(r"[^a-z0-9]+", "_", self.path.lower())
        self.kept = pathlib.Path(args.verdicts) / f"{stem}.tsv"
        self.out = pathlib.Path(args.work) / stem
        self.out.mkdir(parents=True, exist_ok=True)

    def options(self):
        left_out = self.entry.get("without", [])
        return [o for o in self.cfg["wp"]["options"] if o not in left_out]

    def cache(self, name):
        """Where WP keeps verdicts of the run of this name, with what it finds there."""
        folder = self.out / name / "cache"
        if not (self.args.dev and folder.is_dir()):
            kept = {} if self.args.cold else verdicts.read(self.kept)
            verdicts.lay_out(kept, folder, self.args.seed, self.args.share)
        return ["-wp-session", str(folder.parent), "-wp-cache", self.mode()]

    def mode(self):
        if self.args.cold and not self.args.update_verdicts:
            return "none"
        return "cleanup" if self.args.update_verdicts else "update"

    def frama(self, name, extra, tail=()):
        include = " ".join("-I" + i for i in self.cfg["wp"]["include"])
        cmd = [str(RUN), "frama-c", f"-cpp-extra-args={include}",
               "-kernel-warn-key", "annot:missing-spec=active", *self.options(), self.path, "-wp",
               "-wp-par", str(self.par), *self.cache(name)]
        if self.args.fn:
            cmd += ["-wp-fct", self.args.fn]
        p = subprocess.run(cmd + extra + list(tail), cwd=REPO, text=True, errors="replace",
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        found = re.findall(r"\[Cache\].*?found:(\d+)", p.stdout)
        new = re.findall(r"\[Cache\].*?updated:(\d+)", p.stdout)
        self.replayed += sum(map(int, found))
        self.asked += sum(map(int, new))
        return p.returncode, p.stdout

    def run(self):
        start = time.monotonic()
        if not (REPO / self.path).is_file():
            self.problems.append(f"{self.path}: no such file")
        else:
            self.proofs()
            if not self.args.no_smoke and not self.broken():
                self.smokes()
            if self.args.update_verdicts and not self.broken():
                verdicts.write(self.kept, verdicts.gather(
                    [self.out / name / "cache" for name in ("proofs", "smoke")]))
        self.seconds = time.monotonic() - start
        return self

    def broken(self):
        return any("Frama-C stopped" in p for p in self.problems)

    def result(self, code, log, name):
        """The JSON report of a run; Frama-C's own verdict is not taken for granted."""
        path = self.out / f"{name}.json"
        (self.out / f"{name}.log").write_text(log, encoding="utf-8")
        if code != 0 or "aborted" in log or not path.is_file():
            last = [x for x in log.splitlines() if x.strip()][-1:] or ["no output"]
            error = [x for x in log.splitlines() if "rror" in x][:1] or last
            self.problems.append(f"{self.path}: Frama-C stopped: {error[0].strip()}")
            return None
        return json.loads(path.read_text(encoding="utf-8"))

    def proofs(self):
        for old in self.out.glob("*.*"):
            if old.is_file():
                old.unlink()
        wp = self.cfg["wp"]
        code, log = self.frama(
            "proofs", ["-wp-prover", ",".join(wp["provers"]), "-wp-timeout",
             str(self.args.timeout or wp["timeout"]), "-wp-report-json", str(self.out / "wp.json")],
            ["-then", "-report-csv", str(self.out / "wp.csv")])
        report = self.result(code, log, "wp")
        if report is None:
            return
        self.goals(report)
        said = re.findall(r"Proved goals:\s+(\d+) / (\d+)", log)
        count = sum(g["count"] for g in self.all_goals())
        proved = sum(g["proved"] for g in self.all_goals())
        # The log also counts what needs no goal (unreachable or terminating by construction).
        if not said or int(said[-1][1]) - int(said[-1][0]) != count - proved or \
                int(said[-1][0]) < proved:
            self.problems.append(f"{self.path}: log says {said[-1:]}, report says {proved}/{count}")
        self.properties()
        self.warnings(log)
        self.contracts(log)

    def goals(self, report):
        groups = dict(report.get("wp:functions", {}))
        lemmas = {}
        for part in report.get("wp:axiomatics", {}).values():
            lemmas.update(part)
        if lemmas:
            groups["(lemmas)"] = lemmas
        for fn, props in groups.items():
            for name, by in props.items():
                if name == "wp:section":
                    continue
                main = by["wp:main"]
                provers = sorted(k.split(":")[0].lower() for k, v in by.items()
                                 if k != "wp:main" and v.get("valid"))
                clause = name[len(fn) + 1:] if name.startswith(fn + "_") else name
                self.functions.setdefault(fn, []).append({
                    "name": name, "clause": clause, "requirements": REQ.findall(name),
                    "count": main["total"], "proved": main.get("valid", 0),
                    "status": "proved" if main.get("valid", 0) == main["total"] else "unproved",
                    "prover": ",".join(provers)})

    def all_goals(self):
        return [g for goals in self.functions.values() for g in goals]

    def properties(self):
        """From the property table: where contracts stand, and contracts without a body."""
        with open(self.out / "wp.csv", encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f, delimiter="\t"):
                if row["directory"].startswith("FRAMAC_SHARE"):
                    continue
                here = f"{row['directory']}/{row['file']}"
                self.lines.setdefault(row["function"], (here, row["line"]))
                label = row["property"].split(":")[0].strip()
                self.lines.setdefault((row["function"], label), (here, row["line"]))
                if row["status"] == "Considered valid":
                    self.externs.add(row["function"])

    def warnings(self, log):
        allowed = self.cfg.get("warning", [])
        lines = log.splitlines()
        i = 0
        while i < len(lines):
            if "Warning:" not in lines[i]:
                i += 1
                continue
            block = [lines[i]]
            i += 1
            while i < len(lines) and lines[i].startswith(" "):
                block.append(lines[i].strip())
                i += 1
            text = " ".join(block)
            if "Memory model hypotheses" in text:
                fn = re.search(r"for function '(\w+)'", text).group(1)
                for h in re.findall(r"requires .*?;", text):
                    self.memory.add((fn, re.sub(r"\s+", " ", h)))
            elif not any(re.search(w["text"], text) for w in allowed):
                self.problems.append(f"{self.path}: warning: {text[:200]}")

    def contracts(self, log):
        self.defined = set(re.findall(r"\[rte:annot\] annotating function (\w+)", log))
        if self.args.fn:
            return
        if not self.defined:
            self.problems.append(f"{self.path}: no function was annotated")
        with open(self.out / "wp.csv", encoding="utf-8", newline="") as f:
            have = {row["function"] for row in csv.DictReader(f, delimiter="\t")
                    if row["property kind"] == "assigns clause"}
        for fn in sorted(self.defined - have):
            self.problems.append(f"{self.path}: function {fn} has no contract (no assigns clause)")
        for fn in sorted((self.defined & have) - set(self.functions)):
            self.problems.append(f"{self.path}: function {fn} has no goal")

    def smokes(self):
        s = self.cfg["smoke"]
        code, log = self.frama(
            "smoke", [*s["kinds"], "-wp-smoke-timeout", str(s["timeout"]), "-wp-timeout", str(s["timeout"]),
             "-wp-steps", str(s["steps"]), "-wp-prover", s["prover"], f"-wp-prop={SMOKE_PROPS}",
             "-wp-report-json", str(self.out / "smoke.json")])
        report = self.result(code, log, "smoke")
        if report is None:
            return
        for props in report.get("wp:functions", {}).values():
            for name, by in props.items():
                if "_wp_smoke_" not in name:
                    continue
                main = by["wp:main"]
                self.smoke += main.get("valid", 0)
                if main.get("valid", 0) != main["total"]:
                    fn, _, kind = name.partition("_wp_smoke_")
                    where = ":".join(self.lines.get(fn, (self.path, "0")))
                    self.problems.append(f"{where} {fn} / smoke {kind}: contradictory")

    def report(self):
        for fn, goals in self.functions.items():
            for g in goals:
                if g["status"] != "proved":
                    label = (g["requirements"] or [g["clause"].rsplit("_", 1)[-1]])[0]
                    where = self.lines.get((fn, label)) or self.lines.get(fn) or (self.path, "0")
                    tried = ",".join(self.cfg["wp"]["provers"])
                    self.problems.append(f"{':'.join(where)} {fn} / {g['clause']}: not proved "
                                         f"[{tried}]")


def definition_of(fn, files):
    pattern = re.compile(r"^[a-z][^;{}=\n]*\b" + fn + r"\([^;{}]*\)\s*\{", re.M)
    for path in files:
        if (REPO / path).is_file() and pattern.search((REPO / path).read_text(encoding="utf-8")):
            return path
    return None


def judge_ledger(jobs, cfg, whole):
    """Compare what the runs assume with assumptions.toml, both ways."""
    out, discharged = [], {}
    ledger = load(HERE / "assumptions.toml")
    memory = {(e["function"], e["text"]): e for e in ledger.get("memory", [])}
    extern = {e["function"]: e for e in ledger.get("extern", [])}
    for e in [*memory.values(), *extern.values()]:
        if not e.get("reason"):
            out.append(f"assumptions.toml: {e['function']}: no reason given")
    seen_memory = set().union(*(j.memory for j in jobs)) if jobs else set()
    seen_extern = set().union(*(j.externs for j in jobs)) if jobs else set()
    files = [e["path"] for e in cfg["file"]]
    for fn, text in sorted(seen_memory - set(memory)):
        out.append(f"assumption not in the ledger: memory, {fn}: {text}")
    for fn in sorted(seen_extern):
        home = definition_of(fn, files)
        if home:
            discharged[fn] = home
        elif fn not in extern:
            out.append(f"assumption not in the ledger: extern contract of {fn}")
    if whole:
        for key in sorted(set(memory) - seen_memory):
            out.append(f"assumptions.toml: nothing assumes any more: memory, {key[0]}: {key[1]}")
        for fn in sorted(set(extern) - (seen_extern - set(discharged))):
            out.append(f"assumptions.toml: nothing assumes any more: extern {fn}")
    return out, discharged


def judge_baseline(jobs, args):
    path = pathlib.Path(args.baseline)
    pinned = json.loads(path.read_text()) if path.is_file() else {}
    out = []
    for j in jobs:
        now = {"goals": sum(g["count"] for g in j.all_goals()), "functions": len(j.defined),
               "smoke": j.smoke}
        was = pinned.get(j.path)
        if args.update_baseline:
            pinned[j.path] = now
        elif was is None:
            out.append(f"{j.path}: not in {path.name}; run with --update-baseline")
        else:
            for key, number in now.items():
                if number < was[key] and not (key == "smoke" and args.no_smoke):
                    out.append(f"{j.path}: {number} {key}, pinned are {was[key]}")
    if args.update_baseline:
        path.write_text(json.dumps(pinned, indent=2, sort_keys=True) + "\n")
    return out


def families(jobs, cfg):
    used = {}
    for j in jobs:
        for g in j.all_goals():
            for p in filter(None, g["prover"].split(",")):
                used[p] = used.get(p, 0) + g["proved"]
    known = cfg["wp"]["families"]
    return used, {known[p] for p in used if p in known}


def versions():
    out = {}
    for tool in (["frama-c", "-version"], ["why3", "--version"], ["z3", "--version"],
                 ["cvc4", "--version"], ["cvc5", "--version"]):
        p = subprocess.run([str(RUN), *tool], cwd=REPO, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        out[tool[0]] = (p.stdout.strip().splitlines() or ["missing"])[0]
    return out


def table(jobs, used):
    names = [p for p in ("qed", "cvc5", "z3", "cvc4") if p in used]
    width = max(len(j.path) for j in jobs)
    print(f"{'file':{width}}  functions  goals  proved  smoke  " +
          "  ".join(f"{n:>5}" for n in names) + "  seconds")
    for j in jobs:
        goals = j.all_goals()
        by = [sum(g["proved"] for g in goals if n in g["prover"].split(",")) for n in names]
        print(f"{j.path:{width}}  {len(j.defined):9}  {sum(g['count'] for g in goals):5}  "
              f"{sum(g['proved'] for g in goals):6}  {j.smoke:5}  " +
              "  ".join(f"{n:5}" for n in by) + f"  {j.seconds:7.0f}")


def head():
    """The commit: the sample of what is proved again depends on it."""
    p = subprocess.run(["git", "-c", "safe.directory=*", "rev-parse", "HEAD"], cwd=REPO, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return p.stdout.strip()


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--file", action="append", help="only this file (may be repeated)")
    p.add_argument("--fn", help="only this function (or several, by commas); needs --file")
    p.add_argument("--json", help="write the result there")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--cold", action="store_true", help="ask the solvers for every goal")
    p.add_argument("--dev", action="store_true", help="replay the run before as well, and no sample")
    p.add_argument("--timeout", type=int, help="seconds per goal instead of proof.toml's")
    p.add_argument("--no-smoke", action="store_true", help="leave the smoke tests out")
    p.add_argument("--update-baseline", action="store_true")
    p.add_argument("--update-verdicts", action="store_true", help="keep the verdicts of this run")
    p.add_argument("--share", type=int, default=verdicts.SHARE,
                   help="one of so many kept verdicts is proved again")
    p.add_argument("--verdicts", default=str(verdicts.FOLDER), help=argparse.SUPPRESS)
    p.add_argument("--baseline", default=str(HERE / "baseline.json"), help=argparse.SUPPRESS)
    p.add_argument("--config", default=str(HERE / "proof.toml"), help=argparse.SUPPRESS)
    p.add_argument("--work", default=str(REPO / "build/proof"), help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.fn and not args.file:
        p.error("--fn needs --file")
    if args.cold and args.dev:
        p.error("--cold replays nothing, --dev all that there is")
    if args.update_verdicts and (args.fn or args.no_smoke):
        p.error("--update-verdicts needs whole files, with smoke tests")
    if args.dev:
        args.share = 1 << 256      # no key is sampled
    args.seed = head()
    return args


def main():
    args = arguments()
    cfg = load(args.config)
    entries = [e for e in cfg["file"] if not args.file or e["path"] in args.file]
    problems = [f"{f}: not in proof.toml" for f in args.file or []
                if f not in [e["path"] for e in entries]]
    problems += [f"proof.toml: {e['path']}: 'without' needs a reason" for e in cfg["file"]
                 if e.get("without") and not e.get("reason")]
    problems += [f"proof.toml: warning '{w['text']}' needs a reason" for w in cfg.get("warning", [])
                 if not w.get("reason")]
    problems += banned_words(cfg["wp"]["scan"])
    start = time.monotonic()
    workers = max(1, min(args.jobs, len(entries)))
    par = max(1, args.jobs // workers)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = list(pool.map(lambda e: Job(e, cfg, args, par).run(), entries))
    whole = not args.file and not args.fn
    for j in jobs:
        j.report()
        problems += j.problems
    more, discharged = judge_ledger(jobs, cfg, whole and not any(j.broken() for j in jobs))
    problems += more
    if not args.fn:
        problems += judge_baseline(jobs, args)
    used, families_used = families(jobs, cfg)
    if whole and len(families_used) < cfg["wp"]["min_families"]:
        problems.append(f"solver families that proved something: {sorted(families_used)}, "
                        f"{cfg['wp']['min_families']} are required")
    seconds = time.monotonic() - start
    if jobs:
        table(jobs, used)
    for text in problems:
        print(text)
    if whole and seconds > cfg["wp"]["budget"]:
        print(f"warning: {seconds:.0f} s, budget {cfg['wp']['budget']} s")
    total = sum(g["count"] for j in jobs for g in j.all_goals())
    proved = sum(g["proved"] for j in jobs for g in j.all_goals())
    if not total:
        problems.append("no goals")
    if args.json:
        result = {
            "files": [{"file": j.path, "seconds": round(j.seconds, 1), "smoke": j.smoke,
                       "functions": [{"name": fn, "goals": goals}
                                     for fn, goals in sorted(j.functions.items())]} for j in jobs],
            "totals": {"goals": total, "proved": proved, "unproved": total - proved,
                       "functions": sum(len(j.defined) for j in jobs),
                       "smoke": sum(j.smoke for j in jobs), "by_prover": used,
                       "families": sorted(families_used), "seconds": round(seconds, 1),
                       "cold": args.cold, "replayed": sum(j.replayed for j in jobs),
                       "asked": sum(j.asked for j in jobs), "problems": problems},
            "assumptions": {"discharged": discharged, **load(HERE / "assumptions.toml")},
            "versions": versions()}
        pathlib.Path(args.json).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if not args.cold:
        print(f"verdicts of solvers: {sum(j.replayed for j in jobs)} replayed, "
              f"{sum(j.asked for j in jobs)} new")
    print(f"{proved} of {total} goals proved, {sum(j.smoke for j in jobs)} smoke tests passed, "
          f"{len(problems)} problem{'' if len(problems) == 1 else 's'}, {seconds:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
