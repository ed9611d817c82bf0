#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: a stock Debian kernel hands its machine over, a real-time cell runs beside it, and
then everybody does harm on purpose.

    demo.py [--kernel 6.1|6.12] [--cpu MODEL] [--all] [--interactive] [--json OUT] [--seed-defect]

What happens stands in demo.toml. An attempt passes when it is refused as its row says, when exactly
the row's events were recorded, and when all others' hearts still beat. --interactive leaves a shell
in root once the cells run. Exit: 0 all passed, 1 not, 2 usage.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import select
import struct
import subprocess
import sys
import termios
import time
import tomllib
import tty

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parent / "guest")]
import built  # noqa: E402
import late  # noqa: E402
import mkguest  # noqa: E402
import status  # noqa: E402
from late import Wrong, demand  # noqa: E402
from qemu import ICOUNT, LINUX_ARGS, REPO, SMMU_ARGS, Machine, QemuError  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_suffix(".toml")
DMA = "DMA: NOT ISOLATED (no SMMU driver yet)"
WHOLE = "whole"  # snapshot: all cells run
HEART_SECONDS = 60
DEATH_SECONDS = 120
CELL_NUMBERS = {"kernel": 0, "root": 1}
COMM_JITTER = 24  # jitter_min, jitter_max
HEADS = ("ATTEMPT", "BY", "RESULT", "EVENT", "ALIVE")
KEYS = {"step": {"heading", "line", "text", "jitter", "times", "least",
                 "most"},
        "row": {"id", "title", "by", "how", "code", "text", "refusal", "fatal", "event", "alive",
                "state", "after", "verifies"}}
UNWISE = (OSError, ValueError, QemuError, Wrong, subprocess.SubprocessError)
ESCAPE = b"\x1d"


# -- the script ------------------------------------------------------------------------------------

def load(path):
    """demo.toml, with its names checked: a row that can never fail for a slip of the pen is worse
    than none."""
    script = tomllib.loads(path.read_text())
    known = "\n".join(p.read_text() for p in sorted((REPO / "requirements").glob("*.toml")))
    rows = [script["story"]] + script["row"]
    for kind, allowed in KEYS.items():
        for item in script[kind]:
            demand(set(item) <= allowed, f"{path.name}: unknown keys {set(item) - allowed}")
    ids = [row["id"] for row in rows]
    demand(len(set(ids)) == len(ids), f"{path.name}: an id stands twice")
    cells = {**CELL_NUMBERS, **{name: c["number"] for name, c in script["cells"].items()}}
    for row in rows:
        where = f"{path.name}: {row['id']}"
        for event in row["event"]:
            demand(event["name"] in status.ID, f"{where}: no event {event['name']}")
            demand(event.get("by", row["by"]) in cells, f"{where}: no cell {event.get('by')}")
        demand(row["by"] in cells and set(row["alive"]) <= set(cells) and row["alive"],
               f"{where}: no such cell")
        for requirement in row["verifies"]:
            demand(f"[{requirement}]" in known, f"{where}: no requirement {requirement}")
        demand(row["verifies"], f"{where}: verifies nothing")
    script["numbers"] = cells
    return script


def initrd(script, kernel):
    """The guest's file system: plan, images of the cells and helpers."""
    guest = mkguest.build(kernel, None, False, [])
    guest.file(f"plans/{script['plan']}.plan", built.PLANS / f"{script['plan']}.plan")
    for cell in script["cells"].values():
        name = f"{cell['image']}.bin"
        guest.file(f"inmates/{name}", built.INMATES / name)
    demand(not guest.missing, f"error[E040E]: not built: {', '.join(guest.missing)}; hint: make")
    out = REPO / f"build/guest/demo-{kernel}.cpio"
    out.write_bytes(mkguest.newc(guest.entries))
    return out


# -- one machine -----------------------------------------------------------------------------------

