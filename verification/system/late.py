# SPDX-License-Identifier: Apache-2.0
"""Linux as root: the driver and the command on the stock kernels, in QEMU.

    late.py [--json OUT] [--kernel 6.1|6.12] [--cpu CPU] [--way late|direct] [CASE...]

Two ways lead there: Linux hands the machine over (late launch), or firmware started the kernel and
the kernel Linux (direct boot). Both use the same plan. Each case is a function of a running guest,
announced by its docstring (@test, @verifies). It starts from a snapshot taken when the agent was
ready and the driver loaded, so that no case sees another. A case passes if it does so on every kernel
and CPU of MACHINES, by each way that it is listed for. run() is for a runner that has more cases.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import struct
import subprocess
import sys
import time
import zlib

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parent / "guest")]
import built  # noqa: E402
import firmware  # noqa: E402
import late_message  # noqa: E402
import mkguest  # noqa: E402
import status  # noqa: E402
from cases import Wrong, demand  # noqa: E402
from qemu import LINUX_ARGS, MACHINE, REPO, SMMU_ARGS, Machine, QemuError  # noqa: E402

CPUS = {"a57": "cortex-a57", "max": "max,pauth-impdef=on"}
MACHINES = [(kernel, cpu) for kernel in ("6.1", "6.12") for cpu in CPUS]
GUEST = REPO / "build/guest"
PLAN = REPO / "src/configs/qemu-virt-arm64/demo.toml"
TWO = REPO / "src/configs/qemu-virt-arm64/demo-attack.toml"
IMAGE = "rt-71000000.bin"
START = ("bulkhead cell create rt && bulkhead cell load rt /inmates/" + IMAGE +
         " && bulkhead cell start rt")
ENABLE = "bulkhead enable /plans/demo.plan"
ATTACH = "bulkhead attach /plans/demo.plan"
LATE, DIRECT = "late", "direct"
CYCLES = 20
CELL_CPUS = 112 + 2 * 176 + 24  # cells[2].cpus in the blob
CELL_FLAGS = CELL_CPUS + 4
CELL_COMM = CELL_CPUS + 16
CELL_DIGEST = 5616 + 2 * 52 + 8  # policy[2].digest
MEASURED = 8
CODE, CODE_BYTES = 0x71000000, 0x100000  # the cell's private memory
DATA, DATA_BYTES = 0x71200000, 0x200000
CELL_WATCH = 5616 + 2 * 52 + 40  # policy[2].watch_us and watch_cpu
WATCH_SECONDS = 4
HARM_SECONDS = 3
NEWS_MILLISECONDS = 200
RING = 128
CALLS = 9
FREQUENCY = 1_000_000_000  # one count is one instruction
PERIOD = FREQUENCY // 1000
BOOT_PERIODS = 500  # no Linux here boots in less than half a second of its time
FIRST = 10  # periods until the cell's first deadline: the emulator lets Linux's CPU have its turn first
LAG = 4  # periods by which the emulator's turns may delay the cell
MSI_READS, MSI_TURNS = 16, 3
# A disk of zeros behind PCI: each of its queues has an MSI-X of its own.
DISK = ["-blockdev", "driver=null-co,node-name=zeros,size=4194304,read-zeroes=on",
        "-device", "virtio-blk-pci,drive=zeros,num-queues=4"]
COMPLAINTS = "^<[0-4]>"  # in the raw log: level warning or worse


class Guest:
    """A running guest and what cases ask of it."""

    start = START
    image_name = IMAGE

    def __init__(self, machine, way=LATE):
        """enable: the line after which the kernel is managed and no cell is there, by either way."""
        self.machine = machine
        self.direct = way == DIRECT
        self.enable = f"{ATTACH} && bulkhead cell destroy rt" if self.direct else ENABLE

    def run(self, line, code=0, timeout=60):
        """Run a line; its exit code must be the one expected. @return its output."""
        got, text = self.machine.cmd(line, timeout)
        demand(got == code, f"{line}: exit code {got}, expected {code}: {text.strip()[-300:]}")
        return text

    def refused(self, line, eid, code):
        """The line is refused with this ID and a hint."""
        text = self.run(line, code)
        demand(re.search(rf"^bulkhead: error\[{eid}\]: .+\nhint: .+$", text, re.M),
               f"{line}: no error[{eid}] with a hint: {text.strip()[-300:]}")
        return text

    def status(self):
        return json.loads(self.run("bulkhead --json status"))

    def cell(self):
        return next(c for c in self.status()["cells"] if c["name"] == "rt")

    def events(self):
        return [e["name"] for e in json.loads(self.run("bulkhead --json events"))["events"]]

    def online(self):
        return self.run("cat /sys/devices/system/cpu/online").strip()

    def beats(self):
        """Heartbeats of the cell, as the machine's memory has them."""
        return struct.unpack("<Q", self.machine.read_phys(0x72000008, 8))[0]

    def cell_lives(self, seconds=30):
        """The heartbeat grows."""
        first, end = self.beats(), time.monotonic() + seconds
        while self.beats() <= first:
            demand(time.monotonic() < end, "the cell's heartbeat stands still")
            time.sleep(0.05)

    def image(self, name):
        """Put another kernel image into the firmware path."""
        self.run(f"cp /refuse/{name} /lib/firmware/bulkhead.bin")

    def log_is_clean(self):
        text = self.machine.cmd(f"dmesg -r | grep '{COMPLAINTS}'")[1]
        demand(text == "", f"complaints in the Linux log: {text[:300]}")


# -- cases on a machine that is fit ----------------------------------------------------------------

def cycles(guest):
    """Enable, run a cell, destroy, disable, twenty times in one boot.

    @test TC_DRV_001 @verifies SWR_DRV_003 SYR_LCH_003 SWR_CLI_010 SWR_EL2_003 SWR_GIC_004
    SWR_HCL_003 SWR_INI_005 @technique stress @level system
    """
    for number in range(CYCLES):
        guest.run(f"{ENABLE} && {START}")
        demand(guest.online() == "0-2", f"cycle {number}: CPUs {guest.online()} online")
        guest.cell_lives()
        guest.run("bulkhead cell destroy rt && bulkhead disable")
        demand(guest.online() == "0-3", f"cycle {number}: CPUs {guest.online()} online")
    guest.run("rmmod bulkhead && insmod /lib/modules/bulkhead.ko")
    guest.log_is_clean()


def state_refusals(guest):
    """Twice, with a CPU offline, before enabling, with cells left, unknown cells.

    @test TC_DRV_002 @verifies SWR_DRV_001 SWR_DRV_004 SWR_HCL_003 SYR_LCH_002 SYR_UI_001
    @technique requirements @level system
    """
    for line in ("status", "disable", "cell list", "cell create rt"):
        guest.refused(f"bulkhead {line}", "E040A", 5)
    guest.run("echo 0 > /sys/devices/system/cpu/cpu2/online")
    guest.refused(ENABLE, "E0405", 6)
    guest.run("echo 1 > /sys/devices/system/cpu/cpu2/online")
    guest.run(ENABLE)
    guest.refused(ENABLE, "E0306", 6)
    guest.refused("bulkhead cell start nobody", "E0203", 4)
    guest.refused("bulkhead cell start rt", "E0204", 6)
    guest.run("bulkhead cell create rt")
    guest.refused("bulkhead disable", "E0209", 6)
    guest.refused("bulkhead cell create rt", "E0204", 6)
    demand(guest.online() == "0-2", "a refused create changed the CPUs")
    guest.run("bulkhead cell destroy rt && echo 0 > /sys/devices/system/cpu/cpu2/online")
    guest.refused("bulkhead disable", "E020A", 6)
    guest.run("echo 1 > /sys/devices/system/cpu/cpu2/online && bulkhead disable")
    guest.log_is_clean()


