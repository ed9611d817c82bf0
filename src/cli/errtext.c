/* SPDX-License-Identifier: Apache-2.0 */
/** @file errtext.c
 * Errors and events in words. The texts are those of errors.def; here stands only what kind of
 * thing their a and b are, and which exit code an error means.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define PARTY_BYTES 96U

const struct bh_plan *error_plan;
const char *error_words[2];

/** An entry of errors.def. */
struct id_entry {
    uint32_t id;
    const char *name;
    const char *text;
    const char *hint; /**< NULL: an event */
};

#define BH_ERROR(number, name, text, hint) {number, #name, text, hint},
#define BH_EVENT(number, name, text) {number, #name, text, NULL},
static const struct id_entry entries[] = {
#include "abi/errors.def"
};
#undef BH_ERROR
#undef BH_EVENT

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

/** What a number stands for. */
enum kind { DEC, HEX, CELL, REGION, CPU, STATE, CALL, BOARD, STATUS, BITS, SCOPES, POLICY };

struct id_kinds {
    uint32_t id;
    enum kind a;
    enum kind b;
};

/* Identifiers that are not here carry plain decimal numbers or none. */
static const struct id_kinds kinds[] = {
    {BH_E_PLAN_OVERLAP, REGION, REGION},
    {BH_E_PLAN_CRC, HEX, HEX},
    {BH_E_PLAN_BOARD, BOARD, BOARD},
    {BH_E_PLAN_REGION, REGION, CELL},
    {BH_E_PLAN_ALIAS, REGION, REGION},
    {BH_E_PLAN_SLICE, CELL, REGION},
    {BH_E_PLAN_CPU, CELL, CELL},
    {BH_E_PLAN_IRQ, CELL, CELL},
    {BH_E_PLAN_KERNEL, DEC, HEX},
    {BH_E_PLAN_STATUS, REGION, CELL},
    {BH_E_PLAN_ENTRY, CELL, DEC},
    {BH_E_PLAN_CPUID, CPU, CPU},
    {BH_E_PLAN_POLICY, CELL, POLICY},
    {BH_E_HC_UNKNOWN, CALL, DEC},
    {BH_E_PLAN_WINDOW, DEC, CELL},
    {BH_E_PLAN_ERROR_IRQ, CELL, DEC},
    {BH_E_PLAN_CALL, DEC, HEX},
    {BH_E_PLAN_WINDOW_PAGE, DEC, HEX},
    {BH_E_PLAN_NO_FIRMWARE, DEC, BOARD},
    {BH_E_HC_PERMISSION, CELL, CALL},
    {BH_E_HC_STATE, CELL, STATE},
    {BH_E_HC_CPU_BUSY, CELL, CPU},
    {BH_E_HC_TIMEOUT, CPU, DEC},
    {BH_E_HC_POOL, CELL, DEC},
    {BH_E_HC_BUSY, CPU, DEC},
    {BH_E_HC_CELLS_LEFT, CELL, DEC},
    {BH_E_HC_CPU_OFFLINE, CPU, DEC},
    {BH_E_HC_LOST, CELL, CPU},
    {BH_E_HC_AGAIN, CELL, DEC},
    {BH_E_HC_DIGEST, CELL, HEX},
    {BH_E_HC_GIVEN_BACK, CPU, CALL},
    {BH_E_HC_LOCKED, CELL, SCOPES},
    {BH_E_HC_LOCK_SCOPE, HEX, HEX},
    {BH_E_LAUNCH_CPU, CPU, HEX},
    {BH_E_LAUNCH_GIC, HEX, DEC},
    {BH_E_LAUNCH_REGISTER, CPU, DEC},
    {BH_E_LAUNCH_HANDOVER, DEC, HEX},
    {BH_E_SYS_MEMORY, HEX, HEX},
    {BH_E_SYS_RANGE, HEX, HEX},
    {BH_E_SYS_INTERNAL, HEX, HEX},
    {BH_EV_CREATED, CELL, DEC},
    {BH_EV_LOADABLE, CELL, DEC},
    {BH_EV_STARTED, CELL, DEC},
    {BH_EV_STOPPED, CELL, DEC},
    {BH_EV_DESTROYED, CELL, DEC},
    {BH_EV_REFUSED, CALL, STATUS},
    {BH_EV_MEM_VIOLATION, HEX, HEX},
    {BH_EV_MMIO_UNDECODABLE, HEX, HEX},
    {BH_EV_SGI_FOREIGN, HEX, BITS},
    {BH_EV_IRQ_FOREIGN, DEC, HEX},
    {BH_EV_ROUTE_FOREIGN, DEC, HEX},
    {BH_EV_PRIORITY_CLAMPED, DEC, HEX},
    {BH_EV_GICR_FOREIGN, CPU, HEX},
    {BH_EV_CPU_ON_DENIED, HEX, HEX},
    {BH_EV_SYSTEM_RESET, HEX, DEC},
    {BH_EV_SMC_DENIED, HEX, DEC},
    {BH_EV_SYSREG_DENIED, HEX, HEX},
    {BH_EV_CELL_FAILED, CELL, HEX},
    {BH_EV_SERROR, HEX, HEX},
    {BH_EV_EXTERNAL_ABORT, HEX, HEX},
    {BH_EV_KICK_STAGE2, CPU, DEC},
    {BH_EV_CPU_LOST, CPU, DEC},
    {BH_EV_HYP_CALL_DENIED, HEX, DEC},
    {BH_EV_KERNEL_FAULT, HEX, HEX},
    {BH_EV_LPI_DENIED, HEX, DEC},
    {BH_EV_LOCKED, CELL, SCOPES},
    {BH_EV_MEASURED, HEX, HEX},
    {BH_EV_DIGEST_REFUSED, CELL, HEX},
    {BH_E_SYS_OTHER_PLAN, HEX, HEX},
    {BH_EV_CELL_RESTARTED, CELL, DEC},
    {BH_E_HC_NOT_MEASURED, CELL, DEC},
    {BH_EV_HW_CORRECTED, HEX, HEX},
    {BH_EV_HW_DEFERRED, HEX, HEX},
    {BH_EV_HW_UNCORRECTED, HEX, HEX},
    {BH_EV_HW_UNCONTAINED, HEX, HEX},
    {BH_EV_GIC_ERROR, DEC, HEX},
    {BH_E_SYS_NO_SHUTDOWN, CELL, DEC},
    {BH_E_SYS_NO_MESSAGES, CELL, DEC},
};

