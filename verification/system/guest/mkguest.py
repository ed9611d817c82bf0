#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the initramfs of a test guest: busybox, the driver, the command, the kernel image, plans and
inmates, and an /init which obeys the serial console.

    mkguest.py KERNEL OUT [--driver KO] [--files DIR=GUESTDIR]...

KERNEL is 6.1 or 6.12. The same input gives the same bytes: entries are sorted, times are zero, and
the archive (cpio, newc) is written here. A part that is missing is an error, unless --partial.
"""

import argparse
import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parents[3]
VIRTIO = ["virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk"]
DIR, FILE, LINK, CHAR = 0o040755, 0o100644, 0o120777, 0o020600


def newc(entries):
    """The archive of {name: (mode, data, device)} as bytes."""
    out = bytearray()
    items = sorted(entries.items()) + [("TRAILER!!!", (0, b"", (0, 0)))]
    for inode, (name, (mode, data, device)) in enumerate(items, 1):
        encoded = name.encode() + b"\0"
        fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


class Guest:
    """The files of the guest."""

    def __init__(self, partial):
        self.entries = {}
        self.partial = partial
        self.missing = []

    def directory(self, name):
        parts = pathlib.PurePosixPath(name).parts
        for end in range(1, len(parts) + 1):
            self.entries.setdefault("/".join(parts[:end]), (DIR, b"", (0, 0)))

    def file(self, name, path, mode=FILE, optional=False):
        path = pathlib.Path(path)
        if not path.is_file():
            if not optional:
                self.missing.append(str(path))
            return
        self.directory(str(pathlib.PurePosixPath(name).parent))
        self.entries[name] = (mode, path.read_bytes(), (0, 0))

    def folder(self, name, path, mode=FILE):
        """All files of a folder, flat."""
        self.directory(name)
        path = pathlib.Path(path)
        if not path.is_dir():
            self.missing.append(str(path))
            return
        for entry in sorted(path.iterdir()):
            if entry.is_file():
                self.file(f"{name}/{entry.name}", entry, mode)


def build(kernel, driver, partial, folders):
    build_dir = REPO / "build"
    guest = Guest(partial)
    tools = build_dir / "tools"
    guest.file("init", pathlib.Path(__file__).parent / "init", 0o100755)
    guest.file("bin/busybox", tools / "arm64/busybox", 0o100755)
    guest.entries["dev"] = (DIR, b"", (0, 0))
    guest.entries["dev/console"] = (CHAR, b"", (5, 1))
    for module in VIRTIO:
        # What a kernel has built in, it has no module of.
        guest.file(f"lib/modules/{module}.ko", tools / f"linux-{kernel}/modules/{module}.ko",
                   optional=True)
    guest.file("lib/modules/bulkhead.ko", driver or build_dir / f"linux-{kernel}/bulkhead.ko")
    guest.file("bin/bulkhead", build_dir / "cli/arm64/bulkhead", 0o100755)
    guest.file("lib/firmware/bulkhead.bin", build_dir / "aarch64-qemu-virt-arm64/bulkhead.bin")
    guest.folder("bin", build_dir / "guest/bin", 0o100755)
    for path, name in folders:
        guest.folder(name, path)
    return guest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernel", choices=["6.1", "6.12"])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--driver", type=pathlib.Path, help="another bulkhead.ko")
    parser.add_argument("--files", action="append", default=[], metavar="DIR=GUESTDIR",
                        help="put all files of DIR into GUESTDIR of the guest")
    parser.add_argument("--partial", action="store_true", help="leave out what is not built")
    args = parser.parse_args()
    folders = []
    for item in args.files:
        path, _, name = item.partition("=")
        if not name:
            parser.error(f"--files {item}: expected DIR=GUESTDIR")
        folders.append((path, name.strip("/")))
    guest = build(args.kernel, args.driver, args.partial, folders)
    if guest.missing and not args.partial:
        for path in guest.missing:
            print(f"mkguest: error[E040E]: {path} does not exist; hint: build it first",
                  file=sys.stderr)
        return 1
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(newc(guest.entries))
    return 0


if __name__ == "__main__":
    sys.exit(main())
