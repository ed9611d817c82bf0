/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to a device with a width that sysreg.h does not have (mmio_window.h); one instruction each. */
	.text

/* @req SWR_MMW_004 */
	.globl	mmio_read16
	.type	mmio_read16, %function
mmio_read16:
	ldrh	w0, [x0]
	ret

/* @req SWR_MMW_004 */
	.globl	mmio_write16
	.type	mmio_write16, %function
mmio_write16:
	strh	w1, [x0]
	ret
