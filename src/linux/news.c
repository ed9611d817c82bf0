// SPDX-License-Identifier: GPL-2.0-only
/** @file news.c
 * Waiting for the kernel's events: read() gives how far they have come, poll() waits until that
 * differs from what was read. The events themselves stand in the status pages.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "driver.h"

/** One opening of the device; guarded by bh.news_lock. */
struct bh_reader {
    struct bh_news seen;
};

int bh_news_open(struct inode *inode, struct file *file)
{
    struct bh_reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);

    if (!reader) {
        return -ENOMEM;
    }
    file->private_data = reader;
    return 0;
}

int bh_news_release(struct inode *inode, struct file *file)
{
    kfree(file->private_data);
    return 0;
}

/**
 * The news of now, one struct bh_news, whole or not at all. Never waits.
 *
 * @req SWR_DRV_010
 */
ssize_t bh_news_read(struct file *file, char __user *to, size_t bytes, loff_t *at)
{
    struct bh_reader *reader = file->private_data;
    struct bh_news news;

    if (bytes < sizeof(news)) {
        return -EINVAL;
    }
    spin_lock(&bh.news_lock);
    news = bh.news;
    reader->seen = news;
    spin_unlock(&bh.news_lock);
    return copy_to_user(to, &news, sizeof(news)) == 0U ? (ssize_t)sizeof(news) : -EFAULT;
}

/**
 * Readable while the news differ from what this opening has read.
 *
 * @req SWR_DRV_010
 */
__poll_t bh_news_poll(struct file *file, struct poll_table_struct *table)
{
    struct bh_reader *reader = file->private_data;
    bool other;

    poll_wait(file, &bh.readers, table);
    spin_lock(&bh.news_lock);
    other = memcmp(&bh.news, &reader->seen, sizeof(bh.news)) != 0;
    spin_unlock(&bh.news_lock);
    if (other) {
        return EPOLLIN | EPOLLRDNORM;
    }
    bh_report_soon();
    return 0;
}
