/* SPDX-License-Identifier: Apache-2.0 */
/** @file planfile.c
 * Files: plans, judged by the kernel's own proved judge, and images.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/arch/board.h"
#include "core/plan.h"

#define PLAN_LIMIT (1024U * 1024U)

void *file_read(const char *path, uint64_t limit, uint64_t *bytes, int *exit_code)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long length = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        length = ftell(file);
    }
    if (length >= 0 && (uint64_t)length <= limit && fseek(file, 0, SEEK_SET) == 0) {
        data = malloc((size_t)length + 1U);
    }
    if (data == NULL || fread(data, 1U, (size_t)length, file) != (size_t)length) {
        *exit_code = fail(BH_E_SYS_IO, 0U, 0U, path);
        free(data);
        data = NULL;
    }
    *bytes = length < 0 ? 0U : (uint64_t)length;
    if (file != NULL) {
        fclose(file);
    }
    return data;
}

uint32_t plan_judge(const void *data, uint64_t bytes, struct bh_plan *out, uint64_t *a, uint64_t *b)
{
    uint32_t status;

    if (bytes != sizeof(*out)) {
        *a = bytes;
        *b = sizeof(*out);
        return BH_E_PLAN_SIZE;
    }
    memcpy(out, data, sizeof(*out));
    memcpy(&plan, data, sizeof(plan));
    plan_a = 0U;
    plan_b = 0U;
    status = plan_check(&board_facts.plan);
    *a = plan_a;
    *b = plan_b;
    return status;
}

/**
 * Read and judge; what is refused is never passed on.
 *
 * @req SWR_CLI_004
 */
bool plan_load(const char *path, struct bh_plan *out, int *exit_code)
{
    uint64_t bytes;
    uint64_t a = 0U;
    uint64_t b = 0U;
    uint32_t status;
    void *data = file_read(path, PLAN_LIMIT, &bytes, exit_code);

    if (data == NULL) {
        return false;
    }
    status = plan_judge(data, bytes, out, &a, &b);
    free(data);
    if (status != BH_OK) {
        error_plan = status == BH_E_PLAN_SIZE ? NULL : out;
        *exit_code = fail(status, a, b, path);
        return false;
    }
    return true;
}
