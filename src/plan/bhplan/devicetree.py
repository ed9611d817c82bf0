# SPDX-License-Identifier: Apache-2.0
"""The device tree that root's operating system gets at direct boot: the machine's own, without what
the plan gives to others."""
from __future__ import annotations

import struct
from dataclasses import dataclass

from .decode import Contents
from .fdt import Node, Tree, TreeError

KERNEL, ROOT = 0, 1
BLOCK = 2 << 20  #: memory is named in blocks of this size: whole entries of the page tables
SMMU = ("arm,smmu-v3", "arm,mmu-500", "arm,smmu-v1", "arm,smmu-v2")
PSCI = ("arm,psci-1.0", "arm,psci-0.2")
VIEW = ("iommu-map", "iommu-map-mask", "iommus")
LIVE = struct.Struct(">2Q")


@dataclass(frozen=True)
class Initrd:
    """Where firmware puts the initial file system."""

    base: int
    size: int


def fit(tree: Tree, plan: Contents, arguments: str, initrd: Initrd | None) -> None:
    """Change the machine's tree to that of root. Raises TreeError.

    @req CFG_TOOL_027
    """
    if tree.root.number("#address-cells", 2) != 2 or tree.root.number("#size-cells", 1) != 2:
        raise TreeError("addresses and sizes of its root node are not two cells each")
    _memory(tree, plan)
    _cpus(tree, plan)
    _psci(tree)
    _devices(tree.root, plan)
    _chosen(tree, plan, arguments, initrd)
    tree.root.children = [n for n in tree.root.children if n.name != "hypervisor"]
    kernel = Node("hypervisor")
    kernel.set_strings("compatible", "bulkhead,kernel")
    tree.root.children.append(kernel)


# -- memory ----------------------------------------------------------------------------------------

def root_memory(plan: Contents, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of the machine's memory, what is root's whichever cells live, in whole blocks."""
    wanted = [(p.start, p.stop) for p in plan.pieces
              if p.owner == ROOT and "w" in p.rights and "d" not in p.rights and p.start == p.guest]
    taken = [(p.start, p.stop) for p in plan.pieces if p.owner != ROOT] + [plan.status]
    found = []
    for low, high in sorted(_both(wanted, ranges)):
        found += _without(low, high, sorted(taken))
    blocks = [((low + BLOCK - 1) // BLOCK * BLOCK, high // BLOCK * BLOCK) for low, high in found]
    return [(low, high) for low, high in blocks if low < high]


def _both(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(max(a, c), min(b, d)) for a, b in one for c, d in two if max(a, c) < min(b, d)]


def _without(low: int, high: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    left = []
    for start, stop in taken:
        if low < start < high:
            left.append((low, start))
        if start < high and stop > low:
            low = max(low, stop)
    return left + ([(low, high)] if low < high else [])


def _memory(tree: Tree, plan: Contents) -> None:
    """Memory of the kernel and of cells is none of Linux: not even mapped, so never speculated on."""
    nodes = [n for n in tree.root.children if n.strings("device_type") == ["memory"]]
    ranges = [(base, base + size) for node in nodes for base, size in
              LIVE.iter_unpack(node.props.get("reg", b""))]
    left = root_memory(plan, ranges)
    if not left:
        raise TreeError("it leaves no memory to root")
    for node in nodes:
        tree.root.children.remove(node)
    node = Node(f"memory@{left[0][0]:x}")
    node.set_strings("device_type", "memory")
    node.props["reg"] = b"".join(LIVE.pack(low, high - low) for low, high in left)
    tree.root.children.append(node)


# -- CPUs ------------------------------------------------------------------------------------------

def _living(plan: Contents) -> list[int]:
    """The cells which are there when root starts."""
    return [i for i, party in enumerate(plan.parties) if i > ROOT and party.autostart]


def busy_cpus(plan: Contents) -> list[int]:
    """CPUs which other cells have when root starts."""
    bits = 0
    for cell in _living(plan):
        bits |= plan.parties[cell].cpus
    return [i for i in range(len(plan.mpidr)) if bits >> i & 1]


def _cpus(tree: Tree, plan: Contents) -> None:
    """CPUs that are not root's go; one that a cell has is marked as quiescent, for it may come back
    to root when the cell is destroyed."""
    cpus = tree.root.child("cpus")
    known, busy = set(), {plan.mpidr[i] for i in busy_cpus(plan)}
    mine = {m for i, m in enumerate(plan.mpidr) if plan.parties[ROOT].cpus >> i & 1}
    for node in [n for n in cpus.children if n.strings("device_type") == ["cpu"]]:
        mpidr = int.from_bytes(node.props.get("reg", b""), "big")
        known.add(mpidr)
        if mpidr not in mine:
            cpus.children.remove(node)
        elif node.strings("enable-method") not in (["psci"], []):
            raise TreeError(f"node '{node.name}' is not started by PSCI")
        else:
            node.set_strings("enable-method", "psci")
            if mpidr in busy:
                node.set_strings("status", "disabled")
    if not set(plan.mpidr) <= known:
        raise TreeError("it lacks a CPU of the plan")
    cpus.children = [n for n in cpus.children if n.name != "cpu-map"]


def _psci(tree: Tree) -> None:
    """The kernel answers PSCI by SMC."""
    node = tree.root.child("psci")
    if not set(node.strings("compatible")) & set(PSCI):
        raise TreeError("its PSCI is older than 0.2")
    node.set_strings("method", "smc")


# -- devices ---------------------------------------------------------------------------------------

def _devices(root: Node, plan: Contents) -> None:
    """Devices of living cells and every SMMU are not for Linux to touch."""
    living = _living(plan)
    foreign = [(p.start, p.stop) for p in plan.pieces if p.owner in living]
    panes = {low >> 12 for low in (p.start for p in plan.panes)}
    own = [(p.start, p.stop) for p in plan.panes if p.owner == ROOT]
    for node in root.children:
        base = node.props.get("reg", b"")[:8]
        at = int.from_bytes(base, "big")
        taken = len(base) == 8 and any(low <= at < high for low, high in foreign)
        if len(base) == 8 and at >> 12 in panes:  # a page with windows: what root has none of is not its own
            taken = not any(low <= at < high for low, high in own)
        if taken or set(node.strings("compatible")) & set(SMMU):
            node.set_strings("status", "disabled")
    for node in root.walk():
        for key in VIEW:
            node.props.pop(key, None)


# -- what is chosen --------------------------------------------------------------------------------

def _last(plan: Contents, busy: list[int]) -> bool:
    """These CPUs are the last ones of root."""
    mine = [i for i in range(len(plan.mpidr)) if plan.parties[ROOT].cpus >> i & 1]
    return bool(busy) and mine[-len(busy):] == busy


def _chosen(tree: Tree, plan: Contents, arguments: str, initrd: Initrd | None) -> None:
    """Arguments of Linux; it need not try CPUs which it will not get, if it can be told so."""
    chosen = tree.root.child("chosen")
    busy = busy_cpus(plan)
    count = bin(plan.parties[ROOT].cpus).count("1") - len(busy)
    if _last(plan, busy) and "maxcpus=" not in arguments:
        arguments = f"{arguments} maxcpus={count}".strip()
    chosen.set_strings("bootargs", arguments)
    for key in ("linux,initrd-start", "linux,initrd-end"):
        chosen.props.pop(key, None)
    if initrd is not None:
        chosen.props["linux,initrd-start"] = initrd.base.to_bytes(8, "big")
        chosen.props["linux,initrd-end"] = (initrd.base + initrd.size).to_bytes(8, "big")
