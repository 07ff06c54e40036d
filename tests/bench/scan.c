/* bench/scan.c - what decoding costs: jansson against the scanner, on the same messages in the same run.
 *
 *   scan [ROUNDS [SHAPE...]]
 *
 * Each shape is 1024 different messages, so that no branch is learnt by heart; they are decoded over and over, by the
 * contestants in turn. Prints one line of name=value words a round: ns of CPU an event. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode/decoder.h"
#include "decode/json_plan.h"
#include "event/batch.h"
#include "support/by_jansson.h"

enum { MESSAGES = 1024, MESSAGE_BYTES_MAX = 16384 };

/* Both know the same rules, those of the shape that is on. */
struct contestants {
    struct decoder *scanner;
    struct json_plan jansson;
    bool by_lines;
};

typedef void decode_fn(struct contestants *, struct bytes, struct event_batch *);

enum { FORMS_MAX = 4 };

struct shape {
    const char *name;
    const struct event_rules *rules;
    const char *open, *between, *close;
    int events;                   /* a message */
    const char *forms[FORMS_MAX]; /* formats of an event's values (write_event); one is drawn for each event */
};

#define ITEM     "\"video_id\":\"v%1$u\""
#define LOCATION "\"location\":\"%2$c%3$c\""
#define TYPE     "\"type\":\"%4$s\""
#define TS       "\"ts\":1763750%5$06u"
#define USER     "\"user_id\":\"u%6$u\""
#define USUAL    "{" ITEM "," LOCATION "," TYPE "," TS "," USER "}"
#define LONGER   "{\"video_id\":\"v%1$uxyz4\"," LOCATION "," TYPE "," TS ",\"user_id\":\"u%6$u789\"}"
/* Times and places in the shapes below. Weights and zone are set in main. */
static struct event_rules usual = {.fields = {"video_id", "location", "ts", "type", "value"}},
                          pointers = {.fields = {"/video_id", "/location", "/ts", "/type", "/value"}},
                          cloudevent = {.fields = {"/data/video_id", "/data/location", "time", "type", ""}},
                          cloudevent_flat = {.fields = {"video_id", "location", "time", "type", ""}},
                          deep = {.fields = {"/event/payload/video/id", "/event/payload/geo/country", "/event/meta/ts",
                                             "/event/meta/type", ""}},
                          analytics = {.fields = {"/items/0/item_id", "/geo/country", "event_timestamp", "event_name",
                                                  ""}},
                          wrapped = {.fields = {"video_id", "location", "ts", "type", ""}, .events_at = "/batch"};
static struct event_rules *const all_rules[] = {&usual, &pointers,  &cloudevent, &cloudevent_flat,
                                                &deep,  &analytics, &wrapped};

#define TIME       "\"time\":\"2025-11-21T18:34:00.%5$06uZ\""
#define CLOUD_HEAD "{\"specversion\":\"1.0\",\"id\":\"e-%6$u\",\"source\":\"/player/web\"," TYPE "," TIME
static const struct shape shapes[] = {
    {"98 bytes", &usual, "", "", "", 1, {LONGER}},
    {"98, lines", &usual, "", "\n", "\n", 100, {LONGER}},
    {"98, array", &usual, "[", ",", "]", 100, {LONGER}},
    {"single", &usual, "", "", "", 1, {USUAL}},
    {"spaced",
     &usual,
     "",
     "",
     "",
     1,
     {"{\"video_id\": \"v%1$u\", \"location\": \"%2$c%3$c\", \"type\": \"%4$s\", \"ts\": 1763750%5$06u, "
      "\"user_id\": \"u%6$u\"}"}},
    {"four orders",
     &usual,
     "",
     "",
     "",
     1,
     {USUAL, "{" USER "," TS "," TYPE "," LOCATION "," ITEM "}", "{" TS "," TYPE "," ITEM "," LOCATION "," USER "}",
      "{" LOCATION "," USER "," ITEM "," TS "," TYPE "}"}},
    {"over lines", &usual, "", "", "", 1, {"{\n  " ITEM ",\n  " LOCATION ",\n  " TYPE ",\n  " TS ",\n  " USER "\n}"}},
    {"rich",
     &usual,
     "",
     "",
     "",
     1,
     {"{\"schema\":3,\"video_id\":%1$u,\"location\":\"%2$c%3$c\",\"session\":{\"id\":\"0a1b2c3d4e5f\","
      "\"pages\":[1,2,3],\"ab\":null},"
      "\"title\":\"Caf\xc3\xa9 \\u00e0 Paris, a %4$s in the rain\",\"ts\":1763750.%5$06u,\"user_id\":%6$u,"
      "\"agent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/"
      "537.36\"}"}},
    {"98 bytes, by /name", &pointers, "", "", "", 1, {LONGER}},
    {"depth 1", &cloudevent_flat, "", "", "", 1, {CLOUD_HEAD ",\"da\":\"t\"," ITEM "," LOCATION "," USER "}"}},
    {"depth 2", &cloudevent, "", "", "", 1, {CLOUD_HEAD ",\"data\":{" ITEM "," LOCATION "," USER "}}"}},
    {"depth 4",
     &deep,
     "",
     "",
     "",
     1,
     {"{\"event\":{\"meta\":{" TYPE "," TS "},\"payload\":{\"video\":{\"id\":\"v%1$u\",\"quality\":\"hd\"},"
      "\"geo\":{\"country\":\"%2$c%3$c\",\"city\":\"Some City\"}," USER "}}}"}},
    {"in an array",
     &analytics,
     "",
     "",
     "",
     1,
     {"{\"event_name\":\"%4$s\",\"event_timestamp\":1763750040%5$06u,\"geo\":{\"country\":\"%2$c%3$c\"},"
      "\"items\":[{\"item_id\":\"v%1$u\",\"item_name\":\"A name\",\"price\":9.99},{\"item_id\":\"w%6$u\"}],"
      "\"user_pseudo_id\":\"u%6$u\"}"}},
    {"98, wrapper", &wrapped, "{\"sent_at\":1763750040000,\"batch\":[", ",", "]}", 100, {LONGER}},
};