def refused_create(guest):
    """Linux cannot spare all CPUs of a cell: those already taken come back.

    @test TC_DRV_014 @verifies SWR_DRV_004 SYR_PLN_003 @technique fault-injection @level system
    """
    guest.run("bulkhead enable /plans/wide.plan && echo 0 > /sys/devices/system/cpu/cpu3/online")
    guest.refused("bulkhead cell create rt", "E0410", 1)
    demand(guest.online() == "0-2", f"CPUs {guest.online()} online")
    demand(guest.cell()["state"] == "absent", "the cell was created")
    guest.run("echo 1 > /sys/devices/system/cpu/cpu3/online && bulkhead cell create rt")
    demand(guest.online() == "3", f"CPUs {guest.online()} online")
    guest.run("bulkhead cell destroy rt")
    demand(guest.online() == "0-3", f"CPUs {guest.online()} online")
    guest.log_is_clean()


def image_refusals(guest):
    """No image, noise, another ABI, a kernel which refuses to prepare or to launch.

    @test TC_DRV_003 @verifies SWR_DRV_001 SWR_DRV_002 SYR_UI_001 @technique error-guessing
    @level system
    """
    guest.run("mv /lib/firmware/bulkhead.bin /good.bin")
    guest.refused(ENABLE, "E0411", 5)
    guest.run("dmesg -c > /dev/null")  # Linux itself says there that a file is missing
    for name, eid, code in (("noise.bin", "E0307", 5), ("abi.bin", "E0301", 5),
                            ("prepare.bin", "E0308", 1), ("launch.bin", "E0305", 8)):
        guest.image(name)
        guest.refused(ENABLE, eid, code)
        demand(guest.online() == "0-3", f"{name}: CPUs {guest.online()} online")
    guest.run("head -c 50 /good.bin > /lib/firmware/bulkhead.bin")
    guest.refused(ENABLE, "E0307", 5)
    for size in ("5000", "$(($(stat -c %s /good.bin) - 1))"):
        guest.run(f"head -c {size} /good.bin > /lib/firmware/bulkhead.bin")
        guest.refused(ENABLE, "E0307", 5)
    guest.run(f"cp /good.bin /lib/firmware/bulkhead.bin; {ENABLE} && {START}")
    guest.cell_lives()
    guest.log_is_clean()


def plan_refusals(guest):
    """Truncated, over-long and damaged plans, by the command and by the driver below it.

    @test TC_DRV_004 @verifies SWR_DRV_001 SWR_CLI_004 SYR_PLN_004 @technique error-guessing
    @level system
    """
    guest.run("head -c 5943 /plans/demo.plan > /tmp/short; cat /plans/demo.plan /proc/version "
              "> /tmp/long; sed s/linux/Linux/ /plans/demo.plan | sed s/root/toor/ > /tmp/damaged")
    for name, eid in (("short", "E0101"), ("long", "E0101"), ("damaged", "E0105")):
        guest.refused(f"bulkhead enable /tmp/{name}", eid, 3)
        guest.refused(f"bulkhead plan check /tmp/{name}", eid, 3)
    attempts = outcomes(guest.run("abi_try calls"))
    demand(attempts["enable"] == "E0102", f"a plan of zeros: {attempts['enable']}")


def missing_cpu(guest):
    """A CPU that does not come: all are given back, and the next launch works.

    @test TC_DRV_005 @verifies SWR_DRV_002 SYR_LCH_001 SWR_INI_001 @technique fault-injection
    @level system
    """
    guest.run("rmmod bulkhead && insmod /test/bulkhead.ko")
    for cpu in (3, 0):
        guest.run(f"echo {cpu} > /sys/module/bulkhead/parameters/hold_cpu")
        text = guest.refused(ENABLE, "E0303", 1)
        demand("3 of 4 CPUs" in text, text)
        demand(guest.online() == "0-3", f"CPUs {guest.online()} online")
        guest.run("for c in 0 1 2 3; do taskset $((1 << c)) true || exit 1; done")
    guest.run("echo -1 > /sys/module/bulkhead/parameters/hold_cpu")
    guest.run(f"{ENABLE} && {START}")
    guest.cell_lives()
    guest.run("bulkhead cell destroy rt && bulkhead disable")
    guest.log_is_clean()


def outcomes(text):
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def hostile_calls(guest):
    """Wrong ABI, pointers, cells and sizes at the device itself, in three states of the cell.

    @test TC_DRV_006 @verifies SWR_DRV_001 SWR_DRV_005 @technique error-guessing @level system
    """
    common = {"unknown ioctl": "errno 25", "null argument": "errno 14",
              "cell with the next ABI": "E040B", "disable with ABI 0": "E040B",
              "enable with the next ABI": "E040B", "message with the next ABI": "E040B"}
    wrong_cells = ["kernel as cell", "root as cell", "cell 3", "cell 4294967295", "write to root",
                   "message to the kernel", "message to root", "message to cell 3"]
    wrong_calls = ["get_info as operation", "disable as operation", "operation 99",
                   "message of no kind"]
    wrong_writes = ["write below", "write beyond", "write nothing", "write that wraps",
                    "write of all", "write to data"]
    every = wrong_cells + wrong_calls + wrong_writes + ["write from nowhere", "write", "message"]
    expected = {**common, **dict.fromkeys(every, "E040A"),
                "enable": "E0420" if guest.direct else "E0102"}
    compare(outcomes(guest.run("abi_try calls")), expected)
    guest.run(f"{guest.enable} && bulkhead cell create rt")
    expected.update({"enable": "E0306", **dict.fromkeys(wrong_cells, "E0203"),
                     **dict.fromkeys(wrong_calls, "E0201"),
                     **dict.fromkeys(wrong_writes + ["write from nowhere", "write", "message"],
                                     "E0204")})
    compare(outcomes(guest.run("abi_try calls")), expected)
    guest.run("bulkhead cell load rt /inmates/" + IMAGE)
    expected.update({**dict.fromkeys(wrong_writes, "E040F"), "write from nowhere": "errno 14",
                     "write": "E0000"})
    compare(outcomes(guest.run("abi_try calls")), expected)
    demand(guest.cell()["state"] == "loading", "the cell's state changed")
    guest.log_is_clean()


def compare(got, expected):
    wrong = [f"{name}: {got.get(name)}, expected {want}" for name, want in expected.items()
             if got.get(name) != want]
    demand(not wrong and set(got) == set(expected), "; ".join(wrong) or "attempts differ")


