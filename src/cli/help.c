/* SPDX-License-Identifier: Apache-2.0 */
/** @file help.c
 * Help, usage errors and bash completion, all out of the verb table; explain and --version.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#ifndef BULKHEAD_VERSION
#define BULKHEAD_VERSION "0.1.0"
#endif

static const struct {
    char letter;
    const char *word;
    const char *text;
} options[] = {
    {'f', "-f", "go on printing what comes"},
    {'n', "-n N", "the last N only"},
    {'i', "-i SECONDS", "again every SECONDS: what came since"},
    {'t', "--timeout SECONDS", "how long to wait for the cell: 1 to 3600, or 5"},
    {'r', "--root DIR", "judge the machine whose /proc, /sys and /lib were copied to DIR"},
    {'a', "--all", "for every cell: needs the grant lock-all of the plan"},
    {'c', "--completion", "print the completion script for bash"},
    {'b', "--baseline FILE", "compare with these measurements; exit 1 if one differs"},
    {'w', "--write FILE", "write a baseline of the measurements of now"},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

static void name_of(char *out, size_t bytes, const struct verb *verb)
{
    snprintf(out, bytes, "%s%s%s%s%s", verb->noun, verb->noun[0] == '\0' ? "" : " ", verb->name,
             verb->args[0] == '\0' ? "" : " ", verb->args);
}

static void put_lines(const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        puts(*lines);
    }
}

int help_all(void)
{
    static const char *const tail[] = {
        "",
        "  --json       JSON (schema bulkhead/1) instead of text; with -f or -i one document per line",
        "  -q, --quiet  no header, no line on success",
        "  --help       this, or of a command",
        "  --version    version and ABI",
        "",
        "exit: 0 done, 1 refused, 2 usage, 3 plan, 4 no such cell, 5 kernel or driver absent,",
        "      6 wrong state, 7 permission, 8 hardware, 9 internal; see bulkhead(8)",
        NULL,
    };
    const struct verb *verb;
    char name[64];

    puts("usage: bulkhead [--json] [-q] COMMAND [ARGUMENTS]\n");
    for (verb = verbs; verb->name != NULL; verb++) {
        name_of(name, sizeof(name), verb);
        printf("  %-32s %s\n", name, verb->summary);
    }
    put_lines(tail);
    return EXIT_OK;
}

int help_verb(const struct verb *verb)
{
    char name[64];
    size_t i;

    name_of(name, sizeof(name), verb);
    printf("usage: bulkhead %s\n\n%s.\n%s", name, verb->summary, verb->detail);
    for (i = 0U; i < OPTIONS; i++) {
        if (strchr(verb->options, options[i].letter) != NULL) {
            printf("  %-17s %s\n", options[i].word, options[i].text);
        }
    }
    return EXIT_OK;
}

int help_usage(const char *what, const char *word)
{
    char subject[160];

    snprintf(subject, sizeof(subject), "%s: '%.100s'", what, word);
    return fail(BH_E_SYS_USAGE, 0U, 0U, subject);
}

/* -- completion ------------------------------------------------------------------------------- */

static bool is_first_of_group(const struct verb *verb)
{
    const struct verb *other;

    for (other = verbs; other != verb; other++) {
        if (strcmp(other->noun, verb->noun) == 0) {
            return false;
        }
    }
    return verb->noun[0] != '\0';
}

static void words_of(const char *noun)
{
    const struct verb *verb;

    for (verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->noun, noun) == 0) {
            printf(" %s", verb->name);
        } else if (noun[0] == '\0' && is_first_of_group(verb)) {
            printf(" %s", verb->noun);
        }
    }
}

/* The script looks at the word before: a group's name offers its verbs, a verb that takes a cell's
 * name offers the names of the cells, everything else files. */
int help_completion(void)
{
    static const char *const head[] = {
        "# bash completion of bulkhead, generated from its verb table",
        "_bulkhead() {",
        "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} list=",
        "    case $last in",
        NULL,
    };
    static const char *const tail[] = {
        "        *) COMPREPLY=($(compgen -f -- \"$word\")); return ;;",
        "    esac",
        "    COMPREPLY=($(compgen -W \"$list\" -- \"$word\"))",
        "}",
        "complete -F _bulkhead bulkhead",
        NULL,
    };
    const struct verb *verb;

    put_lines(head);
    printf("        bulkhead) list='--json --quiet --help --version");
    words_of("");
    puts("' ;;");
    for (verb = verbs; verb->name != NULL; verb++) {
        if (is_first_of_group(verb)) {
            printf("        %s) list='", verb->noun);
            words_of(verb->noun);
            puts("' ;;");
        }
    }
    for (verb = verbs; verb->name != NULL; verb++) {
        if (strncmp(verb->args + (verb->args[0] == '[' ? 1 : 0), "NAME", 4) == 0) {
            printf("        %s) list=$(bulkhead -q cell list 2>/dev/null | cut -d' ' -f1) ;;\n",
                   verb->name);
        }
    }
    put_lines(tail);
    return EXIT_OK;
}

int cmd_help(void)
{
    const struct verb *verb;

    if (opt.completion) {
        return help_completion();
    }
    for (verb = verbs; opt.argc > 0 && verb->name != NULL; verb++) {
        bool plain = opt.argc == 1 && verb->noun[0] == '\0' && strcmp(verb->name, opt.argv[0]) == 0;
        bool grouped = opt.argc == 2 && strcmp(verb->noun, opt.argv[0]) == 0 &&
                       strcmp(verb->name, opt.argv[1]) == 0;

        if (plain || grouped) {
            return help_verb(verb);
        }
    }
    return opt.argc == 0 ? help_all() : help_usage("unknown command", opt.argv[0]);
}

int cmd_version(void)
{
    if (opt.json) {
        json_start("version");
        json_string("version", BULKHEAD_VERSION);
        json_number("abi", BH_ABI_VERSION);
        json_end();
    } else {
        printf("bulkhead %s, ABI %u\n", BULKHEAD_VERSION, BH_ABI_VERSION);
    }
    return EXIT_OK;
}

int cmd_explain(void)
{
    uint32_t id;
    const char *hint;
    char number[8];

    if (!id_parse(opt.argv[0], &id)) {
        return help_usage("no such error or event", opt.argv[0]);
    }
    hint = id_hint(id);
    snprintf(number, sizeof(number), "%c%04X", hint == NULL ? 'V' : 'E', id & 0xFFFFU);
    if (opt.json) {
        json_start("explain");
        json_string("id", number);
        json_string("name", id_name(id));
        json_string("text", id_template(id));
        json_string("hint", hint == NULL ? "" : hint);
        json_number("exit", hint == NULL ? 0U : (uint64_t)id_exit(id));
        json_end();
        return EXIT_OK;
    }
    printf("%s %s\n  %s\n", number, id_name(id), id_template(id));
    if (hint != NULL) {
        printf("hint: %s\nexit code: %d\n", hint, id_exit(id));
    } else {
        puts("an event: recorded in the ring that 'bulkhead events' prints");
    }
    return EXIT_OK;
}
