/* SPDX-License-Identifier: Apache-2.0 */
/** @file cli.h
 * What the files of the `bulkhead` command share.
 *
 * stdout carries data (a table, or one JSON document with --json), stderr messages. Every handler
 * returns the exit code of the process. Names and rings written by cells or plans are untrusted:
 * they pass through out_text() or out_json_text().
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/errors.h"
#include "abi/hypercall.h"
#include "abi/image.h"
#include "abi/ioctl.h"
#include "abi/message.h"
#include "abi/plan.h"
#include "abi/status.h"

/** Exit codes: fixed, documented in bulkhead(8). */
enum exit_code {
    EXIT_OK = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_PLAN = 3,
    EXIT_NO_CELL = 4,
    EXIT_ABSENT = 5,
    EXIT_STATE = 6,
    EXIT_PERMISSION = 7,
    EXIT_HARDWARE = 8,
    EXIT_INTERNAL = 9
};

/** Options of the command line. */
struct options {
    bool json;
    bool quiet;
    bool help;
    bool follow;          /**< -f */
    bool completion;      /**< --completion */
    bool all;             /**< --all */
    const char *count;    /**< -n N */
    const char *interval; /**< -i SECONDS */
    const char *timeout;  /**< --timeout SECONDS */
    const char *root;     /**< --root DIR */
    const char *baseline; /**< --baseline FILE */
    const char *write;    /**< --write FILE */
    int argc;             /**< words behind the verb */
    const char *argv[5];
};

extern struct options opt;

/** One verb: the table in main.c yields parser, help and completion. */
struct verb {
    const char *noun;    /**< "" or the group */
    const char *name;
    const char *args;    /**< as printed; words that end in '?' in brackets */
    const char *options; /**< letters, see verbs.def */
    int least;           /**< words needed */
    int most;
    const char *summary;
    const char *detail; /**< lines */
    int (*run)(void);
};

extern const struct verb verbs[];

/* help.c */
int help_all(void);
int help_verb(const struct verb *verb);
int help_completion(void);
int help_usage(const char *what, const char *word);

/* errtext.c */
/** Plan whose names an error may use; NULL: numbers only. */
extern const struct bh_plan *error_plan;
/** Words to print for a and b where they are no numbers; NULL: the numbers. */
extern const char *error_words[2];
/** Print an error with its parties and its hint. @return the exit code it stands for. */
int fail(uint32_t id, uint64_t a, uint64_t b, const char *subject);
int fail_result(const struct bh_result *result);
/** Text of an error or event with its parties filled in, printable. */
void id_text(char *out, size_t bytes, uint32_t id, uint64_t a, uint64_t b);
const char *id_name(uint32_t id);
const char *id_hint(uint32_t id);
const char *id_template(uint32_t id);
bool id_is_event(uint32_t id);
bool id_parse(const char *word, uint32_t *id);
int id_exit(uint32_t id);

/* out.c */
/** Copy at most @p n untrusted bytes as printable text. */
void out_text(char *out, size_t bytes, const void *untrusted, size_t n);
void out_cell_name(char *out, size_t bytes, const struct bh_plan *plan, uint64_t cell);
void out_size(char *out, size_t bytes, uint64_t size);
void out_bits(char *out, size_t bytes, uint32_t bits);
/** Names of locked scopes; "-" for none. */
void out_locks(char *out, size_t bytes, uint32_t scopes);
const char *out_state(uint64_t state);
const char *out_cpu_state(uint64_t state);
/** Tables: cells of text, columns as wide as their widest cell. */
void table_start(int columns);
void table_cell(const char *text);
void table_print(bool header);
/** JSON: one document per line; commas and nesting are kept here. */
void json_start(const char *command);
void json_end(void);
void json_open(const char *key, char bracket);
void json_close(char bracket);
void json_string(const char *key, const char *value);
void json_number(const char *key, uint64_t value);
void json_bool(const char *key, bool value);