def maps(guest):
    """Only the status pages, read-only, and the comm page of a cell can be mapped.

    @test TC_DRV_007 @verifies SWR_DRV_006 @technique error-guessing @level system
    """
    never = {"status executable": "errno 1", "status private": "errno 1"}
    names = ["status", "status writable", "status too long", "status, second page", "comm",
             "comm too long", "comm of root", "comm of cell 3", "comm of cell 4096"]
    compare(outcomes(guest.run("abi_try maps")), {**dict.fromkeys(names, "errno 6"), **never})
    guest.run(guest.enable)
    compare(outcomes(guest.run("abi_try maps")), {
        **dict.fromkeys(names, "errno 6"), **never, "status writable": "errno 1",
        "status": "mapped, then write refused, execute refused", "status too long": "errno 22",
        "comm": "mapped, then write allowed, execute refused", "comm too long": "errno 22"})


def held(guest):
    """Enabled, the module stays, suspend is refused.

    @test TC_DRV_008 @verifies SWR_DRV_007 @technique requirements @level system
    """
    guest.run(guest.enable)
    guest.run("rmmod bulkhead", 1)
    guest.run("echo freeze > /sys/power/state", 1)
    if guest.direct:
        guest.refused("bulkhead disable", "E0218", 6)
        guest.run("rmmod bulkhead", 1)
    else:
        guest.run("bulkhead disable && rmmod bulkhead && insmod /lib/modules/bulkhead.ko")


def uevents(guest):
    """Each change of a cell's state is announced, also one the cell causes itself.

    @test TC_DRV_009 @verifies SWR_DRV_008 @technique requirements @level system
    """
    # One line: while no line is there to be read, the guest's time goes on as fast as it can.
    text = guest.run(f"{guest.enable}; (abi_try uevents 4 > /tmp/uevents) & "
                     "sleep 1; bulkhead cell create rt && bulkhead cell load rt /inmates/" + IMAGE +
                     " && abi_try calls > /dev/null && bulkhead cell start rt; "
                     "sleep 3; bulkhead cell destroy rt; sleep 6; cat /tmp/uevents")
    states = re.findall(r"BULKHEAD_CELL=rt\nBULKHEAD_STATE=(\w+)", text)
    states = [s for s in states if s not in ("cleaning", "leaving")]  # seen if the look falls between
    demand(states == ["created", "loading", "running", "failed", "absent"], f"announced: {states}")


def news(guest):
    """A process sleeps until the kernel records an event that no call of the driver caused.

    @test TC_DRV_030 @verifies SWR_DRV_009 SWR_DRV_010 SYR_EVT_001 @technique requirements @level system
    """
    quiet = {"short read": "errno 22", "read": "24 bytes, enabled 0", "poll unread": "quiet",
             "poll before the first read": "quiet", "poll after it": "quiet",
             "read again": "24 bytes, enabled 0", "poll for an event": "quiet",
             "read it": "24 bytes, enabled 0", "poll when read": "quiet"}
    found = outcomes(guest.run("abi_try news"))
    del found["milliseconds"]
    compare(found, quiet)
    guest.run(ENABLE)
    found = outcomes(guest.run("abi_try news"))
    late = int(found.pop("milliseconds"))
    compare(found, {name: text.replace("enabled 0", "enabled 1") for name, text in quiet.items()} |
            {"poll before the first read": "news", "poll for an event": "news",
             "poll unread": "news"})
    demand(0 <= late <= NEWS_MILLISECONDS, f"the news came after {late} ms")
    text = guest.run("(abi_try uevents 3 > /tmp/uevents) & sleep 1; physmem read 0x70000000; "
                     "sleep 1; physmem read 0x70000000; sleep 5; cat /tmp/uevents")
    told = [int(n) for n in re.findall(r"BULKHEAD_EVENTS=(\d+)", text)]
    demand(len(told) == 2 and told[1] == told[0] + 1 == guest.status()["events"],
           f"events announced: {told}, recorded: {guest.status()['events']}")
    guest.log_is_clean()


def followed(text, losses):
    """The records of `events -f --json`: every number once and in order, except what is reported as
    overwritten; the reported are these, each with 128 events behind it; the end says why."""
    records = [json.loads(line) for line in text.splitlines()]
    demand(records[-1].get("error", {}).get("id") == "E040A", f"the last record: {records[-1]}")
    expected, found = 0, []
    for number, record in enumerate(records[:-1]):
        if "overwritten" in record:
            demand(record["first"] == expected, f"{record} where {expected} was next")
            found.append(record["overwritten"])
            expected += record["overwritten"]
            behind = records[number + 1:number + 1 + RING]
            demand(all("event" in r for r in behind) and len(behind) == RING, "events are missing")
        else:
            demand(record["event"]["seq"] == expected, f"event {record} where {expected} was next")
            expected += 1
    demand(found == losses, f"reported as overwritten: {found}, expected {losses}")


def overflow(guest):
    """A reader that is held up learns exactly how many events were overwritten unread.

    @test TC_DRV_031 @verifies SWR_CLI_011 SWR_CLI_006 SYR_EVT_001 SWR_EVT_002
    @technique boundary @level system
    """
    rounds = "".join(f"kill -STOP $p; abi_try refuse {n}; kill -CONT $p; sleep 1; " for n in
                     (RING, RING + 1, 3, 2 * RING + 73))
    text = guest.run(f"{ENABLE} > /tmp/said; bulkhead --json events -f > /tmp/f 2> /tmp/e & sleep 1; "
                     f"p=$(pidof bulkhead); {rounds}bulkhead disable > /tmp/said; sleep 1; "
                     "cat /tmp/f")
    losses = [1, RING + 73]
    followed(text, losses)
    lines = text.splitlines()
    loss = next(n for n, line in enumerate(lines) if "overwritten" in line)
    for wrong in (lines[:loss] + lines[loss + 1:], lines[:5] + lines[6:],
                  lines[:loss] + [lines[loss].replace(":1,", ":2,")] + lines[loss + 1:], lines[:-1]):
        try:
            followed("\n".join(wrong), losses)
        except Wrong:
            continue
        raise Wrong("a record that is missing or wrong was not noticed")
    guest.refused("bulkhead events -f", "E040A", 5)


def stats(guest):
    """What a cell costs: its CPU makes no exit while it runs, root's calls are counted as root's.

    @test TC_DRV_032 @verifies SWR_CLI_012 @technique requirements @level system
    """
    guest.run(f"{ENABLE} && {START}")
    guest.cell_lives()
    text = guest.run("(timeout 6 bulkhead --json cell stats -i 1 > /tmp/s) & sleep 2; "
                     f"abi_try refuse {CALLS}; sleep 6; cat /tmp/s")
    # The shell says "Terminated" among them.
    documents = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    demand(len(documents) >= 4, f"{len(documents)} intervals in 6 s")
    first = {c["name"]: c for c in documents[0]["cells"]}
    demand(first["rt"]["starts"] == 1 and first["rt"]["cpus"][0]["cpu"] == 3 and
           [e["name"] for e in documents[0]["cells"][0]["last"]][-1] == "EV_STARTED",
           f"{documents[0]}")
    marks = first["rt"]["marks"]
    demand(marks["jitter_max"] >= marks["jitter_min"] and marks["jitter_max"] > 0, f"marks {marks}")
    for document in documents[1:]:
        cells = {c["name"]: c for c in document["cells"]}
        demand([c["total"] for c in cells["rt"]["cpus"]] == [0], f"exits of the cell: {document}")
    roots = [d["cells"][0] for d in documents[1:]]
    calls = sum(c["exits"]["HVC"] for root in roots for c in root["cpus"])
    demand((calls, sum(root["events"] for root in roots)) == (CALLS, CALLS),
           f"{calls} hypercalls of root and {[root['events'] for root in roots]} events")
    guest.run("bulkhead cell stats && bulkhead cell stats rt")
    guest.log_is_clean()


