/* topkd-loadgen/options.c - parses each option of options.def, then checks what they say together. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/name_pattern.h"
#include "loadgen/badevent.h"
#include "loadgen/places.h"
#include "loadgen/values.h"
#include "loadgen/zipf.h"

enum option_id {
#define X(id, name, argument, scope, help) OPTION_##id,
#include "options.def"
#undef X
    OPTIONS
};
enum scope { SCOPE_BOTH, SCOPE_TRAFFIC, SCOPE_REPLAY };

static const struct row {
    const char *name, *argument, *help;
    enum scope scope;
} rows[OPTIONS] = {
#define X(id, name, argument, scope, help) {name, argument, help, SCOPE_##scope},
#include "options.def"
#undef X
};

enum { ID_BASE = 256, HELP_COLUMN = 28, HELP_WIDTH = 110, SECONDS_MAX = 366 * 86400 };
static const double RATE_MAX = 1e9;
static const uint64_t EVENTS_MAX = 1000000000000000; /* 10^15: exact in a double, and times a minute in 64 bits */

static void options_defaults(struct options *o) {
    *o = (struct options){.compression = "lz4",
                          .batch = 1,
                          .batch_wait_ms = 1000,
                          .flush_timeout_ms = 30000,
                          .stats_interval_ms = 10000,
                          .start_ms = OPTIONS_START_NOW,
                          .traffic = {.seed = 1,
                                      .items = 100000,
                                      .locations = 50,
                                      .users = 1000000,
                                      .zipf_items = 1,
                                      .zipf_locations = 1,
                                      .likes = .05,
                                      .late_ms = 300000,
                                      .future_ms = 300000,
                                      .bad_classes = BADEVENT_DEFAULT}};
}

/* -- one value each; false: it was not understood ------------------------------------------------------------------ */

static bool u32_parse(const char *text, uint32_t min, uint32_t max, uint32_t *out) {
    uint64_t v;
    if (!value_parse_count(text, min, max, &v)) return false;
    *out = (uint32_t)v;
    return true;
}

static bool choice_parse(const char *text, const char *const *names, int *out) {
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool percent_parse(const char *text, double *share) {
    if (!value_parse_decimal(text, 0, 100, share)) return false;
    *share /= 100;
    return true;
}

/* "PCT[:REST]"; *REST is NULL if there is none. TEXT is cut at the colon for a moment, which argv allows. */
static bool percent_parse_and(char *text, double *share, char **rest) {
    *rest = strchr(text, ':');
    if (*rest != NULL) *(*rest)++ = '\0';
    bool ok = percent_parse(text, share);
    if (*rest != NULL) (*rest)[-1] = ':';
    return ok;
}

static bool percent_parse_seconds(char *text, double *share, int64_t *ms) {
    char *rest;
    uint64_t s;
    if (!percent_parse_and(text, share, &rest)) return false;
    if (rest == NULL) return true;
    if (!value_parse_count(rest, 1, SECONDS_MAX, &s)) return false;
    *ms = (int64_t)s * 1000;
    return true;
}

static bool bad_parse(char *text, struct traffic_config *t) {
    char *rest;
    return percent_parse_and(text, &t->bad, &rest) && (rest == NULL || badevent_parse(rest, &t->bad_classes));
}

static bool spike_parse(char *text, struct traffic_config *t) {
    char *rest, every[32];
    if (!percent_parse_and(text, &t->spike, &rest) || rest == NULL) return false;
    size_t n = strcspn(rest, ":");
    if (n >= sizeof every) return false;
    memcpy(every, rest, n);
    every[n] = '\0';
    if (!value_parse_duration(every, &t->spike_every_ms) || t->spike_every_ms == 0) return false;
    t->spike_ms = t->spike_every_ms / 4;
    return rest[n] == '\0' || (value_parse_duration(rest + n + 1, &t->spike_ms) && t->spike_ms <= t->spike_every_ms);
}

static bool property_parse(const char *text, struct options *o) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || o->properties_n == CONFIG_KAFKA_PROPS_MAX) return false;
    o->properties[o->properties_n++] = (struct property){text, (size_t)(equals - text)};
    return true;
}

static bool start_parse(const char *text, int64_t *ms) {
    *ms = OPTIONS_START_NOW;
    return strcmp(text, "now") == 0 || value_parse_time((struct bytes){text, strlen(text)}, ms);
}

/* "original", "max" or "60x". */
static bool pace_parse(const char *text, double *pace) {
    char number[32];
    size_t n = strlen(text);
    *pace = strcmp(text, "original") == 0 ? 1 : 0;
    if (*pace > 0 || strcmp(text, "max") == 0) return true;
    if (n < 2 || n >= sizeof number || text[n - 1] != 'x') return false;
    memcpy(number, text, n - 1);
    number[n - 1] = '\0';
    return value_parse_decimal(number, 1e-3, 1e9, pace);
}

