# SPDX-License-Identifier: Apache-2.0
"""Churn: cells come and go while a bystander meets every one of its deadlines, and nothing of the
kernel's is used up. BULKHEAD_NIGHTLY=1: a hundred times as long."""

import os
import struct
import zlib

import built
import planblob as pb
import status
from cases import Wrong, case, demand, equal
from cases_attempt import kernel_code
from cases_plan import scratch
from direct import COMM, OTHER, ROOT, RT

PLAN = built.REPO / "verification/system/plans/direct-churn.toml"
THIRD = 4
BEATS, ROUNDS = (1_000_000, 1_000) if os.environ.get("BULKHEAD_NIGHTLY") else (10_000, 10)
STEP = 500
# One counter tick is one instruction, and a millisecond is a million.
CPU = "cortex-a57,cntfrq=1000000000"
PERIOD = 1_000_000
COPIES = {OTHER: (0x50090000, "rt-52000000"), THIRD: (0x500A0000, "rt-54000000")}
POOLS, POOL_BYTES = 8, 131072
DONE, WRONG, PACE, LATE = 0, 1, 2, 4
TAGS = ("SYR_CPU_001", "SYR_SPA_003", "SYR_PLN_003", "SYR_IRQ_003", "SWR_CEL_001", "SWR_CEL_004",
        "SWR_CEL_005", "SWR_CEL_006", "SWR_MAP_002")


def reserved(cell, number):
    return COMM[cell] + 72 + 8 * number


def pools(d):
    """Tables in use of each pool."""
    return struct.unpack("<8H", d.read(d.symbols["s2_used"], 2 * POOLS))


def contents(d, used):
    """Checksum of the tables in use."""
    base = d.word(d.symbols["s2_base"])
    return [zlib.crc32(d.read(base + p * POOL_BYTES, used[p] * 4096)) for p in range(POOLS)]


def opened(fresh, bystander):
    images = {ROOT: "churn-50000000", RT: bystander, OTHER: "rt-52000000", THIRD: "rt-54000000"}
    d = fresh.open("churn", pb.compile_plan(PLAN, scratch("churn")), images=images, cpu=CPU)
    try:
        for address, name in COPIES.values():
            data = built.need(built.INMATES / f"{name}.bin").read_bytes()
            d.write(address, struct.pack("<Q", len(data)) + data)
        d.up(cells=(ROOT, RT, OTHER))
    except BaseException:
        d.close()
        raise
    return d


def begin(d, which, rounds, pace):
    d.write(reserved(ROOT, DONE), bytes(16))
    d.write(reserved(ROOT, PACE), struct.pack("<Q", pace))
    d.command(ROOT, sum(1 << cell for cell in which), rounds)


def finish(d, rounds, ticks):
    """Go on for so many ticks of the bystander, and until all rounds are done."""
    first = d.comm(RT).ticks
    while d.comm(RT).ticks - first < ticks or not d.comm(ROOT).result & status.DONE:
        d.ticks(STEP)
        wrong = d.word(reserved(ROOT, WRONG))
        demand(wrong == 0, f"hypercall {wrong >> 40} for cell {wrong >> 32 & 0xFF}: {wrong & 0xFFFFFFFF:#x}")
        demand(d.comm(RT).ticks - first < 2 * ticks + 100 * STEP, "the rounds do not end")
    equal(d.word(reserved(ROOT, DONE)), rounds, "rounds done")
    return d.comm(RT).ticks - first


def deadlines_met(d, first, ticks):
    """No gap: none of the deadlines passed before the handler of the one before it began."""
    comm = d.comm(RT)
    equal(d.word(reserved(RT, LATE)), 0, "deadlines missed by the bystander")
    equal((comm.ticks, comm.heartbeat), (first + ticks, first + ticks), "ticks and heartbeats")
    demand(comm.jitter_max < PERIOD, f"a deadline was met {comm.jitter_max} instructions late")
    return comm


def churn(fresh, which, bystander="rt-51000000", rounds=ROUNDS, ticks=BEATS):
    with opened(fresh, bystander) as d:
        begin(d, which, 1, 0)
        finish(d, 1, STEP)
        used, code = pools(d), kernel_code(d)
        tables, starts, first = contents(d, used), d.status().cells, d.comm(RT).ticks
        begin(d, which, rounds, ticks // rounds)
        ran = finish(d, rounds, ticks)
        comm = deadlines_met(d, first, ran)
        equal(pools(d), used, "tables in use of each pool")
        equal(contents(d, used), tables, "tables")
        equal(kernel_code(d), code, "kernel memory")
        for cell in which:
            equal(d.status().cells[cell][1], starts[cell][1] + rounds, f"starts of cell {cell}")
        for cell in (RT, OTHER, THIRD):
            equal(d.status().state(cell), "RUNNING", f"state of cell {cell}")
        return (f"{rounds * len(which)} life cycles, {ran} heartbeats, 0 lost, latest {comm.jitter_max} "
                f"instructions; tables in use {'/'.join(map(str, used))} before and after")


for _number, _which in ((230, (OTHER,)), (231, (OTHER, THIRD))):
    def _churn(fresh, which=_which):
        return churn(fresh, which)
    case(_number, f"churn: {len(_which)} cell{'s' if len(_which) > 1 else ''} beside a bystander that "
         "meets every deadline; pools end as they began", TAGS, "fresh")(_churn)


@case(232, "churn: the same check is red for a bystander that misses a deadline", TAGS, "fresh")
def seeded(fresh):
    try:
        churn(fresh, (OTHER,), "rtlate-51000000", 2, 10_500)
    except Wrong as red:
        demand("deadlines missed" in str(red), f"red for another reason: {red}")
        return f"red: {red}"
    raise Wrong("the missed deadline was not noticed")
