/* SPDX-License-Identifier: Apache-2.0 */
	.section .head, "ax"
	.quad	0
	.word	1
	.word	1
	.quad	0x40080000

/* @req SWR_SEED_002: run, leave the result at the end of the image, power off. */
	.globl	entry
	.type	entry, %function
entry:
	ldr	x0, =stack_end
	mov	sp, x0
	bl	entry_run
	ldr	x1, =run_result
	str	w0, [x1]
	ldr	x0, =0x84000008
	smc	#0
	b	.

	.section .result, "aw"
	.balign	8
	.globl	run_result
run_result:
	.quad	0

	.bss
	.balign	16
	.space	4096
stack_end:
