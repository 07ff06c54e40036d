/* publisher/batch.c - copies are sorted in an array, all else stays a linked list. */
#include "publisher/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int bytes_order(struct bytes a, struct bytes b) {
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int list_order(const struct mail *x, const struct mail *y) {
    int64_t a = mail_copy(x)->minute, b = mail_copy(y)->minute;
    if (a != b) return a < b ? -1 : 1;
    return bytes_order(mail_location(x), mail_location(y));
}

static int copy_order(const struct mail *x, const struct mail *y) {
    int64_t a = mail_copy(x)->at, b = mail_copy(y)->at;
    int c = list_order(x, y);
    return c != 0 ? c : (a > b) - (a < b);
}

static int by_copy_order(const void *a, const void *b) {
    return copy_order(*(struct mail *const *)a, *(struct mail *const *)b);
}

bool batch_same_list(const struct mail *a, const struct mail *b) {
    return a->type == MAIL_COPY && b->type == MAIL_COPY && list_order(a, b) == 0;
}

/* Moves the copies of *MAILS into COPIES. The rest stays in its order. */
static size_t copies_move(struct mail **mails, struct mail **copies) {
    size_t n = 0;
    while (*mails != NULL) {
        struct mail *m = *mails;
        if (m->type != MAIL_COPY) {
            mails = &m->next;
            continue;
        }
        *mails = m->next;
        copies[n++] = m;
    }
    return n;
}

struct mail *batch_order(struct mail *taken) {
    size_t n = 0;
    for (const struct mail *m = taken; m != NULL; m = m->next) n++;
    struct mail **copies = mem_alloc((n + 1) * sizeof *copies);
    n = copies_move(&taken, copies);
    qsort(copies, n, sizeof(struct mail *), by_copy_order);
    for (size_t i = n; i-- > 0;) { /* in front of the rest, the last first */
        copies[i]->next = taken;
        taken = copies[i];
    }
    mem_free(copies);
    return taken;
}

struct mail *batch_cut(struct mail **batch, size_t bytes_max) {
    struct mail *first = *batch, *last = NULL;
    size_t bytes = 0;
    while (*batch != NULL) {
        struct mail *m = *batch;
        bool same = last != NULL && batch_same_list(last, m);
        if (last != NULL && !same && bytes + mail_bytes(m) > bytes_max) break;
        bytes += mail_bytes(m);
        last = m;
        *batch = m->next;
    }
    if (last != NULL) last->next = NULL;
    return first;
}

bool batch_is_in_order(const struct mail *batch) {
    for (const struct mail *m = batch; m != NULL && m->next != NULL; m = m->next) {
        if (m->next->type != MAIL_COPY) continue;
        if (m->type != MAIL_COPY || copy_order(m, m->next) > 0) return false;
    }
    return true;
}