class Demo:
    """The demo on one machine: what it says goes to @p say, what it finds into records."""

    def __init__(self, script, machine, say, counted=True):
        """counted: guest time is a count of instructions and nothing else."""
        self.script = script
        self.counted = counted
        self.machine = machine
        self.guest = late.Guest(machine)
        self.say = say
        self.seen = 0
        self.records = []
        self.table = []

    # -- looking -------------------------------------------------------------------------------

    def status(self):
        return status.Status(self.machine.read_phys(status.STATUS_BASE, status.STATUS_BYTES))

    def comm(self, cell):
        return status.Comm(self.machine.read_phys(self.script["cells"][cell]["comm"],
                                                  status.COMM_BYTES))

    def new_events(self):
        now = self.status()
        found = now.events(self.seen)
        self.seen = now.next
        return found

    def state(self, cell):
        return self.status().state(self.script["numbers"][cell])

    def beat(self, name):
        """The heartbeat of a cell as memory has it; of root: what its uptime says."""
        if name == "root":
            return float(self.guest.run("cat /proc/uptime").split()[0])
        return self.comm(name).heartbeat

    def hearts(self, names):
        """All these hearts beat. @return what each counted."""
        first = {name: self.beat(name) for name in names}
        last, end = {}, time.monotonic() + HEART_SECONDS
        while len(last) < len(first):
            for name in set(first) - set(last):
                now = self.beat(name)
                if now > first[name]:
                    last[name] = now
            demand(time.monotonic() < end,
                   f"no heartbeat: {', '.join(sorted(set(first) - set(last)))}")
        return ", ".join(f"{name} {first[name]} -> {last[name]}" for name in names)

    # -- telling -------------------------------------------------------------------------------

    def show(self, line, text):
        self.say(f"    # {line}")
        for part in text.strip().splitlines():
            self.say(f"    {part}")

    def shell(self, line, code=0, pattern=None):
        """Run a line, show it, and judge it."""
        got, text = self.machine.cmd(line)
        self.show(line, text)
        demand(got == code, f"exit code {got}, expected {code}")
        match = re.search(pattern or "", text, re.M)
        demand(match is not None, f"the output does not match {pattern!r}")

    # -- the story -----------------------------------------------------------------------------

    def jitter(self, step):
        """Forget what the cell measured, let it measure during the line, show what it found."""
        cell = step["jitter"]
        at = self.script["cells"][cell]["comm"] + COMM_JITTER
        before = self.comm(cell).ticks
        self.shell(f"physmem write {at:#x} {2**64 - 1:#x} 64 && physmem write {at + 8:#x} 0 64; " +
                   step["line"])
        comm = self.comm(cell)
        times = comm.ticks - before
        demand(times >= step["times"], f"{times} timer interrupts, expected {step['times']}")
        self.say(f"    {times} timer interrupts: handled {comm.jitter_min} to {comm.jitter_max} "
                 "instructions after the deadline")
        demand(comm.jitter_min <= step["least"], f"never less than {comm.jitter_min} instructions")
        demand(comm.jitter_min <= comm.jitter_max < step["most"], "a period was missed")
        return f"{comm.jitter_min}..{comm.jitter_max}"

    def story(self):
        """From a booted Linux to running cells. What the cell measures says nothing when time is
        the host's."""
        found = []
        for step in self.script["step"]:
            if "jitter" in step and not self.counted:
                continue
            self.say(f"\n{step['heading']}")
            if "jitter" in step:
                found.append(self.jitter(step))
            else:
                self.shell(step["line"], 0, step["text"])
        return "jitter " + ", ".join(found) if found else "cells run"

    # -- an attempt ----------------------------------------------------------------------------

    def events(self, row):
        """Exactly the row's events were recorded since the last look."""
        found = self.new_events()
        for event in found:
            self.say(f"    {event}")
        got = [(status.NAME.get(e.id, hex(e.id)), e.cell, e.a) for e in found]
        numbers = self.script["numbers"]
        for position, want in enumerate(row["event"]):
            who = numbers[want.get("by", row["by"])]
            have = got[position] if position < len(got) else ("nothing", who, 0)
            demand(have[0] == want["name"], f"event {have[0]}, expected {want['name']}")
            demand(have[1] == who, f"{have[0]} by cell {have[1]}, expected cell {who}")
            demand(have[2] == want.get("a", have[2]), f"{have[0]} with a={have[2]:#x}")
        demand(len(got) == len(row["event"]),
               f"further events: {', '.join(str(e) for e in found[len(row['event']):])}")
        names = [event["name"] for event in row["event"]]
        return ", ".join(name + (f" x{names.count(name)}" if names.count(name) > 1 else "")
                         for name in dict.fromkeys(names)) or "-"

    def deadly(self, row):
        """A line after which root never answers; its last words are judged."""
        self.say(f"    # {row['how']}")
        machine, number = self.machine, self.script["numbers"][row["by"]]
        del machine.console.data[:]
        machine.console.send(row["how"].encode() + b"\n")
        end = time.monotonic() + DEATH_SECONDS
        while self.status().cells[number][0] != status.CELL_STATES.index(row["state"]):
            machine.console.receive(0.1)
            demand(b"\nRC=" not in b"\n" + machine.console.data, "Linux came back")
            demand(time.monotonic() < end, f"{row['by']} did not end")
        while machine.console.receive(0.2):
            pass
        words = machine.console.data.decode(errors="replace").replace("\r\n", "\n")
        match = re.search(row.get("text", ""), words)
        demand(match is not None, f"last words of {row['by']}: {words[-200:]!r}")
        if match[0]:
            self.say(f"    {match[0]}")

    def ended(self, row):
        """The cell that attempted has the row's state, and no heart if it is not to run."""
        want = row.get("state", "RUNNING")
        if row["by"] != "root" or "state" in row:
            got = self.state(row["by"])
            demand(got == want, f"{row['by']} is {got}, expected {want}")
            self.say(f"    {row['by']} is {got}")

    def attempt(self, row):
        """One row. @return (result, event, alive) for the table."""
        if row.get("fatal"):
            self.deadly(row)
        else:
            self.shell(row["how"], row.get("code", 0), row.get("text"))
        event = self.events(row)
        self.ended(row)
        dead = "state" in row and row["by"] in self.script["cells"]
        before = self.beat(row["by"]) if dead else None
        self.say(f"    alive: {self.hearts(row['alive'])}")
        demand(not dead or self.beat(row["by"]) == before, f"the heart of {row['by']} still beats")
        late_events = self.new_events()
        demand(not late_events, f"further events: {', '.join(map(str, late_events))}")
        return row["refusal"], event, ", ".join(row["alive"])

    def restore(self, row):
        """Everything as before the row. Only root's own orders may leave events."""
        for line in row.get("after", ()):
            self.shell(line)
        for event in self.new_events():
            measured = status.NAME[event.id] == "EV_MEASURED"  # of a cell that root starts
            demand((event.cell == 1 or measured) and status.NAME[event.id] != "EV_REFUSED",
                   f"while putting things back: {event}")
        if "after" in row:
            self.say(f"    alive: {self.hearts(['root', *self.script['cells']])}")

    # -- all -----------------------------------------------------------------------------------

    def judged(self, row, play):
        """Play a row and keep its record. @return whether it passed."""
        start, detail = time.monotonic(), ""
        try:
            result, event, alive = play(row)
        except UNWISE as error:
            detail = str(error)
            result, event, alive = "FAILED", "-", "-"
            self.say(f"    FAILED: {detail}")
        self.note(row, start, (result, event, alive), detail)
        return not detail

    def note(self, row, start, seen, detail):
        """Keep what was seen of a row."""
        self.table.append((row["title"], row["by"], *seen))
        self.records.append({"id": row["id"], "title": row["title"], "verifies": row["verifies"],
                             "status": "fail" if detail else "pass",
                             "seconds": round(time.monotonic() - start, 2), "detail": detail})

    def opened(self, row):
        """The story as a row of its own."""
        result = self.story()
        self.events(row)
        self.say(f"    alive: {self.hearts(row['alive'])}")
        return result, f"{len(row['event'])} of life", ", ".join(row["alive"])

    def begin(self):
        """@return whether the cells run."""
        return self.judged(self.script["story"], self.opened)

    def harm(self):
        """All attempts. A deadly row starts from the snapshot, and so does what follows it or a row
        that failed."""
        self.machine.savevm(WHOLE)
        whole, sound = self.seen, True

        def play(row):
            seen = self.attempt(row)
            self.restore(row)
            return seen
        for number, row in enumerate(self.script["row"], 1):
            self.say(f"\n[{number}/{len(self.script['row'])}] {row['title']}")
            if row.get("fatal") or not sound:
                self.machine.loadvm(WHOLE)
                self.seen = whole
            sound = self.judged(row, play) and not row.get("fatal")

    def unplayed(self, why):
        """Rows that were never reached have not passed."""
        done = {record["id"] for record in self.records}
        for row in [self.script["story"]] + self.script["row"]:
            if row["id"] not in done:
                self.note(row, time.monotonic(), ("NOT PLAYED", "-", "-"), why)


