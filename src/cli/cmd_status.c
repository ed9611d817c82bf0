/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_status.c
 * status: one screen; cell list and cell show.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define STATUS_EVENTS 5U
#define DMA_LINE "DMA: NOT ISOLATED (no SMMU driver yet)"

const char *const exit_names[BH_EXITS] = {"HVC",  "SMC",    "SYSREG", "MMIO", "ABORT",
                                          "KICK", "SERROR", "OTHER",  "IRQ"};

void number_cell(uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    table_cell(text);
}

/* The heartbeat is the cell's own word: shown, never believed. @return false: it has none. */
static bool heartbeat(uint32_t cell, uint64_t *beats)
{
    const volatile struct bh_comm *comm = cell_comm(cell);

    if (comm == NULL) {
        return false;
    }
    *beats = comm->heartbeat;
    return true;
}

static void cell_row(uint32_t cell)
{
    const struct bh_plan *plan = &session.info.plan;
    uint64_t beats = 0U;
    char text[64];

    out_cell_name(text, sizeof(text), plan, cell);
    table_cell(text);
    table_cell(cell_state_text(cell));
    out_bits(text, sizeof(text), cell_cpus(cell));
    table_cell(text);
    out_size(text, sizeof(text), cell_memory(plan, cell));
    table_cell(text);
    number_cell(cell_interrupts(plan, cell));
    number_cell(session.status->cells[cell].events);
    if (heartbeat(cell, &beats)) {
        number_cell(beats);
    } else {
        table_cell("-");
    }
}

static void cell_json(uint32_t cell)
{
    const struct bh_plan *plan = &session.info.plan;
    uint64_t beats = 0U;
    char text[64];

    json_open(NULL, '{');
    out_cell_name(text, sizeof(text), plan, cell);
    json_string("name", text);
    json_string("state", cell_state_text(cell));
    out_bits(text, sizeof(text), cell_cpus(cell));
    json_string("cpus", text);
    json_number("memory", cell_memory(plan, cell));
    json_number("irqs", cell_interrupts(plan, cell));
    json_number("events", session.status->cells[cell].events);
    json_number("starts", session.status->cells[cell].starts);
    out_locks(text, sizeof(text), session.status->cells[cell].locks);
    json_string("locks", text);
    if (heartbeat(cell, &beats)) {
        json_number("heartbeat", beats);
    }
    json_close('}');
}

static uint32_t cells_shown(void)
{
    uint32_t n = session.info.plan.n_cells;

    return n > BH_CELLS_MAX ? BH_CELLS_MAX : n;
}

static void cells_json(void)
{
    uint32_t cell;

    json_open("cells", '[');
    for (cell = BH_CELL_ROOT; cell < cells_shown(); cell++) {
        cell_json(cell);
    }
    json_close(']');
}

static void cells_table(bool header)
{
    static const char *const heads[] = {"NAME", "STATE",  "CPUS",     "MEMORY",
                                        "IRQS", "EVENTS", "HEARTBEAT"};
    uint32_t i;

    table_start(7);
    for (i = 0U; i < 7U; i++) {
        table_cell(heads[i]);
    }
    for (i = BH_CELL_ROOT; i < cells_shown(); i++) {
        cell_row(i);
    }
    table_print(header);
}

int cmd_cell_list(void)
{
    int code;

    if (!session_enabled(&code)) {
        return code;
    }
    if (opt.json) {
        json_start("cell list");
        cells_json();
        json_end();
    } else {
        cells_table(!opt.quiet);
    }
    return EXIT_OK;
}

static void region_flags(char *out, const struct bh_region *region)
{
    static const struct {
        uint32_t flag;
        char letter;
    } letters[] = {{BH_REGION_READ, 'r'},
                   {BH_REGION_WRITE, 'w'},
                   {BH_REGION_EXECUTE, 'x'},
                   {BH_REGION_DEVICE, 'd'},
                   {BH_REGION_LOADABLE, 'l'}};
    size_t i;

    for (i = 0U; i < 5U; i++) {
        out[i] = (region->flags & letters[i].flag) != 0U ? letters[i].letter : '-';
    }
    out[5] = '\0';
}