struct messages {
    struct bytes text[MESSAGES]; /* owned */
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

/* One type in eight is not the usual one, at random. */
static char *write_event(const struct shape *shape, char *out) {
    unsigned forms = 0;
    while (forms < FORMS_MAX && shape->forms[forms] != NULL) forms++;
    const char *form = shape->forms[draw(forms)], *type = draw(8) > 0 ? "view" : "like";
    unsigned item = 100000 + draw(300000), user = 100000 + draw(900000);
    return out + sprintf(out, form, item, 'A' + draw(26), 'A' + draw(26), type, draw(1000000), user);
}

static void write_message(const struct shape *shape, char *out) {
    char *p = stpcpy(out, shape->open);
    for (int i = 0; i < shape->events; i++) {
        if (i > 0) p = stpcpy(p, shape->between);
        p = write_event(shape, p);
    }
    strcpy(p, shape->close);
}

static void messages_make(const struct shape *shape, struct messages *m) {
    static char text[MESSAGE_BYTES_MAX];
    for (size_t i = 0; i < MESSAGES; i++) {
        write_message(shape, text);
        m->text[i] = (struct bytes){strdup(text), strlen(text)};
        if (m->text[i].p == NULL) abort();
    }
}

static void decode_by_scanner(struct contestants *c, struct bytes message, struct event_batch *b) {
    decoder_decode(c->scanner, &(struct message){.value = message}, b);
}

static void decode_by_jansson(struct contestants *c, struct bytes message, struct event_batch *b) {
    event_batch_clear(b);
    for (const char *p = message.p, *end = p + message.n; p < end;) { /* a message that is no JSON has lines of it */
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        struct bytes text = {p, c->by_lines && lf != NULL ? (size_t)(lf - p) : (size_t)(end - p)};
        if (!by_jansson_decode(&c->jansson, text, 0, b)) abort();
        p += text.n + (c->by_lines && lf != NULL);
    }
}

/* ns an event, over TIMES passes. */
static double measure(decode_fn *decode, struct contestants *c, const struct messages *m, int times, int events_each) {
    static struct event_batch batch, *const b = &batch;
    if (b->arena == NULL) event_batch_init(b);
    size_t events = 0;
    int64_t start = cpu_ns();
    for (int t = 0; t < times; t++)
        for (size_t i = 0; i < MESSAGES; i++) {
            decode(c, m->text[i], b);
            for (size_t k = 0; k < b->n; k++) events += b->events[k].outcome == EVENT_APPLIED;
        }
    double spent = (double)(cpu_ns() - start);
    if (events != (size_t)times * MESSAGES * (size_t)events_each) abort();
    return spent / (double)events;
}

static void bench(const struct shape *shape, int rounds) {
    static struct contestants contestants, *const c = &contestants;
    static struct messages m;
    size_t bytes = 0;
    int times = shape->events == 1 ? 40 : 2;
    messages_make(shape, &m);
    c->scanner = decoder_create(shape->rules);
    json_plan_init(&c->jansson, shape->rules);
    c->by_lines = strcmp(shape->between, "\n") == 0;
    for (size_t i = 0; i < MESSAGES; i++) bytes += m.text[i].n;
    for (int i = 0; i < rounds; i++) {
        double ours = measure(decode_by_scanner, c, &m, times * 20, shape->events);
        double jansson = measure(decode_by_jansson, c, &m, times, shape->events);
        printf("shape=\"%s\" bytes=%.0f scanner_ns=%.2f jansson_ns=%.2f\n", shape->name,
               (double)bytes / MESSAGES / shape->events, ours, jansson);
    }
    for (size_t i = 0; i < MESSAGES; i++) free((char *)m.text[i].p);
    decoder_destroy(c->scanner);
}

static bool is_chosen(const char *name, char **names, int n) {
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return n <= 0;
}

int main(int argc, char **argv) {
    static struct weights weights;
    static const struct time_zone utc = {.kind = TIME_ZONE_OFFSET};
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    if (rounds < 1 || weights_parse("view=1,like=4", &weights, NULL) != 0) return 2;
    for (size_t i = 0; i < ARRAY_LEN(all_rules); i++) {
        all_rules[i]->weights = &weights;
        all_rules[i]->zone = &utc;
        all_rules[i]->has_global = true;
    }
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (is_chosen(shapes[i].name, argv + 2, argc - 2)) bench(&shapes[i], rounds);
    return 0;
}