/** Errors whose exit code is not 3 (plan) or 1 (refused). */
static const struct {
    uint32_t id;
    int code;
} codes[] = {
    {BH_E_HC_NO_CELL, EXIT_NO_CELL},        {BH_E_HC_STATE, EXIT_STATE},
    {BH_E_HC_CELLS_LEFT, EXIT_STATE},       {BH_E_HC_CPU_OFFLINE, EXIT_STATE},
    {BH_E_HC_PERMISSION, EXIT_PERMISSION},  {BH_E_LAUNCH_ABI, EXIT_ABSENT},
    {BH_E_LAUNCH_IMAGE, EXIT_ABSENT},       {BH_E_LAUNCH_TWICE, EXIT_STATE},
    {BH_E_LAUNCH_CPU, EXIT_HARDWARE},       {BH_E_LAUNCH_E2H, EXIT_HARDWARE},
    {BH_E_LAUNCH_GIC, EXIT_HARDWARE},       {BH_E_SYS_NOT_NVHE, EXIT_HARDWARE},
    {BH_E_SYS_NO_EL2, EXIT_HARDWARE},       {BH_E_SYS_KVM, EXIT_HARDWARE},
    {BH_E_SYS_MEMORY, EXIT_HARDWARE},       {BH_E_SYS_CPU_OFFLINE, EXIT_STATE},
    {BH_E_SYS_PMR, EXIT_HARDWARE},          {BH_E_SYS_SMMU, EXIT_HARDWARE},
    {BH_E_SYS_GIC, EXIT_HARDWARE},          {BH_E_SYS_NO_DRIVER, EXIT_ABSENT},
    {BH_E_SYS_NOT_ENABLED, EXIT_ABSENT},    {BH_E_SYS_ABI, EXIT_ABSENT},
    {BH_E_SYS_USAGE, EXIT_USAGE},           {BH_E_SYS_IO, EXIT_USAGE},
    {BH_E_SYS_PERMISSION, EXIT_PERMISSION}, {BH_E_SYS_IMAGE, EXIT_ABSENT},
    {BH_E_SYS_INTERNAL, EXIT_INTERNAL},     {BH_E_LAUNCH_REGISTER, EXIT_HARDWARE},
    {BH_E_HC_DIRECT, EXIT_STATE},           {BH_E_SYS_BELOW, EXIT_STATE},
    {BH_E_SYS_NO_KERNEL, EXIT_ABSENT},      {BH_E_SYS_OTHER_PLAN, EXIT_PLAN},
    {BH_E_SYS_BASELINE_LINE, EXIT_USAGE},   {BH_E_HC_GIVEN_BACK, EXIT_STATE},
    {BH_E_HC_LOCKED, EXIT_STATE},
};

