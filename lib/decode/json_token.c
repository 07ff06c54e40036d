/* decode/json_token.c - the parts of a JSON text that a usual event has few of, or none. */
#include "decode/json_token.h"

#include <assert.h>
#include <string.h>

#ifdef TOPKD_TESTHOOKS
bool json_block_portable;
#endif

const char *json_token_space(struct json_text *t, const char *p) {
    for (; json_is_space(*p); p++)
        if (*p == '\n') t->lf = p;
    return p;
}

/* How long the character at P is, which has two bytes or more; 0 if it is none. The rules are those of jansson and of
 * Unicode: no surrogates, nothing above 10FFFF, nothing written longer than it need be. */
static size_t utf8_length(const char *p, const char *end) {
    unsigned char first = (unsigned char)p[0];
    size_t n = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (n == 0 || (size_t)(end - p) < n) return 0;
    unsigned char second = (unsigned char)p[1];
    if (first == 0xe0 ? second < 0xa0 : first == 0xf0 && second < 0x90) return 0;
    if (first == 0xed ? second > 0x9f : first == 0xf4 && second > 0x8f) return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)p[i] & 0xc0) != 0x80) return 0;
    return n;
}

/* The four digits behind \u, or -1. */
static int hex4_value(const char *p) {
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0) return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* How long the escape at P is; 0 if it is none, or one that is refused: a NUL, or half of a surrogate pair. */
static size_t escape_length(const char *p, const char *end) {
    size_t left = (size_t)(end - p);
    if (left < 2) return 0;
    if (p[1] != 'u') return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL ? 2 : 0;
    int unit = left < 6 ? -1 : hex4_value(p + 2);
    if (unit <= 0) return 0;
    if (unit < 0xd800 || unit > 0xdfff) return 6;
    if (unit > 0xdbff || left < 12 || p[6] != '\\' || p[7] != 'u') return 0;
    int low = hex4_value(p + 8);
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

const char *json_token_odd_string(const struct json_text *t, const char *stop, bool needed) {
    while (*stop != '"') {
        size_t n = *stop == 0x7f;
        if ((unsigned char)*stop >= 0x80)
            n = utf8_length(stop, t->last);
        else if (*stop == '\\' && !needed)
            n = escape_length(stop, t->last);
        if (n == 0) return NULL;
        stop = json_stop(stop + n, t->last);
    }
    return stop + 1;
}

static const char *word_take(const struct json_text *t, const char *p, struct bytes word) {
    return (size_t)(t->last - p) >= word.n && memcmp(p, word.p, word.n) == 0 ? p + word.n : NULL;
}

static const char *value_skip(struct json_text *t, const char *p) {
    return json_token_value(t, json_token_skip_space(t, p), NULL);
}

/* "key": value */
static const char *member_skip(struct json_text *t, const char *p) {
    p = json_token_skip_space(t, p);
    p = *p == '"' ? json_token_string(t, p, true) : NULL;
    if (p != NULL) p = json_token_byte(t, p, ':');
    return p != NULL ? value_skip(t, p) : NULL;
}

/* P stands on the opening bracket or brace; CLOSE is its partner. */
static const char *container_skip(struct json_text *t, const char *p, char close) {
    assert(t->depth <= JSON_TOKEN_DEPTH_MAX);
    if (++t->depth > JSON_TOKEN_DEPTH_MAX) return NULL;
    p = json_token_skip_space(t, p + 1);
    bool more = *p != close;
    while (more) {
        p = close == '}' ? member_skip(t, p) : value_skip(t, p);
        if (p == NULL) return NULL;
        p = json_token_skip_space(t, p);
        more = *p == ',';
        if (!more && *p != close) return NULL;
        p += more;
    }
    t->depth--;
    return p + 1;
}

const char *json_token_other(struct json_text *t, const char *p, struct event_value *value) {
    if (value != NULL) value->kind = *p == 'n' ? EVENT_ABSENT : EVENT_OTHER;
    switch (*p) {
    case '{':
        return container_skip(t, p, '}');
    case '[':
        return container_skip(t, p, ']');
    case 't':
        return word_take(t, p, (struct bytes){"true", 4});
    case 'f':
        return word_take(t, p, (struct bytes){"false", 5});
    case 'n':
        return word_take(t, p, (struct bytes){"null", 4});
    default:
        return NULL;
    }
}
