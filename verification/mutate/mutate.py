#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation: what of the proved code may change without a unit test or a proof noticing?

Each mutant is compiled, run through the unit tests that link its file, and, if it survives, its function
is proved again with its contract unchanged. A mutant that means the same is listed with its reason in
survivors.toml. Results are kept in build/mutate: a run goes on where the last one ended as long as neither
the kernel nor its tests have changed. What proofs have found is recorded in proofs.json (--record) and
replayed (--replay) as long as neither the function nor its contract has changed.

usage: mutate.py [--sample N] [--seed S] [--file TEXT] [--no-proof] [--replay] [--record] [--fresh]
                 [--json FILE] [--jobs N] [--wrap COMMAND]
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[0] / "static"), str(HERE.parents[0] / "verify"),
                str(HERE.parents[0] / "trace")]
import context  # noqa: E402
import csource  # noqa: E402
import kernel  # noqa: E402
import mutants  # noqa: E402
from stages import unit  # noqa: E402

WANTED = 90            # of 100 mutants that do not mean the same
TIMEOUT = 4            # seconds per goal; the unchanged function must be proved with it, too
SEED = "1"
RECORD = HERE / "proofs.json"
UNNOTICED = "neither tests nor proof"


class Run:
    """One run over one checkout."""

    def __init__(self, ctx, args):
        self.ctx, self.args, self.repo = ctx, args, ctx.repo
        self.work = self.repo / "build/mutate"
        self.work.mkdir(parents=True, exist_ok=True)
        self.tests = unit.Tests(ctx)
        self.pairs = mutants.all_mutants(self.repo)
        self.equal, self.problems = self.read_equal(), []
        self.controls = {}
        self.digests = {}
        self.recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        self.digest = self.tree_digest()
        self.known = {} if args.fresh else self.read_known()

    # ---- what there is

    def read_equal(self):
        """{(file, key): reason} of survivors.toml."""
        path = HERE / "survivors.toml"
        rows = tomllib.loads(path.read_text()).get("equivalent", []) if path.exists() else []
        found = {(r["file"], r["mutant"]): r["reason"] for r in rows}
        self.doubled = len(rows) - len(found)
        return found

    def tree_digest(self):
        """Digest of the code, its contracts and its tests."""
        total = hashlib.sha256()
        for name in context.source_files(self.repo):
            if name.startswith(("src/core/", "src/arch/", "src/abi/", "src/boards/", "verification/unit/",
                                "verification/proof/proof.toml")):
                total.update(name.encode() + b"\0" + (self.repo / name).read_bytes())
        return total.hexdigest()

    def read_known(self):
        """{(file, key): record} of an earlier run over the same tree."""
        path = self.work / "results.jsonl"
        lines = [json.loads(x) for x in path.read_text().splitlines()] if path.exists() else []
        if not lines or lines[0].get("tree") != self.digest:
            path.write_text(json.dumps({"tree": self.digest}) + "\n")
            return {}
        return {(r["file"], r["key"]): r for r in lines[1:]}

    def keep(self, mutant, verdict, by=""):
        """Remember a verdict."""
        record = {"file": mutant.file, "function": mutant.function, "key": mutant.key, "kind": mutant.kind,
                  "line": mutant.line, "verdict": verdict, "by": by}
        self.known[(mutant.file, mutant.key)] = record
        with open(self.work / "results.jsonl", "a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")

    def function_digest(self, mutant):
        """Digest of a mutant's function: its text and its contract, wherever that stands."""
        if not self.digests:
            files = kernel.Kernel(self.repo)
            source = csource.Source(self.repo, files.files("kernel", "headers"))
            for function in source.functions.values():
                words = " ".join(t.text for t in function.body)
                text = words + source.contract(function)
                self.digests[(function.file, function.name)] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self.digests.get((mutant.file, mutant.function), "")

    def replay(self, pairs):
        """Take over what a proof has found of the same function before."""
        for mutant, _ in pairs:
            by = self.recorded.get(mutant.file, {}).get(mutant.key, {})
            if by and by["function"] == self.function_digest(mutant):
                self.keep(mutant, by["verdict"], by["by"])

    def record_proofs(self):
        """Write down what proofs have found, for replays; what is no mutant any more is dropped."""
        found = {}
        for mutant, _ in self.pairs:
            record = self.known.get((mutant.file, mutant.key))
            old = self.recorded.get(mutant.file, {}).get(mutant.key)
            if record and record["by"] and (record["verdict"] == "proof" or
                                            record["by"] == UNNOTICED):
                old = {"function": self.function_digest(mutant), "verdict": record["verdict"],
                       "by": record["by"]}
            if old and old["function"] == self.function_digest(mutant):
                found.setdefault(mutant.file, {})[mutant.key] = old
        RECORD.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")

    # ---- unit tests

    def flags(self):
        """Compiler flags of the unit tests, without warnings, since a mutant may leave something unused, and
        without sanitizers, since they cost more than they find here: the proof sees what they see."""
        return [f for f in unit.COMMON if not f.startswith("-W") and f != "-g"] + ["-w", "-O0"]

    def prepare(self):
        """Objects of everything as it is, and the tests of each file with their time; all must pass."""
        base = self.work / "base"
        base.mkdir(exist_ok=True)
        names = self.tests.under_test() + self.tests.c
        objects = {n: str(base / (n[:-2].replace("/", "_") + ".o")) for n in names}
        stamp = base / "tree"
        ready = stamp.exists() and stamp.read_text() == self.digest
        todo = [n for n in names if not (ready and Path(objects[n]).exists())]
        done = kernel.batch(self.ctx, [["gcc", *self.flags(), "-c", str(self.repo / n), "-o", objects[n]]
                                       for n in todo], self.args.jobs)
        bad = [n for n, (code, _) in zip(todo, done) if code != 0]
        stamp.write_text(self.digest)
        links = [["gcc", *self.flags(), "-o", str(base / Path(t).stem), objects[t],
                  *[objects[s] for s in self.tests.link(t)]] for t in self.tests.c]
        bad += [t for t, (code, _) in zip(self.tests.c, kernel.batch(self.ctx, links)) if code != 0]
        if bad:
            raise context.Missing(f"these do not build without a mutant: {', '.join(bad)}")
        with ThreadPoolExecutor(self.args.jobs) as pool:
            runs = dict(zip(self.tests.c, pool.map(lambda t: self.timed(base / Path(t).stem), self.tests.c)))
        self.problems += [f"{t} fails without a mutant and was left out"
                          for t, s in runs.items() if s is None]
        return objects, {t: s for t, s in runs.items() if s is not None}

    def timed(self, program):
        """Seconds of a test as it is; None if it fails."""
        start = time.monotonic()
        done = self.ctx.tool(program)
        return time.monotonic() - start if done.returncode == 0 else None

    def plan(self, objects, seconds, names):
        """{file: its tests}, its own first, then the quick ones."""
        found = {}
        for name in names:
            mine = [t for t in seconds if name in self.tests.link(t)]
            mine.sort(key=lambda t, n=name: (Path(t).stem != f"test_{Path(n).stem}", seconds[t]))
            found[name] = [{"name": Path(t).stem, "seconds": max(10.0, 6 * seconds[t]), "objects":
                            [objects[t], *[objects[s] for s in self.tests.link(t) if s != name]]}
                           for t in mine]
        return found

    def run_tests(self, pairs):
        """Compile and test mutants; verdicts are kept as they come."""
        if not pairs:
            return
        objects, seconds = self.prepare()
        job = {"jobs": self.args.jobs, "repo": str(self.repo), "scratch": str(self.work / "scratch"),
               "compile": ["gcc", *self.flags()], "link": ["gcc", *self.flags()],
               "tests": self.plan(objects, seconds, {m.file for m, _ in pairs}),
               "mutants": [{"id": i, "file": m.file, "text": m.apply(text)}
                           for i, (m, text) in enumerate(pairs)]}
        path = self.work / "job.json"
        path.write_text(json.dumps(job))
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        with subprocess.Popen([self.ctx.runner, "python3", HERE / "worker.py", path], cwd=self.repo, env=env,
                              stdout=subprocess.PIPE, text=True) as worker:
            for count, line in enumerate(worker.stdout, 1):
                record = json.loads(line)
                mutant = pairs[record["id"]][0]
                self.keep(mutant, record["verdict"], record["by"])
                self.progress("tests", count, len(pairs), mutant, record["verdict"])
        if worker.returncode != 0:
            raise context.Missing(f"the worker ended with {worker.returncode}")

    def progress(self, what, count, total, mutant, verdict):
        """One line for each mutant that lives on, one for each 25th."""
        if verdict == "survived" or count % 25 == 0 or count == total:
            self.ctx.say(f"[{what} {count}/{total}] {verdict:9} {mutant.file}:{mutant.line} {mutant.key}")

    # ---- proofs

    def tree(self):
        """A copy with the sources and the proof run."""
        target = self.work / "tree"
        if not target.exists():
            names = [n for n in context.source_files(self.repo)
                     if n.startswith(("src/", "verification/proof/", "verification/toolroot/"))]
            context.copy_sources(self.repo, target, names)
        return target

    def prove(self, tree, mutant):
        """(proved, output) of the mutant's function in the copy."""
        program = [sys.executable, tree / "verification/proof/prove.py", "--file", mutant.file, "--fn",
                   mutant.function, "--no-smoke", "--timeout", TIMEOUT, "--jobs", self.args.jobs,
                   "--cache", self.work / "wpcache", "--json", self.work / "prove.json"]
        done = self.ctx.host(*self.args.wrap.split(), *program, cwd=tree,
                             env=context.copy_environment(self.repo))
        return done.returncode == 0, done.stdout

    def run_proofs(self, pairs):
        """Prove the functions of mutants that no test noticed."""
        if not pairs:
            return
        shutil.rmtree(self.work / "tree", ignore_errors=True)
        tree = self.tree()
        pairs = sorted(pairs, key=lambda p: (p[0].file, p[0].function, p[0].start))
        for count, (mutant, text) in enumerate(pairs, 1):
            where = (mutant.file, mutant.function)
            if where not in self.controls:
                self.controls[where] = self.prove(tree, mutant)[0]
            verdict, by = "survived", "its proof does not end in time unchanged"
            if self.controls[where]:
                (tree / mutant.file).write_text(mutant.apply(text))
                proved, output = self.prove(tree, mutant)
                (tree / mutant.file).write_text(text)
                by = UNNOTICED
                if not proved:
                    unproved = re.search(r"\b" + mutant.function + r" / (\S+): not proved", output)
                    verdict = "proof" if unproved else "survived"
                    by = unproved.group(1) if unproved else context.tail(output, 1)
            self.keep(mutant, verdict, by)
            self.progress("proof", count, len(pairs), mutant, verdict)

    # ---- verdict

    def chosen(self):
        """The mutants of this run."""
        pairs = [p for p in self.pairs if not self.args.file or self.args.file in p[0].file]
        if self.args.sample:
            if len(pairs) < self.args.sample:
                self.problems.append(f"{self.args.sample} mutants asked, there are {len(pairs)}")
            pairs = mutants.sample(pairs, self.args.sample, self.args.seed)
        return pairs

    def run(self):
        """Everything; the report."""
        pairs = self.chosen()
        open_ones = [p for p in pairs if self.record(p) is None]
        self.run_tests(open_ones)
        if self.args.replay:
            self.replay(self.unproved(pairs))
        if not self.args.no_proof:
            self.run_proofs(self.unproved(pairs))
        if self.args.record:
            self.record_proofs()
        return self.report(pairs)

    def unproved(self, pairs):
        """Mutants that no test noticed and no proof has judged."""
        return [p for p in pairs if self.record(p) and self.record(p)["verdict"] == "survived"
                and not self.record(p)["by"] and (p[0].file, p[0].key) not in self.equal]

    def record(self, pair):
        """What is known of a mutant, or None."""
        return self.known.get((pair[0].file, pair[0].key))

    def report(self, pairs):
        """Counts, survivors and what is wrong."""
        records = [self.record(p) for p in pairs]
        lost = sum(r is None for r in records)
        records = [dict(r) for r in records if r is not None]
        for r in records:
            if (r["file"], r["key"]) in self.equal:
                if r["verdict"] in ("test", "proof"):
                    self.problems.append(f"survivors.toml: {r['file']} {r['key']}: {r['by']} notices it")
                elif r["verdict"] == "survived":
                    r["verdict"] = "equivalent"
        counts = count(records)
        if lost:
            self.problems.append(f"{lost} of {len(pairs)} mutants were not judged")
        if self.doubled:
            self.problems.append(f"survivors.toml: {self.doubled} mutants are listed twice")
        there = {(m.file, m.key) for m, _ in self.pairs}
        self.problems += [f"survivors.toml: no such mutant: {f} {k}"
                          for f, k in sorted(set(self.equal) - there)]
        self.problems += [f"survivors.toml: no reason: {f} {k}" for (f, k), why in self.equal.items()
                          if not why.strip()]
        if counts["score"] < WANTED:
            self.problems.append(f"score {counts['score']:.1f} of 100, wanted are {WANTED}")
        if counts["judged"] == 0:
            self.problems.append("no mutant was judged")
        files = {f: count([r for r in records if r["file"] == f])
                 for f in sorted({r["file"] for r in records})}
        return {"format": 1, "of": len(self.pairs), "asked": self.args.sample or len(pairs),
                "seed": self.args.seed, "proof": not self.args.no_proof, "total": counts, "files": files,
                "survivors": [r for r in records if r["verdict"] == "survived"], "problems": self.problems}


