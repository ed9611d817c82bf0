/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel image that never takes the machine: it answers the driver's two entries with the
 * statuses it is assembled with. Shows that the driver brings Linux back from every refusal.
 *
 *   -DPREPARE=n      status of entry_prepare
 *   -DLAUNCH=n       status of entry_launch
 *   -DABI=n          ABI of the header (default: this release's)
 */
#include "abi/image_numbers.h"

#ifndef ABI
#define ABI BH_ABI_VERSION_NUMBER
#endif
#define MEMORY 0x400000
#define PLAN 0x10000
#define HANDOVER 0x20000

	.text
start:
	.quad	0x314547414D494842
	.word	ABI
	.word	1
	.quad	0x70000000
	.quad	end - start
	.quad	MEMORY
	.quad	prepare - start
	.quad	launch - start
	.quad	PLAN
	.quad	HANDOVER

/* At EL2, MMU off; ELR_EL2 and SPSR_EL2 are those of the driver's call. */
prepare:
	ldr	x0, =PREPARE
	mov	x1, #17
	mov	x2, #34
	eret

launch:
	mov	x1, x0
	ldr	x0, =LAUNCH
	mov	x2, #51
	eret
	.ltorg
	.balign	16
end:
