// SPDX-License-Identifier: GPL-2.0-only
/** @file map.c
 * mmap: the status pages, never writable, and the communication region of a cell.
 */
#include <linux/mm.h>
#include <linux/version.h>

#include "driver.h"

#define COMM_SHIFT 20U

/* Take away what mprotect() could otherwise add later. */
static void never(struct vm_area_struct *vma, vm_flags_t flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
    vm_flags_clear(vma, flags);
#else
    vma->vm_flags &= ~flags;
#endif
}

static int map_pages(struct vm_area_struct *vma, u64 ppn, u32 pages)
{
    unsigned long bytes = vma->vm_end - vma->vm_start;

    if (bytes > (unsigned long)pages * BH_PAGE_BYTES) {
        return -EINVAL;
    }
    return remap_pfn_range(vma, vma->vm_start, (unsigned long)ppn, bytes, vma->vm_page_prot);
}

static int map_status(struct vm_area_struct *vma)
{
    if ((vma->vm_flags & VM_WRITE) != 0U) {
        return -EPERM;
    }
    never(vma, VM_MAYWRITE);
    return map_pages(vma, bh.plan->status_ppn, BH_STATUS_PAGES);
}

static int map_comm(struct vm_area_struct *vma, u64 cell)
{
    u64 page;

    if (cell <= BH_CELL_ROOT || cell >= bh.plan->n_cells || !bh_comm_page((u32)cell, &page)) {
        return -ENXIO;
    }
    return map_pages(vma, page, 1U);
}

/**
 * One of the two kinds of page that user space may see.
 *
 * @req SWR_DRV_006
 */
int bh_map(struct file *file, struct vm_area_struct *vma)
{
    u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
    int error = -ENXIO;

    if ((vma->vm_flags & VM_EXEC) != 0U || (vma->vm_flags & VM_SHARED) == 0U) {
        return -EPERM;
    }
    never(vma, VM_MAYEXEC);
    mutex_lock(&bh.lock);
    if (bh.enabled && offset == BH_MMAP_STATUS) {
        error = map_status(vma);
    } else if (bh.enabled && offset == BH_MMAP_COMM(offset >> COMM_SHIFT)) {
        error = map_comm(vma, offset >> COMM_SHIFT);
    }
    mutex_unlock(&bh.lock);
    return error;
}
