/* Learning is rare, and done apart from scanning. */
#include "decode/json_form.h"

static void forget(struct event_form *form) {
    form->first = NULL;
    form->used = 0;
}

void event_form_init(struct event_form *form) {
    forget(form);
    form->misses = 0;
}

bool event_form_missed(struct event_form *form) {
    if (form->misses == EVENT_FORM_MISSES) {
        forget(form);
        form->misses = 0;
    }
    return form->misses++ < EVENT_FORM_LESSONS;
}

static struct event_step step_of(struct bytes text, enum event_field field) {
    char padded[EVENT_FORM_TEXT_BYTES_MAX] = {0};
    size_t reach = text.n < 8 ? 8 : text.n;
    memcpy(padded, text.p, text.n);
    return (struct event_step){
        .first = event_load8(padded),
        .last = event_load8(padded + reach - 8),
        .middle = event_load8(padded + 8),
        .mask = UINT64_MAX >> 8 * (reach - text.n),
        .reach = reach,
        .n = (uint8_t)text.n,
        .field = (uint8_t)field,
    };
}

static bool same_text(const struct event_step *a, const struct event_step *b) {
    return a->n == b->n && a->first == b->first && a->middle == b->middle && a->last == b->last;
}

/* With a line end in a step, an object could go on over lines unseen. */
static bool can_learn(struct bytes text) {
    return text.n > 0 && text.n <= EVENT_FORM_TEXT_BYTES_MAX && memchr(text.p, '\n', text.n) == NULL;
}

struct event_step *event_form_add(struct event_form *form, struct event_step **at, struct bytes text,
                                  enum event_field field) {
    if (!can_learn(text)) return NULL;
    struct event_step wanted = step_of(text, field);
    for (; *at != NULL; at = &(*at)->otherwise)
        if (same_text(*at, &wanted)) return *at;
    if (form->used == EVENT_FORM_STEPS) return NULL;
    *at = &form->steps[form->used++];
    **at = wanted;
    return *at;
}
