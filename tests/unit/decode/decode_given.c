/* unit/decode/decode_given.c - decodes copies of exact length, and writes events as lines. */
#include "decode_given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "support/event_text.h"

enum { GIVEN_MAX = 16 };

const struct weights *given_weights(const char *text) {
    static struct {
        const char *text;
        struct weights weights;
    } all[GIVEN_MAX];
    size_t i = 0;
    while (i < GIVEN_MAX && all[i].text != NULL && strcmp(all[i].text, text) != 0) i++;
    ck_assert_uint_lt(i, GIVEN_MAX);
    all[i].text = text;
    ck_assert_int_eq(weights_parse(text, &all[i].weights, NULL), 0);
    return &all[i].weights;
}

const struct time_zone *given_zone(const char *text) {
    static struct time_zone all[GIVEN_MAX];
    size_t i = 0;
    while (i < GIVEN_MAX && all[i].name[0] != '\0' && strcmp(all[i].name, text) != 0) i++;
    ck_assert_uint_lt(i, GIVEN_MAX);
    ck_assert_int_eq(time_zone_parse(text, &all[i], NULL), 0);
    return &all[i];
}

const struct event_rules *given_rules(void) {
    static struct event_rules rules = {
        .fields = {"video_id", "location", "ts", "type", "value"}, .has_global = true, .adds_value = true};
    rules.weights = given_weights("view=1,like=4,skip=0,*=2");
    rules.zone = given_zone("UTC");
    return &rules;
}

struct decoded decoded_message(const struct event_rules *r, const struct message *m) {
    struct decoded d = {.n = m->value.n};
    struct message copy = *m;
    if (m->value.p != NULL) {
        d.message = malloc(d.n + (d.n == 0)); /* never NULL: that would be a tombstone */
        ck_assert_ptr_nonnull(d.message);
        memcpy(d.message, m->value.p, d.n);
    }
    copy.value.p = d.message;
    struct decoder *decoder = decoder_create(r);
    event_batch_init(&d.batch);
    decoder_decode(decoder, &copy, &d.batch);
    decoder_destroy(decoder);
    return d;
}

struct decoded decoded_with(const struct event_rules *r, const void *p, size_t n, int64_t record_time_ms) {
    return decoded_message(r, &(struct message){.value = {p, n}, .topic = "events", .time_ms = record_time_ms});
}

struct decoded decoded_text(const char *text) {
    return decoded_with(given_rules(), text, strlen(text), RECORD_TIME_MS);
}

void decoded_free(struct decoded *d) {
    event_batch_deinit(&d->batch);
    free(d->message);
}

static const char *line_of(const struct decoded *d, size_t i, bool with_raw) {
    static char line[DECODED_LINE_BYTES];
    ck_assert_msg(i < d->batch.n, "event %zu wanted, there are %zu", i, d->batch.n);
    struct buf out = {0};
    event_text_add(&out, &d->batch.events[i], with_raw ? d->message : NULL);
    snprintf(line, sizeof line, "%s", buf_text(&out));
    buf_free(&out);
    return line;
}

const char *decoded_line(const struct decoded *d, size_t i) { return line_of(d, i, true); }

const char *decoded_line_without_raw(const struct decoded *d, size_t i) { return line_of(d, i, false); }
