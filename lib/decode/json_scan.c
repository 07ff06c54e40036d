/* decode/json_scan.c - reads the answers off the text of a message, where a parser would build a tree of it.
 *
 * The problem. To answer five questions a parser allocates memory for every value of a message. That costs more than
 * all that is done with the answers. Producers write their events in a few plain shapes, and of these the answers can
 * be read directly.
 *
 * The idea.
 *  1. A producer writes the same keys in the same order, over and over. So the scanner remembers what stood between two
 *     values of an object that it understood, and which field the next value belonged to (json_form.h). Where the next
 *     object has the same bytes in the same place, they mean the same. They are compared, not understood again:
 *
 *         {"video_id":"v208711","ts":1763750040000,"tag":"a\"b"}
 *         ============         ======             =======          compared, two words each
 *
 *  2. Where an object differs, the grammar is walked (json_object.c). What nobody needs is skipped by its quotes and
 *     brackets.
 *  3. The end of a string is found for many bytes at a time (json_block.h). A bit is set for each "stop": a quote, a
 *     backslash, a control character or a byte of UTF-8. If the first stop is no quote, as in "tag" above, the rest of
 *     the string is walked slowly. The stops of 64 bytes are found before it is known where their strings begin. So one
 *     value does not wait for the one before it.
 *  4. No step asks whether the text has ended: the last bracket of the text ends every walk (json_token.h).
 *  5. A key that must be looked up is compared by its first eight bytes, as one number (json_tree.h).
 *  6. Texts are not copied: they point into the message. Only a needed string with escapes, and a needed number that is
 *     not plain, goes to jansson (json_value.c).
 *
 * What it costs: RESULTS.md of tests/bench, and `make bench ARGS="--only decode"`.
 *
 * What was not done.
 *   - AVX2 for the stops, with BMI2: saves 5 to 7 % (33.3 -> 31.6 ns in 9 rounds). Too little for a second copy of the
 *     walk. AVX-512 saves no more than AVX2.
 *   - A tape of all quotes before the walk, as simdjson has it: it stores and loads what two instructions count. */
#include "decode/json_scan.h"

#include <assert.h>
#include <string.h>

#include "event/arena.h"
#include "event/batch.h"

/* -- events -- */

/* From P to END, in the words of the message. */
ALWAYS_INLINE struct bytes raw_of(const struct json_scan *s, const char *p, const char *end) {
    return (struct bytes){.p = p - s->moved, .n = (size_t)(end - p)};
}

void json_scan_outside(const struct json_scan *s, struct event_value values[JSON_SLOTS]) {
    for (size_t i = 0; i < s->plan->outside_n; i++) {
        const struct json_outside *o = &s->plan->outside[i];
        const struct event_value *from[JSON_VALUES] = {values, s->wrapper, s->beside};
        values[o->field] = from[o->from][o->slot];
    }
}

static void malformed_add(struct json_scan *s, const char *p, const char *end) {
    event_batch_add(s->batch, raw_of(s, p, end));
}

/* P stands on a brace. The object is an event. */
ALWAYS_INLINE const char *event_take(struct json_scan *s, const char *p) {
    struct event_value values[JSON_SLOTS];
    const char *next = json_object_take(&s->plan->event, &s->text, p, values);
    if (next != NULL) json_scan_add(s, raw_of(s, p, next), values);
    return next;
}

/* -- arrays -- */

typedef const char *take_fn(struct json_scan *s, const char *p);

/* What is not an object stays malformed, as it was added. */
ALWAYS_INLINE const char *element_take(struct json_scan *s, const char *p, take_fn *take_object) {
    const char *next = *p == '{' ? take_object(s, p) : json_token_value(&s->text, p, NULL);
    if (next == NULL || json_text_ended(&s->text, next)) return NULL;
    if (*p != '{') malformed_add(s, p, next);
    return next;
}

/* P stands on the bracket. Returns what follows its partner; NULL: it is no array, and some elements may have been
 * added. */
ALWAYS_INLINE const char *array_take(struct json_scan *s, const char *p, take_fn *take_object) {
    assert(*p == '[');
    p = json_token_skip_space(p + 1);
    bool more = *p != ']';
    while (more) {
        p = element_take(s, json_token_skip_space(p), take_object);
        if (p == NULL) return NULL;
        p = json_token_skip_space(p);
        more = *p == ',';
        if (!more && *p != ']') return NULL;
        p += more;
    }
    return p + 1;
}

/* -- wrappers -- */

/* The array or the object that VALUE is, wholly. False: an array that is none, and some elements may have been
 * added. */
static bool wrapped_take(struct json_scan *s, const struct event_value *value) {
    const char *p = value->text.p;
    const char *next = *p == '[' ? array_take(s, p, event_take) : event_take(s, p);
    return next == p + value->text.n;
}

