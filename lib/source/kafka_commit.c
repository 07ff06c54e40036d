/* source/kafka_commit.c - commits, one at a time.
 *
 * librdkafka repeats a commit that met a passing error. If a second one were already out, the repeated first could land
 * behind it and take the committed offset down. So a commit is sent when the one before it is answered; who does not
 * want to wait that long (WAIT_MS) is told "not committed" and its commit, if not sent yet, never is. Nor is one that
 * still waits when the partitions go: it would carry the next generation, and take down what the next owner commits.
 * Answers go to a queue of their own, so that waiting for one does not swallow messages. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_member.h"

struct kafka_commit {
    struct kafka_commit *next;
    struct source_commit *commits;
    size_t n;
    bool reported; /* its event is on the way or delivered */
};

static struct kafka_commit *commit_create(const struct source_commit *c, size_t n) {
    assert(c != NULL && n > 0);
    struct kafka_commit *k = mem_zalloc(1, sizeof *k);
    k->commits = mem_zalloc(n, sizeof *k->commits);
    memcpy(k->commits, c, n * sizeof *c);
    for (size_t i = 0; i < n; i++) k->commits[i].ok = false;
    k->n = n;
    return k;
}

static void commit_destroy(struct kafka_commit *k) {
    mem_free(k->commits);
    mem_free(k);
}

/* The list borrows the metadata; see commit_list_free. */
static rd_kafka_topic_partition_list_t *commit_list(const struct kafka_commit *k) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)k->n);
    for (size_t i = 0; i < k->n; i++) {
        struct source_commit *c = &k->commits[i];
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(list, c->tp.topic, c->tp.partition);
        p->offset = c->offset;
        p->metadata = c->metadata;
        p->metadata_size = strnlen(c->metadata, sizeof c->metadata);
    }
    return list;
}

static void commit_list_free(rd_kafka_topic_partition_list_t *list) {
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].metadata = NULL;
        list->elems[i].metadata_size = 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* librdkafka would send it with the generation of the moment, or with none, which an empty group accepts. */
static bool commit_is_allowed(const struct kafka_member *m) {
    bool ours = m->grant == KAFKA_GRANT_GIVEN || m->grant == KAFKA_GRANT_HELD || m->grant == KAFKA_GRANT_TAKEN;
    return ours && !rd_kafka_assignment_lost(m->rk);
}

static rd_kafka_resp_err_t head_send(struct kafka_member *m) {
    if (!commit_is_allowed(m)) return RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST;
    rd_kafka_topic_partition_list_t *list = commit_list(m->commits);
    rd_kafka_resp_err_t err = rd_kafka_commit_queue(m->rk, list, m->commit_queue, NULL, NULL);
    commit_list_free(list);
    return err;
}

/* One event a commit: the first verdict counts. */
static void commit_report(struct kafka_member *m, struct kafka_commit *k) {
    assert(k != NULL);
    if (k->reported) return;
    k->reported = true;
    struct kafka_event *event =
        kafka_event_create(SOURCE_COMMITTED, mem_dup(k->commits, k->n * sizeof *k->commits), k->n);
    event->ev.commits = event->owned;
    kafka_events_push(&m->events, event);
}

static void head_remove(struct kafka_member *m) {
    struct kafka_commit *k = m->commits;
    assert(k != NULL);
    m->commits = k->next;
    if (m->commits == NULL) m->commits_tail = &m->commits;
    commit_destroy(k);
}

/* The head is answered (or could not be sent): tell, forget, send the next. */
static void head_finish(struct kafka_member *m) {
    for (;;) {
        commit_report(m, m->commits);
        head_remove(m);
        if (m->commits == NULL || head_send(m) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    }
}

/* ANSWERED may be sorted otherwise than what was sent. */
static void verdicts_take(struct kafka_commit *k, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *answered) {
    for (size_t i = 0; answered != NULL && !err && i < k->n; i++) {
        struct source_commit *c = &k->commits[i];
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(answered, c->tp.topic, c->tp.partition);
        c->ok = p != NULL && !p->err && p->offset == c->offset;
    }
}

static void refusal_note(struct kafka_member *m, rd_kafka_resp_err_t err) {
    char text[KAFKA_TEXT_MAX];
    snprintf(text, sizeof text, "commit refused: %s", rd_kafka_err2str(err));
    kafka_notes_add(&m->shared->notes, err, text);
}

/* Waits up to TIMEOUT_MS for the head's answer. */
static void answer_serve(struct kafka_member *m, int timeout_ms) {
    rd_kafka_event_t *rkev = rd_kafka_queue_poll(m->commit_queue, timeout_ms);
    if (rkev == NULL) return;
    if (rd_kafka_event_type(rkev) == RD_KAFKA_EVENT_OFFSET_COMMIT && m->commits != NULL) {
        rd_kafka_resp_err_t err = rd_kafka_event_error(rkev);
        if (err) refusal_note(m, err);
        verdicts_take(m->commits, err, rd_kafka_event_topic_partition_list(rkev));
        head_finish(m);
    }
    rd_kafka_event_destroy(rkev);
}

void kafka_commit_collect(struct kafka_member *m) { answer_serve(m, 0); }

static bool commit_is_queued(const struct kafka_member *m, const struct kafka_commit *k) {
    for (const struct kafka_commit *i = m->commits; i != NULL; i = i->next)
        if (i == k) return true;
    return false;
}

/* Takes K out if it is not under way, so that it is not sent after its sender gave up. */
static void commit_give_up(struct kafka_member *m, struct kafka_commit *k) {
    commit_report(m, k);
    if (k == m->commits) return; /* its late answer removes it */
    struct kafka_commit **at = &m->commits;
    while (*at != k) at = &(*at)->next;
    *at = k->next;
    if (*at == NULL) m->commits_tail = at;
    commit_destroy(k);
}

static void commit_wait(struct kafka_member *m, struct kafka_commit *k, int wait_ms) {
    const struct clock *clock = m->shared->clock;
    int64_t until = clock_mono_ms(clock) + wait_ms;
    while (commit_is_queued(m, k)) {
        int64_t left = until - clock_mono_ms(clock);
        if (left <= 0) {
            commit_give_up(m, k);
            return;
        }
        answer_serve(m, (int)left);
    }
}

int kafka_commit_start(struct kafka_member *m, const struct source_commit *c, size_t n, int wait_ms, struct err *e) {
    if (n == 0) return err_set(e, ERR_INVALID, "nothing to commit");
    if (!commit_is_allowed(m))
        return err_set(e, ERR_REFUSED, "the partitions are not ours, somebody else may have committed");
    assert(*m->commits_tail == NULL);
    struct kafka_commit *k = commit_create(c, n);
    *m->commits_tail = k;
    m->commits_tail = &k->next;
    rd_kafka_resp_err_t err = k == m->commits ? head_send(m) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (err) {
        head_remove(m);
        return err_set(e, ERR_IO, "commit: %s", rd_kafka_err2str(err));
    }
    if (wait_ms > 0) commit_wait(m, k, wait_ms);
    return 0;
}

void kafka_commit_give_up_waiting(struct kafka_member *m) {
    while (m->commits != NULL && m->commits->next != NULL) commit_give_up(m, m->commits->next);
}

void kafka_commit_drop_all(struct kafka_member *m) {
    while (m->commits != NULL) head_remove(m);
}
