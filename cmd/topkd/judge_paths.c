/* topkd/judge_paths.c - walks over events and adds up, for each path, what a chooser needs to know. */
#include "judge_paths.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

enum {
    ELEMENTS_LOOKED_AT = 4, /* of an array: who means a single one means one of the first */
    HEADERS_LOOKED_AT = 50,
    NEAR_MS = 2 * 24 * 60 * MINUTE_MS,
    TIME_PARTS_MIN = 5 /* of an array that is a time */
};

#define OLDEST_TIME_MS INT64_C(946684800000) /* 2000: what is before is a number that only looks like a time */
#define AHEAD_MS       (INT64_C(400) * 24 * 60 * MINUTE_MS)

struct walk {
    struct judge_paths *paths;
    const struct judge_scene *scene;
    const struct judge_node *top; /* of the event or of its wrapper */
    struct event_arena *texts;
};

/* -- distinct values ----------------------------------------------------------------------------- */

static void distinct_put(struct judge_distinct *d, uint64_t hash) {
    size_t i = hash & (d->cap - 1);
    while (d->hashes[i] != 0 && d->hashes[i] != hash) i = (i + 1) & (d->cap - 1);
    d->n += d->hashes[i] == 0;
    d->hashes[i] = hash;
}

static void distinct_grow(struct judge_distinct *d) {
    struct judge_distinct larger = {.cap = d->cap == 0 ? 16 : 2 * d->cap};
    larger.hashes = mem_zalloc(larger.cap, sizeof *larger.hashes);
    for (size_t i = 0; i < d->cap; i++)
        if (d->hashes[i] != 0) distinct_put(&larger, d->hashes[i]);
    mem_free(d->hashes);
    *d = larger;
}

static void distinct_add(struct judge_distinct *d, struct bytes value) {
    uint64_t hash = hash64(value.p, value.n, 0);
    if (d->n == JUDGE_DISTINCT_MAX) return;
    if (2 * d->n >= d->cap) distinct_grow(d);
    distinct_put(d, hash == 0 ? 1 : hash);
}

/* -- one path ------------------------------------------------------------------------------------ */

static bool text_is_code(struct bytes text) {
    return text.n == 2 && isupper((unsigned char)text.p[0]) && isupper((unsigned char)text.p[1]);
}

static bool time_is_likely(int64_t ms, int64_t record_ms) {
    return ms >= OLDEST_TIME_MS && (record_ms < 0 || ms <= record_ms + AHEAD_MS);
}

static void time_take(struct judge_path *path, int64_t ms, int64_t record_ms) {
    if (!time_is_likely(ms, record_ms)) return;
    if (path->times == 0) path->example_ms = ms;
    path->times++;
    path->near_times += record_ms >= 0 && llabs(ms - record_ms) <= NEAR_MS;
}

void judge_path_take(struct judge_path *path, const struct judge_paths *p, const struct judge_found *found,
                     int64_t record_ms, struct event_arena *texts) {
    struct event_value v = judge_value_of(found, texts);
    struct bytes raw = found->node != NULL ? found->node->raw : found->text;
    int64_t ms;
    bool is_empty = v.kind == EVENT_STRING && v.text.n == 0;
    if (v.kind == EVENT_ABSENT || is_empty || path->last_seen == p->events) return;
    path->last_seen = p->events;
    path->values++;
    path->items += judge_value_fits(p->rules, EVENT_FIELD_ITEM, &v, &ms);
    path->locations += judge_value_fits(p->rules, EVENT_FIELD_LOCATION, &v, &ms);
    if (judge_value_fits(p->rules, EVENT_FIELD_TIME, &v, &ms)) {
        time_take(path, ms, record_ms);
        path->zoneless += judge_time_has_no_zone(&v);
    }
    if (v.kind == EVENT_STRING) {
        path->texts++;
        path->bytes += v.text.n;
        path->codes += text_is_code(v.text);
        path->jsons += v.text.p[0] == '{' || v.text.p[0] == '[';
    }
    distinct_add(&path->distinct, raw);
    if (path->example.p == NULL) path->example = raw;
}

void judge_path_deinit(struct judge_path *path) {
    mem_free(path->place);
    mem_free(path->words);
    mem_free(path->distinct.hashes);
}

/* -- its name ------------------------------------------------------------------------------------ */

static void token_add(struct buf *out, struct bytes name) {
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == '~' || c == '/')
            buf_add_str(out, c == '~' ? "~0" : "~1");
        else
            buf_add_byte(out, (unsigned char)c);
    }
}

void judge_pointer_add(struct buf *out, const struct judge_node *top, const struct judge_node *node) {
    if (node == top) return;
    judge_pointer_add(out, top, node->parent);
    buf_add_byte(out, '/');
    if (node->parent->kind != JUDGE_ARRAY) {
        token_add(out, node->name);
        return;
    }
    size_t i = 0;
    for (const struct judge_node *e = node->parent->first; e != node; e = e->next) i++;
    buf_addf(out, "%zu", i);
}

