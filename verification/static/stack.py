# SPDX-License-Identifier: Apache-2.0
"""Stack and call-graph gate, from the call-graph files (-fcallgraph-info=su) of the release build.

No recursion, no call through a pointer, every frame of fixed size, and the deepest chain of calls
with the assembly's frames fits the stack of a CPU.
"""
import re
from dataclasses import dataclass, field

import kernel

FILE = re.compile(r'label: "[^"]*?\\n([^":\\]+):\d+:\d+')  # where the function of a node is defined
UNIT = re.compile(r'"[^":]+\.ltrans\d+\.o:')  # a temporary name before a static function
NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
BYTES = re.compile(r"(\d+) bytes \(([^)]*)\)")


@dataclass
class Node:
    """A function with its frame and the functions it calls."""
    frame: int = 0
    known: bool = False
    kind: str = ""
    calls: set = field(default_factory=set)


def read_graph(files):
    """{function: Node} of all call-graph files; static functions carry their file's name."""
    graph = {}
    for path in files:
        text = UNIT.sub('"', path.read_text())
        local = {}
        for title, label in NODE.findall(text):
            size = BYTES.search(label)
            node = graph.setdefault(title, Node())
            if size:
                node.frame, node.kind, node.known = int(size.group(1)), size.group(2), True
            local[title] = node
        for source, target in EDGE.findall(text):
            graph.setdefault(source, Node()).calls.add(target)
            graph.setdefault(target, Node())
    return graph


def find_recursion(graph):
    """One circle of calls, or None."""
    state = {}

    def visit(name, trail):
        state[name] = 1
        for other in sorted(graph[name].calls):
            if state.get(other) == 1:
                return trail[trail.index(other):] + [other]
            if other not in state:
                circle = visit(other, trail + [other])
                if circle:
                    return circle
        state[name] = 2
        return None

    for name in sorted(graph):
        if name not in state:
            circle = visit(name, [name])
            if circle:
                return circle
    return None


def deepest(graph, name, memo):
    """(bytes, chain) of the deepest chain of calls from a function."""
    if name not in memo:
        memo[name] = (0, [])
        best = max((deepest(graph, other, memo) for other in sorted(graph[name].calls)),
                   key=lambda pair: pair[0], default=(0, []))
        memo[name] = (graph[name].frame + best[0], [name] + best[1])
    return memo[name]


def number_of(ctx, k, macro):
    """Value of a macro of the kernel's headers, or None."""
    pattern = re.compile(rf"^[ \t]*#define[ \t]+{macro}[ \t]+\(?(0x[0-9A-Fa-f]+|\d+)", re.MULTILINE)
    for name in k.files("headers", "assembly"):
        match = pattern.search((ctx.repo / name).read_text())
        if match:
            return int(match.group(1), 0)
    return None


def check(ctx, result, folder):
    """The gate over one build folder."""
    k = kernel.Kernel(ctx.repo)
    files = sorted(folder.rglob("*.ci"))
    sources = k.files("kernel")
    result.check(len(files) > 0, "the release build left no call-graph files (*.ci): it must "
                                 "compile with -fstack-usage -fcallgraph-info=su")
    named = {n for p in files for n in re.findall(r'^graph: \{ title: "([^"]+)"', p.read_text())}
    # One graph for all files that are optimized as one unit: they are told by its nodes.
    named |= {n for p in files for n in FILE.findall(p.read_text())}
    lost = [s for s in sources if s not in named]
    result.check(not lost, f"no call-graph file for {', '.join(lost)}")
    graph = read_graph(files)
    check_graph(ctx, result, k, graph)


def check_graph(ctx, result, k, graph):
    """Recursion, pointers, frames and depth."""
    result.check("__indirect_call" not in graph, "a call through a pointer: " + ", ".join(
        n for n, node in graph.items() if "__indirect_call" in node.calls))
    moving = [n for n, node in graph.items() if node.known and node.kind != "static"]
    result.check(not moving, f"frames without fixed size: {', '.join(moving)}")
    circle = find_recursion(graph)
    result.check(circle is None, f"recursion: {' -> '.join(circle or [])}")
    if circle:
        return
    memo = {}
    most, chain = max((deepest(graph, name, memo) for name in graph), default=(0, []),
                      key=lambda pair: pair[0])
    rules = k.data["stack"]
    frame, size = number_of(ctx, k, rules["frame_macro"]), number_of(ctx, k, rules["size_macro"])
    if result.check(size is not None and frame is not None, f"{rules['size_macro']} or "
                    f"{rules['frame_macro']} is not defined in any header"):
        frame *= rules["frames"]
        result.check(most + frame <= size, f"stack: {most} + {frame} bytes needed, {size} there: "
                                           f"{' -> '.join(chain)}")
    result.data["stack"] = {"c": most, "assembly": frame, "size": size, "chain": chain,
                            "frames": {n: node.frame for n, node in graph.items() if node.known}}
    result.note(f"stack: {most} bytes in C + {frame} in assembly of {size}: {' -> '.join(chain)}")
