/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file types.h
 * Integer types of the ABI and the assertions which pin its layout. Usable from the kernel, the
 * Linux driver, the command and inmates.
 */
#ifndef BH_ABI_TYPES_H
#define BH_ABI_TYPES_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
typedef u8 bh_u8;
typedef u32 bh_u32;
typedef u64 bh_u64;
#else
#include <stddef.h>
#include <stdint.h>
typedef uint8_t bh_u8;
typedef uint32_t bh_u32;
typedef uint64_t bh_u64;
#endif

#define BH_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define BH_ASSERT_OFFSET(type, field, bytes)                                                       \
    _Static_assert(offsetof(type, field) == (bytes), "offset of " #field)

#endif