/* A plain name where that means the same. */
static void place_add(struct buf *out, const struct walk *w, const struct judge_node *node) {
    bool plain = w->top == w->scene->event && node->parent == w->top && node->name.n > 0 &&
                 strchr("/@^", node->name.p[0]) == NULL;
    if (plain) {
        buf_add(out, node->name.p, node->name.n);
        return;
    }
    if (w->top != w->scene->event) buf_add_byte(out, '^');
    judge_pointer_add(out, w->top, node);
}

static const struct judge_node *member_named(const struct judge_node *object, const char *name) {
    struct place_token token = {name, strlen(name), PLACE_NO_INDEX};
    return object->kind == JUDGE_OBJECT ? judge_node_step(object, &token) : NULL;
}

/* One value, or one of the members of an object that stand for the types that it may have. */
static bool is_single(const struct judge_node *value) {
    size_t n = 0;
    for (const struct judge_node *m = value->first; m != NULL; m = m->next) n += !judge_node_is(m, "null");
    return value->kind != JUDGE_ARRAY && n <= 1;
}

static const struct judge_node *pair_key(const struct judge_node *element) {
    static const char *const names[] = {"key", "name", "k"};
    const struct judge_node *value = member_named(element, "value");
    if (value == NULL) value = member_named(element, "v");
    if (value == NULL || !is_single(value)) return NULL;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct judge_node *key = member_named(element, names[i]);
        if (key != NULL && key->kind == JUDGE_STRING) return key;
    }
    return NULL;
}

bool judge_node_is_pair(const struct judge_node *element) { return pair_key(element) != NULL; }

/* Of a value in a pair the name is the pair's key. */
static const struct judge_node *key_above(const struct judge_node *node, const struct judge_node *top) {
    for (; node != top && node->parent != NULL; node = node->parent) {
        const struct judge_node *key = node->parent->kind == JUDGE_ARRAY ? pair_key(node) : NULL;
        if (key != NULL) return key;
    }
    return NULL;
}

/* NODE, or what is above it and has a name: of /items/0 it is items. TOP: there is none. */
static const struct judge_node *named_above(const struct judge_node *node, const struct judge_node *top) {
    while (node != top && node->name.p == NULL) node = node->parent;
    return node;
}

/* The words of NODE and of what is above it, where one says nothing without the other: of /items/0/id it is item_id. */
static void words_of(struct buf *out, const struct judge_node *node, const struct judge_node *top) {
    const struct judge_node *key = key_above(node, top);
    struct buf own = {0};
    if (key != NULL) judge_words_add(&own, (struct bytes){key->raw.p + 1, key->raw.n - 2});
    node = key != NULL ? top : named_above(node, top);
    if (node != top) judge_words_add(&own, node->name);
    const struct judge_node *above = node != top ? named_above(node->parent, top) : top;
    bool is_type = judge_words_are_type(buf_text(&own)), is_generic = judge_words_are_generic(buf_text(&own));
    if (above != top && (is_type || is_generic)) judge_words_add(out, above->name);
    if (out->len > 1 && is_generic && out->data[out->len - 1] == 's') out->len--; /* one of them */
    if (out->len == 0 || !is_type) {
        if (out->len > 0) buf_add_byte(out, '_');
        buf_add(out, own.data, own.len);
    }
    buf_free(&own);
}

/* -- all paths of an event ----------------------------------------------------------------------- */

static bool path_is_beside(const struct judge_node *node, const struct judge_node *top) {
    struct buf words = {0};
    bool beside = false;
    for (; node != top && !beside; node = node->parent) {
        buf_clear(&words);
        if (node->name.p != NULL) judge_words_add(&words, node->name);
        beside = judge_words_are_beside(buf_text(&words));
    }
    buf_free(&words);
    return beside;
}

static void path_fill(struct judge_path *path, const struct walk *w, const struct judge_node *node) {
    path->of_wrapper = w->top != w->scene->event;
    path->has_beside = path_is_beside(node->parent, w->top);
    for (const struct judge_node *n = node; n != w->top; n = n->parent) {
        path->steps++;
        path->indexes += n->parent->kind == JUDGE_ARRAY;
    }
}

static struct judge_path *path_get(struct judge_paths *p, const char *place) {
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->all[i].place, place) == 0) return &p->all[i];
    return NULL;
}

static struct judge_path *path_add(struct judge_paths *p, const char *place, const char *words) {
    if (p->n == JUDGE_PATHS_MAX) return NULL;
    p->all = mem_grow(p->all, &p->cap, p->n + 1, sizeof *p->all);
    struct judge_path *path = &p->all[p->n++];
    *path = (struct judge_path){.place = mem_strdup(place), .words = mem_strdup(words)};
    return path;
}

