/* SPDX-License-Identifier: Apache-2.0 */
/** @file layout.h
 * Numbers shared by assembly, C and the linker script.
 */
#ifndef AARCH64_LAYOUT_H
#define AARCH64_LAYOUT_H

#define CPUS_MAX 8
#define STACK_BYTES 0x3000   /* of each CPU, above its guard page */
#define STACK_STRIDE 0x4000
#define FRAME_BYTES 256      /* struct frame: x0 to x30 */
#define IRQ_FRAME_BYTES 160  /* of an injected interrupt: x0 to x18 and x30 */

/* The shared words (core/arch/machine.h): rows of SHARED_ROW bytes. */
#define SHARED_ROW 64
#define SHARED_ROWS 14

/* Rows of the table `layout`, which head.S fills with addresses of the linker script. */
#define LAYOUT_TEXT 0
#define LAYOUT_RODATA 1
#define LAYOUT_DATA 2
#define LAYOUT_STACKS 3
#define LAYOUT_TABLES 4
#define LAYOUT_STATUS 5
#define LAYOUT_END 6
#define LAYOUT_EL2 7
#define LAYOUT_WINDOW 8
#define LAYOUT_COUNT 9

/* What an entry routine returns with a CPU does next. */
#define EXIT_RESUME 0
#define EXIT_WAIT 1
#define EXIT_LEAVE 2
#define EXIT_RELOAD 3 /* as EXIT_RESUME, when x19 to x29 of the frame may have changed */

#endif
