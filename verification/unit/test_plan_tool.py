# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the plan tools: compiler, judge, decompiler, diff, explain, and their documents.

Needs the judge (build/host/plan-judge, or BULKHEAD_PLAN_JUDGE) and a C compiler: gcc of the tool
root if it is there, else the host's.
"""
import contextlib
import hashlib
import io
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib
import unittest
import zlib
from pathlib import Path
from unittest import mock

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "src/plan"), str(REPO / "verification/unit")]

from bhplan import board, cli, compiler, decode, devicetree, diff, encode, fdt  # noqa: E402
from bhplan import errors, explain, judge, measure, model, ownermap, restart, rules, source  # noqa: E402
import plan_oracle  # noqa: E402

CONFIGS = REPO / "src/configs/qemu-virt-arm64"
SHIPPED = sorted(p for p in CONFIGS.glob("*.toml") if p.name != "board.toml")
BAD = sorted((REPO / "verification/unit/plan_bad").glob("*.toml"))
TOOL = REPO / "src/plan/bulkhead-plan"
EXPECT = re.compile(r"# (E[0-9A-F]{4})(?: line (\d+))?")


def run(*words, env=None):
    """Run the command as a user would; (exit code, stdout, stderr)."""
    done = subprocess.run([sys.executable, str(TOOL), *map(str, words)], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def call(*words):
    """The same within this process, for many runs; (exit code, stdout, stderr)."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(w) for w in words])
    return code, out.getvalue(), err.getvalue()


def c_runner():
    """The words before gcc, and before what it made: those of the tool root, or none."""
    runner = REPO / "verification/toolroot/run"
    root = REPO / "build/tools/root/usr/bin/gcc"
    prefix = [str(runner)] if root.exists() else []
    if not prefix and shutil.which("gcc") is None:
        raise AssertionError("no C compiler: run make setup, or install gcc")
    return prefix


def compile_c(text, folder):
    """Compile a C program against src/abi, run it, return what it prints."""
    prefix = c_runner()
    (folder / "probe.c").write_text(text)
    subprocess.run([*prefix, "gcc", "-std=c11", "-Wall", "-Werror", "-I", str(REPO / "src"),
                    str(folder / "probe.c"), "-o", str(folder / "probe")], check=True, timeout=60)
    done = subprocess.run([*prefix, str(folder / "probe")], check=True, timeout=60,
                          capture_output=True, text=True)
    return done.stdout


def build_judge(facts, folder):
    """The judge, linked with another board: struct board_facts in C."""
    (folder / "board.c").write_text('#include "core/arch/board.h"\n'
                                    f"const struct board_facts board_facts = {facts};\n")
    sources = [REPO / "src/plan/judge.c", REPO / "src/core/plan.c", REPO / "src/core/plan_claims.c",
                REPO / "src/core/plan_policy.c", REPO / "src/core/plan_watch.c",
                REPO / "src/core/plan_window.c", REPO / "src/core/plan_call.c",
               REPO / "src/core/plan_crc.c",
               REPO / "src/core/crc.c",
               folder / "board.c"]
    subprocess.run([*c_runner(), "gcc", "-std=c11", "-Wall", "-Werror", "-static", "-I",
                    str(REPO / "src"), *map(str, sources), "-o", str(folder / "judge")],
                   check=True, timeout=60)
    return folder / "judge"


def scratch():
    """A folder inside the repository, so that the tool root sees it."""
    (REPO / "build/tmp").mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=REPO / "build/tmp")


def blob_of(name):
    """The blob of a shipped configuration, compiled but not judged."""
    plan = compiler.compile_plan(str(CONFIGS / name))
    return encode.encode(plan)


def sealed(blob, offset, data):
    """The blob with some bytes replaced and the checksum made right."""
    body = blob[:offset] + data + blob[offset + len(data):]
    return encode.seal(body[:6748])


def region_at(index, field):
    """Offset of a field of a region."""
    return 1520 + 32 * index + decode.REGION[field][0]


def policy_at(index, field):
    """Offset of a field of a cell's policy."""
    return 5616 + 52 * index + decode.POLICY[field][0]


def cell_at(index, field):
    """Offset of a field of a cell."""
    return 112 + 176 * index + decode.CELL[field][0]


def word(value):
    """Four bytes."""
    return struct.pack("<I", value)


