/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile cell executes: each global label is one attempt of attack/direct.toml (run = "..."),
 * called like a C function with x0 and x1; its x0 is the answer. Position-independent: the same bytes
 * lie in every cell, at a page of its own memory. A fault is taken by the cell's own handler, which
 * goes on at the next instruction.
 */
	.text

/* ---- accesses that are not a plain load or store; x0: address ---- */
	.globl	pair_store
pair_store:
	stp	xzr, xzr, [x0]
	ret

	.globl	exclusive
exclusive:
	ldxr	w2, [x0]
	clrex
	ret

	.globl	writeback
writeback:
	ldr	w2, [x0], #4
	ret

	.globl	acquire
acquire:
	ldar	w2, [x0]
	ret

	.globl	release
release:
	stlr	wzr, [x0]
	ret

	.arch_extension fp
	.arch_extension simd
	.globl	vector_load
vector_load:
	ld1	{v0.16b}, [x0]
	ret

	.globl	vector_store
vector_store:
	st1	{v0.16b}, [x0]
	ret

	.globl	zero_line
zero_line:
	dc	zva, x0
	ret

	.globl	set_and_way_invalidate
set_and_way_invalidate:
	dc	isw, xzr
	ret

	.globl	set_and_way_clean
set_and_way_clean:
	dc	csw, xzr
	ret

/* ---- through the cell's own stage 1: 1 GiB blocks, identity; the upper half by the table at x0 ---- */
	.macro	mmu_on
	mrs	x9, sctlr_el1
	mov	x10, #0x4400			/* attribute 1: normal, not cached */
	msr	mair_el1, x10
	ldr	x10, =0x280190019		/* 39 bits both halves, 4 KiB, 40-bit output */
	msr	tcr_el1, x10
	adr	x10, identity
	msr	ttbr0_el1, x10
	msr	ttbr1_el1, x0
	tlbi	vmalle1
	dsb	ish
	isb
	orr	x10, x9, #1
	msr	sctlr_el1, x10
	isb
	.endm

	.macro	mmu_off
	msr	sctlr_el1, x9
	isb
	tlbi	vmalle1
	dsb	ish
	isb
	.endm

	.globl	walk			/* the table walker reads at x0 */
walk:
	mmu_on
	mov	x11, #0xffffff8000000000	/* first address of the upper half */
	mov	x12, #-1
	ldr	x12, [x11]
	mmu_off
	mov	x0, x12
	ret

	.globl	translate		/* the same by an address translation instruction */
translate:
	mmu_on
	mov	x11, #0xffffff8000000000
	at	s1e1r, x11
	isb
	mmu_off
	ret

	.globl	straddle		/* one load, half of it in the page at x0 */
straddle:
	mmu_on
	mov	x12, #-1
	sub	x11, x0, #4
	ldr	x12, [x11]
	mmu_off
	lsr	x0, x12, #32
	ret

/* ---- calls: x0, x1 as the cell wants ---- */
	.globl	call
call:
	hvc	#0x4248
	ret

	.globl	call_of_another
call_of_another:
	hvc	#0xffff
	ret

	.globl	stub
stub:
	hvc	#0
	ret

	.globl	firmware
firmware:
	mov	x2, #0x40000000
	mov	x3, #0
	smc	#0
	ret

	.globl	firmware_of_another
firmware_of_another:
	smc	#0xffff
	ret

/* ---- registers ---- */
	.globl	implementation_read
implementation_read:
	mrs	x0, s3_1_c15_c2_0
	ret

	.globl	implementation_write
implementation_write:
	msr	s3_1_c15_c2_0, x0
	ret

	.globl	el2_read
el2_read:
	mrs	x0, hcr_el2
	ret

	.globl	el2_tables
el2_tables:
	msr	vttbr_el2, x0
	ret

	.globl	el2_vectors
el2_vectors:
	msr	vbar_el2, x0
	ret

	.globl	el2_timer
el2_timer:
	msr	cnthp_ctl_el2, x0
	ret

	.globl	el2_offset
