# SPDX-License-Identifier: Apache-2.0
"""Drive one QEMU: start it, talk to its serial console and its monitor, look into its memory.

    with Machine("6.12", "cortex-a57", "build/guest/6.12.cpio", LINUX_ARGS) as machine:
        machine.ready()
        code, text = machine.cmd("bulkhead status")

The console is the agent of guest/init: one line in, output and RC=<n> back. All waits have a
deadline in seconds of wall-clock time; it is a safety net, not a measure: under -icount the guest's
own time is a count of instructions. QEMU runs in the tool root (verification/toolroot/run), or is
the command in the environment variable BULKHEAD_QEMU.
"""

import collections
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
RUNNER = REPO / "verification/toolroot/run"
MACHINE = "virt,virtualization=on,gic-version=3,iommu=smmuv3,dtb-randomness=off"
ICOUNT = "shift=0,sleep=off"
LINUX_ARGS = "console=ttyAMA0 quiet mem=768M kvm-arm.mode=none id_aa64mmfr1.vh=0"
SMMU_ARGS = "initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=0"
SNAPSHOTS = "snapshots.qcow2"
BOOT_SECONDS = 240
COMMAND_SECONDS = 120


class QemuError(Exception):
    """QEMU ended, refused a monitor command, or a deadline passed."""


def in_tool_root(*words):
    return [str(RUNNER), *words]


def qemu_command():
    given = os.environ.get("BULKHEAD_QEMU")
    return shlex.split(given) if given else in_tool_root("qemu-system-aarch64")


class Channel:
    """A unix socket that QEMU serves, with all it ever said."""

    def __init__(self, path, deadline):
        self.sock = socket.socket(socket.AF_UNIX)
        self._connect(path, deadline)
        self.ended = False
        self.data = bytearray()
        self.log = bytearray()

    def _connect(self, path, deadline):
        # A socket's path is at most 108 bytes; the repository may lie deeper than that.
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            while True:
                try:
                    self.sock.connect(f"/proc/self/fd/{folder}/{path.name}")
                    return
                except (FileNotFoundError, ConnectionRefusedError):
                    if time.monotonic() > deadline():
                        raise QemuError(f"{path.name} does not answer") from None
                    time.sleep(0.02)
        finally:
            os.close(folder)

    def receive(self, seconds):
        """Wait for bytes. False: nothing came in time. Raises when QEMU has hung up."""
        ready, _, _ = select.select([self.sock], [], [], max(seconds, 0))
        if not ready:
            return False
        chunk = self.sock.recv(65536)
        if not chunk:
            raise QemuError("QEMU ended")
        self.data += chunk
        self.log += chunk
        return True

    def send(self, data):
        self.sock.sendall(data)

    def close(self):
        self.sock.close()


