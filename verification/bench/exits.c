/* SPDX-License-Identifier: Apache-2.0 */
/** @file exits.c
 * QEMU plugin: counts what executes at EL2, and stops the machine at exact instructions.
 *
 *   -plugin exits.so,ctl=FILE[,limit=on]
 *
 * FILE (one page) is shared with the test. HINT #100 and #101 begin and end an interval of the CPU
 * that executes them, and what all CPUs executed in it is counted; HINT #102 is one tick of a cell;
 * HINT #103 begins one repetition of a measurement and HINT #104 to #127 end one of row 0 to 23, of
 * which the least and the most are kept; `place` is an instruction to stop before.
 * The number of the CPU which QEMU gives to a callback is that of the CPU for which the block was
 * translated first, as all share their blocks under -icount. So it serves only where one CPU alone
 * executes the code (a cell's image); elsewhere sums over all CPUs are taken, or VMPIDR_EL2 is read,
 * which the kernel keeps as found.
 * All CPUs of a machine under -icount execute in one thread, so a callback that waits holds the
 * whole machine, at that instruction.
 */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "qemu_api.h"

#define CPUS 8U
#define KERNEL_BASE 0x70000000ULL
#define KERNEL_END 0x70400000ULL
#define VECTOR_BYTES 0x800ULL
#define HINT_MASK 0xFFFFF01FU
#define HINT 0xD503201FU
#define HINT_BEGIN 100U
#define HINT_END 101U
#define HINT_TICK 102U
#define HINT_ROW_BEGIN 103U
#define HINT_ROW 104U
#define HINT_LAST 127U
#define ROWS (HINT_LAST - HINT_ROW + 1U)
#define POLL_NANOSECONDS 40000L

enum reason { STOP_TICK = 1, STOP_LIMIT = 2, STOP_PLACE = 3 };

struct counts {
    uint64_t kernel;  /**< instructions in the kernel's memory */
    uint64_t entries; /**< first instructions of exception vectors among them */
};

/** Repetitions of one measurement: instructions in the kernel's memory, of all CPUs. */
struct row {
    uint64_t n;
    uint64_t least;
    uint64_t most;
};

/** The shared page; verification/system/plugin.py reads it by these offsets. */
struct control {
    _Atomic uint64_t stops;   /**< times the machine was held */
    _Atomic uint64_t go;      /**< times it was let go; written by the test */
    _Atomic uint64_t reason;  /**< of the last stop */
    _Atomic uint64_t clock;   /**< CPU whose ticks count; written by the test */
    _Atomic uint64_t left;    /**< ticks until the next stop; 0: none */
    _Atomic uint64_t limit;   /**< instructions of all CPUs until the next stop; 0: none */
    _Atomic uint64_t total;   /**< instructions executed; with limit=on */
    _Atomic uint64_t vectors; /**< address of the kernel's vectors; written by the test */
    struct counts now[CPUS];
    struct counts begin[CPUS];
    struct counts end[CPUS];
    uint64_t intervals[CPUS]; /**< HINT #101 seen */
    _Atomic uint64_t place;   /**< address of an instruction; written before the start */
    _Atomic uint64_t hits;    /**< executions of it until the stop before it; 0: none */
    _Atomic uint64_t at_cpu;  /**< CPU that is there */
    struct row rows[ROWS];
};

QEMU_EXPORT int qemu_plugin_version = QEMU_API_VERSION;

static struct control *control;
static int limited;
static void *mpidr;
static struct qemu_array *mpidr_value;

static void hold(enum reason reason)
{
    static const struct timespec nap = {0, POLL_NANOSECONDS};
    uint64_t mine = atomic_load(&control->stops) + 1U;

    atomic_store(&control->reason, (uint64_t)reason);
    atomic_store(&control->stops, mine);
    while (atomic_load(&control->go) < mine) {
        (void)nanosleep(&nap, NULL);
    }
}

static uint64_t kernel_total(void)
{
    uint64_t sum = 0U;

    for (unsigned int i = 0U; i < CPUS; i++) {
        sum += control->now[i].kernel;
    }
    return sum;
}

static void end_row(struct row *row, uint64_t cost)
{
    row->least = ((row->n == 0U) || (cost < row->least)) ? cost : row->least;
    row->most = (cost > row->most) ? cost : row->most;
    row->n++;
}

static void on_hint(unsigned int vcpu, void *data)
{
    static uint64_t row_begin;
    uint64_t number = (uint64_t)(uintptr_t)data;
    uint64_t left;

    if (vcpu >= CPUS) {
        return;
    }
    if (number == HINT_ROW_BEGIN) {
        row_begin = kernel_total();
    } else if (number >= HINT_ROW) {
        end_row(&control->rows[number - HINT_ROW], kernel_total() - row_begin);
    } else if (number == HINT_BEGIN) {
        memcpy(control->begin, control->now, sizeof(control->begin));
    } else if (number == HINT_END) {
        memcpy(control->end, control->now, sizeof(control->end));
        control->intervals[vcpu]++;
    } else if (atomic_load(&control->clock) == vcpu) {
        left = atomic_load(&control->left);
        if (left > 0U) {
            atomic_store(&control->left, left - 1U);
        }
        if (left == 1U) {
            hold(STOP_TICK);
        }
    }
}