class Shipped(unittest.TestCase):
    """Every shipped configuration is an input."""

    def test_shipped_build_and_agree(self):
        """@test TC_PLT_001 @verifies CFG_TOOL_013 CFG_TOOL_015 CFG_TOOL_016
        @technique requirements @level unit

        Each shipped configuration builds; the map that show regenerates is, byte for byte, build's
        without its source column.
        """
        self.assertGreaterEqual(len(SHIPPED), 4)
        with scratch() as folder:
            for path in SHIPPED:
                with self.subTest(path.name):
                    plan, text = Path(folder) / "a.plan", Path(folder) / "a.map"
                    code, _, err = run("build", path, "-o", plan, "--map", text)
                    self.assertEqual((code, err), (0, ""))
                    self.assertEqual(plan.stat().st_size, 6752)
                    code, shown, _ = run("show", plan)
                    self.assertEqual(code, 0)
                    self.assertEqual(ownermap.without_sources(text.read_text()), shown)
                    self.assertEqual(run("show", plan, "--against", text)[0], 0)
                    self.assertEqual(run("check", plan)[0], 0)
                    self.assertEqual(run("check", path)[0], 0)

    def test_build_is_reproducible(self):
        """@test TC_PLT_002 @verifies CFG_TOOL_014 @technique back-to-back @level unit"""
        for path in SHIPPED:
            first, second = (cli.compile_and_judge(str(path)) for _ in range(2))
            self.assertEqual(first, second)

    def test_wrong_map_is_seen(self):
        """@test TC_PLT_003 @verifies CFG_TOOL_015 @technique seeded-fault @level unit

        A map that says another owner, address or right anywhere is not taken for the blob's.
        """
        with scratch() as folder:
            blob, text = cli.compile_and_judge(str(CONFIGS / "demo.toml"))
            plan, other = Path(folder) / "a.plan", Path(folder) / "b.map"
            plan.write_bytes(blob)
            changes = [("rt:rwxl@", "rt:rwx@"), ("cpu3 mpidr 0x3 rt", "cpu3 mpidr 0x3 root"),
                       ("40-40 rt", "40-40 root"), ("entry 0x71000000", "entry 0x71000004"),
                       ("0x000071000000-", "0x000071001000-"), ("interrupts:\n", "")]
            for old, new in changes:
                self.assertIn(old, text)
                other.write_text(text.replace(old, new))
                code, _, err = call("show", plan, "--against", other)
                self.assertEqual(code, 3, f"{old} -> {new}")
                self.assertIn("error[E0112]", err)
            other.write_text(text[:-30].rsplit("\n", 1)[0] + "\n")
            self.assertEqual(call("show", plan, "--against", other)[0], 3)

    def test_compiler_fault_is_seen(self):
        """@test TC_PLT_004 @verifies CFG_TOOL_015 @technique seeded-fault @level unit

        A compiler that writes one field wrongly produces a blob whose map differs from its own.
        """
        plan = compiler.compile_plan(str(CONFIGS / "demo-two.toml"))
        good = encode.encode(plan)
        told = ownermap.without_sources(ownermap.owner_map(plan, good))
        count = len(plan.regions())
        seen = 0
        for index in range(count):
            for field in ("ppn", "ipn", "n", "own", "flags"):
                at = region_at(index, field)
                for bit in (0, 1):
                    wrong = sealed(good, at, bytes([good[at] ^ 1 << bit]))
                    try:
                        shown = decode.text_map(decode.decode(wrong))
                    except decode.DecodeError:
                        shown = ""
                    shown = shown.replace(f"{zlib.crc32(wrong[:-4]):#010x}",
                                          f"{zlib.crc32(good[:-4]):#010x}")
                    seen += shown != told
        self.assertEqual(seen, count * 5 * 2)

    def test_map_is_complete(self):
        """@test TC_PLT_005 @verifies CFG_TOOL_016 @technique requirements @level unit

        The rows of memory cover 0 to 2^48 - 1 once and in order; so do CPUs and interrupts; each
        row with an owner names the lines of its claims.
        """
        for path in SHIPPED:
            _, text = cli.compile_and_judge(str(path))
            rows = text.split("\nmemory:\n")[1].split("\n\n")[0].splitlines()
            next_free = 0
            for row in rows:
                first, last = (int(n, 16) for n in row.split(" ")[0].split("-"))
                self.assertEqual(first, next_free)
                self.assertEqual("nobody" in row, ownermap.MARK not in row)
                next_free = last + 1
            self.assertEqual(next_free, 1 << 48)
            cpus = text.split("\ncpus:\n")[1].split("\n\n")[0].splitlines()
            self.assertEqual([r.split()[0] for r in cpus], ["cpu0", "cpu1", "cpu2", "cpu3"])
            after = 32
            for row in text.split("\ninterrupts:\n")[1].split("\n\n")[0].splitlines():
                first, last = (int(n) for n in row.split()[0].split("-"))
                self.assertEqual(first, after)
                after = last + 1
            self.assertEqual(after, 1020)

    def test_map_lines_are_true(self):
        """@test TC_PLT_006 @verifies CFG_TOOL_016 @technique requirements @level unit

        The lines which the map names hold what it says.
        """
        _, text = cli.compile_and_judge(str(CONFIGS / "demo.toml"))
        rt = (CONFIGS / "cells/rt.toml").read_text().splitlines()
        demo = (CONFIGS / "demo.toml").read_text().splitlines()
        row = next(r for r in text.splitlines() if r.startswith("0x000071000000"))
        line = int(re.search(r"rt\.toml:(\d+)", row).group(1))
        self.assertEqual(rt[line - 1:line + 2], ["[[cell.memory]]", "phys = 0x71000000",
                                                 'size = "1 MiB"'])
        row = next(r for r in text.splitlines() if r.startswith("cpu3"))
        self.assertIn("cpus", rt[int(re.search(r"rt\.toml:(\d+)", row).group(1)) - 1])
        self.assertIn("cpus", demo[int(re.search(r"demo\.toml:(\d+)", row).group(1)) - 1])

    def test_demo_facts(self):
        """@test TC_PLT_007 @verifies CFG_TOOL_005 @technique requirements @level unit

        What the demo's plan must say, read back from the blob: root has the machine, the GIC's
        frames are the kernel's, the status pages read-only; the cell has its own.
        """
        plan = decode.decode(blob_of("demo.toml"))
        spans = {start: (stop, decode.owners(plan, over), over)
                 for start, stop, over in decode.stretches(plan)}
        self.assertEqual(spans[0x70000000][1], ["kernel"])
        self.assertEqual(spans[0x70400000][1], ["root"])
        self.assertEqual([p.rights for p in spans[0x70400000][2]], ["r"])
        self.assertEqual(spans[0x71000000][1], ["rt"])
        self.assertEqual(spans[0x72000000][1], ["rt", "root"])
        self.assertEqual(spans[0x4010000000][1], ["root"])
        self.assertEqual(spans[0x8000000000][:2], (0x10000000000, ["root"]))
        for address in (0x08000000, 0x0800f000, 0x08080000, 0x0809f000, 0x080a0000, 0x08fff000):
            over = next(o for s, e, o in decode.stretches(plan) if s <= address < e)
            self.assertEqual(decode.owners(plan, over), ["kernel"], hex(address))
            self.assertEqual([p.owner for p in over], [0], hex(address))
        self.assertEqual(plan.parties[2].cpus, 8)
        self.assertEqual(plan.parties[2].interrupts, 1 << 40)

    def test_kernel_has_its_own(self):
        """@test TC_PLT_008 @verifies CFG_TOOL_021 @technique requirements @level unit

        In every shipped plan the kernel's regions are its memory and the emulated frames of the
        board, private, each at its own address, the pages of which it serves parts, and nothing
        else. The frames are devices, so that
        nobody counts them as memory to be kept from Linux.
        """
        facts = board.load_board("qemu-virt-arm64")
        rights = {"kernel": "rwx", "gicd": "rwd", "its-gicr": "rwd"}
        wanted = [(r.base, r.end, r.base, rights[r.name], 0, False)
                  for r in (facts.kernel, *facts.emulated)]
        self.assertEqual(len(wanted), 3)
        for path in SHIPPED:
            plan = decode.decode(blob_of(path.name))
            have = [(p.start, p.stop, p.guest, p.rights, p.share, p.root)
                    for p in plan.pieces if p.owner == 0]
            split = sorted({p.start // 4096 * 4096 for p in plan.panes})  # pages with windows
            self.assertEqual(have, wanted + [(at, at + 4096, at, "rwd", 0, False) for at in split], path.name)

    def test_root_may_name_frames(self):
        """@test TC_PLT_009 @verifies CFG_TOOL_021 @technique equivalence @level unit

        Root's own list is what it may have at most: it may name a frame of the kernel's, which
        stays the kernel's.
        """
        text = (CONFIGS / "direct.toml").read_text().replace("cells/", f"{CONFIGS}/cells/")
        more = "[[root.memory]]\nphys = 0x08000000\nsize = \"64 KiB\"\nflags = \"rwd\"\n\n"
        changed = text.replace("[[root.memory]]\n", more + "[[root.memory]]\n", 1)
        self.assertNotEqual(text, changed)
        with scratch() as folder:
            path = Path(folder) / "more.toml"
            path.write_text(changed)
            plan = decode.decode(cli.compile_and_judge(str(path))[0])
        over = next(o for s, _, o in decode.stretches(plan) if s == 0x08000000)
        self.assertEqual([p.owner for p in over], [0, 1])
        self.assertEqual(decode.owners(plan, over), ["kernel"])


class BadSources(unittest.TestCase):
    """The corpus of bad sources."""

    def test_corpus(self):
        """@test TC_PLT_010 @verifies CFG_TOOL_001 CFG_TOOL_002 CFG_TOOL_003 CFG_TOOL_004
        CFG_TOOL_005 CFG_TOOL_006 CFG_TOOL_007 CFG_TOOL_008
        CFG_TOOL_009 CFG_TOOL_010 CFG_TOOL_011 CFG_TOOL_012 CFG_TOOL_026 CFG_TOOL_040 CFG_TOOL_041
        CFG_TOOL_043 CFG_TOOL_044 @technique equivalence @level unit

        Each file of plan_bad is refused with the ID and the line in its first comment, exit code 3,
        and nothing is written.
        """
        self.assertGreaterEqual(len(BAD), 25)
        with scratch() as folder:
            target = Path(folder) / "x.plan"
            for path in BAD:
                with self.subTest(path.name):
                    eid, line = EXPECT.match(path.read_text().splitlines()[0]).groups()
                    code, out, err = call("build", path, "-o", target, "--map",
                                          str(target) + ".map")
                    self.assertEqual((code, out), (3, ""))
                    place = f"{path}:{line}: " if line else ""
                    self.assertTrue(err.startswith(place), err)
                    self.assertIn(f"error[{eid}]:", err.splitlines()[0])
                    self.assertIn("nothing written", err)
                    self.assertEqual(os.listdir(folder), [])

    def test_corpus_exercises_all(self):
        """@test TC_PLT_011 @verifies CFG_TOOL_017 @technique coverage @level unit

        The corpus meets each error that a source can cause.
        """
        seen = {EXPECT.match(p.read_text()).group(1) for p in BAD}
        names = {"OVERLAP", "BOARD", "COUNT", "REGION", "ALIAS", "CPU", "IRQ", "STATUS", "DMA",
                 "SYNTAX", "KEY", "VALUE", "ENTRY"}
        self.assertLessEqual({errors.by_name("PLAN_" + n).eid for n in names}, seen)

    def test_judge_has_the_same_opinion(self):
        """@test TC_PLT_012 @verifies CFG_TOOL_006 CFG_TOOL_013 @technique back-to-back @level unit

        Bad sources whose fault the blob can hold: with the compiler's own rules left out, the
        proved judge refuses their blob with the same ID.
        """
        skip = {"E0107", "E0110", "E0111", "E0112", "E040E"}
        agreed = 0
        for path in BAD:
            eid = EXPECT.match(path.read_text()).group(1)
            try:
                plan = compiler.compile_plan(str(path))
            except errors.PlanError:
                continue
            if eid in skip or rules.judge(plan)[0].rule == "CFG_TOOL_010":
                continue
            with self.subTest(path.name):
                verdict = judge.judge_blob(encode.encode(plan))
                self.assertEqual(verdict.entry.eid, eid)
                agreed += 1
        self.assertGreaterEqual(agreed, 20)

    def test_interrupt_mode(self):
        """@test TC_PLT_070 @verifies CFG_TOOL_023 @technique equivalence @level unit

        The key may be left out; the blob, the decompiler and the map say the same.
        """
        source_text = (CONFIGS / "direct.toml").read_text()
        for word, flag, shown in (("", 0, "direct"), ('interrupt_mode = "direct"\n', 0, "direct"),
                                  ('interrupt_mode = "injected"\n', 4, "injected")):
            with scratch() as folder:
                path = Path(folder) / "mode.toml"
                path.write_text(source_text.replace('name = "rt"\n', 'name = "rt"\n' + word))
                plan = compiler.compile_plan(str(path))
                blob = encode.encode(plan)
                self.assertIsNone(judge.judge_blob(blob))
                decoded = decode.decode(blob)
            self.assertEqual(plan.cells[2].flags & 4, flag)
            self.assertEqual([p.interrupt_mode for p in decoded.parties[1:]],
                             ["direct", shown, "direct"])
            self.assertIn(f" interrupt_mode {shown}", decode.text_map(decoded))
            self.assertIn(f" interrupt_mode {shown}", ownermap.owner_map(plan, blob))

    def test_measure(self):
        """@test TC_PLT_090 @verifies CFG_TOOL_040 CFG_TOOL_019 @technique equivalence @level unit

        The keys may be left out; a digest implies the flag; blob, decompiler, map and diff say the
        same.
        """
        text = (CONFIGS / "direct.toml").read_text()
        hexa = hashlib.sha256(b"abc").hexdigest()
        plain = decode.decode(blob_of("direct.toml"))
        for words, flag, digest, grants in (
                ("", 0, "", 0), ("measure = false\n", 0, "", 0), ("measure = true\n", 8, "", 0),
                (f'digest = "{hexa.upper()}"\n', 8, hexa, 0),
                (f'measure = true\ndigest = "{hexa}"\ngrants = ["measure"]\n', 8, hexa, 2),
                ("grants = []\n", 0, "", 0)):
            with scratch() as folder, self.subTest(words):
                path = Path(folder) / "measure.toml"
                path.write_text(text.replace('name = "rt"\n', 'name = "rt"\n' + words))
                plan = compiler.compile_plan(str(path))
                blob = encode.encode(plan)
                self.assertIsNone(judge.judge_blob(blob))
            party = decode.decode(blob).parties[2]
            self.assertEqual(blob[cell_at(2, "flags")] & 8, flag)
            self.assertEqual(blob[policy_at(2, "grants")], grants)
            stored = blob[policy_at(2, "digest"):policy_at(2, "digest") + 32]
            self.assertEqual(struct.pack(">8I", *struct.unpack("<8I", stored)),
                             bytes.fromhex(digest or "00" * 32))
            self.assertEqual((party.measured, party.digest, party.grants),
                             (flag != 0, digest, ("measure",) if grants else ()))
            row = f" measure {'true' if flag else 'false'}"
            row += " grants measure" if grants else ""
            row += f" digest {digest}\n" if digest else "\n"
            self.assertIn(row, decode.text_map(decode.decode(blob)))
            self.assertEqual(ownermap.without_sources(ownermap.owner_map(plan, blob)),
                             decode.text_map(decode.decode(blob)))
            told = {r[0] for r in diff.differences(plain, decode.decode(blob))}
            self.assertEqual(told, {f"cell rt {k}" for k, v in (
                ("measured", flag), ("digest", digest), ("grants", grants)) if v})
            shown = decode.as_json(decode.decode(blob))["cells"][2]
            self.assertEqual((shown["measure"], shown["digest"], shown["grants"]),
                             (flag != 0, digest or None, ["measure"] if grants else []))
        told = decode.text_map(decode.decode(sealed(blob, policy_at(1, "grants"), word(2))))
        self.assertRegex(told, r"\n1 root .* measure false grants measure\n")

    def test_windows_and_calls(self):
        """@test TC_PLT_121 @verifies CFG_TOOL_051 CFG_TOOL_052 CFG_TOOL_019 @technique requirements
        @level unit

        From the source to the blob, the map, the words for machines and the difference of two plans.
        """
        plain = (CONFIGS / "direct.toml").read_text()
        calls = "calls = [0x82000000, [0xc2000010, 0xc200001f]]\n"
        source = plain.replace('name = "rt"\n', 'name = "rt"\n' + calls)
        source = source.replace('[[cell]]\nname = "other"', """
[[cell.window]]
phys = 0x0a000200
size = "512 B"
virt = 0x90000200
flags = "rw"
widths = [4]

[[cell.window]]
phys = 0x0a000400
size = 3
flags = "r"
widths = [1]

[[cell]]
name = "other\"""")
        with scratch() as folder:
            blobs = []
            for number, text in enumerate((plain, source)):
                path = Path(folder) / f"{number}.toml"
                path.write_text(text)
                plan = compiler.compile_plan(str(path))
                self.assertEqual(rules.judge(plan), [])
                blobs.append(encode.encode(plan))
                self.assertIsNone(judge.judge_blob(blobs[-1]))
                told = decode.text_map(decode.decode(blobs[-1]))
                self.assertEqual(ownermap.without_sources(ownermap.owner_map(plan, blobs[-1])), told)
        self.assertEqual(blobs[1][6032:6096], struct.pack("<Q6IQ6I", 0xa000, 0x90000, 0x200, 512, 2, 19, 0,
                                                          0xa000, 0xa000, 0x400, 3, 2, 5, 0))
        self.assertEqual(blobs[1][6096:6544].strip(b"\0"), b"")
        self.assertEqual(blobs[1][6544:6568], struct.pack("<6I", 0x82000000, 0x82000000, 2, 0xc2000010,
                                                          0xc200001f, 2))
        self.assertEqual(blobs[1][6736:6744], word(2) + word(2))
        self.assertIn("\n0x00000a000200-0x00000a0003ff rt:rw/4@0x90000200\n"
                      "0x00000a000400-0x00000a000402 rt:r/1@0xa000400\n", told)
        self.assertIn("\n0x82000000-0x82000000 rt\n0xc2000010-0xc200001f rt\n", told)
        self.assertRegex(told, r"\n0x00000a000000-0x00000a000fff +4 KiB +kernel +kernel:rwd@0xa000000\n")
        one, two = (decode.decode(blob) for blob in blobs)
        self.assertEqual(decode.as_json(two)["windows"][1],
                         {"first": 0xa000400, "last": 0xa000402, "cell": "rt", "flags": "r/1",
                          "address": 0xa000400})
        self.assertEqual(decode.as_json(two)["calls"][0],
                         {"first": 0x82000000, "last": 0x82000000, "cell": "rt"})
        self.assertEqual((decode.as_json(one)["windows"], decode.as_json(one)["calls"]), ([], []))
        self.assertEqual([r for r in diff.differences(one, two) if r[0][:4] in ("wind", "call")],
                         [("window 0xa000200-0xa0003ff", "-", "rt:rw/4@0x90000200"),
                          ("window 0xa000400-0xa000402", "-", "rt:r/1@0xa000400"),
                          ("calls 0x82000000-0x82000000", "-", "rt"),
                          ("calls 0xc2000010-0xc200001f", "-", "rt")])
        for at, eid in ((6032 + 20, "PLAN_WINDOW"), (6544 + 8, "PLAN_CALL")):
            with self.assertRaises(decode.DecodeError) as caught:
                decode.decode(sealed(blobs[1], at, word(9)))
            self.assertEqual(caught.exception.name, eid)

    def test_error_interrupt(self):
        """@test TC_PLT_120 @verifies CFG_TOOL_050 @technique requirements @level unit

        From the source to the blob, the map, the words for machines and the difference of two plans.
        """
        source = (CONFIGS / "direct.toml").read_text()
        with scratch() as folder:
            blobs = []
            for key in ("", "error_interrupt = 40\n"):
                path = Path(folder) / "error.toml"
                path.write_text(source.replace('name = "other"\n', 'name = "other"\n' + key))
                plan = compiler.compile_plan(str(path))
                self.assertEqual(rules.judge(plan), [])
                blobs.append(encode.encode(plan))
                self.assertIsNone(judge.judge_blob(blobs[-1]))
                text = decode.text_map(decode.decode(blobs[-1]))
                self.assertEqual(ownermap.without_sources(ownermap.owner_map(plan, blobs[-1])), text)
                self.assertEqual(" error_interrupt 40" in text, bool(key))
            decoded = [decode.decode(blob) for blob in blobs]
        told = [decode.as_json(d)["cells"][3]["error_interrupt"] for d in decoded]
        self.assertEqual(told, [None, 40])
        self.assertEqual(diff.differences(*decoded), [("cell other error_irq", "0", "40")])

    def test_restart(self):
        """@test TC_PLT_125 @verifies CFG_TOOL_053 @technique requirements @level unit

        From the source to blob, map and difference; memory that root cannot write; refusals.
        """
        source = (CONFIGS / "restart.toml").read_text().replace("cells/", str(CONFIGS / "cells") + "/")
        line = 'restart = { base = 0x6a000000, size = "96 MiB" }'
        with scratch() as folder:
            path = Path(folder) / "anew.toml"
            decoded = []
            for text in (source, source.replace(line, "")):
                path.write_text(text)
                plan = compiler.compile_plan(str(path))
                self.assertEqual(rules.judge(plan), [])
                blob = encode.encode(plan)
                self.assertIsNone(judge.judge_blob(blob))
                decoded.append(decode.decode(blob))
                told = decode.text_map(decoded[-1])
                self.assertEqual(ownermap.without_sources(ownermap.owner_map(plan, blob)), told)
                self.assertEqual(" restart true" in told, text is source)
                self.assertEqual(decode.as_json(decoded[-1])["cells"][1]["restart"], text is source)
            rights = [{p.rights for p in d.pieces
                       if p.owner == 1 and p.start < 0x70000000 and p.stop > 0x6A000000} for d in decoded]
            self.assertEqual(rights, [{"rx"}, {"rwx"}])
            self.assertEqual([sum(p.stop - p.start for p in d.pieces if p.owner == 1) for d in decoded][0],
                             sum(p.stop - p.start for p in decoded[1].pieces if p.owner == 1))
            self.assertIn(("cell root restart", "True", "False"), diff.differences(*decoded))
            for old, new in (("0x6a000000, size", "0x6b000000, size"), ('"96 MiB"', '"4 KiB"'),
                             ("0x6a000000, size", "0x6a000800, size"), ('"96 MiB" }', '"96 MiB", x = 1 }'),
                             ("base = 0x6a000000, ", ""), (line, "restart = true"),
                             ("entry = 0x6a000000", "entry = 0x40200000")):
                where = line if old in line else old
                changed = source.replace(where, where.replace(old, new))
                path.write_text(changed if new != '"4 KiB"' else changed.replace("entry = 0x6a000000",
                                                                                 "entry = 0x6a001000"))
                with self.assertRaises(errors.PlanError, msg=new):
                    compiler.compile_plan(str(path))

    def test_restart_image(self):
        """@test TC_PLT_126 @verifies CFG_TOOL_054 @technique bva @level unit

        What the program in front finds; files that do not fit; a plan whose root does not begin anew.
        """
        plan = decode.decode(blob_of("restart.toml"))
        with scratch() as folder:
            one, two = Path(folder) / "one", Path(folder) / "two"
            one.write_bytes(b"A" * 65)
            two.write_bytes(b"B" * 64)
            parts = [restart.part(plan, f"{one}@0x40200000"), restart.part(plan, f"{two}@0x40200080")]
            image = restart.compose(plan, b"program", parts)
            self.assertEqual(image[:7], b"program")
            magic, count, entry = struct.unpack_from("<8s2Q", image, 4096)
            self.assertEqual((magic, count, entry), (b"BHRSTART", 2, 0x40200000))
            rows = [struct.unpack_from("<3Q", image, 4120 + 24 * n) for n in range(2)]
            self.assertEqual([(to, size) for _, to, size in rows], [(0x40200000, 128), (0x40200080, 64)])
            self.assertEqual([image[at:at + size] for at, _, size in rows],
                             [b"A" * 65 + bytes(63), b"B" * 64])
            self.assertTrue(all(at % 64 == 0 for at, _, _ in rows))
            for word in (f"{one}", f"{one}@x", f"{one}@0x40200001", f"{one}@0x6a000000", f"{one}@0x70000000",
                         f"{one}@0x71000000", f"{one}@0x69ffffc0", "/nowhere@0x40200000",
                         "/dev/null@0x40200000"):
                with self.assertRaises(errors.PlanError, msg=word):
                    restart.part(plan, word)
            near = [parts[0], restart.part(plan, f"{two}@0x40200040")]
            big = [measure.Image("big", 0x40200000, bytes(96 << 20))]
            for program, given in ((b"p", near), (b"p", big), (b"", parts), (bytes(4097), parts), (b"p", []),
                                   (b"p", parts[:1] * 17)):
                with self.assertRaises(errors.PlanError):
                    restart.compose(plan, program, given)
            with self.assertRaises(errors.PlanError):
                restart.compose(decode.decode(blob_of("demo.toml")), b"p", parts)

    def test_watchdog(self):
        """@test TC_PLT_095 @verifies CFG_TOOL_030 @technique bva @level unit

        Deadlines in each unit, at both ends; blob, decompiler, map, difference and JSON say the same.
        """
        source_text = (CONFIGS / "direct.toml").read_text()
        plans = []
        for words, number in (("", 0), ("1 ms", 1000), ("1000us", 1000), ("60 s", 60000000)):
            key = f'watchdog = {{ deadline = "{words}", cpu = 2 }}\n' if words else ""
            with scratch() as folder:
                path = Path(folder) / "watch.toml"
                path.write_text(source_text.replace('name = "rt"\n', 'name = "rt"\n' + key))
                plan = compiler.compile_plan(str(path))
                self.assertEqual(rules.judge(plan), [])
                blob = encode.encode(plan)
                self.assertIsNone(judge.judge_blob(blob))
                decoded = decode.decode(blob)
            plans.append(decoded)
            self.assertEqual((decoded.parties[2].watch_us, decoded.parties[2].watch_cpu),
                             (number, 2 if words else 0))
            row = f" watchdog {number} us cpu2"
            for text in (decode.text_map(decoded), ownermap.owner_map(plan, blob)):
                self.assertEqual(row in text, bool(words))
            self.assertEqual(decode.as_json(decoded)["cells"][2]["watchdog"],
                             {"deadline_us": number, "cpu": 2} if words else None)
        self.assertEqual(diff.differences(plans[0], plans[3]),
                         [("cell rt watchdog", "none", "60000000 us cpu2")])
        self.assertEqual(diff.differences(plans[1], plans[2]), [])

    def test_locks(self):
        """@test TC_PLT_109 @verifies CFG_TOOL_043 CFG_TOOL_019 @technique equivalence @level unit

        Every combination of words that a cell may name; blob, decompiler, map and diff say the same.
        """
        text = (CONFIGS / "direct.toml").read_text()
        plain = decode.decode(blob_of("direct.toml"))
        every = list(model.LOCKS)
        for bits in range(32):
            names = [word for word in every if bits & model.LOCKS[word]]
            quoted = ", ".join(f'"{word}"' for word in names)
            words = f"locks = [{quoted}]\n" + ('grants = ["lock-all"]\n' if bits & 8 else "")
            with scratch() as folder, self.subTest(words):
                path = Path(folder) / "locks.toml"
                path.write_text(text.replace('name = "rt"\n', 'name = "rt"\n' + words))
                plan = compiler.compile_plan(str(path))
                self.assertEqual(rules.judge(plan), [])
                blob = encode.encode(plan)
                self.assertIsNone(judge.judge_blob(blob))
            self.assertEqual(blob[policy_at(2, "locks")], bits)
            self.assertEqual(decode.decode(blob).parties[2].locks, tuple(names))
            row = f" locks {','.join(names)}\n"
            self.assertEqual(row in decode.text_map(decode.decode(blob)), bool(bits))
            self.assertEqual(ownermap.without_sources(ownermap.owner_map(plan, blob)),
                             decode.text_map(decode.decode(blob)))
            told = {r[0] for r in diff.differences(plain, decode.decode(blob))}
            self.assertEqual("cell rt locks" in told, bool(bits))
            self.assertEqual(decode.as_json(decode.decode(blob))["cells"][2]["locks"], names)

    def test_message_form(self):
        """@test TC_PLT_013 @verifies CFG_TOOL_006 CFG_TOOL_017 @technique requirements @level unit

        Place, ID, both parties with the range, the line, the other party's place, rule, hint.
        """
        path = REPO / "verification/unit/plan_bad/overlap.toml"
        code, _, err = run("check", path)
        self.assertEqual(code, 3)
        self.assertEqual(err.splitlines(), [
            f"{path}:34: error[E0103]: cell 'a' and cell 'b' both own 0x71080000-0x710fffff",
            "   34 | [[cell.memory]]",
            "      | first claimed at overlap.toml:21 by cell 'a' (0x71000000-0x710fffff)",
            "  rule: CFG_TOOL_006 a byte has one owner unless shared",
            "  hint: give the range to one cell, or name one share on both sides: share = \"name\"."
            "  bulkhead-plan explain E0103",
            "1 error"])
        code, out, err = run("check", path, "--json")
        told = json.loads(out)
        self.assertEqual((code, err, told["format"], told["version"], told["result"]),
                         (3, "", "bulkhead-plan", 1, "refused"))
        self.assertEqual((told["errors"][0]["id"], told["errors"][0]["line"]), ("E0103", 34))

    def test_several_errors(self):
        """@test TC_PLT_014 @verifies CFG_TOOL_017 @technique requirements @level unit"""
        with scratch() as folder:
            text = (REPO / "verification/unit/plan_bad/overlap.toml").read_text()
            path = Path(folder) / "both.toml"
            path.write_text(text.replace("cpus = [2]", "cpus = [3]"))
            code, _, err = call("check", path)
            self.assertEqual(code, 3)
            self.assertIn("E0103", err)
            self.assertIn("E010B", err)
            self.assertTrue(err.endswith("2 errors\n"))

    def test_every_mandatory_key(self):
        """@test TC_PLT_015 @verifies CFG_TOOL_003 @technique mutation @level unit

        Each line with a safety-relevant key of the shipped sources, taken away alone, is a refusal.
        """
        keys = ("board", "accept_unprotected_dma", "cpus", "entry", "policy", "autostart",
                "interrupts", "phys", "size", "flags", "name", "device", "memory = ")
        tried = 0
        with scratch() as folder:
            for name in ("demo-two.toml", "direct.toml"):
                lines = (CONFIGS / name).read_text().replace(
                    "cells/", f"{CONFIGS}/cells/").splitlines()
                for number, line in enumerate(lines):
                    if line.startswith(keys):
                        path = Path(folder) / "less.toml"
                        path.write_text("\n".join(lines[:number] + lines[number + 1:]) + "\n")
                        code, _, err = call("check", path)
                        self.assertEqual(code, 3, line)
                        self.assertRegex(err, r"error\[E01(11|08|12)\]")
                        tried += 1
        self.assertGreater(tried, 50)

    def test_mutated_sources(self):
        """@test TC_PLT_016 @verifies CFG_TOOL_018 @technique fuzz @level unit

        Two thousand damaged sources (seed fixed): each is accepted or refused, never an internal
        error, and what is accepted satisfies the third judge.
        """
        dice = random.Random(20261122)
        text = (CONFIGS / "direct.toml").read_bytes()
        parts = [b"[", b"]", b"=", b'"', b"'''", b"\n", b"0x", b"-1", b"[[cell]]\n", b"{a=1}", b",",
                 b"true", b"1e9", b"2026-01-01", b"\\", b"#", b"\xff", b"\x00", b".", b"9" * 40]
        outcome = {0: 0, 3: 0}
        with scratch() as folder:
            path = Path(folder) / "m.toml"
            for _ in range(2000):
                raw = bytearray(text)
                for _ in range(dice.randint(1, 3)):
                    at = dice.randrange(len(raw))
                    raw[at:at + dice.choice((0, 1, 7))] = dice.choice(parts)
                path.write_bytes(bytes(raw))
                try:
                    plan = compiler.compile_plan(str(path))
                    found = rules.judge(plan)
                    if not found:
                        self.assertEqual(plan_oracle.verdict(encode.encode(plan)), "ok")
                    outcome[3 if found else 0] += 1
                except errors.PlanError as err:
                    self.assertIn(err.exit_code, (2, 3))
                    errors.render(err)
                    outcome[3] += 1
        self.assertGreater(outcome[3], 500)
        self.assertGreater(outcome[0], 20)

    def test_scanner_finds_all(self):
        """@test TC_PLT_017 @verifies CFG_TOOL_017 @technique requirements @level unit

        The scanner has the line of every key that tomllib sees, in all forms TOML has.
        """
        odd = ('a = 1\n"b.c" = 2 # x\nd.e = [1,\n [2, 3], # ]\n {f = "}", g.h = 4}]\n'
               's = """one "two" \\""" three"""\nt = \'\'\'it\'s\'\'\'\nu = "\\"#"\n'
               '[ x . y ]\nz = 1979-05-27T07:32:00Z\n[[w]]\nk = 1\n[[w.v]]\nk = 2\n[[w.v]]\n'
               'k = 3\n[[w]]\n[w.q]\nk = 4\n')
        for text in [odd] + [p.read_text() for p in SHIPPED + [CONFIGS / "board.toml"]]:
            file = source.File("x", text)
            self._walk(file, (), file.data)
        file = source.File("x", odd)
        lines = {("b.c",): 2, ("d", "e", 1): 4, ("d", "e", 1, 1): 4, ("d", "e", 2, "g", "h"): 5,
                 ("s",): 6, ("u",): 8, ("x", "y", "z"): 10, ("w", 0, "v", 1, "k"): 16,
                 ("w", 1): 17, ("w", 1, "q", "k"): 19}
        self.assertEqual({p: file.at(p).line for p in lines}, lines)

    def _walk(self, file, path, value):
        self.assertTrue(file.has(path) or path == (), path)
        if isinstance(value, dict):
            for key, inner in value.items():
                self._walk(file, path + (key,), inner)
        elif isinstance(value, list):
            for place, inner in enumerate(value):
                self._walk(file, path + (place,), inner)


class BadBoards(unittest.TestCase):
    """Faults of a board file."""

    def check(self, change, plan_change=lambda text: text):
        """ID of the first refusal of the demo on a changed board."""
        with scratch() as folder:
            home = Path(folder) / "qemu-virt-arm64"
            shutil.copytree(CONFIGS, home)
            text = (home / "board.toml").read_text()
            changed = change(text)
            self.assertNotEqual(text, changed)
            (home / "board.toml").write_text(changed)
            demo = home / "direct.toml"
            demo.write_text(plan_change(demo.read_text()))
            with mock.patch.dict(os.environ, {"BULKHEAD_CONFIGS": str(folder)}):
                code, out, err = call("check", demo, "--json")
            self.assertEqual((code, err), (3, ""))
            return json.loads(out)["errors"][0]["id"]

    def test_boards(self):
        """@test TC_PLT_020 @verifies CFG_TOOL_005 CFG_TOOL_008
        @technique equivalence @level unit
        """
        more = "".join(f"\n[[cpu]]\nnumber = {n}\nmpidr = {n}\n" for n in range(4, 9))
        cases = [
            ("E0114", lambda t: t.replace("mpidr = 0x3", "mpidr = 0x2")),
            ("E0107", lambda t: t.replace("\n# Shared peripheral", more + "\n# Shared peripheral")),
            ("E010E", lambda t: t.replace("base = 0x70400000", "base = 0x703ff000")),
            ("E0107", lambda t: t.replace('size = "16 KiB"', 'size = "12 KiB"', 1)),
            ("E0112", lambda t: t.replace("number = 3", "number = 4")),
            ("E0112", lambda t: t.replace('base = 0x09010000', 'base = 0x09000000')),
            ("E0112", lambda t: t.replace('"qemu-virt-arm64"', '"other"')),
            ("E0112", lambda t: t.replace("interrupts = [33]", "interrupts = [31]")),
            ("E0111", lambda t: t.replace("number = 1\n", "", 1)),
            ("E0111", lambda t: t + "\n[extra]\n"),
            ("E0108", lambda t: t.replace("base = 0x09040000", "base = 0x09040010")),
            ("E0108", lambda t: t.replace("base = 0x40000000\nsize = \"1 GiB\"",
                                          "base = 0x40000000\nsize = \"512 MiB\"")),
            # what the kernel takes for its own, in board.c, must be in board.toml
            ("E010D", lambda t: t.replace('size = "4 MiB"', 'size = "4092 KiB"')),
            ("E010D", lambda t: t.replace('base = 0x08000000\nsize = "64 KiB"',
                                          'base = 0x08000000\nsize = "60 KiB"')),
            ("E010D", lambda t: t.replace('base = 0x08000000\nsize = "64 KiB"',
                                          'base = 0x08001000\nsize = "64 KiB"')),
            ("E010D", lambda t: t.replace("size = 0xf80000", "size = 0x11f000")),
            ("E010D", lambda t: re.sub(r"\[\[emulated\]\]\nname = \"its-gicr\"\n.*\n.*\n", "", t)),
        ]
        for number, (eid, change) in enumerate(cases):
            with self.subTest(number):
                self.assertEqual(self.check(change), eid)

    def test_board_agrees_with_kernel(self):
        """@test TC_PLT_021 @verifies CFG_TOOL_005 @technique back-to-back @level unit

        board.toml and the kernel's own board structures state the same facts; every range that
        the kernel takes for its own lies in the kernel or an emulated row of board.toml, and so
        do all redistributors.
        """
        facts = board.load_board("qemu-virt-arm64")
        with scratch() as folder:
            text = compile_c(
                '#include <stdio.h>\n#include "boards/qemu-virt-arm64/board.c"\n'
                'int main(void) { printf("%u %llu %llu %u %u\\n", board_facts.plan.board, '
                '(unsigned long long)board.gicd, (unsigned long long)board.gicr, '
                'board.gicr_count, board.spi_end);\n'
                'for (unsigned i = 0; i < PLAN_KERNEL_RANGES; i++) { printf("%llu %llu\\n", '
                '(unsigned long long)board_facts.plan.kernel[i].ppn, '
                '(unsigned long long)board_facts.plan.kernel[i].pages); } }\n',
                Path(folder))
        head, *rows = [tuple(map(int, line.split())) for line in text.splitlines()]
        number, gicd, gicr, gicr_count, spi_end = head
        frames = {r.name: r for r in facts.emulated}
        self.assertEqual((number, gicd, gicr, spi_end),
                         (facts.number, frames["gicd"].base, frames["its-gicr"].base + 0x20000,
                          facts.irq_last + 1))
        self.assertEqual(tuple(rows), plan_oracle.KERNEL)
        self.assertEqual(rows[0], (facts.kernel.base >> 12, facts.kernel.size >> 12))
        # the frames which the kernel answers for: one distributor, the ITS and behind it two
        # frames for each CPU
        self.assertEqual(rows[1:], [(gicd >> 12, 0x10), ((gicr >> 12) - 0x20, 0x20 + gicr_count * 0x20)])
        self.assertGreaterEqual(gicr_count, len(facts.mpidr))
        for ppn, pages in rows:
            self.assertTrue(any(r.base <= ppn << 12 and (ppn + pages) << 12 <= r.end
                                for r in (facts.kernel, *facts.emulated)), hex(ppn))


class BadBlobs(unittest.TestCase):
    """Damaged and hostile blobs, by compiler-independent means."""

    def setUp(self):
        self.good = blob_of("demo-two.toml")
        self.folder = scratch()
        self.path = Path(self.folder.name) / "b.plan"

    def tearDown(self):
        self.folder.cleanup()

    def verdict(self, blob):
        """ID by which `check` refuses a blob, or "ok"."""
        self.path.write_bytes(blob)
        code, out, err = call("check", self.path, "--json")
        told = json.loads(out)["errors"]
        self.assertEqual((code, err), (3 if told else 0, ""))
        return told[0]["id"] if told else "ok"

    def cases(self):
        """(name, ID, blob)"""
        return self.form_cases() + self.meaning_cases()

    def change(self, at, data):
        """The good blob with some bytes replaced."""
        return sealed(self.good, at, data)

    def addition_cases(self):
        """Windows and firmware calls that no compiler writes; the good plan has none."""
        def window(page=0xa000, place=0xa000, at=0, size=512, own=1, flags=19, rest=0, count=1):
            blob = sealed(self.good, 6032, struct.pack("<Q6I", page, place, at, size, own, flags, rest))
            return sealed(blob, 6736, word(count))

        def call(first, last, own=2, count=1):
            return sealed(sealed(self.good, 6544, word(first) + word(last) + word(own)), 6740, word(count))
        return [
            ("windows", "E0107", window(count=17)), ("calls", "E0107", call(0, 0, count=0xffffffff)),
            ("a window of a page that nobody holds", "E011B", window()),
            ("a window of the distributor", "E011B", window(page=0x8000, place=0x8000)),
            ("a window of the kernel's memory", "E011B", window(page=0x70000)),
            ("a window of nobody", "E0116", window(own=7)),
            ("a window of the kernel", "E0116", window(own=0)),
            ("a window for nothing", "E0116", window(flags=16)),
            ("a window without width", "E0116", window(flags=3)),
            ("a window with an unknown flag", "E0116", window(flags=83)),
            ("a window that wraps", "E0116", window(at=0xfffffffc, size=8)),
            ("a window beyond 40 bits", "E0116", window(page=1 << 28)),
            ("a window with something behind it", "E0116", window(rest=1)),
            ("a window of zeros", "E0116", sealed(self.good, 6736, word(1))),
            ("calls of nobody", "E011A", call(0x82000000, 0x82000000, 7)),
            ("CPU_ON for a cell", "E011A", call(0x84000003, 0x84000003)),
            ("all calls", "E011A", call(0, 0xffffffff)),
            ("calls backwards", "E011A", call(0x82000001, 0x82000000)),
            ("a call that may be", "ok", call(0x82000000, 0x82000000)),
        ]

    def form_cases(self):
        """Faults of the head and of single regions."""
        good, change = self.good, self.change
        first_rt = decode.decode(good).parties[2].first
        rt_ppn = region_at(first_rt, "ppn")
        return [
            ("empty", "E0101", b""), ("one byte", "E0101", b"B"),
            ("truncated", "E0101", good[:-1]), ("half", "E0101", good[:2972]),
            ("one too many", "E0101", good + b"\0"), ("twice", "E0101", good * 2),
            ("magic", "E0102", change(0, b"B" * 8)), ("zeros", "E0102", bytes(6752)),
            ("ones", "E0102", b"\xff" * 6752),
            ("version", "E0104", change(8, word(1))),
            ("size field", "E0101", change(12, word(6748))),
            ("bit flip", "E0105", good[:200] + bytes([good[200] ^ 4]) + good[201:]),
            ("checksum", "E0105", good[:6748] + word(0)),
            ("board", "E0106", change(16, word(2))), ("dma", "E010F", change(20, word(0))),
            ("no cells", "E0107", change(24, word(1))), ("cells", "E0107", change(24, word(9))),
            ("regions", "E0107", change(28, word(129))),
            ("regions max", "E0107", change(28, word(0xffffffff))),
            ("no cpus", "E0107", change(32, word(0))), ("cpus", "E0107", change(32, word(9))),
            ("status count", "E0107", change(36, word(3))),
            ("status beyond", "E0107", change(40, struct.pack("<Q", (1 << 36) - 3))),
            ("mpidr", "E0114", change(56, struct.pack("<Q", 0))),
            ("empty region", "E0108", change(region_at(first_rt, "n"), word(0))),
            ("long region", "E0108", change(region_at(first_rt, "n"), word(0xffffffff))),
            ("no such owner", "E0108", change(region_at(first_rt, "own"), word(4))),
            ("flags", "E0108", change(region_at(first_rt, "flags"), word(32))),
            ("root 2", "E0108", change(region_at(first_rt, "root"), word(2))),
            ("root alone", "E0108", change(region_at(first_rt, "root"), word(1))),
            ("ppn beyond", "E0108", change(rt_ppn, struct.pack("<Q", 1 << 36))),
            ("ppn wraps", "E0108", change(rt_ppn, struct.pack("<Q", (1 << 64) - 1))),
        ]

    def meaning_cases(self):
        """Faults in what regions, CPUs, interrupts and entries mean together."""
        change, plan = self.change, decode.decode(self.good)
        first_rt = plan.parties[2].first
        rt_ppn, two_cpus = region_at(first_rt, "ppn"), cell_at(3, "cpus")
        link = next(p.index for p in plan.pieces if p.owner == 3 and p.share and not p.root)
        status = next(p.index for p in plan.pieces if p.start == 0x70400000)
        return [
            ("foreign slice", "E010A", change(cell_at(2, "first"), word(first_rt + 1))),
            ("slice wraps", "E010A", change(cell_at(2, "count"), word(0xffffffff))),
            ("alias", "E0109", change(region_at(first_rt + 1, "ipn"), word(0x71000))),
            ("overlap", "E0103", change(rt_ppn, struct.pack("<Q", 0x73000))),
            ("overlap kernel", "E0103", change(rt_ppn, struct.pack("<Q", 0x70000))),
            ("share undone", "E0103", change(region_at(link, "share"), word(0))),
            ("share mismatch", "E0103", change(region_at(link, "share"), word(77))),
            ("share moved", "E0103", change(region_at(link, "ppn"), struct.pack("<Q", 0x72003))),
            ("kernel moved", "E010D", change(region_at(0, "ppn"), struct.pack("<Q", 0x6ff00))),
            ("kernel smaller", "E010D", change(region_at(0, "n"), word(0x3ff))),
            ("gicd moved", "E010D", change(region_at(1, "ppn"), struct.pack("<Q", 0x8001))),
            ("gicd smaller", "E010D", change(region_at(1, "n"), word(0xf))),
            ("gicr moved", "E010D", change(region_at(2, "ppn"), struct.pack("<Q", 0x8081))),
            ("gicr smaller", "E010D", change(region_at(2, "n"), word(0x11f))),
            ("gicr smallest", "ok", change(region_at(2, "n"), word(0x120))),
            ("gicr shared", "E0108", change(region_at(2, "share"), word(9))),
            ("gicr lent", "E0108", change(region_at(2, "root"), word(1))),
            ("gicd to cell", "E0103", change(rt_ppn, struct.pack("<Q", 0x8000))),
            ("gicr to cell", "E0103", change(rt_ppn, struct.pack("<Q", 0x8fff))),
            ("gicr to cell alone", "E010D", sealed(
                change(region_at(2, "ppn"), struct.pack("<Q", 0x100000)),
                region_at(first_rt, "ppn"), struct.pack("<Q", 0x80a0))),
            ("status writable", "E010E", change(region_at(status, "flags"), word(3))),
            ("status in cell", "E010E", change(40, struct.pack("<Q", 0x71000))),
            ("cpu twice", "E010B", change(two_cpus, word(8))),
            ("cpu none", "E010B", change(two_cpus, word(0))),
            ("cpu absent", "E010B", change(two_cpus, word(0x10))),
            ("cpu of kernel", "E010B", change(cell_at(0, "cpus"), word(1))),
            ("root without cpu", "E010B", change(cell_at(1, "cpus"), word(12))),
            ("irq twice", "E010C", change(cell_at(3, "irqs") + 4, word(1 << 8))),
            ("irq private", "E010C", change(cell_at(3, "irqs"), word(1 << 27))),
            ("irq special", "E010C", change(cell_at(3, "irqs") + 124, word(1 << 28))),
            ("irq of kernel", "E010C", change(cell_at(0, "irqs") + 8, word(1))),
            ("entry", "E0113", change(cell_at(3, "entry"), struct.pack("<Q", 0x72001000))),
            ("entry odd", "E0113", change(cell_at(3, "entry"), struct.pack("<Q", 0x73000002))),
            ("entry wraps", "E0113", change(cell_at(3, "entry"), struct.pack("<Q", 1 << 63))),
            ("plan flag", "E0115", change(20, word(3))),
            ("cell flag", "E0115", change(cell_at(2, "flags"), word(16))),
            ("flag of kernel", "E0115", change(cell_at(0, "flags"), word(1))),
            ("all flags", "ok", change(cell_at(3, "flags"), word(15))),
            ("next flag", "E0115", change(cell_at(3, "flags"), word(16))),
            ("unknown lock", "E0115", change(policy_at(3, "locks"), word(32))),
            ("own locks", "ok", change(policy_at(3, "locks"), word(23))),
            ("lock of all", "E0115", change(policy_at(3, "locks"), word(8))),
            ("lock of all, granted", "ok", sealed(
                change(policy_at(3, "locks"), word(31)), policy_at(3, "grants"), word(1))),
            ("locks of root", "ok", change(policy_at(1, "locks"), word(31))),
            ("lock of kernel", "E0115", change(policy_at(0, "locks"), word(1))),
            ("all grants", "ok", change(policy_at(2, "grants"), word(3))),
            ("unknown grant", "E0115", change(policy_at(1, "grants"), word(4))),
            *self.addition_cases(),
            ("watched", "ok", change(policy_at(2, "watch_us"), word(1000))),
            ("watched by its own CPU", "E0118", change(policy_at(2, "watch_us"), word(1000) + word(3))),
            ("watched too often", "E0118", change(policy_at(2, "watch_us"), word(999))),
            ("watched too seldom", "E0118", change(policy_at(2, "watch_us"), word(60000001))),
            ("watched by a CPU that is not there", "E0118",
             change(policy_at(2, "watch_us"), word(1000) + word(4))),
            ("root is watched", "E0118", change(policy_at(1, "watch_us"), word(1000))),
            ("a CPU for nothing", "E0118", change(policy_at(3, "watch_cpu"), word(1))),
            ("watched without region", "E0118", sealed(
                change(policy_at(2, "watch_us"), word(1000)), cell_at(2, "comm"), bytes(8))),
            ("any digest", "ok", change(policy_at(2, "digest") + 31, b"\x80")),
            ("grant of kernel", "E0115", change(policy_at(0, "grants"), word(2))),
        ]

    def test_blobs(self):
        """@test TC_PLT_030 @verifies CFG_TOOL_013 CFG_TOOL_018 @technique bva @level unit

        Each is refused with its ID, by the command and by the third judge; `show` refuses what
        cannot be read and never fails.
        """
        self.assertEqual(plan_oracle.verdict(self.good), "ok")
        for name, eid, blob in self.cases():
            with self.subTest(name):
                self.assertEqual(self.verdict(blob), eid)
                self.assertEqual(plan_oracle.verdict(blob), eid)
                self.assertIn(call("show", self.path)[0], (0, 3))

    def test_refusal_names_parties(self):
        """@test TC_PLT_031 @verifies CFG_TOOL_017 @technique requirements @level unit"""
        self.path.write_bytes(dict((n, b) for n, _, b in self.cases())["overlap"])
        code, _, err = call("check", self.path)
        self.assertEqual(code, 3)
        self.assertIn("cell 'rt', 0x73000000-0x730fffff", err)
        self.assertIn("cell 'two', 0x73000000-0x730fffff", err)

    def test_every_bit(self):
        """@test TC_PLT_032 @verifies CFG_TOOL_013 @technique exhaustive @level unit

        All 54,016 changes of one bit of each shipped plan are refused by the proved judge.
        """
        for path in SHIPPED:
            self.path.write_bytes(blob_of(path.name))
            done = subprocess.run([str(judge.binary()), "--flip-all", str(self.path)],
                                  capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, "54016 flips, 0 accepted\n"))

    def test_every_bit_sealed(self):
        """@test TC_PLT_033 @verifies CFG_TOOL_013 @technique back-to-back @level unit

        The same with the checksum made right: the proved judge and the third judge give the same
        verdict on each of the plans.
        """
        good = blob_of("direct.toml")
        self.path.write_bytes(good)
        done = subprocess.run([str(judge.binary()), "--flip-sealed", str(self.path)],
                              capture_output=True, text=True, timeout=120, check=True)
        *rows, last = done.stdout.splitlines()
        self.assertTrue(last.startswith("54016 flips, "))
        self.assertEqual(len(rows), 54016)
        differ, kinds = [], set()
        for row in rows:
            bit, told = row.split()[:2]
            at = int(bit) // 8
            changed = good[:at] + bytes([good[at] ^ 1 << int(bit) % 8]) + good[at + 1:]
            wanted = plan_oracle.verdict(encode.seal(changed[:6748]))
            kinds.add(wanted)
            if told != wanted:
                differ.append((row, wanted))
        self.assertEqual(differ[:5], [])
        self.assertLessEqual({"ok", "E0102", "E0104", "E0101", "E0106", "E0107", "E0108", "E010A",
                              "E0103", "E010D", "E010B", "E010C", "E0113", "E010F", "E0115", "E0118",
                              "E0119", "E0116", "E011A"}, kinds)

    def test_random_blobs(self):
        """@test TC_PLT_034 @verifies CFG_TOOL_018 @technique fuzz @level unit

        Decoder and map over sealed random changes (seed fixed): an answer or a DecodeError.
        """
        dice = random.Random(7)
        read = 0
        for _ in range(1500):
            raw = bytearray(self.good)
            for _ in range(dice.randint(1, 8)):
                at = dice.randrange(0, 2300) & ~3
                raw[at:at + 4] = dice.choice((word(0), word(0xffffffff), dice.randbytes(4)))
            raw[:16] = self.good[:16]
            try:
                decode.text_map(decode.decode(encode.seal(bytes(raw[:6748]))))
                read += 1
            except decode.DecodeError:
                pass
        self.assertGreater(read, 100)

    def test_root_keeps_only_what_all_lend(self):
        """@test TC_PLT_036 @verifies CFG_TOOL_015 @technique decision @level unit

        Root owns a shared page only if every cell that names it says so, as the kernel carves it.
        """
        link = [p.index for p in decode.decode(self.good).pieces if p.start == 0x72002000]
        self.assertEqual(len(link), 2)
        for keeps in (0, 1, 2, 3):
            blob = self.good
            for bit, index in enumerate(link):
                blob = sealed(blob, region_at(index, "root"), word(keeps >> bit & 1))
            self.assertEqual(plan_oracle.verdict(blob), "ok")
            plan = decode.decode(blob)
            over = next(o for s, _, o in decode.stretches(plan) if s == 0x72002000)
            self.assertEqual(decode.owners(plan, over),
                             ["rt", "two"] + (["root"] if keeps == 3 else []))

    def test_another_board(self):
        """@test TC_PLT_035 @verifies CFG_TOOL_013 CFG_TOOL_021 @technique bva @level unit

        The judge goes by the board it is linked with: another number, or a range that begins or
        ends one page beyond the kernel's region in the plan, is a refusal which says which.
        """
        self.path.write_bytes(self.good)
        plan = decode.decode(self.good)
        mine = [(p.start >> 12, (p.stop - p.start) >> 12) for p in plan.pieces if p.owner == 0]
        cases = [((1, mine), "ok\n"), ((2, mine), "E0106 1 2\n")]
        for index, (ppn, pages) in enumerate(mine):
            for low, count in ((ppn - 1, pages), (ppn, pages + 1)):
                rows = mine[:index] + [(low, count)] + mine[index + 1:]
                cases.append(((1, rows), f"E010D {index} {low}\n"))
        for (number, rows), told in cases:
            ranges = ", ".join(f"{{{ppn}U, {pages}U}}" for ppn, pages in rows)
            program = build_judge(f"{{.plan = {{{number}U, {{{ranges}}}}}}}",
                                  Path(self.folder.name))
            done = subprocess.run([str(program), str(self.path)], capture_output=True, text=True,
                                  timeout=20, check=False)
            self.assertEqual((done.returncode, done.stdout), (0 if told == "ok\n" else 3, told))


class Judge(unittest.TestCase):
    """The judge as a program, and what happens without it."""

    def test_absent(self):
        """@test TC_PLT_040 @verifies CFG_TOOL_013 @technique fault-injection @level unit

        No judge, one that says nothing, one that lies about its exit: no verdict, nothing written.
        """
        with scratch() as folder:
            target = Path(folder) / "x.plan"
            mute = Path(folder) / "mute"
            for script in (None, "#!/bin/sh\nexit 0\n", "#!/bin/sh\necho ok\nexit 3\n",
                           "#!/bin/sh\necho E0103 1 2\n", "#!/bin/sh\nkill -9 $$\n"):
                if script:
                    mute.write_text(script)
                    mute.chmod(0o755)
                code, _, err = run("build", CONFIGS / "demo.toml", "-o", target,
                                   env={"BULKHEAD_PLAN_JUDGE": str(mute)})
                self.assertEqual(code, 9, script)
                self.assertIn("error[E040E]", err)
                self.assertFalse(target.exists())

    def test_refusing_judge(self):
        """@test TC_PLT_041 @verifies CFG_TOOL_013 @technique fault-injection @level unit

        If rules and judge differ, the judge has the last word.
        """
        with scratch() as folder:
            target, strict = Path(folder) / "x.plan", Path(folder) / "strict"
            target.write_text("old")
            strict.write_text("#!/bin/sh\necho E0103 3 2\nexit 3\n")
            strict.chmod(0o755)
            code, _, err = run("build", CONFIGS / "demo.toml", "-o", target,
                               env={"BULKHEAD_PLAN_JUDGE": str(strict)})
            self.assertEqual(code, 3)
            self.assertIn("error[E0103]", err)
            self.assertEqual(target.read_text(), "old")
            self.assertEqual(sorted(os.listdir(folder)), ["strict", "x.plan"])

    def test_program(self):
        """@test TC_PLT_042 @verifies CFG_TOOL_013 @technique bva @level unit"""
        program = str(judge.binary())
        for words in ([], ["--flip", "f"], ["f", "--flip-all"], ["--flip-all", "f", "g"],
                      ["1", "0x70000", "0x400", "f"]):
            done = subprocess.run([program, *words], capture_output=True, timeout=20, check=False)
            self.assertEqual(done.returncode, 2, words)
        for words in (["/nowhere/x.plan"], [str(REPO)], ["--flip-all", "/nowhere/x.plan"]):
            done = subprocess.run([program, *words], timeout=20, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, b""))