static bool option_set_choice(enum option_id id, const char *text, struct options *o) {
    static const char *const keys[] = {"none", "random", "location", "user", NULL};
    static const char *const shapes[] = {"", "single", "array", "lines", NULL};
    static const char *const partitions[] = {"key", "round-robin", NULL};
    static const char *const shifts[] = {"none", "now", NULL};
    int i = 0;
    bool ok = choice_parse(text,
                           id == OPTION_KEY         ? keys
                           : id == OPTION_SHAPE     ? shapes
                           : id == OPTION_PARTITION ? partitions
                                                    : shifts,
                           &i);
    if (id == OPTION_KEY) o->key = (enum key_kind)i;
    if (id == OPTION_SHAPE) o->shape = (enum option_shape)i;
    if (id == OPTION_PARTITION) o->round_robin = i == 1;
    if (id == OPTION_SHIFT) o->shift_now = i == 1;
    return ok && text[0] != '\0';
}

static bool option_set(struct options *o, enum option_id id, char *v) {
    struct traffic_config *t = &o->traffic;
    switch (id) {
    case OPTION_TOPIC:
        o->topic = v;
        return v[0] != '\0';
    case OPTION_BROKERS:
        o->brokers = v;
        return v[0] != '\0';
    case OPTION_PROPERTY:
        return property_parse(v, o);
    case OPTION_COMPRESSION:
        o->compression = v;
        return v[0] != '\0';
    case OPTION_DRY_RUN:
        return o->dry_run = true;
    case OPTION_SEED:
        return value_parse_count(v, 0, UINT64_MAX, &t->seed);
    case OPTION_RATE:
        return value_parse_decimal(v, 0, RATE_MAX, &o->rate);
    case OPTION_SECONDS:
        return value_parse_count(v, 0, SECONDS_MAX, &o->seconds);
    case OPTION_EVENTS:
        return value_parse_count(v, 0, EVENTS_MAX, &o->events);
    case OPTION_BATCH:
        return u32_parse(v, 1, BATCHER_EVENTS_MAX, &o->batch);
    case OPTION_BATCH_WAIT:
        return value_parse_duration(v, &o->batch_wait_ms);
    case OPTION_SHAPE:
    case OPTION_KEY:
    case OPTION_PARTITION:
    case OPTION_SHIFT:
        return option_set_choice(id, v, o);
    case OPTION_FLUSH_TIMEOUT:
        return value_parse_duration(v, &o->flush_timeout_ms);
    case OPTION_STATS_INTERVAL:
        return value_parse_duration(v, &o->stats_interval_ms);
    case OPTION_JSON:
        return o->json = true;
    case OPTION_ITEMS:
        return u32_parse(v, 1, TRAFFIC_ITEMS_MAX, &t->items);
    case OPTION_LOCATIONS:
        return u32_parse(v, 1, PLACES_MAX, &t->locations);
    case OPTION_USERS:
        return u32_parse(v, 1, TRAFFIC_USERS_MAX, &t->users);
    case OPTION_ZIPF_ITEMS:
        return value_parse_decimal(v, 0, ZIPF_EXPONENT_MAX, &t->zipf_items);
    case OPTION_ZIPF_LOCATIONS:
        return value_parse_decimal(v, 0, ZIPF_EXPONENT_MAX, &t->zipf_locations);
    case OPTION_LIKES:
        return percent_parse(v, &t->likes);
    case OPTION_TIME:
    case OPTION_START:
        return start_parse(v, &o->start_ms);
    case OPTION_MINUTES:
        return value_parse_decimal(v, 1e-3, 1e7, &o->minutes);
    case OPTION_SPEED:
        return value_parse_decimal(v, 1e-3, 1e9, &o->speed);
    case OPTION_SPIKE:
        return spike_parse(v, t);
    case OPTION_LATE:
        return percent_parse_seconds(v, &t->late, &t->late_ms);
    case OPTION_FUTURE:
        return percent_parse_seconds(v, &t->future, &t->future_ms);
    case OPTION_BAD:
        return bad_parse(v, t);
    case OPTION_DUPLICATES:
        return percent_parse(v, &t->duplicates);
    case OPTION_REPLAY:
        o->replay = v;
        return v[0] != '\0';
    case OPTION_PACE:
        return pace_parse(v, &o->pace);
    case OPTION_HELP:
        return o->help = true;
    case OPTIONS:
        break;
    }
    return false;
}

/* -- the whole --------------------------------------------------------------------------------------------------- */

static void options_check_scopes(const struct options *o, const bool *given, struct buf *problems) {
    bool replay = o->replay != NULL;
    for (int i = 0; i < OPTIONS; i++)
        if (given[i] && rows[i].scope == (replay ? SCOPE_TRAFFIC : SCOPE_REPLAY))
            buf_addf(problems, "--%s has no meaning %s --replay: leave out %s\n", rows[i].name,
                     replay ? "with" : "without", replay ? "one of them" : "this option, or add --replay");
}

