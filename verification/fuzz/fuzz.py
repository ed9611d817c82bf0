#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzzing under a ghost oracle: `make fuzz`.

The kernel's core runs on the fake machine of src/arch/host, with ASan and UBSan, beside an oracle
(oracle.c) that was written from the specification. After every step the whole state of both is
compared. First the corpus, then random lives of cells, then random plans. Ends with tables; green
only without a divergence and when all that the specification names was reached.

usage: fuzz.py [--calls N] [--blobs N=CALLS/10] [--seed S] [--json FILE] [--replay FILE] [--gather]
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERIFICATION = HERE.parent
sys.path[:0] = [str(HERE), str(VERIFICATION / "verify"), str(VERIFICATION / "static")]
import blobs  # noqa: E402
import cases  # noqa: E402
import context  # noqa: E402
import kernel  # noqa: E402
import required  # noqa: E402

CALLS, SEED = 100000, 1
STEPS = 40         # of the life of an accepted plan
CORPUS_BYTES = 200 * 1024
CORPUS_FILL = 90 * 1024  # --gather stops there
CORPUS_STEPS = 160
CANDIDATES = 300
FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-g", "-Wall", "-Wextra", "-Werror", "-O1",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
         "-Isrc", "-Isrc/core", "-Isrc/abi", "-Isrc/arch/host", "-Iverification/fuzz"]
WRAP = "-Wl,--wrap=arch_cpu_kick,--wrap=arch_cpu_forget_maps"
# The host's machine has its own copy of the headers that s2.c asks for.
EXTRA = ["src/arch/aarch64/s2.c", "src/arch/aarch64/psci.c", "src/boards/qemu-virt-arm64/board.c"]
PLANS = "src/configs/qemu-virt-arm64"


def sources(repo):
    """C files of the program."""
    core = [n for n in kernel.Kernel(repo).files("kernel", "host_arch")
            if n.startswith(("src/core/", "src/arch/host/"))]
    return core + EXTRA + [f"verification/fuzz/{p.name}" for p in sorted(HERE.glob("*.c"))]


class Program:
    """The fuzzing program: built from the sources, or with some of them replaced."""

    def __init__(self, ctx, folder="build/fuzz", swap=None):
        self.ctx, self.repo, self.swap = ctx, ctx.repo, swap or {}
        self.folder = self.repo / folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "fuzz"

    def object(self, name):
        """Object of a source: a replaced one has its own, others are those of the true program."""
        folder = self.folder if name in self.swap else self.repo / "build/fuzz"
        return folder / (name[:-2].replace("/", "_") + ".o")

    def build(self):
        """Compile and link; the error, or nothing."""
        self.path.unlink(missing_ok=True)
        names = [n for n in sources(self.repo) if not self.swap or n in self.swap]
        done = kernel.batch(self.ctx, [
            ["gcc", *FLAGS, "-c", self.swap.get(n, self.repo / n), "-o", self.object(n)]
            for n in names])
        wrong = [text for code, text in done if code != 0]
        if not wrong:
            objects = [self.object(n) for n in sources(self.repo)]
            code, text = kernel.batch(self.ctx, [["gcc", *FLAGS, WRAP, "-o", self.path, *objects]])[0]
            wrong = [text] if code != 0 else []
        return wrong[0].strip()[:600] if wrong else ""

    def run(self, *words, timeout=3000):
        """(code, output) of one run in the tool root."""
        try:
            done = self.ctx.tool("env", "ASAN_OPTIONS=detect_leaks=0", "timeout", timeout,
                                 self.path, *words, timeout=timeout + 60)
        except subprocess.TimeoutExpired:
            return 124, "no end"
        return done.returncode, done.stdout

    def file(self, name, data):
        """A file for the program."""
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def fails(self, case):
        """Whether a case diverges or crashes."""
        return self.run("replay", self.file("try.txt", case.program("try")), timeout=60)[0] != 0

    def seen(self, case):
        """What a failing case shows."""
        _, text = self.run("replay", self.file("try.txt", case.program("try")), timeout=60)
        return first_trouble(text)


def first_trouble(text):
    """The line that says what went wrong."""
    wanted = ("DIVERGENCE", "ERROR: AddressSanitizer", "runtime error")
    return next((x.strip() for x in text.splitlines() if any(w in x for w in wanted)),
                context.tail(text, 3))


