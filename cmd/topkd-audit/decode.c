/* topkd-audit/decode.c - takes a message apart: into the elements of an array, or into objects one behind the other.
 * Where no object can be read any more, the rest is read by lines. An object is the event itself, or a wrapper whose
 * events stand at EVENTS_AT. */
#include "decode.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "grammar.h"
#include "questions.h"
#include "rules.h"

enum { FRAMING_BYTES = 5 }; /* a zero and the schema's number */

const char *outcome_name(enum outcome o) {
    static const char *const names[OUTCOMES] = {
        "tombstone",   "malformed",    "framed",    "no_events",      "no_item",   "bad_item",
        "no_location", "bad_location", "bad_time",  "bad_type",       "bad_value", "weightless",
        "future",      "late",         "duplicate", "many_locations", "applied"};
    return names[o];
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

/* Else every event weighs what `*` does. */
static bool weights_need_type(const struct weights *w) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->rows[i].weight != w->other) return true;
    return false;
}

struct decode_rules *decode_rules_create(const struct config *c) {
    struct decode_rules *r = mem_zalloc(1, sizeof *r);
    r->config = c;
    r->fields[RULE_ITEM] = field_of(c->field_item);
    r->fields[RULE_LOCATION] = field_of(c->field_location);
    r->fields[RULE_TIME] = field_of(c->field_time);
    r->fields[RULE_ID] = field_of(c->field_id);
    if (weights_need_type(&c->weights)) r->fields[RULE_TYPE] = field_of(c->field_type);
    r->events = field_of(c->events_at);
    r->zone = zone_enter(c->zone.name);
    return r;
}

void decode_rules_destroy(struct decode_rules *r) {
    if (r == NULL) return;
    for (int i = 0; i < RULES; i++) field_deinit(&r->fields[i]);
    field_deinit(&r->events);
    mem_free(r);
}

bool decode_rules_have_id(const struct decode_rules *r) { return r->fields[RULE_ID].place != FIELD_NOWHERE; }

static bool rules_have_wrapper(const struct decode_rules *r) { return r->events.place != FIELD_NOWHERE; }

/* -- what an object is --------------------------------------------------------------------------------------------- */

/* Finds the fields that stand IN an object. False: it is no object, for a container on the way does not fit. */
static bool object_find(const struct decode_rules *r, enum field_place in, struct bytes object, struct tokens *t) {
    for (int i = 0; i < RULES; i++)
        if (r->fields[i].place == in && !field_find(&r->fields[i], object, &t->at[i])) return false;
    return true;
}

static bool value_is_object(struct bytes value) { return *value.p == '{'; }

static bool bytes_are_whole(struct bytes value) { return grammar_whole(value.p, bytes_end(value)).n == value.n; }

static bool event_fits(const struct decode_rules *r, struct bytes value) {
    struct tokens unused;
    return bytes_are_whole(value) && object_find(r, FIELD_IN_EVENT, value, &unused);
}

static bool wrapper_fits(const struct decode_rules *r, struct bytes value) {
    struct tokens unused;
    struct bytes events; /* these are judged by themselves */
    return bytes_are_whole(value) && object_find(r, FIELD_IN_WRAPPER, value, &unused) &&
           field_find(&r->events, value, &events);
}

/* Of an array: every element is a value, and what begins as an object is one. */
static bool array_fits(const struct decode_rules *r, struct bytes array,
                       bool (*fits)(const struct decode_rules *r, struct bytes value)) {
    struct walk w = walk_begin(array.p, bytes_end(array));
    while (walk_next(&w))
        if (value_is_object(w.value) && !fits(r, w.value)) return false;
    return w.state == WALK_BEHIND && w.at == bytes_end(array);
}

static bool object_fits(const struct decode_rules *r, struct bytes value) {
    return rules_have_wrapper(r) ? wrapper_fits(r, value) : event_fits(r, value);
}

/* -- visits -------------------------------------------------------------------------------------------------------- */

/* What every step below needs. */
struct visit {
    const struct decode_rules *rules;
    const struct record *record;
    void (*call)(void *self, const struct judgement *j);
    void *self;
};

static void visit_bare(const struct visit *v, enum outcome o, struct bytes raw) {
    const struct judgement j = {.outcome = o, .raw = raw};
    v->call(v->self, &j);
}

/* EVENT fits. TOKENS: of the wrapper they are found. */
static void visit_event(const struct visit *v, struct bytes event, struct tokens tokens) {
    struct judgement j = {.raw = event};
    struct answers answers;
    bool fits = object_find(v->rules, FIELD_IN_EVENT, event, &tokens);
    assert(fits);
    questions_ask(v->rules, v->record, &tokens, &answers, &j);
    v->call(v->self, &j);
    answers_deinit(&answers);
}