static void region_table(uint32_t cell)
{
    const struct bh_plan *plan = &session.info.plan;
    char text[64];
    uint32_t i;

    table_start(4);
    table_cell("ADDRESS");
    table_cell("PHYSICAL");
    table_cell("SIZE");
    table_cell("FLAGS");
    for (i = 0U; i < plan->n_regions && i < BH_REGIONS_MAX; i++) {
        const struct bh_region *region = &plan->regions[i];

        if (region->own == cell) {
            snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)region->ipn * BH_PAGE_BYTES);
            table_cell(text);
            snprintf(text, sizeof(text), "0x%" PRIx64, region->ppn * BH_PAGE_BYTES);
            table_cell(text);
            out_size(text, sizeof(text), (uint64_t)region->n * BH_PAGE_BYTES);
            table_cell(text);
            region_flags(text, region);
            strcat(text, region->share != 0U ? " shared" : "");
            table_cell(text);
        }
    }
    table_print(true);
}

static void regions_json(uint32_t cell)
{
    const struct bh_plan *plan = &session.info.plan;
    char text[8];
    uint32_t i;

    json_open("regions", '[');
    for (i = 0U; i < plan->n_regions && i < BH_REGIONS_MAX; i++) {
        const struct bh_region *region = &plan->regions[i];

        if (region->own == cell) {
            json_open(NULL, '{');
            json_number("address", (uint64_t)region->ipn * BH_PAGE_BYTES);
            json_number("physical", region->ppn * BH_PAGE_BYTES);
            json_number("size", (uint64_t)region->n * BH_PAGE_BYTES);
            region_flags(text, region);
            json_string("flags", text);
            json_bool("shared", region->share != 0U);
            json_close('}');
        }
    }
    json_close(']');
}

/* One line when something is locked: for whom, what. */
static void locks_line(const char *whom, uint32_t locks)
{
    char text[64];

    if (locks != 0U) {
        out_locks(text, sizeof(text), locks);
        printf("locked for %s: %s\n", whom, text);
    }
}

static void locks_lines(void)
{
    char name[BH_NAME_BYTES + 1U];
    uint32_t cell;

    locks_line("every cell", session.status->locks);
    for (cell = BH_CELL_ROOT; cell < cells_shown(); cell++) {
        out_cell_name(name, sizeof(name), &session.info.plan, cell);
        locks_line(name, session.status->cells[cell].locks);
    }
}

static const volatile struct bh_comm_page *page_of(uint32_t cell)
{
    return (const volatile struct bh_comm_page *)cell_comm(cell);
}

/* What the cell's program says of messages: its own word, like the heartbeat. @return false: it does
 * not take any. */
static bool messages(uint32_t cell, struct bh_message *answer)
{
    const volatile struct bh_comm_page *page = page_of(cell);

    if (page == NULL || page->messages != BH_COMM_MESSAGES) {
        return false;
    }
    if (!answer_read(page, answer)) {
        memset(answer, 0, sizeof(*answer));
    }
    return true;
}

/* The last request of all, and what was answered last; both may be of different requests. */
static void messages_line(uint32_t cell)
{
    struct bh_message answer;

    if (!messages(cell, &answer)) {
        puts("messages: not taken");
        return;
    }
    printf("messages: taken, %" PRIu64 " requests", (uint64_t)page_of(cell)->request.done);
    if (answer.to != 0U) {
        printf("; answer to %" PRIu64 ": %s (0x%" PRIx64 ")", (uint64_t)answer.to,
               answer_name(answer.code), (uint64_t)answer.argument);
    }
    putchar('\n');
}

static void messages_json(uint32_t cell)
{
    struct bh_message answer;
    bool taken = messages(cell, &answer);

    json_open("messages", '{');
    json_bool("taken", taken);
    if (taken) {
        json_number("requests", page_of(cell)->request.done);
        json_number("answered", answer.to);
        json_string("answer", answer_name(answer.code));
        json_number("argument", answer.argument);
    }
    json_close('}');
}

int cmd_cell_show(void)
{
    uint32_t cell;
    int code;

    if (!session_cell(opt.argv[0], &cell, &code)) {
        return code;
    }
    if (opt.json) {
        json_start("cell show");
        json_open("cells", '[');
        cell_json(cell);
        json_close(']');
        messages_json(cell);
        regions_json(cell);
        json_end();
        return EXIT_OK;
    }
    printf("%s: %s, CPUs ", opt.argv[0], cell_state_text(cell));
    {
        char text[64];

        out_bits(text, sizeof(text), cell_cpus(cell));
        printf("%s, entry 0x%" PRIx64 ", started %" PRIu32 " times\n", text,
               (uint64_t)session.info.plan.cells[cell].entry,
               (uint32_t)session.status->cells[cell].starts);
    }
    if (session.info.plan.cells[cell].comm != 0U) {
        messages_line(cell);
    }
    locks_line(opt.argv[0], session.status->cells[cell].locks | session.status->locks);
    region_table(cell);
    return EXIT_OK;
}

