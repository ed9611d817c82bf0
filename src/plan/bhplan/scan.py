# SPDX-License-Identifier: Apache-2.0
"""Instructions whose access the kernel cannot emulate: after a trap the syndrome register does not tell
what they wanted (ESR_EL2.ISS.ISV = 0). The decoder knows the loads and stores of A64 and nothing else."""
from __future__ import annotations

import bisect
import dataclasses
import struct

EXECUTABLE = 4           # SHF_EXECINSTR
PROGBITS, SYMTAB = 1, 2
AARCH64 = 183
NAMED = (0, 1, 2)        # symbols without type, objects, functions


class ImageError(Exception):
    """Not an image that can be scanned."""


@dataclasses.dataclass(frozen=True)
class Found:
    """An instruction without syndrome."""
    address: int
    word: int
    kind: str
    symbol: str


@dataclasses.dataclass
class Code:
    """A stretch of code, and what is known of its addresses."""
    address: int
    data: bytes
    symbols: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    marks: list[tuple[int, bool]] = dataclasses.field(default_factory=list)  # from here on: data?


def single(word: int) -> str | None:
    """Loads and stores of one register: bits 29:28 are 11."""
    if word >> 24 & 1:
        return None                          # unsigned offset
    form = word >> 10 & 3
    if word >> 21 & 1:
        if form == 0:                        # an atomic, or LDAPR
            return None if word & 0x3FFFFC00 == 0x38BFC000 else "atomic"
        return "writeback" if form == 3 else None   # LDRAA and LDRAB, or an offset in a register
    return "writeback" if form & 1 else None


def exclusive(word: int) -> str | None:
    """Bits 29:28 are 00, no vector: exclusives, compare and swap, acquire and release."""
    if word >> 24 & 1:
        return "atomic"                      # the later compare-and-swap and swap instructions
    if word >> 23 & 1:                       # ordered, or compare and swap
        return "atomic" if word >> 21 & 1 else None
    swap_of_pairs = word >> 21 & 1 and not word >> 31   # CASP
    return "atomic" if swap_of_pairs else "exclusive"


def other(word: int) -> str | None:
    """Bits 29:28 are 01: literals, tags, copies, acquire and release with an offset."""
    if not word >> 24 & 1:
        return None
    if word >> 21 & 1:
        return "tag" if word >> 30 == 3 else "atomic"
    form = word >> 10 & 3
    if form == 0:
        return None                          # LDAPUR, STLUR
    return "copy" if form == 1 else "writeback"


def kind_of(word: int) -> str | None:
    """Why the access of an instruction has no syndrome; None: it has, or there is no access."""
    if word & 0xFFFFFFE0 in (0xD50B7420, 0xD50B7460, 0xD50B7480):
        return "cache"                       # DC ZVA, DC GVA, DC GZVA
    if word >> 31 and word >> 25 & 15 in (0, 2):
        return "vector" if word >> 25 & 15 == 2 or word >> 29 == 7 else None
    if word & 0x0A000000 != 0x08000000:
        return None
    if word >> 26 & 1:
        return "vector"
    group = word >> 28 & 3
    if group == 2:
        return "pair"
    return {0: exclusive, 1: other, 3: single}[group](word)


def is_data(code: Code, address: int) -> bool:
    """Whether a mark of the compiler says that no instruction is there."""
    at = bisect.bisect_right(code.marks, (address, True)) - 1
    return at >= 0 and code.marks[at][1]


def symbol_at(code: Code, address: int) -> str:
    """NAME+OFFSET, or nothing."""
    at = bisect.bisect_right(code.symbols, (address, "\U0010FFFF")) - 1
    if at < 0:
        return ""
    start, name = code.symbols[at]
    return name if start == address else f"{name}+{address - start:#x}"


def scan(parts: list[Code]) -> tuple[int, list[Found]]:
    """(words looked at, what was found) of all stretches.

    @req CFG_SCN_001
    """
    count, found = 0, []
    for code in parts:
        for at in range(0, len(code.data) - 3, 4):
            address = code.address + at
            if is_data(code, address):
                continue
            count += 1
            word = struct.unpack_from("<I", code.data, at)[0]
            kind = kind_of(word)
            if kind:
                found.append(Found(address, word, kind, symbol_at(code, address)))
    return count, found


def _symbols(data: bytes, sections: list[tuple]) -> list[tuple[int, int, str]]:
    """(section, address, name) of an ELF file."""
    out = []
    for _, kind, _, _, offset, size, link, _, _, _ in sections:
        if kind != SYMTAB:
            continue
        names = sections[link][4]
        for at in range(offset, offset + size, 24):
            name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            end = data.index(b"\0", names + name)
            text = data[names + name:end].decode("utf-8", "replace")
            if text and info & 15 in NAMED:
                out.append((section, value, text))
    return out


def read_elf(data: bytes) -> list[Code]:
    """The executable sections of an ELF file. Raises ImageError."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ImageError("not a 64-bit little-endian ELF file")
    try:
        if struct.unpack_from("<H", data, 18)[0] != AARCH64:
            raise ImageError("not an ELF file for AArch64")
        table, = struct.unpack_from("<Q", data, 40)
        entry, many = struct.unpack_from("<HH", data, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + k * entry)
                    for k in range(many)]
        symbols = _symbols(data, sections)
    except (struct.error, IndexError, ValueError) as err:
        raise ImageError(f"damaged ELF file ({err})") from err
    parts = []
    for index, (_, kind, flags, address, offset, size, *_) in enumerate(sections):
        if kind == PROGBITS and flags & EXECUTABLE:
            own = sorted((v, n) for s, v, n in symbols if s == index)
            parts.append(Code(address, data[offset:offset + size],
                              [(v, n) for v, n in own if n[0] != "$"],
                              [(v, n[1] == "d") for v, n in own if n[:2] in ("$d", "$x")]))
    if not parts:
        raise ImageError("no code in it")
    return parts


def read_raw(data: bytes, base: int) -> list[Code]:
    """A raw image, which starts at this address. What of it is data cannot be known."""
    if len(data) < 4:
        raise ImageError("too short to hold an instruction")
    return [Code(base, data)]
