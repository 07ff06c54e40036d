/* tests/bench/scan.c - what decoding costs: jansson against the scanner, on the same messages in the same run.
 *
 *   scan [ROUNDS]
 *
 * Each shape is 1024 different messages, so that no branch is learnt by heart; they are decoded over and over, by the
 * contestants in turn, and the least, the median and the greatest of the rounds are printed, as ns of CPU an event. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/event.h"
#include "event/event_message.h"

enum { MESSAGES = 1024, MESSAGE_BYTES_MAX = 16384, ROUNDS_MAX = 101 };

typedef void decode_fn(const struct event_rules *, const char *, size_t, int64_t, struct event_batch *);

struct shape {
    const char *name;
    const char *open, *event, *between, *close; /* EVENT: a format of a number, two letters, and two numbers more */
    int events;                                 /* a message */
};

#define USUAL "{\"video_id\":\"v%u\",\"location\":\"%c%c\",\"type\":\"view\",\"ts\":1763750%06u,\"user_id\":\"u%u\"}"
static const struct shape shapes[] = {
    {"single", "", USUAL, "", "", 1},
    {"lines of 100", "", USUAL, "\n", "\n", 100},
    {"array of 100", "[", USUAL, ",", "]", 100},
    {"spaced", "",
     "{\"video_id\": \"v%u\", \"location\": \"%c%c\", \"type\": \"view\", \"ts\": 1763750%06u, \"user_id\": \"u%u\"}",
     "", "", 1},
    {"rich", "",
     "{\"schema\":3,\"video_id\":%u,\"location\":\"%c%c\",\"session\":{\"id\":\"0a1b2c3d4e5f\",\"pages\":[1,2,3],\"ab\":"
     "null},\"title\":\"Caf\xc3\xa9 \\u00e0 Paris, an afternoon in the rain\",\"ts\":1763750.%06u,\"user_id\":%u,"
     "\"agent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\"}",
     "", "", 1},
};

struct messages {
    char *text[MESSAGES];
    size_t n[MESSAGES];
};

static int64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Xorshift; any constant will do. */
static unsigned draw(unsigned below) {
    static uint64_t x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (unsigned)((x >> 20) % below);
}

static void write_message(const struct shape *shape, char *out) {
    char *p = stpcpy(out, shape->open);
    for (int i = 0; i < shape->events; i++) {
        if (i > 0) p = stpcpy(p, shape->between);
        p += sprintf(p, shape->event, 100000 + draw(300000), 'A' + draw(26), 'A' + draw(26), draw(1000000),
                     100000 + draw(900000));
    }
    strcpy(p, shape->close);
}

static void messages_make(const struct shape *shape, struct messages *m) {
    static char text[MESSAGE_BYTES_MAX];
    for (size_t i = 0; i < MESSAGES; i++) {
        write_message(shape, text);
        m->text[i] = strdup(text);
        if (m->text[i] == NULL) abort();
        m->n[i] = strlen(text);
    }
}

/* ns an event, over TIMES passes. */
static double measure(decode_fn *decode, const struct event_rules *r, const struct messages *m, int times,
                      struct event_batch *b) {
    size_t events = 0;
    int64_t start = cpu_ns();
    for (int t = 0; t < times; t++)
        for (size_t i = 0; i < MESSAGES; i++) {
            decode(r, m->text[i], m->n[i], 0, b);
            for (size_t k = 0; k < b->n; k++) events += b->events[k].outcome == EVENT_APPLIED;
        }
    return (double)(cpu_ns() - start) / (double)events;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench(const struct shape *shape, const struct event_rules *r, int rounds) {
    static double ns[2][ROUNDS_MAX];
    static struct messages m;
    struct event_batch b;
    size_t bytes = 0;
    int times = shape->events == 1 ? 40 : 2;
    event_batch_init(&b);
    messages_make(shape, &m);
    for (int i = 0; i < rounds; i++) {
        ns[0][i] = measure(event_decode, r, &m, times * 20, &b);
        ns[1][i] = measure(event_decode_json_only, r, &m, times, &b);
    }
    for (size_t i = 0; i < MESSAGES; i++) {
        bytes += m.n[i];
        free(m.text[i]);
    }
    for (int k = 0; k < 2; k++) qsort(ns[k], (size_t)rounds, sizeof(double), compare);
    printf("%-14s %6.0f  %6.1f %6.1f %6.1f  %7.0f %7.0f %7.0f  %6.1f\n", shape->name,
           (double)bytes / MESSAGES / shape->events, ns[0][0], ns[0][rounds / 2], ns[0][rounds - 1], ns[1][0],
           ns[1][rounds / 2], ns[1][rounds - 1], ns[1][rounds / 2] / ns[0][rounds / 2]);
    event_batch_deinit(&b);
}

int main(int argc, char **argv) {
    static struct weights weights;
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    if (rounds < 1 || rounds > ROUNDS_MAX || weights_parse("view=1,like=4", &weights, NULL) != 0) return 2;
    const struct event_rules rules = {"video_id", "location", "type", "ts", "user_id", "value", &weights, true};
    printf("ns an event           scanner: min median max     jansson: min median max   ratio\n");
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) bench(&shapes[i], &rules, rounds);
    return 0;
}
