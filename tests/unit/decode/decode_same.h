/* Whether the fast path and jansson say the same of a message. */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_SAME_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_SAME_H

#include "event/event.h"

/* Fails with the message and the first difference, unless event_decode says of the message what event_decode_json_only
 * says: the same events, in all their fields. True: jansson was not asked for the item of any of its events. */
bool expect_same(const struct event_rules *r, struct bytes message, int64_t record_time_ms);

/* What was learnt from the messages so far (event_form.h) does not count for the next. */
void forget_forms(void);

#endif
