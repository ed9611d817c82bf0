# SPDX-License-Identifier: Apache-2.0
ARCH := aarch64
BOARD_SRC := src/boards/qemu-virt-arm64/board.c
BOARD_NUMBER := 1
KERNEL_BASE := 0x70000000
TABLE_BASE := 0x70200000
STATUS_BASE := 0x70400000
