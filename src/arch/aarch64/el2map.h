/* SPDX-License-Identifier: Apache-2.0 */
/** @file el2map.h
 * The kernel's own stage 1 at EL2: identity, 4 KiB pages, W^X, guard page below every stack,
 * nothing but the kernel and the interrupt controller. Arm ARM D8 (VMSAv8-64), 39-bit, 3 levels.
 */
#ifndef AARCH64_EL2MAP_H
#define AARCH64_EL2MAP_H

#include <stdbool.h>
#include <stdint.h>
#include "layout.h"

#define EL2_TABLES 12U
#define EL2_ENTRIES 512U

/** Addresses of the linker script, LAYOUT_..., in head.S. */
extern const uint64_t layout[LAYOUT_COUNT];

extern uint64_t el2_table[EL2_TABLES][EL2_ENTRIES];
extern uint32_t el2_used;                            /**< tables in use, from 0, the root, on */
extern uint32_t el2_child[EL2_TABLES][EL2_ENTRIES];  /**< table to which an entry refers, or 0 */

/** The last level behind the last 2 MiB: entry c is the window of CPU c (window.h). */
extern uint64_t el2_window[EL2_ENTRIES];

/* For the proof alone. */
/*@ ghost extern uint32_t el2_level[12]; */

#define EL2MAP_STATE el2_used, el2_table[..][..], el2_child[..][..], el2_level[..]

#include "el2map.acsl"

/** Build the map from the image's layout and the board; once, before the MMU is on. Returns false
 * when the tables do not suffice.
 * @req SWR_EL2_002 */
/*@ terminates \true; exits \false;
    assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
bool el2map_build(void);

/** Enter the table of the windows into the map, for the last 2 MiB; after el2map_build(). Returns
 * false when the tables do not suffice.
 * @req SWR_EL2_002 */
/*@ requires inv: el2_wxorx;
    terminates \true; exits \false;
    assigns EL2MAP_STATE;
    ensures SWR_EL2_002: el2_wxorx; */
bool el2map_windows(void);

#endif