# -- output ----------------------------------------------------------------------------------------

def aligned(rows):
    """Rows as columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows]


def totals(records):
    failed = sum(record["status"] != "pass" for record in records)
    return len(records) - failed, failed


def machine_of(script, kernel, cpu, interactive):
    """The machine of the demo; with a person at it, a second lasts at least a second."""
    icount = ICOUNT.replace("sleep=off", "sleep=on") if interactive else ICOUNT
    return Machine(kernel, f"{late.CPUS.get(cpu, cpu)},cntfrq={script['frequency']}",
                   REPO / f"build/guest/demo-{kernel}.cpio",
                   f"{LINUX_ARGS} {SMMU_ARGS} {script['arguments']}", icount=icount,
                   snapshots=None if interactive else True)


def interact(machine, say):
    """The terminal is root's serial line until QEMU ends or Ctrl-] is pressed."""
    say("\nA shell in the root cell. `bulkhead status` shows the cells. Ctrl-] ends (a root that "
        "powers\noff while Bulkhead is enabled ends alone).\n")
    machine.console.send(b"interactive\n")
    del machine.console.data[:]
    before = termios.tcgetattr(0) if os.isatty(0) else None
    inputs = [0, machine.console.sock]
    try:
        if before:
            tty.setraw(0)
        while inputs:
            ready, _, _ = select.select(inputs, [], [], None if 0 in inputs else 2)
            if machine.console.sock in ready:
                machine.console.receive(0)
                os.write(1, bytes(machine.console.data))
                del machine.console.data[:]
            if 0 in ready:
                typed = os.read(0, 1024)
                if ESCAPE in typed:
                    break
                if typed:
                    machine.console.send(typed)
                else:
                    inputs.remove(0)
            if not ready:
                break
    except (QemuError, OSError):
        pass  # the machine was switched off
    finally:
        if before:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
    say("")


