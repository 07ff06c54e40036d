/* A walk over a text known to be an array: strings are skipped whole, so every bracket seen outside them is real. */
#include "decode/json_elements.h"

/* P stands on the opening quote; returns what follows the closing one. */
static const char *skip_string(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end) p++;
    return p < end ? p + 1 : end;
}

/* P stands on '{' or '['; returns what follows its partner. */
static const char *skip_container(const char *p, const char *end) {
    size_t depth = 0;
    while (p < end) {
        char c = *p;
        if (c == '"') {
            p = skip_string(p, end);
            continue;
        }
        p++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return p;
}

/* A number or a literal ends where something else begins. */
static const char *skip_scalar(const char *p, const char *end) {
    while (p < end && *p != ',' && *p != ']' && !event_is_space(*p)) p++;
    return p;
}

static const char *skip_value(const char *p, const char *end) {
    if (*p == '"') return skip_string(p, end);
    if (*p == '{' || *p == '[') return skip_container(p, end);
    return skip_scalar(p, end);
}

static const char *skip_spaces(const char *p, const char *end) {
    while (p < end && event_is_space(*p)) p++;
    return p;
}

void event_elements_init(struct event_elements *it, struct bytes array) {
    it->end = array.p + array.n;
    it->p = skip_spaces(array.p, it->end);
    if (it->p < it->end) it->p++; /* the bracket */
}

struct bytes event_elements_next(struct event_elements *it) {
    const char *start = skip_spaces(it->p, it->end);
    if (start < it->end && *start == ',') start = skip_spaces(start + 1, it->end);
    if (start == it->end || *start == ']') return (struct bytes){.p = start, .n = 0};
    it->p = skip_value(start, it->end);
    return (struct bytes){.p = start, .n = (size_t)(it->p - start)};
}
