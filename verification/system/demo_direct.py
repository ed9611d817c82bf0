#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo DIRECT=1`: firmware starts the kernel, the kernel a real-time cell, then a stock Debian
Linux as root, which attaches, is refused what is not its own, and panics. The cell beats throughout.

    demo_direct.py [--kernel 6.1|6.12] [--cpu a57|max]

Exit: 0 all was as told, 1 not.
"""

import argparse
import pathlib
import re
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parent / "guest")]
import built  # noqa: E402
import firmware  # noqa: E402
import late  # noqa: E402
from late import Wrong, demand  # noqa: E402
from qemu import QemuError  # noqa: E402

STEPS = [
    # heading, line, exit code, pattern that the output must match
    ("A stock Debian kernel has booted, at EL1, on the CPUs that are left to it.",
     "uname -srm; cat /sys/devices/system/cpu/online", 0, r"^Linux .*aarch64\n0-2$"),
    ("The driver is an ordinary module. It finds the kernel below; there is nothing to hand over.",
     "insmod /lib/modules/bulkhead.ko; bulkhead enable /plans/demo.plan", 6, r"error\[E0420\]"),
    ("Attach, with the plan that firmware loaded.", late.ATTACH, 0, r"^attached: plan \w+, CPUs 4"),
    ("The cell has been running since before Linux.", "bulkhead status", 0,
     r"(?s)^DMA: NOT ISOLATED .*^rt +running +3 "),
    ("Its own words, through the page which it shares with root.", "bulkhead cell console rt", 0,
     r"^rt: up, cell "),
    ("Root reads the kernel's memory.", "physmem read 0x70000000", 3, "BUS-ERROR"),
    ("Root reads the cell's memory.", "physmem read 0x71000000", 3, "BUS-ERROR"),
    ("There is no way back to a machine without the kernel.", "bulkhead disable", 6, r"error\[E0218\]"),
    ("Stop the cell, take it apart: Linux gets CPU 3. Put it together again.",
     "bulkhead cell destroy rt && cat /sys/devices/system/cpu/online && " + late.START, 0,
     r"(?s)^0-3$.*^cell 'rt' running on CPU 3$"),
]


def play(guest):
    """All steps, then the panic."""
    for heading, line, code, pattern in STEPS:
        print(f"\n{heading}\n    # {line}")
        got, text = guest.machine.cmd(line)
        print("".join(f"    {part}\n" for part in text.strip().splitlines()), end="", flush=True)
        demand(got == code, f"exit code {got}, expected {code}")
        demand(re.search(pattern, text, re.M), f"the output does not match {pattern!r}")
    guest.cell_lives()
    first = guest.beats()
    print("\nLinux panics.\n    # echo c > /proc/sysrq-trigger")
    late.panicked(guest)
    guest.cell_lives()
    print(f"    heartbeat of rt: {first} before, {guest.beats()} after")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", choices=["6.1", "6.12"], default="6.12")
    parser.add_argument("--cpu", choices=list(late.CPUS), default="a57")
    args = parser.parse_args()
    print("== firmware: kernel, cell, then Linux ==", flush=True)
    try:
        with firmware.Booted(args.kernel, late.CPUS[args.cpu], late.initrd(args.kernel)) as machine:
            machine.ready()
            play(late.Guest(machine, late.DIRECT))
    except (Wrong, QemuError, OSError, built.MissingError, subprocess.SubprocessError) as error:
        print(f"FAILED: {error}")
        return 1
    print("\nall as told")
    return 0


if __name__ == "__main__":
    sys.exit(main())
