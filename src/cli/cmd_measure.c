/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_measure.c
 * measure: the measurements of the plan and of the cells, beside those of a baseline. They come from the
 * status pages, which the kernel alone can write.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define HEX_BYTES (BH_DIGEST_WORDS * 8U + 1U)
#define BASELINE_LIMIT (64U * 1024U)
#define TRIES 3

/** One row of the table: row 0 is the plan, row n is cell n. */
struct row {
    bool shown;
    uint32_t measured;          /**< as in struct bh_cell_status */
    char digest[HEX_BYTES];     /**< "": not measured */
    char wanted[HEX_BYTES];     /**< of the baseline; "": it says nothing */
};

static struct row rows[BH_CELLS_MAX];

/* "plan", or "cell NAME" */
static void row_label(char *out, size_t bytes, uint32_t row)
{
    char name[BH_NAME_BYTES + 1U];

    out_cell_name(name, sizeof(name), &session.info.plan, row);
    snprintf(out, bytes, "%s%s", row == BH_CELL_KERNEL ? "plan" : "cell ",
             row == BH_CELL_KERNEL ? "" : name);
}

static const char *row_state(uint32_t row)
{
    return row == BH_CELL_KERNEL ? "in force" : cell_state_text(row);
}

static const char *row_measured(const struct row *row)
{
    return row->digest[0] == '\0' ? "no" : row->measured == 2U ? "approved" : "measured";
}

static bool row_agrees(const struct row *row)
{
    return row->wanted[0] == '\0' || strcmp(row->wanted, row->digest) == 0;
}

/* -- the kernel's word ------------------------------------------------------------------------ */

struct measurement {
    uint32_t measured;
    uint32_t words[BH_DIGEST_WORDS];
};

static void copy_once(struct measurement *out, uint32_t row)
{
    const volatile struct bh_cell_status *cell = &session.status->cells[row];
    bool plan = row == BH_CELL_KERNEL;
    uint32_t any = 0U;
    uint32_t i;

    for (i = 0U; i < BH_DIGEST_WORDS; i++) {
        out->words[i] = plan ? session.status->plan_digest[i] : cell->digest[i];
        any |= out->words[i];
    }
    out->measured = plan ? (any != 0U ? 1U : 0U) : cell->measured;
}

/**
 * A cell may be started while we look: what is read twice the same is one measurement.
 *
 * @req SWR_CLI_020
 */
static void read_row(struct row *row, uint32_t number)
{
    struct measurement now = {0};
    struct measurement again = {0};
    int tries;
    uint32_t i;

    copy_once(&now, number);
    for (tries = 0; tries < TRIES; tries++) {
        again = now;
        copy_once(&now, number);
        if (memcmp(&now, &again, sizeof(now)) == 0) {
            break;
        }
    }
    row->shown = true;
    row->measured = now.measured;
    for (i = 0U; now.measured != 0U && i < BH_DIGEST_WORDS; i++) {
        snprintf(row->digest + 8U * i, 9U, "%08" PRIx32, now.words[i]);
    }
}

/* All of them, or the one that is named. */
static bool read_rows(int *code)
{
    uint32_t cell;

    if (opt.argc == 1) {
        if (!session_cell(opt.argv[0], &cell, code)) {
            return false;
        }
        read_row(&rows[cell], cell);
        return true;
    }
    if (!session_enabled(code)) {
        return false;
    }
    for (cell = 0U; cell < session.info.plan.n_cells && cell < BH_CELLS_MAX; cell++) {
        read_row(&rows[cell], cell);
    }
    return true;
}

/* -- the baseline ----------------------------------------------------------------------------- */

/* The row that a label means; BH_CELLS_MAX: none. */
static uint32_t find_row(const char *label)
{
    char known[BH_NAME_BYTES + 8U];
    uint32_t row;

    for (row = 0U; row < session.info.plan.n_cells && row < BH_CELLS_MAX; row++) {
        row_label(known, sizeof(known), row);
        if (strcmp(known, label) == 0) {
            return row;
        }
    }
    return BH_CELLS_MAX;
}

