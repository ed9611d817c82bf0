# SPDX-License-Identifier: Apache-2.0
"""Direct boot: what windows of a device page allow, and firmware calls that the plan lists. The page holds
eight transports of virtio; root has the first, `other` the next and four words of the third, to be read.
What is refused there is in attack/direct.toml."""

from cases import case, demand, equal
from cases_attempt import check_events
from direct import OTHER, ROOT, RT
from status import ATTEMPT, FAULTED

PAGE = 0x0A000000
MAGIC, NO_DEVICE = 0x74726976, 0
LISTED, LAST = 0xC2000100, 0xC200010F
NOT_SUPPORTED = 0xFFFFFFFF
WINDOW = ("SYR_MMW_001", "SWR_MMW_002", "SWR_MMW_003", "SWR_MMW_004", "SWR_MMW_006")
LOADS = ("SYR_MMW_001", "SWR_MMW_004", "SWR_MMW_005")
CALLS = ("SYR_SMC_001", "SWR_SMC_002", "SWR_SMC_003")


def granted(d, who, attempt, argument, value=None):
    """An attempt that is performed: no fault, no event, everybody's heart beats on."""
    d.set_clock(OTHER if who == RT else RT)
    result, events = d.attempt(who, ATTEMPT[attempt], argument)
    demand(result is not None and not result & FAULTED, f"{attempt} {argument:#x}: {result}")
    check_events(events, who, [])
    if value is not None:
        equal(result & 0xFFFFFFFF, value, f"{attempt} {argument:#x}")
    equal(d.silent((ROOT, RT, OTHER)), [], "silent cells")
    return result & 0xFFFFFFFF


@case(620, "two cells have transports of one page", WINDOW, "attack")
def two_owners(d):
    granted(d, ROOT, "READ", PAGE, MAGIC)
    granted(d, OTHER, "READ", PAGE + 0x200, MAGIC)
    granted(d, ROOT, "READ", PAGE + 0x008, NO_DEVICE)
    granted(d, OTHER, "READ", PAGE + 0x208, NO_DEVICE)
    granted(d, OTHER, "READ", PAGE + 0x3FC)


@case(621, "a write reaches the device", WINDOW, "attack")
def written(d):
    granted(d, ROOT, "STORE32", PAGE + 0x70)
    granted(d, OTHER, "STORE32", PAGE + 0x270)


@case(622, "loads of each width that a window names", LOADS, "attack")
def widths(d):
    granted(d, OTHER, "READ", PAGE + 0x400, MAGIC)
    granted(d, OTHER, "LOAD8", PAGE + 0x40F, 0)  # the device has words alone: it tells a byte that it is 0


@case(624, "a listed call reaches the firmware, which says no", CALLS, "attack")
def listed(d):
    for function in (LISTED, LAST):
        granted(d, OTHER, "SMC", function, NOT_SUPPORTED)
