/* fuzz/fuzz_scan.c - the scanner beside jansson.
 * Goal: no bytes whatever are judged in two ways.
 * Method: the input is a message, copied to memory of its exact size, so that the files of the corpus are seeds as they
 * are. It is decoded with the fast path, on both ways to find stops, and by jansson alone, with the usual field names
 * and with names so short that mutations meet them; all fields of all events must be equal. What the scanner has learnt
 * (json_form.h) depends on nothing but the input: a usual message first, then the input, which is decoded again when
 * it has been learnt from. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "decode/json_decoder.h"
#include "event/batch.h"

/* Assertions are what this program is for. */
#ifdef NDEBUG
#error "build without NDEBUG"
#endif

#define RECORD_TIME_MS INT64_C(1763751600123)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct weights weights;
static struct event_batch fast, slow;

static const struct event_rules usual = {
    .fields = {"video_id", "location", "ts", "type", "value"}, .weights = &weights, .has_global = true};
static const struct event_rules brief = {.fields = {"a", "b", "ts", "c", "x"}, .weights = &weights};

static void prepare(void) {
    static bool prepared;
    if (prepared) return;
    if (weights_parse("view=1,like=4,skip=0,*=2", &weights, NULL) != 0) abort();
    event_batch_init(&fast);
    event_batch_init(&slow);
    prepared = true;
}

static bool same_bytes(struct bytes a, struct bytes b) {
    return (a.p == NULL) == (b.p == NULL) && a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void check_event(const struct event *a, const struct event *b) {
    assert(a->outcome == b->outcome);
    assert(same_bytes(a->item, b->item) && same_bytes(a->location, b->location));
    assert(a->time_ms == b->time_ms && a->weight == b->weight);
    assert(a->raw.p == b->raw.p && a->raw.n == b->raw.n);
}

/* Two forms, in which both rules find fields of theirs. */
static const char lesson[] =
    "{\"video_id\":\"v1\",\"a\":\"v1\",\"location\":\"SE\",\"type\":\"view\",\"ts\":1763750040000}\n"
    "{\"ts\": 1763750040, \"b\": \"SE\", \"c\": \"like\", \"a\": 7, \"x\": 1.5}\n";

static void check(const struct event_rules *r, struct bytes message, int64_t record_time_ms) {
    struct json_decoder decoder; /* a new one: nothing is learnt yet */
    json_decoder_init(&decoder, r);
    event_batch_clear(&fast);
    event_batch_clear(&slow);
    json_decoder_decode(&decoder, (struct bytes){lesson, sizeof lesson - 1}, record_time_ms, &fast);
    json_decoder_decode_by_jansson(&decoder, message, record_time_ms, &slow);
    for (int portable = 0; portable < 2; portable++) {
        json_block_portable = portable == 1;
        event_batch_clear(&fast);
        json_decoder_decode(&decoder, message, record_time_ms, &fast);
        assert(fast.n == slow.n);
        for (size_t i = 0; i < fast.n; i++) check_event(&fast.events[i], &slow.events[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    prepare();
    char *message = malloc(size + (size == 0)); /* never NULL: that would be a tombstone */
    if (message == NULL) abort();
    if (size > 0) memcpy(message, data, size);
    check(&usual, (struct bytes){message, size}, RECORD_TIME_MS);
    check(&brief, (struct bytes){message, size}, -1);
    free(message);
    return 0;
}
