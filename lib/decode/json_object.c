/* decode/json_object.c - goes from value to value of an object: by a form as long as one fits, then by its keys.
 * As long as an object is written like one before it, a member is one comparison of the text before its value. That
 * text also says whose value it is (json_form.h). From where the object differs, the grammar is walked and keys are
 * looked up. Both ways stand between members at the same places: on the opening brace, or behind a value. So the second
 * can go on where the first gave up. */
#include "decode/json_object.h"

#include <assert.h>
#include <string.h>

#include "base/bytes8.h"

/* -- names -- */

/* What is compared first. FIRST: eight bytes from where a name of N bytes begins. Those that are the name's are moved
 * to the top, so that what follows the name does not count. */
static inline uint64_t name_head(uint64_t first, size_t n) {
    if (n == 0) return 0;
    return first << (n < 8 ? 64 - 8 * n : 0);
}

static struct json_name name_of(const char *text) {
    struct json_name name = {.text = text, .text_bytes = text != NULL ? strlen(text) : 0};
    char head[8] = {0};
    if (name.text_bytes > 0) memcpy(head, text, name.text_bytes < sizeof head ? name.text_bytes : sizeof head);
    name.head = name_head(bytes8_load(head), name.text_bytes);
    return name;
}

/* Also false where a field has no name. */
static bool names_are_distinct(const struct json_name names[EVENT_FIELDS]) {
    for (size_t i = 0; i < EVENT_FIELDS; i++) {
        if (names[i].text == NULL) continue;
        for (size_t j = 0; j < i; j++)
            if (names[j].text != NULL && strcmp(names[i].text, names[j].text) == 0) return false;
    }
    return true;
}

void json_names_init(struct json_names *names, const struct event_rules *rules) {
    struct json_name *of = names->of;
    for (size_t i = 0; i < EVENT_FIELDS; i++) of[i] = name_of(rules->fields[i]);
    names->distinct = names_are_distinct(of);
    json_form_init(&names->form);
}

static inline bool name_is(const struct json_name *name, struct bytes key, uint64_t head) {
    return head == name->head && key.n == name->text_bytes &&
           (key.n <= 8 || memcmp(key.p + 8, name->text + 8, key.n - 8) == 0);
}

/* The field whose name is KEY, which ends before END; or EVENT_FIELDS. */
static inline enum event_field names_find(const struct json_names *names, struct bytes key, const char *end) {
    const struct json_name *of = names->of;
    uint64_t head = name_head(bytes8_load_before(key.p, end), key.n);
    if (name_is(&of[EVENT_FIELD_ITEM], key, head)) return EVENT_FIELD_ITEM;
    if (name_is(&of[EVENT_FIELD_LOCATION], key, head)) return EVENT_FIELD_LOCATION;
    if (name_is(&of[EVENT_FIELD_TYPE], key, head)) return EVENT_FIELD_TYPE;
    if (name_is(&of[EVENT_FIELD_TIME], key, head)) return EVENT_FIELD_TIME;
    if (name_is(&of[EVENT_FIELD_VALUE], key, head)) return EVENT_FIELD_VALUE;
    return EVENT_FIELDS;
}

/* -- members -- */

/* From a key's quote to its value. */
ALWAYS_INLINE const char *key_take(const struct json_names *names, struct json_text *t, const char *p,
                                   enum event_field *field) {
    const char *next = *p == '"' ? json_token_string(t, p, true) : NULL;
    if (next == NULL) return NULL;
    *field = names_find(names, (struct bytes){.p = p + 1, .n = (size_t)(next - p) - 2}, t->last);
    next = json_token_byte(t, next, ':');
    return next != NULL ? json_token_skip_space(t, next) : NULL;
}

/* Where the value of FIELD goes; NULL: it is not needed. Of a repeated field the last counts, as with jansson. */
ALWAYS_INLINE struct event_value *field_value(enum event_field field, struct event_value values[EVENT_FIELDS]) {
    return field == EVENT_FIELDS ? NULL : &values[field];
}