def memory(guest):
    """Root reaches neither the kernel nor the cell, and cannot write the status pages.

    @test TC_DRV_010 @verifies SYR_SPA_002 SYR_SPA_003 SWR_CLI_006 @technique requirements
    @level system
    """
    guest.run(f"{guest.enable} && {START}")
    for line in ("read 0x70000000", "write 0x70000000 1", "read 0x71000000", "write 0x71000000 1",
                 "write 0x70400000 1"):
        demand("BUS-ERROR" in guest.run(f"physmem {line}", 3), line)
    demand(guest.events().count("EV_MEM_VIOLATION") == 5, f"events: {guest.events()}")
    guest.run("physmem read 0x70400000")
    guest.run("bulkhead cell destroy rt && physmem read 0x71000000")


def restarted(guest):
    """One word restarts a cell that runs or was stopped; another is refused.

    @test TC_DRV_050 @verifies SWR_CLI_023 SYR_CPU_002 @technique equivalence @level system
    """
    guest.run(f"{guest.enable} && {START}")
    for before, wanted in (("true", ["EV_STOPPED", "EV_STARTED"]),
                           ("bulkhead cell stop rt", ["EV_STOPPED", "EV_STARTED"])):
        guest.cell_lives()
        starts = guest.cell()["starts"]
        guest.run(f"{before} && bulkhead cell restart rt")
        cell = guest.cell()
        demand((cell["state"], cell["starts"]) == ("running", starts + 1), f"the cell is {cell}")
        demand(guest.events()[-2:] == wanted, f"events: {guest.events()[-3:]}")
        guest.cell_lives()
    guest.run("bulkhead cell destroy rt")
    guest.refused("bulkhead cell restart rt", "E0204", 6)
    guest.run("bulkhead cell create rt")
    guest.refused("bulkhead cell restart rt", "E0204", 6)
    guest.log_is_clean()


def nothing_left(guest):
    """A cell does not find what root left in its memory, nor root what the cell left.

    @test TC_DRV_051 @verifies SYR_PRP_001 SWR_PRP_003 SYR_SPA_003 @technique requirements
    @level system
    """
    guest.run(guest.enable)
    for at in (CODE, DATA, DATA + DATA_BYTES - 8):
        guest.run(f"physmem write {at:#x} 0x5ec2e7 64")
    guest.run("bulkhead cell create rt")
    for at, size in ((CODE, CODE_BYTES), (DATA, DATA_BYTES)):
        demand(not any(guest.machine.read_phys(at, size)), f"the cell finds bytes at {at:#x}")
    guest.run(f"bulkhead cell load rt /inmates/{IMAGE} && bulkhead cell start rt")
    guest.cell_lives()
    demand(any(guest.machine.read_phys(CODE, CODE_BYTES)), "the cell has no code")
    guest.run("bulkhead cell destroy rt")
    for at in (CODE, DATA):
        demand(guest.run(f"physmem read {at:#x} 64").strip() == "0x0", f"root finds bytes at {at:#x}")
    demand(not any(guest.machine.read_phys(CODE, CODE_BYTES)), "root finds bytes of the cell")
    guest.log_is_clean()


def half_way(guest):
    """Whoever creates or destroys a cell may die in between: another goes on, or ends it.

    @test TC_DRV_052 @verifies SWR_DRV_012 SYR_PLN_003 @technique fault-injection @level system
    """
    guest.run("rmmod bulkhead && insmod /test/bulkhead.ko && " + ENABLE)
    raw = "/sys/module/bulkhead/parameters/raw"
    steps = {"create": f"echo call 1 2 > {raw}; cat {raw}", "destroy": f"echo call 5 2 > {raw}; cat {raw}"}
    for ending in ("create", "destroy"):
        guest.run("echo 0 > /sys/devices/system/cpu/cpu3/online")
        demand(guest.run(steps["create"]).split()[0] == "20c", "one call created the whole cell")
        demand(guest.cell()["state"] == "cleaning", f"the cell is {guest.cell()['state']}")
        guest.refused("bulkhead cell start rt", "E0204", 6)
        guest.run(f"bulkhead cell {ending} rt")
        wanted = {"create": "created", "destroy": "absent"}[ending]
        demand(guest.cell()["state"] == wanted, f"the cell is {guest.cell()['state']}")
        if ending == "create":
            demand(guest.run(steps["destroy"]).split()[0] == "20c", "one call destroyed the cell")
            demand(guest.cell()["state"] == "leaving", f"the cell is {guest.cell()['state']}")
            guest.refused("bulkhead cell create rt", "E0204", 6)
            guest.run("bulkhead cell destroy rt")
        guest.run("echo 1 > /sys/devices/system/cpu/cpu3/online")
    guest.run(START)
    guest.cell_lives()
    guest.log_is_clean()


def measured(guest):
    """A cell that must have a digest: the same image starts, one byte more does not, nor what ran.

    @test TC_DRV_053 @verifies SWR_MSR_002 SWR_MSR_003 SWR_MSR_004 SWR_CLI_020 SWR_CLI_021 SYR_MEA_001
    @technique requirements @level system
    """
    guest.run(f"bulkhead enable /plans/measured.plan && {START}")
    row = json.loads(guest.run("bulkhead --json measure rt"))["measurements"][0]
    demand((row["measured"], row["digest"]) == ("approved", approved()), f"measured: {row}")
    of_plan = guest.run("sha256sum /plans/measured.plan").split()[0]
    row = json.loads(guest.run("bulkhead --json measure"))["measurements"][0]
    demand((row["of"], row["digest"]) == ("plan", of_plan), f"plan: {row}")
    demand(f"plan SHA-256 {of_plan}\n" in guest.run("bulkhead status"), "status does not show the plan")
    demand(guest.events()[-2:] == ["EV_MEASURED", "EV_STARTED"], f"events: {guest.events()[-3:]}")
    guest.run("bulkhead measure --write /tmp/base && bulkhead measure --baseline /tmp/base")
    guest.cell_lives()
    # What the cell wrote is not what was approved.
    guest.refused("bulkhead cell restart rt", "E020D", 1)
    demand(guest.events()[-2:] == ["EV_DIGEST_REFUSED", "EV_REFUSED"], f"events: {guest.events()[-3:]}")
    demand(guest.cell()["state"] == "stopped", f"the cell is {guest.cell()['state']}")
    guest.refused("bulkhead cell start rt", "E020D", 1)
    guest.run("bulkhead measure --baseline /tmp/base", 1)
    again = "bulkhead cell destroy rt && bulkhead cell create rt && bulkhead cell load rt"
    guest.run(f"cp /inmates/{IMAGE} /tmp/one && echo >> /tmp/one && {again} /tmp/one")
    beats = guest.beats()
    guest.refused("bulkhead cell start rt", "E020D", 1)
    guest.run("sleep 1")
    demand(guest.beats() == beats, "the cell runs though it was refused")
    guest.run(f"{again} /inmates/{IMAGE} && bulkhead cell start rt")
    guest.cell_lives()
    guest.log_is_clean()


