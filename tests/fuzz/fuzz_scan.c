/* fuzz/fuzz_scan.c - the decoder beside jansson and the audit.
 * Goal: no bytes whatever are judged in two ways.
 * Method: the input is a message, so that the files of the corpus are seeds as they are. All that support/decoders.h
 * names read it, by several rules: flat names, names so short that mutations meet them, paths, elements of arrays,
 * wrappers, and what stands beside the value. What a decoder has learnt depends on nothing but the input: messages that
 * have something for each of the rules come first, then the input, which is read again when it was learnt from. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/decoders.h"

/* Assertions are what this program is for. */
#ifdef NDEBUG
#error "build without NDEBUG"
#endif

#define RECORD_TIME_MS INT64_C(1763751600123)

/* Longer messages would take most of the time, and show nothing that shorter ones do not. */
enum { MESSAGE_BYTES_MAX = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct weights weights, equal_weights;
static struct time_zone utc, none;

/* What is not set here is set in prepare. */
static struct event_rules rules[] = {
    {.fields = {"video_id", "location", "ts", "type", "", "id"}, .has_global = true},
    {.fields = {"a", "b", "ts", "c", "", ""}, .zone = &none},
    {.fields = {"/data/video_id", "/data/location", "/time", "type", "", "id"}, .weights = &equal_weights},
    {.fields = {"/a/b/0", "/a/b", "/ts/0", "/a/c/d", "", "/a/b/1/x"}, .has_global = true},
    {.fields = {"/items/1/id", "/items/0", "ts", "/items/2/0", "", "/0/0"}, .has_global = true},
    {.fields = {"video_id", "^/location", "^/ts", "type", "", "id"}, .events_at = "/events", .has_global = true},
    {.fields = {"/a/a", "^/a/b", "ts", "^/a", "", "^/events/0/a"}, .events_at = "/a/e", .has_global = true},
    {.fields = {"@key", "@header:country", "/ts", "@topic", "", "a"}, .events_at = "/0"},
};

/* A few forms, in each of which some of the rules find fields of theirs. */
static const char lesson[] =
    "{\"video_id\":\"v1\",\"a\":\"v1\",\"location\":\"SE\",\"type\":\"view\",\"ts\":1763750040000,\"id\":\"x\"}\n"
    "{\"ts\": 1763750040, \"b\": \"SE\", \"c\": \"like\", \"a\": 7, \"x\": 1.5, \"0\": [{\"ts\": 1}]}\n"
    "{\"time\":1763750040,\"data\":{\"video_id\":\"v1\",\"location\":\"SE\"},\"type\":\"like\"}\n"
    "{\"a\":{\"b\":[\"v1\",{\"x\":2}],\"c\":{\"d\":\"like\"},\"e\":[{\"a\":{\"a\":1}}]},\"ts\":[1763750040]}\n"
    "{\"items\":[\"SE\",{\"id\":\"v1\"},[\"like\"]],\"ts\":1763750040}\n"
    "{\"location\":\"SE\",\"events\":[{\"video_id\":\"v1\",\"type\":\"like\"},{\"video_id\":2}],\"ts\":1763750040}\n";

static struct bytes header(void *self, const char *name) {
    (void)self;
    return strcmp(name, "country") == 0 ? (struct bytes){"SE", 2} : (struct bytes){NULL, 0};
}

static struct decoders *decoders_of(size_t i) {
    static struct decoders *all[ARRAY_LEN(rules)];
    if (weights.n == 0 && (weights_parse("view=1,like=4,skip=0,*=2", &weights, NULL) != 0 ||
                           weights_parse("view=2,*=2", &equal_weights, NULL) != 0 ||
                           time_zone_parse("UTC", &utc, NULL) != 0 || time_zone_parse("none", &none, NULL) != 0))
        abort();
    if (all[i] != NULL) return all[i];
    if (rules[i].weights == NULL) rules[i].weights = &weights;
    if (rules[i].zone == NULL) rules[i].zone = &utc;
    all[i] = decoders_create(&rules[i]);
    return all[i];
}

static void check(struct decoders *d, const void *p, size_t n, int64_t record_time_ms) {
    const char *difference = decoders_differ(
        d, &(struct message){
               .value = {p, n}, .key = {"key", 3}, .topic = "events", .time_ms = record_time_ms, .header = header});
    if (difference == NULL) return;
    fputs(difference, stderr);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MESSAGE_BYTES_MAX) return 0;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct decoders *d = decoders_of(i);
        decoders_forget(d);
        decoders_teach(d, (struct bytes){lesson, sizeof lesson - 1});
        check(d, data != NULL ? (const void *)data : "", size, i % 2 ? -1 : RECORD_TIME_MS);
    }
    return 0;
}
