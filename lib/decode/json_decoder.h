/* decode/json_decoder.h - a message that is JSON: objects one behind the other, or an array of objects.
 * Use when: decoder.c or a test has a message that is JSON.   Not for: tombstones, which hold no JSON.
 * Threads: one owner.   Memory: fixed; what the rules point to is borrowed.
 *
 * The structure is judged by the grammar below, and by nothing else. It is JSON, but for what nobody needs: that may
 * hold any bytes between its quotes and brackets. The values that are needed are JSON's, and jansson is the authority.
 *
 *     object    = '{' '}'  |  '{' member (',' member)* '}'          white space may stand between any two of these:
 *     member    = string ':' value                                  blank, tab, LF, CR
 *     array     = '[' ']'  |  '[' value (',' value)* ']'
 *     string    = '"' ( any byte but '"' and '\'  |  '\' any byte )* '"'
 *     value     = string | container | word
 *     word      = bytes above 0x20 that are none of " , : [ ] { }
 *     container = from '[' or '{' to where as many brackets and braces were closed as opened. Their kinds are not
 *                 compared. A string in it is skipped whole, and nothing else in it is looked at
 *
 * An object is read as `object` if it is an event, a wrapper, or on the way of a configured path; an array as `array`
 * if it holds the events or is on such a way. All others are containers. There is no limit to depth.
 *
 * A message:
 *   1. The five bytes of a schema registry (0, four more, then '{' or '[') are skipped. What begins with 0 otherwise is
 *      FRAMED. A byte order mark at the beginning is skipped. What is empty then, or white space, is MALFORMED.
 *   2. What begins with '[' is an array, and nothing else may stand behind it; else the whole is one MALFORMED event.
 *      Its elements are events; those that are no objects are MALFORMED one by one.
 *   3. Else objects stand one behind the other, with white space between them or none. Where none can be read, the rest
 *      is read by lines: in each of them, from that place on, objects that end in it. What then is left of the line is
 *      one MALFORMED event, without the white space around it.
 *   4. With EVENTS_AT every object of 2 and 3 is a wrapper. The array that stands there is read as in 2; one that is
 *      not well-formed makes its wrapper one MALFORMED event. An object that stands there is one event. If there is
 *      neither, the wrapper is NO_EVENTS.
 *
 * A name is what stands between its quotes; with a backslash in it, what jansson makes of it. Of a repeated name the
 * last counts, wholly: what was found in or below a former one is forgotten.
 *
 * A needed value: null is absent. A string is what jansson makes of it; one that it refuses, because of half a
 * surrogate pair, say, is EVENT_OTHER. An integer may have any number of digits. A number beyond a double, and any word
 * that is no number of JSON's, is EVENT_OTHER.
 *
 * Every step goes forward, but for 3, which may read a text twice, and 4, which skips an array before it reads it. */
#ifndef TOPKD_DECODE_JSON_DECODER_H
#define TOPKD_DECODE_JSON_DECODER_H

#include "decode/decoder.h"
#include "decode/json_plan.h"

struct json_decoder {
    struct json_plan plan;
};

/* RULES are copied. Not to be copied itself. */
void json_decoder_init(struct json_decoder *d, const struct event_rules *rules);
/* Adds the events of M, which has a value, to OUT, which is empty. */
void json_decoder_decode(struct json_decoder *d, const struct message *m, struct event_batch *out);

#endif
