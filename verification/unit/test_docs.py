# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the documents: what they say of the code is compared with the code.

Each check is a function from text to a list of problems, and each test also feeds it a defect.
"""
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / p) for p in ("docs/spec", "docs/pictures", "src/plan",
                                         "verification/static")]

import ctokens  # noqa: E402
import el2_registers  # noqa: E402
import machine  # noqa: E402
import scrub  # noqa: E402
from bhplan import compiler, encode  # noqa: E402

ABI = REPO / "src/abi"
SPEC = REPO / "docs/spec"
ADR = REPO / "docs/adr"
SKIP = {"build", ".git", ".frama-c", "mini"}  # mini: the miniature project of the gates' self-test
HOSTS = {"www.w3.org"}
SIZES = {"bh_u8": 1, "bh_u32": 4, "bh_u64": 8}
ADR_PARTS = ["Status", "Context", "Decision", "Rejected", "Consequences for the safety case"]


# ---- reading ----------------------------------------------------------------------------------

def documents(*suffixes):
    """All files of the checkout with one of the suffixes, but for what was built."""
    found = []
    for folder, folders, names in os.walk(REPO):
        folders[:] = [f for f in folders if f not in SKIP]
        found += [Path(folder) / n for n in names if Path(n).suffix in suffixes]
    return sorted(found)


def manuals():
    """The manual pages."""
    return sorted((REPO / "docs/man").iterdir())


def short(path):
    """Path below the checkout."""
    return str(path.relative_to(REPO))


def table(text, *head):
    """Rows of the first table whose header begins with the given words."""
    rows, inside = [], False
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            if inside:
                break
        elif inside:
            rows.append(cells)
        elif cells[:len(head)] == list(head):
            inside = True
    return [r for r in rows if not set(r[0]) <= set("-: ")]


def section(text, title):
    """The part of a page below a heading, up to the next of its rank."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", text,
                      re.MULTILINE | re.DOTALL)
    return found.group(2) if found else ""


def code(text):
    """The code of a page: fenced blocks and inline."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", rest)


def defines(text, prefix):
    """{NAME: number} of #define PREFIX_NAME number."""
    return {n: int(v.rstrip("UL"), 0) for n, v in
            re.findall(rf"^#define {prefix}(\w+)\s+(0x[0-9A-Fa-f]+U*L*|\d+U*L*)\b", text, re.M)}


def enumerators(text, prefix):
    """{NAME: number} of the enumerators PREFIX_NAME = number."""
    return {n: int(v, 0) for n, v in
            re.findall(rf"^\s+{prefix}(\w+) = (0x[0-9A-Fa-f]+|\d+)", text, re.MULTILINE)}


def identifiers():
    """{E0101, ...}: all error and event IDs."""
    text = (ABI / "errors.def").read_text()
    return {("E" if kind == "ERROR" else "V") + number for kind, number in
            re.findall(r"^BH_(ERROR|EVENT)\(0x([0-9A-F]{4})", text, re.MULTILINE)}


