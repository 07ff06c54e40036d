/* fuzz/fuzz_event.c - what the decoder says of any bytes.
 * Goal: no bytes whatever crash the decoder or make it say what it may not say.
 * Method: the input is the message, copied to memory of its exact size, so that the files of the corpus are seeds as
 * they are. It is decoded twice: with a global list and a record's time, and without either. What is asserted:
 *  - there is at least one event, unless the message is an empty array;
 *  - raw spans lie inside the message, in its order, without overlap; of several events none is empty;
 *  - an applied event has all that the partition relies on;
 *  - an event's own bytes, decoded alone, give the same verdict and fields. (A dead letter can be judged again. Only an
 *    array inside an array or a line would be more by itself than it was there.) */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decoder.h"

/* Assertions are what this program is for. */
#ifdef NDEBUG
#error "build without NDEBUG"
#endif

#define RECORD_TIME_MS INT64_C(1763751600123)
#define TIME_END_MS    INT64_C(253402300800000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct weights weights;

static struct event_rules rules_with(bool has_global) {
    static bool parsed;
    if (!parsed && weights_parse("view=1,like=4,skip=0,*=2", &weights, NULL) != 0) abort();
    parsed = true;
    return (struct event_rules){
        .fields = {"video_id", "location", "ts", "type", "value"},
        .weights = &weights,
        .has_global = has_global,
    };
}

/* The first byte that is not JSON's white space, or 0. */
static char first_byte(struct bytes text) {
    size_t i = 0;
    while (i < text.n && strchr(" \t\r\n", text.p[i]) != NULL && text.p[i] != '\0') i++;
    return i < text.n ? text.p[i] : '\0';
}

static bool is_empty_array(struct bytes message) {
    char kept[2];
    size_t n = 0;
    for (size_t i = 0; i < message.n; i++)
        if (message.p[i] == '\0' || strchr(" \t\r\n", message.p[i]) == NULL) {
            if (n == 2) return false;
            kept[n++] = message.p[i];
        }
    return n == 2 && memcmp(kept, "[]", 2) == 0;
}

static void check_spans(struct bytes message, const struct event_batch *b) {
    const char *free_from = message.p;
    for (size_t i = 0; i < b->n; i++) {
        struct bytes raw = b->events[i].raw;
        assert(raw.p >= free_from && raw.n <= (size_t)(message.p + message.n - raw.p));
        assert(raw.n > 0 || b->n == 1);
        free_from = raw.p + raw.n;
    }
}

static void check_applied(const struct event *ev, const struct event_rules *r) {
    assert(ev->item.p != NULL && ev->item.n >= 1 && ev->item.n <= EVENT_ITEM_BYTES_MAX);
    assert(ev->location.p != NULL ? ev->location.n >= 1 && ev->location.n <= EVENT_LOCATION_BYTES_MAX : r->has_global);
    for (size_t i = 0; i < ev->location.n; i++)
        assert((unsigned char)ev->location.p[i] >= 0x20 && ev->location.p[i] != 0x7f);
    assert(ev->weight > 0);
    assert(ev->time_ms >= 0 && ev->time_ms < TIME_END_MS);
}

static void check_event(const struct event *ev, const struct event_rules *r) {
    assert(ev->outcome < EVENT_FUTURE && ev->outcome != EVENT_TOMBSTONE);
    assert(event_outcome_name(ev->outcome) != NULL);
    if (ev->outcome == EVENT_APPLIED) check_applied(ev, r);
    if (ev->outcome == EVENT_WEIGHTLESS) assert(ev->weight == 0 && ev->time_ms >= 0);
}

static bool same_bytes(struct bytes a, struct bytes b) {
    return (a.p == NULL) == (b.p == NULL) && a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void check_alone(const struct event *ev, struct decoder *decoder, int64_t record_time_ms,
                        struct event_batch *again) {
    decoder_decode(decoder, &(struct message){.value = ev->raw, .time_ms = record_time_ms}, again);
    assert(again->n == 1);
    const struct event *alone = &again->events[0];
    assert(alone->outcome == ev->outcome);
    assert(same_bytes(alone->item, ev->item) && same_bytes(alone->location, ev->location));
    assert(alone->time_ms == ev->time_ms && alone->weight == ev->weight);
    assert(same_bytes(alone->raw, ev->raw));
}

static void check_message(struct bytes message, const struct event_rules *r, int64_t record_time_ms) {
    struct event_batch b, again;
    event_batch_init(&b);
    event_batch_init(&again);
    struct decoder *decoder = decoder_create(r), *another = decoder_create(r);
    decoder_decode(decoder, &(struct message){.value = message, .time_ms = record_time_ms}, &b);
    assert((b.n == 0) == is_empty_array(message));
    check_spans(message, &b);
    for (size_t i = 0; i < b.n; i++) {
        check_event(&b.events[i], r);
        bool inner_array = first_byte(b.events[i].raw) == '[';
        assert(!inner_array || b.events[i].outcome == EVENT_MALFORMED);
        if (!inner_array) check_alone(&b.events[i], another, record_time_ms, &again);
    }
    decoder_destroy(another);
    decoder_destroy(decoder);
    event_batch_deinit(&again);
    event_batch_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct event_rules usual = rules_with(true), strict = rules_with(false);
    char *message = malloc(size + (size == 0)); /* never NULL: that would be a tombstone */
    if (message == NULL) abort();
    if (size > 0) memcpy(message, data, size);
    check_message((struct bytes){.p = message, .n = size}, &usual, RECORD_TIME_MS);
    check_message((struct bytes){.p = message, .n = size}, &strict, -1);
    free(message);
    return 0;
}
