# SPDX-License-Identifier: Apache-2.0
"""Bound gate: every loop has a greatest number of turns, every entry a greatest number of instructions.

Turns come from the loop's variant, which WP proves, and bounds.toml. Instructions come from the image: its
machine code is divided into loops; a loop turns as often as the loop of the source in whose lines its
instructions stand (line table, inlined calls followed); what it calls is added. An upper bound by
structure: branches are not told apart, every loop turns its full number. Waits that end by time count one
turn and are listed apart. The assembly around an entry, straight code of some 70 instructions, and the
firmware are not counted. Nothing is said of time: a cache miss is one instruction.

usage: bounds.py [IMAGE.elf]     prints the table
"""
import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import csource  # noqa: E402
import ctokens  # noqa: E402
import kernel  # noqa: E402

TABLE = Path(__file__).parent / "bounds.toml"
VARIANT = re.compile(r"loop variant\s+([^;]*);")
ENUMERATOR = re.compile(r"^\s+(\w+) = (0x[0-9A-Fa-f]+|\d+),?", re.MULTILINE)
FUNCTION = re.compile(r"^([0-9a-f]+) <([\w.]+)>:$")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
JUMP = re.compile(r"([0-9a-f]+) <([\w.]+)(?:\+0x[0-9a-f]+)?>")
ENDS = ("ret", "eret", "br")
CALLS = re.compile(r"^[ \t]*(?:bl|from_cell|b)[ \t]+(\w+)", re.MULTILINE)


@dataclass
class Loop:
    """A loop of the source."""
    file: str
    function: str
    ordinal: int
    first: int
    last: int
    variant: str
    trips: int = 0
    wait: str = ""

    @property
    def place(self):
        """Its name."""
        return f"{self.file}:{self.function}:{self.ordinal}"


@dataclass
class Code:
    """A function of the image: instructions, successors, calls."""
    name: str
    at: list = field(default_factory=list)
    next: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)


