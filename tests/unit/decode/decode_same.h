/* unit/decode/decode_same.h - whether the fast path and jansson say the same of a message. */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_SAME_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_SAME_H

#include "event/event.h"

/* Fails with the message and the first difference, unless the decoder says of the message what jansson alone says: the
 * same events, in all their fields. True: jansson was not asked for the item of any of its events. What was learnt from
 * messages counts for the next, as long as the rules stay the same. */
bool expect_same(const struct event_rules *r, struct bytes message, int64_t record_time_ms);

/* What was learnt from the messages so far (json_form.h) does not count for the next. */
void forget_forms(void);

#endif
