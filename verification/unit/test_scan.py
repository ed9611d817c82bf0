# SPDX-License-Identifier: Apache-2.0
"""Unit tests of bulkhead-plan scan: its decoder against the assembler and against objdump."""
import contextlib
import io
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "src/plan"))

from bhplan import cli, scan  # noqa: E402

RUNNER = REPO / "verification/toolroot/run"
TOOL = "aarch64-linux-gnu-"
# Class of the access, None: it has a syndrome, or there is none.
CASES = {
    None: """ldr w0,[x1]; ldr x0,[x1,#8]; ldr x0,[x1,x2]; ldr x0,[x1,w2,sxtw #3]; ldur x0,[x1,#-3];
        ldtr x0,[x1]; sttr w0,[x1]; ldar w0,[x1]; stlr w0,[x1]; stlrb w0,[x1]; ldapr w0,[x1];
        ldaprb w0,[x1]; ldapur w0,[x1,#4]; stlur w0,[x1,#4]; ldrsw x0,[x1]; ldr x0,.; ldrsw x0,.;
        prfm pldl1keep,[x1]; prfm pldl1keep,[x1,x2]; prfum pldl1keep,[x1,#-3]; strb w0,[x1];
        ldraa x0,[x1,#8]; add x0,x1,x2; mrs x0,midr_el1; b .; ret; fadd d0,d1,d2; nop; svc #0;
        pacia x0,x1; dc civac,x0; madd x0,x1,x2,x3; movi v0.16b,#3; add z0.b,z1.b,z2.b; bl .;
        and x0,x1,#0xff; csel x0,x1,x2,eq; crc32b w0,w1,w2; adrp x0,.; msr daifset,#3""",
    "pair": """ldp x0,x1,[x2]; stp x0,x1,[x2],#16; ldp w0,w1,[x2,#8]!; ldnp x0,x1,[x2];
        stnp w0,w1,[x2]; ldpsw x0,x1,[x2]""",
    "writeback": """ldr x0,[x1],#8; ldr x0,[x1,#8]!; strb w0,[x1],#1; ldrsh w0,[x1,#2]!;
        ldraa x0,[x1,#8]!; ldrab x0,[x1,#8]!""",
    "vector": """ldr q0,[x1]; ldr d0,[x1,x2]; ldr s0,.; str b0,[x1],#1; ldur h0,[x1,#1];
        stp q0,q1,[x1]; ldnp d0,d1,[x1]; ld1 {v0.16b},[x0]; ld1r {v0.8b},[x0];
        st4 {v0.s,v1.s,v2.s,v3.s}[1],[x0]; ld2 {v0.4s,v1.4s},[x0],#32; ldr z0,[x0];
        str p0,[x0]; st1b z0.b,p0,[x0]; ldff1b z0.b,p0/z,[x0]; ld1d z0.d,p0/z,[x0,z1.d]""",
    "exclusive": "ldxr w0,[x1]; stxr w2,w0,[x1]; ldaxp x0,x1,[x2]; stlxr w2,w0,[x1]; stxp w3,x0,x1,[x2]",
    "atomic": """cas w0,w1,[x2]; casal x0,x1,[x2]; casp x0,x1,x2,x3,[x4]; casp w0,w1,w2,w3,[x4];
        casb w0,w1,[x2]; ldadd w0,w1,[x2]; swpal x0,x1,[x2]; stclr w0,[x1]; ldsmaxab w0,w1,[x2]""",
    "tag": "stg x0,[x1]; ldg x0,[x1]; st2g x0,[x1]; stzg x0,[x1],#16",
    "cache": "dc zva,x0; dc gva,x0; dc gzva,x0"}
SAMPLE = """
struct wide { long a[8]; double d[4]; } one, two;
_Atomic int counter;
volatile unsigned *port;
void copy(void) { one = two; }
int count(void) { return counter++; }
double mean(const double *v, int n) { double s = 0; while (n-- > 0) { s += *v++; } return s; }
unsigned wait(void) { while ((*port & 1U) == 0U) { } return port[3]; }
const unsigned table[] = {0xa9400440U, 0xf8408420U};
unsigned sum(unsigned n) { unsigned s = 0; for (unsigned i = 0; i < n; i++) { s += table[i & 1]; }
  return s; }
void clear(char *p, long n) { while (n-- > 0) { *p++ = 0; } }
"""