/** Executed at every block: one thread executes all CPUs, so nothing here needs an ordered store. */
static void on_block(unsigned int vcpu, void *data)
{
    uint64_t total = atomic_load_explicit(&control->total, memory_order_relaxed) +
                     (uint64_t)(uintptr_t)data;
    uint64_t limit = atomic_load_explicit(&control->limit, memory_order_relaxed);

    (void)vcpu;
    atomic_store_explicit(&control->total, total, memory_order_relaxed);
    if ((limit != 0U) && (total >= limit)) {
        atomic_store(&control->limit, 0U);
        hold(STOP_LIMIT);
    }
}

static void on_kernel(unsigned int vcpu, void *data)
{
    (void)data;
    if (vcpu < CPUS) {
        control->now[vcpu].kernel++;
    }
}

static void on_vector(unsigned int vcpu, void *data)
{
    (void)data;
    if (vcpu < CPUS) {
        control->now[vcpu].entries++;
    }
}

static void on_cpu(qemu_plugin_id_t id, unsigned int vcpu)
{
    struct qemu_array *all = qemu_plugin_get_registers();
    const struct qemu_plugin_reg_descriptor *found = all->data;

    (void)id;
    (void)vcpu;
    for (unsigned int i = 0U; i < all->len; i++) {
        if (strcmp(found[i].name, "VMPIDR_EL2") == 0) {
            mpidr = found[i].handle;
        }
    }
}

/** Affinity 0 of the CPU that executes, which is its number on this machine; CPUS: unknown. */
static uint64_t current_cpu(void)
{
    uint64_t cpu = CPUS;

    (void)g_byte_array_set_size(mpidr_value, 0U);
    if ((mpidr != NULL) && (qemu_plugin_read_register(mpidr, mpidr_value) > 0)) {
        cpu = *(const uint8_t *)mpidr_value->data;
    }
    return cpu;
}

static void on_place(unsigned int vcpu, void *data)
{
    uint64_t hits = atomic_load(&control->hits);

    (void)data;
    (void)vcpu;
    if (hits > 0U) {
        atomic_store(&control->hits, hits - 1U);
    }
    if (hits == 1U) {
        atomic_store(&control->at_cpu, current_cpu());
        hold(STOP_PLACE);
    }
}

/** One by one: a block whose access to a device needs the exact time is left and begun again there. */
static void count_kernel(struct qemu_plugin_insn *insn)
{
    uint64_t address = qemu_plugin_insn_vaddr(insn);

    if ((address >= KERNEL_BASE) && (address < KERNEL_END)) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_kernel, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

static void count_vector(struct qemu_plugin_insn *insn)
{
    uint64_t vectors = atomic_load(&control->vectors);
    uint64_t address = qemu_plugin_insn_vaddr(insn);

    if ((vectors != 0U) && (address >= vectors) && (address < vectors + VECTOR_BYTES) &&
        (address % 0x80U == 0U)) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vector, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    (void)id;
    if (limited != 0) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS,
                                             (void *)(uintptr_t)n);
    }
    for (size_t i = 0U; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t word = 0U;
        uint32_t number;

        count_kernel(insn);
        count_vector(insn);
        if (qemu_plugin_insn_vaddr(insn) == atomic_load(&control->place)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_place, QEMU_PLUGIN_CB_R_REGS, NULL);
        }
        (void)qemu_plugin_insn_data(insn, &word, sizeof(word));
        number = (word >> 5) & 0x7FU;
        if (((word & HINT_MASK) == HINT) && (number >= HINT_BEGIN) && (number <= HINT_LAST)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_hint, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)number);
        }
    }
}

static int share(const char *path)
{
    int file = open(path, O_RDWR);

    if (file < 0) {
        return -1;
    }
    control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    (void)close(file);
    return (control == MAP_FAILED) ? -1 : 0;
}

QEMU_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    const char *path = NULL;

    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "ctl=", 4U) == 0) {
            path = argv[i] + 4;
        } else if (strcmp(argv[i], "limit=on") == 0) {
            limited = 1;
        } else {
            fprintf(stderr, "exits: unknown argument %s\n", argv[i]);
            return -1;
        }
    }
    if ((path == NULL) || (share(path) != 0)) {
        fprintf(stderr, "exits: ctl=FILE is missing or cannot be mapped\n");
        return -1;
    }
    mpidr_value = g_byte_array_new();
    qemu_plugin_register_vcpu_init_cb(id, on_cpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    return 0;
}