def between(guest):
    """Between two steps of a measurement root does not reach the memory; the start goes on.

    @test TC_DRV_054 @verifies SWR_MSR_003 SWR_MSR_006 SWR_DRV_012 SYR_MEA_002 SYR_MEA_001 SYR_SPA_003
    @technique fault-injection @level system
    """
    raw = "/sys/module/bulkhead/parameters/raw"
    guest.run("rmmod bulkhead && insmod /test/bulkhead.ko && bulkhead enable /plans/measured.plan && "
              f"bulkhead cell create rt && bulkhead cell load rt /inmates/{IMAGE}")
    guest.run(f"physmem read {CODE:#x}")
    demand(guest.run(f"echo call 3 2 > {raw}; cat {raw}").split()[0] == "20c", "one call was enough")
    demand(guest.cell()["state"] == "measuring", f"the cell is {guest.cell()['state']}")
    demand(guest.run(f"echo call 8 4 > {raw}; cat {raw}").split()[0] == "20f", "MEASURE before the end")
    for at in (CODE, CODE + 0x80000, DATA):
        demand("BUS-ERROR" in guest.run(f"physmem write {at:#x} 1", 3), f"root wrote {at:#x}")
    guest.run("bulkhead cell start rt")
    guest.cell_lives()
    demand("approved" in guest.run("bulkhead measure rt"), "the cell was not approved")
    wanted = [approved()[at:at + 16].lstrip("0") for at in range(0, 64, 16)]
    for half in (0, 1):
        told = guest.run(f"echo call 8 {4 + half} > {raw}; cat {raw}").split()
        demand(told[:3] == ["0", *wanted[2 * half:2 * half + 2]], f"MEASURE: {told}")
    guest.log_is_clean()


def harm(line, event):
    """A case: root does `line` while the cell runs; the cell lives, the event is recorded."""
    def case(guest):
        guest.run(f"{guest.enable} && {START}")
        try:
            guest.machine.cmd(line, HARM_SECONDS)
            raise Wrong(f"{line}: Linux came back")
        except QemuError:
            pass
        guest.cell_lives()
        found = kernel_events(guest.machine)
        demand(event in found, f"{line}: no event {event:#x} among {[hex(e) for e in found]}")
    return case


def kernel_events(machine):
    data = machine.read_phys(0x70400000, 7440)
    count = min(struct.unpack_from("<Q", data, 16)[0], 128)
    return [struct.unpack_from("<I", data, 1296 + 48 * n + 16)[0] for n in range(count)]


def panic(guest):
    """Root panics: the cell goes on.

    @test TC_DRV_015 @verifies SYR_CPU_002 @technique requirements @level system
    """
    guest.run(f"{guest.enable} && {START}")
    panicked(guest)
    guest.cell_lives()
    guest.cell_lives()


def panicked(guest):
    """Linux panics and does not come back."""
    try:
        guest.machine.cmd("echo c > /proc/sysrq-trigger", HARM_SECONDS)
    except QemuError:
        demand("Kernel panic" in guest.machine.transcript(), "Linux did not panic")
        return
    raise Wrong("Linux came back")


def watched(guest):
    """The cell hangs and root panics: the watchdog on root's CPU ends the cell, without Linux.

    @test TC_DRV_045 @verifies SYR_WDG_001 SYR_CPU_002 @technique requirements @level system
    """
    guest.run(f"bulkhead enable /plans/watched.plan && {START}")
    guest.cell_lives()
    guest.run(f"sleep {WATCH_SECONDS}")
    demand(status.ID["EV_WATCHDOG"] not in kernel_events(guest.machine), "a cell that beats was ended")
    guest.run(f"physmem write {0x72000000 + status.COMM_COMMAND:#x} {status.ATTEMPT['SPIN']} 64; sleep 0.2")
    first = guest.beats()
    panicked(guest)
    end = time.monotonic() + 120
    while status.ID["EV_WATCHDOG"] not in kernel_events(guest.machine):
        demand(time.monotonic() < end, "nobody noticed that the cell hangs")
        time.sleep(0.2)
    demand(guest.beats() == first, "the cell went on")


CONTAINED = [
    (harm("reboot -f", 0x518), """Root asks for a reset: it is stopped, the cell goes on.

    @test TC_DRV_011 @verifies SYR_CPU_002 @technique requirements @level system"""),
    (harm("poweroff -f", 0x518), """Root powers the machine off: it is stopped, the cell goes on.

    @test TC_DRV_012 @verifies SYR_CPU_002 @technique requirements @level system"""),
]


def kexec(kernel):
    """Root starts another kernel: it is stopped, the cell goes on.

    Linux 6.12 itself fails in kexec_load() with 52-bit addresses, with or without Bulkhead.

    @test TC_DRV_013 @verifies SYR_CPU_002 @technique requirements @level system
    """
    for cpu in CPUS.values():
        with Machine(kernel, cpu, initrd(kernel),
                     f"{LINUX_ARGS} {SMMU_ARGS} arm64.nolva") as machine:
            machine.ready()
            guest = Guest(machine)
            guest.run("insmod /lib/modules/bulkhead.ko")
            harm("kexec_try exec", 0x520)(guest)


# -- a Linux that the kernel started ---------------------------------------------------------------

def take_over(guest):
    """The driver attaches to the running kernel: cells are there as they are, and live on.

    @test TC_DRV_041 @verifies SWR_DRV_011 SWR_CLI_013 SWR_CLI_003 SYR_LCH_004
    @technique requirements @level system
    """
    for line in ("status", "disable", "cell list", "cell stop rt"):
        guest.refused(f"bulkhead {line}", "E040A", 5)
    demand("ready: bulkhead attach PLAN" in guest.run("bulkhead doctor"), "doctor sees no kernel")
    guest.cell_lives()
    guest.run(ATTACH)
    demand(guest.cell()["state"] == "running", f"the cell is {guest.cell()['state']}")
    demand(guest.events()[:4] == ["EV_ENABLED", "EV_CREATED", "EV_LOADABLE", "EV_STARTED"],
           f"events: {guest.events()}")
    demand(guest.online() == "0-2", f"CPUs {guest.online()} online")
    guest.cell_lives()
    guest.run("bulkhead cell stop rt")
    first = guest.beats()
    guest.run("sleep 1")
    demand(guest.beats() == first, "the cell beats though it was stopped")
    guest.run("bulkhead cell start rt")
    demand(guest.cell()["state"] == "running", "the cell did not start again")
    guest.run("sleep 1")
    guest.cell_lives()
    for number in range(CYCLES):
        guest.run("bulkhead cell destroy rt")
        demand(guest.online() == "0-3", f"cycle {number}: CPUs {guest.online()} online")
        guest.run(START)
        demand(guest.online() == "0-2", f"cycle {number}: CPUs {guest.online()} online")
        guest.cell_lives()
    guest.log_is_clean()


