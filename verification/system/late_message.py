# SPDX-License-Identifier: Apache-2.0
"""Messages to cells on real Linux: the cases of `bulkhead cell shutdown` and of notices, for late.py."""

import json
import re
import struct

import status
from cases import demand

COMM = 0x72000000
OTHER_COMM = 0x72001000
OTHER_IMAGE = "rt-73000000.bin"
LOAD_OTHER = f"bulkhead cell load intruder /inmates/{OTHER_IMAGE}"
TIMEOUT = 2
SLACK = 3000  # milliseconds: Linux's own turns in the emulator
WFI_FOR_EVER = r"\x7f\x20\x03\xd5\xff\xff\xff\x17"
MANNERS = status.defines("src/inmate/demo/attempts.h", "MANNER_")
MESSAGES = 2368


def manner(guest, name, cell="rt"):
    """How the cell answers from now on."""
    guest.run(f"attempt {cell} MANNER {MANNERS[name]}")


def request(guest, comm=COMM):
    """(number, code) of root's last request."""
    number, code, _, _, done = struct.unpack("<4Q24xQ", guest.machine.read_phys(comm + 2176, 64))
    demand(number == done, f"a request that is not complete: {number}, {done}")
    return number, code


def shut_down(guest, words="", answer="accepted", cell="rt"):
    """The cell ends by its own wish: kernel and command say so."""
    told = json.loads(guest.run(f"bulkhead --json cell shutdown {cell} {words}"))
    demand((told["ok"], told["state"], told["answer"]) == (True, "stopped", answer), f"told: {told}")
    beats = guest.beats()
    guest.run("sleep 1")
    demand(guest.beats() == beats, "the cell beats though it shut down")


def unmoved(guest, why, line=f"bulkhead --json cell shutdown rt --timeout {TIMEOUT}"):
    """The cell does not shut down: the command says why and how long it waited; nothing changed."""
    starts, events = guest.cell()["starts"], guest.events()
    text = guest.refused(line, "E0425", 1)
    demand(re.search(rf"did not shut down \({why} after \d+\.\d s\)", text), text)
    error = next(json.loads(l) for l in text.splitlines() if l.startswith("{"))["error"]
    demand(error["b"] <= 1000 * TIMEOUT + SLACK, f"it waited {error['b']} ms")
    cell = guest.cell()
    demand((cell["state"], cell["starts"]) == ("running", starts), f"the cell is {cell}")
    demand(guest.events() == events, f"events: {guest.events()[len(events):]}")
    guest.cell_lives()
    return error["b"]


def accepted(guest):
    """A cell that is asked to shut down finishes its period and switches itself off.

    @test TC_DRV_060 @verifies SYR_MSG_001 SWR_CLI_024 SWR_CLI_025 SWR_DRV_015 SWR_MSG_001 SWR_MSG_002
    SWR_MSG_003 SYR_UI_001 @technique requirements @level system
    """
    guest.run(f"{guest.enable} && {guest.start}")
    for number in range(3):
        guest.cell_lives()
        before = request(guest)[0]
        shut_down(guest)
        demand(request(guest) == (before + 1, 1), f"request {request(guest)} after {before}")
        demand(guest.events()[-1] == "EV_SYSTEM_RESET", f"events: {guest.events()[-2:]}")
        demand("rt: off\n" in guest.run("bulkhead cell console rt"), "the cell does not say so")
        demand(guest.cell()["state"] == "stopped", f"the cell is {guest.cell()['state']}")
        guest.refused("bulkhead cell shutdown rt", "E0204", 6)
        demand(guest.online() == "0-2", f"CPUs {guest.online()} online")
        guest.run("bulkhead cell start rt")
    guest.cell_lives()
    manner(guest, "REST")
    shut_down(guest, answer="done")
    demand(guest.events()[-1] == "EV_STOPPED", f"events: {guest.events()[-2:]}")
    guest.run("bulkhead cell destroy rt")
    guest.log_is_clean()


