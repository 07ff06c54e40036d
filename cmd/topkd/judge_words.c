/* topkd/judge_words.c - takes names apart, and looks them up in judge_words.def.
 * A row fits a name that is its words, or that ends in them: "the country" ends in country. The longest row that fits
 * decides, so event_id is no item although it ends in id. */
#include "judge_words.h"

#include <ctype.h>
#include <string.h>

enum { ENDS_MALUS = 6, SOME_ID_SCORE = 56 };

static const struct word_row {
    enum judge_role role;
    const char *words;
    int score;
} word_rows[] = {
#define W(role, words, score) {JUDGE_ROLE_##role, #words, score},
#include "judge_words.def"
#undef W
};

/* -- words --------------------------------------------------------------------------------------- */

/* A capital begins a word behind a small letter, or before one if it ends a row of capitals: userID, HTTPCode. */
static bool word_begins(struct bytes name, size_t i) {
    unsigned char before = (unsigned char)name.p[i - 1], here = (unsigned char)name.p[i];
    unsigned char behind = i + 1 < name.n ? (unsigned char)name.p[i + 1] : 0;
    return isupper(here) && (islower(before) || isdigit(before) || (isupper(before) && islower(behind)));
}

static void gap_add(struct buf *out, size_t from) {
    if (out->len > from && out->data[out->len - 1] != '_') buf_add_byte(out, '_');
}

void judge_words_add(struct buf *out, struct bytes name) {
    size_t from = out->len;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (i > 0 && word_begins(name, i)) gap_add(out, from);
        if (isalnum(c) || c >= 0x80)
            buf_add_byte(out, (unsigned char)tolower(c));
        else
            gap_add(out, from);
    }
    if (out->len > from && out->data[out->len - 1] == '_') out->len--;
}

/* -- scores -------------------------------------------------------------------------------------- */

static bool words_end(const char *words, const char *end) {
    size_t n = strlen(words), m = strlen(end);
    return n > m && words[n - m - 1] == '_' && strcmp(words + n - m, end) == 0;
}

int judge_words_score(enum judge_role role, const char *words) {
    size_t longest = 0;
    int score = 0;
    for (const struct word_row *row = word_rows; row < word_rows + ARRAY_LEN(word_rows); row++) {
        size_t n = strlen(row->words);
        bool same = strcmp(words, row->words) == 0;
        if (row->role != role || n <= longest || (!same && !words_end(words, row->words))) continue;
        longest = n;
        score = same ? row->score : row->score - ENDS_MALUS;
    }
    /* Most that end in id name a thing that could be counted. */
    if (role == JUDGE_ROLE_ITEM && longest == strlen("id") && words_end(words, "id")) score = SOME_ID_SCORE;
    return longest > 0 && score < 1 ? 1 : score; /* a row that fits is not as none */
}

static bool words_are_among(const char *words, const char *const *list) {
    for (; *list != NULL; list++)
        if (strcmp(words, *list) == 0) return true;
    return false;
}

bool judge_words_are_generic(const char *words) {
    static const char *const list[] = {"id", "name", "code", "iso", "iso_code", "key", "title", "uuid", "slug", NULL};
    return words_are_among(words, list);
}

bool judge_words_are_type(const char *words) {
    static const char *const list[] = {
        "string",       "long",      "int",          "integer",     "double", "float", "number", "value",
        "string_value", "int_value", "double_value", "number_long", "date",   "s",     "n",      NULL};
    return words_are_among(words, list);
}

bool judge_words_are_beside(const char *words) {
    static const char *const list[] = {"before", "old", "previous", "prev", "schema", "source", "transaction", NULL};
    return words_are_among(words, list);
}
