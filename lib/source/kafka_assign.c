/* source/kafka_assign.c - what changes which partitions a member reads: rebalances, assign, pause and resume.
 * The facts behind it are at the top of kafka_member.c, the states of a grant in kafka_member.h. */
#include <assert.h>

#include "base/mem.h"
#include "source/kafka_member.h"

enum { REFUSED_LOG_MS = 60000 }; /* at most one line in so long */

void kafka_member_check(const struct kafka_member *m) {
    assert(m->shared != NULL && m->tickets != NULL);
    assert(m->records_n <= SOURCE_RECORDS_MAX);
    assert(m->records_n == 0 || m->current == NULL); /* records, or one event */
    assert(m->paused_n <= m->assigned_n);
    assert(m->assigned_n == 0 || m->assigned != NULL);
}

/* -- pause and resume ---------------------------------------------------------------------------- */

static struct kafka_assigned *assigned_find(struct kafka_member *m, const struct source_tp *tp) {
    for (size_t i = 0; i < m->assigned_n; i++)
        if (m->assigned[i].tp.partition == tp->partition && m->assigned[i].tp.topic == tp->topic)
            return &m->assigned[i];
    return NULL;
}

/* Those of TPS that are assigned and not yet as PAUSE wants them. */
static rd_kafka_topic_partition_list_t *assigned_to_change(struct kafka_member *m, const struct source_tp *tps,
                                                           size_t n, bool pause) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n + 1);
    for (size_t i = 0; i < n; i++) {
        struct kafka_assigned *a = assigned_find(m, &tps[i]);
        if (a != NULL && a->paused != pause) rd_kafka_topic_partition_list_add(list, a->tp.topic, a->tp.partition);
    }
    return list;
}

static void assigned_note(struct kafka_member *m, const struct source_tp *tps, size_t n, bool pause) {
    for (size_t i = 0; i < n; i++) {
        struct kafka_assigned *a = assigned_find(m, &tps[i]);
        if (a == NULL || a->paused == pause) continue;
        a->paused = pause;
        if (pause)
            m->paused_n++;
        else
            m->paused_n--;
    }
}

static int assigned_change(struct kafka_member *m, const struct source_tp *tps, size_t n, bool pause, struct err *e) {
    kafka_member_check(m);
    assert(tps != NULL || n == 0);
    rd_kafka_topic_partition_list_t *list = assigned_to_change(m, tps, n, pause);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (list->cnt > 0) err = pause ? rd_kafka_pause_partitions(m->rk, list) : rd_kafka_resume_partitions(m->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) return err_set(e, ERR_IO, "%s: %s", pause ? "pause" : "resume", rd_kafka_err2str(err));
    assigned_note(m, tps, n, pause);
    if (!pause) atomic_store(&m->nudge.resumed, true);
    return 0;
}

int kafka_member_pause(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    return assigned_change(self, tps, n, true, e);
}

int kafka_member_resume(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    return assigned_change(self, tps, n, false, e);
}

static int assigned_resume_all(struct kafka_member *m) {
    int status = 0;
    for (size_t i = 0; i < m->assigned_n && m->paused_n > 0; i++)
        if (m->assigned[i].paused) status |= assigned_change(m, &m->assigned[i].tp, 1, false, NULL);
    return status;
}

/* -- rebalance and assign ------------------------------------------------------------------------ */

static void rebalance_push(struct kafka_member *m, enum source_event_type type,
                           const rd_kafka_topic_partition_list_t *list, bool lost) {
    struct source_tp *tps = mem_zalloc((size_t)list->cnt + 1, sizeof *tps);
    size_t n = 0;
    for (int i = 0; i < list->cnt; i++) {
        const char *topic = kafka_topics_intern(&m->shared->topics, list->elems[i].topic);
        if (topic != NULL) tps[n++] = (struct source_tp){topic, list->elems[i].partition};
    }
    struct kafka_event *k = kafka_event_create(type, tps, n);
    k->ev.tps = tps;
    k->ev.lost = lost;
    kafka_events_push(&m->events, k);
}