class Fuzz:
    """One run: corpus, lives, plans; what was counted and what went wrong."""

    def __init__(self, program, seed, say=print):
        self.program, self.seed, self.say = program, seed, say
        self.rng = random.Random(seed)
        self.counts = required.Counts(required.Spec())
        self.trouble = []
        self.fresh = []
        self.small = True  # make failing cases small

    def take(self, text):
        """Counts of an output."""
        for line in text.splitlines():
            words = line.split()
            if words and words[0] in ("count", "call", "mark", "move", "phase", "verdict"):
                self.counts.add(words)
            elif words[:2] == ["fresh", "life"]:
                self.fresh.append((int(words[3]), int(words[2])))

    def configured(self):
        """The shipped plans, built by the plan compiler."""
        judge = self.program.repo / "build/host/plan-judge"
        found = []
        for path in sorted((self.program.repo / PLANS).glob("*.toml")):
            if path.name == "board.toml":
                continue
            out = self.program.folder / (path.stem + ".plan")
            done = self.program.ctx.host("src/plan/bulkhead-plan", "build", path, "-o", out,
                                         env={"BULKHEAD_PLAN_JUDGE": str(judge)})
            if done.returncode != 0:
                raise context.Missing(f"{path.name} is no plan: {context.tail(done.stdout, 2)}")
            found.append(out.read_bytes())
        return found

    def plans(self, n):
        """Valid plans: the shipped ones and random ones, half of them short of page tables."""
        shipped = self.configured()
        return shipped + [blobs.valid(self.rng, i % 2 == 0) for i in range(max(0, n - len(shipped)))]

    def report(self, case, what):
        """Make a failing case small, keep it, say so."""
        if self.small and self.program.fails(case):
            case = cases.minimise(case, self.program.fails)
            what = self.program.seen(case)
        name = f"found-{len(self.trouble)}.case"
        self.program.file(name, case.text(what[:100]))
        self.trouble.append(what)
        self.say(f"{what}\n  {len(case.steps)} steps, replay: verification/fuzz/fuzz.py --replay "
                 f"{os.path.relpath(self.program.folder / name, self.program.repo)}")
        self.say("  " + "\n  ".join([case.launch, *case.steps[:40]]))

    def corpus(self, folder=cases.CORPUS):
        """Every case and every blob that was kept."""
        kept = {p.stem: cases.Case.read(p) for p in sorted(folder.glob("*.case"))}
        text = "".join(case.program(name) for name, case in kept.items())
        code, out = self.program.run("replay", self.program.file("corpus.txt", text))
        self.take(out)
        failed = [x.split()[1] for x in out.splitlines() if x.startswith("fail ")]
        begun = [x.split()[1] for x in out.splitlines() if x.startswith("case ")]
        if code != 0 and kept:
            for name in failed or begun[-1:]:
                self.report(kept[name], first_trouble(out))
        judged = cases.read_blobs(folder / "blobs.txt") if kept else []
        raws = [raw for _, raw in judged]
        for name, raw in judged:
            if blobs.plan_oracle.verdict(raw) != name:
                self.trouble.append(f"corpus: a blob kept for {name} is judged otherwise")
        if raws:
            self.judge(raws, 0)
        size = sum(p.stat().st_size for p in folder.glob("*"))
        if size > CORPUS_BYTES:
            self.trouble.append(f"corpus: {size} bytes, at most {CORPUS_BYTES}")
        return len(kept), len(raws)

    def lives(self, calls, n_plans=400):
        """Random lives until so many hypercalls were made."""
        path = self.program.file("plans.bin", b"".join(self.plans(n_plans)))
        code, out = self.program.run("lives", path, self.seed, calls)
        self.take(out)
        if code != 0:
            bad = [x.split()[2] for x in out.splitlines() if x.startswith("bad life")]
            begun = max((n for _, n in self.fresh), default=0)
            self.show(path, bad, begun, first_trouble(out))

    def show(self, path, bad, begun, what):
        """The failing life as a case; after a crash it is one of those after the last good one."""
        for life in bad or range(begun, begun + 400):
            code, out = self.program.run("show", path, self.seed, life, timeout=60)
            if code != 0:
                lines = [x for x in out.splitlines() if x.split(" ")[0] in
                         ("plan", "launch", "call", "service", "off", "on", "reset", "end",
                          "answers", "first")]
                self.report(cases.Case(lines), what)
                return
        self.trouble.append(f"{what} (no life shows it alone)")

    def judge(self, raws, steps):
        """Blobs with the verdicts of the oracle; accepted ones live."""
        path = self.program.file("blobs.bin", b"".join(blobs.record(r) for r in raws))
        code, out = self.program.run("plans", path, self.seed, steps)
        self.take(out)
        bad = [int(x.split()[2]) for x in out.splitlines() if x.startswith("bad blob")]
        begun = [int(x.split()[1]) for x in out.splitlines() if x.startswith("blob ")]
        if code != 0 and not bad:
            bad = begun[-1:]
        for n in bad[:5]:
            self.program.file(f"blob-{n}.plan", raws[n])
            self.trouble.append(f"blob {n} ({blobs.plan_oracle.verdict(raws[n])}): "
                                f"{first_trouble(out)}")
            self.say(f"{self.trouble[-1]}\n  kept as build/fuzz/blob-{n}.plan")
        if code != 0 and not bad:
            self.trouble.append(f"the blobs were not judged: {context.tail(out, 3)}")

    def blobs(self, n):
        """Changed plans; one in fifty is left as it is."""
        seeds = self.plans(200)
        raws = [self.rng.choice(seeds) if i % 50 == 0 else
                blobs.changed(self.rng, self.rng.choice(seeds)) for i in range(n)]
        if raws:
            self.judge(raws, STEPS)

    def gaps(self, with_blobs):
        """(what was not reached and has no excuse, excuses that are none, how much was asked for)."""
        missing, asked = self.counts.spec.missing(self.counts, with_blobs)
        excuses = required.excused()
        return ([m for m in missing if m not in excuses],
                [e for e in excuses if e not in missing], asked)


