/* SPDX-License-Identifier: Apache-2.0 */
/** @file qemu_api.h
 * The few declarations of QEMU's TCG plugin interface (version 4) which exits.c uses, written from
 * its documentation (QEMU manual, "QEMU TCG Plugins"); distributions ship no header.
 */
#ifndef QEMU_API_H
#define QEMU_API_H

#include <stddef.h>
#include <stdint.h>

#define QEMU_API_VERSION 4
#define QEMU_EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef uint64_t qemu_plugin_id_t;
typedef void (*qemu_vcpu_cb)(unsigned int vcpu, void *data);
typedef void (*qemu_tb_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_init_cb)(qemu_plugin_id_t id, unsigned int vcpu);
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_CB_R_REGS = 1 };

/** GArray and GByteArray of GLib, as far as they are public. */
struct qemu_array {
    void *data;
    unsigned int len;
};

/** A register that can be read. */
struct qemu_plugin_reg_descriptor {
    void *handle;
    const char *name;
    const char *feature;
};

struct qemu_array *g_byte_array_new(void);
struct qemu_array *g_byte_array_set_size(struct qemu_array *array, unsigned int length);
void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, qemu_init_cb cb);
struct qemu_array *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(void *handle, struct qemu_array *to);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_tb_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_vcpu_cb cb,
                                          enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_vcpu_cb cb,
                                            enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t bytes);

#endif
