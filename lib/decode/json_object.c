/* decode/json_object.c - goes from value to value of an object: by a form as long as one fits, then by its keys.
 * As long as an object is written like one before it, a member is one comparison of the text before its value. That
 * text also says whose value it is (json_form.h). From where the object differs, the grammar is walked and keys are
 * looked up. Both ways stand between members at the same places: on the opening brace, or behind a value. So the second
 * can go on where the first gave up.
 *
 * A container on the way of a path is entered: its members are walked like those of the object. All other containers
 * are skipped. Of a repeated name the last counts. So where a name is met that has places below it, what was found
 * there before is forgotten. A form is never learnt from an object that meets such a name twice. */
#include "decode/json_object.h"

#include <assert.h>
#include <string.h>

#include "decode/json_value.h"

enum { NAME_BYTES_MAX = PLACE_BYTES_MAX };

void json_shape_init(struct json_shape *shape) {
    json_tree_init(&shape->tree);
    json_form_init(&shape->form);
}

/* -- keys -- */

/* KEY, with its quotes, has a backslash. */
static __attribute__((noinline)) struct json_node *escaped_find(const struct json_node *parent, struct bytes key,
                                                                struct event_arena *arena) {
    char padded[NAME_BYTES_MAX + 8];
    struct event_value name;
    json_value_of_string(key, arena, &name);
    if (name.kind != EVENT_STRING || name.text.n > NAME_BYTES_MAX) return NULL;
    memcpy(padded, name.text.p, name.text.n);
    memset(padded + name.text.n, 0, 8);
    return json_node_named(parent, (struct bytes){padded, name.text.n}, padded + sizeof padded);
}

/* From a key's quote to its value. *NODE: whose name it is; NULL: nobody's. */
ALWAYS_INLINE const char *key_take(const struct json_text *t, const struct json_node *parent, const char *p,
                                   struct json_node **node) {
    if (*p != '"') return NULL;
    const char *stop = json_stop(p + 1, t->last);
    const char *next = json_token_string_to(t, p, stop, NULL);
    if (next == NULL) return NULL;
    struct bytes key = {.p = p + 1, .n = (size_t)(next - p) - 2};
    if (*stop != '"' && memchr(stop, '\\', (size_t)(next - stop)) != NULL)
        *node = escaped_find(parent, (struct bytes){p, (size_t)(next - p)}, t->arena);
    else
        *node = json_node_named(parent, key, t->last);
    next = json_token_byte(next, ':');
    return next != NULL ? json_token_skip_space(next) : NULL;
}

/* -- members -- */

/* Where the value of SLOT goes; NULL: nobody needs it. Of a repeated name the last counts. */
ALWAYS_INLINE struct event_value *slot_value(unsigned slot, struct event_value values[JSON_SLOTS]) {
    return slot == JSON_SLOT_NONE ? NULL : &values[slot];
}

ALWAYS_INLINE bool stands_in_array(const struct json_standing *at) {
    return at->node->depth > 0 && (at->arrays >> (at->node->depth - 1) & 1) != 0;
}

static void standing_enter(struct json_standing *at, const struct json_node *node, bool array) {
    uint32_t bit = 1u << (node->depth - 1);
    *at = (struct json_standing){node, array ? at->arrays | bit : at->arrays & ~bit, 0};
}

/* A container is closed: one stands behind it, in its parent. */
static void standing_leave(struct json_standing *at) {
    uint32_t index = at->node->index >= 0 ? (uint32_t)at->node->index + 1 : 0;
    *at = (struct json_standing){at->node->parent, at->arrays, index};
}

/* What is learnt while an object is walked again. */
struct learning {
    struct json_form *form;
    struct json_step **at; /* where the next step belongs; NULL: nothing more is learnt of this object */
    const char *from;      /* where its text begins */
    const struct json_node *nodes;
    bool entered[JSON_NODES_MAX]; /* of these nodes */
};

/* At the value P, of SLOT, one will stand AT. */
static void learn_step(struct learning *l, const char *p, unsigned slot, const struct json_standing *at) {
    if (l->at == NULL) return;
    struct json_lesson lesson = {.text = {l->from, (size_t)(p - l->from)}, .slot = slot, .standing = *at};
    struct json_step *step = json_form_add(l->form, l->at, &lesson);
    l->at = step != NULL ? &step->then : NULL;
}

static void values_forget(struct event_value values[JSON_SLOTS], unsigned slots) {
    for (unsigned slot = 0; slots != 0; slot++, slots >>= 1)
        if ((slots & 1) != 0) values[slot].kind = EVENT_ABSENT;
}

/* The value of NODE is about to be entered, if it is a CONTAINER. What a form cannot tell ends the lesson: a name that
 * comes twice, a value that is none today and may be one tomorrow, a container that is a value itself. */
static void learn_branch(struct learning *l, const struct json_node *node, bool container) {
    bool *entered = &l->entered[node - l->nodes];
    if (*entered || !container || node->slot != JSON_SLOT_NONE) l->at = NULL;
    *entered = true;
}

/* What a walk needs at every member. */
struct walk {
    const struct json_text *text;
    struct event_value *values;
    struct json_standing at;
    struct learning *learning; /* NULL: it is walked for its values */
};

/* P stands on the value of NODE, which has places below it. Returns what follows the value, or the bracket that was
 * entered: then the walk stands in NODE. */
static __attribute__((noinline)) const char *branch_take(struct walk *w, struct json_node *node, const char *p) {
    bool container = *p == '{' || *p == '[';
    values_forget(w->values, node->below);
    if (w->learning != NULL) learn_branch(w->learning, node, container);
    if (!container || node->slot != JSON_SLOT_NONE) {
        const char *next = json_token_value(w->text, p, slot_value(node->slot, w->values));
        if (!container || next == NULL) return next;
    }
    standing_enter(&w->at, node, *p == '[');
    return p + 1;
}

