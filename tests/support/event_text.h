/* support/event_text.h - an event as a line of text:
 *   <outcome> <item> <location> <time_ms> <weight> @<where raw begins in the message>+<its length>
 * with "-" for what is not there, and \xNN for bytes that would not read well (white space, '\', '-' alone, non-ASCII).
 */
#ifndef TOPKD_TESTS_SUPPORT_EVENT_TEXT_H
#define TOPKD_TESTS_SUPPORT_EVENT_TEXT_H

#include "base/buf.h"
#include "event/event.h"

/* MESSAGE: where the message begins; NULL: the line ends behind the weight. Without a line end. */
void event_text_add(struct buf *out, const struct event *ev, const char *message);

#endif
