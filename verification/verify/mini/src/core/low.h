/* SPDX-License-Identifier: Apache-2.0 */
/** @file low.h
 * Lowest layer of the miniature kernel on which the gates are tried.
 */
#ifndef CORE_LOW_H
#define CORE_LOW_H

#include <stdint.h>

/** The smaller of two numbers.
 * @req SWR_LOW_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_LOW_001: \result == (a < b ? a : b); */
uint32_t low_min(uint32_t a, uint32_t b);

#endif
