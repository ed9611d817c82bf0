/* SPDX-License-Identifier: Apache-2.0 */
/** @file attempt.c
 * Test helper: let a demo cell attempt what it has no right to, by its communication region.
 *
 *   attempt CELL NAME [ARGUMENT]      NAME as in attempts.h, without ATTEMPT_
 *
 * Exit: 0 the cell obtained a value (printed), 3 it took a fault, 4 it did not answer, 1 there is
 * no such cell, 2 usage.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "abi/comm.h"
#include "abi/ioctl.h"
#include "inmate/demo/attempts.h"

#define MILLISECONDS 100U /* a cell looks once per millisecond */

#define NAME(name)            \
    {                         \
        #name, ATTEMPT_##name \
    }

static const struct {
    const char *name;
    uint64_t command;
} names[] = {
    NAME(READ),  NAME(WRITE),   NAME(SGI),          NAME(ROUTE),      NAME(PRIORITY),
    NAME(AP1R),  NAME(CPU_ON),  NAME(SYSTEM_RESET), NAME(SYSTEM_OFF), NAME(HYPERCALL),
    NAME(SMC),   NAME(GICR),    NAME(ENABLE),       NAME(PAIR),       NAME(SYSREG),
    NAME(SPIN),  NAME(EXECUTE), NAME(CPU_OFF),      NAME(SGI0),       NAME(STUB),
    NAME(BLOCK), NAME(STORE8),  NAME(STORE32),      NAME(STORE64),    NAME(ASGI),
    NAME(LOAD8), NAME(LOAD64),  NAME(MEASURE),      NAME(MANNER),
};

static uint64_t command_of(const char *name)
{
    size_t i;

    for (i = 0U; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].command;
        }
    }
    return 0U;
}

/* The communication region of the cell of this name. */
static volatile struct bh_comm *region(const char *name)
{
    static struct bh_ioc_info info;
    int device = open("/dev/bulkhead", O_RDWR);
    bh_u32 cell;
    void *page;

    info.abi = BH_ABI_VERSION;
    if (device < 0 || ioctl(device, BH_IOC_INFO, &info) != 0) {
        return NULL;
    }
    for (cell = 2U; cell < info.plan.n_cells; cell++) {
        if (strncmp((const char *)info.plan.cells[cell].name, name, BH_NAME_BYTES) == 0) {
            page = mmap(NULL, BH_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, device,
                        (off_t)BH_MMAP_COMM(cell));
            return page == MAP_FAILED ? NULL : page;
        }
    }
    return NULL;
}

/* The argument before the command: the cell takes both when it sees the command. */
static uint64_t ask(volatile struct bh_comm *comm, uint64_t command, uint64_t argument)
{
    const struct timespec millisecond = {0, 1000000};
    unsigned waited;

    comm->result = 0U;
    comm->argument = argument;
    __sync_synchronize();
    comm->command = command;
    for (waited = 0U; waited < MILLISECONDS && (comm->result & ATTEMPT_DONE) == 0U; waited++) {
        nanosleep(&millisecond, NULL);
    }
    return comm->result;
}

int main(int argc, char **argv)
{
    volatile struct bh_comm *comm;
    uint64_t command = argc > 2 ? command_of(argv[2]) : 0U;
    uint64_t result;

    if (argc > 4 || command == 0U) {
        fprintf(stderr, "usage: attempt CELL NAME [ARGUMENT]\n");
        return 2;
    }
    comm = region(argv[1]);
    if (comm == NULL || comm->magic != BH_COMM_MAGIC) {
        fprintf(stderr, "attempt: no cell '%s' is up\n", argv[1]);
        return 1;
    }
    result = ask(comm, command, argc == 4 ? strtoull(argv[3], NULL, 0) : 0U);
    if ((result & ATTEMPT_DONE) == 0U) {
        puts("no answer");
        return 4;
    }
    if ((result & ATTEMPT_FAULTED) != 0U) {
        puts("fault");
        return 3;
    }
    printf("answer 0x%" PRIx64 "\n", result & 0xFFFFFFFFU);
    return 0;
}