static struct judge_path *path_add_node(struct walk *w, const char *place, const char *words,
                                        const struct judge_node *node) {
    struct judge_path *path = path_add(w->paths, place, words);
    if (path != NULL) path_fill(path, w, node);
    return path;
}

static void elements_note(struct judge_path *path, const struct judge_node *node, const struct judge_node *top) {
    for (; node != top; node = node->parent)
        if (node->parent->kind == JUDGE_ARRAY && node->parent->n > path->elements) path->elements = node->parent->n;
}

static void value_look(struct walk *w, const struct judge_node *node) {
    struct buf place = {0}, words = {0};
    struct judge_found found = {.node = node};
    place_add(&place, w, node);
    words_of(&words, node, w->top);
    struct judge_path *path = path_get(w->paths, buf_text(&place));
    if (path == NULL) path = path_add_node(w, buf_text(&place), buf_text(&words), node);
    if (path != NULL) {
        if (strcmp(path->words, buf_text(&words)) != 0) path->words[0] = '\0';
        elements_note(path, node, w->top);
        judge_path_take(path, w->paths, &found, w->scene->message->time_ms, w->texts);
    }
    buf_free(&place);
    buf_free(&words);
}

static bool array_is_time(const struct judge_node *array) {
    bool words = array->n >= TIME_PARTS_MIN;
    for (const struct judge_node *e = array->first; e != NULL; e = e->next) words = words && e->kind == JUDGE_WORD;
    return words;
}

static bool holds_events(const struct judge_scene *s, const struct judge_node *node) {
    return node == s->event || (node->kind == JUDGE_ARRAY && node == s->event->parent);
}

/* A key names the value beside it, and says nothing by itself. */
static bool is_pair_key(const struct judge_node *node) {
    return node->parent != NULL && node->parent->parent != NULL && node->parent->parent->kind == JUDGE_ARRAY &&
           pair_key(node->parent) == node;
}

/* Into the containers too, but not into what EVENTS_AT makes events of. */
static void node_look(struct walk *w, const struct judge_node *node, unsigned steps) {
    size_t left = node->kind == JUDGE_ARRAY ? ELEMENTS_LOOKED_AT : SIZE_MAX;
    if (steps > PLACE_TOKENS_MAX) return;
    if (w->top == w->scene->wrapper && holds_events(w->scene, node)) return;
    if (node->kind == JUDGE_STRING || node->kind == JUDGE_WORD || (node->kind == JUDGE_ARRAY && array_is_time(node))) {
        if (node != w->top && !is_pair_key(node)) value_look(w, node);
        return;
    }
    for (const struct judge_node *n = node->first; n != NULL && left > 0; n = n->next, left--)
        if (n->name.p != NULL || node->kind == JUDGE_ARRAY) node_look(w, n, steps + 1);
}

void judge_paths_look(struct judge_paths *p, const struct judge_scene *s, struct event_arena *texts) {
    struct walk w = {.paths = p, .scene = s, .top = s->event, .texts = texts};
    p->events++;
    if (s->event != NULL) node_look(&w, s->event, 0);
    w.top = s->wrapper;
    if (s->wrapper != NULL && s->wrapper != s->event) node_look(&w, s->wrapper, 0);
}

static void header_look(struct judge_paths *p, const struct message *m, const char *name, struct event_arena *texts) {
    struct buf place = {0}, words = {0};
    struct judge_found found = {.text = m->header(m->self, name)};
    buf_addf(&place, "@header:%s", name);
    judge_words_add(&words, (struct bytes){name, strlen(name)});
    struct judge_path *path = path_get(p, buf_text(&place));
    if (path == NULL) path = path_add(p, buf_text(&place), buf_text(&words));
    if (path != NULL) judge_path_take(path, p, &found, m->time_ms, texts);
    buf_free(&place);
    buf_free(&words);
}

void judge_paths_look_headers(struct judge_paths *p, const struct message *m,
                              const char *(*header_name)(void *self, size_t i), struct event_arena *texts) {
    const char *name;
    p->events++;
    if (header_name == NULL || m->header == NULL) return;
    for (size_t i = 0; i < HEADERS_LOOKED_AT && (name = header_name(m->self, i)) != NULL; i++)
        header_look(p, m, name, texts);
}

void judge_paths_init(struct judge_paths *p, const struct event_rules *rules) {
    *p = (struct judge_paths){.rules = rules};
}

void judge_paths_deinit(struct judge_paths *p) {
    for (size_t i = 0; i < p->n; i++) judge_path_deinit(&p->all[i]);
    mem_free(p->all);
}
