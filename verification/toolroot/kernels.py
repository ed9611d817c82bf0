# SPDX-License-Identifier: Apache-2.0
"""Stock Debian kernels: image, modules, and headers that build modules inside the tool root.

build/tools/linux-X.Y holds: Image, System.map, config, release (the ABI name), headers (usable as
`make -C`), modules/*.ko (decompressed).
"""

import lzma
import os
import shutil

from common import Failure, say
from unpack import replace_tree, unpack

# The header packages name absolute paths of an installed system and the compiler of their own
# Debian release. These two files are written anew: relative paths, the root's cross compiler.
MAKEFILE = """\
include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))../linux-headers-{common}/Makefile
"""
KERNELVARIABLES = """\
override ARCH = arm64
override KERNELRELEASE = {release}
override CROSS_COMPILE = aarch64-linux-gnu-
CC = aarch64-linux-gnu-gcc-14
DEBIAN_KERNEL_NO_CC_VERSION_CHECK = y
"""


def release_of(files):
    """The ABI name, read from the name of the image package."""
    images = [entry.package for entry in files if entry.package.startswith("linux-image-")]
    if len(images) != 1:
        raise Failure("E0806", f"{len(images)} kernel images in one group", "make toolchain-relock")
    return images[0].removeprefix("linux-image-")


def build_kernel(group, files, places, wanted):
    new = places.tools / f"{group}.new"
    shutil.rmtree(new, ignore_errors=True)
    (new / "tree").mkdir(parents=True)
    release = release_of(files)
    for entry, path in files.items():
        if entry.package.startswith("linux-image-"):
            place_image(path, new, release, wanted)
        else:
            # vmlinux serves the type information (BTF) of modules, which needs pahole.
            unpack(path, new / "tree", ("./usr/share/*", "./usr/src/*/vmlinux"))
    place_headers(new, release)
    (new / "release").write_text(release + "\n")
    replace_tree(new, places.tools / group)
    say(f"{group}: {release}, {len(os.listdir(places.tools / group / 'modules'))} modules")


def place_headers(new, release):
    headers = new / "tree/usr/src" / f"linux-headers-{release}"
    common = release.removesuffix("-arm64") + "-common"
    if not (headers.with_name(f"linux-headers-{common}") / "Makefile").is_file():
        raise Failure("E0806", f"no headers for {release}", "make toolchain-relock")
    (headers / "Makefile").write_text(MAKEFILE.format(common=common))
    (headers / ".kernelvariables").write_text(KERNELVARIABLES.format(release=release))
    (new / "headers").symlink_to(headers.relative_to(new))


def place_image(path, new, release, wanted):
    scratch = new / "image"
    scratch.mkdir()
    unpack(path, scratch, ("*.dtb",), ("./boot/*", "*/kernel/*", "*/modules.builtin"))
    for name, kept in (("vmlinuz", "Image"), ("System.map", "System.map"), ("config", "config")):
        os.replace(scratch / "boot" / f"{name}-{release}", new / kept)
    if (new / "Image").read_bytes()[56:60] != b"ARM\x64":
        raise Failure("E0806", f"the image of {release} is not a plain arm64 Image",
                      "report this kernel package")
    (new / "modules").mkdir()
    place_modules(scratch, new / "modules", wanted)
    shutil.rmtree(scratch)


def place_modules(scratch, modules, wanted):
    """Keep the wanted modules; each must exist or be built in, and bring its dependencies."""
    found = {path.name.split(".")[0]: path for path in scratch.rglob("*.ko*")}
    builtin = {line.strip().rsplit("/", 1)[-1].removesuffix(".ko")
               for path in scratch.rglob("modules.builtin") for line in path.open()}
    normal = {name.replace("-", "_") for name in wanted}
    for name in wanted:
        if name in found:
            data = found[name].read_bytes()
            data = lzma.decompress(data) if found[name].suffix == ".xz" else data
            (modules / f"{name}.ko").write_bytes(data)
            lacking = depends(data) - normal
            if lacking:
                raise Failure("E0806", f"module {name} needs {', '.join(sorted(lacking))}",
                              "name it in wanted.toml, [kernel-modules]")
        elif name not in builtin:
            raise Failure("E0806", f"the kernel package has no module {name}",
                          "see wanted.toml, [kernel-modules]")


def depends(module):
    """Names after "depends=" in the module's .modinfo section."""
    text = module.split(b"\0depends=", 1)[1].split(b"\0", 1)[0].decode()
    return {name.replace("-", "_") for name in text.split(",") if name}


def build_arm64(files, places):
    """Programs for the emulated machine: a static busybox and U-Boot's image for QEMU virt."""
    new = places.tools / "arm64.new"
    shutil.rmtree(new, ignore_errors=True)
    (new / "tree").mkdir(parents=True)
    for path in files.values():
        unpack(path, new / "tree", ("./usr/share/*", "./usr/lib/u-boot/*ppc*",
                                    "./usr/lib/u-boot/*malta*", "./usr/lib/u-boot/*riscv*",
                                    "./usr/lib/u-boot/*x86*"))
    for name, target in (("busybox", "usr/bin/busybox"),
                         ("u-boot.bin", "usr/lib/u-boot/qemu_arm64/u-boot.bin")):
        if not (new / "tree" / target).is_file():
            raise Failure("E0806", f"no {target} in the packages of group arm64",
                          "make toolchain-relock")
        (new / name).symlink_to(f"tree/{target}")
    replace_tree(new, places.tools / "arm64")
    say("arm64: busybox, u-boot.bin")
