/* SPDX-License-Identifier: Apache-2.0 */
/** @file kexec_try.c
 * Test helper: what an operator's kexec does. Loads one page of code (a branch to itself) as the
 * next kernel and starts it. Debian's arm64 kernels have kexec_load() and no kexec_file_load().
 *
 *   kexec_try load      load only
 *   kexec_try exec      load and start; does not return if it works
 *
 * Exit: 0 loaded, 1 refused by Linux, 2 usage.
 */
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET 0x50000000UL
#define PAGE 4096U

int main(int argc, char **argv)
{
    static uint32_t code[PAGE / 4U] = {0x14000000U}; /* b . */
    struct kexec_segment segment = {code, sizeof(code), (void *)TARGET, PAGE};

    if (argc != 2 || (strcmp(argv[1], "load") != 0 && strcmp(argv[1], "exec") != 0)) {
        fprintf(stderr, "usage: kexec_try load|exec\n");
        return 2;
    }
    if (syscall(SYS_kexec_load, TARGET, 1UL, &segment, KEXEC_ARCH_AARCH64) != 0) {
        perror("kexec_try: kexec_load");
        return 1;
    }
    if (strcmp(argv[1], "exec") == 0) {
        syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
        perror("kexec_try: reboot");
        return 1;
    }
    return 0;
}
