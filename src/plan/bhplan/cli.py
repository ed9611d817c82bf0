# SPDX-License-Identifier: Apache-2.0
"""The command bulkhead-plan. stdout is data, stderr is messages."""
from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from . import decode, devicetree, diff, explain, fdt, judge, measure, ownermap, restart, rules, scan
from .compiler import compile_plan
from .encode import encode
from .errors import JSON_VERSION, PlanError, Refused, Source, as_json, by_eid, render

EXIT_OK, EXIT_FOUND, EXIT_USAGE, EXIT_PLAN, EXIT_INTERNAL = 0, 1, 2, 3, 9


def compile_and_judge(path: str) -> tuple[bytes, str]:
    """Blob and map of a source which rules and judge accept. Raises Refused or PlanError.

    @req CFG_TOOL_013
    """
    plan = compile_plan(path)
    errors = rules.judge(plan)
    if errors:
        raise Refused(errors)
    blob = encode(plan)
    verdict = judge.judge_blob(blob)
    if verdict is not None:
        verdict.where = Source(path, 0)
        raise verdict
    return blob, ownermap.owner_map(plan, blob)


def read_plan(path: str) -> decode.Contents:
    """Decode a blob. Raises PlanError."""
    try:
        return decode.decode(Path(path).read_bytes())
    except OSError as err:
        raise PlanError("SYS_IO", f"{err.strerror or err}", Source(path, 0),
                        exit_code=EXIT_USAGE) from err
    except decode.DecodeError as err:
        raise PlanError(err.name, err.message, Source(path, 0), a=err.a, b=err.b,
                        rule="CFG_TOOL_015") from err


def read_either(path: str) -> decode.Contents:
    """A source, compiled and judged, or a blob. Raises Refused or PlanError."""
    if path.endswith(".toml"):
        return decode.decode(compile_and_judge(path)[0])
    return read_plan(path)


def write_file(path: str, data: bytes) -> None:
    """Write a file whole or not at all. Raises PlanError."""
    target = Path(path)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            file.write(data)
        os.chmod(file.name, 0o666 & ~_umask())
        os.replace(file.name, target)
    except OSError as err:
        raise PlanError("SYS_IO", f"cannot be written: {err.strerror or err}", Source(path, 0),
                        exit_code=EXIT_USAGE) from err


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def do_build(args: argparse.Namespace) -> int:
    """build: nothing is written unless rules and judge accept."""
    blob, text = compile_and_judge(args.file)
    if args.map:
        write_file(args.map, text.encode())
    write_file(args.output, blob)
    _done(args, f"{args.output}: {len(blob)} bytes, accepted", {"output": args.output,
                                                              "map": args.map, "bytes": len(blob)})
    return EXIT_OK


def do_check(args: argparse.Namespace) -> int:
    """check: a source by rules and judge, anything else by the judge alone."""
    if args.file.endswith(".toml"):
        compile_and_judge(args.file)
    else:
        verdict = judge.judge_file(args.file)
        if verdict is not None:
            raise verdict
    _done(args, f"{args.file}: accepted", {"file": args.file})
    return EXIT_OK


def do_show(args: argparse.Namespace) -> int:
    """show: the map from the blob; with --against, compared with the map that build wrote."""
    contents = read_plan(args.file)
    text = decode.text_map(contents)
    if args.against:
        return _against(args, text)
    sys.stdout.write(json.dumps(decode.as_json(contents), indent=1) + "\n" if args.json else text)
    return EXIT_OK


def _against(args: argparse.Namespace, text: str) -> int:
    try:
        other = Path(args.against).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise PlanError("SYS_IO", f"{err}", Source(args.against, 0), exit_code=EXIT_USAGE) from err
    want = ownermap.without_sources(other).splitlines()
    have = text.splitlines()
    for line, (one, two) in enumerate(zip(want + [""] * len(have), have + [""] * len(want)), 1):
        if one != two:
            raise PlanError("PLAN_VALUE", f"the map does not tell what {args.file} holds",
                            Source(args.against, line), note=f"the blob says: {two}",
                            rule="CFG_TOOL_015", hint="build plan and map again, together")
    _done(args, f"{args.against}: agrees with {args.file}",
          {"file": args.file, "map": args.against})
    return EXIT_OK


def do_diff(args: argparse.Namespace) -> int:
    """diff: differences in meaning of two plans, sources or blobs."""
    both = [read_either(p) for p in (args.one, args.two)]
    rows = diff.differences(both[0], both[1])
    if args.json:
        keys = ("what", "first", "second")
        print(json.dumps({"format": "bulkhead-plan-diff", "version": JSON_VERSION,
                          "differences": [dict(zip(keys, row)) for row in rows]}, indent=1))
    elif rows:
        sys.stdout.write(diff.table(rows, (args.one, args.two)))
    else:
        print("no difference")
    return EXIT_OK