def attach_refusals(guest):
    """Enable below a kernel, plans that are not the one in force, twice, no way back.

    @test TC_DRV_042 @verifies SWR_DRV_011 SWR_HCL_004 SYR_LCH_002 SYR_UI_001
    @technique error-guessing @level system
    """
    guest.refused(ENABLE, "E0420", 6)
    guest.refused("bulkhead attach /plans/wide.plan", "E0422", 3)
    guest.run("head -c 5943 /plans/demo.plan > /tmp/short; sed s/root/toor/ /plans/demo.plan "
              "> /tmp/damaged")
    guest.refused("bulkhead attach /tmp/short", "E0101", 3)
    guest.refused("bulkhead attach /tmp/damaged", "E0105", 3)
    guest.run("echo 0 > /sys/devices/system/cpu/cpu2/online")
    guest.run(ATTACH)  # an offline CPU is root's all the same
    guest.run("echo 1 > /sys/devices/system/cpu/cpu2/online")
    for line in (ATTACH, ENABLE):
        guest.refused(line, "E0306", 6)
    guest.refused("bulkhead disable", "E0218", 6)
    guest.run("bulkhead cell destroy rt")
    guest.refused("bulkhead disable", "E0218", 6)
    demand(guest.events()[-1] == "EV_REFUSED", f"events: {guest.events()[-3:]}")
    guest.run(START)
    guest.cell_lives()
    guest.log_is_clean()


def whole_boot(kernel):
    """The cell beats while Linux boots: as many timer interrupts as periods since its start.

    The cell's deadlines are absolute, and it takes one step for each interrupt: had one been lost, it
    would wait for a deadline in the past for good.

    @test TC_DRV_040 @verifies SYR_LCH_004 SWR_INI_004 SWR_INI_006 @technique requirements
    @level system
    """
    deadline = built.symbols(built.INMATES / "rt-71000000.elf")["deadline"]
    for cpu in CPUS.values():
        with firmware.Booted(kernel, f"{cpu},cntfrq={FREQUENCY}", initrd(kernel)) as machine:
            machine.ready()
            guest = Guest(machine, DIRECT)
            guest.run("insmod /lib/modules/bulkhead.ko; " + ATTACH)
            guest.refused("bulkhead disable", "E0218", 6)
            least, refused = periods(machine)
            machine.qmp("stop")
            ticks = status.Comm(machine.read_phys(0x72000000, status.COMM_BYTES)).ticks
            next_one = struct.unpack("<Q", machine.read_phys(deadline, 8))[0]
            machine.qmp("cont")
            guest.refused("bulkhead disable", "E0218", 6)
            most, _ = periods(machine)
            demand(least >= BOOT_PERIODS, f"{least} periods: Linux cannot have booted in them")
            demand(least - FIRST <= ticks <= most,
                   f"{cpu}: {ticks} interrupts in {least} to {most} periods")
            behind = (refused - next_one) // PERIOD
            demand(behind <= LAG, f"{cpu}: the cell waits for a deadline {behind} periods ago")


def periods(machine):
    """(periods of the cell's timer from its start to the last refusal, time of that)."""
    now = status.Status(machine.read_phys(status.STATUS_BASE, status.STATUS_BYTES))
    events = now.events(max(0, now.next - status.EVENTS))
    start = next(e.time for e in events if e.id == status.ID["EV_STARTED"])
    end = max(e.time for e in events if e.id == status.ID["EV_REFUSED"])
    return (end - start) // PERIOD, end


def msi_counts(guest):
    """Interrupts of the disk's queues by CPU."""
    rows = re.findall(r"^ *\d+:((?: +\d+)+) .*virtio0-req", guest.run("cat /proc/interrupts"), re.M)
    demand(rows, "the disk has no message-signalled interrupt")
    return [sum(map(int, column)) for column in zip(*(row.split() for row in rows))]


def disk_works(guest, cpu):
    """The disk answers, and its interrupts come to this CPU."""
    before = msi_counts(guest)
    guest.run(f"taskset {1 << cpu:x} dd if=/dev/vda of=/dev/null bs=64k count={MSI_READS} iflag=direct")
    grown = [b - a for a, b in zip(before, msi_counts(guest))]
    demand(grown[cpu] >= MSI_READS, f"interrupts at CPUs 0 to {len(grown) - 1}: {grown}")


def msi_direct(kernel):
    """Linux that the kernel started has the MSI-X of a PCI device, on each of its CPUs, also on one that was
    with a cell; LPIs leave a CPU before a cell has it.

    @test TC_SYS_643 @verifies SYR_ITS_002 SWR_ITS_007 SWR_ITS_008 SWR_ITS_009 SYR_LCH_004
    @technique requirements @level system
    """
    for cpu in CPUS.values():
        with firmware.Booted(kernel, cpu, initrd(kernel), extra=DISK) as machine:
            machine.ready()
            guest = Guest(machine, DIRECT)
            guest.run("insmod /lib/modules/bulkhead.ko; " + ATTACH)
            for one in (0, 1, 2):
                disk_works(guest, one)
            for _ in range(MSI_TURNS):
                guest.run("bulkhead cell destroy rt")
                disk_works(guest, 3)
                guest.run(START)
                disk_works(guest, 1)
                guest.cell_lives()
            refused = [e for e in guest.events() if e.startswith("EV_ITS") or e == "EV_LPI_DENIED"]
            demand(not refused, f"refused: {refused}")


def msi_late(kernel):
    """The MSI-X of a PCI device go on after a late launch, and after its end.

    @test TC_SYS_644 @verifies SYR_ITS_002 SWR_ITS_008 SYR_LCH_003 @technique requirements @level system
    """
    for cpu in CPUS.values():
        with Machine(kernel, cpu, initrd(kernel), f"{LINUX_ARGS} {SMMU_ARGS}", extra=DISK) as machine:
            machine.ready()
            guest = Guest(machine)
            guest.run(f"insmod /lib/modules/bulkhead.ko && {ENABLE} && {START}")
            disk_works(guest, 1)
            guest.run("bulkhead cell destroy rt")
            disk_works(guest, 3)
            guest.run("bulkhead disable")
            disk_works(guest, 2)


