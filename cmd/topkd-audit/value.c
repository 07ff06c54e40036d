/* topkd-audit/value.c - gives tokens to jansson. Only integers it does not see: it knows none beyond 64 bits. */
#include "value.h"

#include <string.h>

void value_deinit(struct value *v) {
    json_decref(v->json);
    *v = (struct value){0};
}

static bool token_is(struct bytes token, const char *word) {
    return token.n == strlen(word) && memcmp(token.p, word, token.n) == 0;
}

/* -?(0|[1-9][0-9]*) */
static bool token_is_integer(struct bytes token) {
    size_t first = token.n > 0 && token.p[0] == '-', n = token.n - first;
    for (size_t i = first; i < token.n; i++)
        if (token.p[i] < '0' || token.p[i] > '9') return false;
    return n == 1 || (n > 1 && token.p[first] != '0');
}

static struct value value_of_json(json_t *json) {
    if (json_is_string(json))
        return (struct value){
            .kind = VALUE_STRING, .text = {json_string_value(json), json_string_length(json)}, .json = json};
    struct value v = {.kind = json_is_real(json) ? VALUE_REAL : VALUE_OTHER};
    if (json_is_real(json)) v.real = json_real_value(json);
    json_decref(json);
    return v;
}

struct value value_of_token(struct bytes token) {
    if (token.p == NULL || token_is(token, "null")) return (struct value){.kind = VALUE_ABSENT};
    if (*token.p == '[') return (struct value){.kind = VALUE_ARRAY, .text = token};
    if (*token.p == '{') return (struct value){.kind = VALUE_OTHER};
    if (token_is(token, "-0")) return (struct value){.kind = VALUE_INTEGER, .text = {token.p + 1, 1}};
    if (token_is_integer(token)) return (struct value){.kind = VALUE_INTEGER, .text = token};
    return value_of_json(json_loadb(token.p, token.n, JSON_DECODE_ANY, NULL));
}

static bool bytes_are_text(struct bytes bytes) {
    json_t *text = json_stringn(bytes.p, bytes.n);
    bool is_utf8 = text != NULL;
    json_decref(text);
    return is_utf8 && memchr(bytes.p, '\0', bytes.n) == NULL;
}

struct value value_of_bytes(struct bytes bytes) {
    if (bytes.p == NULL) return (struct value){.kind = VALUE_ABSENT};
    return bytes_are_text(bytes) ? (struct value){.kind = VALUE_STRING, .text = bytes}
                                 : (struct value){.kind = VALUE_OTHER};
}