class Bounds:
    """Loops of the sources with their bounds."""

    def __init__(self, repo, table=None):
        self.repo, self.k = Path(repo), kernel.Kernel(repo)
        self.table = table or tomllib.loads(TABLE.read_text())
        self.names = self.k.files("kernel", "headers")
        texts = {n: (self.repo / n).read_text() for n in self.names}
        self.defines = {}
        for text in texts.values():
            for name, body in csource.DEFINE.findall(text):
                self.defines.setdefault(name, re.sub(r"/\*.*", "", body.replace("\\\n", " ")).strip())
            for name, value in ENUMERATOR.findall(text):
                self.defines.setdefault(name, value)
        self.problems, self.used = [], set()
        self.loops = [loop for n, text in texts.items() if n != csource.PRIMITIVES
                      for loop in self.find_loops(n, text)]
        for loop in self.loops:
            self.bound(loop)
        self.unused()

    def find_loops(self, name, text):
        """Loops of one file, each with the variant that stands before it."""
        for function in ctokens.functions(text, name):
            variant, ordinal = "", 0
            for i, token in enumerate(function.body):
                if token.kind == "comment":
                    found = VARIANT.search(token.text)
                    variant = " ".join(found.group(1).split()) if found else variant
                elif token.text in ("for", "while", "do"):
                    ordinal += 1
                    code = function.body
                    start = i + 1 if token.text == "do" else ctokens._skip(code, i + 1, "(", ")")
                    end = ctokens._skip(code, start, "{", "}")
                    yield Loop(name, function.name, ordinal, token.line, code[end - 1].line, variant)
                    variant = ""

    def value(self, text, depth=0):
        """Greatest value of an expression of constants and [names], or None."""
        text = str(text).strip()
        if text in self.table["names"] and depth < 8:
            self.used.add(text)
            return self.value(self.table["names"][text], depth + 1)
        words = re.findall(r"[A-Za-z_]\w*|0x[0-9A-Fa-f]+[UL]*|\d+[UL]*|[-+*/()]|\S", text)
        parts = []
        for word in words:
            if re.match(r"\d", word):
                parts.append(str(int(word.rstrip("UL"), 0)))
            elif word in self.defines and depth < 8:
                inner = self.value(self.defines[word], depth + 1)
                if inner is None:
                    return None
                parts.append(str(inner))
            elif word in "+-*/()":
                parts.append(word.replace("/", "//"))
            else:
                return None
        try:
            return int(eval("".join(parts), {"__builtins__": {}}))  # digits and operators alone
        except (SyntaxError, ZeroDivisionError):
            return None

    def bound(self, loop):
        """Give a loop its turns, or say that it has none."""
        row = next((r for r in self.table.get("loop", []) if r["place"] == loop.place), None)
        each = next((r for r in self.table.get("each", []) if r["file"] == loop.file
                     and r["variant"] == loop.variant), None)
        wait = self.table.get("waits", {}).get(f"{loop.file}:{loop.function}")
        if not loop.variant and not row:
            self.problems.append(f"{loop.place}: no `loop variant` before it (line {loop.first})")
            return
        if wait:
            self.used.add(f"{loop.file}:{loop.function}")
            loop.wait, trips = wait, 1
        elif row or each:
            self.used.add(row["place"] if row else f"{each['file']} {each['variant']}")
            trips = self.value((row or each)["trips"])
        else:
            trips = self.value(re.split(r" - (?=[a-z]\w*$)", loop.variant)[0])
        if trips is None or trips < 1:
            self.problems.append(f"{loop.place}: no bound follows from `loop variant {loop.variant}`: give "
                                 "it a row in bounds.toml")
        else:
            loop.trips = trips

    def unused(self):
        """Rows that no loop needs; numbers that the sources contradict."""
        wanted = {r["place"] for r in self.table.get("loop", [])} | set(self.table.get("waits", {})) | \
            {f"{r['file']} {r['variant']}" for r in self.table.get("each", [])} | set(self.table["names"])
        self.problems += [f"bounds.toml: nothing needs {name}" for name in sorted(wanted - self.used)]
        rows = self.repo / "src/arch/aarch64/el2regs.def"
        if rows.exists():
            count = len(re.findall(r"^EL2REG\(", rows.read_text(), re.MULTILINE))
            if self.table["names"].get("EL2REG_COUNT") != count:
                self.problems.append(f"bounds.toml: EL2REG_COUNT is {count}")
        for wait in self.table.get("waits", {}).values():
            if self.value(wait) is None:
                self.problems.append(f"bounds.toml: {wait} is no constant of the sources")

    def around(self, file, line):
        """The innermost loop of the source around a line, or None."""
        found = [x for x in self.loops if x.file == file and x.first <= line <= x.last]
        return max(found, key=lambda x: x.first, default=None)


# ---- the image

def read_code(text):
    """{name: Code} of objdump's output."""
    functions, here = {}, None
    for line in text.splitlines():
        start = FUNCTION.match(line)
        if start:
            here = functions.setdefault(start.group(2), Code(start.group(2)))
            continue
        found = LINE.match(line)
        if found and here is not None and not found.group(2).startswith("."):
            add(here, int(found.group(1), 16), found.group(2), found.group(3))
    for code in functions.values():
        inside = set(code.at)
        for at in code.at:
            code.next[at] = [n for n in code.next[at] if n in inside]
    return functions


def add(code, at, word, rest):
    """One instruction: where it goes next, what it calls."""
    target = JUMP.search(rest)
    code.at.append(at)
    after = [] if word in ENDS or word == "b" else [at + 4]
    if target and word == "bl":
        code.calls[at] = target.group(2)
    elif target and re.match(r"b$|b\.|cbn?z|tbn?z", word):
        if target.group(2) == code.name:
            after = after + [int(target.group(1), 16)]
        else:
            code.calls[at] = target.group(2)
    code.next[at] = after


