/* consumer/mail.c - answers of the publisher come in, each for the memory that asked. */
#include <string.h>

#include "base/testhook.h"
#include "consumer/state.h"

/* The functions below return true if librdkafka must be told anew what to read. */

static bool row_known(struct consumer *c, struct assignment *a, const struct mail *m) {
    const struct mail_join *known = mail_join(m);
    struct partition_joined j = {.incarnation = known->incarnation,
                                 .closable_until = known->closable_until,
                                 .is_new = known->is_new,
                                 .unsure_until = known->unsure_until};
    memcpy(j.life, known->life, sizeof j.life);
    a->row_asked = false;
    bool was_held_back = assignment_runs(a) && partition_waits_for_row(a->memory); /* rule 23 */
    partition_row_known(a->memory, &j, clock_wall_ms(c->hub->clock));
    return was_held_back;
}

/* It was away, or thought to be, for so long that the lists went on without it. What it has in memory may be for lists
 * that are closed: it begins again where its commit says, as one that joins. */
static bool partition_left_out(struct consumer *c, struct assignment *a, int64_t now) {
    if (!assignment_runs(a)) {
        partition_row_answered(a->memory, NULL); /* should it come back with this memory, it says its row again */
        return false;
    }
    log_event(LOG_WARN, "partition_left_out", "topic=%s partition=%d meaning=%s", a->tp.topic, (int)a->tp.partition,
              log_quote("its topic was known with fewer partitions for minutes, and lists went on without it: what it "
                        "brings for those that are final by now is late"));
    assignment_drop_memory(c, a);
    a->before.counted = 0; /* what it read since its commit was counted as applied: once more, as what it is */
    a->before.left_out = true;
    assignment_move(a, ASSIGNMENT_WAITING);
    c->lookup.next_mono_ms = now;
    return true;
}

static void row_answered(struct assignment *a, const struct mail *m, int64_t now) {
    const struct mail_row *r = mail_row(m);
    partition_row_answered(a->memory,
                           &(struct partition_row_answer){m->handed_mono_ms, now, r->rows_stored, r->redis_ms});
}

static bool mail_deliver(struct consumer *c, const struct mail *m, int64_t now) {
    struct assignment *a = assignment_of_instance(c, m->instance);
    if (a == NULL) return false; /* an answer for a memory that is gone */
    switch (m->type) {
    case MAIL_COPY:
        partition_answered(a->memory, mail_location(m), mail_copy(m)->minute, mail_copy(m)->at, now);
        return false;
    case MAIL_ROW:
        row_answered(a, m, now);
        return false;
    case MAIL_OTHER_LIFE:
        partition_other_life(a->memory, mail_other_life(m)->life);
        return false;
    case MAIL_LEFT_OUT:
        return partition_left_out(c, a, now);
    case MAIL_JOIN:
        return row_known(c, a, m);
    case MAIL_BROKEN:
        break;
    }
    return false;
}

static void connection_broke(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        c->assignments[i]->row_asked = false;
        if (c->assignments[i]->memory != NULL) partition_broken(c->assignments[i]->memory);
    }
}

void consumer_mail(struct consumer *c) {
    struct mail *list = mailbox_take(&c->hub->consumers[c->number].inbox, 0, 0);
    int64_t now = list == NULL ? 0 : clock_mono_ms(c->hub->clock);
    bool reassign = false;
    for (const struct mail *m = list; m != NULL; m = m->next) {
        if (m->type == MAIL_BROKEN)
            connection_broke(c);
        else
            reassign = mail_deliver(c, m, now) || reassign;
    }
    mail_free_all(list);
    if (reassign) consumer_reassign(c);
}
