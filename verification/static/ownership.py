# SPDX-License-Identifier: Apache-2.0
"""Ownership gate: who writes which variable in which phase, against ownership.toml.

Writes are read from the code. That none is missed is cross-checked with the contracts that WP proves: an
object in the `assigns` clause of a function must be written by the function itself or stand in the clause
of one that it calls. The order of locks comes from the call graph.

usage: ownership.py     prints who writes what
"""
import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import csource  # noqa: E402
import kernel  # noqa: E402

STORES = ("arch_shared_store", "arch_shared_swap", "arch_shared_next", "arch_shared_set")
SWAP = "arch_shared_swap"
ENTRY = re.compile(r"^[ \t]*(?:bl|from_cell)[ \t]+(\w+)", re.MULTILINE)
ADDRESS = re.compile(r"^([A-Za-z_]\w*):|^[ \t]*\.macro[ \t]+(\w+)|^[ \t]*(?:adrp|adr)[ \t]+\S+, (\w+)",
                     re.MULTILINE)
TABLE = Path(__file__).parent / "ownership.toml"


class Ownership:
    """The table and the code, ready to be compared."""

    def __init__(self, repo, table=None):
        self.repo, self.k = Path(repo), kernel.Kernel(repo)
        self.table = table or tomllib.loads(TABLE.read_text())
        acsl = [str(p.relative_to(self.repo)) for pattern in ("src/core/*.acsl", "src/arch/aarch64/*.acsl")
                for p in sorted(self.repo.glob(pattern))]
        self.assembly = self.k.files("assembly")
        self.source = csource.Source(self.repo, self.k.files("kernel", "headers") + acsl, self.assembly)
        self.problems, self.facts = [], {}

    def wrong(self, text):
        """One finding."""
        self.problems.append(text)

    # ---- phases

    def functions(self, names):
        """Functions of the table's names; a name that means nothing is a finding."""
        found = [self.source.find(n) for n in names]
        for name, function in zip(names, found):
            if function is None:
                self.wrong(f"the table names {name}, which is no function")
        return [f for f in found if f is not None]

    def phase(self, name):
        """Keys of the functions that a phase executes."""
        rules = self.table["phase"][name]
        cut = {f.key for f in self.functions(rules.get("cut", []))}
        return self.source.closure(self.functions(rules["roots"]), cut)

    def check_entries(self):
        """Every C function that assembly calls is a root of a phase."""
        roots = {r.split(":")[-1] for p in self.table["phase"].values() for r in p["roots"]}
        for name in self.assembly:
            for target in ENTRY.findall((self.repo / name).read_text()):
                if self.source.find(target) and target not in roots:
                    self.wrong(f"{name} calls {target}, which is the root of no phase")

    # ---- the calling CPU's own index

    def own_parameters(self, phase, keys):
        """{function key: parameters that always hold the index of the calling CPU} in a phase."""
        given = {}
        for item in self.table["phase"][phase].get("own", []):
            name, parameter = item.split(":")
            given.setdefault(self.source.find(name).key, set()).add(parameter)
        roots = {f.key for f in self.functions(self.table["phase"][phase]["roots"])}
        own = {k: given.get(k, set()) if k in roots else
               {p for p, _ in self.source.functions[k].parameters} for k in keys}
        changed = True
        while changed:
            changed = False
            for key in keys:
                for call, callee in self.source.callees(self.source.functions[key]):
                    if callee.key not in own:
                        continue
                    for (parameter, _), argument in zip(callee.parameters, call.arguments):
                        if parameter in own[callee.key] and not self.is_own(key, argument, own[key]):
                            own[callee.key].discard(parameter)
                            changed = True
        return own

    def is_own(self, key, tokens, own, depth=0):
        """Whether an expression is the index of the calling CPU."""
        words = [t.text for t in tokens if t.text not in ("(", ")") and
                 not re.fullmatch(r"u?int\d+_t", t.text)]
        if words[1:] in (["%", "BH_CPUS_MAX"], ["%", "CPUS_MAX"]):
            words = words[:1]
        if words == ["this_cpu"] or (len(words) == 1 and words[0] in own):
            return True
        value = self.source.functions[key].values.get(words[0]) if len(words) == 1 else None
        return value is not None and depth < 4 and self.is_own(key, value, own, depth + 1)

    # ---- objects

    def row_of(self, path):
        """The row of the table that a path falls under."""
        best = None
        for row in self.table["object"]:
            if (path == row["name"] or path.startswith(row["name"] + ".")) and \
                    (best is None or len(row["name"]) > len(best["name"])):
                best = row
        return best

    def stores(self, function):
        """[(row or None, write)] of a function; a store through a pointer means what the table says."""
        found = []
        through = self.table.get("through", {})
        for write in function.writes:
            if write.pointer:
                target = through.get(function.key)
                if target is None:
                    self.wrong(f"{function.file}:{write.line}: {function.name} stores through a pointer: "
                               "name it and what it may reach under [through]")
                    continue
                found.append((self.row_of(target), write))
            else:
                found.append((self.row_of(write.path), write))
        return found

    def check_phase(self, phase):
        """Every store of a phase against the table; {row: functions}."""
        keys = self.phase(phase)
        own = self.own_parameters(phase, keys)
        seen = {}
        for key in sorted(keys):
            function = self.source.functions[key]
            for row, write in self.stores(function):
                where = f"{function.file}:{write.line}: {function.name} writes {write.path}"
                if row is None:
                    self.wrong(f"{where}, which has no row: add it to ownership.toml with phase and owner")
                    continue
                seen.setdefault(row["name"], set()).add(function.name)
                owner = row.get("written", {}).get(phase)
                if owner is None:
                    self.wrong(f"{where} in phase {phase}, which the table does not allow")
                elif not row.get("through"):
                    self.check_owner(phase, function, write, owner, own[key], where)
        return seen

    def check_owner(self, phase, function, write, owner, own, where):
        """Whether a store is what its owner may do."""
        rules = self.table["phase"][phase]
        if owner == "one":
            good = rules.get("cpus") == "one"
        elif owner == "judge":
            good = phase == "judge"
        elif owner == "lock":
            good = bool(rules.get("lock"))
        elif owner == "cpu":
            good = bool(write.index) and self.is_own(function.key, write.index, own)
        elif owner.startswith("swap:"):
            good = any(c.name == SWAP and c.at < write.at and
                       owner[5:] in [t.text for t in c.arguments[0]] for c in function.calls)
        else:
            good = owner == "any" and bool(self.row_of(write.path).get("shown"))
        if not good:
            self.wrong(f"{where} in phase {phase}: it is not `{owner}` who writes")

    def check_objects(self):
        """The table against all phases, both ways."""
        self.facts = {phase: self.check_phase(phase) for phase in self.table["phase"]}
        for row in self.table["object"]:
            for phase, owner in row.get("written", {}).items():
                if phase not in self.facts:
                    self.wrong(f"{row['name']}: no such phase {phase}")
                elif row["name"] not in self.facts[phase] and not row.get("through"):
                    self.wrong(f"{row['name']}: the table lets phase {phase} ({owner}) write it, "
                               "but nothing there does")
            if not row.get("reason"):
                self.wrong(f"{row['name']}: no reason")
        self.check_reached()
        self.check_shadows()

    def check_shadows(self):
        """No local variable has the name of an object: its stores would be taken for local ones."""
        roots = {r["name"].split(".")[0] for r in self.table["object"]}
        for function in self.source.functions.values():
            for name in sorted(function.locals & roots):
                self.wrong(f"{function.file}: {function.name} has a local variable {name}")

    def check_reached(self):
        """A store in a function that no phase reaches is judged by nobody."""
        reached = set().union(*(self.phase(p) for p in self.table["phase"]))
        for function in self.source.functions.values():
            if function.writes and function.key not in reached and function.file != csource.PRIMITIVES:
                self.wrong(f"{function.file}: {function.name} writes {function.writes[0].path} and no "
                           "phase reaches it")

    def check_shown(self):
        """What is written by any CPU is decided by nowhere: it is read only to be written again."""
        shown = {r["name"] for r in self.table["object"] if r.get("shown")}
        for function in self.source.functions.values():
            mine = {w.path.split(".")[0] for w in function.writes}
            for token in function.body:
                if token.kind == "name" and token.text in shown and token.text not in mine:
                    self.wrong(f"{function.file}:{token.line}: {function.name} reads {token.text}, which any "
                               "CPU may write, and does not write it")

    # ---- words and locks

    def word_stores(self, function):
        """[(word, call)] of the shared words that a function stores to."""
        return [(t.text, c) for c in function.calls if c.name in STORES and c.arguments
                for t in c.arguments[0] if t.text.startswith("SW_")]

    def check_words(self):
        """Stores to shared words against the table; a word that is no constant cannot be judged."""
        rows = {w["name"]: w for w in self.table.get("word", [])}
        seen = {name: set() for name in rows}
        for phase in self.table["phase"]:
            for key in self.phase(phase):
                function = self.source.functions[key]
                for call in function.calls:
                    if call.name in STORES and not any(c is call for _, c in self.word_stores(function)):
                        self.wrong(f"{function.file}:{call.line}: {function.name} stores to a shared word "
                                   "that it does not name")
                for word, call in self.word_stores(function):
                    if word not in rows or phase not in rows[word]["written"]:
                        self.wrong(f"{function.file}:{call.line}: {function.name} stores to {word} in phase "
                                   f"{phase}, which the table does not allow")
                    else:
                        seen[word].add(phase)
        for word, phases in seen.items():
            for phase in set(rows[word]["written"]) - phases:
                self.wrong(f"{word}: the table lets phase {phase} store to it, but nothing there does")

    def region(self, function, take, release, word):
        """(first, last) place in a body at which the lock may be held, or None."""
        def is_store(call, name):
            return call.name == name and any(t.text == word for t in call.arguments[0])
        same = take.key == release.key == function.key
        takes = [c.at for c in function.calls if (same and is_store(c, SWAP)) or
                 (not same and self.source.find(c.name, function.file) is take)]
        frees = [c.at for c in function.calls if (same and is_store(c, STORES[0])) or
                 (not same and self.source.find(c.name, function.file) is release)]
        if not takes:
            return None
        if not frees or max(frees) < max(takes):
            self.wrong(f"{function.file}: {function.name} takes {word} and does not give it back")
        return min(takes), max(frees, default=len(function.body))

    def check_locks(self):
        """Each lock is taken and given back in one place, and in the order of the table."""
        locks = self.table.get("lock", [])
        takers = []
        for lock in locks:
            take, release = (self.source.find(lock[k]) for k in ("take", "release"))
            if take is None or release is None:
                self.wrong(f"{lock['word']}: {lock['take']} or {lock['release']} is no function")
                return
            takers.append(take.key)
            allowed = {take.name, release.name, *lock.get("opened", [])}
            for function in self.source.functions.values():
                for word, call in self.word_stores(function):
                    if word == lock["word"] and function.name not in allowed:
                        self.wrong(f"{function.file}:{call.line}: {function.name} stores to {word}; only "
                                   f"{', '.join(sorted(allowed))} may")
                span = self.region(function, take, release, lock["word"])
                if span:
                    self.check_region(function, span, lock["word"], takers)

    def check_region(self, function, span, word, takers):
        """Nothing between taking and giving back takes this lock or one that comes before it."""
        for call, callee in self.source.callees(function):
            if span[0] < call.at < span[1]:
                again = self.source.closure([callee]) & set(takers)
                if again:
                    self.wrong(f"{function.file}:{call.line}: {function.name} holds {word} and calls "
                               f"{call.name}, which reaches {', '.join(sorted(again))}: the order of the "
                               "locks is that of ownership.toml, each once")

    # ---- contracts and assembly

    def check_contracts(self):
        """What a proved assigns clause names is written here, or stands in the clause of a callee; what is
        written here stands in the clause. Sets of state (names in capitals) are wide on purpose."""
        roots = {r["name"].split(".")[0] for r in self.table["object"]}
        wide, used, proved = self.table.get("wide", {}), set(), 0
        for function in self.source.functions.values():
            claimed = self.source.assigned(function)
            if claimed is None or function.file == csource.PRIMITIVES:
                continue
            proved += 1
            known = {w.path.split(".")[0] for w in function.writes if not w.pointer} & roots
            below = set().union(*(self.source.assigned(f) or set() for _, f in self.source.callees(function)))
            for name in sorted(known - claimed):
                self.wrong(f"{function.file}: {function.name} writes {name}, which its contract does not "
                           "assign")
            for name in sorted((self.source.assigned(function, macros=False) & roots) - known - below):
                used.add(function.key)
                if function.key not in wide:
                    self.wrong(f"{function.file}: the contract of {function.name} assigns {name}, but "
                               "neither it nor a function that it calls does: narrow it, or list it under "
                               "[wide]")
        for name in sorted(set(wide) - used):
            self.wrong(f"[wide] {name}: its contract assigns nothing that it does not write")
        return proved

    def check_assembly(self):
        """Objects whose address assembly takes outside of what the table lists."""
        listed = self.table.get("assembly", {})
        roots = {r["name"].split(".")[0] for r in self.table["object"]}
        used = set()
        for name in self.assembly:
            label = "?"
            for found, macro, target in ADDRESS.findall((self.repo / name).read_text()):
                label = found or macro or label
                if target in roots:
                    used.add((label, target))
                    if target not in listed.get(label, []):
                        self.wrong(f"{name}: {label} takes the address of {target}; [assembly] does not "
                                   "list it")
        for label, targets in listed.items():
            for target in targets:
                if (label, target) not in used:
                    self.wrong(f"[assembly] {label}: it does not take the address of {target}")

    def run(self):
        """All checks; the findings."""
        self.problems = [f"call of something unknown: {u}" for u in self.source.unknown()]
        self.check_entries()
        self.check_objects()
        self.check_shown()
        self.check_words()
        self.check_locks()
        self.check_assembly()
        self.proved = self.check_contracts()
        self.problems = list(dict.fromkeys(self.problems))
        return self.problems


