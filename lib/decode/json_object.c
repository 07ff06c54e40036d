/* As long as an object is written like one before it, a member is a comparison of what stands before its value, which
 * also says whose value it is (event_form.h). From where it differs, the grammar is walked and the keys are looked up.
 * Both stand between members at the same places - on the opening brace, or behind a value - so that the second can go
 * on where the first gave up. */
#include "decode/json_object.h"

static enum event_field field_of(const struct event_names *names, struct bytes key, const char *end) {
    return event_names_find(names, key, event_names_head(event_load8_before(key.p, end), key.n));
}

/* From a key's quote to its value. */
EVENT_INLINE const char *take_key(const struct event_names *names, struct event_text *t, const char *p,
                                  enum event_field *field) {
    const char *next = *p == '"' ? event_token_string(t, p, true) : NULL;
    if (next == NULL) return NULL;
    *field = field_of(names, (struct bytes){.p = p + 1, .n = (size_t)(next - p) - 2}, t->last);
    next = event_token_byte(t, next, ':');
    return next != NULL ? event_token_skip_space(t, next) : NULL;
}

/* Where the value of FIELD goes; NULL: it is not needed. Of a repeated field the last counts, as with jansson. */
EVENT_INLINE struct event_value *value_of(enum event_field field, struct event_value values[EVENT_FIELDS]) {
    return field == EVENT_FIELDS ? NULL : &values[field];
}

/* The stops of a block. It is moved on by its own length, so that none of this waits for where a string has ended. */
struct window {
    const char *block;
    uint64_t stops; /* bit i: block[i]; LAST and all behind it are stops */
};

static uint64_t block_stops(const struct event_text *t, const char *block) {
    return t->last - block >= EVENT_BLOCK_BYTES ? event_stops64(block)
                                                : event_stops_before(block, t->last, (size_t)(t->last - t->start));
}

static void window_move(struct window *w, const struct event_text *t) {
    w->block += EVENT_BLOCK_BYTES;
    w->stops = block_stops(t, w->block);
}

/* The first stop at P, which is not before the block, or behind P. */
EVENT_INLINE const char *window_stop(struct window *w, const struct event_text *t, const char *p) {
    while (p - w->block >= EVENT_BLOCK_BYTES) window_move(w, t);
    uint64_t stops = w->stops >> (p - w->block);
    while (stops == 0) {
        window_move(w, t);
        p = w->block;
        stops = w->stops;
    }
    return p + (unsigned)__builtin_ctzll(stops);
}

/* As far as the members are of the known form; if that is to the end, what is returned stands on the closing brace. */
EVENT_INLINE const char *follow_form(const struct event_form *form, struct event_text *t, const char *p,
                                     struct event_value values[EVENT_FIELDS]) {
    if (form->first == NULL) return p;
    struct window w = {.block = p, .stops = block_stops(t, p)};
    for (const struct event_step *step = form->first; step != NULL;) {
        enum event_field field = (enum event_field)step->field;
        if (!event_step_is(step, p, t->last)) {
            step = step->otherwise;
            continue;
        }
        p += step->n;
        struct event_value *value = value_of(field, values);
        p = *p == '"' ? event_token_string_value(t, p, window_stop(&w, t, p + 1), value)
                      : event_token_value(t, event_token_skip_space(t, p), value); /* more blanks than in the step */
        if (p == NULL || *p == '}') break;
        step = step->then;
    }
    return p;
}

/* From P, which is OBJECT's brace or behind one of its values, to behind the object. */
static const char *walk_members(const struct event_names *names, struct event_text *t, const char *object,
                                const char *p, struct event_value values[EVENT_FIELDS]) {
    bool first = p == object;
    enum event_field field;
    for (p = event_token_skip_space(t, p + first); *p != '}'; p = event_token_skip_space(t, p)) {
        if (!first && *p++ != ',') return NULL;
        p = take_key(names, t, first ? p : event_token_skip_space(t, p), &field);
        p = p != NULL ? event_token_value(t, p, value_of(field, values)) : NULL;
        if (p == NULL) return NULL;
        first = false;
    }
    return p + 1;
}

/* P stands on the brace of an object that was recognised. T is a copy: what is skipped here was skipped before. */
static __attribute__((noinline)) void learn(struct event_names *names, struct event_text t, const char *p) {
    struct event_step **at = &names->form.first;
    while (*event_token_skip_space(&t, p) != '}') {
        enum event_field field;
        const char *start = p, *key = event_token_skip_space(&t, p) + 1; /* behind the brace or the comma */
        p = take_key(names, &t, event_token_skip_space(&t, key), &field);
        if (p == NULL) return; /* it is empty */
        struct event_step *step =
            event_form_add(&names->form, at, (struct bytes){.p = start, .n = (size_t)(p - start)}, field);
        p = event_token_value(&t, p, NULL);
        if (step == NULL || p == NULL) return;
        at = &step->then;
    }
}

const char *event_object_take(struct event_names *names, struct event_text *t, const char *object,
                              struct event_value values[EVENT_FIELDS]) {
    for (size_t i = 0; i < EVENT_FIELDS; i++) values[i].kind = EVENT_ABSENT;
    const char *p = follow_form(&names->form, t, object, values);
    if (p == NULL) return NULL;
    if (*p == '}') return p + 1;
    p = walk_members(names, t, object, p, values);
    if (p != NULL && event_form_missed(&names->form)) learn(names, *t, object);
    return p;
}
