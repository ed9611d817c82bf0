/* SPDX-License-Identifier: Apache-2.0 */
#include "sysreg.h"

uint64_t arch_shared_load(uint32_t word, uint32_t i)
{
    return shared_get(word, i);
}
