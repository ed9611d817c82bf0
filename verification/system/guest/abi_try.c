/* SPDX-License-Identifier: Apache-2.0 */
/** @file abi_try.c
 * Test helper: what a careless or hostile root program does with /dev/bulkhead. Prints one line per
 * attempt, `name: outcome`: E and the error number in hex, or the number of the errno.
 *
 *   abi_try calls      ioctls with wrong ABI, pointers, cells, sizes
 *   abi_try maps       mappings that must be refused, and the two that must not
 *   abi_try plan FILE  hand a plan to the driver, which the command has not judged
 *   abi_try uevents N  print BULKHEAD_ lines of uevents for N seconds
 *   abi_try refuse N   N calls which the kernel refuses, each with one event
 *   abi_try news       read() and poll() without and with events
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/errors.h"
#include "abi/hypercall.h"
#include "abi/ioctl.h"
#include "abi/message.h"
#include "abi/status.h"

#define KERNEL_BASE 0x70000000
#define LONG_MILLISECONDS 5000
#define CHILD_WAITS_NANOSECONDS 370000000L

static int device;

static void say(const char *name, int failed, const struct bh_result *result)
{
    if (failed != 0) {
        printf("%s: errno %d\n", name, errno);
    } else {
        printf("%s: E%04X\n", name, result->status);
    }
}

static void try_cell(const char *name, unsigned long request, bh_u32 abi, bh_u32 op, bh_u32 cell)
{
    struct bh_ioc_cell call = {.abi = abi, .op = op, .cell = cell};
    int failed = ioctl(device, request, &call);

    say(name, failed, &call.result);
}

static void try_write(const char *name, bh_u32 cell, bh_u64 ipa, bh_u64 bytes, const void *from)
{
    struct bh_ioc_write call = {.abi = BH_ABI_VERSION,
                                .cell = cell,
                                .ipa = ipa,
                                .bytes = bytes,
                                .buffer = (bh_u64)(unsigned long)from};
    int failed = ioctl(device, BH_IOC_WRITE, &call);

    say(name, failed, &call.result);
}

static void try_enable(const char *name, bh_u32 abi, bh_u32 bytes, const void *plan)
{
    struct bh_ioc_enable call = {
        .abi = abi, .plan_bytes = bytes, .plan = (bh_u64)(unsigned long)plan};
    int failed = ioctl(device, BH_IOC_ENABLE, &call);

    say(name, failed, &call.result);
}

static void calls(void)
{
    static char image[8192];
    struct bh_result none = {0};

    say("unknown ioctl", ioctl(device, _IO('B', 9), 0), &none);
    say("null argument", ioctl(device, BH_IOC_CELL, NULL), &none);
    try_cell("cell with the next ABI", BH_IOC_CELL, BH_ABI_VERSION + 1U, BH_HC_CELL_STOP, 2U);
    try_cell("disable with ABI 0", BH_IOC_DISABLE, 0U, BH_HC_DISABLE, 0U);
    try_enable("enable with the next ABI", BH_ABI_VERSION + 1U, sizeof(struct bh_plan), image);
    try_enable("enable", BH_ABI_VERSION, sizeof(struct bh_plan), image);
    try_cell("kernel as cell", BH_IOC_CELL, BH_ABI_VERSION, BH_HC_CELL_CREATE, 0U);
    try_cell("root as cell", BH_IOC_CELL, BH_ABI_VERSION, BH_HC_CELL_DESTROY, 1U);
    try_cell("cell 3", BH_IOC_CELL, BH_ABI_VERSION, BH_HC_CELL_CREATE, 3U);
    try_cell("cell 4294967295", BH_IOC_CELL, BH_ABI_VERSION, BH_HC_CELL_START, 0xFFFFFFFFU);
    try_cell("get_info as operation", BH_IOC_CELL, BH_ABI_VERSION, BH_HC_GET_INFO, 2U);
    try_cell("disable as operation", BH_IOC_CELL, BH_ABI_VERSION, BH_HC_DISABLE, 2U);
    try_cell("operation 99", BH_IOC_CELL, BH_ABI_VERSION, 99U, 2U);
    try_cell("message with the next ABI", BH_IOC_MESSAGE, BH_ABI_VERSION + 1U, BH_REQUEST_NONE, 2U);
    try_cell("message to the kernel", BH_IOC_MESSAGE, BH_ABI_VERSION, BH_REQUEST_NONE, 0U);
    try_cell("message to root", BH_IOC_MESSAGE, BH_ABI_VERSION, BH_REQUEST_NONE, 1U);
    try_cell("message to cell 3", BH_IOC_MESSAGE, BH_ABI_VERSION, BH_REQUEST_NONE, 3U);
    try_cell("message of no kind", BH_IOC_MESSAGE, BH_ABI_VERSION, 99U, 2U);
    try_cell("message", BH_IOC_MESSAGE, BH_ABI_VERSION, BH_REQUEST_NONE, 2U);
    try_write("write to root", 1U, 0x40000000U, 16U, image);
    try_write("write below", 2U, 0x70FFFFFFU, 16U, image);
    try_write("write beyond", 2U, 0x710FFFF8U, 16U, image);
    try_write("write nothing", 2U, 0x71000000U, 0U, image);
    try_write("write that wraps", 2U, 0xFFFFFFFFFFFFFFF8U, 16U, image);
    try_write("write of all", 2U, 0x71000000U, 0xFFFFFFFFFFFFFFFFU, image);
    try_write("write to data", 2U, 0x71200000U, 16U, image);
    try_write("write from nowhere", 2U, 0x71000000U, 4096U, (void *)8);
    try_write("write", 2U, 0x71000000U, 4096U, image);
}

static void hand_over(const char *path)
{
    static char plan[sizeof(struct bh_plan)];
    int file = open(path, O_RDONLY);

    if (file < 0 || read(file, plan, sizeof(plan)) != (ssize_t)sizeof(plan)) {
        perror("abi_try: plan");
        return;
    }
    try_enable("plan", BH_ABI_VERSION, sizeof(plan), plan);
}

static void try_map(const char *name, int protection, int flags, size_t bytes, bh_u64 offset)
{
    void *pages = mmap(NULL, bytes, protection, flags, device, (off_t)offset);

    if (pages == MAP_FAILED) {
        printf("%s: errno %d\n", name, errno);
        return;
    }
    printf("%s: mapped, then write %s, execute %s\n", name,
           mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0 ? "allowed" : "refused",
           mprotect(pages, bytes, PROT_READ | PROT_EXEC) == 0 ? "allowed" : "refused");
}

static void maps(void)
{
    const size_t status = BH_STATUS_PAGES * BH_PAGE_BYTES;
    const int both = PROT_READ | PROT_WRITE;

    try_map("status", PROT_READ, MAP_SHARED, status, BH_MMAP_STATUS);
    try_map("status writable", both, MAP_SHARED, status, BH_MMAP_STATUS);
    try_map("status executable", PROT_READ | PROT_EXEC, MAP_SHARED, status, BH_MMAP_STATUS);
    try_map("status private", both, MAP_PRIVATE, status, BH_MMAP_STATUS);
    try_map("status too long", PROT_READ, MAP_SHARED, status + BH_PAGE_BYTES, BH_MMAP_STATUS);
    try_map("status, second page", PROT_READ, MAP_SHARED, BH_PAGE_BYTES, BH_PAGE_BYTES);
    try_map("comm", both, MAP_SHARED, BH_PAGE_BYTES, BH_MMAP_COMM(2U));
    try_map("comm too long", both, MAP_SHARED, 2U * BH_PAGE_BYTES, BH_MMAP_COMM(2U));
    try_map("comm of root", both, MAP_SHARED, BH_PAGE_BYTES, BH_MMAP_COMM(1U));
    try_map("comm of cell 3", both, MAP_SHARED, BH_PAGE_BYTES, BH_MMAP_COMM(3U));
    try_map("comm of cell 4096", both, MAP_SHARED, BH_PAGE_BYTES, BH_MMAP_COMM(4096U));
}

static void uevents(long seconds)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1U};
    struct timeval wait = {.tv_sec = seconds};
    int events = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
    char text[4096];
    ssize_t n;

    setsockopt(events, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (bind(events, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("abi_try: uevents");
        return;
    }
    while ((n = recv(events, text, sizeof(text) - 1U, 0)) > 0) {
        const char *at = text;

        text[n] = '\0';
        for (; at < text + n; at += strlen(at) + 1U) {
            if (strncmp(at, "BULKHEAD_", 9) == 0) {
                puts(at);
            }
        }
    }
}

static void refuse(long count)
{
    for (long i = 0; i < count; i++) {
        struct bh_ioc_cell call = {.abi = BH_ABI_VERSION, .op = BH_HC_CELL_LOAD, .cell = 2U};

        if (ioctl(device, BH_IOC_CELL, &call) != 0 || call.result.status == BH_OK) {
            printf("call %ld was not refused\n", i);
        }
    }
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static void say_poll(const char *name, int milliseconds)
{
    struct pollfd wait = {.fd = device, .events = POLLIN};
    int ready = poll(&wait, 1U, milliseconds);

    printf("%s: %s\n", name, ready == 0 ? "quiet" : ready == 1 ? "news" : "failed");
}

static void say_read(const char *name)
{
    struct bh_news news = {0};
    ssize_t n = read(device, &news, sizeof(news));

    printf("%s: %d bytes, enabled %u\n", name, (int)n, news.enabled);
}

/* A child reaches for the kernel's memory, and dies of it: no call tells the driver. */
static void violate(volatile long *when)
{
    static const struct timespec before = {.tv_nsec = CHILD_WAITS_NANOSECONDS};
    int memory = open("/dev/mem", O_RDONLY | O_SYNC);
    const volatile int *word = mmap(NULL, 4096U, PROT_READ, MAP_SHARED, memory, KERNEL_BASE);

    nanosleep(&before, NULL);
    *when = now_ms();
    (void)*word;
    _exit(0);
}

