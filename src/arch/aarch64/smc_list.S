/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way on which a call of a cell reaches the firmware (smc_list.h). SMCCC (DEN 0028): x0 to x7 are
 * arguments and results, x0 to x17 need not be preserved, x18 to x30 are. What the kernel had in x8 to x17
 * is not shown.
 */
	.text

/* @req SWR_SMC_003 */
	.globl	smc_forward
	.type	smc_forward, %function
smc_forward:
	mov	x18, x0
	ldp	x0, x1, [x18]
	ldp	x2, x3, [x18, #16]
	ldp	x4, x5, [x18, #32]
	ldp	x6, x7, [x18, #48]
	mov	x8, xzr
	mov	x9, xzr
	mov	x10, xzr
	mov	x11, xzr
	mov	x12, xzr
	mov	x13, xzr
	mov	x14, xzr
	mov	x15, xzr
	mov	x16, xzr
	mov	x17, xzr
	smc	#0
	stp	x0, x1, [x18]
	stp	x2, x3, [x18, #16]
	stp	x4, x5, [x18, #32]
	stp	x6, x7, [x18, #48]
	ret