/* 64 digits, blanks, a label. @return false: that is no line of a baseline. */
static bool take_line(char *line, char **label)
{
    size_t digits = strspn(line, "0123456789abcdefABCDEF");
    size_t length = strlen(line);
    size_t blanks = strspn(line + digits, " ");
    size_t i;

    while (length > 0U && (line[length - 1U] == ' ' || line[length - 1U] == '\t')) {
        length--;
        line[length] = '\0';
    }
    for (i = 0U; i < digits; i++) {
        line[i] = (char)tolower((unsigned char)line[i]);
    }
    *label = line + digits + blanks;
    return digits + 1U == HEX_BYTES && blanks != 0U &&
           (strcmp(*label, "plan") == 0 || strncmp(*label, "cell ", 5U) == 0);
}

/* What the file names and the plan has not cannot agree. */
static int foreign(const char *label)
{
    char subject[128];

    out_text(subject, sizeof(subject), label, sizeof(subject));
    error_words[0] = "none: the plan does not have it";
    error_words[1] = "one";
    return fail(BH_E_SYS_BASELINE, 0U, 0U, subject);
}

static int baseline_line(char *line, uint64_t number)
{
    char *label;
    uint32_t row;

    if (line[0] == '\0' || line[0] == '#') {
        return EXIT_OK;
    }
    if (!take_line(line, &label)) {
        return fail(BH_E_SYS_BASELINE_LINE, number, 0U, opt.baseline);
    }
    row = find_row(label);
    if (row == BH_CELLS_MAX) {
        return opt.argc == 1 ? EXIT_OK : foreign(label);
    }
    if (rows[row].wanted[0] != '\0') {
        return fail(BH_E_SYS_BASELINE_LINE, number, 0U, opt.baseline);
    }
    memcpy(rows[row].wanted, line, HEX_BYTES - 1U);
    return EXIT_OK;
}

/**
 * Read a baseline; the whole file is judged before anything is compared.
 *
 * @req SWR_CLI_021
 */
static int read_baseline(void)
{
    uint64_t number = 0U;
    uint64_t bytes;
    int code = EXIT_OK;
    char *text = file_read(opt.baseline, BASELINE_LIMIT, &bytes, &code);
    char *line = text;

    if (text == NULL) {
        return code;
    }
    text[bytes] = '\0';
    if (strlen(text) != bytes) {
        code = fail(BH_E_SYS_BASELINE_LINE, 0U, 0U, opt.baseline);
    }
    while (code == EXIT_OK && line != NULL) {
        char *next = strchr(line, '\n');

        if (next != NULL) {
            *next = '\0';
            next++;
        }
        number++;
        code = baseline_line(line, number);
        line = next;
    }
    free(text);
    return code;
}

/**
 * Name each measurement that differs. @return exit code.
 *
 * @req SWR_CLI_021
 */
static int compare(void)
{
    char label[BH_NAME_BYTES + 8U];
    bool json = opt.json;
    int code = EXIT_OK;
    uint32_t row;

    opt.json = false; /* the one document has told */
    for (row = 0U; row < BH_CELLS_MAX; row++) {
        if (rows[row].shown && !row_agrees(&rows[row])) {
            row_label(label, sizeof(label), row);
            error_words[0] = rows[row].digest[0] == '\0' ? "none" : rows[row].digest;
            error_words[1] = rows[row].wanted;
            code = fail(BH_E_SYS_BASELINE, 0U, 0U, label);
        }
    }
    opt.json = json;
    return code;
}

/* -- write ------------------------------------------------------------------------------------ */

static int cannot_write(void)
{
    char subject[160];

    snprintf(subject, sizeof(subject), "%.120s: cannot be written", opt.write);
    return fail(BH_E_SYS_IO, 0U, 0U, subject);
}

