/* SPDX-License-Identifier: Apache-2.0 */
/** @file main.c
 * The fuzzing program; fuzz.py drives it.
 *
 *   fuzz lives PLANS SEED CALLS        random lives on the plans, until CALLS hypercalls were made
 *   fuzz show PLANS SEED LIFE          one of these lives as the text of a case, written before each
 *                                      step is made
 *   fuzz replay CASES                  cases: "case NAME", "plan HEX", "launch late|direct", steps, "end"
 *   fuzz plans BLOBS SEED STEPS        records of verdict, verdict of the boot, blob; each accepted
 *                                      plan lives for STEPS steps
 *
 * PLANS is a file of blobs. Prints counts, one a line, and DIVERGENCE with what differs. Exit 0: none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/board.h"
#include "core/init.h"
#include "fuzz.h"
#include "s2.h"

#define LIFE_STEPS 240U
#define PLANS_MAX 4096U
#define FEATURES 65536U
#define MISS 0xFFFFFFFFU

static uint8_t features[FEATURES / 8U];
static uint64_t n_calls, n_steps, n_lives;
static uint64_t verdicts[0x400], boots[0x400];

/* ---- what a step reached: the coverage by which the corpus is chosen */

static bool reached(uint64_t key)
{
    uint64_t hash = (key * 0x9E3779B97F4A7C15ULL) >> 48;
    bool fresh = ((features[hash / 8U] >> (hash % 8U)) & 1U) == 0U;

    features[hash / 8U] |= (uint8_t)(1U << (hash % 8U));
    return fresh;
}

static uint32_t popular(uint64_t set)
{
    return (uint32_t)__builtin_popcountll(set);
}

/* What was asked, in which state, how it was answered, and who was not in order. */
static bool note(const struct op *op, uint32_t state_before, uint64_t refused_before)
{
    uint64_t late = 0U, lost = 0U, starting = 0U, unmapped = 0U;
    uint32_t cell = (uint32_t)(op->b % BH_CELLS_MAX);
    uint64_t key = op->kind;

    for (uint32_t k = 0U; k < O_CPUS; k++) {
        late |= (o.cpu[k].request != R_NONE) ? (1U << k) : 0U;
        lost |= (o.cpu[k].phase == P_LOST) ? (1U << k) : 0U;
        starting |= (o.cpu[k].phase == P_STARTING) ? (1U << k) : 0U;
        unmapped |= (o.cell[k].live && (o.cell[k].map == M_EMPTY)) ? (1U << k) : 0U;
    }
    key = (key * 11U) + ((op->kind == OP_CALL) ? ((op->a < 8U) ? op->a : 8U) : 9U);
    key = (key * 16U) + state_before;
    key = (key * 16U) + ((op->kind == OP_CALL) ? o.cell[cell].state : 15U);
    key = (key * 2U) + ((o.events != refused_before) ? 1U : 0U);
    key = (key * 32U) + ((o.n_event > 0U) ? (o.event[o.n_event - 1U].b % 32U) : 31U);
    key = (key * 3U) + ((late == 0U) ? 0U : ((popular(late) == 1U) ? 1U : 2U));
    key = (key * 2U) + ((lost != 0U) ? 1U : 0U);
    key = (key * 2U) + ((starting != 0U) ? 1U : 0U);
    key = (key * 2U) + ((unmapped != 0U) ? 1U : 0U);
    key = (key * 3U) + ((o.n_answer < 2U) ? o.n_answer : 2U);
    return reached(key);
}

static bool step(const struct op *op, uint32_t *fresh)
{
    uint32_t before = o.cell[op->b % BH_CELLS_MAX].state;
    uint64_t events = o.events;
    bool good = w_step(op);

    n_steps++;
    n_calls += (op->kind == OP_CALL) ? 1U : 0U;
    *fresh += (good && note(op, before, events)) ? 1U : 0U;
    return good;
}

/* ---- text of a case */

static void print_step(const struct op *op)
{
    printf("%s %" PRIu32, op_name[op->kind], op->cpu);
    if ((op->kind != OP_SERVICE) && (op->kind != OP_OFF)) {
        printf(" 0x%" PRIx64, op->a);
    }
    if ((op->kind == OP_CALL) || (op->kind == OP_ON) || (op->kind == OP_FIRST)) {
        printf(" 0x%" PRIx64, op->b);
    }
    if ((op->kind == OP_ON) || (op->kind == OP_FIRST)) {
        printf(" 0x%" PRIx64, op->c);
    }
    printf("\n");
    (void)fflush(stdout);
}

static bool parse_step(const char *line, struct op *op)
{
    char name[16] = "";
    int n = sscanf(line, "%15s %" SCNu32 " %" SCNi64 " %" SCNi64 " %" SCNi64, name, &op->cpu,
                   (int64_t *)&op->a, (int64_t *)&op->b, (int64_t *)&op->c);
    bool known = false;

    for (uint32_t k = 0U; k < (uint32_t)OP_KINDS; k++) {
        if (strcmp(name, op_name[k]) == 0) {
            op->kind = (enum op_kind)k;
            known = true;
        }
    }
    return known && (n >= 2) && (op->cpu < O_CPUS);
}

