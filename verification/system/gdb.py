# SPDX-License-Identifier: Apache-2.0
"""A client of QEMU's gdbstub: stop and go at exact instructions, registers, physical memory.

Remote serial protocol, as the GDB manual documents it (appendix E), and QEMU's own packet
Qqemu.PhyMemMode (QEMU manual, "GDB usage").
"""

import re
import time

from qemu import Channel, QemuError

ARGUMENTS = ["-chardev", "socket,id=gdb,path=gdb.sock,server=on,wait=off", "-gdb", "chardev:gdb"]
PC = 32
CPSR = 33
CHUNK = 1024


class Timeout(QemuError):
    """The guest did not stop in the time given: nothing it did reached a breakpoint."""


class Gdb:
    """One connection; the machine stands still when it is made."""

    def __init__(self, machine):
        self.machine = machine
        end = time.monotonic() + 30
        self.channel = Channel(machine.folder / "gdb.sock", lambda: end)
        self.thread = None
        self._ask("QStartNoAckMode", ack=True)
        self._expect_ok("Qqemu.PhyMemMode:1")

    def close(self):
        self.channel.close()

    # -- packets -------------------------------------------------------------------------------

    def _send(self, text):
        data = text.encode()
        self.channel.send(b"$%s#%02x" % (data, sum(data) & 0xFF))

    def _packet(self, seconds):
        end = time.monotonic() + seconds
        while True:
            data = bytes(self.channel.data)
            start = data.find(b"$")
            stop = data.find(b"#", start + 1) if start >= 0 else -1
            if start >= 0 and stop >= 0 and len(data) >= stop + 3:
                del self.channel.data[:stop + 3]
                return data[start + 1:stop].decode()
            if not self.channel.receive(end - time.monotonic()) and time.monotonic() >= end:
                raise Timeout(f"the guest did not stop within {seconds} s")

    def _ask(self, text, ack=False, seconds=30):
        self._send(text)
        answer = self._packet(seconds)
        if ack:
            self.channel.send(b"+")
        return answer

    def _expect_ok(self, text):
        answer = self._ask(text)
        if answer != "OK":
            raise QemuError(f"gdbstub: {text}: {answer!r}")

    # -- run and stop --------------------------------------------------------------------------

    def breakpoint(self, address, on=True):
        """Stop before the instruction at @p address, on whatever CPU."""
        self._expect_ok(f"{'Z' if on else 'z'}1,{address:x},4")

    def resume(self):
        """Go on. A CPU that is at a breakpoint stops there at once: remove that one before."""
        self._send("c")

    def stopped(self):
        """True when an answer to resume() has come."""
        while self.channel.receive(0):
            pass
        return b"#" in self.channel.data

    def wait(self, seconds=60):
        """Wait until the machine stops again. @return the thread (CPU number + 1) that did."""
        while True:
            answer = self._packet(seconds)
            if answer[0] in "TS":
                break
            if answer[0] in "WX":
                raise QemuError("the machine ended")
        self.thread = None
        for field in answer[3:].split(";"):
            name, _, value = field.partition(":")
            if name == "thread":
                self.thread = int(value.split(".")[-1], 16)
        return self.thread

    def go(self, seconds=60):
        """Run to the next breakpoint. @return the CPU that is there."""
        self.resume()
        return self.wait(seconds) - 1

    def ask_to_stop(self):
        """Begin to stop; wait() tells when. Not a deterministic place."""
        self.channel.send(b"\x03")

    # -- registers and memory ------------------------------------------------------------------

    def select(self, cpu):
        self._expect_ok(f"Hgp1.{cpu + 1:x}")

    def register(self, cpu, number):
        self.select(cpu)
        return int.from_bytes(bytes.fromhex(self._ask(f"p{number:x}")), "little")

    def set_register(self, cpu, number, value):
        self.select(cpu)
        size = 4 if number == CPSR else 8
        self._expect_ok(f"P{number:x}={value.to_bytes(size, 'little').hex()}")

    def registers(self):
        """{name: number} of the system registers, from QEMU's target description."""
        text = ""
        while True:
            answer = self._ask(f"qXfer:features:read:system-registers.xml:{len(text):x},800")
            text += answer[1:]
            if answer[0] == "l":
                break
        found = re.findall(r'<reg name="(\w+)"[^>]*regnum="(\d+)"', text)
        return {name: int(number) for name, number in found}

    def write(self, address, data):
        """Physical memory; code that QEMU has translated is translated anew."""
        for at in range(0, len(data), CHUNK):
            part = data[at:at + CHUNK]
            self._expect_ok(f"M{address + at:x},{len(part):x}:{part.hex()}")

    def read(self, address, count):
        out = b""
        while len(out) < count:
            size = min(CHUNK, count - len(out))
            answer = self._ask(f"m{address + len(out):x},{size:x}")
            if answer.startswith("E"):
                raise QemuError(f"gdbstub: cannot read {address:#x}: {answer}")
            out += bytes.fromhex(answer)
        return out