void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct kafka_member *m = opaque;
    bool assign = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool lost = !assign && rd_kafka_assignment_lost(rk);
    if (m->life == KAFKA_MEMBER_CLOSES) { /* nobody asks for events any more */
        rd_kafka_assign(rk, NULL);
        return;
    }
    if (assign)
        atomic_store_explicit(&m->joined, true, memory_order_relaxed);
    else if (lost)
        atomic_store_explicit(&m->joined, false, memory_order_relaxed);
    if (assign) kafka_notes_over(&m->shared->notes, KAFKA_GROUP);
    rebalance_push(m, assign ? SOURCE_ASSIGN : SOURCE_REVOKE, list, lost);
    rd_kafka_yield(rk);
}

static int assign_send(struct kafka_member *m, const rd_kafka_topic_partition_list_t *list, struct err *e) {
    assigned_resume_all(m);
    rd_kafka_resp_err_t err = rd_kafka_assign(m->rk, list);
    if (err) return err_set(e, ERR_IO, "assign: %s", rd_kafka_err2str(err));
    kafka_events_drop_positions(&m->events);
    return 0;
}

void kafka_member_forget_assigned(struct kafka_member *m) {
    mem_free(m->assigned);
    m->assigned = NULL;
    m->assigned_n = m->paused_n = 0;
}

void kafka_member_handed_out(struct kafka_member *m, enum source_event_type type) {
    if (type == SOURCE_ASSIGN) m->grant = KAFKA_GRANT_GIVEN;
    if (type == SOURCE_REVOKE) m->grant = KAFKA_GRANT_TAKEN;
}

/* False: the library refused the answer, which it still waits for; the next poll gives it again. */
static bool grant_answer(struct kafka_member *m, const rd_kafka_topic_partition_list_t *list) {
    struct err e;
    if (assign_send(m, list, &e) == 0) return true;
    log_limited(&m->refused_log, REFUSED_LOG_MS, LOG_ERROR, "rebalance_unanswered", "client=%s why=%s",
                rd_kafka_name(m->rk), log_quote(e.text));
    return false;
}

static void acknowledge_given(struct kafka_member *m) {
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    if (grant_answer(m, none)) m->grant = KAFKA_GRANT_HELD;
    rd_kafka_topic_partition_list_destroy(none);
}

static void acknowledge_taken(struct kafka_member *m) {
    kafka_commit_give_up_waiting(m);
    m->grant = grant_answer(m, NULL) ? KAFKA_GRANT_NOTHING : KAFKA_GRANT_UNANSWERED;
    kafka_member_forget_assigned(m);
}

void kafka_member_acknowledge(struct kafka_member *m) {
    switch (m->grant) {
    case KAFKA_GRANT_GIVEN:
        acknowledge_given(m);
        return;
    case KAFKA_GRANT_TAKEN:
    case KAFKA_GRANT_UNANSWERED:
        acknowledge_taken(m);
        return;
    case KAFKA_GRANT_NOTHING:
    case KAFKA_GRANT_HELD:
        return;
    }
}

int kafka_member_assign(void *self, const struct source_assign *a, size_t n, struct err *e) {
    struct kafka_member *m = self;
    kafka_member_check(m);
    assert(a != NULL || n == 0);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n + 1);
    struct kafka_assigned *assigned = mem_zalloc(n + 1, sizeof *assigned);
    for (size_t i = 0; i < n; i++) {
        assert(a[i].offset >= 0);
        rd_kafka_topic_partition_list_add(list, a[i].tp.topic, a[i].tp.partition)->offset = a[i].offset;
        assigned[i].tp = a[i].tp;
    }
    int status = assign_send(m, list, e);
    rd_kafka_topic_partition_list_destroy(list);
    if (status != 0) {
        mem_free(assigned);
        return status;
    }
    kafka_member_forget_assigned(m);
    m->assigned = assigned;
    m->assigned_n = n;
    if (m->grant == KAFKA_GRANT_GIVEN) m->grant = KAFKA_GRANT_HELD;
    return 0;
}