def locked(kernel):
    """Linux locks itself out: no way back, no debug registers for CPUs to come; nothing for others.

    @test TC_DRV_055 @verifies SWR_DRV_014 SWR_CLI_014 SYR_LCK_001 SYR_LCK_002
    @technique error-guessing @level system
    """
    with Machine(kernel, CPUS["a57"], initrd(kernel), f"{LINUX_ARGS} {SMMU_ARGS}") as machine:
        machine.ready()
        guest = Guest(machine)
        guest.run("insmod /lib/modules/bulkhead.ko; dmesg -c > /dev/null")
        guest.refused("bulkhead lock disable", "E040A", 5)
        guest.run(ENABLE)
        for line in ("bulkhead lock start --all", "bulkhead lock disable debug --all"):
            guest.refused(line, "E0202", 7)
        demand("locked" not in guest.run("bulkhead status"), "something is locked")
        guest.run("bulkhead disable && " + ENABLE)  # nothing was
        said = guest.run("bulkhead lock create disable")
        demand("locked for root until power-off: create,disable" in said, said)
        demand("locked for root: create,disable" in guest.run("bulkhead status"), "not shown")
        demand(guest.events()[-1] == "EV_LOCKED", f"events: {guest.events()[-3:]}")
        for _ in range(2):
            guest.refused("bulkhead disable", "E020E", 6)
        guest.run(START)  # root's locks bind root alone
        guest.cell_lives()
        guest.run("bulkhead cell stop rt && bulkhead cell destroy rt")
        guest.refused("bulkhead disable", "E020E", 6)
        guest.log_is_clean()


# At once: a second of Linux's delay is a minute of the emulator's.
PANIC = "echo -1 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger"


def root_anew(kernel):
    """Linux reboots, then panics: it alone begins anew, the cell beats on, the driver attaches again.

    @test TC_DRV_056 @verifies SYR_RST_003 SWR_RST_006 SWR_ITS_007 SWR_RST_003 SWR_RST_004 SYR_CPU_002
    SYR_LCH_004
    @technique requirements @level system
    """
    cpu = CPUS["max" if kernel == "6.1" else "a57"]
    with firmware.Booted(kernel, cpu, initrd(kernel), anew=True, extra=DISK) as machine:
        machine.ready()
        guest = Guest(machine, DIRECT)
        image = sealed(machine)
        for times, line in enumerate(("reboot -f", PANIC), 1):
            guest.run("insmod /lib/modules/bulkhead.ko && bulkhead attach /plans/restart.plan")
            beats = guest.beats()
            disk_works(guest, 1)
            machine.console.send(line.encode() + b"\n")
            machine.ready()
            demand(guest.beats() > beats, "the cell stood still")
            guest.cell_lives()
            page = status.Status(machine.read_phys(status.STATUS_BASE, status.STATUS_BYTES))
            starts = [cell[1] for cell in page.cells[1:3]]
            demand(starts == [1 + times, 1], f"starts of root and the cell: {starts}")
            demand(kernel_events(machine).count(status.ID["EV_CELL_RESTARTED"]) == times, "events")
        demand(sealed(machine) == image, "what root begins from has changed")
        guest.run(f"physmem write {firmware.RESTART:#x} 0", 3)
        demand(sealed(machine) == image, "root wrote what it begins from")
        guest.run("insmod /lib/modules/bulkhead.ko && bulkhead attach /plans/restart.plan")
        demand("EV_MEM_VIOLATION" in guest.events(), f"events: {guest.events()}")
        demand(guest.online() == "0-2", f"CPUs {guest.online()} online")
        for one in (0, 1, 2):
            disk_works(guest, one)
        guest.run("bulkhead cell destroy rt && " + START)  # root manages the cell as before
        guest.cell_lives()


def sealed(machine):
    """Checksum of the memory from which root begins."""
    return zlib.crc32(machine.read_phys(firmware.RESTART, 1 << 20))


def no_kernel(kernel):
    """Attach where no kernel is below, with EL2, without, and after a late launch.

    @test TC_DRV_043 @verifies SWR_DRV_011 SYR_LCH_002 @technique error-guessing @level system
    """
    for machine_type, cpu in ((MACHINE, "a57"), (MACHINE, "max"),
                              (MACHINE.replace("virtualization=on", "virtualization=off"), "a57")):
        with Machine(kernel, CPUS[cpu], initrd(kernel), f"{LINUX_ARGS} {SMMU_ARGS}",
                     machine=machine_type) as machine:
            machine.ready()
            guest = Guest(machine)
            guest.run("insmod /lib/modules/bulkhead.ko; dmesg -c > /dev/null")
            guest.refused(ATTACH, "E0421", 5)
            if machine_type == MACHINE:
                guest.run(ENABLE)
                guest.refused(ATTACH, "E0306", 6)
                guest.run("bulkhead disable")
                guest.refused(ATTACH, "E0421", 5)
            guest.log_is_clean()


# -- machines that are not fit ---------------------------------------------------------------------

BARE = "console=ttyAMA0 quiet"
UNFIT = [
    # what is wrong, cpu, arguments, error, words of doctor's argument line
    ("VHE", "max", BARE, "E0401", ["id_aa64mmfr1.vh=0", "kvm-arm.mode=none", "mem=768M"]),
    ("KVM", "a57", BARE, "E0403", ["kvm-arm.mode=none", "mem=768M"]),
    ("SMMU", "a57", LINUX_ARGS, "E0407", ["initcall_blacklist=arm_smmu_driver_init"]),
    ("memory", "a57", LINUX_ARGS.replace("mem=768M ", "") + " " + SMMU_ARGS, "E0404",
     ["mem=768M"]),
    ("one page too much", "a57", LINUX_ARGS.replace("768M", "786436K") + " " + SMMU_ARGS, "E0404",
     ["mem=768M"]),
]


def unfit(kernel):
    """Machines that cannot be handed over: refused with the reason, and doctor says what to add.

    @test TC_DRV_020 @verifies SWR_DRV_001 SWR_CLI_003 SYR_LCH_002 SYR_UI_001
    @technique requirements @level system
    """
    for what, cpu, append, eid, words in UNFIT:
        with Machine(kernel, CPUS[cpu], initrd(kernel), append) as machine:
            machine.ready()
            guest = Guest(machine)
            guest.run("insmod /lib/modules/bulkhead.ko")
            guest.refused(ENABLE, eid, 8)
            line = guest.run("bulkhead doctor /plans/demo.plan", 8).strip().splitlines()[-1]
            demand(line.startswith("add to the kernel command line: ") and
                   all(word in line.split() for word in words), f"{what}: doctor says {line}")


# -- running ---------------------------------------------------------------------------------------

BY_BOTH = [(f, f.__doc__) for f in (
    hostile_calls, maps, held, uevents, memory, restarted, nothing_left, panic,
    *late_message.BY_BOTH)] + CONTAINED
BY_LATE = [(f, f.__doc__) for f in (
    cycles, state_refusals, refused_create, image_refusals, plan_refusals, missing_cpu,
    news, overflow, stats, half_way, watched, measured, between, *late_message.BY_LATE)]
BY_DIRECT = [(f, f.__doc__) for f in (take_over, attach_refusals)]
WAYS = {LATE: BY_LATE + BY_BOTH, DIRECT: BY_DIRECT + BY_BOTH}
CASES = BY_LATE + BY_BOTH + BY_DIRECT
# Cases that boot machines of their own, per kernel.
OWN = [(f, f.__doc__) for f in (kexec, unfit, whole_boot, locked, no_kernel, root_anew, msi_direct, msi_late)]
MADE = set()


