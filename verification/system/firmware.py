# SPDX-License-Identifier: Apache-2.0
"""The kernel started by firmware with a stock Linux as its root cell: what firmware puts where.

    with firmware.machine("6.12", "cortex-a57", initrd, ARGUMENTS) as machine:
        machine.ready()

Firmware is QEMU's loader: kernel, plan, Linux, its device tree, its file system and the image of the
cell lie in memory when the first CPU begins. The device tree is the machine's own, made fit for root
by the plan tools.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import built
from qemu import MACHINE, REPO, Machine, qemu_command

ARGS = "console=ttyAMA0 quiet"
PLAN = built.PLANS / "demo.plan"
RESTART_PLAN, RESTART = built.PLANS / "restart.plan", 0x6A000000
CELL = (built.INMATES / "rt-71000000.bin", 0x71000000)
LINUX, TREE, INITRD = 0x40200000, 0x47E00000, 0x48000000


def loader(path, address):
    return ["-device", f"loader,file={built.need(path)},addr={address:#x},force-raw=on"]


def tree(cpu, initrd, append, folder, plan=PLAN, smp=4):
    """The device tree of root. @return its path."""
    own, fit = folder / "machine.dtb", folder / "root.dtb"
    subprocess.run([*qemu_command(), "-machine", f"{MACHINE},dumpdtb={own.name}", "-cpu", cpu, "-smp",
                    str(smp), "-m", "1G", "-nodefaults", "-display", "none", "-serial", "null",
                    "-serial", "null"], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    subprocess.run([sys.executable, REPO / "src/plan/bulkhead-plan", "devicetree", plan, "--machine",
                    own, "-o", fit, "--append", append, "--initrd", f"{INITRD:#x}:{initrd}"],
                   check=True, stdout=subprocess.DEVNULL)
    return fit


def restart_image(parts, folder, plan):
    """What root begins anew from. @return its path."""
    path = folder / "restart.img"
    subprocess.run([sys.executable, REPO / "src/plan/bulkhead-plan", "restart-image", plan, "-o", path,
                    "--program", built.need(built.INMATES / "restart.bin"),
                    *(f"{p}@{at:#x}" for p, at in parts)], check=True, stdout=subprocess.DEVNULL)
    return path


class Booted(Machine):
    """A machine whose Linux was started by the kernel."""

    def __init__(self, kernel, cpu, initrd, append=ARGS, extra=(), anew=False, **kw):
        """@p anew: root can begin anew, from an image that holds all that is loaded for it."""
        runs = REPO / "build/run"
        runs.mkdir(parents=True, exist_ok=True)
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="firmware-", dir=runs))
        image = built.need(built.KERNEL / "bulkhead.elf")
        plan = RESTART_PLAN if anew else PLAN
        try:
            words = loader(plan, built.symbols(image)["plan"]) + loader(*CELL)
            parts = [(self._kernel(kernel), LINUX), (tree(cpu, initrd, append, self.files, plan), TREE),
                     (initrd, INITRD)]
            if anew:
                parts = [(restart_image(parts, self.files, plan), RESTART)]
            for part in parts:
                words += loader(*part)
            super().__init__(str(image), cpu, extra=words + list(extra), **kw)
        except BaseException:
            shutil.rmtree(self.files, ignore_errors=True)
            raise

    def close(self):
        super().close()
        shutil.rmtree(self.files, ignore_errors=True)
