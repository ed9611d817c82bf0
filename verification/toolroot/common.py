# SPDX-License-Identifier: Apache-2.0
"""What every part of the tool root's setup shares: places, failures, progress, hashing."""

import dataclasses
import hashlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
RUN = HERE / "run"
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Failure(Exception):
    """A refusal with its ID, the parties to it and a hint; ends the command with status 1."""

    def __init__(self, ident, message, hint):
        super().__init__(f"{ident} {message}; hint: {hint}")
        self.ident = ident


@dataclasses.dataclass(frozen=True)
class Places:
    """Where one setup works. The self-test gives other places than the repository's own."""

    build: pathlib.Path = REPO / "build"
    lock: pathlib.Path = HERE / "toolchain.lock"
    keyring: pathlib.Path = KEYRING

    @property
    def tools(self):
        return self.build / "tools"

    @property
    def root(self):
        return self.tools / "root"

    @property
    def cache(self):
        return self.build / "cache"

    @property
    def record(self):
        return self.tools / "setup.json"


def say(text):
    print(f"setup: {text}", flush=True)


def warn(text):
    print(f"setup: {text}", file=sys.stderr, flush=True)


def megabytes(count):
    return f"{count / 1e6:.0f} MB"


def sha256_file(path):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_text(text):
    return hashlib.sha256(text.encode()).hexdigest()


def capture(command, env=None):
    """Run a command, give back (status, stdout, stderr) as text."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def in_root(places, command, write=False, env=None):
    """Run a command inside the unpacked root; give back (status, stdout and stderr together)."""
    env = {"BULKHEAD_ROOT": str(places.root), **(env or {})}
    if write:
        env["BULKHEAD_ROOT_WRITE"] = "1"
    status, out, err = capture([str(RUN), *command], env)
    return status, out + err
