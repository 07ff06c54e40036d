/* fuzz/fuzz_event.c - what the decoder says of any bytes.
 * Goal: no bytes whatever crash the decoder or make it say what it may not say.
 * Method: the input is the message, copied to memory of its exact size, so that the files of the corpus are seeds as
 * they are. It is decoded by flat rules with a global list and a record's time, by paths without either, and by rules
 * with a wrapper. What is asserted:
 *  - there is at least one event, unless the message is an empty array, or wrappers have nothing but such;
 *  - raw spans lie inside the message, in its order, without overlap; of several events none is empty;
 *  - an applied event has all that the partition relies on;
 *  - without a wrapper an event's own bytes, decoded alone, give the same verdict and fields: a dead letter can be
 * judged
 *    again. Not so a piece that would mean more at the beginning of a message than where it stood: one that begins with
 *    a bracket, a NUL or a byte order mark, and an element with a line end in it, which is no line there. */
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
static struct time_zone utc;

static const struct event_rules usual = {.fields = {"video_id", "location", "ts", "type", "value", "id"},
                                         .weights = &weights,
                                         .zone = &utc,
                                         .has_global = true,
                                         .adds_value = true},
                                strict = {.fields = {"/data/video_id", "/data/0", "/time", "/a/type", "", ""},
                                          .weights = &weights,
                                          .zone = &utc},
                                wrapped = {.fields = {"video_id", "^/location", "ts", "^/a/type", "", "id"},
                                           .events_at = "/events",
                                           .weights = &weights,
                                           .zone = &utc,
                                           .has_global = true};

static void prepare(void) {
    if (weights.n > 0) return;
    if (weights_parse("view=1,like=4,skip=0,*=2", &weights, NULL) != 0 || time_zone_parse("UTC", &utc, NULL) != 0)
        abort();
}

static bool begins_with(struct bytes text, const char *with, size_t n) {
    return text.n >= n && memcmp(text.p, with, n) == 0;
}

static bool has_byte(struct bytes text, char c) { return text.n > 0 && memchr(text.p, c, text.n) != NULL; }

/* Nothing but brackets and white space behind what may stand before them. */
static bool is_empty_array(struct bytes message) {
    char kept[2];
    size_t n = 0, i = message.n > 5 && message.p[0] == '\0' ? 5 : begins_with(message, "\xef\xbb\xbf", 3) ? 3 : 0;
    for (; i < message.n; i++)
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
        assert(raw.n > 0 || (b->n == 1 && message.n == 0));
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
    assert(ev->outcome != EVENT_NO_EVENTS || r->events_at != NULL);
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
    assert(alone->time_ms == ev->time_ms && alone->weight == ev->weight && alone->id_hash == ev->id_hash);
    assert(same_bytes(alone->raw, ev->raw));
}

/* Would the piece mean more by itself than it did where it stood? Then it was nothing there. */
static bool means_more_alone(const struct event *ev, struct bytes message) {
    if (ev->raw.n == message.n) return false;
    bool more = *ev->raw.p == '[' || *ev->raw.p == '\0' || begins_with(ev->raw, "\xef\xbb\xbf", 3) ||
                (*ev->raw.p == '"' && has_byte(ev->raw, '\n'));
    assert(!more || ev->outcome == EVENT_MALFORMED);
    return more;
}

static void check_message(struct bytes message, const struct event_rules *r, int64_t record_time_ms) {
    struct event_batch b, again;
    event_batch_init(&b);
    event_batch_init(&again);
    struct decoder *decoder = decoder_create(r), *another = decoder_create(r);
    decoder_decode(decoder, &(struct message){.value = message, .time_ms = record_time_ms}, &b);
    if (r->events_at == NULL) assert((b.n == 0) == is_empty_array(message));
    if (b.n == 0) assert(has_byte(message, '[') && has_byte(message, ']'));
    check_spans(message, &b);
    for (size_t i = 0; i < b.n; i++) {
        check_event(&b.events[i], r);
        if (r->events_at == NULL && !means_more_alone(&b.events[i], message))
            check_alone(&b.events[i], another, record_time_ms, &again);
    }
    decoder_destroy(another);
    decoder_destroy(decoder);
    event_batch_deinit(&again);
    event_batch_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    prepare();
    char *message = malloc(size + (size == 0)); /* never NULL: that would be a tombstone */
    if (message == NULL) abort();
    if (size > 0) memcpy(message, data, size);
    check_message((struct bytes){.p = message, .n = size}, &usual, RECORD_TIME_MS);
    check_message((struct bytes){.p = message, .n = size}, &strict, -1);
    check_message((struct bytes){.p = message, .n = size}, &wrapped, RECORD_TIME_MS);
    free(message);
    return 0;
}
