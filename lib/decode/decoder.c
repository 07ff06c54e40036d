/* decode/decoder.c - one reader for all messages of a consumer: today each of them is JSON.
 * The format is chosen where the decoder is made, so that no message pays for the choice. A record without a value is a
 * tombstone in every format. */
#include "decode/decoder.h"

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

void decoder_destroy(struct decoder *d) { mem_free(d); }

void decoder_decode(struct decoder *d, struct bytes message, int64_t record_time_ms, struct event_batch *out) {
    event_batch_clear(out);
    if (message.p == NULL)
        event_batch_add(out, message)->outcome = EVENT_TOMBSTONE;
    else
        json_decoder_decode(&d->json, message, record_time_ms, out);
}
