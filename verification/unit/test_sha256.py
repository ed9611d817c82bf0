# SPDX-License-Identifier: Apache-2.0
"""SHA-256 of the kernel against Python's hashlib: random messages of every length."""
import hashlib
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
DRIVER = """
#include "core/sha256.h"
#include <stdio.h>

static uint32_t words[65536];

int main(void)
{
    uint32_t n;

    while (scanf("%u", &n) == 1) {
        uint32_t i = 0U;

        for (uint32_t k = 0U; k < n; k++) {
            if (scanf("%x", &words[k]) != 1) {
                return 1;
            }
        }
        sha256_start();
        for (; i + 16U <= n; i += 16U) {
            sha256_block(&words[i]);
        }
        sha256_end(&words[i], n - i);
        for (i = 0U; i < 8U; i++) {
            printf("%08x", sha256_h[i]);
        }
        printf("\\n");
    }
    return 0;
}
"""


def digests(messages):
    """The kernel's digests of byte strings whose lengths are multiples of 4."""
    root = REPO / "build/tools/root/usr/bin/gcc"
    prefix = [str(REPO / "verification/toolroot/run")] if root.exists() else []
    if not prefix and shutil.which("gcc") is None:
        raise AssertionError("no C compiler: run make setup, or install gcc")
    lines = []
    for message in messages:
        words = struct.unpack(f">{len(message) // 4}I", message)
        lines.append(" ".join([str(len(words)), *(f"{w:x}" for w in words)]))
    (REPO / "build/tmp").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=REPO / "build/tmp") as folder:
        (Path(folder) / "driver.c").write_text(DRIVER)
        program = Path(folder) / "driver"
        subprocess.run([*prefix, "gcc", "-std=c11", "-O2", "-Wall", "-Werror", "-I", str(REPO / "src"),
                        f"{folder}/driver.c", str(REPO / "src/core/sha256.c"), "-o", str(program)],
                       check=True, timeout=60)
        done = subprocess.run([*prefix, str(program)], input="\n".join(lines), check=True, timeout=120,
                              capture_output=True, text=True)
    return done.stdout.split()


class BackToBack(unittest.TestCase):
    """Two implementations, one answer."""

    def test_random_messages(self):
        """@test TC_SHA_005 @verifies SWR_SHA_001 SWR_SHA_002 @technique back-to-back @level unit"""
        source = random.Random(256)
        messages = [source.randbytes(4 * n) for n in [*range(200), 1023, 1024, 1025, 65536]]
        messages += [bytes([b]) * 4 * n for b in (0x00, 0x80, 0xFF) for n in range(40)]
        found = digests(messages)
        self.assertEqual(len(found), len(messages))
        for message, digest in zip(messages, found):
            self.assertEqual(digest, hashlib.sha256(message).hexdigest(), f"{len(message)} bytes")

    def test_one_bit_changes_the_digest(self):
        """@test TC_SHA_006 @verifies SWR_SHA_001 @technique seeded-fault @level unit"""
        page = bytearray(random.Random(4096).randbytes(4096))
        messages = [bytes(page)]
        for bit in range(0, 4096 * 8, 97):
            page[bit // 8] ^= 1 << (bit % 8)
            messages.append(bytes(page))
            page[bit // 8] ^= 1 << (bit % 8)
        self.assertEqual(len(set(digests(messages))), len(messages))


if __name__ == "__main__":
    unittest.main()
