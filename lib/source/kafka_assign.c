/* source/kafka_assign.c - what changes which partitions a member reads: rebalances, assign, pause and resume. The facts
 * behind it are at the top of kafka_member.c. */
#include <assert.h>

#include "base/mem.h"
#include "source/kafka_internal.h"

/* -- pause and resume ---------------------------------------------------------------------------- */

static struct kafka_assigned *find_assigned(struct kafka_member *m, const struct source_tp *tp) {
    for (size_t i = 0; i < m->assigned_n; i++)
        if (m->assigned[i].tp.partition == tp->partition && m->assigned[i].tp.topic == tp->topic)
            return &m->assigned[i];
    return NULL;
}

/* Those of TPS that are assigned and not yet as PAUSE wants them. */
static rd_kafka_topic_partition_list_t *to_change(struct kafka_member *m, const struct source_tp *tps, size_t n,
                                                  bool pause) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n + 1);
    for (size_t i = 0; i < n; i++) {
        struct kafka_assigned *a = find_assigned(m, &tps[i]);
        if (a && a->paused != pause) rd_kafka_topic_partition_list_add(list, a->tp.topic, a->tp.partition);
    }
    return list;
}

static void note_changed(struct kafka_member *m, const struct source_tp *tps, size_t n, bool pause) {
    for (size_t i = 0; i < n; i++) {
        struct kafka_assigned *a = find_assigned(m, &tps[i]);
        if (!a || a->paused == pause) continue;
        a->paused = pause;
        if (pause)
            m->paused_n++;
        else
            m->paused_n--;
    }
}

static int change(struct kafka_member *m, const struct source_tp *tps, size_t n, bool pause, struct err *e) {
    rd_kafka_topic_partition_list_t *list = to_change(m, tps, n, pause);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (list->cnt > 0) err = pause ? rd_kafka_pause_partitions(m->rk, list) : rd_kafka_resume_partitions(m->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) return err_set(e, ERR_IO, "%s: %s", pause ? "pause" : "resume", rd_kafka_err2str(err));
    note_changed(m, tps, n, pause);
    if (!pause) atomic_store(&m->nudge.resumed, true);
    return 0;
}

int kafka_member_pause(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    return change(self, tps, n, true, e);
}

int kafka_member_resume(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    return change(self, tps, n, false, e);
}

static int resume_all(struct kafka_member *m) {
    int rc = 0;
    for (size_t i = 0; i < m->assigned_n && m->paused_n > 0; i++)
        if (m->assigned[i].paused) rc |= change(m, &m->assigned[i].tp, 1, false, NULL);
    return rc;
}

/* -- rebalance and assign ----------------------------------------------------------------------------------- */

static void push_rebalance(struct kafka_member *m, enum source_event_type type,
                           const rd_kafka_topic_partition_list_t *list, bool lost) {
    struct source_tp *tps = mem_zalloc((size_t)list->cnt + 1, sizeof *tps);
    size_t n = 0;
    for (int i = 0; i < list->cnt; i++) {
        const char *topic = kafka_shared_intern(m->shared, list->elems[i].topic);
        if (topic) tps[n++] = (struct source_tp){topic, list->elems[i].partition};
    }
    struct kafka_event *k = kafka_event_create(type, tps, n);
    k->ev.tps = tps;
    k->ev.lost = lost;
    kafka_member_push(m, k);
}

void kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct kafka_member *m = opaque;
    bool assign = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool lost = !assign && rd_kafka_assignment_lost(rk);
    if (m->closing) { /* nobody asks for events any more */
        rd_kafka_assign(rk, NULL);
        return;
    }
    if (assign)
        atomic_store_explicit(&m->joined, true, memory_order_relaxed);
    else if (lost)
        atomic_store_explicit(&m->joined, false, memory_order_relaxed);
    if (assign) kafka_note_over(m->shared, KAFKA_GROUP);
    push_rebalance(m, assign ? SOURCE_ASSIGN : SOURCE_REVOKE, list, lost);
    rd_kafka_yield(rk);
}

static int assign_list(struct kafka_member *m, const rd_kafka_topic_partition_list_t *list, struct err *e) {
    resume_all(m);
    rd_kafka_resp_err_t err = rd_kafka_assign(m->rk, list);
    if (err) return err_set(e, ERR_IO, "assign: %s", rd_kafka_err2str(err));
    kafka_member_drop_positions(m);
    return 0;
}

void kafka_member_forget_assigned(struct kafka_member *m) {
    mem_free(m->assigned);
    m->assigned = NULL;
    m->assigned_n = m->paused_n = 0;
}

/* False: the library refused the answer, which it still waits for; the next poll gives it again. */
static bool acknowledge(struct kafka_member *m, const rd_kafka_topic_partition_list_t *list) {
    struct err e;
    if (assign_list(m, list, &e) == 0) return true;
    log_limited(&m->refused_log, KAFKA_ERROR_LOG_MS, LOG_ERROR, "rebalance_unanswered", "client=%s why=%s",
                rd_kafka_name(m->rk), log_quote(e.text));
    return false;
}

/* What the poll before reported and the caller did not answer itself. */
void kafka_member_acknowledge(struct kafka_member *m) {
    if (m->revoke_unanswered) {
        m->granted = false;
        kafka_commit_give_up_waiting(m);
        m->revoke_unanswered = !acknowledge(m, NULL);
        kafka_member_forget_assigned(m);
    }
    if (m->assign_unanswered) {
        rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
        m->assign_unanswered = !acknowledge(m, none);
        rd_kafka_topic_partition_list_destroy(none);
    }
}

int kafka_member_assign(void *self, const struct source_assign *a, size_t n, struct err *e) {
    struct kafka_member *m = self;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n + 1);
    struct kafka_assigned *assigned = mem_zalloc(n + 1, sizeof *assigned);
    for (size_t i = 0; i < n; i++) {
        assert(a[i].offset >= 0);
        rd_kafka_topic_partition_list_add(list, a[i].tp.topic, a[i].tp.partition)->offset = a[i].offset;
        assigned[i].tp = a[i].tp;
    }
    int rc = assign_list(m, list, e);
    rd_kafka_topic_partition_list_destroy(list);
    if (rc != 0) {
        mem_free(assigned);
        return rc;
    }
    kafka_member_forget_assigned(m);
    m->assigned = assigned;
    m->assigned_n = n;
    m->assign_unanswered = false;
    return 0;
}