static const struct id_entry *find(uint32_t id)
{
    size_t i;

    for (i = 0U; i < ENTRIES; i++) {
        if (entries[i].id == id) {
            return &entries[i];
        }
    }
    return NULL;
}

const char *id_name(uint32_t id)
{
    const struct id_entry *entry = find(id);

    return entry == NULL ? "UNKNOWN" : entry->name;
}

const char *id_template(uint32_t id)
{
    const struct id_entry *entry = find(id);

    return entry == NULL ? NULL : entry->text;
}

const char *id_hint(uint32_t id)
{
    const struct id_entry *entry = find(id);

    return entry == NULL ? NULL : entry->hint;
}

bool id_is_event(uint32_t id)
{
    const struct id_entry *entry = find(id);

    return entry != NULL && entry->hint == NULL;
}

/**
 * The exit code of an error.
 *
 * @req SWR_CLI_002
 */
int id_exit(uint32_t id)
{
    size_t i;

    for (i = 0U; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].id == id) {
            return codes[i].code;
        }
    }
    return id >> 8 == 1U ? EXIT_PLAN : EXIT_REFUSED;
}

/* E0103, V0510, in either case, or a name such as PLAN_OVERLAP. */
bool id_parse(const char *word, uint32_t *id)
{
    bool letter = strchr("EeVv", word[0]) != NULL && word[0] != '\0';
    char *end = NULL;
    size_t i;

    if (letter && strlen(word) == 5U && strspn(word + 1, "0123456789abcdefABCDEF") == 4U) {
        *id = (uint32_t)strtoul(word + 1, &end, 16);
        return find(*id) != NULL && id_is_event(*id) == (word[0] == 'V' || word[0] == 'v');
    }
    for (i = 0U; i < ENTRIES; i++) {
        if (strcmp(entries[i].name, word) == 0) {
            *id = entries[i].id;
            return true;
        }
    }
    return false;
}

/* -- the parties ------------------------------------------------------------------------------ */

static enum kind kind_of(uint32_t id, bool second)
{
    size_t i;

    for (i = 0U; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].id == id) {
            return second ? kinds[i].b : kinds[i].a;
        }
    }
    return DEC;
}

static void cell_words(char *out, size_t bytes, uint64_t cell)
{
    char name[BH_NAME_BYTES + 8U];

    if (cell == 0xFFFFFFFFU) { /* of a lock */
        snprintf(out, bytes, "all");
        return;
    }
    out_cell_name(name, sizeof(name), error_plan, cell);
    if (error_plan != NULL && cell < error_plan->n_cells) {
        snprintf(out, bytes, "'%s'", name);
    } else {
        snprintf(out, bytes, "%s", name);
    }
}

/* 4 ('rt' 0x71000000-0x711fffff) */
static void region_words(char *out, size_t bytes, uint64_t index)
{
    const struct bh_region *region;
    char owner[PARTY_BYTES];
    uint64_t first;

    if (error_plan == NULL || index >= BH_REGIONS_MAX) {
        snprintf(out, bytes, "%" PRIu64, index);
        return;
    }
    region = &error_plan->regions[index];
    first = region->ppn * BH_PAGE_BYTES;
    cell_words(owner, sizeof(owner), region->own);
    snprintf(out, bytes, "%" PRIu64 " (%.30s 0x%" PRIx64 "-0x%" PRIx64 ")", index, owner, first,
             first + (uint64_t)region->n * BH_PAGE_BYTES - 1U);
}

static void call_words(char *out, size_t bytes, uint64_t call)
{
    static const char *const names[BH_HC_COUNT] = {
        "get_info",     "cell_create", "cell_load", "cell_start", "cell_stop",
        "cell_destroy", "disable",     "lock",      "measure",
    };

    if (call < BH_HC_COUNT) {
        snprintf(out, bytes, "%s", names[call]);
    } else {
        snprintf(out, bytes, "%" PRIu64, call);
    }
}

static void board_words(char *out, size_t bytes, uint64_t board)
{
    snprintf(out, bytes, "%" PRIu64 "%s", board, board == 1U ? " (qemu-virt-arm64)" : "");
}

static void status_words(char *out, size_t bytes, uint64_t status)
{
    snprintf(out, bytes, "E%04" PRIX64 " %s", status, id_name((uint32_t)status));
}

/* A word of a cell's policy: which, and its value. */
static void policy_words(char *out, size_t bytes, uint64_t word)
{
    const char *which = word >= BH_POLICY_GRANTS ? "grants" : "locks";

    snprintf(out, bytes, "%s 0x%" PRIx32, word < BH_POLICY_LOCKS ? "flags" : which, (uint32_t)word);
}

