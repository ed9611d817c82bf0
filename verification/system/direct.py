# SPDX-License-Identifier: Apache-2.0
"""The kernel started by firmware with bare-metal cells: the machine of the direct-boot tests.

Time in a test is the time of a cell: the machine runs from one timer interrupt of a cell to the
next (1 ms of guest time) and stands still in between, always at the same instruction. So a run
repeats exactly, and no budget depends on the host.
"""

import mmap
import struct
import time
import zlib

import built
import gdb
import plugin
import status
from qemu import Machine, QemuError

BOARD = "virt,virtualization=on,gic-version=3,dtb-randomness=off,memory-backend=ram"
RAM = 0x40000000
RAM_BYTES = 1 << 30
ROOT, RT, OTHER = 1, 2, 3
CPU = {ROOT: 0, RT: 1, OTHER: 2}
NAMES = {ROOT: "root", RT: "rt", OTHER: "other"}
IMAGES = {ROOT: "root-50000000", RT: "rt-51000000", OTHER: "rt-52000000"}
COMM = {ROOT: 0x50080000, RT: 0x53000000, OTHER: 0x53001000}
MEMORY = {ROOT: (0x50000000, 0x80000), RT: (0x51000000, 0x100000), OTHER: (0x52000000, 0x100000)}
UP_TICKS = 30
HOST_SECONDS = 60
REASONS = {plugin.TICK: "tick", plugin.LIMITED: "limit", plugin.PLACED: "instruction"}
SETTLE_SECONDS = 0.02
RACE_SECONDS = 0.001
IDLE_TURNS = 5000


def loader(path, address):
    return ["-device", f"loader,file={built.need(path)},addr={address:#x},force-raw=on"]


class Held(Machine):
    """A machine that stays before its first instruction until the test lets it go, with the plugin
    that holds it later."""

    started = False
    control = None
    vectors = 0

    def _start(self):
        self.control = plugin.Control(self.folder)
        self.control.vectors(self.vectors)
        super()._start()

    def qmp(self, command, timeout=60, **arguments):
        if command == "cont" and not self.started:
            self.started = True
            return {}
        return super().qmp(command, timeout, **arguments)

    def alive(self):
        return self.process.poll() is None