def components(nodes, successors):
    """Strongly connected components (Tarjan, without recursion) that are loops."""
    index, low, on, stack, found, count = {}, {}, set(), [], [], 0
    for root in sorted(nodes):
        if root in index:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = count
        count += 1
        stack.append(root)
        on.add(root)
        while work:
            node, todo = work[-1]
            step = next((n for n in todo if n not in index or n in on), None)
            if step is not None and step not in index:
                index[step] = low[step] = count
                count += 1
                stack.append(step)
                on.add(step)
                work.append((step, iter(successors(step))))
            elif step is not None:
                low[node] = min(low[node], index[step])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = set()
                    while True:
                        other = stack.pop()
                        on.discard(other)
                        part.add(other)
                        if other == node:
                            break
                    if len(part) > 1 or node in successors(node):
                        found.append(part)
    return found


def machine_loops(code, nodes=None, cut=frozenset()):
    """[(all instructions, those in no inner loop)] of the loops of a function."""
    nodes = set(code.at) if nodes is None else nodes

    def successors(n):
        return [s for s in code.next[n] if s in nodes and (n, s) not in cut]

    found = []
    for part in components(nodes, successors):
        entries_of = {s for n in code.at if n not in part for s in code.next[n] if s in part} or {min(part)}
        back = frozenset((n, s) for n in part for s in code.next[n] if s in entries_of)
        inner = machine_loops(code, part, cut | back)
        found.append((part, part - set().union(*(p for p, _ in inner))))
        found += inner
    return found


class Image:
    """Instruction bounds of the functions of an image."""

    def __init__(self, bounds, code, lines, cut=()):
        self.bounds, self.code, self.lines, self.cut = bounds, code, lines, set(cut)
        self.problems, self.memo, self.waits = [], {}, {}

    def trips(self, code, own):
        """Turns of a machine loop, by the loops of the source in whose lines it stands."""
        if code.name in self.bounds.table.get("assembly", {}):
            return self.bounds.table["assembly"][code.name][0], None
        found = [x for at in own for x in [self.loop_of(at)] if x]
        if not found:
            self.problems.append(f"{code.name}: a loop at 0x{min(own):x} of the image belongs to no loop of "
                                 "the source: give the function a row under [assembly] in bounds.toml")
            return 1, None
        best = max(found, key=lambda x: x.trips)
        waits = {x.place: x.wait for x in found if x.wait}
        return best.trips + 1, waits

    def loop_of(self, at):
        """The innermost loop around an instruction, through what was inlined."""
        for file, line in self.lines.get(at, []):
            loop = self.bounds.around(file, line)
            if loop:
                return loop
        return None

    def total(self, name):
        """(instructions, waits) of a function with all that it calls."""
        if name in self.memo:
            return self.memo[name]
        self.memo[name] = (0, {})
        code = self.code.get(name)
        if code is None:
            self.problems.append(f"{name} is called and not in the image")
            return self.memo[name]
        weight = dict.fromkeys(code.at, 1)
        waits = {}
        for part, own in machine_loops(code):
            trips, mine = self.trips(code, own)
            waits.update(mine or {})
            for at in part:
                weight[at] *= trips
        count = sum(weight.values())
        for at, callee in code.calls.items():
            if callee in self.cut:
                continue
            below, more = self.total(callee)
            count += weight[at] * below
            waits.update(more)
        self.memo[name] = (count, waits)
        return self.memo[name]


def read_image(ctx, elf, bounds):
    """Code and line table of an image."""
    text = ctx.tool("aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", "-j", ".text", elf).stdout
    code = read_code(text)
    places = [at for c in code.values() for at in c.at]
    work = ctx.repo / "build/tmp"
    work.mkdir(parents=True, exist_ok=True)
    asked = work / "addresses"
    asked.write_text("".join(f"0x{at:x}\n" for at in places))
    said = ctx.tool("sh", "-c", f"aarch64-linux-gnu-addr2line -ia -e '{elf}' < '{asked}'").stdout
    lines, here = {}, None
    for line in said.splitlines():
        if line.startswith("0x"):
            here = lines.setdefault(int(line, 16), [])
        else:
            found = re.match(r"(.*):(\d+)", line)
            if found and "src/" in found.group(1):
                here.append((found.group(1)[found.group(1).index("src/"):], int(found.group(2))))
    return Image(bounds, code, lines)