def do_devicetree(args: argparse.Namespace) -> int:
    """devicetree: the machine's tree without what the plan gives to others."""
    plan = read_plan(args.file)
    try:
        tree = fdt.read(Path(args.machine).read_bytes())
        devicetree.fit(tree, plan, args.append, _initrd(args))
    except OSError as err:
        raise PlanError("SYS_IO", f"{err.strerror or err}", Source(args.machine, 0),
                        exit_code=EXIT_USAGE) from err
    except fdt.TreeError as err:
        raise PlanError("PLAN_TREE", f"{err}", Source(args.machine, 0),
                        rule="CFG_TOOL_027") from err
    data = fdt.write(tree)
    write_file(args.output, data)
    _done(args, f"{args.output}: {len(data)} bytes", {"output": args.output, "bytes": len(data)})
    return EXIT_OK


def do_digest(args: argparse.Namespace) -> int:
    """digest: what the kernel will measure of a cell whose memory holds these images."""
    plan = read_either(args.file)
    cell = measure.find_cell(plan, args.cell)
    images = [measure.read_image(plan, cell, word) for word in args.image]
    found = measure.digest(plan, cell, images)
    if args.json:
        print(json.dumps({"format": "bulkhead-plan-digest", "version": JSON_VERSION,
                          "cell": args.cell, "digest": found,
                          "planned": plan.parties[cell].digest or None,
                          "images": [{"file": i.path, "address": i.address, "bytes": len(i.data)}
                                     for i in images]}, indent=1))
    else:
        print(f"{found}  cell {args.cell}")
    return EXIT_OK


def do_scan(args: argparse.Namespace) -> int:
    """scan: instructions of an image whose access cannot be emulated.

    @req CFG_SCN_001
    """
    try:
        data = Path(args.file).read_bytes()
        raw = args.base is not None
        parts = scan.read_raw(data, int(args.base, 0)) if raw else scan.read_elf(data)
    except OSError as err:
        raise PlanError("SYS_IO", f"{err.strerror or err}", Source(args.file, 0),
                        exit_code=EXIT_USAGE) from err
    except (scan.ImageError, ValueError) as err:
        raise PlanError("SYS_IO", f"cannot be scanned: {err}", Source(args.file, 0),
                        exit_code=EXIT_USAGE) from err
    words, found = scan.scan(parts)
    if args.json:
        print(json.dumps({"format": "bulkhead-plan-scan", "version": JSON_VERSION,
                          "file": args.file, "instructions": words,
                          "found": [{"address": f.address, "word": f.word, "class": f.kind,
                                     "symbol": f.symbol or None} for f in found]}, indent=1))
    else:
        for f in found:
            print(f"{f.address:#x}  {f.word:08x}  {f.kind:<9}  {f.symbol}".rstrip())
        print(f"{len(found)} of {words} instructions access memory without a syndrome")
    return EXIT_FOUND if found and args.strict else EXIT_OK


def _initrd(args: argparse.Namespace) -> devicetree.Initrd | None:
    """ADDRESS:FILE, the file as it will be loaded there."""
    if not args.initrd:
        return None
    address, _, path = args.initrd.partition(":")
    try:
        if not Path(path).is_file():
            raise OSError(f"no file '{path}'")
        return devicetree.Initrd(int(address, 0), Path(path).stat().st_size)
    except (OSError, ValueError) as err:
        raise PlanError("SYS_IO", f"--initrd: {err}", exit_code=EXIT_USAGE) from err


def do_restart_image(args: argparse.Namespace) -> int:
    """restart-image: what lies at root's entry when root can begin anew.

    @req CFG_TOOL_054
    """
    contents = read_plan(args.file)
    program = measure.contents_of(args.program)
    image = restart.compose(contents, program, [restart.part(contents, word) for word in args.part])
    Path(args.output).write_bytes(image)
    entry = contents.parties[restart.ROOT].entry
    _done(args, f"{args.output}: {len(image)} bytes for {entry:#x}",
          {"file": args.output, "bytes": len(image), "address": entry})
    return EXIT_OK


def do_explain(args: argparse.Namespace) -> int:
    """explain: one ID, or all."""
    if args.all == bool(args.id) or ((args.markdown or args.mdoc) and not args.all):
        print("bulkhead-plan explain: name one ID, or --all", file=sys.stderr)
        return EXIT_USAGE
    if args.markdown or args.mdoc:
        sys.stdout.write(explain.markdown() if args.markdown else explain.manual())
        return EXIT_OK
    try:
        entries = explain.table() if args.all else [by_eid(args.id)]
    except KeyError:
        print(f"bulkhead-plan explain: no ID '{args.id}'", file=sys.stderr)
        return EXIT_USAGE
    if args.json:
        print(json.dumps({"format": "bulkhead-errors", "version": JSON_VERSION,
                          "errors": [explain.as_json(e) for e in entries]}, indent=1))
    else:
        sys.stdout.write("\n".join(explain.describe(e) for e in entries))
    return EXIT_OK