class Direct:
    """One machine. Context manager; stands still whenever a method has returned."""

    def __init__(self, plan, images=None, *, kernel=None, cpu="cortex-a57", smp=4, extra=(),
                 dump=None, limit=False, debug=False, place=0):
        self.folder = kernel or built.KERNEL
        self.images = IMAGES if images is None else images
        self.symbols = built.symbols(self.folder / "bulkhead.elf")
        self.dump = dump
        self.seen = 0
        self.clock = None
        self.gdb = None
        words = ["-object", f"memory-backend-file,id=ram,size={RAM_BYTES},mem-path=ram.bin,share=on"]
        words += plugin.arguments(limit) + (gdb.ARGUMENTS if debug else [])
        words += loader(plan, self.symbols["plan"])
        for name in self.images.values():
            words += loader(built.INMATES / f"{name}.bin", int(name.split("-")[1], 16))
        Held.vectors = self.symbols["vectors"]
        self.machine = Held(str(built.need(self.folder / "bulkhead.elf")), cpu, machine=BOARD,
                            smp=smp, extra=words + list(extra))
        self.control = self.machine.control
        self.control.place(place)
        try:
            if debug:
                self.gdb = gdb.Gdb(self.machine)
            with open(self.machine.folder / "ram.bin", "r+b") as file:
                self.ram = mmap.mmap(file.fileno(), RAM_BYTES)
        except BaseException:
            self.machine.close()
            raise
        self.powered = False
        self.stopped = debug  # by gdb, which may set breakpoints then

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.dump is not None:
            self.dump.write_bytes(self.read(0x70000000, 0x400000))
        if self.gdb is not None:
            self.gdb.close()
        self.ram.close()
        self.control.close()
        self.machine.close()

    # -- memory --------------------------------------------------------------------------------

    def read(self, address, count):
        return self.ram[address - RAM:address - RAM + count]

    def write(self, address, data):
        """Data only: translated code would not be noticed (use gdb.write for code)."""
        self.ram[address - RAM:address - RAM + len(data)] = data

    def word(self, address, size=8):
        return int.from_bytes(self.read(address, size), "little")

    def digest(self, cell):
        """Checksum of a cell's private memory: all that its own program does not change."""
        address, count = MEMORY[cell]
        return zlib.crc32(self.read(address, count))

    def code_digest(self, cell):
        """Checksum of a running cell's image."""
        path = built.need(built.INMATES / f"{self.images[cell]}.bin")
        return zlib.crc32(self.read(MEMORY[cell][0], path.stat().st_size))

    def status(self):
        return status.Status(self.read(status.STATUS_BASE, status.STATUS_BYTES))

    def comm(self, cell):
        return status.Comm(self.read(COMM[cell], status.COMM_BYTES))

    def new_events(self):
        now = self.status()
        found = now.events(self.seen)
        self.seen = now.next
        return found

    def result_of_launch(self):
        """(status, a, b) of a launch that was refused: for all CPUs, else for the first."""
        common = struct.unpack("<IxxxxQQ", self.read(self.symbols["launch_result"], 24))
        own = struct.unpack("<3Q", self.read(self.symbols["launch_answer"], 24))
        return common if common[0] else own

    # -- time ----------------------------------------------------------------------------------

    def symbol(self, cell, name):
        return built.symbols(built.INMATES / f"{self.images[cell]}.elf")[name]

    def set_clock(self, cell):
        """Take the timer interrupts of this cell as the test's clock."""
        self.clock = cell

    def ticks(self, count=1):
        """Run until the clock cell has taken @p count more timer interrupts."""
        self.run(ticks=count)

    def run(self, ticks=0, limit=0):
        """Run until the clock cell ticked so often, or all CPUs executed so many instructions.
        @return why it stopped."""
        self.control.arm(CPU[self.clock] if self.clock else 0, ticks, limit)
        if self.stopped:  # by gdb, which takes its own command for a stop when the machine runs already
            self.gdb.resume()
        elif self.powered:
            self.control.go()
        else:
            self.machine.qmp("cont")
        self.stopped = False
        self.powered = True
        return self.control.wait(HOST_SECONDS, self.machine.alive)

    def race(self, places, ticks=0, limit=0):
        """Needs debug. Run to the first of: a CPU at one of the addresses, the ticks, the limit; or
        until nothing executes any more. @return ("place", CPU), ("tick",), ("limit",), ("idle",)."""
        self.control.arm(CPU[self.clock] if self.clock else 0, ticks, limit)
        if self.stopped:  # by gdb, so the plugin holds nothing, but may as soon as this goes on
            for place in places:
                self.gdb.breakpoint(place)
            self.gdb.resume()
        elif places:
            raise QemuError("breakpoints can be set only where gdb stopped the machine")
        else:
            self.control.go()
        self.stopped = False
        self.powered = True
        still, last = 0, None
        while True:
            time.sleep(RACE_SECONDS)
            if self.control.held:
                return (REASONS[self.control.reason],)
            if self.gdb.stopped():
                cpu = self.gdb.wait() - 1
                self.stopped = True
                for place in places:
                    self.gdb.breakpoint(place, False)
                return ("place", cpu)
            now = self.control.total
            still = still + 1 if now == last else 0
            last = now
            if still > IDLE_TURNS:
                return ("idle",)
            if not self.machine.alive():
                return ("ended",)

    def catch(self):
        """Needs debug. From a stop of the plugin to one of gdb, at the end of the block of code that
        was about to execute. @return False when gdb came too late, so that more was executed: then
        this run is not to be used."""
        total = self.control.total
        self.gdb.ask_to_stop()
        time.sleep(SETTLE_SECONDS)
        self.control.go()
        self.gdb.wait()
        self.stopped = True
        return self.control.total == total

    def until(self, condition, budget):
        """Run, tick by tick, until condition() or the budget of ticks is used up. @return ticks
        used, or None."""
        for used in range(budget + 1):
            if condition():
                return used
            self.ticks()
        return None

    def up(self, cells=(ROOT, RT, OTHER), clock=RT, beats=1):
        """Run until the cells say that they are up."""
        self.set_clock(clock)
        if self.until(lambda: all(self.comm(c).up and self.comm(c).heartbeat > beats for c in cells),
                      UP_TICKS) is None:
            raise QemuError("the cells did not come up: " +
                            "; ".join(map(str, self.status().events())))
        self.new_events()

    # -- attempts ------------------------------------------------------------------------------

    def command(self, cell, command, argument=0):
        """Tell a cell what to attempt; it has not begun when this returns."""
        base = COMM[cell]
        self.write(base + status.COMM_RESULT, bytes(8))
        self.write(base + status.COMM_ARGUMENT, struct.pack("<Q", argument))
        self.write(base + status.COMM_COMMAND, struct.pack("<Q", command))

    def attempt(self, cell, command, argument=0, budget=12):
        """Let a cell attempt something. @return its result word, or None when it does not answer
        within @p budget ticks; and the events recorded since."""
        self.command(cell, command, argument)
        answered = self.until(lambda: self.comm(cell).result & status.DONE, budget)
        result = self.comm(cell).result if answered is not None else None
        return result, self.new_events()

    def hypercall(self, number, cell=0, caller=ROOT, budget=400):
        """A hypercall by a cell. @return (status, events)."""
        result, events = self.attempt(caller, status.ATTEMPT["HYPERCALL"], number + cell * 256,
                                      budget)
        if number == status.HC["CELL_LOAD"] and result == status.DONE and cell in self.images:
            self.load(cell)
        return (None if result is None else result & 0xFFFFFFFF), events

    def load(self, cell):
        """What root does between LOAD and START; its test program has no files. The code was cleared
        by the kernel, so nothing of it is translated."""
        image = built.need(built.INMATES / f"{self.images[cell]}.bin").read_bytes()
        self.write(MEMORY[cell][0], image)

    def heartbeats(self):
        return {cell: self.comm(cell).heartbeat for cell in self.images}

    def silent(self, cells, ticks=3):
        """Those of the cells whose heartbeat does not grow over some ticks."""
        before = self.heartbeats()
        self.ticks(ticks)
        after = self.heartbeats()
        return [NAMES[c] for c in cells if after[c] <= before[c]]
