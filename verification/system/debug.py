#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make debug`: the kernel by direct boot, stopped before its first instruction, gdb at EL2.

    debug.py [--plan NAME] [--cpu MODEL] [--batch COMMAND]...

QEMU and gdb run in one call of the tool root, joined by a unix socket. In gdb each thread is a CPU;
`hbreak trap_sync` stops at the next exit of a cell. --batch runs gdb commands and ends.
"""

import argparse
import pathlib
import shlex
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parents[2]
IMAGE = REPO / "build/aarch64-qemu-virt-arm64/bulkhead.elf"
IMAGES = {"direct": (("root", 0x50000000), ("rt", 0x51000000), ("rt", 0x52000000)),
          "direct-rt": (("rt", 0x51000000),)}


def symbol(name):
    """Address of a symbol of the image."""
    done = subprocess.run([REPO / "verification/toolroot/run", "aarch64-linux-gnu-nm", IMAGE],
                          check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.endswith(f" {name}"):
            return int(line.split()[0], 16)
    raise SystemExit(f"debug: error[E0412]: {name} is not in {IMAGE.name}; hint: make image")


def qemu_words(plan, cpu):
    """QEMU's command line, but for the socket."""
    words = ["qemu-system-aarch64", "-machine", "virt,virtualization=on,gic-version=3", "-cpu", cpu,
             "-smp", "4", "-m", "1G", "-nodefaults", "-display", "none", "-S",
             "-kernel", str(IMAGE)]
    loads = [(REPO / f"build/plans/{plan}.plan", symbol("plan"))]
    loads += [(REPO / f"build/inmates/{n}-{a:08x}.bin", a) for n, a in IMAGES[plan]]
    for path, address in loads:
        words += ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]
    return words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plan", choices=sorted(IMAGES), default="direct")
    parser.add_argument("--cpu", default="cortex-a57")
    parser.add_argument("--batch", action="append", default=[], metavar="COMMAND")
    args = parser.parse_args()
    (REPO / "build/run").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debug-", dir=REPO / "build/run") as folder:
        socket = pathlib.Path(folder) / "gdb.sock"
        qemu = qemu_words(args.plan, args.cpu)
        qemu += ["-chardev", f"socket,id=gdb,path={socket},server=on,wait=off", "-gdb",
                 "chardev:gdb"]
        gdb = ["gdb-multiarch", "-q", "-ex", f"directory {REPO}", "-ex", f"target remote {socket}"]
        for command in args.batch:
            gdb += ["-ex", command]
        if args.batch:
            gdb += ["-batch"]
        gdb += [str(IMAGE)]
        script = (f"{shlex.join(qemu)} & while [ ! -S {shlex.quote(str(socket))} ]; do sleep 0.1; "
                  f"kill -0 $! || exit 1; done; {shlex.join(gdb)}; code=$?; kill $!; exit $code")
        done = subprocess.run([REPO / "verification/toolroot/run", "sh", "-c", script], cwd=REPO)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
