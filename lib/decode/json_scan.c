/* decode/json_scan.c - reads the answers off the text of a message, where jansson would build a tree of it.
 *
 * The problem. To answer five questions jansson allocates memory for every value of a message. That costs more than all
 * that is done with the answers. Producers write their events in a few plain shapes, and of these the answers can be
 * read directly.
 *
 * The idea.
 *  1. A producer writes the same keys in the same order, over and over. So the scanner remembers what stood between two
 *     values of an object that it understood, and which field the next value belonged to (json_form.h). Where the next
 *     object has the same bytes in the same place, they mean the same. They are compared, not understood again:
 *
 *         {"video_id":"v208711","ts":1763750040000,"tag":"a\"b"}
 *         ============         ======             =======          compared, two words each
 *
 *  2. Where an object differs, the grammar is walked, and all of it. What is skipped is checked as closely as what is
 *     read, because a message that is malformed anywhere is malformed. Values are always read by the grammar
 *     (json_object.c).
 *  3. The end of a string is found for many bytes at a time (json_block.h). A bit is set for each "stop": a quote, a
 *     backslash, a control character or a byte of UTF-8. If the first stop is no quote, as in "tag" above, the rest of
 *     the string is walked slowly. The stops of 64 bytes are found before it is known where their strings begin. So one
 *     value does not wait for the one before it.
 *  4. No step asks whether the text has ended: the last bracket of the text ends every walk (json_token.h).
 *  5. A key that must be looked up is compared by its first eight bytes, as one number (json_object.c).
 *  6. Texts are not copied: they point into the message. Values go to the same judge as jansson's (event/judge.c).
 *
 * What is left to jansson. It is the authority: the scanner says what jansson says, not what a standard says. Whatever
 * is not plain is handed over, with the whole message or with the line that it stands in:
 *   - malformed text of any kind;
 *   - an escape in a key, or in a text that is needed (in other strings escapes are checked and skipped);
 *   - configured names that are equal;
 *   - any number of more than 18 digits;
 *   - a number that is needed and is -0, has an exponent, or is real and either negative or has digits above 2^53;
 *   - a number that is not needed and has an exponent of more than two digits;
 *   - NULs, because jansson 2.14 forgets those behind a number;
 *   - depth beyond 64;
 *   - a message whose last bracket is among its first 16 bytes.
 *
 * What it costs, ns of CPU an event. Each figure is the median of 5 rounds, the contestants in turn
 * (tests/bench/scan.c; gcc 12 -O2; one core of an AMD EPYC, family 26, at 3.9 GHz, both cores busy).
 *   without forms   every key is looked up
 *   portable        built with JSON_BLOCK_PORTABLE; 9 rounds
 *
 *                   bytes   without forms   scanner   portable   jansson
 *     98 bytes         98              45        33         58      1300   one event a message
 *     98, lines        99              41        30         55      1288   a hundred
 *     98, array        99              43        28         54      1292
 *     single           91              44        33         59      1183
 *     spaced          100              45        33         58      1191   blanks behind colons and commas
 *     four orders      91              51        40         66      1165   of the keys, at random
 *     unlearnt        107              60        62         94      1220   keys on lines of their own: never learnt
 *     rich            298             149       102        182      3554   nested values, UTF-8, escapes, a real number
 *
 * callgrind counts 742 instructions for an event of an array, and 127 more for a message.
 *
 * What was not done.
 *   - AVX2 for the stops, with BMI2: saves 5 to 7 % (33.3 -> 31.6 ns in 9 rounds). Too little for a second copy of the
 *     walk. AVX-512 saves no more than AVX2.
 *   - A tape of all quotes before the walk, as simdjson has it: it stores and loads what two instructions count. */
#include "decode/json_scan.h"

#include <assert.h>

#include "event/batch.h"

ALWAYS_INLINE void scan_add(struct json_scan *s, struct bytes raw, const struct event_value values[EVENT_FIELDS]) {
    event_judge(s->rules, values, s->record_time_ms, event_batch_add(s->batch, raw));
}

static const char *space_end(const char *p, const char *end) {
    while (p < end && json_is_space(*p)) p++;
    return p;
}

enum json_scanned json_scan_object(struct json_scan *s) {
    struct json_text *t = &s->text;
    struct event_value values[EVENT_FIELDS];
    json_text_check(t);
    const char *p = json_token_skip_space(t, s->message.p);
    p = *p == '{' ? json_object_take(s->names, t, p, values) : NULL;
    if (p == NULL) return JSON_SCAN_UNKNOWN;
    if (space_end(p, t->end) != t->end) return JSON_SCAN_FIRST;
    scan_add(s, s->message, values);
    return JSON_SCAN_WHOLE;
}

/* What is not an object stays malformed, as it was added. */
static const char *element_take(struct json_scan *s, const char *p) {
    struct event_value values[EVENT_FIELDS];
    bool object = *p == '{';
    const char *next = object ? json_object_take(s->names, &s->text, p, values) : json_token_value(&s->text, p, NULL);
    if (next == NULL || json_text_ended(&s->text, next)) return NULL;
    struct bytes raw = {.p = p, .n = (size_t)(next - p)};
    if (object)
        scan_add(s, raw, values);
    else
        event_batch_add(s->batch, raw);
    return next;
}

bool json_scan_array(struct json_scan *s) {
    struct json_text *t = &s->text;
    json_text_check(t);
    const char *p = json_token_byte(t, s->message.p, '[');
    if (p == NULL) return false;
    p = json_token_skip_space(t, p);
    bool more = *p != ']';
    while (more) {
        p = element_take(s, json_token_skip_space(t, p));
        if (p == NULL) return false;
        p = json_token_skip_space(t, p);
        more = *p == ',';
        if (!more && *p != ']') return false;
        p += more;
    }
    return space_end(p + 1, t->end) == t->end;
}

/* The LF of the line that goes on at P, or the text's end, if there is only white space up to it; else NULL. */
static const char *line_end(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
    return p == end || *p == '\n' ? p : NULL;
}

bool json_scan_line(struct json_scan *s, struct bytes *rest) {
    struct json_text *t = &s->text;
    struct event_value values[EVENT_FIELDS];
    assert(rest->p + rest->n == t->end);
    if (rest->p > t->last) return false;
    t->lf = NULL;
    t->depth = 0;
    const char *p = json_token_skip_space(t, rest->p);
    p = *p == '{' ? json_object_take(s->names, t, p, values) : NULL;
    const char *end = p != NULL && t->lf == NULL ? line_end(p, t->end) : NULL;
    if (end == NULL) return false;
    scan_add(s, (struct bytes){.p = rest->p, .n = (size_t)(end - rest->p) - (end[-1] == '\r')}, values);
    const char *next = end < t->end ? end + 1 : end;
    *rest = (struct bytes){.p = next, .n = (size_t)(t->end - next)};
    return true;
}
