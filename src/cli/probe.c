/* SPDX-License-Identifier: Apache-2.0 */
/** @file probe.c
 * The files by which Linux describes its machine: /proc, /sys and the device tree.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/image.h"
#include "cli/doctor.h"

#define PATH_BYTES 1024U
#define LINE_BYTES 512U
#define CPUS 64U

static const char *prefix = "";

/* @return bytes read; the text ends with a zero. */
static size_t read_text(const char *path, void *out, size_t bytes)
{
    char full[PATH_BYTES];
    FILE *file;
    size_t n = 0U;

    snprintf(full, sizeof(full), "%s%s", prefix, path);
    file = fopen(full, "rb");
    if (file != NULL) {
        n = fread(out, 1U, bytes - 1U, file);
        fclose(file);
    }
    ((char *)out)[n] = '\0';
    return n;
}

static bool exists(const char *path)
{
    char full[PATH_BYTES];
    struct stat status;

    snprintf(full, sizeof(full), "%s%s", prefix, path);
    return stat(full, &status) == 0;
}

bool probe_has_argument(const struct probe *p, const char *word)
{
    size_t length = strlen(word);
    const char *at = p->cmdline;

    while ((at = strstr(at, word)) != NULL) {
        bool begins = at == p->cmdline || at[-1] == ' ';

        if (begins && strchr(" \n", at[length]) != NULL) {
            return true;
        }
        at += length;
    }
    return false;
}

static void probe_iomem(struct probe *p)
{
    char full[PATH_BYTES];
    char line[LINE_BYTES];
    FILE *file;

    snprintf(full, sizeof(full), "%s/proc/iomem", prefix);
    file = fopen(full, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL && p->n_ram < PROBE_RANGES) {
        struct range *ram = &p->ram[p->n_ram];

        if (line[0] != ' ' && strstr(line, " : System RAM") != NULL &&
            sscanf(line, "%" SCNx64 "-%" SCNx64, &ram->first, &ram->last) == 2) {
            p->n_ram++;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    p->iomem_hidden = p->n_ram > 0U && p->ram[0].last == 0U;
}

/* -- device tree ------------------------------------------------------------------------------ */

static uint64_t big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0U;
    size_t i;

    for (i = 0U; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* Address and size cells of the root node are two on every 64-bit machine that has memory above 4G
 * or may have; others are left unknown. */
static void probe_memory(const char *node, struct probe *p)
{
    char path[PATH_BYTES];
    uint8_t reg[17];

    snprintf(path, sizeof(path), "/proc/device-tree/%s/reg", node);
    if (read_text(path, reg, sizeof(reg)) == 16U) {
        p->ram_base = big_endian(reg, 8U);
        p->ram_bytes = big_endian(reg + 8, 8U);
    }
}

static void probe_compatible(const char *node, struct probe *p)
{
    char path[PATH_BYTES];
    char text[256];
    size_t n;
    size_t at;

    snprintf(path, sizeof(path), "/proc/device-tree/%s/compatible", node);
    n = read_text(path, text, sizeof(text));
    for (at = 0U; at < n; at += strlen(text + at) + 1U) {
        p->gicv3 = p->gicv3 || strcmp(text + at, "arm,gic-v3") == 0;
    }
}

static void probe_tree(struct probe *p)
{
    char full[PATH_BYTES];
    char method[32];
    struct dirent *entry;
    DIR *folder;

    read_text("/proc/device-tree/psci/method", method, sizeof(method));
    p->el2_conduit = strcmp(method, "smc") == 0;
    read_text("/proc/device-tree/hypervisor/compatible", method, sizeof(method));
    p->below = strcmp(method, "bulkhead,kernel") == 0;
    snprintf(full, sizeof(full), "%s/proc/device-tree", prefix);
    folder = opendir(full);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, "memory@", 7) == 0) {
            probe_memory(entry->d_name, p);
        }
        if (entry->d_name[0] != '.' && strchr(entry->d_name, '@') != NULL) {
            probe_compatible(entry->d_name, p);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* -- sysfs ------------------------------------------------------------------------------------ */

/* A driver's folder has one link per bound device, beside bind, module, uevent and unbind. */
static bool is_bound(const char *driver)
{
    static const char *const others[] = {".", "..", "bind", "module", "uevent", "unbind"};
    char full[PATH_BYTES];
    struct dirent *entry;
    bool found = false;
    DIR *folder;
    size_t i;

    snprintf(full, sizeof(full), "%s/sys/bus/platform/drivers/%s", prefix, driver);
    folder = opendir(full);
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        found = true;
        for (i = 0U; i < sizeof(others) / sizeof(others[0]); i++) {
            found = found && strcmp(entry->d_name, others[i]) != 0;
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

/* A list such as 0-2,5 as a bitmap. */
static uint64_t cpu_list(const char *path)
{
    char text[256];
    const char *at = text;
    uint64_t bits = 0U;

    read_text(path, text, sizeof(text));
    while (*at >= '0' && *at <= '9') {
        char *end;
        unsigned long first = strtoul(at, &end, 10);
        unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

        for (; first <= last && first < CPUS; first++) {
            bits |= 1ULL << first;
        }
        at = *end == ',' ? end + 1 : end;
    }
    return bits;
}

static void probe_cpus(struct probe *p)
{
    uint64_t missing =
        cpu_list("/sys/devices/system/cpu/possible") & ~cpu_list("/sys/devices/system/cpu/online");
    size_t used = 0U;
    unsigned int cpu;

    for (cpu = 0U; cpu < CPUS && used + 8U < sizeof(p->offline); cpu++) {
        if ((missing >> cpu & 1U) != 0U) {
            used += (size_t)snprintf(p->offline + used, sizeof(p->offline) - used, "%s%u",
                                     used == 0U ? "" : ",", cpu);
        }
    }
}

static void probe_image(struct probe *p)
{
    struct {
        struct bh_image head;
        char end;
    } file;

    if (read_text("/lib/firmware/bulkhead.bin", &file, sizeof(file)) >= sizeof(file.head) &&
        file.head.magic == BH_IMAGE_MAGIC) {
        p->image_abi = file.head.abi;
        p->image_base = file.head.base;
        p->image_bytes = file.head.memory_bytes;
    }
}

void probe_machine(const char *root, struct probe *p)
{
    prefix = root;
    memset(p, 0, sizeof(*p));
    read_text("/proc/cmdline", p->cmdline, sizeof(p->cmdline));
    probe_iomem(p);
    probe_tree(p);
    probe_cpus(p);
    probe_image(p);
    p->kvm = exists("/dev/kvm");
    p->smmu_bound = is_bound("arm-smmu-v3") || is_bound("arm-smmu");
}
