/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies at the entry of a root that can be restarted, in memory that root cannot write: it copies the
 * operating system, its device tree and its file system to where they belong, and starts the system as
 * Linux is started (Documentation/arch/arm64/booting.rst). x0: address of the device tree, passed on.
 * `bulkhead-plan restart-image` puts it in front of a table and of what is copied:
 *
 *   4096: "BHRSTART", number of copies, entry; for each copy: offset in the image, address, bytes
 *
 * MMU and caches are off. Old lines of what is written are dropped before: they would come back later.
 */
	.equ	TABLE, 4096

	.section .text.start, "ax"
	.globl	restart_begin
restart_begin:
	mov	x20, x0
	adr	x21, restart_begin
	add	x22, x21, #TABLE
	ldp	x1, x23, [x22], #16
	ldr	x24, [x22], #8
	ldr	x2, magic
	cmp	x1, x2
	b.ne	nothing
	mrs	x25, ctr_el0		/* DminLine: log2 of words in the smallest data cache line */
	ubfx	x25, x25, #16, #4
	mov	x1, #4
	lsl	x25, x1, x25
copy:
	cbz	x23, done
	ldp	x1, x2, [x22], #16
	ldr	x3, [x22], #8
	add	x1, x1, x21
	add	x3, x3, x2		/* end */
	mov	x4, x2
drop:
	dc	civac, x4
	add	x4, x4, x25
	cmp	x4, x3
	b.lo	drop
	dsb	sy
words:
	ldp	x4, x5, [x1], #16
	stp	x4, x5, [x2], #16
	cmp	x2, x3
	b.lo	words
	sub	x23, x23, #1
	b	copy
done:
	dsb	sy
	ic	iallu
	dsb	sy
	isb
	mov	x0, x20
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x24
nothing:
	wfi
	b	nothing

	.balign	8
magic:	.ascii	"BHRSTART"
