/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile CPU does with its registers, made of src/arch/aarch64/scrub.def. Each entry is the
 * first code of a CPU, at EL1 with the MMU off, x0 = address of a buffer:
 *
 *   fill_stay, fill_off  write a pattern into every register, read it back; then spin, or PSCI CPU_OFF
 *   look                 read every register
 *   probe                try to read and write every encoding of a system register
 *
 * The buffer, in double words: 0 done; 1 to 31 x0 to x30; 32 ESR, 33 ELR, 34 SPSR, 35 VBAR, 36 SP,
 * 37 OSLSR; from 64 a value and whether it faulted for each row; from 1024 the vectors: 512 bytes each
 * for Z0 to Z31, P0 to P15, FFR. Of probe: from 64 a byte for each encoding.
 */
#define PATTERN 0x5A5A5A5A5A5A5A5A
#define BUFFER 0xc0000
#define ROWS 512
#define VECTORS 8192

	.arch_extension fp
	.arch_extension simd
	.arch_extension sve
	.text

/* A fault is told to the code that did it, which goes on. */
	.macro	skip_vector
	.balign	128
	mov	x28, #1
	mrs	x27, elr_el1
	add	x27, x27, #4
	msr	elr_el1, x27
	eret
	.endm
	.balign	2048
vectors:
	.rept 16
	skip_vector
	.endr

	.macro	vectors_here
	adr	x27, vectors
	msr	vbar_el1, x27
	isb
	.endm

	.macro	vectors_on
	mov	x1, #0x3330000		/* CPACR_EL1: FPEN, ZEN, SMEN */
	msr	cpacr_el1, x1
	isb
	mov	x1, #15
	msr	s3_0_c1_c2_0, x1	/* ZCR_EL1 */
	isb
	.endm

	.macro	done
	mov	x1, #1
	str	x1, [x25]
	dsb	sy
	.endm

#define SCRUB_SECTION(what)
#define SCRUB_PRESENT()
#define SCRUB_FEATURE(name, assembler, shift)
#define SCRUB_COUNT(name, assembler, shift, bits, more)
#define SCRUB_NEED(name, assembler, bit, value)
#define SCRUB_CODE(name, how, why)
#define SCRUB_AS(name, assembler, least, value, cell, why)
#define SCRUB_GIC(name, assembler, value, why)
#define SCRUB_NOT(name, assembler, why)

/* The cell's own CPU_ON, called as a function: x0 affinity, x1 entry, which is in the cell's first MiB; the
 * context is the buffer there. */
	.globl	on
on:
	and	x3, x1, #0xfffffffffff00000
	mov	x2, x1
	mov	x1, x0
	add	x3, x3, #BUFFER
	ldr	x0, =0xc4000003
	smc	#0
	ret

/* ---- fill ---- */
	.macro	pattern_for assembler
	ldr	x1, =PATTERN
	.ifc	\assembler, s3_0_c1_c0_0	/* SCTLR_EL1: RES1, UCI, UCT, DZE */
	ldr	x1, =0x34D0C800
	.endif
	/* Bits that ones clear have been set by other registers. */
	.irp	clears, s3_3_c9_c12_2, s3_0_c9_c14_2, s3_3_c9_c12_3, s2_0_c7_c9_6
	.ifc	\assembler, \clears
	mov	x1, xzr
	.endif
	.endr
	.endm

	.macro	fill_row assembler
	pattern_for \assembler
	mov	x28, #0
	msr	\assembler, x1
	isb
	mrs	x1, \assembler
	stp	x1, x28, [x0], #16
	.endm

	.macro	vector_pattern n
	movi	v\n\().16b, #0x5a
	mov	z\n\().b, #0x5a
	.endm
	.macro	predicate_pattern n
	ptrue	p\n\().b
	.endm

	.globl	fill_stay
fill_stay:
	mov	x24, #0
	b	fill
	.globl	fill_off
fill_off:
	mov	x24, #1
fill:
	mov	x25, x0
	msr	daifset, #15
	vectors_here
	vectors_on
	setffr
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	predicate_pattern \n
	.endr
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vector_pattern \n
	.endr
	mov	x1, #0xffffffff
	msr	s3_3_c9_c12_1, x1	/* PMCNTENSET_EL0 */
	msr	s3_0_c9_c14_1, x1	/* PMINTENSET_EL1 */
	msr	s3_3_c9_c14_3, x1	/* PMOVSSET_EL0 */
	msr	s2_0_c7_c8_6, x1	/* DBGCLAIMSET_EL1 */
	isb
	add	x0, x25, #ROWS
