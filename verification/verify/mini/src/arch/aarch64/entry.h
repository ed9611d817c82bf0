/* SPDX-License-Identifier: Apache-2.0 */
/** @file entry.h
 * The miniature kernel's only run.
 */
#ifndef AARCH64_ENTRY_H
#define AARCH64_ENTRY_H

#include <stdint.h>

/** Ask the core some questions and return what came of it.
 * @req SWR_SEED_002 */
uint32_t entry_run(void);

#endif