/* Of made-up traffic. */
static void options_check_clock(const struct options *o, struct buf *problems) {
    bool wall_clock = o->start_ms == OPTIONS_START_NOW;
    if (wall_clock && (o->minutes > 0 || o->speed > 0))
        buf_add_str(problems, "--minutes and --speed need a clock of their own: give --time a start, not now\n");
    if (o->minutes > 0 && o->speed > 0)
        buf_add_str(problems, "--minutes and --speed both set the clock: leave out one of them\n");
    if (o->minutes > 0 && o->events == 0)
        buf_add_str(problems, "--minutes spreads a known number of events: give --events too\n");
    if (!wall_clock && o->minutes <= 0 && o->rate <= 0)
        buf_add_str(problems, "--time with a start stands still by itself: give --minutes and --events, or --rate\n");
}

static void options_check_together(const struct options *o, const bool *given, struct buf *problems) {
    double odd = o->traffic.bad + o->traffic.late + o->traffic.future;
    options_check_scopes(o, given, problems);
    if (o->shape == SHAPE_SINGLE && o->batch > 1)
        buf_addf(problems, "--batch: expected 1 with --shape single, got %u: choose --shape array or lines\n",
                 o->batch);
    if (odd > 1 + 1e-9)
        buf_addf(problems, "--bad, --late and --future: expected 100 percent together at most, got %g: lower one\n",
                 odd * 100);
    if (o->replay != NULL && o->pace > 0 && o->rate > 0)
        buf_add_str(problems, "--pace and --rate both set the rate: leave out --rate, or choose --pace max\n");
    if (o->replay == NULL) options_check_clock(o, problems);
}

static void options_parse_arguments(int argc, char **argv, struct options *o, bool *given, struct buf *problems) {
    struct option longs[OPTIONS + 1] = {{0}};
    for (int i = 0; i < OPTIONS; i++)
        longs[i] = (struct option){rows[i].name, rows[i].argument != NULL, NULL, ID_BASE + i};
    opterr = 0;
    int id;
    while ((id = getopt_long(argc, argv, ":X:h", longs, NULL)) != -1) {
        if (id == 'X') id = ID_BASE + OPTION_PROPERTY;
        if (id == 'h') id = ID_BASE + OPTION_HELP;
        if (id < ID_BASE) {
            buf_addf(problems,
                     id == ':'
                         ? "%s: expected a value, got none: see --help\n"
                         : "expected an option, got %s, which is unknown, ambiguous, or takes no value: see --help\n",
                     argv[optind - 1]);
            continue;
        }
        id -= ID_BASE;
        given[id] = true;
        if (!option_set(o, (enum option_id)id, optarg))
            buf_addf(problems, "--%s: expected %s, got \"%s\": %s\n", rows[id].name, rows[id].argument, optarg,
                     rows[id].help);
    }
    for (; optind < argc; optind++) buf_addf(problems, "expected an option, got %s: see --help\n", argv[optind]);
}

int options_parse(int argc, char **argv, struct options *o, struct buf *problems) {
    bool given[OPTIONS] = {false};
    options_defaults(o);
    options_parse_arguments(argc, argv, o, given, problems);
    if (problems->len == 0 && o->help) return 0;
    options_check_together(o, given, problems);
    if (config_load((const char *const *)environ, &o->config, problems) != 0 || problems->len > 0) return ERR_INVALID;
    if (o->topic == NULL) o->topic = o->config->topics[0];
    if (name_is_pattern(o->topic)) {
        buf_addf(problems, "expected a topic to write to, got the pattern %s: name one with --topic\n", o->topic);
        return ERR_INVALID;
    }
    if (o->brokers == NULL) o->brokers = o->config->brokers;
    if (o->shape == SHAPE_UNSET) o->shape = o->batch > 1 ? SHAPE_LINES : SHAPE_SINGLE;
    return 0;
}

void options_deinit(struct options *o) { config_destroy(o->config); }

/* Breaks TEXT into lines of HELP_WIDTH at most, each from HELP_COLUMN on. The first line has reached that column. */
static void help_write_wrapped(struct buf *out, const char *text) {
    const size_t width = HELP_WIDTH - HELP_COLUMN;
    while (strlen(text) > width) {
        size_t n = width;
        while (n > 0 && text[n] != ' ') n--;
        buf_add(out, text, n);
        buf_addf(out, "\n%*s", HELP_COLUMN, "");
        text += n + 1;
    }
    buf_addf(out, "%s\n", text);
}

void options_write_help(struct buf *out) {
    buf_add_str(
        out,
        "usage: topkd-loadgen [options]\n\n"
        "Sends made-up view and like events, or a file of events, to a Kafka topic, and reports what the\n"
        "broker acknowledged. Reads TOPKD_TOPICS, TOPKD_BROKERS, TOPKD_RDKAFKA_* and (for --replay) TOPKD_FIELD_*.\n"
        "Exit 0: everything sent was acknowledged; 1: it was not; 2: the options are wrong.\n\n");
    for (int i = 0; i < OPTIONS; i++) {
        char head[64];
        snprintf(head, sizeof head, "  --%s %s", rows[i].name, rows[i].argument != NULL ? rows[i].argument : "");
        buf_addf(out, "%-*s", HELP_COLUMN, head);
        help_write_wrapped(out, rows[i].help);
    }
}