def _done(args: argparse.Namespace, line: str, data: dict) -> None:
    if args.json:
        print(json.dumps({"format": "bulkhead-plan", "version": JSON_VERSION, "result": "accepted",
                          **data, "errors": []}, indent=1))
    else:
        print(line)


def _tell(errors: list[PlanError], as_machine: bool, wrote: bool) -> None:
    if as_machine:
        print(json.dumps({"format": "bulkhead-plan", "version": JSON_VERSION, "result": "refused",
                          "errors": [as_json(e) for e in errors]}, indent=1))
        return
    for error in errors:
        print(render(error), file=sys.stderr)
    plural = "" if len(errors) == 1 else "s"
    print(f"{len(errors)} error{plural}" + (", nothing written" if wrote else ""), file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="bulkhead-plan", description="Compile, judge and show plans.",
        epilog="Exit: 0 done, 1 found (scan --strict), 2 usage, 3 plan refused, 9 no judge or internal "
        "error. "
        "See bulkhead-plan(1), bulkhead-plan(5), bulkhead-errors(7).")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, function, words: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=words, description=words)
        sub.add_argument("--json", action="store_true", help="print JSON")
        sub.set_defaults(function=function)
        return sub

    build = verb("build", do_build, "compile a plan source to a blob and an owner map")
    build.add_argument("file", metavar="FILE.toml")
    build.add_argument("-o", "--output", required=True, metavar="FILE.plan")
    build.add_argument("--map", metavar="FILE.map", help="owner of every byte, CPU and interrupt")
    check = verb("check", do_check, "judge a plan source (.toml) or a blob")
    check.add_argument("file", metavar="FILE")
    show = verb("show", do_show, "regenerate the owner map from a blob")
    show.add_argument("file", metavar="FILE.plan")
    show.add_argument("--against", metavar="FILE.map", help="compare with build's map")
    two = verb("diff", do_diff, "differences in meaning of two plans (sources or blobs)")
    two.add_argument("one", metavar="A")
    two.add_argument("two", metavar="B")
    tree = verb("devicetree", do_devicetree, "the device tree of root's system, for direct boot")
    tree.add_argument("file", metavar="FILE.plan")
    tree.add_argument("--machine", required=True, metavar="FILE.dtb", help="the machine's own tree")
    tree.add_argument("-o", "--output", required=True, metavar="FILE.dtb")
    tree.add_argument("--append", default="", metavar="ARGUMENTS", help="arguments of root's kernel")
    tree.add_argument("--initrd", metavar="ADDRESS:FILE", help="where firmware loads which file")
    anew = verb("restart-image", do_restart_image, "what root begins anew from, for direct boot")
    anew.add_argument("file", metavar="FILE.plan")
    anew.add_argument("-o", "--output", required=True, metavar="IMAGE")
    anew.add_argument("--program", required=True, metavar="restart.bin", help="of the inmates' build")
    anew.add_argument("part", nargs="+", metavar="FILE@ADDRESS",
                      help="where each belongs: root's kernel first, then its device tree and file system")
    known = verb("digest", do_digest, "the measurement of a cell with these images")
    known.add_argument("file", metavar="PLAN", help="a plan source (.toml) or a blob")
    known.add_argument("cell", metavar="CELL")
    known.add_argument("image", nargs="+", metavar="IMAGE[@ADDRESS]",
                       help="as loaded, in this order; all other memory of the cell is zero")
    look = verb("scan", do_scan, "instructions of an image that cannot access emulated frames")
    look.add_argument("file", metavar="IMAGE")
    form = look.add_mutually_exclusive_group()
    form.add_argument("--elf", action="store_true", help="an ELF file (the default)")
    form.add_argument("--base", metavar="ADDRESS", help="a raw image that starts there")
    look.add_argument("--strict", action="store_true", help="exit 1 if any is found")
    words = verb("explain", do_explain, "text and hint of an error or event ID")
    words.add_argument("id", nargs="?", metavar="EID")
    words.add_argument("--all", action="store_true", help="all IDs")
    words.add_argument("--markdown", action="store_true", help="as docs/spec/error-ids.md")
    words.add_argument("--mdoc", action="store_true", help="as docs/man/bulkhead-errors.7")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code.

    @req CFG_TOOL_017 CFG_TOOL_018
    """
    args = parser().parse_args(argv)
    try:
        return args.function(args)
    except Refused as err:
        _tell(err.errors, args.json, args.verb == "build")
        return EXIT_PLAN
    except PlanError as err:
        _tell([err], args.json, args.verb == "build")
        return err.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception as err:  # pylint: disable=broad-except
        print(f"bulkhead-plan: error[E0412]: internal error ({type(err).__name__}: {err})",
              file=sys.stderr)
        return EXIT_INTERNAL
