/* decode/decoder.c - one reader for all messages of a consumer: today each of them is JSON.
 * The format is chosen where the decoder is made, so that no message pays for the choice. A record without a value is a
 * tombstone in every format. */
#include "decode/decoder.h"

#include <assert.h>

#include "base/clock.h"
#include "base/mem.h"
#include "decode/json_decoder.h"
#include "event/batch.h"

struct decoder {
    struct json_decoder json;
};

struct decoder *decoder_create(const struct event_rules *rules) {
    struct decoder *d = mem_zalloc(1, sizeof *d);
    json_decoder_init(&d->json, rules);
    return d;
}

#ifdef TOPKD_TESTHOOKS
/* What the partition relies on. */
static void applied_check(const struct event *ev) {
    assert(ev->item.p != NULL && ev->item.n > 0 && ev->item.n <= EVENT_ITEM_BYTES_MAX);
    assert(ev->location.p == NULL || (ev->location.n > 0 && ev->location.n <= EVENT_LOCATION_BYTES_MAX));
    assert(ev->weight > 0 && time_is_believed(ev->time_ms));
}

/* The bytes of the events lie in the message, one behind the other. */
static void events_check(struct bytes message, const struct event_batch *b) {
    const char *free_from = message.p, *end = message.p + message.n;
    for (size_t i = 0; i < b->n; i++) {
        const struct event *ev = &b->events[i];
        assert(ev->raw.p >= free_from && ev->raw.n <= (size_t)(end - ev->raw.p));
        assert(ev->outcome < EVENT_FUTURE && ev->outcome != EVENT_TOMBSTONE);
        if (ev->outcome == EVENT_APPLIED) applied_check(ev);
        free_from = ev->raw.p + ev->raw.n;
    }
}
#endif

void decoder_destroy(struct decoder *d) { mem_free(d); }

void decoder_decode(struct decoder *d, const struct message *m, struct event_batch *out) {
    event_batch_clear(out);
    if (m->value.p == NULL) {
        event_batch_add(out, m->value)->outcome = EVENT_TOMBSTONE;
        return;
    }
    json_decoder_decode(&d->json, m, out);
#ifdef TOPKD_TESTHOOKS
    events_check(m->value, out);
#endif
}
