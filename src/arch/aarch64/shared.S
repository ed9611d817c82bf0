/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared words (src/core/arch/machine.h) and what changes them by load-exclusive and
 * store-exclusive or store-release; loads are in shared.c. Arm ARM B2.3 and B2.9; the MMU is on
 * wherever exclusives are used.
 */
#include "layout.h"

	.section .bss, "aw", %nobits
	.balign	64
	.globl	shared_words
shared_words:
	.skip	SHARED_ROW * SHARED_ROWS

	.text
	/* Address of word w0, index w1 into x9. */
	.macro	word_address
	adrp	x9, shared_words
	add	x9, x9, :lo12:shared_words
	ubfiz	x0, x0, #6, #32
	add	x9, x9, x0
	add	x9, x9, w1, uxtw #3
	.endm

/* @req SWR_CPU_001 */
	.globl	arch_shared_store
	.type	arch_shared_store, %function
arch_shared_store:
	word_address
	stlr	x2, [x9]
	ret

/* Read once, before any cell is started. @req SWR_MSR_004 */
	.globl	arch_plan_word
	.type	arch_plan_word, %function
arch_plan_word:
	adrp	x9, plan
	add	x9, x9, :lo12:plan
	ldr	w0, [x9, w0, uxtw #2]
	rev	w0, w0
	ret

/* x2 expected, x3 new. The retry ends when no other CPU writes the word between the two
 * instructions; each other writer's success is one retry, and no writer loops. @req SWR_CPU_001 */
	.globl	arch_shared_swap
	.type	arch_shared_swap, %function
arch_shared_swap:
	word_address
1:	ldaxr	x10, [x9]
	cmp	x10, x2
	b.ne	2f
	stlxr	w11, x3, [x9]
	cbnz	w11, 1b
	mov	w0, #1
	ret
2:	clrex
	mov	w0, #0
	ret

/* @req SWR_CPU_001 */
	.globl	arch_shared_next
	.type	arch_shared_next, %function
arch_shared_next:
	word_address
1:	ldaxr	x0, [x9]
	add	x10, x0, #1
	stlxr	w11, x10, [x9]
	cbnz	w11, 1b
	ret

/* w2: bits to set. The retry ends as that of arch_shared_swap does. @req SWR_CPU_001 SWR_LCK_001 */
	.globl	arch_shared_set
	.type	arch_shared_set, %function
arch_shared_set:
	word_address
	mov	w2, w2
1:	ldaxr	x0, [x9]
	orr	x10, x0, x2
	stlxr	w11, x10, [x9]
	cbnz	w11, 1b
	ret
