/* SPDX-License-Identifier: Apache-2.0 */
/** @file el2map.h
 * The kernel's own stage 1 at EL2: identity, 4 KiB pages, W^X, guard page below every stack,
 * nothing but the kernel and the interrupt controller. Arm ARM D8 (VMSAv8-64), 39-bit, 3 levels.
 */
#ifndef AARCH64_EL2MAP_H
#define AARCH64_EL2MAP_H

#include <stdbool.h>
#include <stdint.h>
#include "el2map.acsl"

#define EL2_TABLES 12U
#define EL2_ENTRIES 512U

extern uint64_t el2_table[EL2_TABLES][EL2_ENTRIES];
extern uint32_t el2_used;
extern uint32_t el2_child[EL2_TABLES][EL2_ENTRIES];

/** Build the map from the image's layout and the board; once, before the MMU is on. Returns false
 * when the tables do not suffice.
 * @req SWR_EL2_002 */
/*@ terminates \true; exits \false;
    assigns el2_used, el2_table[0 .. EL2_TABLES - 1][0 .. EL2_ENTRIES - 1],
      el2_child[0 .. EL2_TABLES - 1][0 .. EL2_ENTRIES - 1];
    ensures SWR_EL2_002: el2_wxorx; */
bool el2map_build(void);

#endif