class Layouts:
    """Structures of the ABI headers: field, offset, size, with natural alignment."""

    def __init__(self):
        self.numbers, self.structs, self.sizes = {}, {}, dict(SIZES)
        for name in ("plan_window.h", "plan.h", "status.h", "comm.h", "message.h"):
            text = (ABI / name).read_text()
            self.numbers.update(defines(text, "BH_"))
            self.numbers.update(enumerators(text, "BH_"))
            clean = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
            for struct, body in re.findall(r"^struct (\w+) \{(.*?)^\};", clean, re.M | re.DOTALL):
                self.add(struct, body)
            self.asserted(text)

    def add(self, struct, body):
        """Lay out one structure."""
        at, widest, fields = 0, 1, []
        for kind, name, count in re.findall(r"(?:struct )?(\w+) (\w+)(?:\[(\w+)\])?;", body):
            size = self.sizes[kind]
            align = size if kind in SIZES else 8
            at = -(-at // align) * align
            many = 1 if not count else (int(count) if count.isdigit()
                                        else self.numbers[count.removeprefix("BH_")])
            fields.append((name, at, size * many))
            at += size * many
            widest = max(widest, align)
        self.structs[struct] = fields
        self.sizes[struct] = -(-at // widest) * widest

    def asserted(self, text):
        """The header's own assertions must agree, or this reader is wrong."""
        for struct, size in re.findall(r"BH_ASSERT_SIZE\(struct (\w+), (\d+)\)", text):
            if self.sizes[struct] != int(size):
                raise AssertionError(f"{struct} is {self.sizes[struct]}, the header says {size}")


# ---- checks: each returns a list of problems ---------------------------------------------------

def wrong_numbers(text, head, numbers):
    """A table `number | name` against {NAME: number}."""
    rows = [(int(r[0]), r[1]) for r in table(text, *head)]
    wanted = sorted((v, k) for k, v in numbers.items())
    return [] if rows == wanted else [f"{head}: table {rows}, header {wanted}"]


def wrong_codes(text, kind, numbers):
    """A table `kind | code` of names against {NAME: number}."""
    rows = {r[0]: int(r[1]) for r in table(text, kind, "code")}
    return [] if rows == numbers else [f"{kind}: table {rows}, header {numbers}"]


def wrong_layout(text, struct, fields):
    """A table of fields against the fields of a structure."""
    lines = table(section(text, f"struct {struct}"), "offset")
    rows = [(r[2], int(r[0]), int(r[1])) for r in lines]
    return [] if rows == fields else [f"{struct}: table {rows}, header {fields}"]


def wrong_transitions(text, source):
    """The table of allowed states against require_state() in cell.c."""
    said = {}  # a call may have several rows
    for row in table(text, "call", "allowed in"):
        said.setdefault(row[0], set()).update(s.strip() for s in row[1].split(","))
    problems = []
    for name in ("create", "load", "start", "stop"):
        call = re.search(rf"^struct outcome cell_{name}\(.*?require_state\(cell,(.*?)\);", source,
                         re.MULTILINE | re.DOTALL)
        states = set(re.findall(r"BH_STATE_(\w+)", call.group(1))) if call else set()
        if said.get(f"CELL_{name.upper()}") != states:
            problems.append(f"{name}: table {said.get('CELL_' + name.upper())}, code {states}")
    return problems


def anchors(text):
    """Anchors of the headings of a page."""
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-")
            for h in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def broken_links(path, text):
    """Relative links, pictures included, that lead nowhere."""
    problems = []
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", plain)
    targets += re.findall(r'(?:src|srcset|href)="([^"]+)"', plain)
    for target in targets:
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        to = (path.parent / file).resolve() if file else path
        if not to.exists():
            problems.append(f"{target} leads nowhere")
        elif anchor and to.suffix == ".md" and anchor not in anchors(
                text if to == path else to.read_text()):
            problems.append(f"{target}: no such heading")
    return problems


def unknown_ids(text, known):
    """Error and event IDs that are in no table."""
    return sorted(set(re.findall(r"\b[EV][0-9A-F]{4}\b", text)) - known)


def unknown_targets(text, targets):
    """Words after `make` in code that are no target of the Makefile."""
    word = re.compile(r"(?<![\w./-])make ([a-z][\w-]*)(?![\w=])")
    found = {name for part in code(text) for name in word.findall(part)}
    return sorted(found - targets)


BARRIER = re.compile(r"^[ \t]*((?:dsb|isb|dmb|tlbi|dc|ic)\b[ \t]*[\w]*)", re.MULTILINE)


def primitives(text):
    """{primitive: its instructions} of the inline functions with barriers in sysreg.h."""
    found = {}
    inline = r"static inline void (\w+)\(void\)\n\{\n    __asm__ volatile\(\"([^\"]*)\""
    for name, body in re.findall(inline, text):
        words = [w.strip() for w in body.replace("\\t", "").split("\\n")]
        if any(BARRIER.match(w) for w in words):
            found[name] = words
    return found


def barriers(sources, names):
    """{file:function or label: sequence} of every place that executes a barrier."""
    found = {}
    call = re.compile(rf"\b({'|'.join(names)})\(\)")
    for name, text in sources.items():
        if name.endswith(".S"):
            place = "?"
            for line in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines():
                label = re.match(r"([A-Za-z_]\w*):", line)
                place = label.group(1) if label else place
                if BARRIER.match(line):
                    words = " ".join(BARRIER.match(line).group(1).split())
                    found.setdefault(f"{name}:{place}", []).append(words)
        else:
            for function in ctokens.functions(text, name):
                body = " ".join(t.text for t in function.body if t.kind != "comment").replace(" ( ", "(")
                for primitive in call.findall(body.replace("( )", "()")):
                    found.setdefault(f"{name}:{function.name}", []).append(primitive)
    return found


def wrong_maintenance(text, sources, sysreg):
    """The tables of maintenance.md against the code: places, sequences, primitives."""
    names = primitives(sysreg)
    said = {r[0].strip("`"): r[1].split(", ") for r in table(text, "place", "sequence")}
    code_has = barriers(sources, names)
    shown = {r[0].strip("`"): r[1].split(", ") for r in table(text, "primitive")}
    problems = [f"{n}: page {shown.get(n)}, sysreg.h {names.get(n)}" for n in sorted(set(shown) | set(names))
                if shown.get(n) != names.get(n)]
    return problems + [f"{p}: page {said.get(p)}, code {code_has.get(p)}"
                       for p in sorted(set(said) | set(code_has)) if said.get(p) != code_has.get(p)]


def unknown_places(text):
    """`file:function` whose file or name does not exist, and paths that do not."""
    problems = []
    top = r"(?:src|docs|verification|requirements|safety-case|coverage)"
    for part in code(text):
        for name, word in re.findall(r"([\w/-]+\.(?:c|h|S|acsl|def|lds|py)):([A-Za-z_]\w*)", part):
            found = [p for p in (REPO / name, REPO / "src" / name) if p.is_file()]
            if not found:
                problems.append(f"{name} does not exist")
            elif not re.search(rf"\b{word}\b", found[0].read_text()):
                problems.append(f"{name} has no {word}")
        for name in re.findall(rf"^{top}/[\w/.-]+$", part.strip()):
            if not re.search(r"/(?:NAME|BOARD)/", name) and not (REPO / name).exists():
                problems.append(f"{name} does not exist")
    return problems


def unknown_hints(text):
    """Documents that a hint names and that do not exist; `.md` may be left out."""
    names = {n.rstrip(".") for n in re.findall(r"\b(?:docs|safety-case)/[\w/.-]+", text)}
    return sorted(n for n in names if not any((REPO / f).is_file() for f in (n, n + ".md")))


def foreign_places(text):
    """Paths of one machine, and hosts that are not on the list."""
    paths = re.findall(r"(?<![\w.$}])/(?:home|root|work|srv|mnt)/[\w./-]*", text)
    hosts = [h for h in re.findall(r"https?://([\w.-]+)", text) if h not in HOSTS]
    return paths + hosts


def false_claims(text):
    """Sentences that speak of certification without denying it."""
    words = " ".join(text.split())
    return [s for s in re.split(r"(?<=[.!?:])[\s*]+", words)
            if re.search(r"\bcertif(?:y|ied|ies)\b", s, re.IGNORECASE)
            and not re.search(r"\b(?:not|never|no|nobody)\b", s, re.IGNORECASE)]


def adr_problems(names, pages):
    """Numbers without gaps, all parts in order, a status of three."""
    problems = []
    numbers = [int(n[:4]) for n in names]
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(f"numbers {numbers}")
    for name, text in zip(names, pages):
        parts = re.findall(r"^## (.*)$", text, re.MULTILINE)
        if parts != ADR_PARTS:
            problems.append(f"{name}: parts {parts}")
        if not re.match(r"(accepted|proposed|superseded by)", section(text, "Status").strip()):
            problems.append(f"{name}: status")
    return problems


def makefile_targets():
    """Targets of the Makefile."""
    return set(re.findall(r"^([a-z][\w-]*):", (REPO / "Makefile").read_text(), re.MULTILINE))


# ---- tests ------------------------------------------------------------------------------------

class Specification(unittest.TestCase):
    """docs/spec against src."""

    def none(self, problems):
        """No problem."""
        self.assertEqual(problems, [])

    def test_hypercalls(self):
        """@test TC_DOC_001 @verifies SYR_UI_001 @technique back-to-back @level unit
        Numbers, infos and states are those of hypercall.h."""
        page, header = (SPEC / "hypercalls.md").read_text(), (ABI / "hypercall.h").read_text()
        calls = {k: v for k, v in defines(header, "BH_HC_").items() if k != "COUNT"}
        self.assertEqual(len(calls), defines(header, "BH_HC_")["COUNT"])
        self.assertIn(f"HVC #{defines(header, 'BH_')['HVC_IMM']:#x}", page)
        for head, numbers in ((("number", "name"), calls),
                              (("number", "INFO"), defines(header, "BH_INFO_")),
                              (("number", "state"), enumerators(header, "BH_STATE_"))):
            self.assertTrue(numbers)
            self.none(wrong_numbers(page, head, numbers))
            self.assertTrue(wrong_numbers(page, head, {**numbers, "SEEDED": 99}))

    def test_transitions(self):
        """@test TC_DOC_002 @verifies SYR_UI_001 @technique back-to-back @level unit
        The table of allowed states says what cell.c requires."""
        page = (SPEC / "hypercalls.md").read_text()
        source = (REPO / "src/core/cell.c").read_text()
        self.none(wrong_transitions(page, source))
        self.assertTrue(wrong_transitions(page.replace("| LOADING, STOPPED | RUNNING,",
                                                       "| LOADING | RUNNING,"), source))

    def test_layouts(self):
        """@test TC_DOC_003 @verifies SYR_EVT_001 @technique back-to-back @level unit
        Status pages and communication region have the layout of their headers."""
        layouts = Layouts()
        pages = {"status-pages.md": ["bh_status", "bh_cell_status", "bh_cpu_status", "bh_event"],
                 "comm-region.md": ["bh_comm", "bh_message", "bh_comm_page"]}
        for name, structs in pages.items():
            text = (SPEC / name).read_text()
            for struct in structs:
                self.none(wrong_layout(text, struct, layouts.structs[struct]))
                moved = [(n, at + 8, size) for n, at, size in layouts.structs[struct]]
                self.assertTrue(wrong_layout(text, struct, moved))

    def test_messages(self):
        """@test TC_DOC_018 @verifies SYR_MSG_001 SYR_MSG_002 @technique back-to-back @level unit
        The codes of messages, and the word of a cell that takes them."""
        text, header = (SPEC / "comm-region.md").read_text(), (ABI / "message.h").read_text()
        for kind in ("request", "answer", "notice"):
            wanted = defines(header, f"BH_{kind.upper()}_")
            self.none(wrong_codes(text, kind, wanted))
            self.assertTrue(wrong_codes(text, kind, {**wanted, "NEW": 9}))
        word = defines(header, "BH_COMM_")["MESSAGES"]
        self.assertIn(f"| messages | cell | 0x{word:X}: ", text)

    def test_status_numbers(self):
        """@test TC_DOC_004 @verifies SYR_EVT_001 @technique back-to-back @level unit
        States of a CPU and causes of exits are those of status.h."""
        page, header = (SPEC / "status-pages.md").read_text(), (ABI / "status.h").read_text()
        self.none(wrong_numbers(page, ("number", "CPU state"), enumerators(header, "BH_CPU_")))
        self.none(wrong_numbers(page, ("index", "exit"), enumerators(header, "BH_EXIT_")))
        for name, word in (("status-pages.md", "STATUS_MAGIC"), ("comm-region.md", "COMM_MAGIC")):
            value = defines((ABI / ("comm.h" if word[0] == "C" else "status.h")).read_text(), "BH_")
            self.assertIn(f"0x{value[word]:X}", (SPEC / name).read_text())

    def test_el2_registers(self):
        """@test TC_DOC_005 @verifies SYR_EL2_001 @technique back-to-back @level unit
        The page of EL2 registers is what its generator writes from the kernel's table."""
        source = el2_registers.TABLE.read_text()
        self.assertEqual(el2_registers.PAGE.read_text(), el2_registers.page(source),
                         "run docs/spec/el2_registers.py")
        self.assertNotEqual(el2_registers.page(source.replace("0x3U,", "0x1U,")),
                            el2_registers.page(source))
        with self.assertRaises(ValueError):
            el2_registers.page(source + "\nEL2REG(SEEDED_EL2, what)\n")

    def test_cpu_state(self):
        """@test TC_DOC_020 @verifies SWR_SCR_001 SYR_CPU_004 @technique back-to-back @level unit
        The page of CPU state is what its generator writes from the kernel's table, and the assembler's
        name of a register is in one row."""
        source = scrub.TABLE.read_text()
        self.assertEqual(scrub.PAGE.read_text(), scrub.page(source), "run docs/spec/scrub.py")
        self.assertNotEqual(scrub.page(source.replace("0x30D00800", "0x30D00801")),
                            scrub.page(source))
        for seeded in ("SCRUB_IF(SEEDED_EL1, what)", "SCRUBBED(SEEDED_EL1)"):
            with self.assertRaises(ValueError):
                scrub.page(source + f"\n{seeded}\n")
        names = [r.asm for r in scrub.read(source)[0]]
        self.assertEqual([n for n in names if names.count(n) > 1], [])


    def test_picture(self):
        """@test TC_DOC_012 @verifies SYR_TOOL_002 @technique back-to-back @level unit
        The picture is what its script draws, and names the open DMA."""
        self.assertEqual(machine.PICTURE.read_text(), machine.picture(),
                         "run docs/pictures/machine.py")
        self.assertIn("DMA: NOT ISOLATED (no SMMU driver yet)", machine.picture())


    def test_first_plan(self):
        """@test TC_DOC_013 @verifies CFG_TOOL_014 @technique requirements @level unit
        The plan of the first guide compiles, and has the checksum that the guide prints."""
        text = (REPO / "docs/guide/first-cell.md").read_text()
        plans = [b for b in code(text) if b.startswith("# SPDX") and "[root]" in b]
        self.assertEqual(len(plans), 1)
        self.assertIn(f"plan {self.checksum(plans[0])}, ", text)
        self.assertNotIn(self.checksum(plans[0].replace("cpus = [3]", "cpus = [2]")), text)

    @staticmethod
    def checksum(text):
        """Checksum of the blob of a source."""
        (REPO / "build/tmp").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=REPO / "build/tmp") as folder:
            path = Path(folder) / "first.toml"
            path.write_text(text)
            blob = encode.encode(compiler.compile_plan(str(path)))
        return f"{int.from_bytes(blob[-4:], 'little'):08x}"


class Pages(unittest.TestCase):
    """Every page of the checkout."""

    def each(self, check, paths):
        """A check over files."""
        self.assertTrue(paths)
        problems = [f"{short(p)}: {x}" for p in paths for x in check(p, p.read_text())]
        self.assertEqual(problems, [])

    def test_links(self):
        """@test TC_DOC_006 @verifies SYR_TOOL_002 @technique requirements @level unit
        Relative links lead to a file, and to a heading if they name one."""
        self.each(broken_links, documents(".md"))
        page = REPO / "docs/CONTRIBUTING.md"
        self.assertTrue(broken_links(page, "[x](no-such-file.md)"))
        self.assertTrue(broken_links(page, "[x](CHANGELOG.md#no-such-heading)"))
        self.assertEqual(broken_links(page, "[x](CHANGELOG.md) [y](mailto:x)"), [])

    def test_ids(self):
        """@test TC_DOC_007 @verifies CFG_TOOL_020 @technique requirements @level unit
        Every error and event ID in pages and manuals exists."""
        known = identifiers()
        self.each(lambda _, t: unknown_ids(t, known), documents(".md") + manuals())
        self.assertEqual(unknown_ids("E0101 and E0FFF, V0501", known), ["E0FFF"])

    def test_targets(self):
        """@test TC_DOC_008 @verifies SYR_TOOL_002 @technique requirements @level unit
        Every make target that a page names is in the Makefile."""
        targets = makefile_targets()
        self.each(lambda _, t: unknown_targets(t, targets), documents(".md"))
        self.assertEqual(unknown_targets("`make nonesuch`, `make help`; make sure", targets),
                         ["nonesuch"])

    def test_places(self):
        """@test TC_DOC_009 @verifies SYR_TOOL_002 @technique requirements @level unit
        Every file, and every function named with its file, exists."""
        self.each(lambda _, t: unknown_places(t), documents(".md"))
        self.assertEqual(len(unknown_places("`core/init.c:nix` `core/nix.c:x` `src/nix.c`")), 3)
        self.assertEqual(unknown_places("`core/init.c:init_cpu` `src/core`"), [])

    def test_maintenance(self):
        """@test TC_DOC_015 @verifies SYR_TOOL_002 @technique requirements @level unit
        Every barrier and every TLB and cache operation stands in its place in docs/spec/maintenance.md."""
        arch = REPO / "src/arch/aarch64"
        sysreg = (arch / "sysreg.h").read_text()
        sources = {str(p.relative_to(REPO / "src")): p.read_text() for folder in (arch, REPO / "src/core")
                   for p in sorted(folder.iterdir()) if p.suffix in (".c", ".h", ".S")
                   and p.name != "sysreg.h"}
        page = (SPEC / "maintenance.md").read_text()
        self.assertGreater(len(barriers(sources, primitives(sysreg))), 20)
        self.assertEqual(wrong_maintenance(page, sources, sysreg), [])
        cpu = "arch/aarch64/cpu.c"
        for name, old, new in ((cpu, "    tlbi_alle1is();", ""),
                               (cpu, "    isb();\n    tlbi_vmalls12e1();",
                                "    tlbi_vmalls12e1();\n    isb();"),
                               ("arch/aarch64/head.S", "\ttlbi\talle2\n", ""),
                               ("arch/aarch64/vectors.S", "\tdsb\tsy", "\tdsb\tish")):
            self.assertIn(old, sources[name])
            damaged = {**sources, name: sources[name].replace(old, new, 1)}
            self.assertTrue(wrong_maintenance(page, damaged, sysreg), (name, old))
        self.assertTrue(wrong_maintenance(page, sources, sysreg.replace("dmb ishst", "dmb ish")))
        self.assertTrue(wrong_maintenance(page.replace("| dmb_store |", "| dsb |"), sources, sysreg))

    def test_hints(self):
        """@test TC_DOC_014 @verifies SYR_UI_001 @technique requirements @level unit
        Every document that the hint of an error names exists."""
        hints = "\n".join(re.findall(r'"([^"\n]*)"\)$', (ABI / "errors.def").read_text(), re.M))
        self.assertIn("docs/spec/hypercalls.md", hints)
        self.assertEqual(unknown_hints(hints), [])
        self.assertEqual(unknown_hints("see docs/nowhere."), ["docs/nowhere"])

    def test_neutral(self):
        """@test TC_DOC_010 @verifies SYR_TOOL_002 @technique requirements @level unit
        No path of one machine, no host, no claim of certification."""
        paths = documents(".md", ".svg") + manuals()
        self.each(lambda _, t: foreign_places(t) + false_claims(t), paths)
        self.assertTrue(foreign_places("see /" + "home/x/y"))
        self.assertTrue(foreign_places("from http://mirror.invalid/debian"))
        self.assertEqual(foreign_places("build/tools/root/usr"), [])
        self.assertTrue(false_claims("Bulkhead is certif" + "ied to SIL 3."))
        self.assertEqual(false_claims("Bulkhead is not certified."), [])

    def test_decisions(self):
        """@test TC_DOC_011 @verifies SYR_TOOL_002 @technique requirements @level unit
        Decision records are complete, and the list names each."""
        paths = sorted(p for p in ADR.glob("[0-9]*.md"))
        names, pages = [p.name for p in paths], [p.read_text() for p in paths]
        self.assertTrue(names)
        self.assertEqual(adr_problems(names, pages), [])
        listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (ADR / "README.md").read_text())
        self.assertEqual(listed, names)
        broken = [pages[0].replace("## Rejected", "## Other")] + pages[1:]
        self.assertTrue(adr_problems(names, broken))
        self.assertTrue(adr_problems(["0002-x.md"], pages[:1]))


if __name__ == "__main__":
    unittest.main()
