/* support/decoders.h - one message, read by the decoder in all its ways, by jansson and by the audit.
 * Use when: a test or a fuzzer has a message, and what becomes of it is not written down.   Not for: how fast it goes.
 *
 *   cold     a decoder that has learnt nothing
 *   again    the same one, once it has seen the message
 *   warm     a decoder that has seen all messages before
 *            each of these by SSE2 and by words of 64 bits (json_block.h)
 *   jansson  if it accepts the message as a whole
 *   audit    the other implementation of the same rules, which shares no code: of any bytes
 *
 * Threads: one owner. The zone of the rules must be entered, if it has a name. */
#ifndef TOPKD_TESTS_SUPPORT_DECODERS_H
#define TOPKD_TESTS_SUPPORT_DECODERS_H

#include "decode/decoder.h"

struct decoders;

/* RULES are copied; what they point to is borrowed. The zone has its name. */
struct decoders *decoders_create(const struct event_rules *rules);
void decoders_destroy(struct decoders *d); /* NULL is allowed */
/* The warm decoder forgets what it has learnt. */
void decoders_forget(struct decoders *d);
/* The warm decoder sees VALUE. */
void decoders_teach(struct decoders *d, struct bytes value);

/* NULL: all say the same of M. Else who differs, and what was said; valid until the next call. M is read in memory of
 * its exact size, so that a sanitizer sees a look beyond it. */
const char *decoders_differ(struct decoders *d, const struct message *m) MUST_CHECK;
/* What was said of the last message, in a copy of it. Valid until the next call. */
const struct event_batch *decoders_said(const struct decoders *d);
/* jansson accepted the last message. */
bool decoders_jansson_spoke(const struct decoders *d);

#endif
