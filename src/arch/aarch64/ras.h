/* SPDX-License-Identifier: Apache-2.0 */
/** @file ras.h
 * Errors as the processor and the interrupt controller tell them: SError, external abort, the error
 * records of FEAT_RAS (Arm RAS System Architecture, IHI 0100), GICD_STATUSR and GICR_STATUSR (IHI 0069).
 * Where FEAT_RAS is absent, only the exceptions and the controller's registers are there.
 */
#ifndef AARCH64_RAS_H
#define AARCH64_RAS_H

#include "gic.h"
#include "sysreg.h"
#include "core/apart.h"
#include "core/hwerr.h"

#define RAS_RECORDS_MAX 64U /**< records beyond are not looked at */
#define RAS_NOWHERE 0xFFFFFFFFFFFFFFFFU /**< in an event: no physical address is known */

/** Severity of an error, in the order of its events. */
enum ras_severity { RAS_CORRECTED = 0, RAS_DEFERRED = 1, RAS_UNCORRECTED = 2, RAS_UNCONTAINED = 3 };

/*@ // what ERRnSTATUS tells: UE is bit 29 and then UET bits 21:20, where 0 is uncontained; DE is bit 23
    logic integer ras_told(integer status) =
      (status / 0x20000000) % 2 == 1 ?
        ((status / 0x100000) % 4 == 0 ? RAS_UNCONTAINED : RAS_UNCORRECTED) :
      (status / 0x800000) % 2 == 1 ? RAS_DEFERRED : RAS_CORRECTED;
    // what an SError's syndrome tells: AET, bits 12:10, if IDS is 0 and DFSC is 0x11
    predicate ras_syndrome(integer esr) = (esr / 0x1000000) % 2 == 0 && esr % 64 == 0x11;
    logic integer ras_aet(integer esr) = (esr / 0x400) % 8; */

/** Has the CPU FEAT_RAS?
 * @req SWR_RAS_001 */
/*@ terminates \true; exits \false; assigns \nothing; */
bool ras_there(void);

/** An SError was taken from the cell on this CPU: record it, look for its cause, tell whom it concerns.
 * @req SWR_RAS_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
APART void ras_serror(uint32_t cpu, uint64_t esr, uint64_t elr);

/** A synchronous external abort was taken from the cell on this CPU, which will get it: record it, look
 * for its cause, tell whom else it concerns.
 * @req SWR_RAS_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
APART void ras_abort(uint32_t cpu, uint64_t esr, uint64_t far);

/** Look at the CPU's error records and at the interrupt controller: record what they hold, tell whom it
 * concerns, and clear them.
 * @req SWR_RAS_004 SWR_RAS_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
APART void ras_look(uint32_t cpu);

#endif