def no_shutdown(guest):
    """A cell that denies, says nothing or stays goes on; what was asked is withdrawn.

    @test TC_DRV_061 @verifies SYR_MSG_001 SWR_CLI_025 SWR_CLI_026 SYR_UI_001
    @technique equivalence @level system
    """
    guest.run(f"{guest.enable} && {guest.start}")
    guest.cell_lives()
    manner(guest, "DENY")
    waited = unmoved(guest, "it denied, for its reason 0x7,")
    demand(waited < 1000 * TIMEOUT, f"a denial was waited for {waited} ms")
    demand("denied (0x7)" in guest.run("bulkhead cell show rt"), "show does not tell")
    for name, why in (("IGNORE", "no answer"), ("LINGER", "it accepted, but still runs")):
        manner(guest, name)
        before = request(guest)[0]
        waited = unmoved(guest, why)
        demand(waited >= 1000 * TIMEOUT, f"{name}: it waited {waited} ms only")
        demand(request(guest) == (before + 2, 0), f"{name}: not withdrawn: {request(guest)}")
    # A cell that wakes up late does not end when nobody expects it.
    manner(guest, "ACCEPT")
    guest.run("sleep 1")
    guest.cell_lives()
    manner(guest, "IGNORE")
    text = guest.run("bulkhead cell shutdown rt --timeout 60 2> /tmp/said & p=$!; sleep 1; "
                     "bulkhead status > /tmp/status; kill -TERM $p; wait $p; echo code $?; cat /tmp/said")
    demand(re.search(r"code 1\n.*E0425.*interrupted after \d", text, re.S), text)
    demand(request(guest)[1] == 0, "not withdrawn")
    guest.run("bulkhead cell stop rt && bulkhead cell destroy rt")
    guest.log_is_clean()


def garbage(guest):
    """Answers that are none, of another request, half written, or without an end hold nobody.

    @test TC_DRV_062 @verifies SYR_MSG_001 SWR_CLI_025 SWR_CLI_026 @technique error-guessing
    @level system
    """
    guest.run(f"{guest.enable} && {guest.start}")
    guest.cell_lives()
    for name, why in (("UNKNOWN", r"no valid answer \(not an answer: 0x63\)"), ("STALE", "no answer"),
                      ("TORN", "no answer"),
                      ("FLOOD", r"no (answer|valid answer \(not an answer: 0x[0-9a-f]+\))")):
        manner(guest, name)
        unmoved(guest, why)
    # Beside a cell that answers without an end root goes on.
    text = guest.run("bulkhead cell shutdown rt --timeout 3 > /tmp/said 2>&1 & p=$!; "
                     "for n in 1 2 3 4 5; do bulkhead -q cell list; done; wait $p; echo code $?")
    demand(text.count("rt ") == 5 and "code 1" in text, text)
    # The cell may write all of the page, root's mailboxes as well.
    for at in range(2176, 2304, 8):
        guest.run(f"physmem write {COMM + at:#x} 0xffffffffffffffff 64")
    manner(guest, "IGNORE")
    unmoved(guest, "no answer")
    manner(guest, "ACCEPT")
    shut_down(guest)
    guest.run("bulkhead cell destroy rt")
    guest.log_is_clean()


def nobody_asked(guest):
    """Cells that cannot be asked are known at once: no region, not up, not of this kind, not running.

    @test TC_DRV_063 @verifies SWR_CLI_024 SWR_DRV_015 SYR_UI_001 @technique equivalence @level system
    """
    line = "bulkhead cell shutdown rt --timeout 60"
    guest.refused(line, "E040A", 5)
    guest.run(guest.enable)
    guest.refused("bulkhead cell shutdown linux", "E0203", 4)
    guest.refused("bulkhead cell shutdown nobody", "E0203", 4)
    guest.refused("bulkhead cell shutdown rt --timeout 0", "E040C", 2)
    for step in ("create rt", f"load rt /inmates/{guest.image_name}"):
        guest.refused(line, "E0204", 6)
        guest.run(f"bulkhead cell {step}")
    guest.refused(line, "E0204", 6)
    guest.run("bulkhead cell start rt")
    guest.cell_lives()
    guest.run(f"physmem write {COMM + MESSAGES:#x} 0 64")
    demand("does not know them" in guest.refused(line, "E0426", 1), "another reason")
    demand("messages: not taken" in guest.run("bulkhead cell show rt"), "show does not tell")
    guest.run("bulkhead cell stop rt")
    guest.refused(line, "E0204", 6)
    # What the program before said does not count.
    guest.run("bulkhead cell destroy rt && bulkhead cell create rt && "
              f"printf '{WFI_FOR_EVER}' > /tmp/idle && bulkhead cell load rt /tmp/idle && "
              f"physmem write {COMM + MESSAGES:#x} {0x3147534d48424242:#x} 64 && "
              f"physmem write {COMM:#x} 0 64 && bulkhead cell start rt")
    demand("is not up yet" in guest.refused(line, "E0426", 1), "another reason")
    guest.run("bulkhead cell destroy rt")
    guest.log_is_clean()


