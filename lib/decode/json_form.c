/* decode/json_form.c - learns a form. This is rare, so it is done apart from scanning and need not be fast. */
#include "decode/json_form.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct json_step) == 64, "a step is one cache line");
_Static_assert(PLACE_TOKENS_MAX <= 16, "a container of any depth has its bit");

static void form_check(const struct json_form *form) {
    assert(form->used <= JSON_FORM_STEPS);
    assert(form->misses <= JSON_FORM_MISSES);
    assert((form->first == NULL) == (form->used == 0));
}

static bool form_has(const struct json_form *form, const struct json_step *step) {
    return step >= form->steps && step < form->steps + form->used;
}

static void form_forget(struct json_form *form) {
    form->first = NULL;
    form->used = 0;
    form->misses = 0;
}

void json_form_init(struct json_form *form) { form_forget(form); }

bool json_form_missed(struct json_form *form) {
    form_check(form);
    if (form->misses == JSON_FORM_MISSES) form_forget(form);
    return form->misses++ < JSON_FORM_LESSONS;
}

static struct json_step step_of(struct bytes text) {
    char padded[JSON_FORM_PIECE_BYTES_MAX] = {0};
    assert(text.n > 0 && text.n <= sizeof padded);
    size_t reach = text.n < 8 ? 8 : text.n;
    memcpy(padded, text.p, text.n);
    return (struct json_step){
        .first = bytes8_load(padded),
        .last = bytes8_load(padded + reach - 8),
        .middle = bytes8_load(padded + 8),
        .mask = UINT64_MAX >> 8 * (reach - text.n),
        .reach = (uint8_t)reach,
        .text_bytes = (uint8_t)text.n,
        .follows = JSON_STEP_PIECE,
    };
}

static void step_end(struct json_step *step, const struct json_lesson *l) {
    step->follows = (uint8_t)l->slot;
    step->node = l->standing.node;
    step->depth = l->standing.node->depth;
    step->arrays = (uint16_t)l->standing.arrays;
    step->index = (uint8_t)l->standing.index;
}

static bool step_is_same(const struct json_step *a, const struct json_step *b) {
    return a->text_bytes == b->text_bytes && a->first == b->first && a->middle == b->middle && a->last == b->last &&
           a->follows == b->follows;
}

static struct json_step *step_add(struct json_form *form, struct json_step **at, const struct json_step *wanted) {
    for (; *at != NULL; at = &(*at)->otherwise) {
        assert(form_has(form, *at));
        if (step_is_same(*at, wanted)) return *at;
    }
    if (form->used == JSON_FORM_STEPS) return NULL;
    *at = &form->steps[form->used++];
    **at = *wanted;
    return *at;
}

/* Pieces of a text that found no room for its end stay: they lead nowhere, and cost a look. */
struct json_step *json_form_add(struct json_form *form, struct json_step **at, const struct json_lesson *l) {
    form_check(form);
    assert(l->slot <= JSON_STEP_NO_SLOT);
    struct bytes rest = l->text;
    if (rest.n == 0 || rest.n > JSON_FORM_TEXT_BYTES_MAX || l->standing.index > JSON_FORM_INDEX_MAX) return NULL;
    struct json_step *step = NULL;
    do {
        size_t n = rest.n < JSON_FORM_PIECE_BYTES_MAX ? rest.n : JSON_FORM_PIECE_BYTES_MAX;
        struct json_step wanted = step_of((struct bytes){rest.p, n});
        rest = (struct bytes){rest.p + n, rest.n - n};
        if (rest.n == 0) step_end(&wanted, l);
        step = step_add(form, at, &wanted);
        if (step != NULL) at = &step->then;
    } while (step != NULL && rest.n > 0);
    return step;
}
