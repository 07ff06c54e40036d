/* The parts of a JSON text that an event of the usual shape has few of, or none. */
#include "decode/json_token.h"

#include "decode/json_elements.h"

#ifdef TOPKD_TESTHOOKS
bool event_block_portable;
#endif

const char *event_token_space(struct event_text *t, const char *p) {
    for (; event_is_space(*p); p++)
        if (*p == '\n') t->lf = p;
    return p;
}

/* How long the character of two bytes or more at P is; 0 if it is none. As jansson has it, and Unicode: no surrogates,
 * nothing above 10FFFF, nothing longer than it need be. */
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
static int hex4(const char *p) {
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0) return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* How long the escape at P is; 0 if it is none that may stand here: a NUL or half a surrogate pair. */
static size_t escape_length(const char *p, const char *end) {
    size_t left = (size_t)(end - p);
    if (left < 2) return 0;
    if (p[1] != 'u') return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL ? 2 : 0;
    int unit = left < 6 ? -1 : hex4(p + 2);
    if (unit <= 0) return 0;
    if (unit < 0xd800 || unit > 0xdfff) return 6;
    if (unit > 0xdbff || left < 12 || p[6] != '\\' || p[7] != 'u') return 0;
    int low = hex4(p + 8);
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

const char *event_token_odd_string(const struct event_text *t, const char *stop, bool needed) {
    while (*stop != '"') {
        size_t n = *stop == 0x7f;
        if ((unsigned char)*stop >= 0x80)
            n = utf8_length(stop, t->last);
        else if (*stop == '\\' && !needed)
            n = escape_length(stop, t->last);
        if (n == 0) return NULL;
        stop = event_stop(stop + n, t->last);
    }
    return stop + 1;
}

static const char *take_word(const struct event_text *t, const char *p, struct bytes word) {
    return (size_t)(t->last - p) >= word.n && memcmp(p, word.p, word.n) == 0 ? p + word.n : NULL;
}

static const char *skip_value(struct event_text *t, const char *p) {
    return event_token_value(t, event_token_skip_space(t, p), NULL);
}

/* "key": value */
static const char *skip_member(struct event_text *t, const char *p) {
    p = event_token_skip_space(t, p);
    p = *p == '"' ? event_token_string(t, p, true) : NULL;
    if (p != NULL) p = event_token_byte(t, p, ':');
    return p != NULL ? skip_value(t, p) : NULL;
}

/* P stands on the bracket or brace, whose partner CLOSE is. */
static const char *skip_container(struct event_text *t, const char *p, char close) {
    if (++t->depth > EVENT_TOKEN_DEPTH_MAX) return NULL;
    p = event_token_skip_space(t, p + 1);
    bool more = *p != close;
    while (more) {
        p = close == '}' ? skip_member(t, p) : skip_value(t, p);
        if (p == NULL) return NULL;
        p = event_token_skip_space(t, p);
        more = *p == ',';
        if (!more && *p != close) return NULL;
        p += more;
    }
    t->depth--;
    return p + 1;
}

const char *event_token_other(struct event_text *t, const char *p, struct event_value *value) {
    if (value != NULL) value->kind = *p == 'n' ? EVENT_ABSENT : EVENT_OTHER;
    switch (*p) {
    case '{':
        return skip_container(t, p, '}');
    case '[':
        return skip_container(t, p, ']');
    case 't':
        return take_word(t, p, (struct bytes){"true", 4});
    case 'f':
        return take_word(t, p, (struct bytes){"false", 5});
    case 'n':
        return take_word(t, p, (struct bytes){"null", 4});
    default:
        return NULL;
    }
}