def no_region(guest):
    """A cell without a communication region cannot be asked, and gets no notice.

    @test TC_DRV_064 @verifies SWR_DRV_015 SWR_DRV_016 SWR_CLI_024 @technique equivalence @level system
    """
    guest.run("bulkhead enable /plans/silent.plan && bulkhead cell create rt && "
              f"printf '{WFI_FOR_EVER}' > /tmp/idle && bulkhead cell load rt /tmp/idle && "
              "bulkhead cell start rt")
    text = guest.refused("bulkhead cell shutdown rt", "E0426", 1)
    demand("it has no communication region" in text, text)
    guest.run("bulkhead cell show rt && bulkhead cell destroy rt && bulkhead disable")
    guest.log_is_clean()


def notices(guest):
    """A cell that runs is told of each call for another, and loses no heartbeat by it.

    @test TC_DRV_065 @verifies SYR_MSG_002 SWR_DRV_016 SWR_MSG_001 SWR_MSG_002 @technique requirements
    @level system
    """
    guest.run(f"bulkhead enable /plans/two.plan && {guest.start}")
    guest.cell_lives()
    wanted, console = [], ""
    for words, number in ((f"{word} intruder", number) for word, number in (
            ("create", 1), (f"load intruder /inmates/{OTHER_IMAGE} #", 2), ("start", 3), ("stop", 4),
            ("start", 3), ("destroy", 0))):
        beats = guest.beats()
        guest.run(f"bulkhead cell {words}")
        wanted.append((1, 3, number))
        guest.run("sleep 1")
        demand(guest.beats() > beats, f"{words}: the bystander beats no more")
        console = guest.run("bulkhead cell console rt")
    found = [tuple(int(n, 16) for n in row) for row in
             re.findall(r"rt: notice (\w+) cell (\w+) state (\w+)", console)]
    demand(found == wanted, f"notices {found}, expected {wanted}")
    guest.refused("bulkhead cell start intruder", "E0204", 6)
    guest.run(f"bulkhead cell create intruder && {LOAD_OTHER} && bulkhead cell start intruder && sleep 1")
    # Both ways at once: a cell shuts down, its neighbour goes on and is not told of what nobody called.
    before = guest.run("bulkhead cell console rt")
    beats, page = guest.beats(), status.Comm(guest.machine.read_phys(COMM, status.COMM_BYTES))
    told = json.loads(guest.run("bulkhead --json cell shutdown intruder"))
    demand(told["answer"] == "accepted", f"told: {told}")
    guest.run("sleep 1")
    demand(guest.beats() > beats, "the bystander beats no more")
    now = status.Comm(guest.machine.read_phys(COMM, status.COMM_BYTES))
    demand(now.heartbeat - page.heartbeat == now.ticks - page.ticks, "a beat is missing")
    demand(guest.run("bulkhead cell console rt") == before, "a notice of nothing")
    guest.run("bulkhead cell destroy intruder && bulkhead cell destroy rt && bulkhead disable")
    guest.log_is_clean()


BY_BOTH = (accepted, no_shutdown, garbage, nobody_asked)
BY_LATE = (no_region, notices)