def check(ctx, result):
    """The gate over the sources."""
    if not ctx.need("verification/static/ownership.toml", "it says who writes what"):
        return
    gate = Ownership(ctx.repo)
    for problem in gate.run():
        result.check(False, problem)
    for row in gate.table["object"]:
        result.check(True, row["name"])
    result.check(bool(gate.table["object"]) and gate.proved > 0, "no object or no contract was judged")
    result.data["written"] = {phase: {o: sorted(f) for o, f in sorted(seen.items())}
                              for phase, seen in gate.facts.items()}
    result.note(f"{len(gate.table['object'])} objects, {len(gate.table.get('word', []))} shared words, "
                f"{gate.proved} contracts compared")


def check_image(ctx, result, elf):
    """Every variable of the image has a row, and every row a variable."""
    table = tomllib.loads(ctx.need("verification/static/ownership.toml", "it says who writes what")
                          .read_text())
    done = ctx.tool("aarch64-linux-gnu-nm", "--format=posix", elf)
    found = {name.split(".")[0] for name in re.findall(r"^(\S+) [bBdDcC] ", done.stdout, re.MULTILINE)}
    marks = set(table.get("marks", {}).get("names", []))
    rows = {r["name"].split(".")[0] for r in table["object"]}
    result.check(bool(found), "the image has no variable: its symbols were not read")
    for name in sorted(found - marks - rows):
        result.check(False, f"the image holds {name}, which verification/static/ownership.toml does not name")
    for name in sorted(rows - found):
        result.check(False, f"verification/static/ownership.toml names {name}, which the image does not hold")
    for name in sorted(rows & found):
        result.check(True, name)


def main():
    """Print who writes what, and what is wrong."""
    gate = Ownership(Path(__file__).resolve().parents[2])
    problems = gate.run()
    for phase, seen in gate.facts.items():
        print(f"{phase}: {gate.table['phase'][phase]['what']}")
        for name, functions in sorted(seen.items()):
            owner = gate.row_of(name).get("written", {}).get(phase, "?")
            print(f"  {name:16} {owner:18} {', '.join(sorted(functions))}")
    for problem in problems:
        print(f"FAIL {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
