/* config/nearest.c - Levenshtein distance, one row of the table at a time. */
#include "config/nearest.h"

#include <ctype.h>
#include <string.h>

#include "config/setting.h"

enum { NAME_BYTES_MAX = 63 };

static size_t least_of_three(size_t a, size_t b, size_t c) {
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Insertions, deletions and replacements from A, whatever its case, to B; both at most NAME_BYTES_MAX long. */
static size_t edits_between(const char *a, const char *b) {
    size_t row[NAME_BYTES_MAX + 1], b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t above = row[j + 1];
            row[j + 1] = least_of_three(above + 1, row[j] + 1, diagonal + (toupper((unsigned char)a[i]) != b[j]));
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *setting_nearest(const char *name) {
    if (strlen(name) > NAME_BYTES_MAX) return NULL;
    const char *best = NULL;
    size_t best_edits = strlen(name) / 2 + 1; /* more than half of it is another name, not a slip */
    for (size_t i = 0; i < SETTINGS; i++) {
        size_t n = edits_between(name, settings[i].name);
        if (n >= best_edits) continue;
        best = settings[i].name;
        best_edits = n;
    }
    return best;
}