static bool parse_plan(const char *hex)
{
    uint8_t *to = (uint8_t *)&plan;
    bool good = strlen(hex) >= (2U * sizeof(plan));

    for (size_t i = 0U; good && (i < sizeof(plan)); i++) {
        unsigned int byte = 0U;

        good = sscanf(&hex[2U * i], "%2x", &byte) == 1;
        to[i] = (uint8_t)byte;
    }
    return good;
}

/* ---- commands */

static struct bh_plan *read_plans(const char *path, uint32_t *n)
{
    struct bh_plan *plans = calloc(PLANS_MAX, sizeof(*plans));
    FILE *file = fopen(path, "rb");

    *n = 0U;
    if ((file != NULL) && (plans != NULL)) {
        *n = (uint32_t)fread(plans, sizeof(*plans), PLANS_MAX, file);
        (void)fclose(file);
    }
    return plans;
}

static void draw(uint64_t seed, uint64_t life, const struct bh_plan *plans, uint32_t n,
                 bool *direct)
{
    gen_seed((seed * 0x9E3779B97F4A7C15ULL) ^ ((life + 1U) * 0xD1B54A32D192ED03ULL));
    plan = plans[gen_below(n)];
    gen_life();
    *direct = (gen_below(4U) == 0U) && ((plan.cells[1].flags & BH_CELL_AUTOSTART) != 0U);
}

static int lives(char **argv)
{
    uint64_t seed = strtoull(argv[1], NULL, 0), most = strtoull(argv[2], NULL, 0);
    uint32_t n;
    struct bh_plan *plans = read_plans(argv[0], &n);
    bool good = n > 0U;

    while (good && (n_calls < most)) {
        uint32_t fresh = 0U;
        bool direct;

        draw(seed, n_lives, plans, n, &direct);
        good = w_launch(direct);
        for (uint32_t i = 0U; good && (i < LIFE_STEPS) && (n_calls < most); i++) {
            struct op op = gen_step();

            if (op.cpu < O_CPUS) {
                good = step(&op, &fresh);
            }
        }
        if (!good || (fresh > 0U)) {
            printf("%s life %" PRIu64 " %" PRIu32 "\n", good ? "fresh" : "bad", n_lives, fresh);
        }
        (void)fflush(stdout);
        n_lives++;
    }
    free(plans);
    return good ? 0 : 1;
}

static int show(char **argv)
{
    uint64_t seed = strtoull(argv[1], NULL, 0), life = strtoull(argv[2], NULL, 0);
    uint32_t n, fresh = 0U;
    struct bh_plan *plans = read_plans(argv[0], &n);
    bool direct, good;

    draw(seed, life, plans, n, &direct);
    printf("plan ");
    for (size_t i = 0U; i < sizeof(plan); i++) {
        printf("%02x", ((const uint8_t *)&plan)[i]);
    }
    printf("\nlaunch %s\n", direct ? "direct" : "late");
    good = w_launch(direct);
    for (uint32_t i = 0U; good && (i < LIFE_STEPS); i++) {
        struct op op = gen_step();

        if (op.cpu < O_CPUS) {
            print_step(&op);
            good = step(&op, &fresh);
        }
    }
    free(plans);
    return good ? 0 : 1;
}

static int replay(char **argv)
{
    static char line[16384], name[256];
    FILE *file = fopen(argv[0], "r");
    bool good = true, all = file != NULL, known = true;
    uint32_t fresh = 0U, cases = 0U;

    while (all && known && (fgets(line, sizeof(line), file) != NULL)) {
        struct op op = {OP_CALL, 0U, 0U, 0U, 0U};

        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case ", 5U) == 0) {
            (void)snprintf(name, sizeof(name), "%.200s", &line[5]);
            printf("case %s\n", name);
            (void)fflush(stdout);
            good = true;
            fresh = 0U;
            cases++;
        } else if (strncmp(line, "plan ", 5U) == 0) {
            known = parse_plan(&line[5]);
        } else if (strncmp(line, "launch ", 7U) == 0) {
            good = w_launch(strcmp(&line[7], "direct") == 0);
            n_lives++;
        } else if (strcmp(line, "end") == 0) {
            printf("%s %s %" PRIu32 "\n", good ? "pass" : "fail", name, fresh);
            all = all && good;
        } else if (good) {
            known = parse_step(line, &op);
            good = known && step(&op, &fresh);
        } else {
            /* after a divergence nothing is known */
        }
    }
    if (!known) {
        printf("DIVERGENCE: %s: not a step: %.60s\n", name, line);
    }
    return (all && known && (cases > 0U)) ? 0 : 1;
}

