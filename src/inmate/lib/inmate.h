/* SPDX-License-Identifier: Apache-2.0 */
/** @file inmate.h
 * What a bare-metal cell needs: its entry points, timer and interrupts, console ring, hypercalls
 * and PSCI calls.
 */
#ifndef INMATE_H
#define INMATE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/comm.h"
#include "abi/errors.h"
#include "abi/hypercall.h"

#define INMATE_GICD 0x08000000ULL
#define INMATE_GICR 0x080A0000ULL
#define INMATE_TIMER_INTID 27U /**< virtual timer */

/** The cell's communication region; set before inmate_main(). */
extern volatile struct bh_comm *inmate_comm;

/** Provided by the cell: its program. */
void inmate_main(struct bh_comm *comm);
/** Provided by the cell: an interrupt was taken when the counter read @p now. */
void inmate_irq(uint64_t now);
/** Provided by the cell: program of a further CPU. */
void inmate_second(void);
/** Where a further CPU starts: PSCI CPU_ON with its stack top as context. */
void inmate_second_entry(void);
/** Called on a synchronous exception; returns how many bytes of code to skip, 0: return to the
 * caller of the code. */
uint64_t inmate_sync(uint64_t esr, uint64_t far);

/** Outcome of a hypercall. */
struct inmate_result {
    uint64_t status;
    uint64_t a;
    uint64_t b;
};

/** Call the kernel, see src/abi/hypercall.h. */
struct inmate_result inmate_hypercall(uint64_t number, uint64_t argument);
/** Call the firmware interface (PSCI); returns x0. */
uint64_t inmate_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

/** Announce the cell in its communication region. */
void inmate_begin(struct bh_comm *comm);
/** Append text, and a number in hexadecimal, to the console ring. */
void inmate_print(const char *text);
/** Append a number in hexadecimal to the console ring. */
void inmate_print_hex(uint64_t value);

/** Own CPU's private interrupts: enable @p intid at @p priority. */
void inmate_gic_init(void);
/** Enable a private interrupt at a priority. */
void inmate_gic_enable(uint32_t intid, uint32_t priority);
/** Take and end an interrupt; INTID, 1023 when there is none. */
uint32_t inmate_gic_take(void);
/** End the interrupt that was taken. */
void inmate_gic_end(uint32_t intid);
/** First redistributor frame of the calling CPU. */
uint64_t inmate_gicr(void);

/** The virtual counter, in ticks. */
uint64_t inmate_now(void);
/** Ticks of the counter per second. */
uint64_t inmate_frequency(void);
/** Raise the virtual timer interrupt when the counter reaches a value. */
void inmate_timer_at(uint64_t deadline);
/** Unmask interrupts. */
void inmate_irq_on(void);

/** Read a word by address; one instruction. */
uint32_t inmate_read32(uint64_t address);
/** Write a word by address; one instruction. */
void inmate_write32(uint64_t address, uint32_t value);

/** Exceptions taken so far and what the last one was. */
extern volatile uint64_t inmate_faults;
extern volatile uint64_t inmate_last_esr;

#endif
