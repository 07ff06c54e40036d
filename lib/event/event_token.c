/* The parts of a JSON text that an event of the usual shape has few of, or none. */
#include "event/event_token.h"

#include "event/event_elements.h"

#ifdef TOPKD_TESTHOOKS
bool event_block_portable;
#endif

/* Control characters are stops, so those that are white space are passed here. */
void event_token_space(struct event_text *t, struct event_cursor *c) {
    const char *p = c->p;
    for (; event_is_space(*p); p++)
        if (*p == '\n') t->lf = p;
    c->p = p;
    if (p - c->block >= EVENT_BLOCK_BYTES) {
        c->block = p;
        c->stops = event_text_stops(t, p);
    }
    c->stops &= UINT64_MAX << (p - c->block);
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

bool event_token_odd_string(struct event_text *t, struct event_cursor *c, const char *stop, bool needed) {
    while (*stop != '"') {
        size_t n = 0;
        if ((unsigned char)*stop >= 0x80)
            n = utf8_length(stop, t->last);
        else if (*stop == '\\' && !needed)
            n = escape_length(stop, t->last);
        if (n == 0) return false;
        const char *behind = stop + n;
        do stop = event_cursor_stop(t, c);
        while (stop < behind);
    }
    c->p = stop + 1;
    return true;
}

static bool take_word(struct event_text *t, struct event_cursor *c, struct bytes word) {
    if ((size_t)(t->last - c->p) < word.n || memcmp(c->p, word.p, word.n) != 0) return false;
    c->p += word.n;
    return true;
}

static bool skip_value(struct event_text *t, struct event_cursor *c) {
    event_token_skip_space(t, c);
    return event_token_value(t, c, NULL);
}

/* "key": value */
static bool skip_member(struct event_text *t, struct event_cursor *c) {
    struct bytes key;
    return event_token_at(t, c, '"') && event_token_string(t, c, true, &key) && event_token_byte(t, c, ':') &&
           skip_value(t, c);
}

/* P stands on the bracket or brace, whose partner CLOSE is. */
static bool skip_container(struct event_text *t, struct event_cursor *c, char close) {
    if (++t->depth > EVENT_TOKEN_DEPTH_MAX) return false;
    c->p++;
    bool more = !event_token_byte(t, c, close);
    while (more) {
        if (!(close == '}' ? skip_member(t, c) : skip_value(t, c))) return false;
        more = event_token_byte(t, c, ',');
        if (!more && !event_token_byte(t, c, close)) return false;
    }
    t->depth--;
    return true;
}

bool event_token_other(struct event_text *t, struct event_cursor *c, struct event_value *value) {
    if (value != NULL) value->kind = *c->p == 'n' ? EVENT_ABSENT : EVENT_OTHER;
    switch (*c->p) {
    case '{':
        return skip_container(t, c, '}');
    case '[':
        return skip_container(t, c, ']');
    case 't':
        return take_word(t, c, (struct bytes){"true", 4});
    case 'f':
        return take_word(t, c, (struct bytes){"false", 5});
    case 'n':
        return take_word(t, c, (struct bytes){"null", 4});
    default:
        return false;
    }
}