class Layout(unittest.TestCase):
    """C header, encoder, decoder and document have one layout."""

    def setUp(self):
        names = {"bh_plan": decode.PLAN, "bh_cell": decode.CELL, "bh_region": decode.REGION,
                 "bh_policy": decode.POLICY, "bh_window": decode.WINDOW, "bh_call": decode.CALL}
        rows = [f'printf("{s} {f} %zu %zu\\n", offsetof(struct {s}, {f}), '
                f'sizeof(((struct {s} *)0)->{f}));' for s, table in names.items() for f in table]
        rows += [f'printf("{s} - 0 %zu\\n", sizeof(struct {s}));' for s in names]
        constants = ["BH_PLAN_MAGIC", "BH_ABI_VERSION", "BH_CELLS_MAX", "BH_REGIONS_MAX",
                     "BH_CPUS_MAX", "BH_WINDOWS_MAX", "BH_CALLS_MAX",
                     "BH_REGION_READ", "BH_REGION_WRITE", "BH_REGION_EXECUTE",
                     "BH_REGION_DEVICE", "BH_REGION_LOADABLE", "BH_CELL_AUTOSTART",
                     "BH_CELL_CONTINUE", "BH_CELL_INJECTED", "BH_CELL_MEASURED",
                     "BH_GRANT_MEASURE", "BH_PLAN_ACCEPT_UNPROTECTED_DMA", "BH_STATUS_PAGES",
                     "BH_PAGE_BYTES", "BH_IPA_PAGES", "BH_PPN_MAX"]
        rows += [f'printf("= {c} %llu 0\\n", (unsigned long long){c});' for c in constants]
        with scratch() as folder:
            text = compile_c("#include <stdio.h>\n#include <stddef.h>\n#include \"abi/plan.h\"\n"
                             "#include \"abi/status.h\"\nint main(void) {\n" + "\n".join(rows)
                             + "\n}\n", Path(folder))
        self.names = names
        found = [line.split() for line in text.splitlines()]
        self.c = {(s, f): (int(a), int(b)) for s, f, a, b in found}

    def test_decoder(self):
        """@test TC_PLT_050 @verifies CFG_TOOL_014 CFG_TOOL_015
        @technique back-to-back @level unit
        """
        for struct_name, table in self.names.items():
            for field, (offset, size, count) in table.items():
                self.assertEqual(self.c[struct_name, field], (offset, size * count), field)
            self.assertEqual(self.c[struct_name, "-"][1], decode.SIZES[struct_name[3:]])

    def test_no_field_is_missing(self):
        """@test TC_PLT_051 @verifies CFG_TOOL_014 @technique requirements @level unit

        The tables name every byte of each structure.
        """
        for struct_name, table in self.names.items():
            covered = sum(size * count for _, size, count in table.values())
            self.assertEqual(covered, self.c[struct_name, "-"][1])

    def test_encoder(self):
        """@test TC_PLT_052 @verifies CFG_TOOL_014 @technique back-to-back @level unit"""
        value = {f: v[0] for (s, f), v in self.c.items() if s == "="}
        self.assertEqual(encode.BYTES, self.c["bh_plan", "-"][1])
        self.assertEqual((encode.CELL.size, encode.REGION.size, encode.POLICY.size),
                         (176, 32, 52))
        self.assertEqual((encode.WINDOW.size, encode.CALL.size), (32, 12))
        self.assertEqual((model.INJECTED, model.MEASURED, model.GRANTS["measure"]),
                         (value["BH_CELL_INJECTED"], value["BH_CELL_MEASURED"],
                          value["BH_GRANT_MEASURE"]))
        self.assertEqual({word: bit for bit, word in decode.GRANT_WORDS.items()}, model.GRANTS)
        self.assertEqual({word: bit for bit, word in decode.LOCK_WORDS.items()}, model.LOCKS)
        self.assertEqual((encode.MAGIC, encode.VERSION, encode.ACCEPT_DMA),
                         (value["BH_PLAN_MAGIC"], value["BH_ABI_VERSION"],
                          value["BH_PLAN_ACCEPT_UNPROTECTED_DMA"]))
        self.assertEqual((model.CELLS_MAX, model.REGIONS_MAX, model.CPUS_MAX, model.AUTOSTART,
                          model.CONTINUE, model.IPA_END),
                         (value["BH_CELLS_MAX"], value["BH_REGIONS_MAX"], value["BH_CPUS_MAX"],
                          value["BH_CELL_AUTOSTART"], value["BH_CELL_CONTINUE"],
                          value["BH_IPA_PAGES"] * value["BH_PAGE_BYTES"]))
        self.assertEqual((board.READ, board.WRITE, board.EXECUTE, board.DEVICE, board.LOADABLE),
                         tuple(value["BH_REGION_" + n] for n in ("READ", "WRITE", "EXECUTE",
                                                                 "DEVICE", "LOADABLE")))
        self.assertEqual((model.WINDOWS_MAX, model.CALLS_MAX),
                         (value["BH_WINDOWS_MAX"], value["BH_CALLS_MAX"]))
        self.assertEqual((board.PAGE, board.PHYS_END), (value["BH_PAGE_BYTES"],
                                                        value["BH_PPN_MAX"] << 12))

    def test_unused_is_zero(self):
        """@test TC_PLT_053 @verifies CFG_TOOL_014 @technique requirements @level unit"""
        for path in SHIPPED:
            blob = blob_of(path.name)
            plan = decode.decode(blob)
            self.assertEqual(blob[48 + 8 * len(plan.mpidr):112].strip(b"\0"), b"")
            self.assertEqual(blob[112 + 176 * len(plan.parties):1520].strip(b"\0"), b"")
            self.assertEqual(blob[1520 + 32 * len(plan.pieces):5616].strip(b"\0"), b"")

    def test_document(self):
        """@test TC_PLT_054 @verifies CFG_TOOL_014 @technique back-to-back @level unit

        The tables of docs/spec/plan-blob.md are the header's.
        """
        text = (REPO / "docs/spec/plan-blob.md").read_text()
        told = {}
        for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            title = part.splitlines()[0]
            for row in re.findall(r"^\| (\d+) \| (\d+) \| (\w+) \|", part, flags=re.MULTILINE):
                if title.startswith("struct "):
                    told[title[7:], row[2]] = (int(row[0]), int(row[1]))
        wanted = {key: value for key, value in self.c.items() if key[0] != "=" and key[1] != "-"}
        self.assertEqual(told, wanted)

    def test_no_shared_code(self):
        """@test TC_PLT_055 @verifies CFG_TOOL_015 @technique inspection @level unit

        The decompiler imports nothing of the compiler, nor the compiler's modules anything of it.
        """
        text = (REPO / "src/plan/bhplan/decode.py").read_text()
        modules = set(re.findall(r"^(?:from|import) (\S+)", text, flags=re.MULTILINE))
        self.assertEqual(modules, {"__future__", "binascii", "dataclasses"})
        for name in ("source", "reader", "board", "model", "compiler", "rules", "encode",
                     "ownermap", "errors"):
            text = (REPO / f"src/plan/bhplan/{name}.py").read_text()
            self.assertNotRegex(text, r"import.*\bdecode\b|from \.decode")