def entries(bounds):
    """C functions that assembly calls."""
    source = csource.Source(bounds.repo, bounds.names)
    return sorted({name for file in bounds.k.files("assembly")
                   for name in CALLS.findall((bounds.repo / file).read_text()) if source.find(name)})


def report(ctx, elf):
    """(rows, waits, problems): entry, instructions, waits behind it."""
    bounds = Bounds(ctx.repo)
    image = read_image(ctx, elf, bounds)
    rows = []
    for name in entries(bounds):
        count, waits = image.total(name)
        rows.append({"entry": name, "instructions": count, "waits": waits})
    for part in bounds.table.get("part", []):
        lost = [n for n in part["without"] if n not in image.code]
        if lost:
            bounds.problems.append(f"bounds.toml: {part['title']}: the image calls no {', '.join(lost)}")
        smaller = Image(bounds, image.code, image.lines, part["without"])
        count, waits = smaller.total(part["entry"])
        rows.append({"entry": part["title"], "instructions": count, "waits": waits})
    rows.sort(key=lambda r: r["entry"])
    return bounds, rows, bounds.problems + image.problems


def text_of(bounds, rows):
    """The table as text."""
    lines = [f"{'entry':32} {'instructions at most':>24}  waits by time"]
    for row in rows:
        waits = ", ".join(f"{p.rsplit(':', 1)[0].split('/')[-1]} ({w})"
                          for p, w in sorted(row["waits"].items()))
        lines.append(f"{row['entry']:32} {row['instructions']:>24,}  {waits or '-'}")
    lines += ["", f"{'loop':58} {'turns':>10}"]
    lines += [f"{x.place:58} {x.wait or x.trips:>10}" for x in bounds.loops]
    return "\n".join(lines) + "\n"


def check(ctx, result, elf):
    """The gate over one image; the table goes to build/bounds.txt and build/verify/bounds.json."""
    bounds, rows, problems = report(ctx, elf)
    result.check(bool(rows), "no entry was found: nothing was bounded")
    for problem in dict.fromkeys(problems):
        result.check(False, problem)
    for loop in bounds.loops:
        result.check(loop.trips > 0, f"{loop.place}: no bound")
    for row in rows:
        result.check(0 < row["instructions"] < 2 ** 63, f"{row['entry']}: no finite bound")
    measured(ctx, result, rows)
    (ctx.build / "bounds.txt").write_text(text_of(bounds, rows))
    (ctx.out / "bounds.json").write_text(json.dumps(rows, indent=1) + "\n")
    result.data["bounds"] = {r["entry"]: r["instructions"] for r in rows}
    result.note(f"{len(bounds.loops)} loops and {len(rows)} entries are bounded")


def measured(ctx, result, rows):
    """What an exit may cost by the measured table (the bench holds it to that) is below its bound here."""
    path = ctx.repo / "verification/bench/rows.toml"
    most = {r["entry"]: r["instructions"] for r in rows}
    if not path.exists() or "trap_sync" not in most:
        return
    for row in tomllib.loads(path.read_text())["row"]:
        counted = max(row["target"], row.get("bound", 0))
        result.check(counted <= most["trap_sync"], f"{row['name']}: up to {counted} instructions are "
                                                   f"counted, the bound is {most['trap_sync']}")


def main():
    """Print the table of the image that was built."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "verify"))
    import context
    ctx = context.Context()
    elf = Path(sys.argv[1]) if len(sys.argv) > 1 else ctx.image_dir / "bulkhead.elf"
    bounds, rows, problems = report(ctx, elf)
    text = text_of(bounds, rows)
    (ctx.build / "bounds.txt").write_text(text)
    print(text, end="")
    for problem in dict.fromkeys(problems):
        print(f"FAIL {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
