/* topkd-audit/difference.c - keeps the first remark about an item, and adds the others behind it. */
#include "difference.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static void difference_take(struct difference *d, const struct sides *s) {
    d->subject = s->subject;
    d->is_served = s->is_served;
    d->served = s->served;
    d->counted = s->counted;
    if (s->subject != SUBJECT_ITEM) return;
    d->item_n = s->item.n;
    d->item = mem_alloc(s->item.n + 1);
    if (s->item.n > 0) memcpy(d->item, s->item.p, s->item.n);
}

void difference_add(struct difference *d, const struct sides *sides, const char *fmt, ...) {
    char text[256];
    struct buf all = {0};
    va_list ap;
    if (sides != NULL && d->subject != SUBJECT_LIST) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (sides != NULL) difference_take(d, sides);
    buf_addf(&all, "%s%s%s", d->what != NULL ? d->what : "", d->what != NULL ? "; " : "", text);
    mem_free(d->what);
    d->what = mem_strdup(buf_text(&all));
    buf_free(&all);
}

void difference_deinit(struct difference *d) {
    mem_free(d->item);
    mem_free(d->what);
    *d = (struct difference){0};
}