el2_offset:
	msr	cntvoff_el2, x0
	ret

	.globl	el2_tlb
el2_tlb:
	tlbi	alle1is
	ret

	.globl	el2_debug
el2_debug:
	msr	mdcr_el2, x0
	ret

	.globl	el2_lists
el2_lists:
	msr	ich_lr0_el2, x0
	ret

/* What a cell may set on its own CPU, as wrong as can be. */
	.globl	own_interface
own_interface:
	msr	icc_pmr_el1, xzr
	msr	icc_ctlr_el1, x0
	msr	icc_igrpen0_el1, xzr
	msr	icc_sre_el1, xzr
	mov	x1, #15
	msr	icc_eoir1_el1, x1
	msr	icc_eoir0_el1, x1
	msr	icc_dir_el1, x1
	mrs	x1, icc_iar0_el1
	isb
	mov	x1, #0xf0
	msr	icc_pmr_el1, x1
	ret

	.globl	own_counters
own_counters:
	mov	x1, #-1
	msr	pmuserenr_el0, x1
	mov	x2, #0x08000000			/* count at EL2 as well */
	msr	pmccfiltr_el0, x2
	msr	pmccntr_el0, x1
	msr	pmintenset_el1, x1
	msr	pmcntenset_el0, x1
	mov	x2, #0x7
	msr	pmcr_el0, x2
	isb
	msr	pmcntenclr_el0, x1
	msr	pmintenclr_el1, x1
	msr	pmcr_el0, xzr
	isb
	mov	x0, #0
	ret

	.globl	own_breakpoints		/* x0: an address in the kernel */
own_breakpoints:
	msr	oslar_el1, xzr
	mov	x2, #0x8000			/* monitor debug */
	msr	mdscr_el1, x2
	msr	dbgbvr0_el1, x0
	mov	x2, #0x3fe7			/* all exception levels */
	msr	dbgbcr0_el1, x2
	msr	dbgwvr0_el1, x0
	mov	x2, #0x3fff
	msr	dbgwcr0_el1, x2
	isb
	mov	x0, #0
	mov	x1, #2
	hvc	#0x4248				/* the kernel executes there */
	msr	dbgbcr0_el1, xzr
	msr	dbgwcr0_el1, xzr
	msr	mdscr_el1, xzr
	isb
	ret

	.globl	own_timers
own_timers:
	mov	x1, #1
	msr	cntp_cval_el0, xzr
	msr	cntp_ctl_el0, x1
	isb
	msr	cntp_ctl_el0, xzr
	mov	x0, #0
	ret

/* ---- many times ---- */
	.globl	hammer			/* x0: address, x1: times; x0: writes that were lost */
hammer:
	mov	x2, #0
	mov	x4, #0x20
1:	strb	w4, [x0]
	ldrb	w5, [x0]
	cmp	w4, w5
	cinc	x2, x2, ne
	eor	w4, w4, #0xe0
	subs	x1, x1, #1
	b.ne	1b
	mov	x0, x2
	ret

	.globl	flood			/* x0: address, x1: times */
flood:
	str	wzr, [x0]
	subs	x1, x1, #1
	b.ne	flood
	mov	x0, #0
	ret

	.globl	storm			/* x0: ICC_SGI1R_EL1, x1: times */
storm:
	msr	icc_sgi1r_el1, x0
	subs	x1, x1, #1
	b.ne	storm
	mov	x0, #0
	ret

	.globl	calls			/* x0: hypercall, x1: times */
calls:
	mov	x3, x0
	mov	x4, x1
1:	mov	x0, x3
	mov	x1, #2
	hvc	#0x4248
	subs	x4, x4, #1
	b.ne	1b
	ret

	.globl	fill			/* x0: first byte, x1: bytes: garbage */
fill:
	mov	x2, #-1
1:	str	x2, [x0], #8
	subs	x1, x1, #8
	b.hi	1b
	mov	x0, #0
	ret

	.ltorg

	.balign	4096
identity:
	.quad	0x0000000000000401		/* devices */
	.quad	0x0000000040000405		/* memory */
	.fill	510, 8, 0