class Machine:
    """One running QEMU. Use as a context manager: it never outlives the block."""

    def __init__(self, kernel, cpu="cortex-a57", initrd=None, append="", extra=(), *,
                 machine=MACHINE, smp=4, memory="1G", icount=ICOUNT, snapshots=None, loadvm=None,
                 second_serial=True, boot_seconds=BOOT_SECONDS):
        """kernel: 6.1, 6.12 or a path. extra: further words for QEMU. snapshots: True makes room
        for savevm(), a path starts from a copy of that file (see keep()). loadvm: snapshot to
        start from."""
        self.boot_seconds = boot_seconds
        self.events = collections.deque()
        self.process = None
        self.console = None
        self.monitor = None
        runs = REPO / "build/run"
        runs.mkdir(parents=True, exist_ok=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="qemu-", dir=runs))
        self.arguments = self._arguments(kernel, cpu, initrd, append, machine, smp, memory, icount,
                                         second_serial)
        self._snapshots(snapshots, loadvm)
        self.arguments += list(extra)
        self._start()

    # -- start and end -------------------------------------------------------------------------

    @staticmethod
    def _kernel(kernel):
        if kernel in ("6.1", "6.12"):
            return REPO / f"build/tools/linux-{kernel}/Image"
        return pathlib.Path(kernel).resolve()

    def _arguments(self, kernel, cpu, initrd, append, machine, smp, memory, icount, second):
        # A second serial line is a second PL011 of the board, which a cell may own.
        words = ["-machine", machine, "-cpu", cpu, "-smp", str(smp), "-m", memory, "-nodefaults",
                 "-display", "none", "-no-reboot", "-S", "-seed", "1",
                 "-rtc", "base=2026-01-01,clock=vm",
                 "-chardev", "socket,id=serial,path=serial.sock,server=on,wait=off",
                 "-serial", "chardev:serial",
                 "-chardev", "socket,id=qmp,path=qmp.sock,server=on,wait=off",
                 "-mon", "chardev=qmp,mode=control"]
        if second:
            words += ["-chardev", "file,id=second,path=second.log", "-serial", "chardev:second"]
        if icount:
            words += ["-icount", icount]
        if kernel is not None:
            words += ["-kernel", str(self._kernel(kernel))]
        if initrd is not None:
            words += ["-initrd", str(pathlib.Path(initrd).resolve())]
        if append:
            words += ["-append", append]
        return words

    def _snapshots(self, snapshots, loadvm):
        if snapshots is None:
            return
        target = self.folder / SNAPSHOTS
        if snapshots is True:
            subprocess.run(in_tool_root("qemu-img", "create", "-q", "-f", "qcow2", str(target),
                                        "4G"), check=True, cwd=REPO)
        else:
            shutil.copyfile(snapshots, target)
        self.arguments += ["-drive", f"if=none,id=snapshots,format=qcow2,file={SNAPSHOTS}"]
        if loadvm is not None:
            self.arguments += ["-loadvm", loadvm]

    def _start(self):
        with open(self.folder / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(qemu_command() + self.arguments, cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        end = time.monotonic() + 30
        try:
            self.console = Channel(self.folder / "serial.sock", lambda: self._alive(end))
            self.monitor = Channel(self.folder / "qmp.sock", lambda: self._alive(end))
            self._message(30)
            self.qmp("qmp_capabilities")
            self.qmp("cont")
        except BaseException:
            self.close()
            raise

    def _alive(self, end):
        if self.process.poll() is not None:
            text = (self.folder / "qemu.log").read_text(errors="replace").strip()
            raise QemuError(f"QEMU did not start: {text}")
        return end

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End QEMU and remove its folder."""
        for channel in (self.console, self.monitor):
            if channel is not None:
                channel.close()
        if self.process is not None and self.process.poll() is None:
            # The runner starts a session of its own, and QEMU dies with the runner.
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- console -------------------------------------------------------------------------------

    def transcript(self):
        """All the console said since the start."""
        return self.console.log.decode(errors="replace").replace("\r\n", "\n")

    def expect(self, pattern, timeout=None):
        """Wait for a regular expression (over lines) and return the match; what stands before its
        end is consumed."""
        regex = re.compile(pattern.encode(), re.MULTILINE)
        end = time.monotonic() + (self.boot_seconds if timeout is None else timeout)
        while True:
            match = regex.search(bytes(self.console.data))
            if match:
                del self.console.data[:match.end()]
                return match
            if not self.console.receive(end - time.monotonic()) and time.monotonic() >= end:
                tail = self.console.data[-400:].decode(errors="replace")
                raise QemuError(f"no {pattern!r} on the console; its end: {tail!r}")

    def ready(self):
        """Wait for the guest's agent. @return the release of its Linux."""
        return self.expect(r"^BULKHEAD-GUEST-READY (\S+)\r?\n")[1].decode()

    def cmd(self, text, timeout=COMMAND_SECONDS):
        """Run one line in the guest. @return (exit code, output)."""
        while self.console.receive(0):
            pass
        del self.console.data[:]
        self.console.send(text.encode() + b"\n")
        match = self.expect(r"\A(?s:(.*?))^RC=(\d+)\r?\n", timeout)
        return int(match[2]), match[1].decode(errors="replace").replace("\r\n", "\n")

    # -- monitor -------------------------------------------------------------------------------

    def _message(self, timeout):
        """The next object from the monitor."""
        end = time.monotonic() + timeout
        while b"\n" not in self.monitor.data:
            # A console that nobody reads blocks QEMU as a whole after a few hundred bytes.
            if not self.monitor.receive(0) and not self._either(end - time.monotonic()):
                raise QemuError("the monitor does not answer")
        line, _, rest = bytes(self.monitor.data).partition(b"\n")
        self.monitor.data[:] = rest
        return json.loads(line)

    def _either(self, seconds):
        """Wait for bytes from the monitor, and take what the console says meanwhile. False: the
        time is over."""
        channels = [channel for channel in (self.monitor, self.console) if not channel.ended]
        ready, _, _ = select.select([channel.sock for channel in channels], [], [],
                                    max(seconds, 0))
        if self.console.sock in ready:
            try:
                self.console.receive(0)
            except QemuError:
                self.console.ended = True  # the monitor may still have last words
        return bool(ready)

    def qmp(self, command, timeout=60, **arguments):
        """One monitor command. @return its result."""
        request = {"execute": command, "arguments": arguments}
        self.monitor.send(json.dumps(request).encode() + b"\n")
        while True:
            message = self._message(timeout)
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise QemuError(f"{command}: {message['error']['desc']}")
            else:
                return message["return"]

    def hmp(self, line, timeout=60):
        """One line for the human monitor. @return its text."""
        return self.qmp("human-monitor-command", timeout, **{"command-line": line})

    def hmp_all(self, lines, timeout=60):
        """Many lines for the human monitor, sent together. @return their texts."""
        requests = [{"execute": "human-monitor-command", "arguments": {"command-line": line}}
                    for line in lines]
        self.monitor.send(b"".join(json.dumps(r).encode() + b"\n" for r in requests))
        found = []
        while len(found) < len(requests):
            message = self._message(timeout)
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise QemuError(f"{lines[len(found)]}: {message['error']['desc']}")
            else:
                found.append(message["return"])
        return found

    def wait_event(self, name, timeout=COMMAND_SECONDS):
        """Wait for an event of the monitor, such as SHUTDOWN."""
        end = time.monotonic() + timeout
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            self.events.append(self._message(end - time.monotonic()))

    def read_phys(self, address, count):
        """Bytes of physical memory, as the machine has them."""
        self.qmp("pmemsave", val=address, size=count, filename="memory.bin")
        data = (self.folder / "memory.bin").read_bytes()
        if len(data) != count:
            raise QemuError(f"{len(data)} of {count} bytes at {address:#x}")
        return data

    # -- snapshots -----------------------------------------------------------------------------

    def _snapshot(self, line):
        text = self.hmp(line).strip()
        if text:
            raise QemuError(f"{line}: {text}")

    def savevm(self, name):
        self._snapshot(f"savevm {name}")

    def loadvm(self, name):
        self._snapshot(f"loadvm {name}")
        del self.console.data[:]

    def keep(self, path):
        """Copy the snapshots for other machines (Machine(snapshots=path, loadvm=name))."""
        self.qmp("stop")
        shutil.copyfile(self.folder / SNAPSHOTS, path)
        self.qmp("cont")
