/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2 vectors: save the cell's registers, call C, obey its answer.
 */
#include "layout.h"

	.macro	save_frame
	stp	x0, x1, [sp, #-FRAME_BYTES]!
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	str	x30, [sp, #240]
	mov	x0, sp
	.endm

	/* What C may change; it keeps x19 to x29 as it found them. */
	.macro	load_scratch
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldr	x18, [sp, #144]
	ldr	x30, [sp, #240]
	.endm

	.macro	load_kept
	ldp	x19, x20, [sp, #152]
	ldp	x21, x22, [sp, #168]
	ldp	x23, x24, [sp, #184]
	ldp	x25, x26, [sp, #200]
	ldp	x27, x28, [sp, #216]
	ldr	x29, [sp, #232]
	.endm

	/* An exception from a cell. ELR_EL2 and SPSR_EL2 stay where they are: no exception is taken
	 * from the kernel, but to stop. */
	.macro	from_cell handler
	.balign	128
	save_frame
	bl	\handler
	cbnz	x0, trap_return		/* not EXIT_RESUME */
	load_scratch
	ldp	x0, x1, [sp], #FRAME_BYTES
	eret
	.endm

	/* An interrupt of a cell whose interrupts are injected. It is none of the cell's instructions and
	 * ends nothing, so what C itself saves need not be saved here. */
	.macro	irq_from_cell
	.balign	128
	sub	sp, sp, #IRQ_FRAME_BYTES
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	bl	trap_irq
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x30, [sp, #144]
	ldp	x0, x1, [sp], #IRQ_FRAME_BYTES
	eret
	.endm

	/* An exception in the kernel itself: recorded, and this CPU stops. */
	.macro	from_kernel
	.balign	128
	b	kernel_fault_entry
	.endm

	.section .text.vectors, "ax"
	.balign	2048
/* @req SWR_TRP_001 */
	.globl	vectors
vectors:
	.rept 8
	from_kernel
	.endr
	from_cell trap_sync		/* AArch64 */
	irq_from_cell
	from_cell trap_fiq
	from_cell trap_serror
	from_cell trap_sync		/* AArch32 */
	from_cell trap_other
	from_cell trap_fiq
	from_cell trap_serror

	.text

/* x0: EXIT_... @req SWR_TRP_001 */
	.globl	trap_return
	.type	trap_return, %function
trap_return:
	cmp	x0, #EXIT_WAIT
	b.eq	wait
	cmp	x0, #EXIT_LEAVE
	b.eq	leave
	load_kept
	load_scratch
	ldp	x0, x1, [sp], #FRAME_BYTES
	eret

/* Parked: sleep until the kick, see what is wanted, sleep again. The loop is here because a wait
 * for work has no bound; each turn's C code has. */
wait:
	dsb	sy
	wfi
	mov	x0, sp
	bl	trap_wait
	b	trap_return

/* Give the CPU back to its hyp stub; x1 of the hypercall's answer serves as scratch. */
leave:
	mrs	x2, tpidr_el2
	adrp	x1, stub_state
	add	x1, x1, :lo12:stub_state
	add	x1, x1, x2, lsl #7
	ldp	x2, x1, [x1]		/* VBAR_EL2, SCTLR_EL2 */
	msr	vbar_el2, x2
	load_kept
	load_scratch
	ldr	x0, [sp]
	add	sp, sp, #FRAME_BYTES
	msr	sctlr_el2, x1
	isb
	mov	x1, xzr
	eret

/* @req SWR_TRP_007 */
	.type	kernel_fault_entry, %function
kernel_fault_entry:
	mrs	x0, tpidr_el2
	mrs	x1, esr_el2
	mrs	x2, elr_el2
	/* The stack may be what faulted: start it anew. */
	adrp	x3, _stacks
	add	x3, x3, :lo12:_stacks
	add	x3, x3, #STACK_STRIDE
	and	x0, x0, #(CPUS_MAX - 1)
	add	x3, x3, x0, lsl #14
	mov	sp, x3
	bl	kernel_fault
	b	halt
