/* SPDX-License-Identifier: Apache-2.0 */
/** @file mini.h
 * Nothing: the folder exists as in the real tree.
 */
#ifndef INMATE_MINI_H
#define INMATE_MINI_H

#endif
