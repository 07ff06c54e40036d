/* topkd-audit/grammar.c - each rule of the grammar is a function that returns what follows, or NULL if it does not
 * fit. */
#include "grammar.h"

#include <string.h>

static bool byte_is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

const char *grammar_blank(const char *p, const char *end) {
    while (p < end && byte_is_blank(*p)) p++;
    return p;
}

static const char *grammar_string(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && ++p == end) return NULL;
    return p < end ? p + 1 : NULL;
}

static bool byte_is_of_word(char c) { return (unsigned char)c > 0x20 && strchr("\",:[]{}", c) == NULL; }

static const char *grammar_word(const char *p, const char *end) {
    const char *begin = p;
    while (p < end && byte_is_of_word(*p)) p++;
    return p > begin ? p : NULL;
}

static bool byte_opens(char c) { return c == '[' || c == '{'; }
static bool byte_closes(char c) { return c == ']' || c == '}'; }

static const char *grammar_container(const char *p, const char *end) {
    size_t open = 0;
    do {
        if (*p == '"') {
            p = grammar_string(p, end);
            if (p == NULL) return NULL;
            continue;
        }
        if (byte_opens(*p)) open++;
        if (byte_closes(*p)) open--;
        p++;
    } while (open > 0 && p < end);
    return open == 0 ? p : NULL;
}

static const char *grammar_value(const char *p, const char *end) {
    if (p == end) return NULL;
    if (*p == '"') return grammar_string(p, end);
    return byte_opens(*p) ? grammar_container(p, end) : grammar_word(p, end);
}

struct walk walk_begin(const char *p, const char *end) {
    return (struct walk){.at = p + 1, .end = end, .close = *p == '{' ? '}' : ']'};
}

static bool walk_break(struct walk *w) {
    w->state = WALK_BROKEN;
    return false;
}

static bool walk_is_at(const struct walk *w, char c) { return w->at < w->end && *w->at == c; }

/* The name and its colon. */
static bool walk_name(struct walk *w) {
    const char *begin = w->at;
    if (!walk_is_at(w, '"')) return false;
    const char *behind = grammar_string(begin, w->end);
    if (behind == NULL) return false;
    w->name = bytes_between(begin, behind);
    w->at = grammar_blank(behind, w->end);
    if (!walk_is_at(w, ':')) return false;
    w->at = grammar_blank(w->at + 1, w->end);
    return true;
}

static bool walk_child(struct walk *w) {
    if (w->close == '}' && !walk_name(w)) return walk_break(w);
    const char *behind = grammar_value(w->at, w->end);
    if (behind == NULL) return walk_break(w);
    w->value = bytes_between(w->at, behind);
    w->at = behind;
    w->n++;
    return true;
}

bool walk_next(struct walk *w) {
    if (w->state != WALK_INSIDE) return false;
    w->at = grammar_blank(w->at, w->end);
    if (walk_is_at(w, w->close)) {
        w->at++;
        w->state = WALK_BEHIND;
        return false;
    }
    if (w->n > 0) {
        if (!walk_is_at(w, ',')) return walk_break(w);
        w->at = grammar_blank(w->at + 1, w->end);
    }
    return walk_child(w);
}

struct bytes grammar_whole(const char *p, const char *end) {
    struct walk w = walk_begin(p, end);
    while (walk_next(&w)) continue;
    return w.state == WALK_BEHIND ? bytes_between(p, w.at) : (struct bytes){NULL, 0};
}
