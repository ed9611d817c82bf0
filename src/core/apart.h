/* SPDX-License-Identifier: Apache-2.0 */
/** @file apart.h
 * Functions that stay functions in the image.
 */
#ifndef CORE_APART_H
#define CORE_APART_H

/** For what an exit seldom needs, so that others have no frame for it, and for long loops, so that the
 * bound of an entry counts their turns apart from those around them. */
#define APART __attribute__((noinline))
#endif
