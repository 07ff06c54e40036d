/* event/place.c - reads what a user wrote as the place of a field. */
#include "event/place.h"

#include <assert.h>
#include <string.h>

enum { INDEX_DIGITS_MAX = 9 };

static int text_take(const char *text, struct place *out, struct err *e) {
    size_t n = strlen(text);
    if (n > PLACE_BYTES_MAX) return err_set(e, ERR_INVALID, "shorten it to %d bytes", (int)PLACE_BYTES_MAX);
    memcpy(out->text, text, n + 1);
    return 0;
}

/* As RFC 6901 has it: no sign, no leading zero. "-" is the element behind the last, which is never there. */
static int32_t index_of(const char *name, size_t n) {
    int32_t index = 0;
    if (n == 0 || n > INDEX_DIGITS_MAX || (name[0] == '0' && n > 1)) return PLACE_NO_INDEX;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9') return PLACE_NO_INDEX;
        index = index * 10 + (name[i] - '0');
    }
    return index;
}

/* Undoes the escapes of the token at P, in place, and ends it. *NEXT: where the next one begins; NULL: it is the last.
 * False: a wrong escape. */
static bool token_unescape(char *p, size_t *bytes, char **next) {
    char *to = p, *from = p;
    while (*from != '\0' && *from != '/') {
        char c = *from++;
        if (c == '~' && *from != '0' && *from != '1') return false;
        if (c == '~') c = *from++ == '0' ? '~' : '/';
        *to++ = c;
    }
    *next = *from == '/' ? from + 1 : NULL;
    *to = '\0';
    *bytes = (size_t)(to - p);
    return true;
}

/* P: behind the first slash. */
static int tokens_take(char *p, struct place *out, struct err *e) {
    while (p != NULL) {
        size_t n;
        char *name = p;
        if (out->tokens_n == PLACE_TOKENS_MAX)
            return err_set(e, ERR_INVALID, "shorten the path to %d steps", (int)PLACE_TOKENS_MAX);
        if (!token_unescape(name, &n, &p)) return err_set(e, ERR_INVALID, "write ~ as ~0, and / in a name as ~1");
        out->tokens[out->tokens_n++] = (struct place_token){name, n, index_of(name, n)};
    }
    return 0;
}

static int pointer_take(const char *text, enum place_of of, struct place *out, struct err *e) {
    int status = text_take(text, out, e);
    out->of = of;
    return status == 0 ? tokens_take(out->text + 1, out, e) : status;
}

static int beside_take(const char *text, struct place *out, struct err *e) {
    const char *header = "@header:";
    if (strcmp(text, "@key") == 0 || strcmp(text, "@topic") == 0) {
        out->of = text[1] == 'k' ? PLACE_KEY : PLACE_TOPIC;
        return 0;
    }
    size_t n = strlen(header);
    if (strncmp(text, header, n) != 0 || text[n] == '\0')
        return err_set(e, ERR_INVALID, "use @key, @topic or @header:NAME, or /%s for a field of that name", text);
    out->of = PLACE_HEADER;
    return text_take(text + n, out, e);
}

static int name_take(const char *text, struct place *out, struct err *e) {
    int status = text_take(text, out, e);
    size_t n = strlen(out->text);
    out->of = PLACE_EVENT;
    out->tokens[out->tokens_n++] = (struct place_token){out->text, n, index_of(out->text, n)};
    return status;
}

int place_parse(const char *text, struct place *out, struct err *e) {
    *out = (struct place){.of = PLACE_NOWHERE};
    if (text == NULL || *text == '\0') return 0;
    if (*text == '@') return beside_take(text, out, e);
    if (*text == '/') return pointer_take(text, PLACE_EVENT, out, e);
    if (strncmp(text, "^/", 2) == 0) return pointer_take(text + 1, PLACE_WRAPPER, out, e);
    return name_take(text, out, e);
}

void place_take(const char *text, struct place *out) {
    int status = place_parse(text, out, NULL);
    assert(status == 0);
    (void)status;
}

static bool token_is(const struct place_token *a, const struct place_token *b) {
    return a->name_bytes == b->name_bytes && memcmp(a->name, b->name, a->name_bytes) == 0;
}

bool place_is(const struct place *a, const struct place *b) {
    if (a->of != b->of || a->of == PLACE_NOWHERE || a->tokens_n != b->tokens_n) return false;
    for (size_t i = 0; i < a->tokens_n; i++)
        if (!token_is(&a->tokens[i], &b->tokens[i])) return false;
    return a->of != PLACE_HEADER || strcmp(a->text, b->text) == 0;
}
