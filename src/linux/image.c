// SPDX-License-Identifier: GPL-2.0-only
/** @file image.c
 * The kernel image: found in the firmware path, judged, copied to its place in memory.
 */
#include <linux/io.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "driver.h"

#define PHYSICAL_LIMIT (1ULL << 48)
#define MEMORY_LIMIT (1ULL << 30)

static bool inside(u64 offset, u64 bytes, u64 limit)
{
    return bytes <= limit && offset <= limit - bytes;
}

/* Every number of the header is used below or at the launch, so each is bounded here. */
static bool head_is_sane(const struct bh_image *head, u64 file_bytes)
{
    u64 plan_end = head->plan_offset + sizeof(struct bh_plan);
    u64 record_end = head->handover_offset + sizeof(struct bh_handover);

    return head->file_bytes == file_bytes && head->memory_bytes >= file_bytes &&
           head->memory_bytes <= MEMORY_LIMIT && head->memory_bytes % BH_PAGE_BYTES == 0U &&
           head->base != 0U && head->base % BH_PAGE_BYTES == 0U &&
           inside(head->base, head->memory_bytes, PHYSICAL_LIMIT) &&
           inside(head->entry_prepare, sizeof(u32), file_bytes) &&
           inside(head->entry_launch, sizeof(u32), file_bytes) &&
           inside(head->plan_offset, sizeof(struct bh_plan), head->memory_bytes) &&
           inside(head->handover_offset, sizeof(struct bh_handover), head->memory_bytes) &&
           head->plan_offset % 8U == 0U && head->handover_offset % 8U == 0U &&
           (plan_end <= head->handover_offset || record_end <= head->plan_offset);
}

/**
 * Find the image in the firmware path and judge its header.
 *
 * @req SWR_DRV_001
 */
bool bh_image_get(struct bh_image_file *file, struct bh_result *result)
{
    const struct firmware *firmware;

    if (firmware_request_nowarn(&file->firmware, BH_FIRMWARE, bh.misc.this_device) != 0) {
        file->firmware = NULL;
        return bh_refuse(result, BH_E_SYS_IMAGE, 0U, 0U);
    }
    firmware = file->firmware;
    if (firmware->size < sizeof(file->head)) {
        return bh_refuse(result, BH_E_LAUNCH_IMAGE, firmware->size, sizeof(file->head));
    }
    memcpy(&file->head, firmware->data, sizeof(file->head));
    if (file->head.magic != BH_IMAGE_MAGIC) {
        return bh_refuse(result, BH_E_LAUNCH_IMAGE, firmware->size, 0U);
    }
    if (file->head.abi != BH_ABI_VERSION) {
        return bh_refuse(result, BH_E_LAUNCH_ABI, file->head.abi, BH_ABI_VERSION);
    }
    if (!head_is_sane(&file->head, firmware->size)) {
        return bh_refuse(result, BH_E_LAUNCH_IMAGE, firmware->size, file->head.file_bytes);
    }
    return true;
}

void bh_image_put(struct bh_image_file *file)
{
    release_firmware(file->firmware);
    file->firmware = NULL;
}

/* EL2 starts with its caches off: it must find in memory what we wrote. */
void bh_clean(const void *start, size_t bytes)
{
    u64 words = (read_sanitised_ftr_reg(SYS_CTR_EL0) >> 16) & 0xFU;
    uintptr_t line = 4UL << words;
    uintptr_t at = (uintptr_t)start & ~(line - 1U);
    uintptr_t end = (uintptr_t)start + bytes;

    for (; at < end; at += line) {
        asm volatile("dc civac, %0" ::"r"(at) : "memory");
    }
    asm volatile("dsb sy\n\tisb" ::: "memory");
}

bool bh_image_place(const struct bh_image_file *file, const struct bh_plan *plan, u32 cpus,
                    struct bh_result *result)
{
    const struct bh_image *head = &file->head;
    struct bh_handover record = {
        .abi = BH_ABI_VERSION,
        .n_cpus = cpus,
        .plan_bytes = sizeof(*plan),
        .mode = BH_MODE_LATE,
    };
    u8 *memory = memremap(head->base, head->memory_bytes, MEMREMAP_WB);

    if (!memory) {
        return bh_refuse(result, BH_E_SYS_MEMORY, head->base, head->base + head->memory_bytes - 1U);
    }
    memcpy(memory, file->firmware->data, head->file_bytes);
    memset(memory + head->file_bytes, 0, head->memory_bytes - head->file_bytes);
    memcpy(memory + head->plan_offset, plan, sizeof(*plan));
    memcpy(memory + head->handover_offset, &record, sizeof(record));
    bh_clean(memory, head->memory_bytes);
    memunmap(memory);
    return true;
}
