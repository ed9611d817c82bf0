#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fault injection of the miniature: each bit of a record flipped; its checksum must notice."""
import json
import sys
import zlib

RECORD = b"a record of 16 b"
BITS = 128


def main():
    """All flips."""
    good = zlib.crc32(RECORD)
    cases = []
    for bit in range(BITS):
        data = bytearray(RECORD)
        data[bit // 8] ^= 1 << (bit % 8)
        seen = zlib.crc32(bytes(data)) != good
        cases.append({"id": f"FI_MINI_{bit:03d}", "title": f"bit {bit}", "detail": "",
                      "verifies": ["SYR_MIN_001"], "status": "pass" if seen else "fail"})
    failed = sum(c["status"] == "fail" for c in cases)
    with open(sys.argv[sys.argv.index("--json") + 1], "w", encoding="utf-8") as handle:
        json.dump({"cases": cases, "passed": len(cases) - failed, "failed": failed}, handle)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
