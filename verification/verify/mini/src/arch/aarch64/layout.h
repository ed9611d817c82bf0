/* SPDX-License-Identifier: Apache-2.0 */
/** @file layout.h
 * Numbers shared by assembly and the gates.
 */
#ifndef AARCH64_LAYOUT_H
#define AARCH64_LAYOUT_H

#define STACK_BYTES 0x1000
#define FRAME_BYTES 0

#endif
