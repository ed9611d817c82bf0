/* SPDX-License-Identifier: Apache-2.0 */
/** @file s2.h
 * Storage of the stage-2 tables: LPAE, 4 KiB granule, 40-bit IPA, start at level 1 with two
 * concatenated tables. Free of registers and assembly: the host's machine model uses it as it is.
 */
#ifndef ARCH_S2_H
#define ARCH_S2_H

#include <stdint.h>

#define S2_POOLS 8U     /**< pools of tables, each one address space */
#define S2_TABLES 32U   /**< tables of a pool; 0 and 1 are its concatenated root */
#define S2_ENTRIES 512U /**< entries of a table */
#define S2_POOL_BYTES 131072U
#define S2_BASE_MAX 0xFFFFFFF00000ULL

/* Address of pool p's root, for VTTBR_EL2.BADDR. */
#define S2_ROOT(base, p) ((base) + ((uint64_t)(p) * S2_POOL_BYTES))

/** The tables. A structure, because a contract can then name all of them as one thing. */
struct s2_store {
    uint64_t at[S2_POOLS][S2_TABLES][S2_ENTRIES];
};

extern uint64_t s2_base;           /**< physical address of s2_e */
extern uint16_t s2_used[S2_POOLS]; /**< tables in use, from 0 on */
extern struct s2_store s2_e;

/** For the proof alone: level of each table, and the one entry which refers to it. */
struct s2_tree {
    uint16_t level[S2_POOLS][S2_TABLES];
    uint16_t from_table[S2_POOLS][S2_TABLES];
    uint16_t from_entry[S2_POOLS][S2_TABLES];
};
/*@ ghost struct s2_tree s2_tree; */

#endif