/* P stands on the value of NODE; NULL: nobody's. */
ALWAYS_INLINE const char *member_value(struct walk *w, struct json_node *node, const char *p) {
    if (node != NULL && node->first != NULL) return branch_take(w, node, p);
    unsigned slot = node != NULL ? node->slot : (unsigned)JSON_SLOT_NONE;
    if (w->learning != NULL) learn_step(w->learning, p, slot, &w->at);
    p = json_token_value(w->text, p, slot_value(slot, w->values));
    if (w->learning != NULL) w->learning->from = p;
    return p;
}

/* P stands behind a comma or an opening bracket, and behind white space. */
ALWAYS_INLINE const char *member_take(struct walk *w, const char *p) {
    struct json_node *node = NULL;
    if (stands_in_array(&w->at))
        node = json_node_element(w->at.node, w->at.index++);
    else
        p = key_take(w->text, w->at.node, p, &node);
    return p != NULL ? member_value(w, node, p) : NULL;
}

/* From P to behind the object. P stands behind a value, or, if OPENED, behind the bracket of the container where the
 * walk stands. */
ALWAYS_INLINE const char *members_walk(struct walk *w, const char *p, bool opened) {
    while (p != NULL && !json_text_ended(w->text, p)) {
        p = json_token_skip_space(p);
        if (*p == (stands_in_array(&w->at) ? ']' : '}')) {
            p++;
            if (w->at.node->parent == NULL) return p;
            standing_leave(&w->at);
            opened = false;
            continue;
        }
        if (!opened && *p != ',') return NULL;
        if (!opened) p = json_token_skip_space(p + 1);
        const struct json_node *before = w->at.node;
        p = member_take(w, p);
        opened = w->at.node != before;
    }
    return NULL;
}

/* P stands on the brace of an object that is one. What it holds was read before. Not inlined, because it is rare. */
static __attribute__((noinline)) void shape_learn(struct json_shape *shape, const struct json_text *t, const char *p) {
    struct event_value values[JSON_SLOTS];
    struct learning learning = {.form = &shape->form, .at = &shape->form.first, .from = p, .nodes = shape->tree.nodes};
    struct walk w = {.text = t, .values = values, .at = {.node = shape->tree.nodes}, .learning = &learning};
    const char *end = members_walk(&w, p + 1, true);
    assert(end != NULL);
    (void)end;
}

/* -- forms -- */

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

/* Is there nothing but the ends of containers from P to the end of the object? Returns what follows it; NULL: no. */
static const char *object_end(const struct json_text *t, const struct json_step *step, const char *p) {
    for (unsigned depth = step->depth; depth > 0; depth--, p++)
        if (p >= t->last || *p != ((step->arrays >> (depth - 1) & 1) != 0 ? ']' : '}')) return NULL;
    return *p == '}' ? p + 1 : NULL;
}

/* The last step that fitted was LAST, and behind its value follows P. */
static __attribute__((noinline)) const char *object_rest(struct json_shape *shape, const struct json_text *t,
                                                         const char *object, const struct json_step *last,
                                                         const char *p, struct event_value values[JSON_SLOTS]) {
    bool known = last != NULL && p != NULL && last->follows != JSON_STEP_PIECE;
    const char *end = known ? object_end(t, last, p) : NULL;
    if (end != NULL) return end;
    struct walk w = {.text = t, .values = values, .at = {.node = shape->tree.nodes}};
    if (known) w.at = json_step_standing(last);
    p = members_walk(&w, known ? p : object + 1, !known);
    if (p != NULL && json_form_missed(&shape->form)) shape_learn(shape, t, object);
    return p;
}

/* Spelt out, because a loop is not unrolled. The events of a wrapper are its taker's. */
ALWAYS_INLINE void values_clear(struct event_value values[JSON_SLOTS]) {
    _Static_assert(EVENT_FIELDS == 6, "each field is named");
    values[EVENT_FIELD_ITEM].kind = values[EVENT_FIELD_LOCATION].kind = values[EVENT_FIELD_TIME].kind = EVENT_ABSENT;
    values[EVENT_FIELD_TYPE].kind = values[EVENT_FIELD_VALUE].kind = values[EVENT_FIELD_ID].kind = EVENT_ABSENT;
}

/* First as far as the members have the known form. It may lead astray: an array may have no element where there was one
 * before, and a text may go on otherwise behind its first piece. Then the object is walked from its beginning. */
const char *json_object_take(struct json_shape *shape, const struct json_text *t, const char *object,
                             struct event_value values[JSON_SLOTS]) {
    const char *p = object;
    const struct json_step *last = NULL;
#ifdef TOPKD_TESTHOOKS
    json_text_check(t);
#endif
    assert(*object == '{');
    values_clear(values);
    struct window w = {.block = p, .stops = block_stops(t, p)};
    for (const struct json_step *step = shape->form.first; step != NULL;) {
        if (!json_step_is(step, p, t->last)) {
            step = step->otherwise;
            continue;
        }
        p += step->text_bytes;
        last = step;
        step = step->then;
        if (last->follows == JSON_STEP_PIECE) continue;
        struct event_value *value = slot_value(last->follows, values);
        p = *p == '"' ? json_token_string_to(t, p, window_stop(&w, t, p + 1), value)
                      : json_token_value(t, json_token_skip_space(p), value); /* more blanks than in the step */
        if (p == NULL) break;
        if (*p == '}' && last->depth == 0) return p + 1;
    }
    return object_rest(shape, t, object, last, p, values);
}