/* -- status ----------------------------------------------------------------------------------- */

static void cpu_table(void)
{
    char text[64];
    uint32_t cpu;
    uint32_t cause;

    table_start(4 + (int)BH_EXITS);
    table_cell("CPU");
    table_cell("STATE");
    table_cell("CELL");
    table_cell("EXITS");
    for (cause = 0U; cause < BH_EXITS; cause++) {
        table_cell(exit_names[cause]);
    }
    for (cpu = 0U; cpu < session.info.plan.n_cpus && cpu < BH_CPUS_MAX; cpu++) {
        const volatile struct bh_cpu_status *row = &session.status->cpus[cpu];

        number_cell(cpu);
        table_cell(out_cpu_state(row->state));
        out_cell_name(text, sizeof(text), &session.info.plan, row->cell);
        table_cell(text);
        number_cell(row->total);
        for (cause = 0U; cause < BH_EXITS; cause++) {
            number_cell(row->exits[cause]);
        }
    }
    table_print(true);
}

static void cpus_json(void)
{
    char text[64];
    uint32_t cpu;
    uint32_t cause;

    json_open("cpus", '[');
    for (cpu = 0U; cpu < session.info.plan.n_cpus && cpu < BH_CPUS_MAX; cpu++) {
        const volatile struct bh_cpu_status *row = &session.status->cpus[cpu];

        json_open(NULL, '{');
        json_number("cpu", cpu);
        json_string("state", out_cpu_state(row->state));
        out_cell_name(text, sizeof(text), &session.info.plan, row->cell);
        json_string("cell", text);
        json_number("total", row->total);
        json_open("exits", '{');
        for (cause = 0U; cause < BH_EXITS; cause++) {
            json_number(exit_names[cause], row->exits[cause]);
        }
        json_close('}');
        json_close('}');
    }
    json_close(']');
}

/* The digest of the plan in force. @return false: it was not measured. */
static bool plan_digest(char out[BH_DIGEST_WORDS * 8U + 1U])
{
    uint32_t any = 0U;
    uint32_t i;

    for (i = 0U; i < BH_DIGEST_WORDS; i++) {
        uint32_t word = session.status->plan_digest[i];

        snprintf(out + 8U * i, 9U, "%08" PRIx32, word);
        any |= word;
    }
    return any != 0U;
}

static int status_json(void)
{
    json_start("status");
    json_string("kernel", session.status->armed == 1U ? "enabled" : "not armed");
    json_number("abi", session.status->abi);
    json_number("plan_crc", session.status->plan_crc);
    json_bool("dma_isolated", session.status->dma_open == 0U);
    json_number("events", session.status->next);
    {
        char text[BH_DIGEST_WORDS * 8U + 1U];

        json_string("plan_digest", plan_digest(text) ? text : "");
        out_locks(text, sizeof(text), session.status->locks);
        json_string("locks", text);
    }
    cells_json();
    cpus_json();
    json_end();
    return EXIT_OK;
}

/**
 * One screen.
 *
 * @req SWR_CLI_008
 */
int cmd_status(void)
{
    char digest[BH_DIGEST_WORDS * 8U + 1U];
    int code;

    if (!session_enabled(&code)) {
        return code;
    }
    if (opt.json) {
        return status_json();
    }
    printf("kernel %s, ABI %" PRIu32 ", plan %08" PRIx32 "\n",
           session.status->armed == 1U ? "enabled" : "not armed", (uint32_t)session.status->abi,
           (uint32_t)session.status->plan_crc);
    if (plan_digest(digest)) {
        printf("plan SHA-256 %s\n", digest);
    }
    if (session.status->dma_open != 0U) {
        puts(DMA_LINE);
    }
    locks_lines();
    putchar('\n');
    cells_table(true);
    putchar('\n');
    cpu_table();
    putchar('\n');
    events_print(STATUS_EVENTS, true);
    return EXIT_OK;
}
