/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan.h
 * The plan in force and its judge. Everything else in the kernel believes the plan, so this is the
 * one place where it is doubted. The same code judges plans on the host.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/errors.h"
#include "abi/hypercall.h"
#include "abi/plan.h"
#include "abi/status.h"
#include "core/arch/board.h"
#include "core/crc.h"

/** The plan in force. Written once, before plan_check(); read only afterwards. */
extern struct bh_plan plan;

/** The two parties of the last refusal, as the text of its error says. */
extern uint64_t plan_a;
extern uint64_t plan_b;

#include "core/plan.acsl"

/**
 * Judge the plan against its rules and the board, in the order of the rules in the specification.
 *
 * @return 0, or the error number of the first rule that fails; plan_a and plan_b name the parties.
 * @req SWR_PLN_001
 * @req SWR_PLN_002
 * @req SWR_PLN_003
 */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> plan_ok(b);
    ensures SWR_PLN_002: blames_header(b, \result);
    ensures SWR_PLN_002: blames_memory(b, \result);
    ensures SWR_PLN_002: blames_claims(\result);
    ensures SWR_PLN_002: blames_additions(b, \result);
*/
uint32_t plan_check(const struct plan_board *b);

/**
 * Judge the rules on which the isolation of memory rests and which need no board: counts, regions,
 * slices, aliases, overlaps, status pages. For those who build on the plan and will not assume it.
 *
 * @req SWR_PLN_001
 */
/*@ terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> plan_memory && rule_status;
*/
uint32_t plan_check_memory(void);

/**
 * Checksum of the plan in force, as its last field should have it.
 *
 * @req SWR_PLN_003
 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_plan;
*/
uint32_t plan_crc(void);

/**
 * Is bit @p i of @p word set?
 *
 * @req SWR_PLN_004
 */
/*@ requires width: i < 32;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_004: \result <==> bit(word, i);
*/
bool plan_bit(uint32_t word, uint32_t i);

/** Note the two parties of a refusal.
 * @req SWR_PLN_002 */
/*@ terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_002: plan_a == a && plan_b == b;
    ensures no: !\result;
*/
bool plan_refuse(uint64_t a, uint64_t b);

/** Judge the rule about policies and flags.
 * @req SWR_PLN_001 */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_policies;
*/
bool plan_judge_policies(void);

/** Checksum of the windows, from @p c on.
 * @req SWR_PLN_003 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_windows(c, BH_WINDOWS_MAX);
*/
uint32_t plan_crc_windows(uint32_t c);

/** Judge the rule about windows.
 * @req SWR_PLN_001 SWR_PLN_002 SWR_MMW_001 */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> rule_windows(b);
    ensures SWR_PLN_002: blames_windows(b, \result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_WINDOW ||
      \result == BH_E_PLAN_WINDOW_PAGE || \result == BH_E_PLAN_WINDOW_OVERLAP;
*/
uint32_t plan_judge_windows(const struct plan_board *b);

/** Checksum of the firmware calls, from @p c on.
 * @req SWR_PLN_003 */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_003: \result == crc_of_calls(c, BH_CALLS_MAX);
*/
uint32_t plan_crc_calls(uint32_t c);

/** Judge the rule about firmware calls.
 * @req SWR_PLN_001 SWR_PLN_002 SWR_SMC_001 */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires counts: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> rule_calls(b);
    ensures SWR_PLN_002: blames_calls(b, \result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_CALL || \result == BH_E_PLAN_NO_FIRMWARE;
*/
uint32_t plan_judge_calls(const struct plan_board *b);

/** Judge the rules about what came with format 4: who is told of errors, windows, firmware calls.
 * @req SWR_PLN_001 SWR_PLN_002 */
/*@ requires readable: \valid_read(b);
    requires apart: \separated(b, &plan, &plan_a, &plan_b);
    requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> plan_additions(b);
    ensures SWR_PLN_002: blames_additions(b, \result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_ERROR_IRQ ||
      \result == BH_E_PLAN_WINDOW || \result == BH_E_PLAN_WINDOW_PAGE ||
      \result == BH_E_PLAN_WINDOW_OVERLAP || \result == BH_E_PLAN_CALL ||
      \result == BH_E_PLAN_NO_FIRMWARE;
*/
uint32_t plan_judge_additions(const struct plan_board *b);

/** Judge the rule about watchdogs.
 * @req SWR_PLN_001 SWR_PLN_002 SWR_WDG_001 */
/*@ requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_watch;
    ensures SWR_PLN_002: !\result ==> blames_watch(plan_a, plan_b);
*/
bool plan_judge_watches(void);

/** Judge the rules about what cells claim besides memory.
 * @req SWR_PLN_001 SWR_PLN_002 */
/*@ requires regions: rule_counts && rule_regions;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result == BH_OK <==> plan_claims;
    ensures SWR_PLN_002: blames_claims(\result);
    ensures range: \result == BH_OK || \result == BH_E_PLAN_CPU || \result == BH_E_PLAN_IRQ ||
      \result == BH_E_PLAN_ENTRY || \result == BH_E_PLAN_DMA || \result == BH_E_PLAN_POLICY ||
      \result == BH_E_PLAN_WATCH;
*/
uint32_t plan_judge_claims(void);

#endif
