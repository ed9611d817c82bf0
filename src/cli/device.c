/* SPDX-License-Identifier: Apache-2.0 */
/** @file device.c
 * /dev/bulkhead: calls and mappings.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define DEVICE "/dev/bulkhead"
#define FOLLOW_NANOSECONDS 100000000L

static int device = -1;

/* Memory that the kernel has revoked answers with a bus error. */
static void on_bus_error(int number)
{
    static const char text[] = "bulkhead: error[E020B]: page revoked\nhint: bulkhead events\n";

    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1U);
    _exit(EXIT_REFUSED);
}

bool device_open(int *exit_code)
{
    if (device >= 0) {
        return true;
    }
    device = open(DEVICE, O_RDWR | O_CLOEXEC);
    if (device >= 0) {
        signal(SIGBUS, on_bus_error);
        return true;
    }
    *exit_code = errno == EACCES || errno == EPERM ? fail(BH_E_SYS_PERMISSION, 0U, 0U, DEVICE)
                                                   : fail(BH_E_SYS_NO_DRIVER, 0U, 0U, NULL);
    return false;
}

/* The driver answers in *result; a bare errno means that it could not read or write our memory. */
static bool call(unsigned long request, void *argument, struct bh_result *result)
{
    memset(result, 0, sizeof(*result));
    if (ioctl(device, request, argument) != 0) {
        result->status = BH_E_SYS_INTERNAL;
        result->a = (bh_u64)errno;
        result->b = request;
    }
    return result->status == BH_OK;
}

bool device_info(struct bh_ioc_info *info, int *exit_code)
{
    memset(info, 0, sizeof(*info));
    info->abi = BH_ABI_VERSION;
    if (!call(BH_IOC_INFO, info, &info->result)) {
        *exit_code = fail_result(&info->result);
        return false;
    }
    return true;
}

bool device_enable(unsigned long request, const struct bh_plan *plan, struct bh_result *result)
{
    struct bh_ioc_enable argument = {
        .abi = BH_ABI_VERSION,
        .plan_bytes = sizeof(*plan),
        .plan = (bh_u64)(uintptr_t)plan,
    };

    call(request, &argument, &argument.result);
    *result = argument.result;
    return result->status == BH_OK;
}

bool device_cell(unsigned long request, uint32_t op, uint32_t cell, struct bh_result *result)
{
    struct bh_ioc_cell argument = {.abi = BH_ABI_VERSION, .op = op, .cell = cell};

    call(request, &argument, &argument.result);
    *result = argument.result;
    return result->status == BH_OK;
}

bool device_write(uint32_t cell, uint64_t ipa, const void *data, uint64_t bytes,
                  struct bh_result *result)
{
    struct bh_ioc_write argument = {
        .abi = BH_ABI_VERSION,
        .cell = cell,
        .ipa = ipa,
        .bytes = bytes,
        .buffer = (bh_u64)(uintptr_t)data,
    };

    call(BH_IOC_WRITE, &argument, &argument.result);
    *result = argument.result;
    return result->status == BH_OK;
}

static const volatile void *map(size_t bytes, uint64_t offset)
{
    void *pages = mmap(NULL, bytes, PROT_READ, MAP_SHARED, device, (off_t)offset);

    return pages == MAP_FAILED ? NULL : pages;
}

const volatile struct bh_status *device_status(void)
{
    return map(BH_STATUS_PAGES * BH_PAGE_BYTES, BH_MMAP_STATUS);
}

const volatile struct bh_comm *device_comm(uint32_t cell)
{
    return map(BH_PAGE_BYTES, BH_MMAP_COMM(cell));
}

static volatile sig_atomic_t caught;

static void on_end(int number)
{
    caught = number;
}

/* Without SA_RESTART: a sleep ends, too. */
void device_catch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_end};
    struct sigaction before;
    size_t i;

    sigemptyset(&action.sa_mask);
    for (i = 0U; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        /* What was to be ignored, as by nohup, still is. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}

uint64_t device_milliseconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

bool device_wait(void)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = FOLLOW_NANOSECONDS};

    return caught == 0 && nanosleep(&pause, NULL) == 0;
}

/* What the driver said last; all zero before the first word. */
static struct bh_news news;

bool device_news(void)
{
    struct pollfd wait = {.fd = device, .events = POLLIN};
    struct bh_news now;

    if (poll(&wait, 1U, -1) != 1 || read(device, &now, sizeof(now)) != (ssize_t)sizeof(now)) {
        return false;
    }
    /* Enabled anew: the numbers began again, and what we know is of another time. */
    if (news.enables != 0U && now.enables != news.enables) {
        return false;
    }
    news = now;
    return now.enabled != 0U;
}

bool device_pause(uint32_t seconds)
{
    const struct timespec pause = {.tv_sec = (time_t)seconds, .tv_nsec = 0};

    return nanosleep(&pause, NULL) == 0;
}
