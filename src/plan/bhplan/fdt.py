# SPDX-License-Identifier: Apache-2.0
"""Flattened device trees (Devicetree Specification, chapter 5): read, change, write."""
from __future__ import annotations

import struct
from dataclasses import dataclass, field

MAGIC, VERSION, COMPATIBLE = 0xD00DFEED, 17, 16
BEGIN, END, PROP, NOP, FINISH = 1, 2, 3, 4, 9
HEAD = struct.Struct(">10I")
DEPTH_MAX = 32


class TreeError(Exception):
    """Bytes which are no device tree, or one that lacks what it must have."""


@dataclass
class Node:
    """A node: properties and children keep their order."""

    name: str
    props: dict[str, bytes] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)

    def walk(self):
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def child(self, name: str) -> "Node":
        """The child of a name. Raises TreeError."""
        for one in self.children:
            if one.name == name:
                return one
        raise TreeError(f"node '{self.name or '/'}' has no node '{name}'")

    def strings(self, key: str) -> list[str]:
        """A property that is a list of strings; empty if it is absent."""
        return [s.decode("ascii", "replace") for s in self.props.get(key, b"").split(b"\0") if s]

    def number(self, key: str, default: int) -> int:
        """A property of one cell."""
        value = self.props.get(key)
        return default if value is None or len(value) != 4 else int.from_bytes(value, "big")

    def set_strings(self, key: str, *values: str) -> None:
        """Write a list of strings."""
        self.props[key] = b"".join(v.encode() + b"\0" for v in values)


@dataclass
class Tree:
    """A tree with its memory reservations."""

    root: Node
    boot_cpu: int = 0
    reserved: list[tuple[int, int]] = field(default_factory=list)


def read(data: bytes) -> Tree:
    """Parse. Raises TreeError for all that is not well-formed."""
    try:
        return _read(data)
    except (struct.error, IndexError, ValueError, UnicodeDecodeError) as err:
        raise TreeError(f"damaged: {err}") from err


def _read(data: bytes) -> Tree:
    magic, total, at, strings, reserve, _, last, boot, n_strings, n_struct = HEAD.unpack_from(data)
    if magic != MAGIC:
        raise TreeError("it does not begin with the magic number of device trees")
    if last > COMPATIBLE or total > len(data):
        raise TreeError(f"version {last} or size {total} does not fit")
    tree = Tree(Node(""), boot)
    while struct.unpack_from(">2Q", data, reserve) != (0, 0):
        tree.reserved.append(struct.unpack_from(">2Q", data, reserve))
        reserve += 16
    words = _Words(data[at:at + n_struct], data[strings:strings + n_strings])
    words.expect(BEGIN)
    tree.root = words.node(0)
    words.expect(FINISH)
    return tree


class _Words:
    """The structure block, token by token."""

    def __init__(self, block: bytes, strings: bytes):
        self.block, self.strings, self.at = block, strings, 0

    def token(self) -> int:
        """The next token that says something."""
        while True:
            value = struct.unpack_from(">I", self.block, self.at)[0]
            self.at += 4
            if value != NOP:
                return value

    def expect(self, wanted: int) -> None:
        """The next token is this one."""
        found = self.token()
        if found != wanted:
            raise TreeError(f"token {found} where {wanted} is expected")

    def text(self, block: bytes, at: int) -> str:
        """The string at a place."""
        return block[at:block.index(b"\0", at)].decode("ascii")

    def skip(self, count: int) -> bytes:
        """Take bytes, and go on at the next word."""
        found = self.block[self.at:self.at + count]
        if len(found) != count:
            raise TreeError("it ends within a value")
        self.at += (count + 3) // 4 * 4
        return found

    def node(self, depth: int) -> Node:
        """The node whose BEGIN was taken."""
        if depth > DEPTH_MAX:
            raise TreeError("it is nested too deeply")
        node = Node(self.text(self.block, self.at))
        self.skip(len(node.name) + 1)
        while (token := self.token()) != END:
            if token == PROP:
                count, name = struct.unpack_from(">2I", self.block, self.at)
                self.at += 8
                node.props[self.text(self.strings, name)] = self.skip(count)
            elif token == BEGIN:
                node.children.append(self.node(depth + 1))
            else:
                raise TreeError(f"token {token} within node '{node.name}'")
        return node


def write(tree: Tree) -> bytes:
    """The bytes of a tree; the same tree gives the same bytes."""
    strings: dict[str, int] = {}
    block = bytearray()
    _node(tree.root, block, strings)
    block += struct.pack(">I", FINISH)
    names = b"".join(name.encode() + b"\0" for name in strings)
    reserve = b"".join(struct.pack(">2Q", *r) for r in [*tree.reserved, (0, 0)])
    at = HEAD.size + len(reserve)
    head = HEAD.pack(MAGIC, at + len(block) + len(names), at, at + len(block), HEAD.size, VERSION,
                     COMPATIBLE, tree.boot_cpu, len(names), len(block))
    return head + reserve + bytes(block) + names


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _node(node: Node, block: bytearray, strings: dict[str, int]) -> None:
    block += struct.pack(">I", BEGIN) + _padded(node.name.encode() + b"\0")
    for name, value in node.props.items():
        if name not in strings:
            strings[name] = sum(len(known) + 1 for known in strings)
        block += struct.pack(">3I", PROP, len(value), strings[name]) + _padded(value)
    for child in node.children:
        _node(child, block, strings)
    block += struct.pack(">I", END)
