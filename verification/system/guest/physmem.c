/* SPDX-License-Identifier: Apache-2.0 */
/** @file physmem.c
 * Test helper: read or write one word of physical memory from user space, through /dev/mem.
 *
 *   physmem read|write ADDRESS [VALUE] [WIDTH]     WIDTH 8, 16, 32 (default) or 64 bits
 *
 * Exit: 0 done (a read prints the value), 2 usage, 3 the machine answered with a bus error
 * (prints BUS-ERROR), 4 Linux itself refuses the mapping.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096U

static void on_bus_error(int signal)
{
    static const char text[] = "BUS-ERROR\n";
    ssize_t done = write(STDOUT_FILENO, text, sizeof(text) - 1U);

    (void)signal;
    _exit(done < 0 ? 1 : 3);
}

static uint64_t load(const volatile void *at, unsigned long width)
{
    switch (width) {
    case 8:
        return *(const volatile uint8_t *)at;
    case 16:
        return *(const volatile uint16_t *)at;
    case 32:
        return *(const volatile uint32_t *)at;
    default:
        return *(const volatile uint64_t *)at;
    }
}

static void store(volatile void *at, unsigned long width, uint64_t value)
{
    switch (width) {
    case 8:
        *(volatile uint8_t *)at = (uint8_t)value;
        break;
    case 16:
        *(volatile uint16_t *)at = (uint16_t)value;
        break;
    case 32:
        *(volatile uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)at = value;
        break;
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: physmem read ADDRESS [WIDTH] | write ADDRESS VALUE [WIDTH]\n");
    return 2;
}

int main(int argc, char **argv)
{
    int writing = argc > 1 && strcmp(argv[1], "write") == 0;
    int words = writing ? 4 : 3;
    unsigned long width;
    uint64_t address;
    uint8_t *page;
    int fd;

    if (argc < words || (!writing && strcmp(argv[1], "read") != 0)) {
        return usage();
    }
    address = strtoull(argv[2], NULL, 0);
    width = argc > words ? strtoul(argv[words], NULL, 0) : 32U;
    if ((width != 8U && width != 16U && width != 32U && width != 64U) ||
        address % (width / 8U) != 0U) {
        return usage();
    }
    signal(SIGBUS, on_bus_error);
    fd = open("/dev/mem", O_RDWR | O_SYNC);
    page = fd < 0 ? MAP_FAILED
                  : mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                         (off_t)(address & ~(uint64_t)(PAGE - 1U)));
    if (page == MAP_FAILED) {
        perror("physmem: /dev/mem");
        return 4;
    }
    if (writing) {
        store(page + address % PAGE, width, strtoull(argv[3], NULL, 0));
    } else {
        printf("0x%" PRIx64 "\n", load(page + address % PAGE, width));
    }
    return 0;
}
