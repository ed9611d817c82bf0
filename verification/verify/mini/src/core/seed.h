/* SPDX-License-Identifier: Apache-2.0 */
/** @file seed.h
 * A decision with two conditions, for the coverage gates.
 */
#ifndef CORE_SEED_H
#define CORE_SEED_H

#include <stdbool.h>
#include <stdint.h>

/** Whether @p n bytes fit behind @p at in a room of @p size bytes.
 * @req SWR_SEED_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_SEED_001: \result <==> (at <= size && n <= size - at); */
bool seed_fits(uint32_t at, uint32_t n, uint32_t size);

#endif
