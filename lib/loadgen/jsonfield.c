/* loadgen/jsonfield.c - walks over the fields of an object without decoding them. */
#include "loadgen/jsonfield.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/values.h"

/* Behind the string that begins at P. */
static const char *string_skip(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p < end ? p + 1 : end;
}

static const char *space_skip(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) p++;
    return p;
}

/* Behind the value that begins at P: to the comma or brace that ends it, trailing space excluded. */
static const char *value_skip(const char *p, const char *end) {
    int depth = 0;
    const char *last = p;
    while (p < end) {
        if (depth == 0 && (*p == ',' || *p == '}')) break;
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') depth--;
        p = *p == '"' ? string_skip(p, end) : p + 1;
        if (p[-1] != ' ' && p[-1] != '\t') last = p;
    }
    return last;
}

bool jsonfield_find(struct bytes object, const char *name, struct bytes *value) {
    const char *end = object.p + object.n, *p = space_skip(object.p, end);
    size_t name_len = strlen(name);
    bool found = false;
    if (p == end || *p != '{') return false;
    while ((p = space_skip(p + 1, end)) < end && *p == '"') {
        const char *key = p + 1;
        p = string_skip(p, end);
        size_t key_len = (size_t)(p - key - 1);
        p = space_skip(p, end);
        if (p == end || *p != ':') break;
        p = space_skip(p + 1, end);
        const char *from = p;
        p = value_skip(p, end);
        if (key_len == name_len && memcmp(key, name, name_len) == 0 && p > from) {
            *value = (struct bytes){from, (size_t)(p - from)};
            found = true;
        }
        p = space_skip(p, end);
        if (p == end || *p != ',') break;
    }
    return found;
}

struct bytes jsonfield_text(struct bytes value) {
    if (value.n >= 2 && value.p[0] == '"') return (struct bytes){value.p + 1, value.n - 2};
    return value;
}

bool jsonfield_time(struct bytes value, int64_t *ms) {
    if (value_parse_time(jsonfield_text(value), ms)) return true;
    char text[32];
    double s;
    if (value.n >= sizeof text) return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    if (!value_parse_decimal(text, 0, 253402300799.0, &s)) return false;
    *ms = (int64_t)(s * 1000 + .5);
    return true;
}
