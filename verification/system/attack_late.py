# SPDX-License-Identifier: Apache-2.0
"""Late launch: the attempts of attack/linux.toml, by a hostile root Linux and by a hostile cell beside
it. One boot of each machine serves them all, on plan demo-attack: root on CPUs 0 and 1, the intruder on
CPU 2, the real-time cell on CPU 3. A hostile Linux has the test build of the driver, whose parameter
`raw` makes any call."""

import re
import struct
import time
import zlib

import attack_table
import built
import late
import mkguest
import oracle
import planblob as pb
import status
from cases_attack import value_of
from late import demand
from qemu import LINUX_ARGS, REPO, SMMU_ARGS, Machine

MACHINES = [("6.1", "max"), ("6.12", "a57")]
ROOT, RT, INTRUDER = 1, 2, 3
CELL = {"kernel": 0, "root": ROOT, "rt": RT, "intruder": INTRUDER, "nobody": None}
IMAGE = {RT: "rt-71000000", INTRUDER: "rt-73000000"}
MEMORY = {RT: (0x71000000, 0x100000), INTRUDER: (0x73000000, 0x100000)}
DATA = (0x71200000, 0x200000)
COMM = {RT: 0x72000000, INTRUDER: 0x72001000}
SPIS = (33, 34, 39, 40, 48, 200)
PLAN = "demo-attack"
RAW = "/sys/module/bulkhead/parameters/raw"
BEATS = 3
DEVICES = "iomem=relaxed"  # /dev/mem reaches devices that have a driver
HEART_SECONDS = 60
PHASES = ("before", "running", "last")


def initrd(kernel):
    """The guest's file system, with plans that must be refused."""
    guest = mkguest.build(kernel, None, False, [])
    guest.file("test/bulkhead.ko", REPO / f"build/linux-{kernel}-test/bulkhead.ko")
    guest.file(f"plans/{PLAN}.plan", built.PLANS / f"{PLAN}.plan")
    for image in IMAGE.values():
        guest.file(f"inmates/{image}.bin", built.INMATES / f"{image}.bin")
    demand(not guest.missing, f"error[E040E]: not built: {', '.join(guest.missing)}; hint: make")
    for name, data in hostile_plans():
        guest.entries[f"plans/{name}.plan"] = (mkguest.FILE, data, (0, 0))
    out = REPO / f"build/guest/attack-{kernel}.cpio"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(mkguest.newc(guest.entries))
    return out


