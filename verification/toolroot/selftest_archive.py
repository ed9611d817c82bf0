# SPDX-License-Identifier: Apache-2.0
"""A small signed Debian archive of our own, for the self-test: no network, no foreign keys."""

import email.utils
import os
import pathlib
import shutil
import subprocess

from common import in_root, sha256_file
from lockfile import Entry

SIGN = """\
set -e
cd "$1"
gpg --batch --quiet --passphrase '' --quick-gen-key 'self-test' ed25519 sign never
gpg --batch --quiet --export > keyring.gpg
gpg --batch --quiet --yes --clearsign -o dists/trixie/InRelease Release
"""


def make_package(pool, name, version, arch, files, depends=""):
    """Build one .deb with some files; give back its paragraph of the Packages file."""
    tree = pool / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    control = (f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\n"
               + (f"Depends: {depends}\n" if depends else "")
               + "Maintainer: self-test <none@example.invalid>\nDescription: self-test\n")
    (tree / "DEBIAN/control").write_text(control)
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    package = pool / f"{name}_{version}_{arch}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(tree), str(package)],
                   check=True, capture_output=True,
                   env={**os.environ, "SOURCE_DATE_EPOCH": "1"})
    shutil.rmtree(tree)
    return (control + f"Filename: pool/{package.name}\nSize: {package.stat().st_size}\n"
            f"SHA256: {sha256_file(package)}\n")


def entry_for(archive, group, name, version, arch):
    package = archive / "pool" / f"{name}_{version}_{arch}.deb"
    return Entry(group, name, arch, version, "support", "debian", "trixie",
                 package.stat().st_size, sha256_file(package), f"pool/{package.name}")


def publish(archive, paragraphs, places):
    """Write the index files of suite trixie and sign them with a new key."""
    release = (f"Origin: self-test\nSuite: stable\nCodename: trixie\nComponents: main\n"
               f"Architectures: amd64 arm64\nDate: {email.utils.formatdate(usegmt=True)}\n"
               "SHA256:\n")
    for arch in ("amd64", "arm64"):
        index = archive / f"dists/trixie/main/binary-{arch}/Packages"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_text("\n".join(text for text in paragraphs
                                   if f"Architecture: {arch}\n" in text
                                   or "Architecture: all\n" in text))
        release += (f" {sha256_file(index)} {index.stat().st_size} "
                    f"main/binary-{arch}/Packages\n")
    (archive / "Release").write_text(release)
    status, output = in_root(places, ["sh", "-c", SIGN, "sign", str(archive)])
    if status != 0:
        raise RuntimeError(f"cannot sign the self-test's archive: {output}")


def tools_archive(archive: pathlib.Path, version, places):
    """An archive that holds group arm64 in one version."""
    (archive / "pool").mkdir(parents=True)
    paragraphs = [
        make_package(archive / "pool", "busybox-static", version, "arm64",
                     {"usr/bin/busybox": f"busybox {version}"}),
        make_package(archive / "pool", "u-boot-qemu", "1", "all",
                     {"usr/lib/u-boot/qemu_arm64/u-boot.bin": "u-boot"}),
    ]
    publish(archive, paragraphs, places)
    return [entry_for(archive, "arm64", "busybox-static", version, "arm64"),
            entry_for(archive, "arm64", "u-boot-qemu", "1", "all")]


def kernel_archive(archive: pathlib.Path, abi, places):
    """An archive that holds one kernel whose package names carry the ABI name."""
    pool = archive / "pool"
    pool.mkdir(parents=True)
    release, common, kbuild = f"{abi}-arm64", f"linux-headers-{abi}-common", f"linux-kbuild-{abi}"
    named = [("linux-headers-arm64", "arm64", f"linux-headers-{release} (= 1)"),
             (f"linux-headers-{release}", "arm64", f"{common} (= 1), {kbuild}, gcc-14"),
             (f"linux-image-{release}", "arm64", ""), (common, "all", ""), (kbuild, "amd64", "")]
    publish(archive, [make_package(pool, name, "1", arch, {}, depends)
                      for name, arch, depends in named], places)
    return [entry_for(archive, "linux-6.12", name, "1", arch) for name, arch, _ in named[1:]]
