/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image header and the three ways in: prepare and launch (from Linux's hyp stub, MMU off, at EL2),
 * and direct (from firmware). Protocol: src/abi/image.h.
 */
#include "layout.h"
#include "abi/image_numbers.h"

	.section .head, "a"
	.balign	4096
	.globl	image_header
image_header:
	.quad	BH_IMAGE_MAGIC_NUMBER
	.word	BH_ABI_VERSION_NUMBER
	.word	BOARD_NUMBER
	.quad	_image
	.quad	_image_file_bytes
	.quad	_image_memory_bytes
	.quad	_offset_prepare
	.quad	_offset_launch
	.quad	_offset_plan
	.quad	_offset_handover

	.section .rodata, "a"
	.balign	8
	.globl	layout
layout:
	.quad	_text, _rodata, _data, _stacks, _tables, status_page, _image_end, el2_table, el2_window
	.globl	secondary_entry
secondary_entry:
	.quad	entry_secondary

	.section .text, "ax"

/* Stack of CPU \cpu into sp; clobbers \tmp. */
	.macro	set_stack cpu, tmp
	adrp	\tmp, _stacks
	add	\tmp, \tmp, :lo12:_stacks
	add	\tmp, \tmp, #STACK_STRIDE
	add	\tmp, \tmp, \cpu, lsl #14
	mov	sp, \tmp
	.endm

	.macro	save_callee
	stp	x29, x30, [sp, #-16]!
	stp	x27, x28, [sp, #-16]!
	stp	x25, x26, [sp, #-16]!
	stp	x23, x24, [sp, #-16]!
	stp	x21, x22, [sp, #-16]!
	stp	x19, x20, [sp, #-16]!
	.endm

	.macro	restore_callee
	ldp	x19, x20, [sp], #16
	ldp	x21, x22, [sp], #16
	ldp	x23, x24, [sp], #16
	ldp	x25, x26, [sp], #16
	ldp	x27, x28, [sp], #16
	ldp	x29, x30, [sp], #16
	.endm

/* @req SWR_INI_005: on one CPU, MMU off: build the kernel's own map, open the launch, return. */
	.globl	entry_prepare
	.type	entry_prepare, %function
entry_prepare:
	mov	x1, xzr
	set_stack x1, x2
	save_callee
	bl	prepare
	restore_callee
	mov	x1, xzr
	mov	x2, xzr
	eret

/* @req SWR_INI_005: on each CPU, MMU off, x0 = index of the CPU in the plan. */
	.globl	entry_launch
	.type	entry_launch, %function
entry_launch:
	cmp	x0, #CPUS_MAX
	b.hs	1f
	set_stack x0, x2
	save_callee
	mrs	x19, sctlr_el2
	mrs	x20, vbar_el2
	mov	x21, x0
	bl	enable_mmu
	mov	x0, x21
	mov	x1, x20
	mov	x2, x19
	bl	launch			/* 0: taken; 1: taken, wait for work; 2: go back */
	cmp	x0, #EXIT_WAIT
	b.eq	direct_wait
	cmp	x0, #EXIT_RESUME
	b.ne	2f
	mov	x0, xzr
	mov	x1, xzr
	mov	x2, xzr
	restore_callee
	eret
2:	/* Back to Linux as it was. All is in registers before the MMU goes off. */
	adrp	x3, launch_answer
	add	x3, x3, :lo12:launch_answer
	add	x3, x3, x21, lsl #5
	ldp	x0, x1, [x3]
	ldr	x2, [x3, #16]
	mov	x3, x19
	mov	x4, x20
	restore_callee
	msr	vbar_el2, x4
	msr	sctlr_el2, x3
	isb
	eret
1:	mov	x1, x0
	mov	x0, #BH_E_LAUNCH_CPU_NUMBER
	mov	x2, xzr
	eret

/* @req SWR_EL2_002: the kernel's own stage 1, W^X, WXN on. Clobbers x1-x3. */
	.type	enable_mmu, %function
enable_mmu:
	msr	tpidr_el2, x0
	adrp	x1, el2_table
	add	x1, x1, :lo12:el2_table
	msr	ttbr0_el2, x1
	ldr	x1, =0x80822519 | (3 << 12)	/* TCR_EL2: T0SZ 25, WB, IS, 4K, PS 40 bits, RES1 */
	msr	tcr_el2, x1
	mov	x1, #0x04ff		/* MAIR_EL2: 0 Normal WB, 1 Device-nGnRE */
	msr	mair_el2, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el2, x1
	ic	iallu
	tlbi	alle2
	dsb	sy
	isb
	ldr	x1, =0x30cd183d		/* SCTLR_EL2: M C SA I WXN, RES1 */
	msr	sctlr_el2, x1
	isb
	ret

/* @req SWR_INI_004: from firmware, CPU 0, MMU off. The plan is in its place already. */
	.globl	entry_direct
	.type	entry_direct, %function
entry_direct:
	msr	daifset, #15
	adrp	x1, _bss
	add	x1, x1, :lo12:_bss
	adrp	x2, _image_end
	add	x2, x2, :lo12:_image_end
1:	stp	xzr, xzr, [x1], #16
	cmp	x1, x2
	b.lo	1b
	adrp	x1, status_page
	add	x1, x1, :lo12:status_page
	mov	x2, #4096 * 4
	add	x2, x1, x2
2:	stp	xzr, xzr, [x1], #16
	cmp	x1, x2
	b.lo	2b
	mov	x1, xzr
	set_stack x1, x2
	bl	prepare_direct
	mov	x0, xzr
	bl	enable_mmu
	mov	x0, xzr
	mov	x1, xzr
	mov	x2, xzr
	bl	launch
	cmp	x0, #EXIT_WAIT
	b.ne	halt
	bl	launch_autostart
	b	direct_wait

/* @req SWR_INI_004: a CPU that firmware started for the kernel; x0 = index in the plan. */
	.globl	entry_secondary
	.type	entry_secondary, %function
entry_secondary:
	msr	daifset, #15
	mov	x21, x0
	set_stack x21, x2
	bl	enable_mmu
	mov	x0, x21
	mov	x1, xzr
	mov	x2, xzr
	bl	launch
	cmp	x0, #EXIT_WAIT
	b.ne	halt

/* A taken CPU without work: waits for its first entry into a cell. */
direct_wait:
	mrs	x0, tpidr_el2
	set_stack x0, x2
	sub	sp, sp, #FRAME_BYTES
	mov	x0, sp
	bl	trap_wait
	b	trap_return

/* Nothing can be done for this CPU: it never executes a cell. @req SWR_TRP_007 */
	.globl	halt
	.type	halt, %function
halt:
	wfi
	b	halt