class Words(unittest.TestCase):
    """diff, explain, documents, command line."""

    def test_diff(self):
        """@test TC_PLT_060 @verifies CFG_TOOL_019 @technique requirements @level unit"""
        one, two = CONFIGS / "demo.toml", CONFIGS / "demo-two.toml"
        self.assertEqual(run("diff", one, one)[:2], (0, "no difference\n"))
        code, out, _ = run("diff", one, two, "--json")
        self.assertEqual(code, 0)
        rows = {r["what"]: (r["first"], r["second"]) for r in json.loads(out)["differences"]}
        self.assertEqual(rows["cell two"], ("-", "present"))
        self.assertIn("memory 0x73000000-0x730fffff", rows)
        self.assertIn("cpu2", rows)

    def test_diff_sees_all(self):
        """@test TC_PLT_061 @verifies CFG_TOOL_019 @technique mutation @level unit

        Every single change of a used field of the blob is a difference.
        """
        good = blob_of("demo-two.toml")
        plan = decode.decode(good)
        places = [(16, 1), (20, 1), (36, 1), (40, 1), (48, 4), (56, 4)]
        for index in range(1, len(plan.parties)):
            places += [(cell_at(index, f), 1) for f in ("name", "cpus", "flags", "entry", "comm")]
            places += [(cell_at(index, "irqs") + 6, 1)]
            places += [(cell_at(index, "flags"), 8), (policy_at(index, "grants"), 2),
                       (policy_at(index, "grants"), 1), (policy_at(index, "digest"), 1),
                       (policy_at(index, "digest") + 31, 128)]
        for index in range(len(plan.pieces)):
            places += [(region_at(index, f), 1) for f in ("ppn", "ipn", "n", "flags")]
        for at, bit in places:
            other = decode.decode(sealed(good, at, bytes([good[at] ^ bit])))
            self.assertNotEqual(diff.differences(plan, other), [], f"byte {at}")
        self.assertEqual(diff.differences(plan, plan), [])

    def test_explain(self):
        """@test TC_PLT_062 @verifies CFG_TOOL_020 @technique requirements @level unit

        All IDs, as the C compiler numbers them; unknown ones are a wrong use.
        """
        with scratch() as folder:
            text = compile_c(
                "#include <stdio.h>\n#undef BH_ERROR\n"
                '#define BH_ERROR(n, name, text, hint) printf("E%04X\\t" #name "\\t%s\\t%s\\n", n, '
                'text, hint);\n'
                '#define BH_EVENT(n, name, text) printf("V%04X\\t" #name "\\t%s\\t\\n", n, text);\n'
                'int main(void) {\n#include "abi/errors.def"\n}\n', Path(folder))
        wanted = [tuple(line.split("\t")) for line in text.splitlines()]
        self.assertEqual([(e.eid, e.name, e.text, e.hint) for e in errors.table()], wanted)
        self.assertEqual(len({w[0][1:] for w in wanted}), len(wanted))
        for eid, _, words, hint in wanted:
            code, out, _ = call("explain", eid)
            self.assertEqual(code, 0)
            self.assertIn(words, out)
            self.assertIn(hint, out)
        for wrong in (["E9999"], [], ["--markdown"], ["E0103", "--all"]):
            self.assertEqual(call("explain", *wrong)[0], 2, wrong)
        with self.assertRaises(ValueError):
            errors.parse_table('BH_ERROR(0x0101, X "y")\n')

    def test_documents_are_generated(self):
        """@test TC_PLT_063 @verifies CFG_TOOL_020 @technique back-to-back @level unit

        docs/spec/error-ids.md and bulkhead-errors(7) are what the tool prints, every ID once.
        """
        self.assertEqual((REPO / "docs/spec/error-ids.md").read_text(), explain.markdown())
        manual = (REPO / "docs/man/bulkhead-errors.7").read_text()
        self.assertEqual(manual, explain.manual())
        for entry in errors.table():
            self.assertEqual(manual.count(f"\n.It {entry.eid} "), 1)
            self.assertEqual(explain.markdown().count(f"\n| {entry.eid} |"), 1)

    def test_manual_names_keys_and_verbs(self):
        """@test TC_PLT_064 @verifies CFG_TOOL_017 @technique inspection @level unit

        bulkhead-plan(5) names every key which the reader takes; bulkhead-plan(1) every verb and
        option.
        """
        keys = set()
        for name in ("compiler", "board"):
            text = (REPO / f"src/plan/bhplan/{name}.py").read_text()
            keys |= set(re.findall(
                r"\.(?:take|number|size|name|choice|table|tables|has)\(\"(\w+)\"", text))
        page = (REPO / "docs/man/bulkhead-plan.5").read_text()
        for key in keys:
            self.assertIn(key, page)
        page = (REPO / "docs/man/bulkhead-plan.1").read_text().replace("\\-", "-")
        for verb in ("build", "check", "show", "diff", "devicetree", "digest", "explain", "-json", "-machine",
                     "-append", "-initrd", "-against", "-map",
                     "-all", "-markdown", "-mdoc",
                     "-output"):
            self.assertIn(verb, page)

    def test_manual_example(self):
        """@test TC_PLT_065 @verifies CFG_TOOL_013 @technique requirements @level unit

        The example of bulkhead-plan(5) is a plan that is accepted.
        """
        page = (REPO / "docs/man/bulkhead-plan.5").read_text()
        text = page.split(".Bd -literal\n")[1].split(".Ed\n")[0]
        with scratch() as folder:
            path = Path(folder) / "example.toml"
            path.write_text(text.replace("\\&", "").replace("\\e", "\\"))
            code, _, err = call("check", path)
            self.assertEqual((code, err), (0, ""))

    def test_titles_are_the_requirements(self):
        """@test TC_PLT_066 @verifies CFG_TOOL_017 @technique back-to-back @level unit"""
        data = {}
        for name in ("35-config", "38-measure-tools", "39-sw-lock", "3D-additions"):
            found = tomllib.loads((REPO / f"requirements/{name}.toml").read_text())
            data |= {key: one for key, one in found.items() if key.startswith("CFG_")}
        for rule, title in errors.RULES.items():
            self.assertEqual(data[rule]["title"], title)
        used = set()
        for path in (REPO / "src/plan/bhplan").glob("*.py"):
            used |= set(re.findall(r'rule="(\w+)"', path.read_text()))
        self.assertLessEqual(used, set(errors.RULES))
        self.assertTrue(all(re.fullmatch(r"CFG_[A-Z]{2,5}_[0-9]{3}", key) for key in data))

    def test_exit_codes(self):
        """@test TC_PLT_067 @verifies CFG_TOOL_017 @technique equivalence @level unit"""
        with scratch() as folder:
            there = Path(folder) / "a.plan"
            self.assertEqual(run("build", CONFIGS / "demo.toml", "-o", there)[0], 0)
            self.assertEqual(run("show", there, "--json")[0], 0)
            self.assertEqual(json.loads(run("show", there, "--json")[1])["version"], 1)
            self.assertEqual(run("show", Path(folder) / "none.plan")[0], 2)
            self.assertEqual(run("check", Path(folder) / "none.toml")[0], 2)
            self.assertEqual(run("show", there, "--against", Path(folder) / "no.map")[0], 2)
            self.assertEqual(run("build", CONFIGS / "demo.toml", "-o",
                                 Path(folder) / "no/x.plan")[0], 2)
            self.assertEqual(run("show", CONFIGS / "demo.toml")[0], 3)
        self.assertEqual(run("frob")[0], 2)
        self.assertEqual(run("build", CONFIGS / "demo.toml")[0], 2)
        with mock.patch.object(cli, "do_explain", side_effect=RuntimeError("seeded")):
            self.assertEqual(call("explain", "E0103")[0], 9)


