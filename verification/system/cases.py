# SPDX-License-Identifier: Apache-2.0
"""What a system test is: a number, a title, the requirements it verifies, and a function that raises
when the machine does not do what the requirement says."""

import dataclasses
import typing


class Wrong(Exception):
    """The machine did not do what the case demands."""


def demand(good, text):
    if not good:
        raise Wrong(text)


def equal(got, wanted, what):
    demand(got == wanted, f"{what}: {show(got)}, expected {show(wanted)}")


def show(value):
    if isinstance(value, int) and not isinstance(value, bool) and value > 9:
        return hex(value)
    if isinstance(value, list):
        return "[" + "; ".join(str(v) for v in value) + "]"
    return str(value)


@dataclasses.dataclass(frozen=True)
class Case:
    """run(machine) gets what its group starts, or nothing when the group starts nothing."""
    id: str
    title: str
    verifies: tuple
    group: str
    run: typing.Callable


ALL = []


def case(number, title, verifies, group, identity=None):
    """Register a function as a case; its identity is made of its number unless it has one."""
    def add(function):
        ALL.append(Case(identity or f"TC_SYS_{number:03d}", title, tuple(verifies), group, function))
        return function
    return add
