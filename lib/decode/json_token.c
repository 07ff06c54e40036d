/* decode/json_token.c - the parts of a JSON text that a usual event has few of, or none.
 * What nobody needs is skipped by its quotes and brackets, whatever stands between them. */
#include "decode/json_token.h"

#include "decode/json_value.h"

#ifdef TOPKD_TESTHOOKS
bool json_block_portable;
#endif

const char *json_token_space(const char *p) {
    while (json_is_space(*p)) p++;
    return p;
}

/* -- strings -- */

/* From P inside a string to its closing quote; NULL: it has none. What follows a backslash is no quote. */
static const char *string_end(const struct json_text *t, const char *p) {
    while (p <= t->last) {
        p = json_quote(p, t->last);
        if (*p == '"') return p;
        if (*p != '\\') return NULL;
        p += 2;
    }
    return NULL;
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

/* Is what stands from STOP up to END, which is its closing quote, text as it is meant? */
static bool is_literal(const struct json_text *t, const char *stop, const char *end) {
    while (stop < end) {
        size_t n = *stop == 0x7f ? 1 : (unsigned char)*stop >= 0x80 ? utf8_length(stop, end) : 0;
        if (n == 0) return false;
        stop = json_stop(stop + n, t->last);
    }
    return true;
}

const char *json_token_odd_string(const struct json_text *t, const char *p, const char *stop,
                                  struct event_value *value) {
    const char *end = string_end(t, stop);
    if (value == NULL || end == NULL) return end != NULL ? end + 1 : NULL;
    if (is_literal(t, stop, end))
        *value = (struct event_value){.kind = EVENT_STRING, .text = {p + 1, (size_t)(end - p) - 1}};
    else
        json_value_of_string((struct bytes){p, (size_t)(end + 1 - p)}, t->arena, value);
    return end + 1;
}

/* -- containers -- */

static bool is_opening(char c) { return c == '{' || c == '['; }

/* From P in a container that is DEPTH levels deep, by one quote or bracket after the other. */
static const char *container_walk(const struct json_text *t, const char *p, size_t depth) {
    while (p != NULL && p <= t->last) {
        p = json_bracket(p, t->last);
        if (*p == '"')
            p = string_end(t, p + 1);
        else if (is_opening(*p))
            depth++;
        else if (--depth == 0)
            return p + 1;
        if (p != NULL) p++;
    }
    return NULL;
}

/* Pieces are read once, and most strings end in the piece in which they begin. */
const char *json_token_container(const struct json_text *t, const char *p) {
    size_t depth = 1;
    for (p++; t->last - p >= JSON_PIECE_BYTES;) {
        unsigned brackets = json_brackets16(p), quotes = json_quotes16(p), at = JSON_PIECE_BYTES;
        const char *far = NULL; /* the end of a string that goes on behind the piece, or has an escape */
        for (; brackets != 0; brackets &= UINT32_MAX << at << 1) {
            at = (unsigned)__builtin_ctz(brackets);
            if (p[at] == '"') {
                const char *start = p + at + 1;
                at = (unsigned)__builtin_ctz((quotes & UINT32_MAX << at << 1) | 1u << JSON_PIECE_BYTES);
                if (at < JSON_PIECE_BYTES && p[at] == '"') continue;
                far = string_end(t, start);
                if (far == NULL) return NULL;
                break;
            }
            if (is_opening(p[at]))
                depth++;
            else if (--depth == 0)
                return p + at + 1;
        }
        p = far != NULL ? far + 1 : p + JSON_PIECE_BYTES;
    }
    return container_walk(t, p, depth);
}

/* -- words -- */

/* Neither white space, nor a control character, nor one of the bytes that structure is made of: those have their bits
 * here. */
static inline bool is_of_word(char c) {
    static const uint64_t others[4] = {
        UINT64_C(0x1ffffffff) | UINT64_C(1) << '"' | UINT64_C(1) << ',' | UINT64_C(1) << ':',
        UINT64_C(1) << ('[' - 64) | UINT64_C(1) << (']' - 64) | UINT64_C(1) << ('{' - 64) | UINT64_C(1) << ('}' - 64)};
    unsigned char byte = (unsigned char)c;
    return (others[byte / 64] >> byte % 64 & 1) == 0;
}

static const char *word_end(const char *p) {
    while (is_of_word(*p)) p++;
    return p;
}

static const char *word_take(const struct json_text *t, const char *p, struct event_value *value) {
    if (value != NULL && (*p == '-' || (unsigned char)(*p - '0') <= 9)) {
        const char *next = json_number_take(p, t->last, value);
        if (next != NULL && !is_of_word(*next)) return next;
    }
    const char *end = word_end(p);
    if (end == p) return NULL;
    if (value != NULL) json_value_of_word((struct bytes){p, (size_t)(end - p)}, value);
    return end;
}

const char *json_token_other(const struct json_text *t, const char *p, struct event_value *value) {
    if (*p != '{' && *p != '[') return word_take(t, p, value);
    const char *next = json_token_container(t, p);
    if (next == NULL || json_text_ended(t, next)) return NULL;
    if (value == NULL) return next;
    value->kind = *p == '[' ? EVENT_ARRAY : EVENT_OTHER;
    value->text = (struct bytes){p, (size_t)(next - p)};
    return next;
}
