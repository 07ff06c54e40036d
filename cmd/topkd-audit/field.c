/* topkd-audit/field.c - takes the texts of settings apart, and walks the way that they say. */
#include "field.h"

#include <assert.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "grammar.h"

enum { INDEX_DIGITS_MAX = 18 }; /* more elements than any message can hold */

/* -- the texts ----------------------------------------------------------------------------------------------------- */

static struct field_step step_of(const char *name, size_t n) {
    struct field_step step = {.name = {name, n}};
    if (n == 0 || n > INDEX_DIGITS_MAX || (n > 1 && name[0] == '0')) return step;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9') return step;
        step.index = step.index * 10 + (uint64_t)(name[i] - '0');
    }
    step.has_index = true;
    return step;
}

/* Undoes ~0 and ~1 in place; returns how many bytes are left. */
static size_t name_unescape(char *name, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (c == '~' && i + 1 < n) c = name[++i] == '1' ? '/' : '~';
        name[kept++] = c;
    }
    return kept;
}

/* POINTER: at its first slash, in the field's own text. */
static void field_take_pointer(struct field *f, char *pointer) {
    while (*pointer == '/') {
        assert(f->steps_n < FIELD_STEPS_MAX);
        char *name = pointer + 1;
        pointer = name + strcspn(name, "/");
        f->steps[f->steps_n++] = step_of(name, name_unescape(name, (size_t)(pointer - name)));
    }
}

static bool text_begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static enum field_place place_of(const char *text) {
    if (*text == '\0') return FIELD_NOWHERE;
    if (text_begins(text, "^/")) return FIELD_IN_WRAPPER;
    if (strcmp(text, "@key") == 0) return FIELD_IS_KEY;
    if (strcmp(text, "@topic") == 0) return FIELD_IS_TOPIC;
    return text_begins(text, "@header:") ? FIELD_IS_HEADER : FIELD_IN_EVENT;
}

struct field field_of(const char *text) {
    struct field f = {.place = place_of(text)};
    if (f.place == FIELD_NOWHERE) return f;
    f.text = mem_strdup(f.place == FIELD_IS_HEADER ? text + strlen("@header:") : text);
    if (f.place == FIELD_IN_WRAPPER)
        field_take_pointer(&f, f.text + 1);
    else if (*f.text == '/' && f.place == FIELD_IN_EVENT)
        field_take_pointer(&f, f.text);
    else if (f.place == FIELD_IN_EVENT)
        f.steps[f.steps_n++] = step_of(f.text, strlen(f.text));
    return f;
}

void field_deinit(struct field *f) {
    mem_free(f->text);
    *f = (struct field){0};
}

/* -- the way ------------------------------------------------------------------------------------------------------- */

static bool bytes_equal(struct bytes a, struct bytes b) { return a.n == b.n && memcmp(a.p, b.p, a.n) == 0; }

/* LITERAL: with its quotes. One that jansson refuses means no name. */
static bool name_means(struct bytes literal, struct bytes name) {
    struct bytes inner = {literal.p + 1, literal.n - 2};
    if (memchr(inner.p, '\\', inner.n) == NULL) return bytes_equal(inner, name);
    json_t *text = json_loadb(literal.p, literal.n, JSON_DECODE_ANY, NULL);
    bool same = text != NULL && bytes_equal((struct bytes){json_string_value(text), json_string_length(text)}, name);
    json_decref(text);
    return same;
}

static bool step_leads_here(const struct field_step *step, const struct walk *w) {
    if (w->close == '}') return name_means(w->name, step->name);
    return step->has_index && step->index == w->n - 1;
}

static bool is_container(struct bytes value) { return *value.p == '{' || *value.p == '['; }

static bool field_find_from(const struct field *f, size_t step, struct bytes container, struct bytes *value);

/* CHILD: where STEP leads. */
static bool field_follow(const struct field *f, size_t step, struct bytes child, struct bytes *value) {
    *value = (struct bytes){NULL, 0};
    if (step + 1 < f->steps_n) return !is_container(child) || field_find_from(f, step + 1, child, value);
    *value = child;
    return true;
}

static bool field_find_from(const struct field *f, size_t step, struct bytes container, struct bytes *value) {
    struct walk w = walk_begin(container.p, bytes_end(container));
    *value = (struct bytes){NULL, 0};
    while (walk_next(&w))
        if (step_leads_here(&f->steps[step], &w) && !field_follow(f, step, w.value, value)) return false;
    return w.state == WALK_BEHIND && w.at == bytes_end(container);
}

bool field_find(const struct field *f, struct bytes container, struct bytes *value) {
    assert(f->steps_n > 0);
    return field_find_from(f, 0, container, value);
}
