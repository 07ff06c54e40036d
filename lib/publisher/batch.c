/* publisher/batch.c - see batch.h. */
#include "publisher/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int bytes_order(struct bytes a, struct bytes b) {
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int list_order(const struct mail *x, const struct mail *y) {
    if (x->minute != y->minute) return x->minute < y->minute ? -1 : 1;
    return bytes_order(mail_location(x), mail_location(y));
}

static int copy_order(const void *a, const void *b) {
    const struct mail *x = *(struct mail *const *)a, *y = *(struct mail *const *)b;
    int c = list_order(x, y);
    return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
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
    qsort(copies, n, sizeof(struct mail *), copy_order);
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
