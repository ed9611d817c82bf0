/* SPDX-License-Identifier: Apache-2.0 */
/** @file sysreg.h
 * The one trusted header: system registers, device registers, barriers, the instructions that C
 * does not have. Provers see the contracts, the compiler sees the instructions.
 */
#ifndef AARCH64_SYSREG_H
#define AARCH64_SYSREG_H

#include "core/arch/machine.h"

/** System registers by their names in the Arm ARM. */
enum sysreg {
#define SYSREG(name, assembler) SR_##name,
#include "sysreg.def"
#undef SYSREG
    SR_COUNT
};

#if defined(__FRAMAC__) || !defined(__aarch64__) /* provers, and tests on another machine */

/** Read a system register. */
/*@ terminates \true; exits \false; assigns \nothing; */
uint64_t sysreg_read(uint32_t r);

/** Write a system register. */
/*@ terminates \true; exits \false; assigns hw; */
void sysreg_write(uint32_t r, uint64_t value);
/** The same, in the caller's own code: for what every injected interrupt executes. */
/*@ terminates \true; exits \false; assigns hw; */
void sysreg_put(uint32_t r, uint64_t value);

/** Read a byte of a device, by physical address; one instruction. */
/*@ terminates \true; exits \false; assigns \nothing; */
uint8_t mmio_read8(uint64_t address);
/** Read a word of a device. */
/*@ terminates \true; exits \false; assigns \nothing; */
uint32_t mmio_read32(uint64_t address);
/** Read a double word of a device. */
/*@ terminates \true; exits \false; assigns \nothing; */
uint64_t mmio_read64(uint64_t address);
/** Write a byte of a device. */
/*@ terminates \true; exits \false; assigns hw; */
void mmio_write8(uint64_t address, uint8_t value);
/** Write a word of a device. */
/*@ terminates \true; exits \false; assigns hw; */
void mmio_write32(uint64_t address, uint32_t value);
/** Write a double word of a device. */
/*@ terminates \true; exits \false; assigns hw; */
void mmio_write64(uint64_t address, uint64_t value);

/** What was written to registers is in force for what follows (Arm ARM B2.3). */
/*@ terminates \true; exits \false; assigns hw; */
void isb(void);
/** All memory accesses so far are complete. */
/*@ terminates \true; exits \false; assigns hw; */
void dsb(void);
/** This CPU only waits (Arm ARM C6.2, YIELD); an emulator lets another CPU go on. */
/*@ terminates \true; exits \false; assigns \nothing; */
void hint_yield(void);
/** Stores before are seen before stores after, by the other CPUs. */
/*@ terminates \true; exits \false; assigns hw; */
void dmb_store(void);
/** Drop what the calling CPU cached of the tables of the VMID in VTTBR_EL2. */
/*@ terminates \true; exits \false; assigns hw; */
void tlbi_vmalls12e1(void);
/** Drop what any CPU cached of any stage 2. */
/*@ terminates \true; exits \false; assigns hw; */
void tlbi_alle1is(void);
/** Drop the calling CPU's cached instructions. */
/*@ terminates \true; exits \false; assigns hw; */
void ic_iallu(void);
/** Load-acquire of a shared word. */
/*@ requires word: word < SW_COUNT && i < SHARED_INDEX_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures owner: word == SW_CPU_CELL ==> \result == owner[i];
    ensures go: word == SW_LAUNCH && \result == 2 ==> launch_go != 0;
    ensures lock: word == SW_CELL_LOCK ==> \result <= 0xFFFFFFFF && bits_in(in_force[i], \result); */
uint64_t shared_get(uint32_t word, uint32_t i);
/** A call of the firmware, SMC Calling Convention; returns x0. */
/*@ terminates \true; exits \false; assigns hw; */
uint64_t smc_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

#else

/* An exit reads registers by their names: the compiler leaves one instruction if it looks into this. */
#ifdef __OPTIMIZE__
#define LOOK_INTO __attribute__((always_inline))
#else /* instrumented for coverage: one function each */
#define LOOK_INTO
#endif

/** Read a system register. */
LOOK_INTO static inline uint64_t sysreg_read(uint32_t r)
{
    uint64_t value = 0U;

    switch (r) {
#define SYSREG(name, assembler)                                                                    \
    case SR_##name:                                                                                \
        __asm__ volatile("mrs %0, " #assembler : "=r"(value));                                     \
        break;
#define SYSREG_WO(name, assembler)
#include "sysreg.def"
#undef SYSREG
    default:
        break;
    }
    return value;
}

/** Write a system register, in the caller's own code. */
LOOK_INTO static inline void sysreg_put(uint32_t r, uint64_t value)
{
    switch (r) {
#define SYSREG(name, assembler)                                                                    \
    case SR_##name:                                                                                \
        __asm__ volatile("msr " #assembler ", %0" : : "r"(value) : "memory");                      \
        break;
#define SYSREG_RO(name, assembler)
#include "sysreg.def"
#undef SYSREG
    default:
        break;
    }
}

/** Write a system register. */
static inline void sysreg_write(uint32_t r, uint64_t value)
{
    sysreg_put(r, value);
}

/** Device register accesses, by physical address; one instruction each. */
static inline uint8_t mmio_read8(uint64_t address)
{
    uint32_t value;

    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return (uint8_t)value;
}

/** Read a word of a device. */
static inline uint32_t mmio_read32(uint64_t address)
{
    uint32_t value;

    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

/** Read a double word of a device. */
static inline uint64_t mmio_read64(uint64_t address)
{
    uint64_t value;

    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

/** Write a byte of a device. */
static inline void mmio_write8(uint64_t address, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "r"((uint32_t)value), "r"(address) : "memory");
}

/** Write a word of a device. */
static inline void mmio_write32(uint64_t address, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/** Write a double word of a device. */
static inline void mmio_write64(uint64_t address, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/** What was written to registers is in force for what follows (Arm ARM B2.3). */
static inline void isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}

/** All memory accesses so far are complete. */
static inline void dsb(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

/** This CPU only waits (Arm ARM C6.2, YIELD); an emulator lets another CPU go on. */
static inline void hint_yield(void)
{
    __asm__ volatile("yield" : : : "memory");
}

/** Stores before are seen before stores after, by the other CPUs. */
static inline void dmb_store(void)
{
    __asm__ volatile("dmb ishst" : : : "memory");
}

/** Drop what the calling CPU cached of the tables of the VMID in VTTBR_EL2. */
static inline void tlbi_vmalls12e1(void)
{
    __asm__ volatile("dsb ishst\n\ttlbi vmalls12e1\n\tdsb ish\n\tisb" : : : "memory");
}

/** Drop what any CPU cached of any stage 2. */
static inline void tlbi_alle1is(void)
{
    __asm__ volatile("dsb ishst\n\ttlbi alle1is\n\tdsb ish\n\tisb" : : : "memory");
}

/** Drop the calling CPU's cached instructions. */
static inline void ic_iallu(void)
{
    __asm__ volatile("ic iallu\n\tdsb nsh\n\tisb" : : : "memory");
}

/** The shared words, in shared.S. */
extern uint64_t shared_words[SW_COUNT][SHARED_INDEX_MAX];

/** Load-acquire of a shared word (Arm ARM B2.3). */
static inline uint64_t shared_get(uint32_t word, uint32_t i)
{
    uint64_t value;

    __asm__ volatile("ldar %0, %1" : "=r"(value) : "Q"(shared_words[word][i]) : "memory");
    return value;
}

/** A call of the firmware, SMC Calling Convention. */
static inline uint64_t smc_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;

    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17");
    return x0;
}

#endif
#endif
