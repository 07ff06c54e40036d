/* publisher/copies.c - copies become contributions, one call of the script for all parts of a list.
 * Refused as "newer" counts as stored: somebody contributed more. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "publisher/state.h"

enum { AGAIN_MS = 60000 /* until what Redis could neither keep nor call lost is published again */ };

/* -- what is sent -- */

static struct store_part part_of(const struct mail *m) {
    const struct mail_copy *c = mail_copy(m);
    struct store_part part = {.partition_name = m->partition_name,
                              .final = c->final,
                              .only_if_there = c->only_if_there,
                              .items = mail_body(m)};
    fence_format(part.fence, c->incarnation, c->offset);
    return part;
}

/* A list that begins with copy number FIRST. */
static void list_begin(struct outgoing *o, size_t first) {
    const struct mail *m = o->copies[first].mail;
    struct store_parts *parts = &o->list_parts[o->lists_n];
    *parts = (struct store_parts){mail_location(m), mail_copy(m)->minute, &o->copy_parts[first], 0};
    o->lists[o->lists_n++] = (struct sent_list){.copies = &o->copies[first], .parts = parts};
}

/* The batch is in order, so the copies of a list stand together. */
static void copies_collect(struct publisher *p) {
    struct outgoing *o = &p->out;
    o->copies_n = o->lists_n = 0;
    for (struct mail *m = p->batch; m != NULL; m = m->next) {
        if (m->type != MAIL_COPY) continue;
        size_t i = o->copies_n++;
        o->copies[i] = (struct sent_copy){.mail = m};
        o->copy_parts[i] = part_of(m);
        if (i == 0 || !batch_same_list(o->copies[i - 1].mail, m)) list_begin(o, i);
        o->lists[o->lists_n - 1].copies_n++;
        o->list_parts[o->lists_n - 1].n++;
    }
}

/* -- what was answered -- */

static void answers_count(struct publisher *p) {
    uint64_t n[STORE_ANSWERS] = {0}, bytes = 0;
    for (size_t i = 0; i < p->out.copies_n; i++) {
        n[p->out.copy_parts[i].answer]++;
        bytes += p->out.copy_parts[i].items.n;
    }
    for (int a = 0; a < STORE_ANSWERS; a++)
        if (p->metrics.answers[a] != NULL) metric_add(p->metrics.answers[a], n[a]);
    metric_add(p->metrics.bytes, bytes);
}

static bool answer_is_noted(enum store_answer answer) {
    return answer == STORE_STORED || (answer != STORE_EXPIRED && RULE(13, note_every_answer));
}

/* Every answer is noted, "newer" and "closed" too: the writer of what stands there may have died before its note. What
 * has expired has no hash that a note could speak of. */
static bool list_is_noted(const struct sent_list *l) {
    for (size_t i = 0; i < l->parts->n; i++)
        if (answer_is_noted(l->parts->parts[i].answer)) return true;
    return false;
}

static void note_make(struct outgoing *o, struct sent_list *l) {
    l->note = &o->notes[o->notes_n++];
    *l->note = (struct store_note){.location = l->parts->location, .minute = l->parts->minute};
    snprintf(l->note->token, sizeof l->note->token, "%016" PRIx64, random64());
}

static size_t notes_make(struct outgoing *o) {
    o->notes_n = 0;
    for (size_t i = 0; i < o->lists_n; i++)
        if (list_is_noted(&o->lists[i])) note_make(o, &o->lists[i]);
    return o->notes_n;
}

/* -- what cannot be kept (rule 25) -- */

static void list_is_unkept(struct publisher *p, struct sent_list *l) {
    for (size_t i = 0; i < l->copies_n; i++) l->copies[i].unkept = true;
    if (p->again_mono_ms == 0) p->again_mono_ms = clock_mono_ms(p->hub->clock) + AGAIN_MS;
}

static void losses_make(struct outgoing *o) {
    o->losses_n = 0;
    for (size_t i = 0; i < o->lists_n; i++) {
        struct sent_list *l = &o->lists[i];
        if (l->parts->parts[0].answer != STORE_ODD) continue; /* it is the answer of all parts of a list, or of none */
        l->loss = &o->losses[o->losses_n++];
        *l->loss = (struct store_loss){.location = l->parts->location, .minute = l->parts->minute};
    }
}

/* A contribution that found something else at its key counts as answered once its list can never again be called more
 * than lost: then the minute may settle without it. */
static int lists_lose(struct publisher *p, struct err *e) {
    struct outgoing *o = &p->out;
    losses_make(o);
    if (o->losses_n == 0 || !RULE(25, lose_odd)) return STORE_OK;
    int status = p->store.ops->lists_lose(p->store.self, o->losses, o->losses_n, e);
    if (status != STORE_OK) return status;
    for (size_t i = 0; i < o->lists_n; i++)
        if (o->lists[i].loss != NULL && o->lists[i].loss->answer == STORE_ODD) list_is_unkept(p, &o->lists[i]);
    return STORE_OK;
}

static void notes_answered(struct publisher *p) {
    for (size_t i = 0; i < p->out.lists_n; i++) {
        struct sent_list *l = &p->out.lists[i];
        if (l->note != NULL && l->note->answer == STORE_ODD) list_is_unkept(p, l);
    }
}

/* -- in this order -- */

int copies_send(struct publisher *p, struct err *e) {
    const struct store_ops *ops = p->store.ops;
    struct outgoing *o = &p->out;
    int status;
    copies_collect(p);
    if (o->copies_n == 0) return STORE_OK;
    FAULT(before_send);
    if ((status = ops->contribute(p->store.self, o->list_parts, o->lists_n, e)) != STORE_OK) return status;
    FAULT(after_answer);
    answers_count(p);
    if ((status = lists_lose(p, e)) != STORE_OK) return status;
    size_t notes = notes_make(o);
    if (notes > 0 && (status = ops->note(p->store.self, o->notes, notes, e)) != STORE_OK) return status;
    notes_answered(p);
    FAULT(after_note);
    return STORE_OK;
}

void copies_drop_unkept(struct publisher *p) {
    struct mail **link = &p->batch;
    for (size_t i = 0; i < p->out.copies_n; i++) {
        const struct sent_copy *c = &p->out.copies[i];
        struct mail *m = *link;
        assert(m == c->mail); /* copies stand before all else */
        if (c->unkept) {
            *link = m->next;
            mem_free(m);
        } else {
            link = &m->next;
        }
    }
}
