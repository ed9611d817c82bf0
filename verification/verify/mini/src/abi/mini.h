/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file mini.h
 * Constants of the miniature kernel.
 */
#ifndef ABI_MINI_H
#define ABI_MINI_H

#define MINI_GOOD 0x600DU /**< Result of a good run. */

#endif
