/* topkd/judge_options.c - takes the command line of `topkd judge` apart. */
#include "judge_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "base/log.h"
#include "source/kafka_last.h"

enum { OPT_TOPIC = 1000, OPT_LAST, OPT_WHOLE, OPT_SUGGEST };

static const struct option LONG_OPTIONS[] = {{"topic", required_argument, NULL, OPT_TOPIC},
                                             {"last", required_argument, NULL, OPT_LAST},
                                             {"whole", no_argument, NULL, OPT_WHOLE},
                                             {"suggest", no_argument, NULL, OPT_SUGGEST},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

const char *const judge_usage = "usage: topkd judge [--whole] [--suggest]\n"
                                "       topkd judge --topic TOPIC [--last N] [--suggest]\n"
                                "\n";

const char *const judge_help =
    "topkd judge says what topkd would make of events, and why, a line each: with the settings of the worker, but\n"
    "without counting anything. Nothing is written, and no group is joined. A message comes from standard input,\n"
    "on a line of its own, as kcat -C prints them.\n"
    "\n"
    "Options of judge:\n"
    "\n"
    "  --whole         the input is one message, which may go over lines\n"
    "  --topic TOPIC   instead of the input: the last messages of this topic, over all its partitions\n"
    "  --last N        how many messages of the topic (20)\n"
    "  --suggest       propose settings that fit the events, ready to be pasted, instead of judging each event\n"
    "\n"
    "Whether an event is late, future or a duplicate only its log decides. Of a topic, future and late are judged by\n"
    "the records that were read, so a late event may be missed. On standard input the record's time is now, and\n"
    "neither is judged. Duplicates are never judged.\n"
    "\n"
    "exit status of judge:\n"
    "  0  there were events, and all are applied (or weightless, or a message without a value); with --suggest: by\n"
    "     the settings that are proposed\n"
    "  1  an event is rejected, or there was none\n"
    "  2  a setting or an option is wrong, or the events could not be read; stderr says which\n";

static int option_last(const char *text, uint32_t *out, struct err *e) {
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n == 0 || n > KAFKA_LAST_MAX)
        return err_set(e, ERR_INVALID, "--last: expected a number 1..%d, got %s: correct it", (int)KAFKA_LAST_MAX,
                       log_quote(text));
    *out = (uint32_t)n;
    return 0;
}

static int option_take(int opt, struct judge_options *o, struct err *e) {
    switch (opt) {
    case OPT_TOPIC:
        o->topic = optarg;
        return 0;
    case OPT_LAST:
        return option_last(optarg, &o->last, e);
    case OPT_WHOLE:
        o->whole = true;
        return 0;
    case OPT_SUGGEST:
        o->suggest = true;
        return 0;
    case 'h':
        o->help = true;
        return 0;
    default:
        return err_set(e, ERR_INVALID, "see topkd judge --help"); /* getopt said what is wrong */
    }
}

int judge_options_parse(int argc, char **argv, struct judge_options *o, struct err *e) {
    *o = (struct judge_options){.last = 0};
    optind = 0; /* from the beginning, also after another command line */
    for (int opt; (opt = getopt_long(argc, argv, "h", LONG_OPTIONS, NULL)) != -1;) {
        int status = option_take(opt, o, e);
        if (status != 0) return status;
    }
    if (optind < argc)
        return err_set(e, ERR_INVALID, "expected options only, got %s: see topkd judge --help",
                       log_quote(argv[optind]));
    if (o->topic == NULL && o->last > 0)
        return err_set(e, ERR_INVALID, "expected --last with --topic, got it alone: add --topic, or leave it out");
    if (o->topic != NULL && o->whole)
        return err_set(e, ERR_INVALID, "expected --whole or --topic, got both: leave out one of them");
    if (o->last == 0) o->last = JUDGE_LAST_DEFAULT;
    return 0;
}
