# SPDX-License-Identifier: Apache-2.0
"""The kernel's files and flags, from kernel.toml."""
import tomllib
from pathlib import Path


class Kernel:
    """Globs of kernel.toml, resolved in one checkout."""

    def __init__(self, repo):
        self.repo = Path(repo)
        self.data = tomllib.loads((Path(__file__).parent / "kernel.toml").read_text())

    def files(self, *keys):
        """Files of the named globs, relative, sorted."""
        found = set()
        for key in keys:
            for pattern in self.data[key]:
                found.update(str(p.relative_to(self.repo)) for p in self.repo.glob(pattern))
        return sorted(found)

    def is_target(self, name):
        """Whether a file needs the AArch64 compiler."""
        return name.startswith(("src/arch/aarch64/", "src/boards/"))

    def includes(self, name):
        """Include options for one file."""
        folders = list(self.data["include"])
        folders += self.data["include_host" if name.startswith("src/arch/host/")
                             else "include_target"]
        return [f"-I{f}" for f in folders]

    def compile(self, name, warnings=True):
        """Compiler and flags for a check of one file."""
        flags = self.data["cflags"] + self.includes(name)
        if name.startswith("src/arch/host/"):
            flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L"] + self.includes(name)
            compiler = "gcc"
        else:
            compiler = "aarch64-linux-gnu-gcc"
            flags = flags + self.data["cflags_target"]
        return [compiler] + (self.data["warnings"] if warnings else []) + flags


def batch(ctx, commands, jobs=2):
    """Run many short commands in one entry of the tool root; [(return code, output)]."""
    import json
    import tempfile
    work = ctx.repo / "build/tmp"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=work, delete=False) as handle:
        json.dump({"jobs": jobs, "commands": [[str(w) for w in c] for c in commands]}, handle)
    path = Path(handle.name)
    try:
        done = ctx.tool("python3", ctx.repo / "verification/static/batch.py", path)
        return [tuple(pair) for pair in json.loads(done.stdout)]
    finally:
        path.unlink()