#define SCRUB_IF(name, assembler, least, value, why) fill_row assembler;
#include "scrub.def"
#undef SCRUB_IF
	ldr	x2, =PATTERN
	mov	sp, x2
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,26,27,28,29,30
	mov	x\n, x2
	.endr
	done
	cbnz	x24, 1f
	b	.
1:	ldr	x0, =0x84000002		/* CPU_OFF */
	smc	#0
	b	.

/* ---- look ---- */
	.macro	look_row assembler
	mov	x28, #0
	mrs	x1, \assembler
	stp	x1, x28, [x0], #16
	.endm

	.macro	look_vector n
	str	q\n, [x0]
	str	z\n, [x0]
	add	x0, x0, #512
	.endm
	.macro	look_predicate n
	str	p\n, [x0]
	add	x0, x0, #512
	.endm

	.globl	look
look:
	stp	x0, x1, [x0, #8]
	stp	x2, x3, [x0, #24]
	stp	x4, x5, [x0, #40]
	stp	x6, x7, [x0, #56]
	stp	x8, x9, [x0, #72]
	stp	x10, x11, [x0, #88]
	stp	x12, x13, [x0, #104]
	stp	x14, x15, [x0, #120]
	stp	x16, x17, [x0, #136]
	stp	x18, x19, [x0, #152]
	stp	x20, x21, [x0, #168]
	stp	x22, x23, [x0, #184]
	stp	x24, x25, [x0, #200]
	stp	x26, x27, [x0, #216]
	stp	x28, x29, [x0, #232]
	str	x30, [x0, #248]
	mov	x25, x0
	mrs	x1, esr_el1
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	mrs	x4, vbar_el1
	mov	x5, sp
	mrs	x6, s2_0_c1_c1_4	/* OSLSR_EL1 */
	stp	x1, x2, [x25, #256]
	stp	x3, x4, [x25, #272]
	stp	x5, x6, [x25, #288]
	vectors_here
	add	x0, x25, #ROWS
#define SCRUB_IF(name, assembler, least, value, why) look_row assembler;
#include "scrub.def"
#undef SCRUB_IF
	vectors_on
	add	x0, x25, #VECTORS
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	look_vector \n
	.endr
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	look_predicate \n
	.endr
	rdffr	p0.b
	str	p0, [x0]
	done
	b	.

/* ---- probe: bit 0 readable, 1 a write is no fault, 2 a bit took another value, 4 not written ---- */
#define AS_IS 16
	.globl	probe
probe:
	mov	x25, x0
	msr	daifset, #15
	vectors_here
	add	x20, x25, #ROWS
	mov	x19, #0
encoding:
	lsr	x1, x19, #11		/* (op0 - 2) * 4 + op1 */
	and	x2, x1, #3
	lsr	x1, x1, #2
	lsl	x1, x1, #19
	orr	x1, x1, x2, lsl #16
	and	x2, x19, #0x7ff		/* CRn, CRm, op2 */
	orr	x21, x1, x2, lsl #5
	ldr	w1, =0xd5300001		/* MRS X1 */
	orr	w1, w1, w21
	adr	x2, slot_read
	str	w1, [x2]
	ldr	w1, =0xd5100001		/* MSR X1 */
	orr	w1, w1, w21
	adr	x2, slot_write
	str	w1, [x2]
	dsb	sy
	ic	iallu
	dsb	sy
	isb
	mov	x22, #0
	mov	x28, #0
	mov	x1, #0
	bl	slot_read
	mov	x23, x1
	cbnz	x28, 1f
	orr	x22, x22, #1
1:	/* SCTLR_EL1, VBAR_EL1, SPSel, DAIF are written by every program: no trial that ends this one. */
	.irp	known, 0x81000, 0x8c000, 0x84200, 0xb4220
	ldr	w1, =\known
	cmp	w21, w1
	b.eq	known
	.endr
	mov	x28, #0
	eor	x1, x23, #0x5555555555555555
	bl	slot_write
	cbnz	x28, next
	orr	x22, x22, #2
	bl	slot_read
	cmp	x1, x23
	b.ne	changed
	eor	x1, x23, #0xaaaaaaaaaaaaaaaa
	bl	slot_write
	bl	slot_read
	cmp	x1, x23
	b.eq	next
changed:
	orr	x22, x22, #4
	mov	x1, x23
	bl	slot_write
next:
	strb	w22, [x20, x19]
	add	x19, x19, #1
	cmp	x19, #0x4000
	b.lo	encoding
	done
	b	.
known:
	mov	x22, #AS_IS
	b	next

	.ltorg
	.balign	4096
slot_read:
	nop
	isb
	ret
slot_write:
	nop
	isb
	ret
	.balign	4096
