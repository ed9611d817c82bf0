/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores to what the ITS and the redistributors read: they use Normal Non-cacheable (the cacheability
 * fields of GITS_BASERn, GITS_CBASER, GICR_PROPBASER say so), the kernel's map is Write-Back. So each
 * store is cleaned to the point of coherency, and complete, before the register that tells of it is
 * written (Arm ARM B2.8, Mismatched memory attributes).
 */
	.text

/* @req SWR_ITS_006 */
	.globl	its_publish
	.type	its_publish, %function
its_publish:
	str	x1, [x0]
	dc	cvac, x0
	dsb	sy
	ret

/* @req SWR_ITS_003 */
	.globl	its_publish8
	.type	its_publish8, %function
its_publish8:
	strb	w1, [x0]
	dc	cvac, x0
	dsb	sy
	ret
