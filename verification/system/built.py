# SPDX-License-Identifier: Apache-2.0
"""What the tests run: images, plans and their symbols, as the build left them. What is missing is
an error that says how to build it."""

import functools
import os
import pathlib
import re
import subprocess

from qemu import REPO, in_tool_root

BUILD = REPO / os.environ.get("BULKHEAD_BUILD", "build")
KERNEL = BUILD / "aarch64-qemu-virt-arm64"
INMATES = BUILD / "inmates"
PLANS = BUILD / "plans"
JUDGE = BUILD / "host/plan-judge"
PLUGIN = BUILD / "bench/exits.so"


class MissingError(Exception):
    """A built file is not there."""


def need(path):
    path = pathlib.Path(path)
    if not path.is_file():
        raise MissingError(f"error[E040E]: {path} does not exist; hint: 'make' builds it")
    return path


@functools.lru_cache(maxsize=None)
def _symbols(path, _stamp):
    text = subprocess.run(in_tool_root("aarch64-linux-gnu-nm", str(path)), check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return {name: int(value, 16) for value, name in
            re.findall(r"^([0-9a-f]{16}) . (\S+)$", text, re.M)}


def disassembly(path, function):
    """Text of one function of an ELF file."""
    return subprocess.run(in_tool_root("aarch64-linux-gnu-objdump", "-d", f"--disassemble={function}",
                                       str(need(path))), check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def symbols(path):
    """{name: address} of an ELF file."""
    path = need(path)
    return _symbols(path, path.stat().st_mtime_ns)