def hostile_plans():
    """Plans with one lie each and a good checksum."""
    good = built.need(built.PLANS / f"{PLAN}.plan").read_bytes()

    def changed(at, size, value):
        data = bytearray(good)
        data[at:at + size] = value.to_bytes(size, "little")
        struct.pack_into("<I", data, pb.CRC_AT, zlib.crc32(data[:pb.CRC_AT]))
        return bytes(data)

    def cell(number, name, value):
        at, size = pb.CELL[name]
        return changed(pb.CELL_AT + number * pb.CELL_BYTES + at, size, value)

    def page(owner, value):
        owners = oracle.Owners(good)
        index = next(i for i, r in enumerate(owners.regions)
                     if r[3] == owner and r[0] == MEMORY[owner][0] // 4096)
        return changed(pb.REGION_AT + index * pb.REGION_BYTES, 8, value)
    return [("over-kernel", page(INTRUDER, 0x70000)), ("over-rt", page(INTRUDER, 0x71000)),
            ("over-status", page(INTRUDER, 0x70400)), ("cpu-of-rt", cell(INTRUDER, "cpus", 8)),
            ("cpu-of-nobody", cell(INTRUDER, "cpus", 0x40)),
            ("interrupt-of-rt", cell(INTRUDER, "irqs", 1 << 40)),
            ("entry-in-rt", cell(INTRUDER, "entry", 0x71000000)),
            ("cells-without-end", changed(24, 4, 0xFFFFFFFF)),
            ("regions-without-end", changed(28, 4, 0xFFFFFFFF))]


class Stage:
    """The attempts on one machine."""

    def __init__(self, machine):
        self.machine = machine
        self.guest = late.Guest(machine)
        self.seen = 0
        self.known = None  # the attacker and the look after its last attempt, which was in order
        self.owners = oracle.Owners(built.need(built.PLANS / f"{PLAN}.plan").read_bytes())
        self.symbols = built.symbols(built.KERNEL / "bulkhead.elf")

    # -- looking -------------------------------------------------------------------------------

    def status(self):
        return status.Status(self.machine.read_phys(status.STATUS_BASE, status.STATUS_BYTES))

    def new_events(self):
        now = self.status()
        found = now.events(self.seen)
        self.seen = now.next
        return found

    def beats(self):
        """Heartbeats of both cells at one instant."""
        self.machine.qmp("stop")
        found = {cell: struct.unpack("<Q", self.machine.read_phys(at + 8, 8))[0]
                 for cell, at in COMM.items()}
        self.machine.qmp("cont")
        return found

    def crc(self, address, count, found=0):
        return zlib.crc32(self.machine.read_phys(address, count), found)

    def memory(self, cell):
        """Checksum of all that a cell's own program does not write."""
        base, size = MEMORY[cell]
        own = built.symbols(built.INMATES / f"{IMAGE[cell]}.elf")
        found = self.crc(base, own["__bss_start"] - base)
        found = self.crc(own["__bss_end"], base + size - own["__bss_end"], found)
        return self.crc(*DATA, found) if cell == RT else found

    def look(self, attacker):
        """{what: value} of all that is not the attacker's."""
        self.machine.qmp("stop")
        now = self.status()
        first, last = self.symbols["_text"], self.symbols["_data"]
        found = {"kernel's code": self.crc(first, last - first),
                 "translation tables": self.crc(*oracle.TABLES)}
        for cell in (RT, INTRUDER):
            if cell != attacker:
                found[f"memory of cell {cell}"] = self.memory(cell)
                found[f"state of cell {cell}"] = now.cells[cell]
        # What root is left with: all that no cell has taken.
        taken = [n for c in (RT, INTRUDER) for n in self.owners.interrupts(c)]
        mine = [n for n in SPIS if n not in taken] if attacker == ROOT else \
            self.owners.interrupts(attacker)
        wanted = oracle.distributor(mine, SPIS)
        for cpu in range(oracle.CPUS):
            own = now.cpus[cpu]["cell"] == attacker
            wanted.update(oracle.redistributor(cpu, own))
            if not own:
                found[f"CPU {cpu}"] = (now.cpus[cpu]["state"], now.cpus[cpu]["cell"])
        found.update(oracle.registers(self.machine, wanted))
        self.machine.qmp("cont")
        return found

    # -- judging -------------------------------------------------------------------------------

    def check_events(self, attempt, events):
        """Exactly the events of the table, each with its cell and what it is about."""
        text = "; ".join(map(str, events)) or "none"
        demand(len(events) == len(attempt.events),
               f"{len(events)} events, expected {len(attempt.events)}: {text}")
        for event, want in zip(events, attempt.events):
            cell = CELL[want[3] if len(want) > 3 else attempt.attacker]
            demand(status.NAME.get(event.id) == want[0] and value_of(want[1]) == event.a
                   and value_of(want[2]) == event.b and event.cell == cell,
                   f"event {event}, expected {' '.join(map(str, want))} by cell {cell}")
        if events and attempt.by == "kernel":
            victim = CELL[attempt.victim]
            demand(any(self.owners.belongs(victim, e) for e in events),
                   f"no event is about what {attempt.victim} owns: {text}")

    def hearts(self, attempt, first):
        """Both hearts beat on, and as often as each other: none missed a beat. Of a cell that ended,
        the other's beats are counted alone."""
        dead = CELL[attempt.attacker] if attempt.state != "RUNNING" else None
        alive = [c for c in COMM if c != dead]
        end = time.monotonic() + HEART_SECONDS
        while True:
            now = self.beats()
            grown = {c: now[c] - first[c] for c in alive}
            if min(grown.values()) >= BEATS:
                break
            demand(time.monotonic() < end, f"no heartbeat of cells {sorted(alive)}")
        demand(max(grown.values()) - min(grown.values()) <= oracle.SLACK,
               f"heartbeats since the attempt: {grown}")
        demand(self.guest.run("echo root lives").strip() == "root lives", "root does not answer")

    def raw(self, line, cpu=0):
        """The test driver's parameter: a call from Linux's kernel on one CPU. @return what came back."""
        return self.guest.run(f"taskset {1 << cpu} sh -c 'echo {line} > {RAW}; cat {RAW}'")

    def shell(self, row):
        """The line of a row; `first` is a call on another CPU, which is granted."""
        if "first" in row:
            demand(self.raw(row["first"], 1).startswith("0 "), f"{row['first']}: refused")
        text = self.raw(row["raw"]) if "raw" in row else self.guest.run(row["how"], row.get("code", 0))
        demand(re.search(row.get("text", ""), text, re.M),
               f"{text.strip()[-200:]!r} is not {row.get('text')!r}")

    def play(self, attempt):
        """An attempt while both cells run."""
        attacker = CELL[attempt.attacker]
        before = self.known[1] if self.known and self.known[0] == attacker else self.look(attacker)
        first, self.known = self.beats(), None
        self.shell(attempt.row)
        self.check_events(attempt, self.new_events())
        demand(self.status().state(attacker) == attempt.state,
               f"the attacker is {self.status().state(attacker)}, expected {attempt.state}")
        self.hearts(attempt, first)
        after = self.look(attacker)
        changed = oracle.differences(before, after)
        demand(not changed, "; ".join(changed))
        late_events = self.new_events()
        demand(not late_events, f"further events: {'; '.join(map(str, late_events))}")
        for line in attempt.row.get("after", ()):
            self.guest.run(line)
        self.new_events()
        self.known = (attacker, after)

    def refused(self, attempt):
        """An attempt before the launch: no CPU is lost and nothing is held."""
        self.shell(attempt.row)
        demand(self.guest.online() == "0-3", f"CPUs {self.guest.online()} online")
        self.guest.run("for c in 0 1 2 3; do taskset $((1 << c)) true || exit 1; done")
        demand("E040A" in self.guest.run("bulkhead status; true"), "the kernel holds the machine")

    def after(self, attempt):
        """An attempt on a machine whose cells are gone, which serves no other one."""
        self.guest.run("bulkhead cell destroy intruder && bulkhead cell destroy rt")
        self.guest.run("taskset -p 1 1")  # the agent stays where the kernel is
        self.new_events()
        self.shell(attempt.row)
        self.check_events(attempt, self.new_events())
        demand(self.status().state(CELL[attempt.victim]) == "ABSENT", "the cell exists")

    def launch(self):
        """Both cells up."""
        self.guest.run(f"bulkhead enable /plans/{PLAN}.plan")
        for cell, name in ((RT, "rt"), (INTRUDER, "intruder")):
            self.guest.run(f"bulkhead cell create {name} && bulkhead cell load {name} "
                           f"/inmates/{IMAGE[cell]}.bin && bulkhead cell start {name}")
        end = time.monotonic() + HEART_SECONDS
        while min(self.beats().values()) < BEATS:
            demand(time.monotonic() < end, "the cells did not come up")
        self.new_events()


def attempts():
    found = attack_table.tables()[1]
    return sorted(found, key=lambda a: PHASES.index(a.row.get("phase", "running")))


def title(attempt):
    return f"{attempt.attacker}: {attempt.title}"


def announced():
    """What the runner lists of these attempts."""
    return [{"id": a.id, "title": title(a), "verifies": list(a.verifies)} for a in attempts()]


def on_machine(records, kernel, cpu, wanted):
    """All wanted attempts on one machine. After one that went wrong the next ones start from the state
    in which both cells had just come up."""
    with Machine(kernel, late.CPUS[cpu], initrd(kernel), f"{LINUX_ARGS} {SMMU_ARGS} {DEVICES}",
                 snapshots=True) as machine:
        machine.ready()
        stage = Stage(machine)
        stage.guest.run("insmod /test/bulkhead.ko")
        plays = {"before": stage.refused, "running": stage.play, "last": stage.after}
        up = 0
        for attempt in [a for a in attempts() if a.id in wanted]:
            phase = attempt.row.get("phase", "running")
            if phase != "before" and not up:
                stage.launch()
                machine.savevm("up")
                up = stage.seen
            started = time.monotonic()
            late.attempt(records[attempt.id], f"{kernel} {cpu}", plays[phase], attempt)
            records[attempt.id]["seconds"] += round(time.monotonic() - started, 1)
            if phase != "before" and (phase == "last" or records[attempt.id]["status"] != "pass"):
                machine.loadvm("up")
                stage.seen, stage.known = up, None


def play_all(records, kernel, cpu, wanted):
    """The attempts on one machine; what was not reached has not passed."""
    start = {"status": "pass", "detail": ""}
    late.attempt(start, f"{kernel} {cpu}", on_machine, records, kernel, cpu, wanted)
    for case in wanted if start["status"] != "pass" else ():
        if records[case]["status"] == "pass":
            records[case].update(start)