/* device.c (replaced in unit tests) */
bool device_open(int *exit_code);
bool device_info(struct bh_ioc_info *info, int *exit_code);
/** ENABLE or ATTACH. */
bool device_enable(unsigned long request, const struct bh_plan *plan, struct bh_result *result);
bool device_cell(unsigned long request, uint32_t op, uint32_t cell, struct bh_result *result);
bool device_write(uint32_t cell, uint64_t ipa, const void *data, uint64_t bytes,
                  struct bh_result *result);
const volatile struct bh_status *device_status(void);
const volatile struct bh_comm *device_comm(uint32_t cell);
/** Wait a little before looking again. @return false: stop following. */
bool device_wait(void);
/** From now on a signal that ends the process ends the wait instead. */
void device_catch(void);
/** Time that only grows. */
uint64_t device_milliseconds(void);
/** Sleep until the driver has news. @return false: the machine was given back, or there is none to
 * wait for. */
bool device_news(void);
/** Let some seconds pass. @return false: stop. */
bool device_pause(uint32_t seconds);

/* session.c: what most verbs begin with */
struct session {
    struct bh_ioc_info info;
    const volatile struct bh_status *status;
};

extern struct session session;

bool session_open(int *exit_code);
bool session_enabled(int *exit_code);
bool session_cell(const char *name, uint32_t *cell, int *exit_code);
uint64_t cell_memory(const struct bh_plan *plan, uint32_t cell);
uint32_t cell_interrupts(const struct bh_plan *plan, uint32_t cell);
uint32_t cell_cpus(uint32_t cell);
/** State in words; root has no life cycle of its own: it runs. */
const char *cell_state_text(uint32_t cell);
/** The cell's communication region; NULL: it has none, or is not up. */
const volatile struct bh_comm *cell_comm(uint32_t cell);

/* cmd_shutdown.c */
/** The cell's last answer. @return false: there is none, or it is being written. */
bool answer_read(const volatile struct bh_comm_page *page, struct bh_message *out);
/** In words what a cell answered: BH_ANSWER_..., or any other number. */
const char *answer_name(uint64_t code);

/* planfile.c */
/** Read and judge a plan. On refusal prints the error. */
bool plan_load(const char *path, struct bh_plan *out, int *exit_code);
/** Judge bytes. @return 0 or an error number. */
uint32_t plan_judge(const void *data, uint64_t bytes, struct bh_plan *out, uint64_t *a,
                    uint64_t *b);
/** Read a whole file; free() it. NULL: printed. */
void *file_read(const char *path, uint64_t limit, uint64_t *bytes, int *exit_code);

/* ring.c: the events of the status pages */
enum ring_place {
    RING_TAKEN,
    RING_OVERWRITTEN,
    RING_NOT_YET /**< being written */
};
enum ring_place ring_take(uint64_t n, struct bh_event *event);
void ring_time(char *out, size_t bytes, uint64_t ticks);
void ring_heads(void);
void ring_row(const struct bh_event *event);
void ring_json(const struct bh_event *event);

/* cmd_status.c, for stats */
extern const char *const exit_names[BH_EXITS];
void number_cell(uint64_t number);

/* verbs */
int cmd_status(void);
int cmd_doctor(void);
int cmd_enable(void);
int cmd_attach(void);
int cmd_disable(void);
int cmd_cell_list(void);
int cmd_cell_show(void);
int cmd_cell_create(void);
int cmd_cell_load(void);
int cmd_cell_start(void);
int cmd_cell_stop(void);
int cmd_cell_restart(void);
int cmd_cell_shutdown(void);
int cmd_cell_destroy(void);
int cmd_cell_console(void);
int cmd_cell_stats(void);
int cmd_measure(void);
int cmd_lock(void);
int cmd_events(void);
int cmd_plan_check(void);
int cmd_explain(void);
int cmd_help(void);
int cmd_version(void);

/* cmd_events.c, for status */
void events_print(uint64_t most, bool header);

#endif