static uint32_t put_lines(FILE *file)
{
    char label[BH_NAME_BYTES + 8U];
    uint32_t lines = 0U;
    uint32_t row;

    fprintf(file, "# measurements by 'bulkhead measure --write', plan %08" PRIx32 "\n",
            (uint32_t)session.status->plan_crc);
    for (row = 0U; row < BH_CELLS_MAX; row++) {
        if (rows[row].shown && rows[row].digest[0] != '\0') {
            row_label(label, sizeof(label), row);
            fprintf(file, "%s  %s\n", rows[row].digest, label);
            lines++;
        }
    }
    return lines;
}

/**
 * A baseline of what is measured now: written beside, then put in place as a whole.
 *
 * @req SWR_CLI_021
 */
static int write_baseline(void)
{
    char beside[4096];
    uint32_t lines;
    FILE *file;
    bool good;

    if ((size_t)snprintf(beside, sizeof(beside), "%s.new", opt.write) >= sizeof(beside)) {
        return cannot_write();
    }
    file = fopen(beside, "w");
    if (file == NULL) {
        return cannot_write();
    }
    lines = put_lines(file);
    good = fflush(file) == 0;
    good = fclose(file) == 0 && good;
    if (lines == 0U) {
        remove(beside);
        return help_usage("nothing is measured", opt.write);
    }
    if (!good || rename(beside, opt.write) != 0) {
        remove(beside);
        return cannot_write();
    }
    return EXIT_OK;
}

/* -- the command ------------------------------------------------------------------------------ */

static void rows_table(void)
{
    char name[BH_NAME_BYTES + 1U];
    bool with = opt.baseline != NULL;
    uint32_t row;

    table_start(with ? 5 : 4);
    table_cell("NAME");
    table_cell("STATE");
    table_cell("MEASURED");
    table_cell("SHA-256");
    if (with) {
        table_cell("BASELINE");
    }
    for (row = 0U; row < BH_CELLS_MAX; row++) {
        if (!rows[row].shown) {
            continue;
        }
        out_cell_name(name, sizeof(name), &session.info.plan, row);
        table_cell(row == BH_CELL_KERNEL ? "(plan)" : name);
        table_cell(row_state(row));
        table_cell(row_measured(&rows[row]));
        table_cell(rows[row].digest[0] == '\0' ? "-" : rows[row].digest);
        if (with) {
            table_cell(rows[row].wanted[0] == '\0' ? "-"
                       : row_agrees(&rows[row])    ? "same"
                                                   : "differs");
        }
    }
    table_print(!opt.quiet);
}

static void rows_json(void)
{
    char name[BH_NAME_BYTES + 1U];
    bool all = true;
    uint32_t row;

    json_start("measure");
    json_open("measurements", '[');
    for (row = 0U; row < BH_CELLS_MAX; row++) {
        if (!rows[row].shown) {
            continue;
        }
        out_cell_name(name, sizeof(name), &session.info.plan, row);
        json_open(NULL, '{');
        json_string("of", row == BH_CELL_KERNEL ? "plan" : "cell");
        json_string("name", row == BH_CELL_KERNEL ? "" : name);
        json_string("state", row_state(row));
        json_string("measured", row_measured(&rows[row]));
        json_string("digest", rows[row].digest);
        if (rows[row].wanted[0] != '\0') {
            json_string("baseline", rows[row].wanted);
            json_bool("agrees", row_agrees(&rows[row]));
        }
        json_close('}');
        all = all && row_agrees(&rows[row]);
    }
    json_close(']');
    if (opt.baseline != NULL) {
        json_bool("agrees", all);
    }
    json_end();
}

/**
 * Show, and compare or write.
 *
 * @req SWR_CLI_020
 */
int cmd_measure(void)
{
    int code = EXIT_OK;

    if (opt.baseline != NULL && opt.write != NULL) {
        return help_usage("either --baseline or --write", "measure");
    }
    if (!read_rows(&code)) {
        return code;
    }
    if (opt.baseline != NULL) {
        code = read_baseline();
        if (code != EXIT_OK) {
            return code;
        }
    }
    if (opt.json) {
        rows_json();
    } else {
        rows_table();
    }
    return opt.write != NULL ? write_baseline() : compare();
}
