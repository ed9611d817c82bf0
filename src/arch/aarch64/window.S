/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses through an open window (window.h). The window is Normal, Inner Shareable, Write-Back; the
 * cell may have used other attributes, or none with its MMU off. Hence each access goes with DC CIVAC
 * of its lines: what lies dirty in a cache reaches memory, what lies stale is dropped (Arm ARM B2.8,
 * Mismatched memory attributes; D7, cache maintenance to the point of coherency). A store and a DC of
 * the same line by one CPU take effect in program order; DSB SY completes both.
 */
	.text

/* Bytes of the smallest line of data caches into x4, from CTR_EL0.DminLine; clobbers x2. */
	.macro	line_bytes
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x4, #4
	lsl	x4, x4, x2
	.endm

/* @req SWR_WIN_001: zeros by DC ZVA where DCZID_EL0 allows it, else by stores. */
	.globl	window_zero
	.type	window_zero, %function
window_zero:
	add	x3, x0, #4096
	mov	x1, x0
	mrs	x2, dczid_el0
	tbnz	x2, #4, 2f
	and	x2, x2, #15
	mov	x4, #4
	lsl	x4, x4, x2
1:
	dc	zva, x1
	add	x1, x1, x4
	cmp	x1, x3
	b.lo	1b
	b	3f
2:	stp	xzr, xzr, [x1], #16
	stp	xzr, xzr, [x1], #16
	stp	xzr, xzr, [x1], #16
	stp	xzr, xzr, [x1], #16
	cmp	x1, x3
	b.lo	2b
3:	line_bytes
4:
	dc	civac, x0
	add	x0, x0, x4
	cmp	x0, x3
	b.lo	4b
	dsb	sy
	ret

/* @req SWR_WIN_003 */
	.globl	window_block
	.type	window_block, %function
window_block:
	add	x3, x0, #64
	mov	x5, x0
	line_bytes
1:
	dc	civac, x5
	add	x5, x5, x4
	cmp	x5, x3
	b.lo	1b
	dsb	sy
2:	ldp	w4, w5, [x0], #8
	rev	w4, w4
	rev	w5, w5
	stp	w4, w5, [x1], #8
	cmp	x0, x3
	b.lo	2b
	ret

/* @req SWR_WIN_003 */
	.globl	window_blank
	.type	window_blank, %function
window_blank:
	add	x1, x0, #64
1:	stp	wzr, wzr, [x0], #8
	cmp	x0, x1
	b.lo	1b
	ret

/* @req SWR_WIN_003: 8 aligned bytes lie in one line. */
	.globl	window_word
	.type	window_word, %function
window_word:
	dc	civac, x0
	dsb	sy
	ldr	x0, [x0]
	ret

/* TLBI takes bits 55:12 of the address in bits 43:0. The entry was made invalid before: Arm ARM D8.14,
 * break before make; other CPUs may have walked the address speculatively. @req SWR_WIN_002 */
	.globl	window_forget
	.type	window_forget, %function
window_forget:
	ubfx	x0, x0, #12, #44
	dsb	ishst
	tlbi	vae2is, x0
	dsb	ish
	isb
	ret
