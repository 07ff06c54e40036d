/* unit/decode/decode_given.h - the words of the decoder's tests: rules, a message, and its events as lines of text
 * (support/event_text.h). */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_GIVEN_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_GIVEN_H

#include "decode/decoder.h"

enum { DECODED_LINE_BYTES = 2048 };

/* 2025-11-21T19:00:00.123Z: what an event without a time of its own gets. */
#define RECORD_TIME_MS INT64_C(1763751600123)

/* The fields as EVENTS.md names them; view=1,like=4,skip=0,*=2; UTC; a global list; values are judged. Borrowed, for
 * ever valid. */
const struct event_rules *given_rules(void);
/* For ever valid. TEXT is as the setting has it. */
const struct weights *given_weights(const char *text);
const struct time_zone *given_zone(const char *text);

/* A batch decoded from a copy of a value that ends where its memory ends, so that a sanitizer sees a look
 * beyond it. The copy lives as long as the result. */
struct decoded {
    struct event_batch batch;
    char *message;
    size_t n;
};
struct decoded decoded_message(const struct event_rules *r, const struct message *m);
struct decoded decoded_with(const struct event_rules *r, const void *p, size_t n, int64_t record_time_ms);
struct decoded decoded_text(const char *text); /* usual rules and record time */
void decoded_free(struct decoded *d);

/* The I-th event, valid until the next call. */
const char *decoded_line(const struct decoded *d, size_t i);
const char *decoded_line_without_raw(const struct decoded *d, size_t i);

#endif
