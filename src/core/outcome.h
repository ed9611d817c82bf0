/* SPDX-License-Identifier: Apache-2.0 */
/** @file outcome.h
 * What an operation answers.
 */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include <stdint.h>

/** Outcome of an operation: status 0 or an error number, and the two values its text names. */
struct outcome {
    uint32_t status;
    uint64_t a;
    uint64_t b;
};

#endif