def tables(counts):
    """The tables at the end."""
    statuses = sorted({s for _, s in counts.calls}, key=lambda s: (s != "ok", s))
    rows = [["call", *statuses]]
    for call in [*counts.spec.calls.values(), required.UNKNOWN]:
        rows.append([call, *(str(counts.calls.get((call, s), 0) or "-") for s in statuses)])
    moves = [["by", "from", "to", "times"]] + [
        [*key, str(n)] for key, n in sorted(counts.moves.items())]
    marks = [["deep state", "times"]] + [[k, str(n)] for k, n in counts.marks.items()]
    verdicts = [["plan", "plan_check", "part_boot"]] + [
        [v, str(counts.verdicts.get(v, 0)), str(counts.boots.get(v, 0))]
        for v in sorted({*counts.verdicts, *counts.boots}, key=lambda v: (v != "ok", v))]
    return "\n\n".join(layout(t) for t in (rows, moves, marks, verdicts) if len(t) > 1)


def layout(rows):
    """Columns of equal width."""
    width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                               for i, (c, w) in enumerate(zip(r, width))).rstrip() for r in rows)


def record(case, good, title, detail=""):
    """A case of the stage's result."""
    return {"id": case, "title": title, "status": "pass" if good else "fail", "detail": detail}


def results(fuzz, kept, args):
    """What the stage takes over."""
    sums = fuzz.counts.sums
    missing, stale, asked = fuzz.gaps(args.blobs > 0)
    found = [record("FZ_CORPUS", kept[0] > 0 and kept[1] > 0,
                    f"corpus: {kept[0]} cases, {kept[1]} blobs"),
             record("FZ_CALLS", sums.get("calls", 0) >= args.calls,
                    f"{sums.get('calls', 0)} calls made, {args.calls} asked for"),
             record("FZ_BLOBS", sums.get("blobs", 0) >= args.blobs,
                    f"{sums.get('blobs', 0)} plans judged, {args.blobs} asked for"),
             record("FZ_DIVERGENCES", not fuzz.trouble, "kernel and oracle agree",
                    "; ".join(fuzz.trouble)[:1000]),
             record("FZ_REACHED", not missing, f"{asked - len(missing)} of {asked} statuses, "
                    "transitions, verdicts and deep states reached", "; ".join(missing)),
             record("FZ_EXCUSES", not stale, "no excuse for what was reached", "; ".join(stale))]
    return found


def gather(fuzz, args):
    """Choose a new corpus: two lives for all that the specification names, then lives and blobs that
    reach states which those before did not."""
    path = fuzz.program.file("plans.bin", b"".join(fuzz.plans(400)))
    _, out = fuzz.program.run("lives", path, fuzz.seed, args.calls)
    fuzz.take(out)
    found = {}
    for _, life in sorted(fuzz.fresh, reverse=True)[:CANDIDATES]:
        _, text = fuzz.program.run("show", path, fuzz.seed, life)
        found[f"life-{life}"] = cases.Case(text.splitlines()[:2 + CORPUS_STEPS])
    chosen = named(fuzz, found)
    text = "".join(found[n].program(n) for n in [*chosen, *(n for n in found if n not in chosen)])
    _, out = fuzz.program.run("replay", fuzz.program.file("gather.txt", text))
    fresh = {x.split()[1]: int(x.split()[2]) for x in out.splitlines() if x.startswith("pass ")}
    rest = sorted((n for n in found if n not in chosen), key=lambda n: -fresh.get(n, 0))
    shutil.rmtree(cases.CORPUS, ignore_errors=True)
    cases.CORPUS.mkdir()
    size = 0
    for name in [*chosen, *rest]:
        text = found[name].text()
        if name in chosen or size + len(text) < CORPUS_FILL:
            (cases.CORPUS / f"{name}.case").write_text(text)
            size += len(text)
    keep_blobs(fuzz)


