/* SPDX-License-Identifier: Apache-2.0 */
/** @file its_state.h
 * What the kernel knows of the ITS and of what root has mapped. Whoever holds SW_ITS writes it.
 */
#ifndef AARCH64_ITS_STATE_H
#define AARCH64_ITS_STATE_H

#include <stdint.h>
#include "abi/plan.h"

#define ITS_DEVICES 64U      /**< of which so many are mapped at a time */
#define ITS_EVENTS 64U       /**< events of a device */
#define ITS_SLOTS 4096U      /**< devices by events */
#define ITS_COLLECTIONS 16U

/** What root sees of the ITS, and the kernel's own place in the queue; whoever holds SW_ITS writes it. */
struct its {
    uint32_t mode;       /**< enum its_mode */
    uint32_t next;       /**< entry of the kernel's queue that is written next */
    uint32_t present;    /**< CPUs that may be targets: root reached the ITS from them */
    uint32_t enabled;    /**< GITS_CTLR.Enabled */
    uint32_t stalled;    /**< GITS_CREADR.Stalled */
    uint32_t sweep;      /**< slots that INVALL has yet to copy */
    uint32_t icid;       /**< its collection */
    uint64_t cbaser;
    uint64_t cwriter;
    uint64_t creadr;
    uint64_t baser[8];
    uint64_t propbaser;
    uint64_t pendbaser[BH_CPUS_MAX];
};
extern struct its its;

/** What root has mapped; whoever holds SW_ITS writes it. */
struct its_map {
    uint32_t device[ITS_DEVICES];     /**< DeviceID + 1, or 0 */
    uint32_t events[ITS_DEVICES];
    uint32_t lpi[ITS_SLOTS];          /**< INTID of each event, or 0 */
    uint32_t target[ITS_COLLECTIONS]; /**< CPU + 1, or 0 */
};
extern struct its_map its_map;

#endif
