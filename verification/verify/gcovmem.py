# SPDX-License-Identifier: Apache-2.0
"""Read GCC 14's coverage counters out of a memory dump and add them to the .gcda files (tool root).

usage: gcovmem.py IMAGE.elf DUMP BASE OBJECTS      BASE: physical address of the dump's first byte
                                                   OBJECTS: folder with the .gcno files

Nothing runs on the target for this: GCC leaves one record per object in the section .gcov_info
(-fprofile-info-section), and this program walks from there. The records' layout is that of one
compiler release; the version word is checked and everything else must fit, or the run fails.
"""
import struct
import subprocess
import sys
from pathlib import Path

from elftools.elf.elffile import ELFFile

VERSIONS = {0x4234322A: "14.2"}     # "B42*"
COUNTERS = 9                        # kinds of counters of that release; conditions are the last
DATA, NOTE, NAME = 0x67636461, 0x67636E6F, 0x6763666E
TAG_FUNCTION, TAG_COUNTER = 0x01000000, 0x01A10000


class Failure(Exception):
    """The dump does not hold what it should."""


class Dump:
    """A piece of the target's memory."""

    def __init__(self, path, base):
        self.data, self.base = Path(path).read_bytes(), base

    def words(self, address, layout):
        """Little-endian values at an address."""
        offset, size = address - self.base, struct.calcsize("<" + layout)
        if offset < 0 or offset + size > len(self.data):
            raise Failure(f"address {address:#x} lies outside the dump")
        return struct.unpack_from("<" + layout, self.data, offset)

    def pointers(self, address, count):
        """A run of pointers."""
        return self.words(address, f"{count}Q")


def symbols(path):
    """Addresses of the section's two ends."""
    with open(path, "rb") as handle:
        table = ELFFile(handle).get_section_by_name(".symtab")
        found = {s.name: s["st_value"] for s in table.iter_symbols()
                 if s.name in ("__gcov_info_start", "__gcov_info_end")}
    if len(found) != 2:
        raise Failure("the image has no __gcov_info_start and __gcov_info_end")
    return found["__gcov_info_start"], found["__gcov_info_end"]


def notes(folder):
    """{stamp: path} of the .gcno files."""
    found = {}
    for path in sorted(Path(folder).rglob("*.gcno")):
        magic, version, stamp = struct.unpack_from("<III", path.read_bytes())
        if magic != NOTE or version not in VERSIONS:
            raise Failure(f"{path.name}: not a note file of a known compiler ({version:#x})")
        if stamp in found:
            raise Failure(f"{path.name} and {found[stamp].name} carry one stamp")
        found[stamp] = path
    if not found:
        raise Failure(f"no .gcno file in {folder}")
    return found


def counters_of(dump, place, kinds):
    """Counter records of one function: count and address of each kind in use."""
    out = b""
    for kind in kinds:
        count, _, values = dump.words(place, "IIQ")
        place += 16
        numbers = dump.words(values, f"{count}q") if count else ()
        tag = TAG_COUNTER + (kind << 17)
        if any(numbers):
            out += struct.pack(f"<Ii{count}q", tag, 8 * count, *numbers)
        else:
            out += struct.pack("<Ii", tag, -8 * count)
    return out


def functions_of(dump, record, count, table, kinds):
    """Records of all functions of one object; how many have run."""
    out = b""
    for place in dump.pointers(table, count):
        key, ident, lines, cfg = dump.words(place, "QIII")
        if key != record:               # not the copy of a shared function that was kept
            out += struct.pack("<II", TAG_FUNCTION, 0)
            continue
        out += struct.pack("<IIIII", TAG_FUNCTION, 12, ident, lines, cfg)
        out += counters_of(dump, place + 24, kinds)
    return out


def stream(dump, start, end, known):
    """The stream for gcov-tool: for each object its data file's name and its counters."""
    if end <= start or (end - start) % 8:
        raise Failure("the section .gcov_info is empty")
    out, seen = b"", 0
    for record in dump.pointers(start, (end - start) // 8):
        version, _, _, stamp, checksum = dump.words(record, "IIQII")
        if version not in VERSIONS:
            raise Failure(f"counters of an unknown compiler: version word {version:#x}")
        merge = dump.pointers(record + 32, COUNTERS)
        kinds = [k for k in range(COUNTERS) if merge[k]]
        count, _, table = dump.words(record + 32 + 8 * COUNTERS, "IIQ")
        if stamp not in known:
            raise Failure(f"no .gcno file has the stamp {stamp:#x}; stale build?")
        name = str(known[stamp].with_suffix(".gcda")).encode() + b"\0"
        out += struct.pack("<III", NAME, version, len(name)) + name
        out += struct.pack("<IIII", DATA, version, stamp, checksum)
        out += functions_of(dump, record, count, table, kinds) + struct.pack("<I", 0)
        seen += 1
    return out, seen


def main():
    """One dump."""
    elf, path, base, folder = sys.argv[1], sys.argv[2], int(sys.argv[3], 0), sys.argv[4]
    try:
        data, seen = stream(Dump(path, base), *symbols(elf), notes(folder))
    except Failure as failure:
        print(f"gcovmem: {failure}")
        return 1
    done = subprocess.run(["aarch64-linux-gnu-gcov-tool", "merge-stream"], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(done.stdout.decode(errors="replace"), end="")
    print(f"gcovmem: counters of {seen} objects added")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