def count(records):
    """Verdicts by kind, and the score."""
    found = {v: sum(r["verdict"] == v for r in records)
             for v in ("test", "proof", "survived", "equivalent", "invalid")}
    judged = found["test"] + found["proof"] + found["survived"]
    found["judged"] = judged
    found["score"] = 100.0 * (found["test"] + found["proof"]) / judged if judged else 0.0
    return found


def table(report):
    """The table as text."""
    head = ("file", "test", "proof", "survived", "equivalent", "invalid", "score")
    rows = [head] + [(f, *[str(c[k]) for k in head[1:6]], f"{c['score']:.1f}")
                     for f, c in [*report["files"].items(), ("all", report["total"])]]
    width = [max(len(r[i]) for r in rows) for i in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in
                               enumerate(zip(row, width))) for row in rows)


def arguments(words=None):
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sample", type=int, default=0, help="so many mutants instead of all")
    parser.add_argument("--seed", default=SEED, help="which sample")
    parser.add_argument("--file", default="", help="only files with this text in their name")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-proof", action="store_true", help="unit tests alone")
    parser.add_argument("--replay", action="store_true", help="take over what proofs found, proofs.json")
    parser.add_argument("--record", action="store_true", help="write proofs.json")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--wrap", default="", help="a command to run each proof with (a queue, a nice)")
    return parser.parse_args(words)


def main():
    """Run, print, judge."""
    args = arguments()
    report = Run(context.Context(), args).run()
    path = args.json or context.REPO / "build/mutate/report.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))
    for survivor in report["survivors"]:
        print(f"survived {survivor['file']}:{survivor['line']} {survivor['key']} ({survivor['by']})")
    for problem in report["problems"]:
        print(f"FAIL {problem}")
    print(f"{report['total']['judged']} mutants of {report['of']} judged, score "
          f"{report['total']['score']:.1f}")
    return 1 if report["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
