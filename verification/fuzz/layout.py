# SPDX-License-Identifier: Apache-2.0
"""The plan blob as docs/spec/plan-blob.md lays it out: fields by name, so that neither generator nor
corpus knows an offset. A plan can be written as text: its fields that are not as usual.
"""
import base64
import json
import re
import struct
import zlib

import required

MASK = {"B": 0xff, "I": 0xffffffff, "Q": (1 << 64) - 1}
WIDTH = {"B": 1, "I": 4, "Q": 8}
ELEMENTS = {"name": "B", "mpidr": "Q"}  # of arrays; the others are of 4 bytes


def fields(rows):
    """{name: (offset, format)}; arrays as name0, name1, ..."""
    found = {}
    for offset, size, name, meaning in (r[:4] for r in rows):
        if " of `struct " in meaning:
            continue
        form = {"8": "Q", "4": "I"}.get(size) or ELEMENTS.get(name, "I")
        count = int(size) // WIDTH[form]
        for k in range(count):
            label = name if count == 1 else f"{name}{k}"
            found[label] = (int(offset) + k * WIDTH[form], form)
    return found


class Layout:
    """Tables of the specification."""

    def __init__(self, folder=required.SPEC):
        text = (folder / "plan-blob.md").read_text()
        parts = dict(re.findall(r"^## struct bh_(\w+)\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL))
        rows = {k: required.table(v, "offset", "bytes") for k, v in parts.items()}
        self.tables = {k: fields(v) for k, v in rows.items()}
        self.arrays = {}  # structure: (offset, size, count)
        for offset, size, _, meaning in (r[:4] for r in rows["plan"]):
            array = re.match(r"(\d+) of `struct bh_(\w+)`", meaning)
            if array:
                count = int(array[1])
                self.arrays[array[2]] = (int(offset), int(size) // count, count)
        meant = {r[2]: r[3] for r in rows["plan"]}
        self.size = int(meant["size"])
        self.usual = {"magic": int.from_bytes(meant["magic"].strip("`").encode(), "little"),
                      "version": int(re.search(r"\d+", meant["version"])[0]), "size": self.size}

    def base(self, kind, index=0):
        """Offset of the head ("plan") or of an element of an array."""
        if kind == "plan":
            return 0
        offset, size, _ = self.arrays[kind]
        return offset + size * index

    def places(self):
        """(kind, index) of every structure of a plan."""
        return [("plan", 0)] + [(k, i) for k, (_, _, n) in self.arrays.items() for i in range(n)]


LAYOUT = Layout()
SIZE = LAYOUT.size


def seal(raw):
    """With the checksum made right."""
    return raw[:SIZE - 4] + zlib.crc32(raw[:SIZE - 4]).to_bytes(4, "little")


class Draft:
    """A plan as it is being changed."""

    def __init__(self, raw=None):
        self.raw = bytearray(raw or bytes(SIZE))
        if raw is None:
            self.fill("plan", 0, **LAYOUT.usual)

    def get(self, kind, index, name):
        """Value of a field."""
        offset, form = LAYOUT.tables[kind][name]
        return struct.unpack_from("<" + form, self.raw, LAYOUT.base(kind, index) + offset)[0]

    def put(self, kind, index, name, value):
        """Write it, cut to its width."""
        offset, form = LAYOUT.tables[kind][name]
        struct.pack_into("<" + form, self.raw, LAYOUT.base(kind, index) + offset, value & MASK[form])

    def fill(self, kind, index, **values):
        """Write several fields by name."""
        for name, value in values.items():
            self.put(kind, index, name, value)

    def head(self, name):
        """A field of the head."""
        return self.get("plan", 0, name)

    def sealed(self):
        """The bytes, with the checksum made right."""
        return seal(bytes(self.raw))


def pack(raw):
    """A blob as one word: what is not usual in it, by name, compressed."""
    d, found = Draft(raw), {}
    for kind, index in LAYOUT.places():
        for name in LAYOUT.tables[kind]:
            value = d.get(kind, index, name)
            if kind == "plan" and name == "crc":
                value ^= int.from_bytes(d.sealed()[-4:], "little")
            if value != (LAYOUT.usual.get(name, 0) if kind == "plan" else 0):
                found.setdefault(f"{kind} {index}", {})[name] = value
    text = json.dumps(found, separators=(",", ":"))
    return "z:" + base64.b85encode(zlib.compress(text.encode(), 9)).decode()


def unpack(word):
    """The blob again; or from plain hex."""
    if not word.startswith("z:"):
        return bytes.fromhex(word)
    d, crc = Draft(), 0
    for place, values in json.loads(zlib.decompress(base64.b85decode(word[2:]))).items():
        kind, index = place.split()
        crc ^= values.pop("crc", 0) if kind == "plan" else 0
        d.fill(kind, int(index), **values)
    raw = bytearray(d.sealed())
    raw[-4:] = (int.from_bytes(raw[-4:], "little") ^ crc).to_bytes(4, "little")
    return bytes(raw)
