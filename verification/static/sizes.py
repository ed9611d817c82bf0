# SPDX-License-Identifier: Apache-2.0
"""Size and shape gate: functions, files, complexity, and the constructs the kernel does without."""
import sys
from pathlib import Path

import ctokens
import kernel

FORBIDDEN = {"goto": "goto", "malloc": "allocation", "calloc": "allocation",
             "realloc": "allocation", "free": "allocation", "alloca": "allocation",
             "__builtin_alloca": "allocation", "setjmp": "jump", "longjmp": "jump",
             "wchar_t": "wchar_t (its size differs between the provers' machine and AArch64)"}
PLAIN_CHAR_BEFORE = {"signed", "unsigned"}


def pointers_to_functions(stream):
    """Lines with a declarator of the form (*name)( or (*)(."""
    lines = []
    code = [t for t in stream if t.kind != "comment"]
    for i in range(len(code) - 4):
        if code[i].text == "(" and code[i + 1].text == "*":
            j = i + 2
            while code[j].text in ("const", "volatile"):
                j += 1
            j += code[j].kind == "name"
            if (code[j].text == ")" and j + 1 < len(code) and code[j + 1].text == "("
                    and (i == 0 or code[i - 1].kind in ("name",) or code[i - 1].text in "*;")
                    and code[i - 1].text not in ("return", "sizeof", "if", "while")
                    and code[j - 1].text != "*" or code[j].text == ")" and code[j + 1].text == "("
                    and code[j - 1].text == "*"):
                lines.append(code[i].line)
    return lines


def forbidden(stream, own):
    """Findings of constructs that the kernel does without."""
    found = []
    code = [t for t in stream if t.kind != "comment"]
    for i, token in enumerate(code):
        if token.text in FORBIDDEN and (token.text == "goto" or token.text == "wchar_t"
                                        or token.text not in own):
            found.append(f"line {token.line}: {FORBIDDEN[token.text]}")
        if token.text == "char" and (i == 0 or code[i - 1].text not in PLAIN_CHAR_BEFORE):
            found.append(f"line {token.line}: plain char (its sign differs between the provers' "
                         f"machine and AArch64)")
    found += [f"line {n}: pointer to function" for n in pointers_to_functions(stream)]
    return found


def check_file(result, k, name):
    """One file of the kernel; returns (functions, sloc)."""
    text = (k.repo / name).read_text()
    limits = k.data["limits"]
    lines = ctokens.sloc(text)
    most = limits["h_sloc" if name.endswith(".h") else "c_sloc"]
    result.check(lines <= most, f"{name}: {lines} lines of code, at most {most}")
    found = [f for f in ctokens.functions(text, name) if f.definition]
    bad = forbidden(ctokens.tokens(text), {f.name for f in found})
    result.check(not bad, f"{name}: {'; '.join(bad)}")
    for function in found:
        length = function.last - function.first + 1
        result.check(length <= limits["function_lines"],
                     f"{name}:{function.first} {function.name}: {length} lines, "
                     f"at most {limits['function_lines']}")
        paths = ctokens.complexity(function.body)
        result.check(paths <= limits["complexity"],
                     f"{name}:{function.first} {function.name}: complexity {paths}, "
                     f"at most {limits['complexity']}")
    return found, lines


def report(ctx, result):
    """`make size`: the figures against the targets, with those of the built image."""
    check(ctx, result)
    print("\n".join(result.details))
    elf = ctx.image_dir / "bulkhead.elf"
    if elf.exists():
        print(ctx.tool("aarch64-linux-gnu-size", "-A", "-d", elf).stdout)
    print(f"{result.passed} passed, {result.failed} failed")
    return 1 if result.failed else 0


def check(ctx, result):
    """The size gate; notes the figures it found."""
    k = kernel.Kernel(ctx.repo)
    names = k.files("kernel", "headers")
    part_of = {name: part for part, files in k.data["parts"].items() for name in files}
    total, lengths, parts = 0, [], dict.fromkeys(k.data["parts"], 0)
    for name in names:
        found, lines = check_file(result, k, name)
        if name in part_of:
            parts[part_of[name]] += lines
        else:
            total += lines
        lengths += [f.last - f.first + 1 for f in found]
    for name in k.files("assembly"):
        lines = ctokens.sloc((ctx.repo / name).read_text())
        if name in part_of:
            parts[part_of[name]] += lines
        else:
            total += lines
    target = k.data["targets"]["kernel_sloc"]
    result.check(total <= target, f"kernel has {total} lines of code, target at most {target}")
    whole, most = total + sum(parts.values()), k.data["targets"]["whole_sloc"]
    result.check(whole <= most, f"kernel with all parts has {whole} lines of code, at most {most}")
    lengths.sort()
    result.data["kernel_sloc"] = total
    result.data["functions"] = len(lengths)
    result.data["function_lines_median"] = lengths[len(lengths) // 2] if lengths else 0
    result.check(bool(lengths), "no function of the kernel was found")
    result.data["parts"] = parts
    result.note(f"kernel with all parts {whole} lines of code (target {most}): beyond the minimum " +
                ", ".join(f"{name} {lines}" for name, lines in parts.items()))
    result.note(f"kernel {total} lines of code (target {target}), {len(lengths)} functions, "
                f"median {result.data['function_lines_median']} lines, "
                f"longest {lengths[-1] if lengths else 0}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "verify"))
    import context
    sys.exit(report(context.Context(), context.Result()))