def named(fuzz, found):
    """Cases that together reach twice each status and transition that any of them reaches."""
    reach = {}
    for name, case in found.items():
        counts = required.Counts(fuzz.counts.spec)
        _, out = fuzz.program.run("replay", fuzz.program.file("try.txt", case.program(name)))
        for line in out.splitlines():
            if line.split()[:1] in (["call"], ["mark"], ["move"]):
                counts.add(line.split())
        marks = {k for k, n in counts.marks.items() if n}
        reach[name] = set(counts.calls) | set(counts.moves) | marks
    need = {key: min(2, sum(key in r for r in reach.values())) for r in reach.values() for key in r}
    chosen = []
    while any(need.values()):
        best = max(reach, key=lambda n: sum(need[k] > 0 for k in reach[n]))
        chosen.append(best)
        for key in reach.pop(best):
            need[key] = max(0, need[key] - 1)
    return chosen


def keep_blobs(fuzz):
    """For every verdict and every kind of change that leads to it, the two smallest blobs."""
    kept, seeds = {}, [r for r in fuzz.plans(60) if len(cases.pack(r)) < 900]
    for i in range(20000):
        change = blobs.CHANGES[i % len(blobs.CHANGES)]
        draft = blobs.Draft(fuzz.rng.choice(seeds))
        change(draft, fuzz.rng)
        raw = draft.sealed() if i % 50 else bytes(draft.raw)
        same = kept.setdefault((blobs.plan_oracle.verdict(raw), change.__name__), set())
        if len(same) < 8:
            same.add(raw)
    lines = ["# SPDX-License-Identifier: Apache-2.0", "# verdict, then the blob as in a case"]
    for (name, _), raws in sorted(kept.items()):
        for raw in sorted(raws, key=lambda r: (len(cases.pack(r)), r))[:2]:
            lines += [f"verdict {name}", *cases.wrap("blob ", cases.pack(raw))]
    (cases.CORPUS / "blobs.txt").write_text("\n".join(lines) + "\n")


def arguments():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, help=f"hypercalls ({CALLS})")
    parser.add_argument("--blobs", type=int, help="plans (a tenth of the calls)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--replay", type=Path, help="run one case and say what it shows")
    parser.add_argument("--gather", action="store_true", help="choose the corpus anew")
    args = parser.parse_args()
    args.calls = CALLS if args.calls is None else args.calls
    args.blobs = args.calls // 10 if args.blobs is None else args.blobs
    return args


def replay(program, path):
    """One case."""
    code, out = program.run("replay", program.file("try.txt", cases.Case.read(path).program("it")))
    print(first_trouble(out) if code != 0 else "no divergence")
    return 1 if code != 0 else 0


def main():
    """Build, run, print, judge."""
    args = arguments()
    ctx = context.Context(quiet=True)
    program = Program(ctx)
    wrong = program.build()
    if wrong:
        print(f"the program does not build: {wrong}\n0 passed, 1 failed")
        return 1
    if args.replay:
        return replay(program, args.replay)
    fuzz = Fuzz(program, args.seed)
    if args.gather:
        gather(fuzz, args)
        return 0
    kept = fuzz.corpus()
    fuzz.lives(args.calls)
    fuzz.blobs(args.blobs)
    found = results(fuzz, kept, args)
    failed = sum(r["status"] == "fail" for r in found)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"cases": found, "passed": len(found) - failed,
                                         "failed": failed, "counts": fuzz.counts.sums}, indent=1) + "\n")
    print(tables(fuzz.counts) + "\n")
    print(", ".join(f"{n} {k}" for k, n in sorted(fuzz.counts.sums.items())))
    for r in found:
        print(f"{r['status'].upper()} {r['id']}: {r['title']} {r['detail']}".rstrip())
    print(f"{len(found) - failed} passed, {failed} failed, {len(fuzz.trouble)} divergences, "
          f"seed {args.seed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