static void party(char *out, size_t bytes, enum kind kind, uint64_t value)
{
    switch (kind) {
    case HEX:
        snprintf(out, bytes, "0x%" PRIx64, value);
        break;
    case CELL:
        cell_words(out, bytes, value);
        break;
    case REGION:
        region_words(out, bytes, value);
        break;
    case STATE:
        snprintf(out, bytes, "%s", out_state(value));
        break;
    case CALL:
        call_words(out, bytes, value);
        break;
    case BOARD:
        board_words(out, bytes, value);
        break;
    case STATUS:
        status_words(out, bytes, value);
        break;
    case SCOPES:
        out_locks(out, bytes, (uint32_t)value);
        break;
    case POLICY:
        policy_words(out, bytes, value);
        break;
    case BITS:
        out_bits(out, bytes, (uint32_t)value);
        break;
    default:
        snprintf(out, bytes, "%" PRIu64, value);
        break;
    }
}

/* -- the texts -------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '\'';
}

/* Does the text before @p at end in one of the nouns that a number follows? */
static bool follows_noun(const char *text, const char *at)
{
    static const char *const nouns[] = {"cell",      "cells", "region",    "regions",  "CPU",
                                        "hypercall", "IPA",   "interrupt", "function", "range"};
    size_t i;

    for (i = 0U; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
        size_t length = strlen(nouns[i]);

        if ((size_t)(at - text) > length && strncmp(at - 1 - length, nouns[i], length) == 0 &&
            ((size_t)(at - text) == length + 1U || !is_word(at[-2 - (int)length]))) {
            return true;
        }
    }
    return false;
}

/* 'b' alone always is a party. 'a' may be the article: then a noun follows it, none leads it. */
static bool is_party(const char *text, const char *at)
{
    bool alone = (at == text || !is_word(at[-1])) && !is_word(at[1]);

    if (!alone || (*at != 'a' && *at != 'b')) {
        return false;
    }
    return *at == 'b' || at[1] != ' ' || (at != text && at[-1] == '(') ||
           strncmp(at + 1, " of ", 4) == 0 || follows_noun(text, at);
}

void id_text(char *out, size_t bytes, uint32_t id, uint64_t a, uint64_t b)
{
    const char *text = id_template(id);
    const char *at;
    size_t used = 0U;

    if (text == NULL) {
        snprintf(out, bytes, "unknown (0x%" PRIx64 ", 0x%" PRIx64 ")", a, b);
        return;
    }
    for (at = text; *at != '\0' && used + PARTY_BYTES < bytes; at++) {
        if (is_party(text, at)) {
            bool second = *at == 'b';

            if (error_words[second ? 1 : 0] != NULL) {
                out_text(out + used, PARTY_BYTES, error_words[second ? 1 : 0], PARTY_BYTES);
            } else {
                party(out + used, PARTY_BYTES, kind_of(id, second), second ? b : a);
            }
            used += strlen(out + used);
        } else {
            out[used] = *at;
            used++;
        }
    }
    out[used] = '\0';
}

static void fail_json(uint32_t id, const char *text, const char *hint, uint64_t a, uint64_t b)
{
    char number[8];

    snprintf(number, sizeof(number), "E%04X", id & 0xFFFFU);
    json_start("error");
    json_open("error", '{');
    json_string("id", number);
    json_string("name", id_name(id));
    json_string("text", text);
    json_string("hint", hint);
    json_number("a", a);
    json_number("b", b);
    json_number("exit", (uint64_t)id_exit(id));
    json_close('}');
    json_end();
}

/**
 * ID, parties, hint; with --json the same as a document.
 *
 * @req SWR_CLI_001
 * @req SWR_CLI_002
 */
int fail(uint32_t id, uint64_t a, uint64_t b, const char *subject)
{
    const char *hint = id_hint(id);
    char text[512];
    char about[192];

    id_text(text, sizeof(text), id, a, b);
    out_text(about, sizeof(about), subject == NULL ? "" : subject, sizeof(about));
    hint = hint == NULL ? "please report" : hint;
    fprintf(stderr, "bulkhead: error[E%04X]: %s%s%s\nhint: %s\n", id, about,
            about[0] == '\0' ? "" : ": ", text, hint);
    if (opt.json) {
        fail_json(id, text, hint, a, b);
    }
    return id_exit(id);
}

int fail_result(const struct bh_result *result)
{
    return fail(result->status, result->a, result->b, NULL);
}