static void news(void)
{
    volatile long *when =
        mmap(NULL, 4096U, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct bh_news all;
    pid_t child;

    printf("short read: errno %d\n", read(device, &all, sizeof(all) - 1U) < 0 ? errno : 0);
    say_poll("poll before the first read", 0);
    say_read("read");
    say_poll("poll after it", 300);
    say_read("read again");
    child = fork();
    if (child == 0) {
        violate(when);
    }
    say_poll("poll for an event", LONG_MILLISECONDS);
    printf("milliseconds: %ld\n", now_ms() - *when);
    waitpid(child, NULL, 0);
    say_poll("poll unread", 0);
    say_read("read it");
    say_poll("poll when read", 0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "uevents") == 0) {
        uevents(strtol(argv[2], NULL, 10));
        return 0;
    }
    device = open("/dev/bulkhead", O_RDWR);
    if (argc == 3 && device >= 0 && strcmp(argv[1], "refuse") == 0) {
        refuse(strtol(argv[2], NULL, 10));
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "plan") == 0 && device >= 0) {
        hand_over(argv[2]);
        return 0;
    }
    if (argc != 2 || device < 0) {
        perror("abi_try");
        return 2;
    }
    if (strcmp(argv[1], "calls") == 0) {
        calls();
    } else if (strcmp(argv[1], "news") == 0) {
        news();
    } else {
        maps();
    }
    return 0;
}
