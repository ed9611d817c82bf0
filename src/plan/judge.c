/* SPDX-License-Identifier: Apache-2.0 */
/** @file judge.c
 * The kernel's own plan_check() as a program for the host: one verdict on one blob, and the same
 * for every blob that differs from it in one bit.
 *
 * The board is the one it is linked with (src/boards/NAME/board.c).
 *
 *   plan-judge FILE                     "ok", or the ID and its two values
 *   plan-judge --flip-all FILE          every change of one bit must be refused
 *   plan-judge --flip-sealed FILE       the same with the checksum made right again: one verdict
 *                                       per bit, for comparison
 * Exit: 0 accepted (or no changed plan was accepted), 1 unreadable, 2 usage, 3 refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/board.h"
#include "core/crc.h"
#include "core/plan.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the blob is read as it stands");

enum { EXIT_OK = 0, EXIT_UNREADABLE = 1, EXIT_WRONG_USE = 2, EXIT_REFUSED = 3 };

/** Read at most one byte more than a plan has; the bytes found, or -1. */
static long read_blob(const char *path, unsigned char *to, size_t room)
{
    FILE *file = fopen(path, "rb");
    long found = -1;

    if (file != NULL) {
        size_t n = fread(to, 1U, room, file);

        if (ferror(file) == 0) {
            found = (long)n;
        }
        (void)fclose(file);
    }
    return found;
}

/** Size of a file that is too long for a plan; what was read counts when it cannot seek. */
static long whole_size(const char *path, long found)
{
    FILE *file = fopen(path, "rb");
    long size = found;

    if (file != NULL) {
        if (fseek(file, 0L, SEEK_END) == 0) {
            size = ftell(file);
        }
        (void)fclose(file);
    }
    return size;
}

static void print_verdict(uint32_t status)
{
    if (status == BH_OK) {
        (void)puts("ok");
    } else {
        (void)printf("E%04" PRIX32 " %" PRIu64 " %" PRIu64 "\n", status, plan_a, plan_b);
    }
}

static uint32_t check(const struct plan_board *facts)
{
    plan_a = 0U;
    plan_b = 0U;
    return plan_check(facts);
}

/** Flip each bit in turn. Sealed: repair the checksum and print each verdict; else count. */
static int flip(const struct plan_board *facts, bool sealed)
{
    static struct bh_plan good;
    unsigned long accepted = 0U;
    unsigned long flips = 0U;

    (void)memcpy(&good, &plan, sizeof(good));
    for (size_t bit = 0U; bit < (sizeof(plan) * 8U); bit++) {
        uint32_t status;

        (void)memcpy(&plan, &good, sizeof(plan));
        ((unsigned char *)&plan)[bit / 8U] ^= (unsigned char)(1U << (bit % 8U));
        if (sealed) {
            plan.crc = crc32((const uint8_t *)&plan, (uint32_t)offsetof(struct bh_plan, crc));
        }
        status = check(facts);
        flips++;
        if (status == BH_OK) {
            accepted++;
        }
        if (sealed || (status == BH_OK)) {
            (void)printf("%zu ", bit);
            print_verdict(status);
        }
    }
    (void)printf("%lu flips, %lu accepted\n", flips, accepted);
    return (sealed || (accepted == 0U)) ? EXIT_OK : EXIT_REFUSED;
}

static int usage(void)
{
    (void)fputs("usage: plan-judge [--flip-all|--flip-sealed] FILE\n", stderr);
    return EXIT_WRONG_USE;
}

/** Load the file into `plan`; EXIT_OK when it has a plan's size. */
static int load(const char *path)
{
    static unsigned char bytes[sizeof(struct bh_plan) + 1U];
    long found = read_blob(path, bytes, sizeof(bytes));
    int code = EXIT_OK;

    if (found < 0) {
        (void)fprintf(stderr, "plan-judge: %s cannot be read\n", path);
        code = EXIT_UNREADABLE;
    } else if (found != (long)sizeof(struct bh_plan)) {
        (void)printf("E%04X %ld %zu\n", (unsigned int)BH_E_PLAN_SIZE, whole_size(path, found),
                     sizeof(struct bh_plan));
        code = EXIT_REFUSED;
    } else {
        (void)memcpy(&plan, bytes, sizeof(plan));
    }
    return code;
}

int main(int argc, char **argv)
{
    bool all = (argc == 3) && (strcmp(argv[1], "--flip-all") == 0);
    bool sealed = (argc == 3) && (strcmp(argv[1], "--flip-sealed") == 0);
    int code;

    if ((argc != 2) && !all && !sealed) {
        return usage();
    }
    code = load(argv[argc - 1]);
    if ((code == EXIT_OK) && (all || sealed)) {
        code = flip(&board_facts.plan, sealed);
    } else if (code == EXIT_OK) {
        uint32_t status = check(&board_facts.plan);

        print_verdict(status);
        code = (status == BH_OK) ? EXIT_OK : EXIT_REFUSED;
    } else {
        /* load() has told why */
    }
    return code;
}