static bool is_container(const struct event_value *value) {
    bool object = value->kind == EVENT_OTHER && value->text.n > 0 && value->text.p[0] == '{';
    return value->kind == EVENT_ARRAY || object;
}

/* P stands on a brace. The object is a wrapper. What is not well-formed in it is malformed as a whole. */
static __attribute__((noinline)) const char *wrapper_take(struct json_scan *s, const char *p) {
    size_t before = s->batch->n;
    for (size_t i = 0; i < JSON_SLOTS; i++) s->wrapper[i] = (struct event_value){.kind = EVENT_ABSENT};
    const char *next = json_object_take(&s->plan->wrapper, &s->text, p, s->wrapper);
    if (next == NULL) return NULL;
    const struct event_value *events = &s->wrapper[JSON_SLOT_EVENTS];
    if (is_container(events) && wrapped_take(s, events)) return next;
    s->batch->n = before;
    malformed_add(s, p, next);
    if (!is_container(events)) s->batch->events[before].outcome = EVENT_NO_EVENTS;
    return next;
}

/* -- objects, one behind the other -- */

ALWAYS_INLINE const char *object_take(struct json_scan *s, const char *p) {
    if (*p != '{') return NULL;
    return json_plan_has_wrappers(s->plan) ? wrapper_take(s, p) : event_take(s, p);
}

static const char *space_end(const char *p, const char *end) {
    while (p < end && json_is_space(*p)) p++;
    return p;
}

/* Objects from P on, as long as there are any. Returns where there is none. */
ALWAYS_INLINE const char *objects_take(struct json_scan *s, const char *p) {
    for (;;) {
        p = space_end(p, s->text.end);
        const char *next = p <= s->text.last ? object_take(s, p) : NULL;
        if (next == NULL) return p;
        p = next;
    }
}

/* The text is read from a copy that has enough white space before it: what ends within its first bytes can be looked at
 * then. Returns where P is there. */
static const char *text_pad(struct json_scan *s, const char *p) {
    size_t n = s->json.n;
    char *copy = event_arena_room(s->batch->arena, JSON_PIECE_BYTES + n);
    memset(copy, ' ', JSON_PIECE_BYTES);
    memcpy(copy + JSON_PIECE_BYTES, s->json.p, n);
    s->moved = copy + JSON_PIECE_BYTES - s->json.p;
    s->text.start = copy;
    s->text.end = copy + JSON_PIECE_BYTES + n;
    return p + s->moved;
}

/* Events that end in their line, from P on to END. The rest of a line that holds none is malformed. */
static void line_take(struct json_scan *s, const char *p, const char *end) {
    s->text.end = end;
    s->text.last = json_last_bracket((struct bytes){p, (size_t)(end - p)});
    p = s->text.last != NULL ? objects_take(s, p) : space_end(p, end);
    while (end > p && json_is_space(end[-1])) end--;
    if (p < end) malformed_add(s, p, end);
}

static void lines_take(struct json_scan *s, const char *p) {
    if (s->moved == 0) p = text_pad(s, p);
    for (const char *end = s->text.end; p < end;) {
        const char *lf = memchr(p, '\n', (size_t)(end - p)), *line_end = lf != NULL ? lf : end;
        line_take(s, p, line_end);
        p = lf != NULL ? lf + 1 : end;
    }
}

/* -- messages -- */

static void all_malformed(struct json_scan *s) {
    s->whole = true;
    event_batch_clear(s->batch);
    event_batch_add(s->batch, s->json);
}

static void array_scan(struct json_scan *s, const char *p) {
    const char *next = json_plan_has_wrappers(s->plan) ? array_take(s, p, wrapper_take) : array_take(s, p, event_take);
    if (next == NULL || space_end(next, s->text.end) != s->text.end) all_malformed(s);
}

void json_scan_objects(struct json_scan *s, const char *p) {
    s->whole = !json_plan_has_wrappers(s->plan);
    p = objects_take(s, p);
    if (p < s->text.end) lines_take(s, p);
}

void json_scan_any(struct json_scan *s) {
    const char *last = json_last_bracket(s->json), *p = space_end(s->json.p, s->text.end);
    if (p == s->text.end || (*p == '[' && last == NULL)) {
        all_malformed(s);
        return;
    }
    if (last == NULL) {
        s->whole = !json_plan_has_wrappers(s->plan);
        lines_take(s, p);
        return;
    }
    if (last - s->text.start < JSON_PIECE_BYTES) p = text_pad(s, p);
    s->text.last = last + s->moved;
    if (*p == '[')
        array_scan(s, p);
    else
        json_scan_objects(s, p);
}
