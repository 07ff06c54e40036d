/* topkd-audit/options.c - takes the command line apart. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { OPT_FROM = 1000, OPT_TO, OPT_OFFSETS, OPT_WAIT, OPT_EXACT, OPT_ALLOW_LOST, OPT_ALLOW_OPEN, OPT_JSON, OPT_SHOW };

static const struct option LONG_OPTIONS[] = {{"from", required_argument, NULL, OPT_FROM},
                                             {"to", required_argument, NULL, OPT_TO},
                                             {"from-offsets", required_argument, NULL, OPT_OFFSETS},
                                             {"wait", required_argument, NULL, OPT_WAIT},
                                             {"exact", no_argument, NULL, OPT_EXACT},
                                             {"allow-lost", no_argument, NULL, OPT_ALLOW_LOST},
                                             {"allow-open", no_argument, NULL, OPT_ALLOW_OPEN},
                                             {"json", no_argument, NULL, OPT_JSON},
                                             {"show", required_argument, NULL, OPT_SHOW},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {NULL, 0, NULL, 0}};

const char *const options_usage =
    "usage: topkd-audit [option...]      (the settings are the worker's TOPKD_ variables: topkd --help)\n"
    "\n"
    "Counts the topics again, exactly, up to the end that they have now, and compares the lists in Redis with that.\n"
    "\n"
    "  --wait DURATION       first wait for the workers, at most this long (500ms, 30s, 2m): until everything is\n"
    "                        committed, every list whose minute can end has ended, and nothing has moved for three\n"
    "                        publish intervals\n"
    "  --exact               demand that every list equals the recount, item by item; open and lost lists fail, too\n"
    "                        (without it: that every list lies within the bounds promised with it)\n"
    "  --allow-lost          with --exact: accept lists that are marked lost, right or wrong\n"
    "  --allow-open          compare open lists, too (without traffic they should be right as well)\n"
    "  --from MINUTE         compare minutes from this one on, like 2026-11-21T19:08 (UTC); the whole log is read\n"
    "                        all the same\n"
    "  --to MINUTE           compare minutes before this one\n"
    "  --from-offsets LIST   topic/partition=offset,...: where the group began, if not at the start of the log\n"
    "  --show N              show the N worst of the lists that differ (10)\n"
    "  --json                print one JSON object instead of the table\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "\n"
    "exit status:\n"
    "  0  good: lists were compared, and each is what was asked for (verdict: exact, or within bounds)\n"
    "  1  not good: lists differ, are missing or foreign, or with --exact are open or lost, or the workers did not\n"
    "     catch up within --wait (verdict: different); no list could be compared (verdict: nothing to compare); or\n"
    "     the audit could not finish\n"
    "  2  a setting or an option is wrong; stderr says which\n"
    "When the verdict is not good, the last line of the report says why. Progress goes to stderr.\n";

static bool uint_parse(const char *s, const char **end, int64_t *out) {
    char *stop;
    errno = 0;
    long long v = strtoll(s, &stop, 10);
    *out = v;
    *end = stop;
    return *s >= '0' && *s <= '9' && errno == 0;
}

static int duration_parse(const char *s, int64_t *ms, struct err *e) {
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    const char *unit;
    int64_t v;
    if (uint_parse(s, &unit, &v) && v <= 1000000)
        for (size_t i = 0; i < ARRAY_LEN(units); i++)
            if (strcmp(unit, units[i].name) == 0) {
                *ms = v * units[i].ms;
                return 0;
            }
    return err_set(e, ERR_INVALID,
                   "--wait: expected a duration like 500ms, 30s or 2m, got \"%s\": use a number and ms, s, m, h or d",
                   s);
}

static int option_minute(const char *name, const char *s, int64_t *minute, struct err *e) {
    if (minute_parse((struct bytes){s, strlen(s)}, minute)) return 0;
    return err_set(e, ERR_INVALID,
                   "%s: expected a minute like 2026-11-21T19:08, got \"%s\": write it in this form, in UTC", name, s);
}

static int option_show(const char *s, uint32_t *out, struct err *e) {
    const char *end;
    int64_t v;
    if (!uint_parse(s, &end, &v) || *end || v > 1000000)
        return err_set(e, ERR_INVALID, "--show: expected a number up to 1000000, got \"%s\": use digits only", s);
    *out = (uint32_t)v;
    return 0;
}

static int option_take(int opt, struct options *o, struct err *e) {
    switch (opt) {
    case OPT_FROM:
        return option_minute("--from", optarg, &o->from, e);
    case OPT_TO:
        return option_minute("--to", optarg, &o->to, e);
    case OPT_WAIT:
        return duration_parse(optarg, &o->wait_ms, e);
    case OPT_SHOW:
        return option_show(optarg, &o->show, e);
    case OPT_OFFSETS:
        o->from_offsets = optarg;
        return 0;
    case OPT_EXACT:
        o->exact = true;
        return 0;
    case OPT_ALLOW_LOST:
        o->allow_lost = true;
        return 0;
    case OPT_ALLOW_OPEN:
        o->allow_open = true;
        return 0;
    case OPT_JSON:
        o->json = true;
        return 0;
    case 'h':
        o->help = true;
        return 0;
    case 'V':
        o->version = true;
        return 0;
    default:
        return err_set(e, ERR_INVALID, "see topkd-audit --help");
    }
}

int options_parse(int argc, char **argv, struct options *o, struct err *e) {
    *o = (struct options){.from = INT64_MIN, .to = INT64_MAX, .show = 10};
    for (int opt; (opt = getopt_long(argc, argv, "hV", LONG_OPTIONS, NULL)) != -1;) {
        int status = option_take(opt, o, e);
        if (status != 0) return status;
    }
    if (optind < argc)
        return err_set(e, ERR_INVALID, "expected options only, got \"%s\": see topkd-audit --help", argv[optind]);
    if (o->from >= o->to)
        return err_set(e, ERR_INVALID, "expected --from before --to, got no minute between them: change one of them");
    return 0;
}

/* One `topic/partition=offset` at P, up to END. */
static int offset_apply(const char *p, const char *end, struct span *spans, size_t n, struct err *e) {
    const char *slash = memrchr(p, '/', (size_t)(end - p)), *stop;
    int64_t partition, offset;
    bool good = slash != NULL && uint_parse(slash + 1, &stop, &partition) && *stop == '=' &&
                uint_parse(stop + 1, &stop, &offset) && stop == end;
    if (!good)
        return err_set(e, ERR_INVALID, "--from-offsets: expected topic/partition=offset,..., got \"%s\": correct it",
                       p);
    for (size_t i = 0; i < n; i++) {
        struct span *s = &spans[i];
        if (s->partition != partition || strlen(s->topic) != (size_t)(slash - p)) continue;
        if (memcmp(s->topic, p, (size_t)(slash - p)) != 0) continue;
        s->start = offset > s->low ? offset : s->low;
        return 0;
    }
    return err_set(e, ERR_INVALID, "--from-offsets: expected partitions that are read, got \"%.*s\": correct it",
                   (int)(end - p), p);
}

int options_apply_offsets(const struct options *o, struct span *spans, size_t n, struct err *e) {
    for (const char *p = o->from_offsets; p != NULL && *p;) {
        const char *end = p + strcspn(p, ",");
        int status = offset_apply(p, end, spans, n, e);
        if (status != 0) return status;
        p = *end ? end + 1 : end;
    }
    return 0;
}
