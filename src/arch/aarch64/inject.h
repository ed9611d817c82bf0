/* SPDX-License-Identifier: Apache-2.0 */
/** @file inject.h
 * Exceptions that a cell is given at EL1: a synchronous external abort or an undefined instruction,
 * as Arm ARM D1.3 takes them.
 */
#ifndef AARCH64_INJECT_H
#define AARCH64_INJECT_H

#include "frame.h"
#include "sysreg.h"

/** The refused access of @p esr at virtual address @p far ends as a synchronous external abort.
 * @req SWR_TRP_008 */
void inject_abort(struct frame *f, uint64_t esr, uint64_t far);

/** The refused instruction ends as undefined.
 * @req SWR_TRP_008 */
void inject_undefined(struct frame *f);

#endif