class Digests(unittest.TestCase):
    """The measurement of a cell, computed before it exists."""

    def setUp(self):
        folder = scratch()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.plan = self.folder / "two.plan"
        self.plan.write_bytes(blob_of("demo-two.toml"))
        self.image = self.folder / "a.bin"
        self.image.write_bytes(bytes(range(256)) * 40)

    def test_digest(self):
        """@test TC_PLT_091 @verifies CFG_TOOL_042 @technique back-to-back @level unit

        The same as a plain computation over bytes laid out by hand; a source and its blob give one
        digest; shares and devices are left out; a byte more or less is another digest.
        """
        whole = self.image.read_bytes().ljust(0x100000, b"\0")
        head = struct.pack("<16I", 0x71000, 0x100, 0x17, *[0] * 13)
        tail = struct.pack("<16I", 0x71200, 0x200, 3, *[0] * 13) + bytes(0x200000)
        wanted = hashlib.sha256(head + whole + tail).hexdigest()
        for plan in (self.plan, CONFIGS / "demo-two.toml"):
            code, out, err = call("digest", plan, "rt", self.image)
            self.assertEqual((code, out, err), (0, f"{wanted}  cell rt\n", ""))
        code, out, _ = call("digest", self.plan, "rt", f"{self.image}@0x71000000", "--json")
        told = json.loads(out)
        self.assertEqual((told["digest"], told["planned"], told["images"][0]["address"]),
                         (wanted, None, 0x71000000))
        other = self.folder / "b.bin"
        other.write_bytes(b"x")
        for words in ([f"{self.image}@0x71000001"], [other], [self.image, f"{other}@0x710fffff"],
                      [self.image, f"{other}@0x71000000"]):
            _, out, _ = call("digest", self.plan, "rt", *words)
            self.assertNotIn(wanted, out, words)
        later = bytearray(whole)
        later[5] = ord("x")
        _, out, _ = call("digest", self.plan, "rt", self.image, f"{other}@0x71000005")
        self.assertEqual(out.split()[0], hashlib.sha256(head + later + tail).hexdigest())

    def test_regions(self):
        """@test TC_PLT_092 @verifies CFG_TOOL_042 @technique requirements @level unit

        Several regions: in the order of the plan, each behind its header.
        """
        text = (CONFIGS / "direct.toml").read_text().replace(
            'share = "rt-comm"\nroot = true\n', 'share = "rt-comm"\nroot = true\n\n'
            '[[cell.memory]]\nphys = 0x50400000\nvirt = 0x10000\nsize = "8 KiB"\nflags = "rw"\n', 1)
        path = self.folder / "regions.toml"
        path.write_text(text)
        code, out, err = call("digest", path, "rt", f"{self.image}@0x51000000")
        self.assertEqual((code, err), (0, ""))
        total = hashlib.sha256(struct.pack("<16I", 0x51000, 0x100, 0x17, *[0] * 13))
        total.update(self.image.read_bytes().ljust(0x100000, b"\0"))
        total.update(struct.pack("<16I", 0x10, 2, 3, *[0] * 13) + bytes(0x2000))
        self.assertEqual(out.split()[0], total.hexdigest())

    def test_refusals(self):
        """@test TC_PLT_093 @verifies CFG_TOOL_042 @technique error-guessing @level unit"""
        big = self.folder / "big.bin"
        big.write_bytes(bytes(0x100001))
        empty = self.folder / "empty.bin"
        empty.write_bytes(b"")
        for words, eid, code in (
                ((self.plan, "none", self.image), "E0203", 2),
                ((self.plan, "root", self.image), "E0203", 2),
                ((self.plan, "rt", self.folder / "no.bin"), "E040E", 2),
                ((self.plan, "rt", f"{self.image}@here"), "E040C", 2),
                ((self.plan, "rt", f"{self.image}@0"), "E040F", 3),
                ((self.plan, "rt", f"{self.image}@0x710fffff"), "E040F", 3),
                ((self.plan, "rt", f"{self.image}@0x72000000"), "E040F", 3),
                ((self.plan, "rt", big), "E040F", 3), ((self.plan, "rt", empty), "E040F", 3),
                ((self.image, "rt", self.image), "E0101", 3),
                ((self.folder / "no.plan", "rt", self.image), "E040E", 2)):
            with self.subTest(words):
                found, out, err = call("digest", *words)
                self.assertEqual((found, out), (code, ""))
                self.assertIn(f"error[{eid}]: ", err)


