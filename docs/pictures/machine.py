#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw docs/pictures/machine.svg: a running machine. Same input, same bytes.

usage: machine.py [--check]     --check: exit 1 if the committed picture is not current
"""
import sys
from pathlib import Path

PICTURE = Path(__file__).with_name("machine.svg")
STYLE = """
  text { font: 14px sans-serif; fill: #1b1f24 }
  .head { font-weight: bold }
  .note { font-size: 12px; fill: #4a5058 }
  .edge { stroke: #4a5058; stroke-width: 1.2 }
  .page { fill: #ffffff }
  .root { fill: #e8eef7 } .cell { fill: #e6f3ea } .kernel { fill: #f8efdc } .metal { fill: #eeeeee }
  .share { fill: #ffffff; stroke-dasharray: 4 3 }
  .line { stroke: #4a5058; stroke-width: 1.4; fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e6e6 } .note { fill: #b5bac1 } .edge, .line { stroke: #9aa0a8 }
    .page { fill: #16191d } .root { fill: #22304a } .cell { fill: #1e3a2a }
    .kernel { fill: #43371d } .metal { fill: #2a2d31 } .share { fill: #16191d }
  }
"""


def box(x, y, w, h, kind, *lines):
    """A box; the first line of its text is its head."""
    out = [f'<rect class="{kind} edge" x="{x}" y="{y}" width="{w}" height="{h}" rx="5"/>']
    for i, words in enumerate(lines):
        style = "head" if i == 0 else "note"
        out.append(f'<text class="{style}" x="{x + 12}" y="{y + 22 + 18 * i}">{words}</text>')
    return out


def arrow(x, y1, y2, note):
    """A vertical line with a tip, and a note beside it."""
    return [f'<path class="line" d="M{x} {y1} L{x} {y2}" marker-end="url(#tip)"/>',
            f'<text class="note" x="{x + 6}" y="{(y1 + y2) // 2 + 4}">{note}</text>']


def line(x1, x2):
    """A level line between a cell and what it shares."""
    return [f'<path class="line" d="M{x1} 93 L{x2} 93"/>']


def picture():
    """The whole picture."""
    parts = ['<rect class="page" x="0" y="0" width="860" height="470"/>']
    parts += box(20, 20, 290, 150, "root", "root cell: stock Debian Linux",
                 "driver bulkhead.ko, command bulkhead", "CPU 0 to 2",
                 "what no cell has taken", "EL1, no kernel patch")
    parts += box(430, 20, 190, 150, "cell", "cell rt", "bare-metal program",
                 "CPU 3, 1 kHz timer", "own memory, own UART", "EL1")
    parts += box(650, 20, 190, 150, "cell", "another cell", "further CPUs", "own memory,",
                 "own interrupts", "EL1")
    parts += box(328, 60, 84, 66, "share", "comm", "one shared", "page")
    parts += line(310, 328) + line(412, 430)
    parts += box(20, 250, 820, 108, "kernel", "Bulkhead kernel (EL2)",
                 "plan: one blob, judged once, read-only  |  "
                 "partition: tables as a function of the plan, two views",
                 "cells: create, load, start, stop, destroy  |  "
                 "filters: distributor, redistributors, SGI, PSCI",
                 "status pages: states, counters, events; written by the kernel, read by root")
    parts += arrow(90, 170, 250, "HVC: reconfigure")
    parts += arrow(230, 250, 170, "status, read-only")
    parts += arrow(525, 170, 250, "traps: only what is not its own")
    parts += box(20, 400, 820, 50, "metal", "CPUs, memory, GICv3, devices",
                 "interrupts go straight to the cell that owns them. "
                 "DMA: NOT ISOLATED (no SMMU driver yet)")
    parts += arrow(430, 358, 400, "stage 2, traps, kick")
    body = "\n".join(parts)
    return ('<!-- SPDX-License-Identifier: Apache-2.0 -->\n'
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 470" role="img" '
            'aria-label="Root cell and two cells above the Bulkhead kernel above the machine">\n'
            f'<style>{STYLE}</style>\n<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M0 0 L8 4 L0 8 z" fill="#7a8088"/>'
            f'</marker></defs>\n{body}\n</svg>\n')


def main():
    """Write or check the picture."""
    if sys.argv[1:] == ["--check"]:
        return 0 if PICTURE.exists() and PICTURE.read_text() == picture() else 1
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    PICTURE.write_text(picture())
    return 0


if __name__ == "__main__":
    sys.exit(main())
