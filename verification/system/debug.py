#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make debug`: direct boot with its three cells, stopped before the first instruction, and gdb on it
with the kernel's symbols. Ending gdb ends the machine."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import built  # noqa: E402
import direct  # noqa: E402
import gdb  # noqa: E402
from qemu import in_tool_root  # noqa: E402


def main():
    kernel = built.need(built.KERNEL / "bulkhead.elf")
    plan = built.need(built.PLANS / "direct.plan")
    words = ["-object",
             f"memory-backend-file,id=ram,size={direct.RAM_BYTES},mem-path=ram.bin,share=on"]
    words += direct.plugin.arguments() + gdb.ARGUMENTS
    words += direct.loader(plan, built.symbols(kernel)["plan"])
    for name in direct.IMAGES.values():
        words += direct.loader(built.INMATES / f"{name}.bin", int(name.split("-")[1], 16))
    with direct.Held(str(kernel), "cortex-a57", machine=direct.BOARD, extra=words) as machine:
        socket = os.path.relpath(machine.folder / "gdb.sock", built.REPO)
        return subprocess.run(in_tool_root(
            "gdb-multiarch", "-q", str(kernel), "-ex", "set architecture aarch64",
            "-ex", f"target remote {socket}", "-ex", "hbreak trap_sync", *sys.argv[1:]),
            cwd=built.REPO, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
