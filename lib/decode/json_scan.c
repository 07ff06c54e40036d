/* The problem. jansson builds a tree of every message, with an allocation a value, to answer five questions; it costs
 * more than all that is done with the answers. Producers write their events in a few plain shapes, and for these the
 * answers can be read off the text.
 *
 * The idea.
 *  1. A producer writes the same keys in the same order, over and over. What stood between two values of an object that
 *     was understood is remembered, with the field whose value came next (event_form.h). Where the next object has the
 *     same bytes in the same place they mean the same, and need not be understood again:
 *
 *         {"video_id":"v208711","ts":1763750040000,"tag":"a\"b"}
 *         ============         ======             =======           compared, two words each
 *
 *  2. Where it differs, the grammar is walked, and all of it: what is skipped is checked as closely as what is read,
 *     because a message that is malformed anywhere is malformed. Values are always read by the grammar
 * (event_object.c).
 *  3. The end of a string is found for many bytes at a time (event_block.h): a bit for each quote, backslash, control
 *     character and byte of UTF-8, its "stops". If the first stop is no quote, as in "tag", the slow way is taken to
 * the string's end. The stops of 64 bytes are found before it is known where their strings begin, so that one value
 *     does not wait for the one before it.
 *  4. No step asks whether the text has ended: its last bracket ends every walk (event_token.h).
 *  5. A key that must be looked up is compared by its first eight bytes, as one number (event_names.h).
 *  6. Texts are not copied: they point into the message. Values go to the judge that jansson's go to (event_judge.c).
 *
 * What is handed over. jansson is the authority, and this is a translation of what it does, not of what JSON says. So
 * whatever is not plain is not judged here, but left to it, with the whole message, or the line it is in:
 *   - malformed text of any kind;
 *   - an escape in a key or in a text that is needed (in other strings escapes are checked and skipped);
 *   - configured names that are equal;
 *   - numbers of more than 18 digits; where it is needed also -0, an exponent, and a real number that is negative
 *     or whose digits exceed 2^53; where it is not, an exponent of more than two digits;
 *   - NULs, of which jansson 2.14 forgets those behind a number; depth beyond 64; messages that end within 16 bytes.
 *
 * Measured, ns of CPU an event, the median of 5 rounds, "before" (without forms, every key looked up) and after in turn
 * (tests/bench/scan.c; gcc 12 -O2; one core of an AMD EPYC, family 26, at 3.9 GHz, both cores busy; "portable": with
 * EVENT_BLOCK_PORTABLE, 9 rounds):
 *                     bytes   before   scanner   portable   jansson
 *     98 bytes           98       45        33         58      1300   one event a message
 *     98, lines          99       41        30         55      1288   a hundred
 *     98, array          99       43        28         54      1292
 *     single             91       44        33         59      1183
 *     spaced            100       45        33         58      1191   blanks behind colons and commas
 *     four orders        91       51        40         66      1165   of the keys, at random
 *     unlearnt          107       60        62         94      1220   keys on lines of their own: no form has line ends
 *     rich              298      149       102        182      3554   nested values, UTF-8, escapes, a real number
 * callgrind counts 748 instructions for an event of an array, and 112 more for a message.
 *
 * Not done. AVX2 for the stops, with BMI2, saves 5 to 7 % of this (33.3 -> 31.6 ns, the same 9 rounds in turn, compiled
 * for it): too little for a second copy of the walk. AVX-512 saves no more than AVX2. A tape of all quotes before the
 * walk, as simdjson has it: it stores and loads what two instructions count. */
#include "decode/json_scan.h"

#include "decode/json_elements.h"
#include "decode/json_names.h"
#include "decode/json_object.h"
#include "event/batch.h"

EVENT_INLINE void add_event(struct event_scan *s, struct bytes raw, const struct event_value values[EVENT_FIELDS]) {
    event_judge(s->rules, values, s->record_time_ms, event_batch_add(s->batch, raw));
}

static const char *behind_space(const char *p, const char *end) {
    while (p < end && event_is_space(*p)) p++;
    return p;
}

enum event_scanned event_scan_object(struct event_scan *s) {
    struct event_text *t = &s->text;
    struct event_value values[EVENT_FIELDS];
    const char *p = event_token_skip_space(t, s->message.p);
    p = *p == '{' ? event_object_take(s->batch->names, t, p, values) : NULL;
    if (p == NULL) return EVENT_SCAN_UNKNOWN;
    if (behind_space(p, t->end) != t->end) return EVENT_SCAN_FIRST;
    add_event(s, s->message, values);
    return EVENT_SCAN_WHOLE;
}

/* What is not an object is malformed, as it is added. */
static const char *take_element(struct event_scan *s, const char *p) {
    struct event_value values[EVENT_FIELDS];
    bool object = *p == '{';
    const char *next =
        object ? event_object_take(s->batch->names, &s->text, p, values) : event_token_value(&s->text, p, NULL);
    if (next == NULL || event_text_ended(&s->text, next)) return NULL;
    struct bytes raw = {.p = p, .n = (size_t)(next - p)};
    if (object)
        add_event(s, raw, values);
    else
        event_batch_add(s->batch, raw);
    return next;
}

bool event_scan_array(struct event_scan *s) {
    struct event_text *t = &s->text;
    const char *p = event_token_byte(t, s->message.p, '[');
    if (p == NULL) return false;
    p = event_token_skip_space(t, p);
    bool more = *p != ']';
    while (more) {
        p = take_element(s, event_token_skip_space(t, p));
        if (p == NULL) return false;
        p = event_token_skip_space(t, p);
        more = *p == ',';
        if (!more && *p != ']') return false;
        p += more;
    }
    return behind_space(p + 1, t->end) == t->end;
}

/* The LF of the line that goes on at P, or the text's end, if there is only white space up to it; else NULL. */
static const char *line_end(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
    return p == end || *p == '\n' ? p : NULL;
}

bool event_scan_line(struct event_scan *s, struct bytes *rest) {
    struct event_text *t = &s->text;
    struct event_value values[EVENT_FIELDS];
    if (rest->p > t->last) return false;
    t->lf = NULL;
    t->depth = 0;
    const char *p = event_token_skip_space(t, rest->p);
    p = *p == '{' ? event_object_take(s->batch->names, t, p, values) : NULL;
    const char *end = p != NULL && t->lf == NULL ? line_end(p, t->end) : NULL;
    if (end == NULL) return false;
    add_event(s, (struct bytes){.p = rest->p, .n = (size_t)(end - rest->p) - (end[-1] == '\r')}, values);
    const char *next = end < t->end ? end + 1 : end;
    *rest = (struct bytes){.p = next, .n = (size_t)(t->end - next)};
    return true;
}
