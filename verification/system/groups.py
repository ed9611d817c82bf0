# SPDX-License-Identifier: Apache-2.0
"""The machines that cases run on. A group names how its machine is started; cases of one group share
it as long as all goes well, after a failure the next one gets a new machine."""

import itertools

import built
import cases_attack
import cases_attempt  # noqa: F401  the modules register their cases
import cases_bench  # noqa: F401
import cases_churn  # noqa: F401
import cases_errors  # noqa: F401
import cases_exits  # noqa: F401
import cases_inject  # noqa: F401
import cases_its  # noqa: F401
import cases_life  # noqa: F401
import cases_lock  # noqa: F401
import cases_measure  # noqa: F401
import cases_message  # noqa: F401
import cases_plan  # noqa: F401
import cases_restart  # noqa: F401
import cases_scrub  # noqa: F401
import cases_smp  # noqa: F401
import cases_watch  # noqa: F401
import cases_window  # noqa: F401
import direct

COUNTER = itertools.count()


def _direct(options, name):
    """The shipped plan direct.toml, all cells up."""
    machine = open_direct(options, name)
    machine.up()
    return machine


def _max(options, name):
    """The same on another CPU model: pointer authentication, RAS, large physical addresses."""
    machine = open_direct(options, name, cpu="max,pauth-impdef=on")
    machine.up()
    return machine


def open_direct(options, name, plan=None, **kw):
    """A direct-boot machine before its first instruction."""
    dump = None
    if options.coverage:
        dump = options.coverage.resolve() / f"{name}-{next(COUNTER)}.bin"
    return direct.Direct(plan or built.PLANS / "direct.plan", kernel=options.image, dump=dump, **kw)


def _attack(options, name):
    """The plan of the attack suite, hostile code in every cell."""
    return cases_attack.opened(lambda n, p, **kw: open_direct(options, n, p, **kw))


def _attack_max(options, name):
    return cases_attack.opened(lambda n, p, **kw: open_direct(options, n, p, **kw),
                               cpu="max,pauth-impdef=on")


class Fresh:
    """For cases that start machines of their own."""

    def __init__(self, options):
        self.options = options

    def open(self, name, plan=None, **kw):
        return open_direct(self.options, name, plan, **kw)

    def close(self):
        """Nothing is left running."""


STARTERS = {"direct": _direct, "life": _direct, "max": _max, "attack": _attack,
            "attack-max": _attack_max, "attack-alone": lambda options, _: Fresh(options),
            "fresh": lambda options, _: Fresh(options)}


def splits(name):
    return name == "fresh"


class Supply:
    """A machine when one is needed."""

    def __init__(self, group, options):
        self.group = group
        self.options = options
        self.machine = None

    def get(self):
        if self.machine is None:
            self.machine = STARTERS[self.group](self.options, self.group)
        return self.machine

    def drop(self):
        if self.machine is not None:
            self.machine.close()
            self.machine = None