/* One blob: the verdict, the boot, and a short life. */
static bool one_blob(uint32_t verdict, uint32_t boot, uint32_t steps)
{
    uint32_t fresh = 0U, found = plan_check(&board_facts.plan);
    uint32_t want = boot;
    bool good = (found == verdict) || w_differs("verdict", 0U, found, verdict);

    verdicts[found % 0x400U]++;
    if (want == BH_OK) {
        want = o_boots(&plan) ? BH_OK : (uint32_t)BH_E_HC_POOL;
    }
    memset(&s2_e, (int)gen_below(256U), sizeof(s2_e)); /* memory at power-on holds anything */
    found = part_boot(board_facts.map_base);
    boots[found % 0x400U]++;
    good = good && ((found == want) || w_differs("boot", 0U, found, want));
    good = good && ((found == BH_OK) ? w_root_exact() : w_all_empty());
    if (good && (verdict == BH_OK) && (want == BH_OK)) {
        gen_life();
        good = w_launch(((plan.cells[1].flags & BH_CELL_AUTOSTART) != 0U) && (gen_below(4U) == 0U));
        n_lives++;
        for (uint32_t i = 0U; good && (i < steps); i++) {
            struct op op = gen_step();

            if (op.cpu < O_CPUS) {
                good = step(&op, &fresh);
            }
        }
    }
    return good;
}

static int plans(char **argv)
{
    FILE *file = fopen(argv[0], "rb");
    uint64_t seed = strtoull(argv[1], NULL, 0);
    uint32_t steps = (uint32_t)strtoul(argv[2], NULL, 0);
    uint32_t head[2];
    uint64_t n = 0U, bad = 0U;

    while ((file != NULL) && (fread(head, sizeof(head), 1U, file) == 1U) &&
           (fread(&plan, sizeof(plan), 1U, file) == 1U)) {
        printf("blob %" PRIu64 "\n", n);
        (void)fflush(stdout);
        gen_seed(seed ^ ((n + 1U) * 0xD1B54A32D192ED03ULL));
        if (!one_blob(head[0], head[1], steps)) {
            printf("bad blob %" PRIu64 "\n", n);
            bad++;
        }
        n++;
    }
    printf("count blobs %" PRIu64 "\n", n);
    return ((n > 0U) && (bad == 0U)) ? 0 : 1;
}

static void print_counts(void)
{
    static const char *const marks[MARKS] = {"second-stage",     "refill",       "park-kept",
                                             "start-while-late", "stale-tables", "nested-call",
                                             "nested-end",       "deaf-end",     "lost-comes-back"};

    uint32_t n = 0U;

    for (uint32_t i = 0U; i < FEATURES; i++) {
        n += (uint32_t)(features[i / 8U] >> (i % 8U)) & 1U;
    }
    printf("count calls %" PRIu64 "\ncount steps %" PRIu64 "\ncount lives %" PRIu64 "\n", n_calls,
           n_steps, n_lives);
    printf("count states %" PRIu32 "\n", n);
    for (uint32_t i = 0U; i < (uint32_t)MARKS; i++) {
        printf("mark %s %" PRIu64 "\n", marks[i], o_count.marks[i]);
    }
    for (uint32_t c = 0U; c <= BH_HC_COUNT; c++) {
        for (uint32_t s = 0U; s < O_STATUS; s++) {
            if (o_count.calls[c][s] > 0U) {
                printf("call %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", c, s, o_count.calls[c][s]);
            }
        }
    }
    for (uint32_t c = 0U; c < (BH_HC_COUNT + 2U); c++) {
        for (uint32_t i = 0U; i < (BH_STATES * BH_STATES); i++) {
            if (o_count.moves[c][i / BH_STATES][i % BH_STATES] > 0U) {
                printf("move %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", c,
                       i / (uint32_t)BH_STATES, i % BH_STATES,
                       o_count.moves[c][i / BH_STATES][i % BH_STATES]);
            }
        }
    }
    for (uint32_t i = 0U; i < (P_PHASES * P_PHASES); i++) {
        if (o_count.phases[i / P_PHASES][i % P_PHASES] > 0U) {
            printf("phase %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", i / P_PHASES, i % P_PHASES,
                   o_count.phases[i / P_PHASES][i % P_PHASES]);
        }
    }
    for (uint32_t i = 0U; i < 0x400U; i++) {
        if ((verdicts[i] > 0U) || (boots[i] > 0U)) {
            printf("verdict %" PRIu32 " %" PRIu64 " %" PRIu64 "\n", i, verdicts[i], boots[i]);
        }
    }
}

int main(int argc, char **argv)
{
    int code = 2;

    if ((argc == 5) && (strcmp(argv[1], "lives") == 0)) {
        code = lives(&argv[2]);
    } else if ((argc == 5) && (strcmp(argv[1], "show") == 0)) {
        return show(&argv[2]);
    } else if ((argc == 3) && (strcmp(argv[1], "replay") == 0)) {
        code = replay(&argv[2]);
    } else if ((argc == 5) && (strcmp(argv[1], "plans") == 0)) {
        code = plans(&argv[2]);
    } else {
        (void)fputs("usage: see the first lines of main.c\n", stderr);
    }
    print_counts();
    return code;
}
