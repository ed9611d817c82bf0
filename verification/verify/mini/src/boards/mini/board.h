/* SPDX-License-Identifier: Apache-2.0 */
/** @file board.h
 * Nothing: the folder exists as in the real tree.
 */
#ifndef BOARDS_MINI_BOARD_H
#define BOARDS_MINI_BOARD_H

#endif