/* The elements of an array that fits. */
static void visit_elements(const struct visit *v, struct bytes array, struct tokens tokens,
                           void (*visit)(const struct visit *v, struct bytes object, struct tokens tokens)) {
    struct walk w = walk_begin(array.p, bytes_end(array));
    while (walk_next(&w)) {
        if (value_is_object(w.value))
            visit(v, w.value, tokens);
        else
            visit_bare(v, OUTCOME_MALFORMED, w.value);
    }
}

/* EVENTS: what stands at EVENTS_AT; p == NULL: nothing. */
static void visit_events(const struct visit *v, struct bytes events, struct bytes wrapper, struct tokens tokens) {
    bool is_array = events.p != NULL && *events.p == '[', is_object = events.p != NULL && value_is_object(events);
    if (!is_array && !is_object)
        visit_bare(v, OUTCOME_NO_EVENTS, wrapper);
    else if (is_array && array_fits(v->rules, events, event_fits))
        visit_elements(v, events, tokens, visit_event);
    else if (is_object && event_fits(v->rules, events))
        visit_event(v, events, tokens);
    else
        visit_bare(v, OUTCOME_MALFORMED, wrapper);
}

/* WRAPPER fits. */
static void visit_wrapper(const struct visit *v, struct bytes wrapper, struct tokens tokens) {
    struct bytes events;
    bool fits =
        object_find(v->rules, FIELD_IN_WRAPPER, wrapper, &tokens) && field_find(&v->rules->events, wrapper, &events);
    assert(fits);
    visit_events(v, events, wrapper, tokens);
}

static void visit_object(const struct visit *v, struct bytes object, struct tokens tokens) {
    if (rules_have_wrapper(v->rules))
        visit_wrapper(v, object, tokens);
    else
        visit_event(v, object, tokens);
}

static const struct tokens NO_TOKENS;

/* P: at '['. */
static void visit_array(const struct visit *v, const char *p, const char *end) {
    struct bytes array = grammar_whole(p, end);
    bool alone = array.p != NULL && grammar_blank(bytes_end(array), end) == end;
    if (alone && array_fits(v->rules, array, object_fits))
        visit_elements(v, array, NO_TOKENS, visit_object);
    else
        visit_bare(v, OUTCOME_MALFORMED, v->record->value);
}

/* Objects one behind the other, as many as can be read. Returns the place where none can be; END: all were read. */
static const char *visit_objects(const struct visit *v, const char *p, const char *end) {
    for (p = grammar_blank(p, end); p < end; p = grammar_blank(p, end)) {
        struct bytes object = *p == '{' ? grammar_whole(p, end) : (struct bytes){NULL, 0};
        if (object.p == NULL || !object_fits(v->rules, object)) break;
        visit_object(v, object, NO_TOKENS);
        p = bytes_end(object);
    }
    return p;
}

static struct bytes without_blanks_behind(const char *p, const char *end) {
    while (end > p && grammar_blank(end - 1, end) == end) end--;
    return bytes_between(p, end);
}

static void visit_line(const struct visit *v, const char *p, const char *end) {
    const char *rest = visit_objects(v, p, end);
    if (rest < end) visit_bare(v, OUTCOME_MALFORMED, without_blanks_behind(rest, end));
}

static void visit_objects_or_lines(const struct visit *v, const char *p, const char *end) {
    p = visit_objects(v, p, end);
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *line_end = lf != NULL ? lf : end;
        visit_line(v, p, line_end);
        p = lf != NULL ? lf + 1 : end;
    }
}

/* -- messages ------------------------------------------------------------------------------------------------------ */

static bool message_is_framed(struct bytes message) { return message.n > 0 && message.p[0] == '\0'; }

static bool framing_holds_json(struct bytes message) {
    return message.n > FRAMING_BYTES && (message.p[FRAMING_BYTES] == '{' || message.p[FRAMING_BYTES] == '[');
}

/* Before the text: framing, or a byte order mark. */
static size_t message_head(struct bytes message) {
    if (message_is_framed(message)) return FRAMING_BYTES;
    return message.n >= 3 && memcmp(message.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void visit_text(const struct visit *v, const char *p, const char *end) {
    p = grammar_blank(p, end);
    if (p == end)
        visit_bare(v, OUTCOME_MALFORMED, v->record->value);
    else if (*p == '[')
        visit_array(v, p, end);
    else
        visit_objects_or_lines(v, p, end);
}

void decode_message(const struct decode_rules *rules, const struct record *record,
                    void (*call)(void *self, const struct judgement *j), void *self) {
    const struct visit v = {rules, record, call, self};
    struct bytes message = record->value;
    if (message.p == NULL)
        visit_bare(&v, OUTCOME_TOMBSTONE, message);
    else if (message_is_framed(message) && !framing_holds_json(message))
        visit_bare(&v, OUTCOME_FRAMED, message);
    else
        visit_text(&v, message.p + message_head(message), bytes_end(message));
}
