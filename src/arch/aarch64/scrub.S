/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CPU's former owner left in its registers, cleared row by row of scrub.def. x2 counts what a
 * section's rows need; x1 is for all else. No loop, no call.
 */
	.macro	scrub_feature assembler, shift
	mrs	x1, \assembler
	ubfx	x1, x1, #\shift, #4
	cmp	x1, #15
	csel	x1, xzr, x1, eq
	cmp	x1, x2
	csel	x2, x1, x2, hi
	.endm

	.macro	scrub_count assembler, shift, bits, more
	cbz	x2, 1f
	mrs	x1, \assembler
	ubfx	x2, x1, #\shift, #\bits
	add	x2, x2, #\more
1:
	.endm

	.macro	scrub_need assembler, bit, value
	cbz	x2, 1f
	mrs	x1, \assembler
	ubfx	x1, x1, #\bit, #1
	cmp	x1, #\value
	csel	x2, x2, xzr, eq
1:
	.endm

	.macro	scrub_if assembler, least, value
	cmp	x2, #\least
	b.lo	1f
	.if	\value
	ldr	x1, =\value
	msr	\assembler, x1
	.else
	msr	\assembler, xzr
	.endif
1:
	.endm

	.macro	scrub_code how
	cbz	x2, 1f
	\how
1:
	.endm

	.arch_extension fp
	.arch_extension simd
	.arch_extension sve
	.macro	scrub_vector n
	movi	v\n\().2d, #0
	.endm
	.macro	scrub_predicate n
	pfalse	p\n\().b
	.endm

	/* A write of V clears the rest of Z. */
	.macro	scrub_vectors
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	scrub_vector \n
	.endr
	.endm

	.macro	scrub_predicates
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	scrub_predicate \n
	.endr
	wrffr	p0.b
	.endm

#define SCRUB_SECTION(what) isb; mov x2, xzr
#define SCRUB_PRESENT() mov x2, #1
#define SCRUB_FEATURE(name, assembler, shift) scrub_feature assembler, shift
#define SCRUB_COUNT(name, assembler, shift, bits, more) scrub_count assembler, shift, bits, more
#define SCRUB_NEED(name, assembler, bit, value) scrub_need assembler, bit, value
#define SCRUB_IF(name, assembler, least, value, why) scrub_if assembler, least, value
#define SCRUB_CODE(name, how, why) scrub_code how
#define SCRUB_AS(name, assembler, least, value, cell, why) scrub_if assembler, least, value
#define SCRUB_GIC(name, assembler, value, why)
#define SCRUB_NOT(name, assembler, why)

	.text
/* State of EL1, of EL0 and of the vector registers at the entry into a cell.
 * @req SWR_SCR_001 SWR_TRP_006 */
	.globl	reset_el1
	.type	reset_el1, %function
reset_el1:
	mov	x2, xzr			/* the unit is named after the file of its first instruction */
#include "scrub.def"
	isb
	ret