def made(source, name, *words):
    """An object file of a source."""
    with tempfile.TemporaryDirectory(dir=REPO / "build") as folder:
        path = Path(folder) / name
        path.write_text(source)
        target = path.with_suffix(".o")
        subprocess.run([RUNNER, f"{TOOL}gcc", "-c", *words, str(path), "-o", str(target)], check=True)
        text = subprocess.run([RUNNER, f"{TOOL}objdump", "-d", "-j", ".text", str(target)],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        return target.read_bytes(), text


def by_words(mnemonic, operands):
    """What objdump's text says of an access, apart from the bits: has it no syndrome?"""
    if mnemonic == "dc":
        return operands.split(",")[0] in ("zva", "gva", "gzva")
    if not re.match(r"(ld|st|cas|swp)", mnemonic) or mnemonic in ("ldar", "stlr"):
        return False
    if re.match(r"(ldap?u?r[bhs]?|stlu?r)[bhw]?$", mnemonic):
        return "!" in operands or "]," in operands or bool(re.match(r"[bhsdqzp]\d", operands))
    if re.match(r"(ldr|str|ldur|stur|ldtr|sttr)(s?[bhw])?$", mnemonic):
        return "!" in operands or "]," in operands or bool(re.match(r"[bhsdqzp]\d", operands))
    return True


def command(*words):
    """(exit code, stdout, stderr) of bulkhead-plan scan."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(["scan", *map(str, words)])
    return code, out.getvalue(), err.getvalue()


class Scan(unittest.TestCase):
    """The decoder, the reader and the command."""

    def test_classes(self):
        """@test TC_SCN_001 @verifies CFG_SCN_001 SYR_UI_003 @technique table @level unit
        Every class by instructions that the assembler made."""
        for kind, text in CASES.items():
            lines = [w.strip() for w in text.replace("\n", " ").split(";")]
            data, _ = made(".arch armv8.5-a+sve+memtag\nf:\n" + "\n".join(lines) + "\n", "c.S")
            part, = [p for p in scan.read_elf(data) if p.data]
            words = [int.from_bytes(part.data[i:i + 4], "little")
                     for i in range(0, len(part.data), 4)]
            self.assertEqual(len(words), len(lines))
            for line, word in zip(lines, words):
                self.assertEqual(scan.kind_of(word), kind, f"{line} {word:08x}")

    def test_against_objdump(self):
        """@test TC_SCN_002 @verifies CFG_SCN_001 SYR_UI_003 @technique back-to-back @level unit
        Compiled C: what is found is what objdump's text says, instruction by instruction."""
        for flags in (["-O0"], ["-O2"], ["-O3", "-march=armv8.2-a+sve"], ["-O2", "-march=armv8.1-a"]):
            data, text = made(SAMPLE, "s.c", "-ffreestanding", "-mno-outline-atomics", *flags)
            lines = re.findall(r"^ +([0-9a-f]+):\t([0-9a-f]{8}) \t(\S+)\t?(.*)$", text, re.M)
            wanted = {(int(a, 16), int(w, 16)) for a, w, mnemonic, operands in lines
                      if by_words(mnemonic, operands)}
            count, found = scan.scan(scan.read_elf(data))
            self.assertEqual({(f.address, f.word) for f in found}, wanted, flags)
            self.assertEqual(count, len(lines), flags)
            self.assertTrue(found)

    def test_data_is_not_code(self):
        """@test TC_SCN_003 @verifies CFG_SCN_001 SYR_UI_003 @technique boundary @level unit
        Data among code, by the compiler's marks; symbols; a raw image has neither."""
        data, _ = made("f: nop\n .word 0xa9400440\ng: ldp x0,x1,[x2]\n nop\n ldp x0,x1,[x2]\n", "d.S")
        parts = scan.read_elf(data)
        count, found = scan.scan(parts)
        self.assertEqual((count, [(f.address, f.symbol) for f in found]),
                         (4, [(8, "g"), (16, "g+0x8")]))
        raw = next(p.data for p in parts if p.data)
        count, found = scan.scan(scan.read_raw(raw + b"\0\0", 0x80000))
        self.assertEqual((count, [(f.address, f.symbol) for f in found]),
                         (5, [(0x80004, ""), (0x80008, ""), (0x80010, "")]))

    def test_command(self):
        """@test TC_SCN_004 @verifies CFG_SCN_001 SYR_UI_003 @technique table @level unit
        Exit codes, text and JSON; files that are no image."""
        data, _ = made("g: nop\n ldp x0,x1,[x2]\n", "e.S")
        clean, _ = made("g: nop\n ret\n", "n.S")
        with tempfile.TemporaryDirectory() as folder:
            image, good, none = (Path(folder) / n for n in ("image.elf", "good.elf", "none"))
            image.write_bytes(data)
            good.write_bytes(clean)
            code, out, _ = command(image)
            self.assertEqual(code, 0)
            self.assertEqual(out, "0x4  a9400440  pair       g+0x4\n"
                                  "1 of 2 instructions access memory without a syndrome\n")
            self.assertEqual(command(image, "--strict")[0], 1)
            self.assertEqual(command(good, "--elf", "--strict")[0], 0)
            code, out, _ = command(image, "--json", "--strict")
            self.assertEqual((code, json.loads(out)["found"]), (1, [
                {"address": 4, "word": 0xa9400440, "class": "pair", "symbol": "g+0x4"}]))
            self.assertEqual(command(none)[0], 2)
            self.assertEqual(command(image, "--base", "nonsense")[0], 2)
            for bad in (b"\x7fELF", b"\x7fELF\x02\x01" + bytes(60), clean[:70], data[:200],
                        clean[:18] + b"\x3e\0" + clean[20:]):
                good.write_bytes(bad)
                code, _, err = command(good)
                self.assertEqual(code, 2, bad[:8])
                self.assertIn("cannot be scanned", err)
            good.write_bytes(b"\0")
            self.assertEqual(command(good, "--base", "0")[0], 2)


if __name__ == "__main__":
    unittest.main()
