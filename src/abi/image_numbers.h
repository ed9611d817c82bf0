/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file image_numbers.h
 * Numbers of image.h and errors.def which assembly needs; src/arch/aarch64/launch.c asserts that
 * they are the same.
 */
#ifndef BH_ABI_IMAGE_NUMBERS_H
#define BH_ABI_IMAGE_NUMBERS_H
#define BH_IMAGE_MAGIC_NUMBER 0x314547414D494842
#define BH_ABI_VERSION_NUMBER 4
#define BH_E_LAUNCH_CPU_NUMBER 0x0302
#endif
