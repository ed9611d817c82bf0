// SPDX-License-Identifier: GPL-2.0-only
/** @file test.c
 * Test builds alone: a CPU which does not come to the launch.
 */
#include <linux/module.h>
#include <linux/smp.h>

#include "driver.h"

static int hold_cpu = -1;
module_param(hold_cpu, int, 0600);
MODULE_PARM_DESC(hold_cpu, "CPU that stays away from the launch");

bool bh_test_held(void)
{
    return smp_processor_id() == hold_cpu;
}
