/* topkd/judge_corpus.c - keeps messages, and looks for arrays of objects in them. */
#include "judge_corpus.h"

#include <string.h>

#include "base/mem.h"
#include "judge_paths.h"

/* -- the messages ---------------------------------------------------------------------------------- */

struct judge_corpus *judge_corpus_create(void) {
    return mem_zalloc(1, sizeof(struct judge_corpus));
}

void judge_corpus_destroy(struct judge_corpus *c) {
    if (c == NULL) return;
    for (size_t i = 0; i < c->n; i++) {
        mem_free((void *)c->records[i].message.value.p);
        mem_free((void *)c->records[i].message.key.p);
    }
    mem_free(c->records);
    mem_free(c);
}

static struct bytes bytes_copy(struct bytes b) {
    if (b.p == NULL) return b;
    char *copy = mem_alloc(b.n + 1); /* an empty one is not a missing one */
    memcpy(copy, b.p, b.n);
    return (struct bytes){copy, b.n};
}

void judge_corpus_add(struct judge_corpus *c, const struct judge_record *r) {
    size_t bytes = r->message.value.n + r->message.key.n;
    bool full = c->n == JUDGE_CORPUS_MESSAGES_MAX || (c->n > 0 && c->bytes + bytes > JUDGE_CORPUS_BYTES_MAX);
    if (full) {
        c->left_out++;
        return;
    }
    c->records = mem_grow(c->records, &c->cap, c->n + 1, sizeof *c->records);
    struct judge_record *copy = &c->records[c->n++];
    *copy = *r;
    copy->message.value = bytes_copy(r->message.value);
    copy->message.key = bytes_copy(r->message.key);
    c->bytes += bytes;
}

/* -- where the events may stand ------------------------------------------------------------------ */

static void wrapper_add(struct judge_wrappers *w, const char *at, bool is_one_of_many) {
    size_t i = 0;
    while (i < w->n && strcmp(w->at[i], at) != 0) i++;
    if (i == JUDGE_WRAPPERS_MAX) return;
    if (i == w->n) w->at[w->n++] = mem_strdup(at);
    w->messages[i]++;
    w->is_one_of_many[i] |= is_one_of_many;
}

static bool array_may_hold_events(const struct judge_node *array) {
    if (array->kind != JUDGE_ARRAY || array->n == 0) return false;
    for (const struct judge_node *e = array->first; e != NULL; e = e->next)
        if (e->kind != JUDGE_OBJECT || e->opaque || judge_node_is_pair(e)) return false;
    return true;
}

static bool is_among_others(const struct judge_node *node) {
    for (; node->parent != NULL; node = node->parent)
        if (node->parent->kind == JUDGE_ARRAY && node->parent->n > 1) return true;
    return false;
}

/* Only the first element of an array may be on the way. */
static void wrappers_find(struct judge_wrappers *w, const struct judge_node *root, const struct judge_node *node) {
    struct buf at = {0};
    if (array_may_hold_events(node)) {
        judge_pointer_add(&at, root, node);
        wrapper_add(w, buf_text(&at), is_among_others(node));
    }
    buf_free(&at);
    for (const struct judge_node *n = node->first; n != NULL; n = node->kind == JUDGE_ARRAY ? NULL : n->next)
        if (n->name.p != NULL || node->kind == JUDGE_ARRAY) wrappers_find(w, root, n);
}

void judge_wrappers_init(struct judge_wrappers *w, const struct judge_corpus *corpus, const struct config *c) {
    struct judge_tree *tree = judge_tree_create();
    *w = (struct judge_wrappers){0};
    wrapper_add(w, "", false);
    wrapper_add(w, c->events_at, false);
    w->messages[0] = w->messages[w->n - 1] = corpus->n;
    for (size_t i = 0; i < corpus->n; i++) {
        const struct judge_node *root = judge_tree_read(tree, corpus->records[i].message.value);
        for (; root != NULL; root = root->next)
            if (root->kind == JUDGE_OBJECT) wrappers_find(w, root, root);
    }
    judge_tree_destroy(tree);
}

void judge_wrappers_deinit(struct judge_wrappers *w) {
    for (size_t i = 0; i < w->n; i++) mem_free(w->at[i]);
}

bool judge_wrapper_is_common(const struct judge_wrappers *w, size_t i, const struct judge_corpus *corpus) {
    return w->messages[i] * 2 >= corpus->n && strlen(w->at[i]) <= PLACE_BYTES_MAX;
}