def play(script, kernel, cpu, say, interactive=False):
    """The demo on one machine. @return (records, lines of the table)."""
    start = time.monotonic()
    say(f"== Linux {kernel}, -cpu {late.CPUS.get(cpu, cpu)}: booting ==")
    demo = Demo(script, None, say)
    why = "the story failed"
    try:
        with machine_of(script, kernel, cpu, interactive) as machine:
            demo = Demo(script, machine, say, not interactive)
            machine.ready()
            if demo.begin() and interactive:
                interact(machine, say)
            elif not interactive and demo.records[0]["status"] == "pass":
                demo.harm()
    except UNWISE as error:
        why = f"the machine failed: {error}"
    if interactive and demo.records and demo.records[0]["status"] == "pass":
        return demo.records
    demo.unplayed(why)
    say(f"\n{DMA}\n")
    for line in aligned([HEADS] + demo.table):
        say(line)
    passed, failed = totals(demo.records)
    say(f"\nLinux {kernel}, -cpu {late.CPUS.get(cpu, cpu)}: {passed} of {passed + failed} rows "
        f"passed, {time.monotonic() - start:.0f} s")
    return demo.records


def play_all(script):
    """All kernels and CPUs, two at a time, each told in one piece."""
    def told(machine):
        lines = []
        records = play(script, *machine, lines.append)
        print("\n".join(lines) + "\n", flush=True)
        return records
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(told, late.MACHINES))


def merged(results):
    """One record per row: passed if it passed everywhere. (kernel and CPU stand in the detail.)"""
    out = []
    for records in zip(*(result for _, result in results)):
        failed = [f"{where}: {record['detail']}" for (where, _), record in zip(results, records)
                  if record["status"] != "pass"]
        out.append({**records[0], "status": "fail" if failed else "pass",
                    "seconds": round(sum(r["seconds"] for r in records), 2),
                    "detail": "; ".join(failed)})
    return out


def write_json(path, cases):
    passed, failed = totals(cases)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cases": cases, "passed": passed, "failed": failed}, indent=1) +
                    "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", choices=["6.1", "6.12"], default="6.12")
    parser.add_argument("--cpu", default="a57", metavar="MODEL",
                        help="a57, max, or a model of QEMU (default a57)")
    parser.add_argument("--all", action="store_true", help="every kernel with a57 and max")
    parser.add_argument("--interactive", action="store_true", help="leave a shell in root")
    parser.add_argument("--json", type=pathlib.Path, metavar="OUT")
    parser.add_argument("--seed-defect", action="store_true",
                        help="let the first row expect a wrong event: must fail")
    args = parser.parse_args()
    if args.all and args.interactive:
        parser.error("--all has nobody to talk to")
    return args


def main():
    args = parse()
    try:
        script = load(SCRIPT)
        for kernel in ("6.1", "6.12") if args.all else (args.kernel,):
            initrd(script, kernel)
    except (Wrong, KeyError, tomllib.TOMLDecodeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    if args.seed_defect:
        script["row"][0]["event"][0]["name"] = "EV_SERROR"
    if args.all:
        results = list(zip((f"{k} {c}" for k, c in late.MACHINES), play_all(script)))
    else:
        say = lambda text: print(text, flush=True)  # noqa: E731
        results = [(f"{args.kernel} {args.cpu}",
                    play(script, args.kernel, args.cpu, say, args.interactive))]
    if args.json:
        write_json(args.json, merged(results))
    passed, failed = totals([record for _, result in results for record in result])
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