/* The stops of a block. It is moved on by its own length, so that none of this waits for where a string has ended. */
struct window {
    const char *block;
    uint64_t stops; /* bit i is that of block[i]; the text's last bracket and all behind it are stops */
};

static uint64_t block_stops(const struct json_text *t, const char *block) {
    return t->last - block >= JSON_BLOCK_BYTES ? json_stops64(block)
                                               : json_stops_before(block, t->last, (size_t)(t->last - t->start));
}

static void window_move(struct window *w, const struct json_text *t) {
    w->block += JSON_BLOCK_BYTES;
    w->stops = block_stops(t, w->block);
}

/* The first stop at P or behind it. P is not before the block. */
ALWAYS_INLINE const char *window_stop(struct window *w, const struct json_text *t, const char *p) {
    while (p - w->block >= JSON_BLOCK_BYTES) window_move(w, t);
    uint64_t stops = w->stops >> (p - w->block);
    while (stops == 0) {
        window_move(w, t);
        p = w->block;
        stops = w->stops;
    }
    return p + (unsigned)__builtin_ctzll(stops);
}

/* As far as the members have the known form. If all of them have, the result stands on the closing brace. */
ALWAYS_INLINE const char *form_follow(const struct json_form *form, struct json_text *t, const char *p,
                                      struct event_value values[EVENT_FIELDS]) {
    if (form->first == NULL) return p;
    struct window w = {.block = p, .stops = block_stops(t, p)};
    for (const struct json_step *step = form->first; step != NULL;) {
        enum event_field field = (enum event_field)step->field;
        if (!json_step_is(step, p, t->last)) {
            step = step->otherwise;
            continue;
        }
        p += step->text_bytes;
        struct event_value *value = field_value(field, values);
        p = *p == '"' ? json_token_string_value(t, p, window_stop(&w, t, p + 1), value)
                      : json_token_value(t, json_token_skip_space(t, p), value); /* more blanks than in the step */
        if (p == NULL || *p == '}') break;
        step = step->then;
    }
    return p;
}

/* From P, which is OBJECT's brace or behind one of its values, to behind the object. */
static const char *members_walk(const struct json_names *names, struct json_text *t, const char *object, const char *p,
                                struct event_value values[EVENT_FIELDS]) {
    bool first = p == object;
    enum event_field field;
    for (p = json_token_skip_space(t, p + first); *p != '}'; p = json_token_skip_space(t, p)) {
        if (!first && *p++ != ',') return NULL;
        p = key_take(names, t, first ? p : json_token_skip_space(t, p), &field);
        p = p != NULL ? json_token_value(t, p, field_value(field, values)) : NULL;
        if (p == NULL) return NULL;
        first = false;
    }
    return p + 1;
}

/* P stands on the brace of an object that was recognised. T is a copy: what is skipped here was skipped before.
 * Not inlined, because it is rare. */
static __attribute__((noinline)) void names_learn(struct json_names *names, struct json_text t, const char *p) {
    struct json_step **at = &names->form.first;
    assert(*p == '{');
    while (*json_token_skip_space(&t, p) != '}') {
        enum event_field field;
        const char *start = p, *key = json_token_skip_space(&t, p) + 1; /* behind the brace or the comma */
        p = key_take(names, &t, json_token_skip_space(&t, key), &field);
        if (p == NULL) return; /* the object is empty */
        struct json_step *step =
            json_form_add(&names->form, at, (struct bytes){.p = start, .n = (size_t)(p - start)}, field);
        p = json_token_value(&t, p, NULL);
        if (step == NULL || p == NULL) return;
        at = &step->then;
    }
}

const char *json_object_take(struct json_names *names, struct json_text *t, const char *object,
                             struct event_value values[EVENT_FIELDS]) {
    assert(*object == '{');
    for (size_t i = 0; i < EVENT_FIELDS; i++) values[i].kind = EVENT_ABSENT;
    const char *p = form_follow(&names->form, t, object, values);
    if (p == NULL) return NULL;
    if (*p == '}') return p + 1;
    p = members_walk(names, t, object, p, values);
    if (p != NULL && json_form_missed(&names->form)) names_learn(names, *t, object);
    return p;
}
