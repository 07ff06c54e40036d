/* decode/json_form.c - learns a form. This is rare, so it is done apart from scanning and need not be fast. */
#include "decode/json_form.h"

#include <assert.h>
#include <string.h>

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

static struct json_step step_of(struct bytes text, enum event_field field) {
    char padded[JSON_FORM_TEXT_BYTES_MAX] = {0};
    assert(text.n > 0 && text.n <= sizeof padded);
    size_t reach = text.n < 8 ? 8 : text.n;
    memcpy(padded, text.p, text.n);
    return (struct json_step){
        .first = bytes8_load(padded),
        .last = bytes8_load(padded + reach - 8),
        .middle = bytes8_load(padded + 8),
        .mask = UINT64_MAX >> 8 * (reach - text.n),
        .reach = reach,
        .text_bytes = (uint8_t)text.n,
        .field = (uint8_t)field,
    };
}

static bool step_has_text_of(const struct json_step *a, const struct json_step *b) {
    return a->text_bytes == b->text_bytes && a->first == b->first && a->middle == b->middle && a->last == b->last;
}

/* A text with a line end is not learnt: with it in a step, an object could go on over lines unseen. */
static bool text_is_learnt(struct bytes text) {
    return text.n > 0 && text.n <= JSON_FORM_TEXT_BYTES_MAX && memchr(text.p, '\n', text.n) == NULL;
}

struct json_step *json_form_add(struct json_form *form, struct json_step **at, struct bytes text,
                                enum event_field field) {
    form_check(form);
    assert(field <= EVENT_FIELDS);
    if (!text_is_learnt(text)) return NULL;
    struct json_step wanted = step_of(text, field);
    for (; *at != NULL; at = &(*at)->otherwise) {
        assert(form_has(form, *at));
        if (step_has_text_of(*at, &wanted)) return *at;
    }
    if (form->used == JSON_FORM_STEPS) return NULL;
    *at = &form->steps[form->used++];
    **at = wanted;
    return *at;
}
