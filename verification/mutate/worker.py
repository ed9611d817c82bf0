# SPDX-License-Identifier: Apache-2.0
"""Runs inside the tool root: compiles mutants and runs the unit tests that link them.

Reads one JSON job, prints one JSON line for each mutant as it is done.
"""
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OUT = threading.Lock()


def run(command, seconds=120):
    """Return code of a command; None when it took too long."""
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def one(job, mutant):
    """Verdict of one mutant: invalid, survived, or the test that killed it."""
    folder = Path(job["scratch"]) / threading.current_thread().name.replace(" ", "")
    folder.mkdir(parents=True, exist_ok=True)
    source, target = folder / Path(mutant["file"]).name, folder / "mutant.o"
    source.write_text(mutant["text"])
    command = [*job["compile"], "-iquote", str(Path(job["repo"]) / Path(mutant["file"]).parent), "-c",
               str(source), "-o", str(target)]
    if run(command) != 0:
        return "invalid", ""
    for test in job["tests"][mutant["file"]]:
        program = folder / "test"
        if run([*job["link"], "-o", str(program), str(target), *test["objects"]]) != 0:
            return "invalid", ""
        if run([str(program)], test["seconds"]) != 0:
            return "test", test["name"]
    return "survived", ""


def main():
    """All mutants of the job."""
    with open(sys.argv[1], encoding="utf-8") as handle:
        job = json.load(handle)

    def report(mutant):
        verdict, by = one(job, mutant)
        with OUT:
            print(json.dumps({"id": mutant["id"], "verdict": verdict, "by": by}), flush=True)

    with ThreadPoolExecutor(job["jobs"]) as pool:
        list(pool.map(report, job["mutants"]))


if __name__ == "__main__":
    main()
