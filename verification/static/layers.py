# SPDX-License-Identifier: Apache-2.0
"""Layer gate: includes only go down, core knows no architecture, nothing includes in a circle."""
import os
import re

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]+([<\"])([^>\"]+)[>\"]", re.MULTILINE)
SYSTEM = {"stdint.h", "stdbool.h", "stddef.h", "stdalign.h", "limits.h"}
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|elif)\b(?!.*_H\b)(.*)$", re.MULTILINE)


def read_layers(ctx):
    """module -> (layer, place) from the lines `LAYER: module module ...` of src/core/layers.txt.

    Modules of one line are in order: a later one may include those before it.
    """
    text = ctx.need("src/core/layers.txt", "it names the layer of every module").read_text()
    layers = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        layer, names = line.split(":", 1)
        for place, name in enumerate(names.split()):
            layers[name] = (int(layer), place)
    return layers


def includes(repo, name):
    """[(system?, resolved path or None, text)] of one file."""
    found = []
    for quote, target in INCLUDE.findall((repo / name).read_text()):
        if quote == "<":
            found.append((True, None, target))
            continue
        for base in (os.path.dirname(name), "src", "src/abi", "src/core", "src/arch/aarch64",
                     "src/arch/host"):
            path = os.path.normpath(os.path.join(base, target))
            if (repo / path).is_file():
                found.append((False, path, target))
                break
        else:
            found.append((False, None, target))
    return found


def module(name):
    """`part` of src/core/part.h, `arch/cpu` of src/core/arch/cpu.h."""
    return os.path.splitext(os.path.relpath(name, "src/core"))[0]


def core_rules(name, path, layers):
    """What is wrong with core file `name` including `path`; None if nothing."""
    if path.startswith("src/abi/"):
        return None
    if name.startswith("src/core/arch/") and path.endswith(".acsl"):
        return None     # the architecture's own logic, found by the include path
    if not path.startswith("src/core/"):
        return f"core includes {path}; it may only include core, core/arch and abi"
    mine, other = module(name), module(path)
    if mine == other or mine + "_lemmas" == other or other.startswith("arch/"):
        return None
    if mine.startswith("arch/"):
        return f"an architecture contract includes the core module {other}"
    a, b = layers.get(mine.removesuffix("_lemmas")), layers.get(other.removesuffix("_lemmas"))
    if a is None or b is None:
        return None
    if b >= a:
        return f"module {mine} (layer {a[0]}) includes {other} (layer {b[0]}); only lower layers"
    return None


def arch_rules(name, path):
    """What is wrong with an arch, board or abi file including `path`."""
    if name.startswith("src/abi/") and not path.startswith("src/abi/"):
        return f"the ABI includes {path}; it stands alone"
    if name.startswith("src/arch/"):
        own = "/".join(name.split("/")[:3]) + "/"
        if path.startswith("src/arch/") and not path.startswith(own):
            return f"one architecture includes another: {path}"
    return None


def find_cycle(graph):
    """One circle of includes, as a list, or None."""
    state = {}

    def visit(node, trail):
        state[node] = 1
        for other in graph.get(node, ()):
            if state.get(other) == 1:
                return trail[trail.index(other):] + [other] if other in trail else [node, other]
            if other not in state:
                circle = visit(other, trail + [other])
                if circle:
                    return circle
        state[node] = 2
        return None

    for node in sorted(graph):
        if node not in state:
            circle = visit(node, [node])
            if circle:
                return circle
    return None


def check(ctx, result, names):
    """The layer gate."""
    layers = read_layers(ctx)
    sources = [n for n in names
               if re.match(r"src/(abi|core|arch|boards)/.*\.(c|h|acsl|S)$", n)]
    graph = {}
    for name in sources:
        bad, graph[name] = [], []
        for system, path, text in includes(ctx.repo, name):
            if system:
                hosted = name.startswith(("src/arch/host/", "src/abi/"))
                if text not in SYSTEM and not hosted:
                    bad.append(f"system header <{text}> in the kernel")
            elif path is None:
                bad.append(f'"{text}" is not found')
            else:
                graph[name].append(path)
                rule = core_rules(name, path, layers) if name.startswith("src/core/") \
                    else arch_rules(name, path)
                bad += [rule] if rule else []
        if name.startswith("src/core/") and name.endswith((".c", ".h")):
            bad += [f"conditional compilation (#{word}{rest})" for word, rest in
                    CONDITION.findall((ctx.repo / name).read_text())]
        result.check(not bad, f"{name}: {'; '.join(bad)}")
    modules = {module(n).removesuffix("_lemmas") for n in sources if n.startswith("src/core/")
               and "/arch/" not in n}
    result.check(not modules - layers.keys(), "src/core/layers.txt lacks "
                 + ", ".join(sorted(modules - layers.keys())))
    result.check(not layers.keys() - modules, "src/core/layers.txt names absent modules "
                 + ", ".join(sorted(layers.keys() - modules)))
    circle = find_cycle(graph)
    result.check(circle is None, f"includes in a circle: {' -> '.join(circle or [])}")