class DeviceTrees(unittest.TestCase):
    """The device tree of root's operating system."""

    def setUp(self):
        self.folder = Path(self.enterContext(scratch()))
        self.plan = self.folder / "demo.plan"
        self.assertEqual(call("build", CONFIGS / "demo.toml", "-o", self.plan)[0], 0)
        self.machine = self.folder / "machine.dtb"
        self.out = self.folder / "root.dtb"

    @staticmethod
    def cell(*numbers, size=4):
        return b"".join(n.to_bytes(size, "big") for n in numbers)

    def node(self, name, *children, **props):
        node = fdt.Node(name, children=list(children))
        for key, value in props.items():
            key = {"kind": "device_type", "method": "method"}.get(key, key).replace("_is", "")
            if isinstance(value, str):
                node.set_strings(key, value)
            else:
                node.props[key] = value
        return node

    def tree(self, **more):
        """A machine like the board's, written by hand."""
        cpus = [self.node(f"cpu@{i}", kind="cpu", reg=self.cell(i), **more.get("cpu", {}))
                for i in range(more.get("cpus", 5))]
        both = {"#address-cells": self.cell(2), "#size-cells": self.cell(2)}
        root = self.node(
            "", self.node("psci", compatible=more.get("psci", "arm,psci-1.0"), method="hvc"),
            self.node("memory@40000000", kind="memory",
                      reg=self.cell(*more.get("memory", (0x40000000, 1 << 30)), size=8)),
            self.node("chosen", bootargs="old"),
            self.node("cpus", self.node("cpu-map"), *cpus),
            self.node("pl011@9000000", reg=self.cell(0x9000000, 0x1000, size=8)),
            self.node("pl011@9040000", reg=self.cell(0x9040000, 0x1000, size=8)),
            self.node("smmuv3@9050000", compatible="arm,smmu-v3",
                      reg=self.cell(0x9050000, 0x20000, size=8)),
            self.node("pcie@10000000", **{"iommu-map": self.cell(0, 1, 0, 0x10000)}), **both)
        return fdt.Tree(root, 0, [(0x1000, 0x2000)])

    def fit(self, tree, *words, code=0):
        self.machine.write_bytes(fdt.write(tree))
        got, _, err = call("devicetree", self.plan, "--machine", self.machine, "-o", self.out, *words)
        self.assertEqual(got, code, err)
        return err if code else fdt.read(self.out.read_bytes()).root

    def test_what_is_roots(self):
        """@test TC_PLT_077 @verifies CFG_TOOL_027 @technique requirements @level unit"""
        (self.folder / "initrd").write_bytes(bytes(1000))
        root = self.fit(self.tree(), "--append", "quiet", "--initrd",
                        f"0x48000000:{self.folder}/initrd")
        reg = next(n for n in root.children if n.name.startswith("memory@")).props["reg"]
        memory = [(a, a + n) for a, n in struct.iter_unpack(">2Q", reg)]
        plan = decode.decode(self.plan.read_bytes())
        for low, high in memory:
            self.assertLess(low, high)
            self.assertEqual((low % (2 << 20), high % (2 << 20)), (0, 0))
            for piece in plan.pieces:
                self.assertTrue(piece.owner == 1 or piece.stop <= low or high <= piece.start)
            self.assertTrue(plan.status[1] <= low or high <= plan.status[0])
        self.assertEqual(memory[0], (0x40000000, 0x70000000))
        self.assertGreater(sum(high - low for low, high in memory), 1000 << 20)
        cpus = {n.name: n for n in root.child("cpus").children}
        self.assertEqual(sorted(cpus), ["cpu@0", "cpu@1", "cpu@2", "cpu@3"])
        self.assertEqual([n for n in cpus if cpus[n].strings("status") == ["disabled"]], ["cpu@3"])
        self.assertTrue(all(n.strings("enable-method") == ["psci"] for n in cpus.values()))
        self.assertEqual(root.child("psci").strings("method"), ["smc"])
        self.assertEqual(root.child("pl011@9000000").strings("status"), [])
        for name in ("pl011@9040000", "smmuv3@9050000"):
            self.assertEqual(root.child(name).strings("status"), ["disabled"])
        self.assertNotIn("iommu-map", root.child("pcie@10000000").props)
        self.assertEqual(root.child("hypervisor").strings("compatible"), ["bulkhead,kernel"])
        chosen = root.child("chosen")
        self.assertEqual(chosen.strings("bootargs"), ["quiet maxcpus=3"])
        self.assertEqual(chosen.props["linux,initrd-start"], self.cell(0x48000000, size=8))
        self.assertEqual(chosen.props["linux,initrd-end"], self.cell(0x480003E8, size=8))

    def test_cells_that_wait(self):
        """@test TC_PLT_071 @verifies CFG_TOOL_027 @technique equivalence @level unit

        Of cells that do not start by themselves, root has CPUs and devices, but never the memory."""
        text = (CONFIGS / "demo.toml").read_text().replace("cells/rt.toml", f"{self.folder}/rt.toml")
        (self.folder / "rt.toml").write_text((CONFIGS / "cells/rt.toml").read_text().replace(
            "autostart = true", "autostart = false"))
        (self.folder / "late.toml").write_text(text)
        self.assertEqual(call("build", self.folder / "late.toml", "-o", self.plan)[0], 0)
        first = self.fit(self.tree())
        self.assertEqual(first.child("chosen").strings("bootargs"), [])
        self.assertEqual(first.child("pl011@9040000").strings("status"), [])
        self.assertEqual([n.strings("status") for n in first.child("cpus").children], [[]] * 4)
        reg = next(n for n in first.children if n.name.startswith("memory@")).props["reg"]
        self.assertFalse(any(a <= 0x71000000 < a + n for a, n in struct.iter_unpack(">2Q", reg)))

    def test_cpus_in_the_middle(self):
        """@test TC_PLT_072 @verifies CFG_TOOL_027 @technique equivalence @level unit

        Linux can be told how many CPUs to try only if the others are the last."""
        rt = (CONFIGS / "cells/rt.toml").read_text().replace("cpus = [3]", "cpus = [1]")
        (self.folder / "rt.toml").write_text(rt)
        (self.folder / "one.toml").write_text((CONFIGS / "demo.toml").read_text().replace(
            "cells/rt.toml", f"{self.folder}/rt.toml"))
        self.assertEqual(call("build", self.folder / "one.toml", "-o", self.plan)[0], 0)
        root = self.fit(self.tree(), "--append", "quiet")
        self.assertEqual(root.child("chosen").strings("bootargs"), ["quiet"])
        self.assertEqual(root.child("cpus").child("cpu@1").strings("status"), ["disabled"])
        given = self.fit(self.tree(), "--append", "maxcpus=1")
        self.assertEqual(given.child("chosen").strings("bootargs"), ["maxcpus=1"])

    def test_refusals(self):
        """@test TC_PLT_073 @verifies CFG_TOOL_027 @technique error-guessing @level unit"""
        for tree, words in ((self.tree(cpus=3), "lacks a CPU"),
                            (self.tree(psci="arm,psci"), "older than 0.2"),
                            (self.tree(memory=(0x80000000, 1 << 30)), "no memory"),
                            (self.tree(cpu={"enable-method": "spin-table"}), "not started by PSCI")):
            self.assertIn(words, self.fit(tree, code=3))
        for name in ("psci", "chosen", "cpus"):
            tree = self.tree()
            tree.root.children.remove(tree.root.child(name))
            self.assertIn(f"no node '{name}'", self.fit(tree, code=3))
        tree = self.tree()
        tree.root.props["#size-cells"] = self.cell(1)
        self.assertIn("E0120", self.fit(tree, code=3))
        words = ("devicetree", self.plan, "--machine", self.folder / "none", "-o", self.out)
        self.assertEqual(call(*words)[0], 2)
        self.assertEqual(run(*words)[0], 2)
        self.machine.write_bytes(fdt.write(self.tree()))
        for initrd in ("0x48000000", "there:/dev/null", f"1:{self.folder}/none"):
            self.assertEqual(call("devicetree", self.plan, "--machine", self.machine, "-o", self.out,
                                  "--initrd", initrd)[0], 2)

    def test_entry_of_root(self):
        """@test TC_PLT_076 @verifies CFG_TOOL_026 @technique equivalence @level unit

        The shipped plan names where Linux lies; an entry in a device is none."""
        plan = decode.decode(self.plan.read_bytes())
        self.assertEqual((plan.parties[1].entry, plan.parties[1].comm), (0x40200000, 0x47E00000))
        self.assertTrue(plan.parties[1].autostart and plan.parties[2].autostart)
        text = (CONFIGS / "demo.toml").read_text().replace("cells/", f"{CONFIGS}/cells/")
        path = self.folder / "device.toml"
        path.write_text(text.replace("0x40200000", "0x09000000"))
        code, _, err = call("check", path)
        self.assertEqual(code, 3)
        self.assertIn("E0113", err)

    def test_any_bytes(self):
        """@test TC_PLT_074 @verifies CFG_TOOL_018 CFG_TOOL_027 @technique fuzz @level unit

        A tree that is read and written is the same; damaged ones are read or refused, seed fixed."""
        good = fdt.write(self.tree())
        again = fdt.read(good)
        self.assertEqual(fdt.write(again), good)
        self.assertEqual(again.reserved, [(0x1000, 0x2000)])
        dice = random.Random(20261122)
        refused = 0
        for length in range(0, len(good), 7):
            with self.assertRaises(fdt.TreeError):
                fdt.read(good[:length])
        for _ in range(1000):
            data = bytearray(good)
            for _ in range(dice.randint(1, 4)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            self.machine.write_bytes(data)
            code, _, err = call("devicetree", self.plan, "--machine", self.machine, "-o", self.out)
            self.assertIn(code, (0, 3), err)
            refused += code == 3
        self.assertGreater(refused, 100)

    def test_depth_and_words(self):
        """@test TC_PLT_075 @verifies CFG_TOOL_018 @technique bva @level unit"""
        deep = fdt.Node("x")
        for _ in range(fdt.DEPTH_MAX):
            deep = fdt.Node("x", children=[deep])
        self.assertRaises(fdt.TreeError, fdt.read, fdt.write(fdt.Tree(fdt.Node("", children=[deep]))))
        fdt.read(fdt.write(fdt.Tree(fdt.Node("", children=deep.children))))
        data = fdt.write(self.tree())
        at = struct.unpack_from(">I", data, 8)[0]
        nop = data[:at] + struct.pack(">I", 7) + data[at + 4:]
        self.assertRaises(fdt.TreeError, fdt.read, nop)
        self.assertRaises(fdt.TreeError, fdt.read, b"\0" + data[1:])
        self.assertRaises(fdt.TreeError, fdt.read, data[:24] + struct.pack(">I", 17) + data[28:])


if __name__ == "__main__":
    unittest.main()
