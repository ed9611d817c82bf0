# SPDX-License-Identifier: Apache-2.0
"""A plan blob as bytes with names: change one field, make the checksum right again or not. The layout
is that of src/abi/plan.h."""

import dataclasses
import struct
import subprocess
import zlib

import built
from qemu import REPO, in_tool_root

BYTES = 6752
CRC_AT = BYTES - 4
CELL_AT, CELL_BYTES = 112, 176
REGION_AT, REGION_BYTES = 1520, 32
HEADER = {"magic": (0, 8), "version": (8, 4), "size": (12, 4), "board": (16, 4), "flags": (20, 4),
          "n_cells": (24, 4), "n_regions": (28, 4), "n_cpus": (32, 4), "status_n": (36, 4),
          "status_ppn": (40, 8)}
CELL = {"name": (0, 16), "first": (16, 4), "count": (20, 4), "cpus": (24, 4), "flags": (28, 4),
        "entry": (32, 8), "comm": (40, 8), "irqs": (48, 128)}
POLICY_AT, POLICY_BYTES = 5616, 52
POLICY = {"locks": (0, 4), "grants": (4, 4), "digest": (8, 32), "error_irq": (48, 4)}
REGION = {"ppn": (0, 8), "ipn": (8, 4), "n": (12, 4), "own": (16, 4), "flags": (20, 4),
          "share": (24, 4), "root": (28, 4)}


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of the blob: its name, where, how long."""
    name: str
    at: int
    size: int


def header(name):
    return Field(name, *HEADER[name])


def mpidr(i):
    return Field(f"mpidr[{i}]", 48 + i * 8, 8)


def cell(i, name):
    at, size = CELL[name]
    return Field(f"cell[{i}].{name}", CELL_AT + i * CELL_BYTES + at, size)


def region(i, name):
    at, size = REGION[name]
    return Field(f"region[{i}].{name}", REGION_AT + i * REGION_BYTES + at, size)


def policy(i, name):
    at, size = POLICY[name]
    return Field(f"policy[{i}].{name}", POLICY_AT + i * POLICY_BYTES + at, size)


def get(blob, field):
    return int.from_bytes(blob[field.at:field.at + min(field.size, 8)], "little")


def put(blob, field, value):
    out = bytearray(blob)
    size = min(field.size, 8)
    out[field.at:field.at + size] = value.to_bytes(size, "little")
    return bytes(out)


def flip(blob, at, bit):
    out = bytearray(blob)
    out[at] ^= 1 << bit
    return bytes(out)


def seal(blob):
    """The same with a right checksum."""
    return blob[:CRC_AT] + struct.pack("<I", zlib.crc32(blob[:CRC_AT]))


def verdict(path):
    """What plan_check() on the host says: "ok", or the ID as Exxxx."""
    done = subprocess.run([str(built.need(built.JUDGE)), str(path)],
                          stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.split()[0].rstrip(":") if done.stdout else f"exit {done.returncode}"


def compile_plan(source, out):
    """A plan of verification/system/plans, by the shipped compiler."""
    out.parent.mkdir(parents=True, exist_ok=True)
    program = REPO / "src/plan/bulkhead-plan"
    done = subprocess.run(in_tool_root("env", f"BULKHEAD_PLAN_JUDGE={built.need(built.JUDGE)}",
                                       str(program), "build", str(source), "-o", str(out)),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise built.MissingError(f"{source.name}: {done.stdout.strip()}")
    return out
