/* SPDX-License-Identifier: Apache-2.0 */
/** @file hcall.h
 * Hypercalls: decode, authorise, do, record. Numbers and arguments in src/abi/hypercall.h.
 */
#ifndef CORE_HCALL_H
#define CORE_HCALL_H

#include "abi/hypercall.h"
#include "core/cell.h"

/** Serve hypercall @p number with argument @p arg from the cell on CPU @p cpu. Total: any number
 * and argument from any cell. BH_HC_DISABLE answers 0 when this CPU may be given back; the caller
 * then does so.
 * @req SWR_HCL_001 SWR_HCL_002 */
struct outcome hcall(uint32_t cpu, uint64_t number, uint64_t arg);

#endif