def initrd(kernel):
    """The guest's file system, made once per run out of what is built."""
    out = GUEST / f"late-{kernel}.cpio"
    if kernel not in MADE:
        plans = GUEST / "plans"
        plans.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, REPO / "src/plan/bulkhead-plan", "build", PLAN, "-o",
                        plans / "demo.plan"], check=True, stdout=subprocess.DEVNULL)
        (plans / "restart.plan").write_bytes(built.need(firmware.RESTART_PLAN).read_bytes())
        (plans / "wide.plan").write_bytes(widened((plans / "demo.plan").read_bytes()))
        (plans / "watched.plan").write_bytes(watching((plans / "demo.plan").read_bytes()))
        (plans / "silent.plan").write_bytes(silent((plans / "demo.plan").read_bytes()))
        subprocess.run([sys.executable, REPO / "src/plan/bulkhead-plan", "build", TWO, "-o",
                        plans / "two.plan"], check=True, stdout=subprocess.DEVNULL)
        (plans / "measured.plan").write_bytes(digested((plans / "demo.plan").read_bytes()))
        guest = mkguest.build(kernel, None, False, [
            (GUEST / "refuse", "refuse"), (plans, "plans")])
        guest.file(f"inmates/{IMAGE}", REPO / "build/inmates" / IMAGE)
        guest.file(f"inmates/{late_message.OTHER_IMAGE}",
                   REPO / "build/inmates" / late_message.OTHER_IMAGE)
        guest.file("test/bulkhead.ko", REPO / f"build/linux-{kernel}-test/bulkhead.ko")
        demand(not guest.missing, f"not built: {', '.join(guest.missing)}")
        out.write_bytes(mkguest.newc(guest.entries))
        MADE.add(kernel)
    return out


def widened(plan):
    """The plan with CPUs 0 to 2 instead of 3 for the cell."""
    data = bytearray(plan)
    struct.pack_into("<I", data, CELL_CPUS, 7)
    struct.pack_into("<I", data, len(data) - 4, zlib.crc32(data[:-4]))
    return data


def watching(plan):
    """The plan with a watchdog for the cell, on root's first CPU."""
    data = bytearray(plan)
    struct.pack_into("<II", data, CELL_WATCH, WATCH_SECONDS * 1000000, 0)
    struct.pack_into("<I", data, len(data) - 4, zlib.crc32(data[:-4]))
    return data


def silent(plan):
    """The plan without a communication region of the cell."""
    data = bytearray(plan)
    struct.pack_into("<Q", data, CELL_COMM, 0)
    struct.pack_into("<I", data, len(data) - 4, zlib.crc32(data[:-4]))
    return data


def approved():
    """The digest that the plan tools give for the cell with its image."""
    done = subprocess.run([sys.executable, REPO / "src/plan/bulkhead-plan", "digest", PLAN, "rt",
                           REPO / "build/inmates" / IMAGE], check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def digested(plan):
    """The plan with that digest for the cell, as the key digest of its source would give it."""
    data = bytearray(plan)
    data[CELL_FLAGS] |= MEASURED
    struct.pack_into("<8I", data, CELL_DIGEST, *struct.unpack(">8I", bytes.fromhex(approved())))
    struct.pack_into("<I", data, len(data) - 4, zlib.crc32(data[:-4]))
    return data


def announced(doc):
    """What a docstring announces."""
    return {"id": re.search(r"@test\s+(\w+)", doc)[1], "title": doc.strip().splitlines()[0],
            "verifies": re.findall(r"\b(?:SWR|SYR)_\w+", doc)}


def attempt(record, where, function, *args):
    """Run one case in one place; the first failure stays."""
    try:
        function(*args)
    except (Wrong, QemuError, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
        if record["status"] == "pass":
            record.update(status="fail", detail=f"{where}: {error}")


def boot(way, kernel, cpu):
    """A machine before its Linux is ready."""
    if way == DIRECT:
        return firmware.Booted(kernel, CPUS[cpu], initrd(kernel), snapshots=True)
    return Machine(kernel, CPUS[cpu], initrd(kernel), f"{LINUX_ARGS} {SMMU_ARGS}", snapshots=True)


def on_machine(records, way, kernel, cpu, only):
    """All cases of one way, kernel and CPU, each from the same snapshot."""
    with boot(way, kernel, cpu) as machine:
        machine.ready()
        guest = Guest(machine, way)
        guest.run("insmod /lib/modules/bulkhead.ko; dmesg -c > /dev/null")
        machine.savevm("ready")
        for function, doc in WAYS[way]:
            case = announced(doc)["id"]
            if case in only:
                machine.loadvm("ready")
                started = time.monotonic()
                attempt(records[case], f"{way} {kernel} {cpu}", function, guest)
                records[case]["seconds"] = round(records[case].get("seconds", 0) +
                                                 time.monotonic() - started, 1)


def started(records, way, kernel, cpu, wanted):
    """The cases on one machine; when the machine itself fails, none of them is proven."""
    start = {"status": "pass", "detail": ""}
    attempt(start, f"{way} {kernel} {cpu}", on_machine, records, way, kernel, cpu, wanted)
    for case in wanted if start["status"] != "pass" else ():
        if records[case]["status"] == "pass":
            records[case].update(start)


def run(only=(), machines=None, jobs=2, ways=tuple(WAYS)):
    """@return the cases, as the system stage reads them."""
    records = {}
    machines = MACHINES if machines is None else machines
    for _, doc in CASES + OWN:
        record = {**announced(doc), "status": "pass", "detail": ""}
        if not only or record["id"] in only:
            records[record["id"]] = record
    wanted = {way: [announced(doc)["id"] for _, doc in WAYS[way] if announced(doc)["id"] in records]
              for way in ways}
    for kernel in sorted({kernel for kernel, _ in machines}):
        initrd(kernel)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        work = [pool.submit(started, records, way, *machine, wanted[way])
                for way in ways for machine in machines if wanted[way]]
        for function, doc in OWN:
            record = records.get(announced(doc)["id"])
            for kernel in sorted({kernel for kernel, _ in machines} if record else ()):
                work.append(pool.submit(attempt, record, kernel, function, kernel))
        for done in work:
            done.result()
    return list(records.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--kernel", choices=["6.1", "6.12"])
    parser.add_argument("--cpu", choices=list(CPUS))
    parser.add_argument("--way", choices=list(WAYS))
    parser.add_argument("cases", nargs="*", metavar="CASE")
    args = parser.parse_args()
    machines = [(k, c) for k, c in MACHINES if args.kernel in (None, k) and args.cpu in (None, c)]
    known = [announced(doc)["id"] for _, doc in CASES + OWN]
    unknown = set(args.cases) - set(known)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    cases = run(args.cases, machines, ways=(args.way,) if args.way else tuple(WAYS))
    failed = sum(case["status"] != "pass" for case in cases)
    for case in cases:
        print(f"{case['id']} {case['status'].upper()} {case['title']} {case['detail']}".rstrip())
    print(f"{len(cases) - failed} passed, {failed} failed")
    if args.json:
        args.json.write_text(json.dumps({"cases": cases, "passed": len(cases) - failed,
                                         "failed": failed}, indent=1) + "\n")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
