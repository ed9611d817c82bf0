# SPDX-License-Identifier: Apache-2.0
"""What every stage of `make verify` shares: paths, processes, results."""
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BOARD = "aarch64-qemu-virt-arm64"
STATUS_ORDER = {"green": 0, "amber": 1, "red": 2}
_print_lock = threading.Lock()


def worst(*statuses):
    """The worst of some statuses."""
    return max(statuses, key=STATUS_ORDER.__getitem__, default="green")


@dataclass
class Result:
    """What a stage found. A stage without a single check is red: it judged nothing."""
    passed: int = 0
    failed: int = 0
    status: str = "green"
    details: list = field(default_factory=list)
    tools: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    seconds: float = 0.0

    def check(self, good, text, note=None):
        """Count one check; a failed one turns the stage red and is listed."""
        if good:
            self.passed += 1
        else:
            self.failed += 1
            self.status = "red"
            self.details.append(f"FAIL {text}")
        if note is not None:
            self.details.append(note)
        return good

    def amber(self, text):
        """Something that must be seen but does not fail the stage."""
        self.status = worst(self.status, "amber")
        self.details.append(f"AMBER {text}")

    def note(self, text):
        """A fact worth printing."""
        self.details.append(text)

    def merge(self, cases, what):
        """Take over the cases of a stage that runs as a program of its own."""
        for case in cases:
            good = case.get("status") == "pass"
            self.check(good, f"{what} {case.get('id', '?')}: {case.get('title', '')} "
                             f"{case.get('detail', '')}".rstrip())


class Missing(Exception):
    """An input of a stage is absent: the stage is red."""


class Context:
    """Paths of one checkout and the ways to run programs on it."""

    def __init__(self, repo=REPO, fast=False, quiet=False):
        self.repo = Path(repo)
        self.build = self.repo / "build"
        self.out = self.build / "verify"
        self.image_dir = self.build / BOARD
        self.fast = fast
        self.quiet = quiet
        self.runner = self.repo / "verification/toolroot/run"
        self.out.mkdir(parents=True, exist_ok=True)

    def need(self, path, why):
        """The path, or red."""
        path = self.repo / path
        if not path.exists():
            raise Missing(f"{path.relative_to(self.repo)} is missing: {why}")
        return path

    def host(self, *command, cwd=None, env=None, timeout=2400):
        """Run on the host; text output captured."""
        full = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **(env or {}))
        return subprocess.run([str(c) for c in command], cwd=cwd or self.repo, env=full,
                              timeout=timeout, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def tool(self, *command, cwd=None, env=None, timeout=2400):
        """Run inside the locked tool root."""
        if not self.runner.exists():
            raise Missing("verification/toolroot/run is missing: make setup")
        done = self.host(self.runner, *command, cwd=cwd, env=env, timeout=timeout)
        if done.returncode == 125:
            raise Missing(f"the tool root cannot run {command[0]}: {done.stdout.strip()[-200:]}")
        return done

    def tool_version(self, name, *arguments):
        """First line of `name --version` in the tool root."""
        done = self.tool(name, *(arguments or ("--version",)))
        return (done.stdout.strip().splitlines() or ["?"])[0]

    def say(self, text):
        """A progress line."""
        if not self.quiet:
            with _print_lock:
                print(text, flush=True)

    def json(self, path, why):
        """Read a JSON result, or red."""
        return json.loads(self.need(path, why).read_text())


def source_files(repo):
    """Every file of the repository, committed or not yet, as the checkout has it."""
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
                           "--others", "--exclude-standard"], cwd=repo, check=True,
                          stdout=subprocess.PIPE)
    names = {n for n in done.stdout.decode().split("\0") if n}
    return sorted(n for n in names if (Path(repo) / n).is_file())


def copy_sources(repo, target, names=None):
    """A fresh copy of the sources, sharing the tool root of the original."""
    repo, target = Path(repo), Path(target)
    if target.exists():
        shutil.rmtree(target)
    for name in names if names is not None else source_files(repo):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repo / name, target / name)
    (target / "build").mkdir(parents=True, exist_ok=True)
    (target / "build/tools").symlink_to((repo / "build/tools").resolve())
    return target


def copy_environment(repo):
    """Environment with which a copy finds the tool root of the original."""
    tools = (Path(repo) / "build/tools").resolve()
    return {"BULKHEAD_ROOT": str(tools / "root"), "BULKHEAD_BIND": str(tools)}


def load_result(path):
    """A stage's result as it was stored."""
    return json.loads(Path(path).read_text())


def tail(text, lines=12):
    """The end of an output, for a detail line."""
    return "\n    ".join(text.strip().splitlines()[-lines:])


def timed(function, *arguments):
    """Result of a stage with its seconds; every exception is red."""
    start = time.monotonic()
    try:
        result = function(*arguments)
        if result.passed + result.failed == 0:
            result.check(False, "no check was made: nothing was judged")
    except Missing as error:
        result = Result()
        result.check(False, f"missing input: {error}")
    except Exception as error:  # a stage that breaks has judged nothing
        result = Result()
        result.check(False, f"the stage itself broke: {type(error).__name__}: {error}")
        if "BULKHEAD_TRACEBACK" in os.environ:
            import traceback
            traceback.print_exc(file=sys.stderr)
    result.seconds = round(time.monotonic() - start, 1)
    return result
