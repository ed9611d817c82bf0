# SPDX-License-Identifier: Apache-2.0
"""Tests of the `bulkhead` command on the host: built natively with ASan and UBSan, its device
replaced by a file (cli_device.c). Runs inside the tool root where there is one."""

import atexit
import functools
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
RUNNER = REPO / "verification/toolroot/run"
TEXT = (REPO / "src/abi/errors.def").read_text()
ENTRIES = re.findall(
    r'^BH_(ERROR|EVENT)\((0x[0-9A-F]+), +(\w+), +"([^"]*)"(?:, "([^"]*)")?\)', TEXT, re.MULTILINE)
STATES = ["absent", "created", "loading", "running", "stopped", "failed", "lost", "cleaning",
          "measuring", "leaving"]
R, W, X, D, L = 1, 2, 4, 8, 16


@functools.lru_cache(maxsize=None)
def build():
    """The command with the fake device, built once, in a folder of this run."""
    (REPO / "build/tmp").mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(dir=REPO / "build/tmp")
    atexit.register(shutil.rmtree, folder)
    program = Path(folder) / "bulkhead"
    sources = [p for p in sorted((REPO / "src/cli").glob("*.c")) if p.name != "device.c"]
    sources += [REPO / "src/core/plan.c", REPO / "src/core/plan_claims.c",
                REPO / "src/core/plan_policy.c", REPO / "src/core/plan_watch.c",
                REPO / "src/core/plan_window.c", REPO / "src/core/plan_call.c",
                REPO / "src/core/plan_crc.c", REPO / "src/core/crc.c",
                REPO / "src/boards/qemu-virt-arm64/board.c",
                REPO / "verification/unit/cli_device.c"]
    command = [RUNNER, "gcc", "-std=c11", "-D_GNU_SOURCE", "-g", "-O1", "-Wall", "-Wextra",
               "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
               f"-I{REPO / 'src'}", "-o", program, *sources]
    done = subprocess.run([str(w) for w in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return program


# -- plans, made by hand so that the plan compiler is not its own judge ----------------------------

def region(first, pages, own, flags, share=0, root=0, address=None):
    address = first if address is None else address
    return struct.pack("<QIIIIII", first >> 12, address >> 12, pages, own, flags, share, root)


def cell(name, first, count, cpus, entry=0, comm=0, irqs=()):
    words = [0] * 32
    for number in irqs:
        words[number // 32] |= 1 << (number % 32)
    return struct.pack("<16sIIIIQQ32I", name, first, count, cpus, 0, entry, comm, *words)


def make_plan(version=4, board=1, flags=1, rt_ram=0x71000000, rt_name=b"rt", crc=None, size=6752,
              gicr=0x120):
    regions = [
        region(0x70000000, 0x400, 0, R | W),
        region(0x08000000, 0x10, 0, R | W | D),
        region(0x08080000, gicr, 0, R | W | D),
        region(0x40000000, 0x30000, 1, R | W | X),
        region(0x70400000, 4, 1, R),
        region(0x71000000, 0x1000, 1, R | W | X),
        region(0x72000000, 1, 1, R | W, share=1, root=0),
        region(rt_ram, 0x100, 2, R | W | X | L),
        region(0x72000000, 1, 2, R | W, share=1, root=1),
    ]
    cells = [cell(b"kernel", 0, 3, 0), cell(b"linux", 3, 4, 15),
             cell(rt_name, 7, 2, 8, 0x71000000, 0x72000000, irqs=[33, 40])]
    body = struct.pack("<QIIIIIIIIQ", 0x314E414C50484D42, version, size, board, flags, 3,
                       len(regions), 4, 4, 0x70400)
    body += struct.pack("<8Q", 0, 1, 2, 3, 0, 0, 0, 0)
    body += b"".join(cells).ljust(8 * 176, b"\0") + b"".join(regions).ljust(128 * 32, b"\0")
    body += bytes(8 * 52 + 16 * 32 + 16 * 12 + 12)
    return body + struct.pack("<I", zlib.crc32(body) if crc is None else crc)


def make_event(seq, number, a=0, b=0, which=2, place_seq=None):
    return struct.pack("<QQIIIIQQ", seq if place_seq is None else place_seq, 1000 + seq, number, 3,
                       which, 0, a, b)


def make_status(state=3, events=(), following=None, dma_open=1, exits=range(8), counted=7,
                starts=1, armed=1, plan_digest=(0,) * 8, measured=None, locks=None):
    """events: records in the order of their numbers; following: number of events ever written.
    exits: of CPU 3; counted: events of the cell; starts: of the cell; measured: for some cells the
    word of that name and the 8 words of the digest."""
    following = len(events) if following is None else following
    measured, locks = measured or {}, locks or {}
    out = struct.pack("<QIIQIIIIII8I", 0x3153544154535442, 4, armed, following, 3, 4, 0xABCD,
                      dma_open, locks.get(0, 0), 0, *plan_digest)
    for index in range(8):
        out += struct.pack("<IIQII8I", state if index == 2 else 0, starts if index == 2 else 1,
                           counted if index == 2 else 0, locks.get(index, 0),
                           *measured.get(index, [0] * 9))
    for index in range(8):
        owner = 2 if index == 3 and state != 0 else 1
        mine = [*(exits if index == 3 else range(8)), 0]
        out += struct.pack("<II9QQQ", 2, owner, *mine, sum(mine), 0)
    ring = [struct.pack("<48x")] * 128
    for number, event in enumerate(events, max(0, following - len(events))):
        ring[number % 128] = event
    return (out + b"".join(ring)).ljust(4 * 4096, b"\0")


MESSAGES = 0x3147534D48424242


def make_comm(text=b"", following=None, beats=42, ticks=0, jitter=(0, 0), request=None, answer=None):
    """request: number of root's last one; answer: (to, code, argument), or the eight words of the
    mailbox. A cell that takes messages has either."""
    ring = bytearray(2048)
    following = len(text) if following is None else following
    start = following - len(text)
    for offset, byte in enumerate(text):
        ring[(start + offset) % 2048] = byte
    head = struct.pack("<15QQ", 0x314D4D4F43485442, beats, ticks, *jitter, *[0] * 10,
                       following & 0xFFFFFFFFFFFFFFFF)
    asked = struct.pack("<4Q24xQ", request or 0, 1, 0, 0, request or 0)
    to, code, argument = answer if answer and len(answer) == 3 else (0, 0, 0)
    said = answer if answer and len(answer) == 8 else (1, code, argument, to, 0, 0, 0, 1)
    known = MESSAGES if (request, answer) != (None, None) else 0
    mailboxes = asked + bytes(64) + struct.pack("<8QQ", *said, known)
    return (head + bytes(ring) + mailboxes).ljust(4096, b"\0")


def make_machine(enabled=1, plan=None, status=None, comm=None):
    plan = make_plan() if plan is None else plan
    info = struct.pack("<8IQQ", 4, enabled, 4, 4, 1, 1, 0, 1, 0x70000000, 0x400000) + plan
    info += struct.pack("<IIQQ", 0, 0, 0, 0)
    pages = [bytes(4096)] * 8
    pages[2] = make_comm() if comm is None else comm
    return info + (make_status() if status is None else status) + b"".join(pages)


class Cli(unittest.TestCase):
    """One command line at a time."""

    @classmethod
    def setUpClass(cls):
        cls.program = build()
        cls.holder = tempfile.TemporaryDirectory(dir=REPO / "build/tmp")
        cls.folder = Path(cls.holder.name)
        (cls.folder / "good.plan").write_bytes(make_plan())

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def run_cli(self, *words, machine=None, result=None, code=0):
        """@return (stdout, stderr). The exit code must be the one expected."""
        environment = ["ASAN_OPTIONS=detect_leaks=0"]
        if machine is not None:
            (self.folder / "machine").write_bytes(machine)
            environment.append(f"BULKHEAD_FAKE={self.folder / 'machine'}")
        if result is not None:
            environment.append(f"BULKHEAD_FAKE_RESULT={result}")
        command = [str(w) for w in (RUNNER, "env", *environment, self.program, *words)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        out, err = done.stdout.decode("ascii"), done.stderr.decode("ascii")
        self.assertEqual(done.returncode, code, f"{words}: {out}{err}")
        return out, err

    def on_terminal(self, *words, result, machine=None):
        """What a terminal on stderr gets."""
        (self.folder / "machine").write_bytes(machine or make_machine())
        ours, theirs = os.openpty()
        try:
            command = [RUNNER, "env", "ASAN_OPTIONS=detect_leaks=0", self.program, *words]
            command[2:2] = [f"BULKHEAD_FAKE={self.folder / 'machine'}",
                            f"BULKHEAD_FAKE_RESULT={result}"]
            subprocess.run([str(w) for w in command], stdout=subprocess.DEVNULL, stderr=theirs,
                           timeout=60, check=True)
            return os.read(ours, 65536).decode("ascii")
        finally:
            os.close(ours)
            os.close(theirs)

    def refused(self, *words, eid, code, **more):
        """A refusal: ID, text, hint on stderr, nothing on stdout."""
        out, err = self.run_cli(*words, code=code, **more)
        self.assertEqual(out, "")
        self.assertRegex(err, rf"(?m)^bulkhead: error\[{eid}\]: .+\nhint: .+\n\Z")
        return err

    def plan_file(self, data):
        path = self.folder / "try.plan"
        path.write_bytes(data)
        return path


class CommandLine(Cli):
    def test_usage(self):
        """@test TC_CLI_001 @verifies SWR_CLI_002 @technique error-guessing @level unit"""
        for words in ([], ["nothing"], ["cell"], ["cell", "nothing"], ["cell", "create"],
                      ["cell", "create", "a", "b"], ["plan"], ["enable"], ["disable", "x"],
                      ["--nothing"], ["status", "-f"], ["events", "-n"], ["events", "-n", "x"],
                      ["events", "-n", "-1"], ["explain"],
                      ["cell", "stats", "-i"], ["cell", "stats", "-i", "0"],
                      ["cell", "stats", "-i", "x"], ["cell", "stats", "-i", "-1"],
                      ["cell", "stats", "-i", "86401"], ["cell", "stats", "rt", "linux"],
                      ["cell", "shutdown"], ["cell", "shutdown", "rt", "--timeout"],
                      ["cell", "shutdown", "rt", "--timeout", "0"],
                      ["cell", "shutdown", "rt", "--timeout", "3601"],
                      ["cell", "shutdown", "rt", "--timeout", "1s"],
                      ["cell", "shutdown", "rt", "--timeout", "-1"],
                      ["cell", "stop", "rt", "--timeout", "1"],
                      ["cell", "list", "-i", "1"], ["measure", "rt", "linux"],
                      ["measure", "--baseline"], ["measure", "-n", "1"],
                      ["measure", "--baseline", "x", "--write", "y"], ["status", "--write", "y"],
                      ["explain", "E9999"], ["explain", "e01"], ["explain", "V0103"],
                      ["help", "x"], ["a"] * 9, ["doctor", "--root"], ["-f"]):
            with self.subTest(words=words):
                self.refused(*words, eid="E040C", code=2, machine=make_machine())

    def test_help_of_every_verb(self):
        """@test TC_CLI_002 @verifies SWR_CLI_009 @technique requirements @level unit"""
        listing, _ = self.run_cli("--help")
        verbs = re.findall(r"^  ((?:cell |plan )?[a-z]+) ", listing, re.MULTILINE)
        self.assertEqual(len(verbs), 22)
        for verb in verbs:
            if not verb.startswith("-"):
                short, _ = self.run_cli(*verb.split(), "--help")
                self.assertTrue(short.startswith(f"usage: bulkhead {verb}"), short)
                self.assertEqual(self.run_cli("help", *verb.split())[0], short)

    def test_completion(self):
        """@test TC_CLI_003 @verifies SWR_CLI_009 @technique requirements @level unit"""
        script, _ = self.run_cli("help", "--completion")
        path = self.folder / "completion.sh"
        path.write_text(script)
        for line, wanted in (("bulkhead en", "enable"), ("bulkhead cell cr", "create"),
                             ("bulkhead plan ch", "check"), ("bulkhead ev", "events")):
            words = line.split()
            ask = (f"source {path}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _bulkhead; "
                   'echo "${COMPREPLY[@]}"')
            done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.strip(), wanted)

    def test_version(self):
        """@test TC_CLI_004 @verifies SWR_CLI_007 @technique requirements @level unit"""
        self.assertRegex(self.run_cli("--version")[0], r"^bulkhead \S+, ABI 4\n$")
        document = json.loads(self.run_cli("--json", "--version")[0])
        self.assertEqual((document["schema"], document["abi"]), ("bulkhead/1", 4))


class Errors(Cli):
    def test_every_entry_is_explained(self):
        """@test TC_CLI_010 @verifies SWR_CLI_001 @technique requirements @level unit"""
        self.assertGreater(len(ENTRIES), 80)
        for kind, number, name, text, hint in ENTRIES:
            eid = f"{'E' if kind == 'ERROR' else 'V'}{int(number, 16):04X}"
            for word in (eid, eid.lower(), name):
                out, _ = self.run_cli("explain", word)
                self.assertEqual(out.splitlines()[:2], [f"{eid} {name}", f"  {text}"])
            if kind == "ERROR":
                self.assertIn(f"hint: {hint}\n", out)

    def test_parties_in_words(self):
        """@test TC_CLI_011 @verifies SWR_CLI_001 @technique equivalence @level unit"""
        for answer, code, text in (
                ("205 2 3", 1, "CPU 3 of cell 'rt' is still in use by the root cell"),
                ("103 7 3", 3, "regions 7 ('rt' 0x71000000-0x710fffff) and 3 ('linux' 0x40000000-"
                               "0x6fffffff) of two cells overlap"),
                ("10b 2 1", 3, "cells 'rt' and 'linux' both claim one CPU, or cell 'rt' claims a "
                               "CPU the machine does not have"),
                ("204 2 3", 6, "cell 'rt' is in state running, which does not allow this"),
                ("202 2 5", 7, "cell 'rt' may not make hypercall cell_destroy"),
                ("303 3 4", 1, "3 of 4 CPUs came to the launch in time; all were given back to "
                               "Linux"),
                ("404 71000000 710fffff", 8, "memory 0x71000000-0x710fffff of the plan is in use "
                                             "by Linux"),
                ("407 0 0", 8, "a Linux SMMU driver is bound"),
                ("40f 71000000 200000", 1, "image does not fit a loadable region of the cell "
                                           "(address 0x71000000, size 0x200000)"),
                ("106 2 1", 3, "plan is for board 2, this machine is board 1 (qemu-virt-arm64)"),
                ("412 1 2", 9, "internal error (0x1, 0x2)"),
                ("109 99 ffffffffffffffff", 3, "regions 153 and 18446744073709551615 of one cell "
                                               "overlap in its address space"),
                ("777 1 2", 1, "unknown (0x1, 0x2)")):
            with self.subTest(answer=answer):
                number = f"E{int(answer.split()[0], 16):04X}"
                _, err = self.run_cli("cell", "start", "rt", machine=make_machine(),
                                      result=answer, code=code)
                self.assertIn(f"bulkhead: error[{number}]: {text}\nhint: ", err)

    def test_no_number_is_swallowed(self):
        """@test TC_CLI_012 @verifies SWR_CLI_001 @technique equivalence @level unit

        A text shows a and b exactly as often as it names them: no article is replaced, no party
        is left out."""
        for kind, number, _, text, _ in ENTRIES:
            if kind == "EVENT":
                continue
            named = set(re.findall(r"(?<![\w'])b(?![\w'])", text))
            named |= set(re.findall(r"(?<![\w'])a(?=[,);-]| of |$)", text))
            named |= set(re.findall(r"(?:cells?|regions?|CPU|hypercall|range) (a)\b", text))
            named |= set(re.findall(r"\((a) ", text))
            _, err = self.run_cli("disable", machine=make_machine(enabled=0),
                                  result=f"{int(number, 16):x} 4d2 162e",
                                  code=self.code_of(number))
            shown = err.split("hint:", maxsplit=1)[0]
            for letter, value in (("a", 0x4D2), ("b", 0x162E)):
                here = re.search(rf"\b({value}|0x{value:x}|state unknown)\b", shown) is not None
                self.assertEqual(here, letter in named, f"{number} {letter}: {shown}")

    def code_of(self, number):
        out, _ = self.run_cli("explain", f"E{int(number, 16):04X}")
        return int(re.search(r"exit code: (\d+)", out)[1])

    def test_json(self):
        """@test TC_CLI_013 @verifies SWR_CLI_007 @technique requirements @level unit"""
        out, err = self.run_cli("--json", "cell", "start", "rt", machine=make_machine(),
                                result="205 2 3", code=1)
        error = json.loads(out)["error"]
        self.assertEqual((error["id"], error["name"], error["a"], error["b"], error["exit"]),
                         ("E0205", "HC_CPU_BUSY", 2, 3, 1))
        self.assertIn("error[E0205]", err)


class Plans(Cli):
    def test_good(self):
        """@test TC_CLI_020 @verifies SWR_CLI_004 @technique requirements @level unit"""
        out, _ = self.run_cli("plan", "check", self.folder / "good.plan")
        self.assertRegex(out, r"^plan [0-9a-f]{8} is good: CPUs 4, cells 1, regions 9\n$")
        _, err = self.run_cli("enable", self.folder / "good.plan", machine=make_machine(enabled=0))
        self.assertIn("FAKE enable", err)

    def test_attach(self):
        """@test TC_CLI_024 @verifies SWR_CLI_013 @technique requirements @level unit"""
        path = self.folder / "good.plan"
        out, err = self.run_cli("attach", path, machine=make_machine(enabled=0))
        self.assertIn("FAKE attach", err)
        self.assertRegex(out, r"^attached: plan [0-9a-f]{8}, CPUs 4, cells 1\n$")
        out, _ = self.run_cli("--json", "attach", path, machine=make_machine(enabled=0))
        self.assertEqual(json.loads(out)["command"], "attach")
        for result, eid, code in (("421 0 0", "E0421", 5), ("422 1 2", "E0422", 3),
                                  ("420 0 0", "E0420", 6), ("301 2 1", "E0301", 5)):
            self.refused("attach", path, eid=eid, code=code, machine=make_machine(enabled=0),
                         result=result)
        for state in (1, 2):
            for verb in ("attach", "enable"):
                self.refused(verb, path, eid="E0306", code=6, machine=make_machine(enabled=state))
        self.refused("disable", eid="E0218", code=6, machine=make_machine(enabled=2),
                     result="218 0 0")

    def test_bad(self):
        """@test TC_CLI_021 @verifies SWR_CLI_004 @technique error-guessing @level unit

        Refused with the judge's ID, by check and by enable, and the device is never asked."""
        good = make_plan()
        flipped = bytearray(good)
        flipped[3000] ^= 4
        for data, eid, part in (
                (good[:-1], "E0101", "6751 bytes, 6752 expected"), (b"", "E0101", "0 bytes"),
                (good + b"x", "E0101", "6753"), (b"X" + good[1:], "E0102", "not a Bulkhead"),
                (make_plan(version=9), "E0104", "version 9, this release reads version 4"),
                (make_plan(size=7), "E0101", "7 bytes"), (bytes(flipped), "E0105", "checksum 0x"),
                (make_plan(board=3), "E0106", "board 3"), (make_plan(flags=0), "E010F", "DMA"),
                (make_plan(gicr=0x11f), "E010D", "a frame it emulates"),
                (make_plan(rt_ram=0x80a0000), "E0103", "'kernel' 0x8080000-0x819ffff"),
                (make_plan(rt_ram=0x70000000), "E0103", "'kernel' 0x70000000-0x703fffff")):
            with self.subTest(eid=eid, part=part):
                path = self.plan_file(data)
                for words in (["plan", "check", path], ["enable", path], ["attach", path]):
                    err = self.refused(*words, eid=eid, code=3, machine=make_machine(enabled=0))
                    self.assertIn(part, err)
                    self.assertIn("try.plan: ", err)

    def test_every_truncation_and_bit(self):
        """@test TC_CLI_022 @verifies SWR_CLI_004 @technique fault-injection @level unit"""
        good = make_plan()
        for length in (0, 1, 7, 8, 100, 6748, 6751):
            self.refused("plan", "check", self.plan_file(good[:length]), eid="E0101", code=3)
        for bit in range(0, len(good) * 8, 1999):
            data = bytearray(good)
            data[bit // 8] ^= 1 << bit % 8
            self.run_cli("plan", "check", self.plan_file(data), code=3)

    def test_no_file(self):
        """@test TC_CLI_023 @verifies SWR_CLI_001 @technique error-guessing @level unit"""
        self.refused("plan", "check", self.folder / "none", eid="E040E", code=2)
        self.refused("plan", "check", self.folder, eid="E040E", code=2)


class Cells(Cli):
    def test_absent(self):
        """@test TC_CLI_030 @verifies SWR_CLI_002 @technique requirements @level unit"""
        for words in (["status"], ["cell", "list"], ["events"], ["disable"],
                      ["cell", "start", "rt"]):
            self.refused(*words, eid="E0409", code=5)
        for words in (["status"], ["cell", "list"], ["events"], ["cell", "start", "rt"]):
            self.refused(*words, eid="E040A", code=5, machine=make_machine(enabled=0))
        self.refused("enable", self.folder / "good.plan", eid="E0306", code=6,
                     machine=make_machine())

    def test_unknown_name(self):
        """@test TC_CLI_031 @verifies SWR_CLI_001 SWR_CLI_002 @technique error-guessing @level unit

        A cell is named by its name alone: neither number, nor prefix, nor the kernel."""
        for name in ("rt2", "r", "2", "kernel", "", "x" * 40):
            err = self.refused("cell", "start", name, eid="E0203", code=4, machine=make_machine())
            self.assertIn("the plan has linux, rt)", err)

    def test_life(self):
        """@test TC_CLI_032 @verifies SWR_CLI_010 @technique requirements @level unit"""
        for verb, number in (("create", 1), ("start", 3), ("stop", 4), ("destroy", 5)):
            out, err = self.run_cli("cell", verb, "rt", machine=make_machine())
            self.assertEqual(err, f"FAKE cell {number} 2\n")
            self.assertIn("cell 'rt'", out)
            out, _ = self.run_cli("-q", "cell", verb, "rt", machine=make_machine())
            self.assertEqual(out, "")

    def test_steps(self):
        """@test TC_CLI_038 @verifies SWR_CLI_022 @technique equivalence @level unit

        A call that is not through is made again until it is, whatever comes then; only a terminal
        sees how much is left."""
        steps = "20c 2 200;20c 2 100;"
        for verb, number in (("create", 1), ("start", 3), ("destroy", 5), ("restart", 3)):
            stopped = make_machine(status=make_status(state=4))
            out, err = self.run_cli("cell", verb, "rt", machine=stopped, result=steps + "0 0 0")
            self.assertEqual(err, f"FAKE cell {number} 2\n" * 3)
            self.assertIn("cell 'rt'", out)
            out, err = self.run_cli("cell", verb, "rt", machine=stopped, result=steps + "206 3 0",
                                    code=1)
            self.assertEqual((out, err.count("FAKE cell")), ("", 3))
            self.assertIn("error[E0206]", err)
        for words, shown in (((), True), (("-q",), False), (("--json",), False)):
            text = self.on_terminal(*words, "cell", "create", "rt", result=steps + "0 0 0")
            self.assertEqual("\r\033[K2 MiB left" in text and "\r\033[K1 MiB left" in text, shown)

    def test_restart(self):
        """@test TC_CLI_039 @verifies SWR_CLI_023 @technique equivalence @level unit

        Stopped first unless it is stopped; never loaded; what the kernel refuses is told."""
        for state, calls in ((3, (4, 3)), (5, (4, 3)), (4, (3,)), (8, (3,))):
            machine = make_machine(status=make_status(state=state))
            out, err = self.run_cli("cell", "restart", "rt", machine=machine)
            self.assertEqual(err, "".join(f"FAKE cell {n} 2\n" for n in calls))
            self.assertEqual(out, "cell 'rt' running again on CPU 3\n")
        document = json.loads(self.run_cli("--json", "cell", "restart", "rt",
                                           machine=make_machine())[0])
        self.assertEqual((document["command"], document["cell"]), ("cell restart", "rt"))
        _, err = self.run_cli("cell", "restart", "rt", code=6, result="204 2 2",
                              machine=make_machine(status=make_status(state=2)))
        self.assertEqual(err.count("FAKE cell"), 1)
        _, err = self.run_cli("cell", "restart", "rt", code=1, result="0 0 0;206 3 0",
                              machine=make_machine())
        self.assertEqual(err.count("FAKE cell"), 2)

    def test_load(self):
        """@test TC_CLI_033 @verifies SWR_CLI_010 @technique equivalence @level unit"""
        image = self.folder / "image"
        image.write_bytes(b"CODE and more")
        created = make_machine(status=make_status(state=1))
        loading = make_machine(status=make_status(state=2))
        _, err = self.run_cli("cell", "load", "rt", image, machine=created)
        self.assertEqual(err, "FAKE cell 2 2\nFAKE write 2 0x71000000 13 CODE\n")
        _, err = self.run_cli("cell", "load", "rt", f"{image}@0x71001000", machine=loading)
        self.assertEqual(err, "FAKE write 2 0x71001000 13 CODE\n")
        for bad in ("@", "@x", "@0x7100zz", "@-1"):
            self.refused("cell", "load", "rt", f"{image}{bad}", eid="E040C", code=2,
                         machine=created)
        self.refused("cell", "load", "rt", self.folder / "none", eid="E040E", code=2,
                     machine=created)

    def test_list(self):
        """@test TC_CLI_034 @verifies SWR_CLI_008 @technique requirements @level unit"""
        out, _ = self.run_cli("cell", "list", machine=make_machine())
        self.assertEqual([line.split() for line in out.splitlines()], [
            ["NAME", "STATE", "CPUS", "MEMORY", "IRQS", "EVENTS", "HEARTBEAT"],
            ["linux", "running", "0-2", "784.0", "MiB", "0", "0", "-"],
            ["rt", "running", "3", "1.0", "MiB", "2", "7", "42"]])
        document = json.loads(self.run_cli("--json", "cell", "list", machine=make_machine())[0])
        self.assertEqual(document["cells"][1]["heartbeat"], 42)
        for number, state in enumerate(STATES):
            out, _ = self.run_cli("cell", "list",
                                  machine=make_machine(status=make_status(state=number)))
            self.assertEqual(out.splitlines()[2].split()[1], state)

    def test_show(self):
        """@test TC_CLI_035 @verifies SWR_CLI_008 @technique requirements @level unit"""
        out, _ = self.run_cli("cell", "show", "rt", machine=make_machine())
        self.assertIn("0x71000000  0x71000000  1 MiB  rwx-l", out)
        self.assertIn("0x72000000  0x72000000  4 KiB  rw--- shared", out)

    def test_status(self):
        """@test TC_CLI_036 @verifies SWR_CLI_008 @technique requirements @level unit"""
        events = (make_event(0, 0x501, b=4), make_event(1, 0x510, 0x70000000, 0x93C08006))
        out, _ = self.run_cli("status", machine=make_machine(status=make_status(events=events)))
        self.assertIn("kernel enabled, ABI 4, plan 0000abcd\n", out)
        self.assertNotIn("SHA-256", out)
        self.assertIn("DMA: NOT ISOLATED (no SMMU driver yet)\n", out)
        self.assertIn("access to IPA 0x70000000 refused (syndrome 0x93c08006)", out)
        self.assertRegex(out, r"CPU +STATE +CELL +EXITS +HVC +SMC +SYSREG +MMIO +ABORT")
        out, _ = self.run_cli("status", machine=make_machine(status=make_status(dma_open=0)))
        self.assertNotIn("DMA", out)
        for line in out.splitlines():
            self.assertEqual(line, line.rstrip())
        told = json.loads(self.run_cli("--json", "status", machine=make_machine())[0])
        self.assertEqual(told["plan_digest"], "")
        for word in range(8):
            digest = [0] * 8
            digest[word] = 0x0A00001F
            text = "".join(f"{w:08x}" for w in digest)
            machine = make_machine(status=make_status(plan_digest=tuple(digest)))
            self.assertIn(f"\nplan SHA-256 {text}\n", self.run_cli("status", machine=machine)[0])
            told = json.loads(self.run_cli("--json", "status", machine=machine)[0])
            self.assertEqual(told["plan_digest"], text)

    def test_lock(self):
        """@test TC_CLI_060 @verifies SWR_CLI_014 SWR_CLI_002 @technique equivalence @level unit"""
        for words, asked, told in ((["start"], 4, "locked for root until power-off: start\n"),
                                   (["create", "load", "start", "disable", "debug"], 31,
                                    "root until power-off: create,load,start,disable,debug\n"),
                                   (["disable", "--all", "disable"], 0x80000008,
                                    "locked for every cell until power-off: disable\n")):
            out, err = self.run_cli("lock", *words, machine=make_machine(), result="0 1f 0")
            self.assertIn(told, out)
            self.assertEqual(err, f"FAKE cell 7 {asked}\n")
        out, _ = self.run_cli("--json", "lock", "start", machine=make_machine(), result="0 c 0")
        told = json.loads(out)
        self.assertEqual((told["ok"], told["locked"], told["all"], told["root"]),
                         (True, "start", False, "start,disable"))
        for words in (["lock"], ["lock", "everything"], ["lock", "start", "--root", "x"],
                      ["status", "--all"]):
            self.refused(*words, eid="E040C", code=2, machine=make_machine())
        self.refused("lock", "start", eid="E040A", code=5, machine=make_machine(enabled=0))
        err = self.refused("lock", "start", "--all", eid="E0202", code=7, machine=make_machine(),
                           result="202 1 7")
        self.assertIn("may not make hypercall lock", err)
        err = self.refused("cell", "stop", "rt", eid="E020E", code=6, machine=make_machine(),
                           result="20e 2 5")
        self.assertIn("cell 'rt': scope create,start is locked\n", err)

    def test_locks_are_shown(self):
        """@test TC_CLI_061 @verifies SWR_CLI_014 @technique equivalence @level unit"""
        plain, _ = self.run_cli("status", machine=make_machine())
        self.assertNotIn("locked", plain)
        event = make_event(0, 0x528, a=0xFFFFFFFF, b=9)
        machine = make_machine(status=make_status(locks={0: 8, 2: 5}, events=(event,)))
        out, _ = self.run_cli("status", machine=machine)
        self.assertIn("locked for every cell: disable\nlocked for rt: create,start\n", out)
        self.assertIn("locked for all: create,disable", out)
        out, _ = self.run_cli("cell", "show", "rt", machine=machine)
        self.assertIn("locked for rt: create,start,disable\n", out)
        told = json.loads(self.run_cli("--json", "status", machine=machine)[0])
        self.assertEqual((told["locks"], [c["locks"] for c in told["cells"]]),
                         ("disable", ["-", "create,start"]))

    def test_untrusted_name(self):
        """@test TC_CLI_037 @verifies SWR_CLI_005 @technique error-guessing @level unit"""
        machine = make_machine(plan=make_plan(rt_name=b'\x1b[2J"\\\xff'))
        out, _ = self.run_cli("cell", "list", machine=machine)
        self.assertIn('?[2J"\\?', out)
        out, _ = self.run_cli("--json", "cell", "list", machine=machine)
        self.assertEqual(json.loads(out)["cells"][1]["name"], '?[2J"\\?')


class Rings(Cli):
    def console(self, *args, **more):
        return self.run_cli("cell", "console", "rt",
                            machine=make_machine(comm=make_comm(*args, **more)))[0]

    def test_console(self):
        """@test TC_CLI_040 @verifies SWR_CLI_005 @technique boundary @level unit"""
        self.assertEqual(self.console(b"hello\n"), "hello\n")
        self.assertEqual(self.console(b""), "")
        self.assertEqual(self.console(b"a\x1b]0;x\x07\x80\r\nb\x00"), "a?]0;x??\nb?")
        self.assertEqual(self.console(b"x" * 2048), "x" * 2048)
        self.assertEqual(self.console(b"y" * 2048, 2049), "(1 older bytes overwritten)\n"
                         + "y" * 2048)

    def test_console_lies(self):
        """@test TC_CLI_041 @verifies SWR_CLI_005 @technique error-guessing @level unit"""
        for following in (1 << 63, (1 << 64) - 1):
            self.assertEqual(len(self.console(b"", following).split("\n", 1)[1]), 2048)

    def test_events(self):
        """@test TC_CLI_042 @verifies SWR_CLI_006 @technique boundary @level unit"""
        events = [make_event(n, 0x504, 2) for n in range(128)]
        machine = make_machine(status=make_status(events=events))
        out, _ = self.run_cli("events", machine=machine)
        self.assertEqual(len(out.splitlines()), 129)
        self.assertIn("V0504  EV_STARTED  cell 'rt' started", out)
        out, _ = self.run_cli("events", "-n", "3", machine=machine)
        self.assertEqual([line.split()[0] for line in out.splitlines()], ["SEQ", "125", "126",
                                                                          "127"])
        out, _ = self.run_cli("-q", "events", "-n", "1", machine=machine)
        self.assertEqual([line.split()[0] for line in out.splitlines()], ["127"])

    def test_overwritten(self):
        """@test TC_CLI_043 @verifies SWR_CLI_006 @technique boundary @level unit"""
        events = [make_event(n, 0x504, 2) for n in range(72, 200)]
        machine = make_machine(status=make_status(events=events, following=200))
        out, _ = self.run_cli("events", machine=machine)
        self.assertEqual(len(out.splitlines()), 130)
        self.assertIn("(72 older events overwritten)", out)
        events[5] = make_event(77, 0x504, 2, place_seq=205)
        machine = make_machine(status=make_status(events=events, following=200))
        out, _ = self.run_cli("--json", "events", machine=machine)
        document = json.loads(out)
        self.assertEqual((document["overwritten"], len(document["events"])), (73, 127))

    def follow(self, *moments, json_too=True):
        """`events -f` over statuses, one per look. @return (stdout, stderr)"""
        machine = b"".join(make_machine(status=status) for status in moments)
        words = ["--json", "events", "-f"] if json_too else ["events", "-f"]
        return self.run_cli(*words, machine=machine, code=5)

    @staticmethod
    def told(out):
        """Documents of a followed ring: numbers of events, and (overwritten, first)."""
        records = [json.loads(line) for line in out.splitlines()]
        assert all(r["schema"] == "bulkhead/1" for r in records)
        return [r["event"]["seq"] if "event" in r else
                (r["overwritten"], r["first"]) if "overwritten" in r else r["error"]["id"]
                for r in records]

    @staticmethod
    def numbered(first, last, **more):
        return make_status(events=[make_event(n, 0x504, 2) for n in range(first, last)],
                           following=last, **more)

    def test_follow(self):
        """@test TC_CLI_045 @verifies SWR_CLI_011 @technique boundary @level unit

        Sleeps for news, never looks twice for the same; 128 between two looks are all read, of 129
        and 400 exactly 1 and 272 are reported, in their place; the end is an error."""
        out, err = self.follow(self.numbered(0, 2), self.numbered(0, 2), self.numbered(2, 130),
                               self.numbered(131, 259), self.numbered(531, 659))
        self.assertEqual(self.told(out), [0, 1, *range(2, 130), (1, 130), *range(131, 259),
                                          (272, 259), *range(531, 659), "E040A"])
        self.assertEqual(err.count("FAKE news"), 5)
        self.assertNotIn("FAKE wait", err)
        self.assertIn("error[E040A]", err)
        out, _ = self.follow(self.numbered(0, 1), self.numbered(131, 259), json_too=False)
        lines = out.splitlines()
        self.assertEqual([lines[0].split()[0], lines[1].split()[0]], ["SEQ", "0"])
        self.assertEqual(lines[2], "(130 events overwritten unread)")
        self.assertEqual([line.split()[0] for line in lines[3:]], [str(n) for n in range(131, 259)])

    def test_follow_while_written(self):
        """@test TC_CLI_046 @verifies SWR_CLI_011 SWR_CLI_006 @technique race @level unit

        A record that is being written is waited for once, then it counts as gone; one that was
        overwritten during the look too. next may go back for a moment."""
        def torn(number):
            events = [make_event(n, 0x504, 2) for n in range(3)]
            events[1] = make_event(1, 0x504, 2, place_seq=number)
            return make_status(events=events)
        empty = 0xFFFFFFFFFFFFFFFF
        out, err = self.follow(torn(empty), self.numbered(0, 3))
        self.assertEqual(self.told(out), [0, 1, 2, "E040A"])
        self.assertEqual((err.count("FAKE wait"), err.count("FAKE news")), (1, 1))
        out, _ = self.follow(torn(empty), torn(empty))
        self.assertEqual(self.told(out), [0, (1, 1), 2, "E040A"])
        out, _ = self.follow(torn(129))
        self.assertEqual(self.told(out), [0, (1, 1), 2, "E040A"])
        out, _ = self.follow(self.numbered(0, 3), self.numbered(0, 2), self.numbered(0, 4))
        self.assertEqual(self.told(out), [0, 1, 2, 3, "E040A"])

    def test_event_texts(self):
        """@test TC_CLI_044 @verifies SWR_CLI_006 @technique equivalence @level unit"""
        for number, a, b, text in (
                (0x507, 1, 0x205, "hypercall cell_create refused with status E0205 HC_CPU_BUSY"),
                (0x507, 8, 0x20F, "hypercall measure refused with status E020F HC_NOT_MEASURED"),
                (0x512, 0x10000, 12, "SGI to CPUs of another cell refused (value 0x10000, foreign "
                                     "CPUs 2-3)"),
                (0x517, 3, 0x71000000, "CPU_ON of a CPU not the cell's (MPIDR 0x3, entry "
                                       "0x71000000)"),
                (0x51B, 2, 0x24, "cell 'rt' failed and was parked (exception class 0x24)"),
                (0x522, 0x70, 0, "LPI set-up by a cell refused (offset 0x70)"),
                (0x999, 1, 2, "unknown (0x1, 0x2)")):
            out, _ = self.run_cli("events", machine=make_machine(
                status=make_status(events=[make_event(0, number, a, b)])))
            self.assertIn(text, out)


class Measure(Cli):
    """Measurements: words H0 to H7 of the status pages, and the lines of a baseline."""
    PLAN, RT, OTHER = (hashlib.sha256(text).hexdigest() for text in (b"plan", b"rt", b"other"))

    @staticmethod
    def words(digest):
        return struct.unpack(">8I", bytes.fromhex(digest))

    def machine(self, measured=1, plan=PLAN):
        status = make_status(plan_digest=self.words(plan) if plan else (0,) * 8,
                             measured={2: (measured, *self.words(self.RT))})
        return make_machine(status=status)

    def baseline(self, *lines):
        path = self.folder / "base"
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def test_table(self):
        """@test TC_CLI_070 @verifies SWR_CLI_020 @technique equivalence @level unit"""
        for measured, word, digest in ((0, "no", "-"), (1, "measured", self.RT),
                                       (2, "approved", self.RT)):
            out, err = self.run_cli("measure", machine=self.machine(measured))
            rows = [line.split() for line in out.splitlines()]
            self.assertEqual(err, "")
            self.assertEqual(rows[0], ["NAME", "STATE", "MEASURED", "SHA-256"])
            self.assertEqual(rows[1], ["(plan)", "in", "force", "measured", self.PLAN])
            self.assertEqual(rows[2:], [["linux", "running", "no", "-"],
                                        ["rt", "running", word, digest]])
        out, _ = self.run_cli("measure", "rt", "-q", machine=self.machine())
        self.assertEqual(out.split(), ["rt", "running", "measured", self.RT])
        out, _ = self.run_cli("measure", machine=self.machine(plan=None))
        self.assertIn("(plan)  in force  no        -\n", out)
        document = json.loads(self.run_cli("--json", "measure", machine=self.machine(2))[0])
        self.assertEqual(document["measurements"][0], {
            "of": "plan", "name": "", "state": "in force", "measured": "measured",
            "digest": self.PLAN})
        self.assertEqual(document["measurements"][2]["digest"], self.RT)
        self.refused("measure", "none", eid="E0203", code=4, machine=self.machine())
        self.refused("measure", eid="E040A", code=5, machine=make_machine(enabled=0))

    def test_baseline(self):
        """@test TC_CLI_071 @verifies SWR_CLI_021 @technique equivalence @level unit"""
        good = (f"{self.PLAN}  plan", "# a comment", "", f"{self.RT.upper()}   cell rt ")
        out, err = self.run_cli("measure", "--baseline", self.baseline(*good),
                                machine=self.machine())
        self.assertEqual((err, out.count("  same\n"), out.splitlines()[0].split()[-1]),
                         ("", 2, "BASELINE"))
        bad = self.baseline(f"{self.PLAN}  plan", f"{self.OTHER}  cell rt")
        out, err = self.run_cli("measure", "--baseline", bad, machine=self.machine(), code=1)
        self.assertIn(f"rt      running   measured  {self.RT}  differs\n", out)
        self.assertIn(f"bulkhead: error[E0423]: cell rt: measurement ({self.RT}) is not that of the "
                      f"baseline ({self.OTHER})\nhint: ", err)
        out, err = self.run_cli("--json", "measure", "--baseline", bad, machine=self.machine(),
                                code=1)
        document = json.loads(out)
        self.assertEqual((document["agrees"], document["measurements"][0]["agrees"],
                          document["measurements"][2]["agrees"],
                          document["measurements"][2]["baseline"]),
                         (False, True, False, self.OTHER))
        both = self.baseline(f"{self.RT}  plan", f"{self.OTHER}  cell rt")
        _, err = self.run_cli("measure", "--baseline", both, machine=self.machine(), code=1)
        self.assertEqual(err.count("E0423"), 2)
        _, err = self.run_cli("measure", "--baseline", self.baseline(f"{self.RT}  cell rt"),
                              machine=self.machine(0), code=1)
        self.assertIn("measurement (none) is not", err)
        _, err = self.run_cli("measure", "--baseline", self.baseline(f"{self.RT}  cell two"),
                              machine=self.machine(), code=1)
        self.assertIn("error[E0423]: cell two: ", err)
        self.run_cli("measure", "rt", "--baseline", self.baseline(
            f"{self.OTHER}  plan", f"{self.RT}  cell rt", f"{self.RT}  cell two"),
            machine=self.machine())
        self.run_cli("measure", "--baseline", self.baseline(), machine=self.machine())

    def test_damaged_baseline(self):
        """@test TC_CLI_072 @verifies SWR_CLI_021 @technique bva @level unit"""
        for line in (f"{self.RT[1:]}  cell rt", f"{self.RT}0  cell rt", f"{self.RT}cell rt",
                     f"{self.RT}  rt", f"{self.RT}", f"{self.RT}  ", f" {self.RT}  cell rt",
                     f"{self.RT[:-1]}g  cell rt", "plan", f"{self.RT}  plan\r", "\0"):
            with self.subTest(line):
                err = self.refused("measure", "--baseline",
                                   self.baseline(f"{self.PLAN}  plan", line),
                                   eid="E0424", code=2, machine=self.machine())
                if line != "\0":
                    self.assertIn("(line 2)", err)
        self.refused("measure", "--baseline", self.baseline(*[f"{self.RT}  cell rt"] * 2),
                     eid="E0424", code=2, machine=self.machine())
        self.refused("measure", "--baseline", self.folder / "none", eid="E040E", code=2,
                     machine=self.machine())

    def test_write(self):
        """@test TC_CLI_073 @verifies SWR_CLI_021 @technique requirements @level unit

        What is written agrees with itself, with any other machine it does not."""
        path = self.folder / "written"
        self.run_cli("measure", "--write", path, machine=self.machine())
        lines = path.read_text().splitlines()
        self.assertEqual(lines[1:], [f"{self.PLAN}  plan", f"{self.RT}  cell rt"])
        self.assertTrue(lines[0].startswith("# "))
        self.run_cli("measure", "--baseline", path, machine=self.machine())
        self.run_cli("measure", "--baseline", path, machine=self.machine(plan=self.RT), code=1)
        self.run_cli("measure", "rt", "--write", path, machine=self.machine())
        self.assertEqual(path.read_text().splitlines()[1:], [f"{self.RT}  cell rt"])
        nothing = make_machine()
        self.run_cli("measure", "--write", path, machine=nothing, code=2)
        self.assertIn(self.RT, path.read_text())
        self.run_cli("measure", "--write", self.folder / "no/x", machine=self.machine(), code=2)
        self.assertEqual([p.name for p in self.folder.glob("*.new")], [])


class Shutdown(Cli):
    """Request 6 is asked in each of these: the fake driver says so."""
    ASKED = "0 6 0;0 0 0"

    def moments(self, *steps):
        """Each step: (state, answer[, starts])."""
        return b"".join(make_machine(status=make_status(state=step[0], starts=(*step, 1)[2]),
                                     comm=make_comm(request=6, answer=step[1])) for step in steps)

    def shutdown(self, *steps, words=(), result=ASKED, code=0):
        """@return (stdout, stderr without the calls, the calls but for waits)."""
        out, err = self.run_cli(*words, "cell", "shutdown", "rt", "--timeout", "1", result=result,
                                code=code, machine=self.moments(*steps))
        lines = err.splitlines()
        return (out, [line for line in lines if not line.startswith("FAKE")],
                [line for line in lines if line.startswith("FAKE") and line != "FAKE wait"])

    def test_accepted(self):
        """@test TC_CLI_080 @verifies SWR_CLI_024 SWR_CLI_025 @technique equivalence @level unit

        The state ends it; who was stopped without a word is told apart; a cell at rest is stopped."""
        asked, went = "FAKE message 1 2", (3, (6, 1, 0))
        for steps, answer, calls in (
                (((3, (5, 2, 9)), went, (4, (6, 1, 0))), "accepted", [asked]),
                (((3, None), (4, None)), "none", [asked]),
                (((4, (6, 1, 0)),), "accepted", [asked]),
                (((3, (0, 0, 0)), went, (3, (6, 3, 0))), "done", [asked, "FAKE cell 4 2"])):
            out, err, found = self.shutdown(*steps)
            self.assertEqual((err, found), ([], calls))
            self.assertEqual(out, f"cell 'rt' shut down after 0.{len(steps) - 1} s (answer: {answer})\n")
            told = json.loads(self.shutdown(*steps, words=["--json"])[0])
            self.assertEqual((told["ok"], told["cell"], told["answer"], told["milliseconds"]),
                             (True, "rt", answer, 100 * (len(steps) - 1)))
            self.assertEqual(self.shutdown(*steps, words=["-q"])[0], "")
        _, err, found = self.shutdown((3, (6, 3, 0)), result="0 6 0;204 2 5", code=6)
        self.assertIn("error[E0204]", err[0])

    def test_refused(self):
        """@test TC_CLI_081 @verifies SWR_CLI_025 SWR_CLI_026 @technique equivalence @level unit

        Why, after which time, and whether there is something to withdraw."""
        torn, late = (2, 2, 7, 6, 0, 0, 0, 1), [(3, (6, 1, 0))] * 11
        for steps, why, withdrawn in (
                ([(3, (5, 2, 1)), (3, (6, 2, 0x1F))], "it denied, for its reason 0x1f, after 0.1 s", False),
                ([(3, None)] * 11, "no answer after 1.0 s", True),
                ([(3, (5, 2, 7))] * 11, "no answer after 1.0 s", True),
                ([(3, (7, 2, 7))] * 11, "no answer after 1.0 s", True),
                ([(3, torn)] * 11, "no answer after 1.0 s", True),
                ([(3, (6, 2**64 - 1, 0))] * 11, "no answer after 1.0 s", True),
                (late, "it accepted, but still runs after 1.0 s", True),
                ([(3, (6, 0, 0))] * 11, "no valid answer (none: 0x0) after 1.0 s", True),
                ([(3, (6, 4, 0))] * 11, "no valid answer (unknown request: 0x4) after 1.0 s", True),
                ([(3, (6, 99, 0))] * 11, "no valid answer (not an answer: 0x63) after 1.0 s", True),
                ([(3, None), (5, None)], "it is failed after 0.1 s", False),
                ([(3, None), (0, None)], "it is absent after 0.1 s", False),
                ([(3, None), (3, None, 2)], "it was started anew after 0.1 s", False),
                ([(3, None)] * 3, "interrupted after 0.3 s", True)):
            with self.subTest(why=why):
                out, err, calls = self.shutdown(*steps, code=1)
                self.assertEqual((out, err), ("", [
                    f"bulkhead: error[E0425]: cell 'rt' did not shut down ({why})",
                    "hint: nothing was changed; 'bulkhead cell stop' stops it without asking"]))
                self.assertEqual(calls, ["FAKE message 1 2"] + ["FAKE message 0 2"] * withdrawn)
        error = json.loads(self.shutdown(*late, words=["--json"], code=1)[0])["error"]
        _, err = self.run_cli("cell", "shutdown", "rt", code=1, result=self.ASKED,
                              machine=self.moments(*[(3, None)] * 60))
        self.assertIn("(no answer after 5.0 s)", err)
        self.assertEqual((error["id"], error["a"], error["b"]), ("E0425", 2, 1000))

    def test_not_asked(self):
        """@test TC_CLI_082 @verifies SWR_CLI_024 @technique equivalence @level unit

        What the driver refuses is told at once, and nothing is waited for."""
        for result, eid, code, text in (
                ("426 2 0", "E0426", 1, "(it has no communication region)"),
                ("426 2 1", "E0426", 1, "(it is not up yet)"),
                ("426 2 2", "E0426", 1, "(its program does not know them)"),
                ("426 2 3", "E0426", 1, "cell 'rt' takes no messages (3)"),
                ("204 2 4", "E0204", 6, "is in state stopped")):
            err = self.refused("cell", "shutdown", "rt", eid=eid, code=code, result=result,
                               machine=self.moments((3, None)))
            self.assertIn(text, err)
            self.assertNotIn("FAKE wait", err)
        self.refused("cell", "shutdown", "x", eid="E0203", code=4, machine=make_machine())

    def test_progress(self):
        """@test TC_CLI_083 @verifies SWR_CLI_025 @technique requirements @level unit

        A terminal sees what is waited for, and nothing of it is left; default: 5 s."""
        steps = [(3, None)] * 20 + [(3, (6, 1, 0))] * 20 + [(4, (6, 1, 0))]
        for words, shown in (((), True), (("-q",), False), (("--json",), False)):
            text = self.on_terminal(*words, "cell", "shutdown", "rt", result=self.ASKED,
                                    machine=self.moments(*steps))
            for line in ("\r\033[Kasked 0.9 s ago: no answer", "\r\033[Kasked 2.1 s ago: accepted"):
                self.assertEqual(line in text, shown)
            self.assertEqual(text.endswith("\r\033[K"), shown)

    def test_show(self):
        """@test TC_CLI_084 @verifies SWR_CLI_008 @technique equivalence @level unit"""
        for comm, line, told in (
                (make_comm(), "messages: not taken\n", {"taken": False}),
                (make_comm(request=3), "messages: taken, 3 requests\n",
                 {"taken": True, "requests": 3, "answered": 0, "answer": "none", "argument": 0}),
                (make_comm(request=3, answer=(2, 2, 9)),
                 "messages: taken, 3 requests; answer to 2: denied (0x9)\n",
                 {"taken": True, "requests": 3, "answered": 2, "answer": "denied", "argument": 9}),
                (make_comm(request=3, answer=(2, 9, 9, 3, 0, 0, 0, 1)), "messages: taken, 3 requests\n",
                 {"taken": True, "requests": 3, "answered": 0, "answer": "none", "argument": 0})):
            machine = make_machine(comm=comm)
            self.assertIn(line, self.run_cli("cell", "show", "rt", machine=machine)[0])
            document = json.loads(self.run_cli("--json", "cell", "show", "rt", machine=machine)[0])
            self.assertEqual(document["messages"], told)
        self.assertNotIn("messages", self.run_cli("cell", "show", "linux", machine=make_machine())[0])


class Stats(Cli):
    EXITS = ["HVC", "SMC", "SYSREG", "MMIO", "ABORT", "KICK", "SERROR", "OTHER", "IRQ"]

    def moments(self, *statuses, **comm):
        return b"".join(make_machine(status=s, comm=make_comm(**comm)) for s in statuses)

    def test_one_cell(self):
        """@test TC_CLI_068 @verifies SWR_CLI_012 @technique requirements @level unit"""
        events = [make_event(n, 0x504, 2, which=1 + n % 2) for n in range(20)]
        machine = self.moments(make_status(events=events, starts=3), ticks=9, jitter=(4, 11))
        out, _ = self.run_cli("cell", "stats", "rt", machine=machine)
        rows = [line.split() for line in out.splitlines()]
        self.assertEqual(rows[0], ["CELL", "STATE", "STARTS", "EVENTS", "CPU", "EXITS", *self.EXITS])
        self.assertEqual(rows[1], ["rt", "running", "3", "7", "3", "28", *"012345670"])
        self.assertEqual(rows[2], [])
        self.assertEqual(rows[4], ["rt", "10", "2", "4", "11"])
        self.assertEqual([row[0] for row in rows[7:]], ["11", "13", "15", "17", "19"])
        document = json.loads(self.run_cli("--json", "cell", "stats", "rt", machine=machine)[0])
        cell = document["cells"][0]
        self.assertEqual(cell["cpus"], [{"cpu": 3, "state": "running", "total": 28,
                                         "exits": dict(zip(self.EXITS, [*range(8), 0]))}])
        self.assertEqual(cell["marks"], {"events_kept": 10, "closest": 2, "jitter_min": 4,
                                         "jitter_max": 11})
        self.assertEqual([e["seq"] for e in cell["last"]], [11, 13, 15, 17, 19])

    def test_all_cells(self):
        """@test TC_CLI_069 @verifies SWR_CLI_012 @technique equivalence @level unit

        A cell without CPU, without events, without communication region has no number there."""
        out, _ = self.run_cli("cell", "stats", machine=make_machine(status=make_status(state=0)))
        rows = [line.split() for line in out.splitlines()]
        self.assertEqual([row[0] for row in rows[1:6]], ["linux"] * 4 + ["rt"])
        self.assertEqual(rows[5], ["rt", "absent", "1", "7", *["-"] * 11])
        self.assertEqual(rows[8:10], [["linux", "0", "-", "-", "-"], ["rt", "0", "-", "-", "-"]])
        document = json.loads(self.run_cli("--json", "cell", "stats", machine=make_machine(
            status=make_status(state=0)))[0])
        self.assertEqual([(c["name"], len(c["cpus"]), c["marks"]) for c in document["cells"]],
                         [("linux", 4, {"events_kept": 0}), ("rt", 0, {"events_kept": 0})])
        self.refused("cell", "stats", "nobody", eid="E0203", code=4, machine=make_machine())

    def test_intervals(self):
        """@test TC_CLI_062 @verifies SWR_CLI_012 @technique boundary @level unit

        Each interval shows what came in it and the most that came in one; it ends with the
        kernel."""
        machine = self.moments(make_status(), make_status(exits=[5] + list(range(1, 8)), counted=9),
                               make_status(exits=[6, 1, 2, 3, 4, 5, 6, 7], counted=9, starts=2),
                               make_status(armed=0))
        out, err = self.run_cli("--json", "cell", "stats", "rt", "-i", "3", machine=machine, code=5)
        documents = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(err.count("FAKE pause 3\n"), 3)
        self.assertEqual(documents[3]["error"]["id"], "E040A")
        self.assertNotIn("interval", documents[0])
        found = [(d["interval"], c["starts"], c["events"], c["cpus"][0]["total"],
                  c["cpus"][0]["most"], c["cpus"][0]["exits"]["HVC"])
                 for d in documents[1:3] for c in d["cells"]]
        self.assertEqual(found, [(3, 0, 2, 5, 5, 5), (3, 1, 0, 1, 5, 1)])
        out, _ = self.run_cli("cell", "stats", "rt", "-i", "3", machine=machine, code=5)
        rows = [line.split() for line in out.splitlines()]
        self.assertEqual(rows[-2:], [["CELL", "STATE", "STARTS", "EVENTS", "CPU", "EXITS", "MOST",
                                      *self.EXITS],
                                     ["rt", "running", "1", "0", "3", "1", "5", "1", *"00000000"]])


class Doctor(Cli):
    def machine_files(self, cmdline="console=ttyAMA0", ram="40000000-7fffffff", **files):
        root = Path(tempfile.mkdtemp(dir=self.folder))
        tree = {
            "proc/cmdline": cmdline + "\n",
            "proc/iomem": f"08000000-0800ffff : GICD\n{ram} : System RAM\n"
                          "  40210000-4185ffff : Kernel code\n",
            "proc/device-tree/psci/method": "smc\0",
            "proc/device-tree/intc@8000000/compatible": "arm,gic-v3\0",
            "proc/device-tree/memory@40000000/reg": struct.pack(">QQ", 0x40000000, 0x40000000),
            "sys/devices/system/cpu/possible": "0-3\n",
            "sys/devices/system/cpu/online": "0-3\n",
            "sys/bus/platform/drivers/arm-smmu-v3/bind": "",
            "dev/null": "",
        }
        tree.update(files)
        for name, content in tree.items():
            if content is not None:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    def doctor(self, root, *words, code=8):
        return json.loads(self.run_cli("--json", "doctor", *words, "--root", root, code=code)[0])

    def check(self, document, name):
        return next(c for c in document["checks"] if c["name"] == name)

    def test_plain_machine(self):
        """@test TC_CLI_050 @verifies SWR_CLI_003 @technique requirements @level unit"""
        root = self.machine_files(**{
            "dev/kvm": "", "sys/bus/platform/drivers/arm-smmu-v3/9050000.smmuv3": ""})
        document = self.doctor(root)
        self.assertEqual(document["arguments"].split(), [
            "id_aa64mmfr1.vh=0", "kvm-arm.mode=none", "mem=768M",
            "initcall_blacklist=arm_smmu_driver_init", "deferred_probe_timeout=0"])
        out, _ = self.run_cli("doctor", "--root", root, code=8)
        self.assertIn("\nadd to the kernel command line: id_aa64mmfr1.vh=0 kvm-arm.mode=none ", out)

    def test_each_point(self):
        """@test TC_CLI_051 @verifies SWR_CLI_003 @technique equivalence @level unit"""
        good = "id_aa64mmfr1.vh=0 kvm-arm.mode=none mem=768M"
        ram = "40000000-6fffffff"
        for name, files, cmdline in (
                ("EL2", {"proc/device-tree/psci/method": "hvc\0"}, good),
                ("GIC", {"proc/device-tree/intc@8000000/compatible": "arm,cortex-a15-gic\0"}, good),
                ("CPUs", {"sys/devices/system/cpu/online": "0,2-3\n"}, good),
                ("KVM", {"dev/kvm": ""}, good),
                ("pseudo-NMI", {}, good + " irqchip.gicv3_pseudo_nmi=1"),
                ("exception level", {}, "xid_aa64mmfr1.vh=0 id_aa64mmfr1.vh=01"),
                ("SMMU", {"sys/bus/platform/drivers/arm-smmu/x.smmu": ""}, good)):
            with self.subTest(name=name):
                bad = self.doctor(self.machine_files(cmdline, ram, **files))
                self.assertFalse(self.check(bad, name)["ok"])
                fine = self.doctor(self.machine_files(good, ram))
                self.assertTrue(self.check(fine, name)["ok"])
        self.assertIn("CPU 1 offline", self.check(self.doctor(self.machine_files(
            good, ram, **{"sys/devices/system/cpu/online": "0,2-3\n"})), "CPUs")["text"])

    def test_started_by_firmware(self):
        """@test TC_CLI_057 @verifies SWR_CLI_003 @technique equivalence @level unit

        The kernel is there: what a launch needs is not asked for, only the driver."""
        for word, below in (("bulkhead,kernel\0", True), ("bulkhead,kernel2\0", False),
                            ("xen,xen\0", False)):
            document = self.doctor(self.machine_files(
                **{"dev/kvm": "", "proc/device-tree/hypervisor/compatible": word}))
            names = [c["name"] for c in document["checks"]]
            self.assertEqual(names == ["kernel", "driver"], below, names)
            self.assertEqual(document["arguments"] == "", below)

    def test_memory_of_a_plan(self):
        """@test TC_CLI_052 @verifies SWR_CLI_003 @technique boundary @level unit

        One byte below the lowest reserved page is Linux's to use, one byte of it is not."""
        plan = self.folder / "good.plan"
        for ram, good in (("40000000-6fffffff", True), ("40000000-70000000", False),
                          ("72000000-72000fff", False), ("72001000-7fffffff", True),
                          ("70404000-70ffffff", True), ("70403000-70403fff", False)):
            with self.subTest(ram=ram):
                document = self.doctor(self.machine_files(ram=ram), plan)
                self.assertEqual(self.check(document, "memory")["ok"], good)
                self.assertEqual("mem=768M" in document["arguments"], not good)

    def test_not_root(self):
        """@test TC_CLI_053 @verifies SWR_CLI_003 @technique error-guessing @level unit"""
        document = self.doctor(self.machine_files(ram="00000000-00000000"))
        self.assertEqual(self.check(document, "memory")["text"],
                         "/proc/iomem shows no addresses: run as root")

    def test_image(self):
        """@test TC_CLI_054 @verifies SWR_CLI_003 @technique equivalence @level unit"""
        def image(abi, magic=0x314547414D494842):
            return struct.pack("<QIIQQQQQQQ", magic, abi, 1, 0x60000000, 72, 0x400000, 0, 0, 0, 0)
        for data, good in ((image(4), True), (image(3), False), (image(4, 5), False),
                           (image(4)[:71], False), (b"", False)):
            root = self.machine_files(**{"lib/firmware/bulkhead.bin": data})
            self.assertEqual(self.check(self.doctor(root), "image")["ok"], good)
        root = self.machine_files(**{"lib/firmware/bulkhead.bin": image(1)})
        self.assertIn("mem=512M", self.doctor(root)["arguments"])

    def test_empty_machine(self):
        """@test TC_CLI_055 @verifies SWR_CLI_003 @technique error-guessing @level unit"""
        root = Path(tempfile.mkdtemp(dir=self.folder))
        self.assertFalse(self.doctor(root)["ok"])

    def test_bad_plan(self):
        """@test TC_CLI_056 @verifies SWR_CLI_003 @technique error-guessing @level unit"""
        self.refused("doctor", self.plan_file(b"x"), "--root", self.machine_files(), eid="E0101",
                     code=3)


if __name__ == "__main__":
    unittest.main()
