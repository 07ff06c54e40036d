/* unit/decode/decode_same.h - all who read a message (support/decoders.h) must say the same of it. */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_SAME_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_SAME_H

#include "support/decoders.h"

/* given_rules without values, which the audit does not judge; with an id. */
struct event_rules same_rules(void);
/* Fails with what each says, unless all say the same of the N bytes at P. */
void expect_same(struct decoders *d, const void *p, size_t n);
void expect_same_text(struct decoders *d, const char *text);
/* The same for a whole message. */
void expect_same_message(struct decoders *d, const struct message *m);

#endif
