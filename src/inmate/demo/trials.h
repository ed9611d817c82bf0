/* SPDX-License-Identifier: Apache-2.0 */
/** @file trials.h
 * What irq.c tries on request, beside the attempts of attempts.h.
 */
#ifndef TRIALS_H
#define TRIALS_H

#define TRIAL_INTID 64U   /**< first of the interrupts which it raises itself */
#define TRIAL_COUNT 16U

#define TRIAL_STORM 64U   /**< all pending at once, in order argument; how many came */
#define TRIAL_MASKED 65U  /**< ICC_PMR_EL1 lets the first through; came before + 16 * after */
#define TRIAL_PARTED 66U  /**< EOIR and DIR apart; came after each of four steps, 4 bits each */
#define TRIAL_HELD 67U    /**< all pending, none ended; came before + 256 * after */
#define TRIAL_AGAIN 68U   /**< an SGI while pending, and while active; 4 bits each of three steps */
#define TRIAL_DEAF 69U    /**< mask everything, acknowledge without end, and execute for ever */
#define TRIAL_SECOND 70U  /**< PSCI CPU_ON of MPIDR argument with the same program */

#endif
