/* SPDX-License-Identifier: Apache-2.0 */
/** @file cli_device.c
 * A machine in a file instead of /dev/bulkhead, for the tests of the command on the host. The file
 * named by BULKHEAD_FAKE holds struct bh_ioc_info, the status pages, and one page per cell, and the same
 * again for each later moment: waiting goes on to the next, and ends behind the last. Calls
 * are answered with BULKHEAD_FAKE_RESULT ("status a b", more of them behind ';' for the calls that
 * follow, the last one for all others) and printed to stderr.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static FILE *frames;
static struct {
    struct bh_ioc_info info;
    uint8_t status[BH_STATUS_PAGES * BH_PAGE_BYTES];
    uint8_t comm[BH_CELLS_MAX][BH_PAGE_BYTES];
} fake;

/* The machine as it is at the next moment that the file holds. */
static bool later(void)
{
    return frames != NULL && fread(&fake, sizeof(fake), 1U, frames) == 1U;
}

bool device_open(int *exit_code)
{
    const char *path = getenv("BULKHEAD_FAKE");

    frames = path == NULL ? NULL : fopen(path, "rb");
    if (!later()) {
        *exit_code = fail(BH_E_SYS_NO_DRIVER, 0U, 0U, NULL);
        return false;
    }
    return true;
}

bool device_info(struct bh_ioc_info *info, int *exit_code)
{
    (void)exit_code;
    *info = fake.info;
    return true;
}

static bool answer(struct bh_result *result)
{
    static const char *text;
    static bool begun;
    unsigned status = 0U;

    text = begun ? text : getenv("BULKHEAD_FAKE_RESULT");
    begun = true;

    memset(result, 0, sizeof(*result));
    if (text != NULL &&
        sscanf(text, "%x %" SCNx64 " %" SCNx64, &status, &result->a, &result->b) != 3) {
        abort();
    }
    if (text != NULL && strchr(text, ';') != NULL) {
        text = strchr(text, ';') + 1;
    }
    result->status = status;
    return status == 0U;
}

bool device_enable(unsigned long request, const struct bh_plan *given, struct bh_result *result)
{
    fprintf(stderr, "FAKE %s %08" PRIx32 "\n", request == BH_IOC_ATTACH ? "attach" : "enable",
            given->crc);
    return answer(result);
}

bool device_cell(unsigned long request, uint32_t op, uint32_t cell, struct bh_result *result)
{
    fprintf(stderr, "FAKE %s %" PRIu32 " %" PRIu32 "\n",
            request == BH_IOC_DISABLE   ? "disable"
            : request == BH_IOC_MESSAGE ? "message"
                                        : "cell",
            op, cell);
    return answer(result);
}

bool device_write(uint32_t cell, uint64_t ipa, const void *data, uint64_t bytes,
                  struct bh_result *result)
{
    fprintf(stderr, "FAKE write %" PRIu32 " 0x%" PRIx64 " %" PRIu64 " %.4s\n", cell, ipa, bytes,
            (const char *)data);
    return answer(result);
}

const volatile struct bh_status *device_status(void)
{
    return (const volatile struct bh_status *)fake.status;
}

const volatile struct bh_comm *device_comm(uint32_t cell)
{
    return (const volatile struct bh_comm *)fake.comm[cell];
}

static uint64_t waits;

bool device_wait(void)
{
    fprintf(stderr, "FAKE wait\n");
    waits++;
    return later();
}

void device_catch(void)
{
}

/* 100 ms for each wait. */
uint64_t device_milliseconds(void)
{
    return waits * 100U;
}

bool device_news(void)
{
    fprintf(stderr, "FAKE news\n");
    return later();
}

bool device_pause(uint32_t seconds)
{
    fprintf(stderr, "FAKE pause %" PRIu32 "\n", seconds);
    return later();
}
