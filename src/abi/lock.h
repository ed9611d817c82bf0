/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file lock.h
 * Lock-down: scopes, as a cell locks them by hypercall and a plan demands them.
 */
#ifndef BH_ABI_LOCK_H
#define BH_ABI_LOCK_H

/* Scopes of a lock, each a bit: what is refused from then on. */
#define BH_LOCK_CREATE 1U     /**< CELL_CREATE and CELL_DESTROY of the cell */
#define BH_LOCK_LOAD 2U       /**< CELL_LOAD of the cell */
#define BH_LOCK_START 4U      /**< CELL_START, CELL_STOP, and CELL_DESTROY, which stops */
#define BH_LOCK_DISABLE 8U    /**< DISABLE: root's own affair, for others that of all */
#define BH_LOCK_DEBUG 16U     /**< the cell's own debug registers */
#define BH_LOCK_SCOPES 31U    /**< all of these */
#define BH_LOCK_ALL 0x80000000U /**< the scopes named, for every cell: needs BH_GRANT_LOCK_ALL */
#define BH_LOCKS_MAX 32U        /**< one more than all locks (BH_LOCK_...) that can be demanded */

/* Second party of a refusal by PLAN_POLICY: which word of the policy, and the word; flags stand alone. */
#define BH_POLICY_LOCKS 0x100000000ULL
#define BH_POLICY_GRANTS 0x200000000ULL

#endif
