#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""System test of the miniature: boot it in QEMU, read its result out of memory."""
import argparse
import json
import os
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
EXPECTED = 0x600D
BASE, SIZE, RESULT = 0x40080000, 0x20000, 0x10000


def monitor(folder):
    """Connect to QEMU's monitor by a short path (socket paths are limited)."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(500):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(f"/proc/self/fd/{here}/q")
            return sock.makefile("rw")
        except OSError:
            time.sleep(0.02)
    raise SystemExit("QEMU does not answer")


def command(stream, name, **arguments):
    """One monitor command."""
    stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
    stream.flush()
    while True:
        answer = json.loads(stream.readline())
        if "return" in answer:
            return answer["return"]
        if "error" in answer:
            raise SystemExit(str(answer))


def boot(image, dump):
    """Run until power-off; the kernel's memory goes to a file."""
    (REPO / "build/tmp").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=REPO / "build/tmp") as folder:
        words = ["qemu-system-aarch64", "-M", "virt,virtualization=on,gic-version=3", "-cpu",
                 "cortex-a57", "-m", "64", "-nodefaults", "-display", "none", "-icount",
                 "shift=0,sleep=off", "-kernel", image / "bulkhead.elf", "-no-shutdown", "-action",
                 "shutdown=pause", "-qmp", "unix:q,server=on,wait=off"]
        qemu = subprocess.Popen([REPO / "verification/toolroot/run", *map(str, words)], cwd=folder)
        stream = monitor(folder)
        stream.readline()
        command(stream, "qmp_capabilities")
        end = time.monotonic() + 20
        while command(stream, "query-status")["running"] and time.monotonic() < end:
            time.sleep(0.01)
        command(stream, "pmemsave", val=BASE, size=SIZE, filename=str(dump))
        command(stream, "quit")
        qemu.wait()


def main():
    """One case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--coverage", type=Path, default=REPO / "build/tmp")
    parser.add_argument("--image", type=Path, default=REPO / "build/aarch64-qemu-virt-arm64")
    args = parser.parse_args()
    dump = args.coverage.resolve() / "boot.bin"
    start = time.monotonic()
    boot(args.image.resolve(), dump)
    found = struct.unpack_from("<I", dump.read_bytes(), RESULT)[0]
    good = found == EXPECTED
    case = {"id": "TS_MINI_001", "title": "the miniature answers", "detail": f"read {found:#x}",
            "verifies": ["SYR_MIN_001", "SWR_SEED_002"], "status": "pass" if good else "fail",
            "seconds": round(time.monotonic() - start, 1)}
    args.json.write_text(json.dumps({"cases": [case], "passed": int(good), "failed": 1 - good}))
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
