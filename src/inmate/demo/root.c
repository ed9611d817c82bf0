/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bare-metal root cell for direct boot: does what comm->command says, hypercalls included, and
 * counts while it waits.
 */
#include "inmate.h"
#include "attempts.h"

/** Root needs no share: this page of its own memory stands for the communication region. */
#define ROOT_COMM 0x50080000ULL

void inmate_main(struct bh_comm *comm)
{
    inmate_begin((comm != (struct bh_comm *)0) ? comm : (struct bh_comm *)ROOT_COMM);
    inmate_print("root: up\n");
    for (;;) {
        uint64_t command = inmate_comm->command;

        if (command != 0U) {
            uint64_t argument = inmate_comm->argument;

            inmate_comm->result = 0U;
            inmate_comm->command = 0U;
            inmate_comm->result = ATTEMPT_DONE | attempt(command, argument);
        }
        inmate_comm->heartbeat = inmate_comm->heartbeat + 1U;
    }
}
