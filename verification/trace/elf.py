# SPDX-License-Identifier: Apache-2.0
"""Functions of the shipped image, from DWARF and the symbol table (runs inside the tool root).

usage: elf.py IMAGE.elf     prints JSON: units, functions, labels of assembly
"""
import json
import os
import sys

from elftools.elf.elffile import ELFFile


def text_of(value):
    """Bytes or string as string."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def attribute(die, name):
    """Value of an attribute, or None."""
    found = die.attributes.get(name)
    return found.value if found else None


def source_path(path):
    """The part from src/ on, so that the place of the checkout does not matter."""
    path = os.path.normpath(path)
    parts = path.split("/")
    return "/".join(parts[parts.index("src"):]) if "src" in parts else path


def file_names(dwarf, unit):
    """Names of the files that a unit's line table numbers."""
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return {}
    folders = [text_of(d) for d in program["include_directory"]]
    five = program["version"] >= 5
    names = {}
    for i, entry in enumerate(program["file_entry"]):
        index = entry.dir_index if five else entry.dir_index - 1
        folder = folders[index] if 0 <= index < len(folders) else ""
        names[i if five else i + 1] = source_path(os.path.join(folder, text_of(entry.name)))
    return names


def origin(die):
    """The entry that carries name and place of an inlined or concrete instance."""
    for _ in range(4):
        for link in ("DW_AT_abstract_origin", "DW_AT_specification"):
            if link in die.attributes:
                die = die.get_DIE_from_attribute(link)
                break
        else:
            break
    return die


def functions_of(dwarf, unit, names):
    """Every function of a unit that has code, or was inlined somewhere."""
    found, others = {}, {}
    for die in unit.iter_DIEs():
        if die.tag not in ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine"):
            continue
        code = attribute(die, "DW_AT_low_pc") is not None or "DW_AT_ranges" in die.attributes
        if not code:
            continue
        base = origin(die)
        name = attribute(base, "DW_AT_name")
        # With one unit for all files, a name stands in the unit of its own file.
        if base.cu is not unit and base.cu.cu_offset not in others:
            others[base.cu.cu_offset] = file_names(dwarf, base.cu)
        file = others.get(base.cu.cu_offset, names).get(attribute(base, "DW_AT_decl_file"), "?")
        if name is None:
            continue
        key = (text_of(name), file)
        inlined = die.tag == "DW_TAG_inlined_subroutine"
        entry = found.setdefault(key, {"name": text_of(name), "file": file, "inlined": True,
                                       "line": attribute(base, "DW_AT_decl_line") or 0,
                                       "static": "DW_AT_external" not in base.attributes})
        entry["inlined"] = entry["inlined"] and inlined
    return list(found.values())


def labels_of(elf, known):
    """Global labels and functions in code which no C function accounts for."""
    found = []
    for symbol in elf.get_section_by_name(".symtab").iter_symbols():
        index, kind = symbol["st_shndx"], symbol["st_info"]["type"]
        if not isinstance(index, int) or kind not in ("STT_FUNC", "STT_NOTYPE"):
            continue
        section = elf.get_section(index)
        code = section["sh_flags"] & 4
        wanted = symbol["st_info"]["bind"] == "STB_GLOBAL" or kind == "STT_FUNC"
        if code and wanted and symbol.name and not symbol.name.startswith("$") \
                and symbol.name.split(".")[0] not in known and not symbol.name.startswith("_"):
            found.append({"name": symbol.name, "address": symbol["st_value"],
                          "size": symbol["st_size"]})
    return sorted(found, key=lambda s: (s["address"], s["name"]))


def main():
    """Print the inventory."""
    with open(sys.argv[1], "rb") as handle:
        elf = ELFFile(handle)
        dwarf = elf.get_dwarf_info()
        units, functions = [], {}
        for unit in dwarf.iter_CUs():
            top = unit.get_top_DIE()
            folder = text_of(attribute(top, "DW_AT_comp_dir") or "")
            units.append(source_path(os.path.join(folder,
                                                  text_of(attribute(top, "DW_AT_name")))))
            for entry in functions_of(dwarf, unit, file_names(dwarf, unit)):
                functions.setdefault((entry["name"], entry["file"]), entry)
        names = {name for name, _ in functions}
        print(json.dumps({"units": sorted(set(units) - {"<artificial>"}), "labels": labels_of(elf, names),
                          "functions": [functions[k] for k in sorted(functions)]}))


if __name__ == "__main__":
    main()
