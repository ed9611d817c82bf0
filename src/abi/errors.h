/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file errors.h
 * Status codes and event IDs, generated from errors.def. Status 0 is success.
 */
#ifndef BH_ABI_ERRORS_H
#define BH_ABI_ERRORS_H

#define BH_OK 0U

#define BH_ERROR(number, name, text, hint) BH_E_##name = (number),
#define BH_EVENT(number, name, text) BH_##name = (number),
/** Every error (BH_E_...) and event (BH_EV_...) number. */
enum bh_id {
    BH_E_NONE = 0,
#include "errors.def"
    BH_ID_END = 0x1000
};
#undef BH_ERROR
#undef BH_EVENT

#endif
