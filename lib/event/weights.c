/* event/weights.c - reads the list of weights, and finds the weight of a type. */
#include "event/weights.h"

#include <string.h>

#include "base/log.h"
#include "base/units.h"

enum { OTHER_DEFAULT = 1 };

/* Types are so short that the call of memcmp would be most of the work. */
static bool same_text(const char *a, const char *b, size_t n) {
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        uint32_t x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        if (x != y) return false;
    }
    while (i < n && a[i] == b[i]) i++;
    return i == n;
}

static bool row_matches(const struct weight *row, struct bytes type) {
    return row->type_len == type.n && same_text(row->type, type.p, type.n);
}

static bool is_listed(const struct weights *w, struct bytes type) {
    for (uint32_t i = 0; i < w->n; i++)
        if (row_matches(&w->rows[i], type)) return true;
    return false;
}

static int weight_parse(struct bytes text, uint32_t *out, struct err *e) {
    char digits[8];
    uint64_t v = WEIGHT_MAX + 1;
    if (text.n > 0 && text.n < sizeof digits) {
        memcpy(digits, text.p, text.n);
        digits[text.n] = '\0';
        if (units_parse_number(digits, &v, NULL) != 0) v = WEIGHT_MAX + 1;
    }
    if (v > WEIGHT_MAX)
        return err_set(e, ERR_INVALID, "replace %s by a weight 0..%d", log_quote_bytes(text), (int)WEIGHT_MAX);
    *out = (uint32_t)v;
    return 0;
}

static int row_add(struct weights *w, struct bytes type, uint32_t weight, struct err *e) {
    if (type.n == 0) return err_set(e, ERR_INVALID, "put a type before the '='");
    if (type.n > WEIGHT_TYPE_BYTES_MAX)
        return err_set(e, ERR_INVALID, "shorten the type to %d bytes", (int)WEIGHT_TYPE_BYTES_MAX);
    if (is_listed(w, type))
        return err_set(e, ERR_INVALID, "remove the type %s, which is there twice", log_quote_bytes(type));
    if (w->n == WEIGHTS_MAX) return err_set(e, ERR_INVALID, "leave some out, %d types at most", (int)WEIGHTS_MAX);
    struct weight *row = &w->rows[w->n++];
    memcpy(row->type, type.p, type.n);
    row->type_len = (uint16_t)type.n;
    row->weight = weight;
    return 0;
}

/* One `type=weight`. *HAS_OTHER: whether `*` was seen. */
static int entry_parse(struct bytes entry, struct weights *w, bool *has_other, struct err *e) {
    const char *equals = entry.n > 0 ? memchr(entry.p, '=', entry.n) : NULL;
    if (equals == NULL) return err_set(e, ERR_INVALID, "add '=' and a weight to %s", log_quote_bytes(entry));
    struct bytes type = {entry.p, (size_t)(equals - entry.p)};
    struct bytes number = {equals + 1, entry.n - type.n - 1};
    uint32_t weight = 0;
    int status = weight_parse(number, &weight, e);
    if (status != 0) return status;
    if (type.n != 1 || type.p[0] != '*') return row_add(w, type, weight, e);
    if (*has_other) return err_set(e, ERR_INVALID, "remove the second *");
    *has_other = true;
    w->other = weight;
    return 0;
}

int weights_parse(const char *text, struct weights *out, struct err *e) {
    struct weights w = {.other = OTHER_DEFAULT};
    bool has_other = false;
    for (const char *p = text;; p++) { /* over the comma */
        size_t n = strcspn(p, ",");
        int status = entry_parse((struct bytes){p, n}, &w, &has_other, e);
        if (status != 0) return status;
        p += n;
        if (*p == '\0') break;
    }
    *out = w;
    return 0;
}

uint32_t weights_get(const struct weights *w, struct bytes type) {
    for (uint32_t i = 0; i < w->n; i++)
        if (row_matches(&w->rows[i], type)) return w->rows[i].weight;
    return w->other;
}

bool weights_differ(const struct weights *w) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->rows[i].weight != w->other) return true;
    return false;
}
