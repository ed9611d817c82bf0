/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of a bare-metal cell at EL1, MMU off, x0 = address of the communication region. */
	.section .text.start, "ax"
	.globl	_start
_start:
	adr	x1, inmate_vectors
	msr	vbar_el1, x1
	mov	x2, #(3 << 20)
	msr	cpacr_el1, x2
	isb
	adrp	x1, inmate_stack_top
	add	x1, x1, :lo12:inmate_stack_top
	mov	sp, x1
	adrp	x1, __bss_start
	add	x1, x1, :lo12:__bss_start
	adrp	x2, __bss_end
	add	x2, x2, :lo12:__bss_end
1:	cmp	x1, x2
	b.hs	2f
	str	xzr, [x1], #8
	b	1b
2:	bl	inmate_main
3:	wfi
	b	3b

/* Second CPU of a cell, started by PSCI CPU_ON with its stack top as context. */
	.globl	inmate_second_entry
inmate_second_entry:
	adr	x1, inmate_vectors
	msr	vbar_el1, x1
	isb
	mov	sp, x0
	bl	inmate_second
4:	wfi
	b	4b

	.macro	save
	sub	sp, sp, #192
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x29, [sp, #144]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x30, x0, [sp, #160]
	str	x1, [sp, #176]
	.endm

	.macro	restore
	ldr	x1, [sp, #176]
	ldp	x30, x0, [sp, #160]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x0, x1, [sp, #0]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x29, [sp, #144]
	add	sp, sp, #192
	eret
	.endm

	/* The counter first: the distance to the deadline is what is measured. */
	.macro	irq_vector
	.balign	128
	sub	sp, sp, #16
	str	x0, [sp]
	mrs	x0, cntvct_el0
	str	x0, [sp, #8]
	b	irq_entry
	.endm

	.macro	sync_vector
	.balign	128
	b	sync_entry
	.endm

	.balign	2048
inmate_vectors:
	sync_vector
	irq_vector
	sync_vector
	sync_vector
	sync_vector
	irq_vector
	sync_vector
	sync_vector
	.rept 8
	sync_vector
	.endr

irq_entry:
	ldr	x0, [sp]
	save
	ldr	x0, [sp, #(192 + 8)]
	bl	inmate_irq
	ldr	x1, [sp, #176]
	ldp	x30, x0, [sp, #160]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x0, x1, [sp, #0]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x29, [sp, #144]
	add	sp, sp, #208
	eret

/* A synchronous exception: inmate_sync says how many bytes of code to skip; 0: nothing can be
 * executed there, back to the caller. */
sync_entry:
	save
	mrs	x0, esr_el1
	mrs	x1, far_el1
	bl	inmate_sync
	ldr	x1, [sp, #168]
	add	x1, x1, x0
	cbnz	x0, 1f
	ldr	x1, [sp, #160]
1:	str	x1, [sp, #168]
	restore

	.bss
	.balign	16
	.skip	8192
inmate_stack_top:
