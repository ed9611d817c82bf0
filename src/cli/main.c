/* SPDX-License-Identifier: Apache-2.0 */
/** @file main.c
 * The `bulkhead` command: the table of its verbs, and the command line.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct options opt;

#define VERB(noun, name, args, options, least, most, run, summary, detail) \
    {noun, name, args, options, least, most, summary, detail, run},
const struct verb verbs[] = {
#include "cli/verbs.def"
    {NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
#undef VERB

/**
 * Look a command up in the table.
 *
 * @req SWR_CLI_009
 */
static const struct verb *find(const char *noun, const char *name)
{
    const struct verb *verb;

    for (verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->noun, noun) == 0 && strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

static bool is_group(const char *word)
{
    const struct verb *verb;

    for (verb = verbs; verb->name != NULL; verb++) {
        if (word[0] != '\0' && strcmp(verb->noun, word) == 0) {
            return true;
        }
    }
    return false;
}

/** Options of all verbs: where a flag or a value goes, and the letter in the verb table. */
struct option {
    const char *word;
    const char *other;
    char letter; /**< '*': of every verb */
    bool *flag;
    const char **value;
};

static bool version;

static const struct option known[] = {
    {"--json", "--json", '*', &opt.json, NULL},
    {"-q", "--quiet", '*', &opt.quiet, NULL},
    {"-h", "--help", '*', &opt.help, NULL},
    {"--version", "--version", '*', &version, NULL},
    {"-f", "--follow", 'f', &opt.follow, NULL},
    {"-n", "--number", 'n', NULL, &opt.count},
    {"-i", "--interval", 'i', NULL, &opt.interval},
    {"--timeout", "--timeout", 't', NULL, &opt.timeout},
    {"--root", "--root", 'r', NULL, &opt.root},
    {"--all", "--all", 'a', &opt.all, NULL},
    {"--completion", "--completion", 'c', &opt.completion, NULL},
    {"--baseline", "--baseline", 'b', NULL, &opt.baseline},
    {"--write", "--write", 'w', NULL, &opt.write},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

/** What the command line holds. */
struct line {
    const char *words[8];
    int n;
    char letters[16]; /**< letters of the options that were given */
};

/* @return words used up (1 or 2), 0: not an option of ours. */
static int take_option(struct line *line, int left, char **argv)
{
    size_t used = strlen(line->letters);
    size_t i;

    for (i = 0U; i < KNOWN; i++) {
        const struct option *o = &known[i];

        if (strcmp(argv[0], o->word) != 0 && strcmp(argv[0], o->other) != 0) {
            continue;
        }
        if (o->letter != '*' && used + 1U < sizeof(line->letters)) {
            line->letters[used] = o->letter;
        }
        if (o->flag != NULL) {
            *o->flag = true;
            return 1;
        }
        if (left > 1) {
            *o->value = argv[1];
            return 2;
        }
    }
    return 0;
}

/* Split the command line. @return 0, or the exit code of a usage error. */
static int split(struct line *line, int argc, char **argv)
{
    int i = 1;

    while (i < argc) {
        int used = 1;

        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            used = take_option(line, argc - i, argv + i);
            if (used == 0) {
                return help_usage("unknown option, or its value is missing", argv[i]);
            }
        } else if (line->n == 8) {
            return help_usage("too many words", argv[i]);
        } else {
            line->words[line->n] = argv[i];
            line->n++;
        }
        i += used;
    }
    return EXIT_OK;
}

static int run(const struct verb *verb, const struct line *line, int used)
{
    int i;

    if (opt.help) {
        return help_verb(verb);
    }
    for (i = 0; line->letters[i] != '\0'; i++) {
        if (strchr(verb->options, line->letters[i]) == NULL) {
            return help_usage("option not of this command", verb->name);
        }
    }
    opt.argc = line->n - used;
    if (opt.argc < verb->least || opt.argc > verb->most) {
        return help_usage(opt.argc < verb->least ? "argument missing" : "too many arguments",
                          verb->name);
    }
    for (i = 0; i < opt.argc; i++) {
        opt.argv[i] = line->words[used + i];
    }
    return verb->run();
}

int main(int argc, char **argv)
{
    struct line line = {0};
    const struct verb *verb;
    int used = 1;
    int code = split(&line, argc, argv);

    if (code != EXIT_OK) {
        return code;
    }
    if (version) {
        return cmd_version();
    }
    if (line.n == 0) {
        return opt.help ? help_all() : help_usage("no command", "bulkhead");
    }
    verb = find("", line.words[0]);
    if (verb == NULL && is_group(line.words[0])) {
        used = 2;
        verb = line.n > 1 ? find(line.words[0], line.words[1]) : NULL;
    }
    if (verb == NULL) {
        return help_usage("unknown command", line.words[line.n > 1 && used == 2 ? 1 : 0]);
    }
    code = run(verb, &line, used);
    return fflush(stdout) == 0 ? code : EXIT_INTERNAL;
}
