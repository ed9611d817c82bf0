/* SPDX-License-Identifier: Apache-2.0 */
/** @file psci.h
 * PSCI 1.1 (DEN 0022) and SMCCC (DEN 0028) for cells, answered by the kernel; nothing reaches the
 * firmware.
 */
#ifndef AARCH64_PSCI_H
#define AARCH64_PSCI_H

#include "core/cell.h"

/** Serve SMC function @p function of the cell on @p cpu; returns x0. The CPU may be off, or its
 * cell ended, when this returns.
 * @req SWR_PSC_001 SWR_PSC_002 SWR_PSC_003 */
uint64_t psci_call(uint32_t cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

#endif
