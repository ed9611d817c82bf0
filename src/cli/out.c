/* SPDX-License-Identifier: Apache-2.0 */
/** @file out.c
 * Output: printable text out of untrusted bytes, aligned tables, JSON.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define COLUMNS_MAX 16
#define ROWS_MAX 160
#define TEXT_MAX 192

static bool is_printable(unsigned char byte)
{
    return byte >= 0x20U && byte < 0x7FU;
}

/**
 * Names come from plans: only printable bytes pass.
 *
 * @req SWR_CLI_005
 */
void out_text(char *out, size_t bytes, const void *untrusted, size_t n)
{
    const unsigned char *in = untrusted;
    size_t i;

    for (i = 0U; i < n && i + 1U < bytes && in[i] != 0U; i++) {
        out[i] = is_printable(in[i]) ? (char)in[i] : '?';
    }
    out[i] = '\0';
}

void out_cell_name(char *out, size_t bytes, const struct bh_plan *plan, uint64_t cell)
{
    if (plan == NULL || cell >= plan->n_cells || cell >= BH_CELLS_MAX ||
        plan->cells[cell].name[0] == 0U) {
        snprintf(out, bytes, "%" PRIu64, cell);
    } else {
        out_text(out, bytes, plan->cells[cell].name, BH_NAME_BYTES);
    }
}

/* Exact where it is a whole number of a unit, else with one digit behind the point. */
void out_size(char *out, size_t bytes, uint64_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    uint64_t scale = 1U;
    size_t unit = 0U;

    while (unit < 4U && size / scale >= 1024U) {
        scale *= 1024U;
        unit++;
    }
    if (size % scale == 0U) {
        snprintf(out, bytes, "%" PRIu64 " %s", size / scale, units[unit]);
    } else {
        snprintf(out, bytes, "%" PRIu64 ".%" PRIu64 " %s", size / scale, size % scale * 10U / scale,
                 units[unit]);
    }
}

/* 0-2,5 out of a bitmap; "-" when it is empty. */
void out_bits(char *out, size_t bytes, uint32_t bits)
{
    size_t used = 0U;
    uint32_t first;

    snprintf(out, bytes, "-");
    for (first = 0U; first < 32U; first++) {
        uint32_t last = first;

        if ((bits >> first & 1U) == 0U) {
            continue;
        }
        while (last < 31U && (bits >> (last + 1U) & 1U) != 0U) {
            last++;
        }
        used += (size_t)snprintf(out + used, bytes - used, last > first ? "%s%u-%u" : "%s%u",
                                 used == 0U ? "" : ",", first, last);
        if (used >= bytes) {
            return;
        }
        first = last;
    }
}

const char *out_state(uint64_t state)
{
    static const char *const names[] = {"absent", "created", "loading",  "running",   "stopped",
                                        "failed", "lost",    "cleaning", "measuring", "leaving"};

    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

const char *out_cpu_state(uint64_t state)
{
    static const char *const names[] = {"absent", "off", "running", "parked", "lost"};

    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

/* -- tables ----------------------------------------------------------------------------------- */

static char cells[ROWS_MAX][COLUMNS_MAX][TEXT_MAX];
static int columns;
static int filled;

void table_start(int n)
{
    columns = n;
    filled = 0;
}

void table_cell(const char *text)
{
    if (filled < ROWS_MAX * columns) {
        snprintf(cells[filled / columns][filled % columns], TEXT_MAX, "%s", text);
        filled++;
    }
}

static int width_of(int column)
{
    int widest = 0;
    int row;

    for (row = 0; row * columns < filled; row++) {
        int width = (int)strlen(cells[row][column]);

        widest = width > widest ? width : widest;
    }
    return widest;
}

/* The first row is the header; --quiet leaves it out. No blanks at the end of a line. */
void table_print(bool header)
{
    int row;
    int column;

    for (row = header ? 0 : 1; row * columns < filled; row++) {
        for (column = 0; column < columns; column++) {
            bool last = column == columns - 1;

            printf("%-*s%s", last ? 0 : width_of(column), cells[row][column], last ? "\n" : "  ");
        }
    }
}

/* -- JSON ------------------------------------------------------------------------------------- */

static bool json_first = true;

static void json_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            printf("\\%c", *text);
        } else if (is_printable((unsigned char)*text)) {
            putchar(*text);
        } else {
            printf("\\u%04x", (unsigned char)*text);
        }
    }
    putchar('"');
}

static void json_key(const char *key)
{
    if (!json_first) {
        putchar(',');
    }
    json_first = false;
    if (key != NULL) {
        json_text(key);
        putchar(':');
    }
}

void json_open(const char *key, char bracket)
{
    json_key(key);
    putchar(bracket);
    json_first = true;
}

void json_close(char bracket)
{
    putchar(bracket);
    json_first = false;
}

/**
 * One document with its schema.
 *
 * @req SWR_CLI_007
 */
void json_start(const char *command)
{
    json_first = true;
    json_open(NULL, '{');
    json_string("schema", "bulkhead/1");
    json_string("command", command);
}

void json_end(void)
{
    json_close('}');
    putchar('\n');
}

void json_string(const char *key, const char *value)
{
    json_key(key);
    json_text(value);
}

void json_number(const char *key, uint64_t value)
{
    json_key(key);
    printf("%" PRIu64, value);
}

void json_bool(const char *key, bool value)
{
    json_key(key);
    printf("%s", value ? "true" : "false");
}
