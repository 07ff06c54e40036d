/* source/kafka_member.c - one member of the group: librdkafka's consumer as a stream of events.
 *
 * Facts of librdkafka that bite, and what is done about them here, in kafka_poll.c and in kafka_assign.c (2.0.2 unless
 * said otherwise):
 *  1. The rebalance callback runs inside poll, on our thread. It only notes what happened and makes poll return; the
 *     library then waits for rd_kafka_assign, which need not come from the callback. While it waits for the answer to
 *     an assignment it takes part in no other rebalance, so an assignment that was not answered by the next poll is
 *     acknowledged with an empty list; the real one can follow at any time.
 *  2. A revocation is acknowledged by the poll after the one that reported it: a commit sent in between still carries
 *     the old generation and counts.
 *  3. rd_kafka_assign(rk, NULL) answers a revocation but not an assignment; an empty list does the reverse.
 *  4. rd_kafka_assign clears the "lost" flag, so it is read in the callback.
 *  5. A pause of ours survives assignments, and below 2.4.0 resuming what is not paused fetches again from an old
 *     offset. So we know what is paused, resume only that, and resume it before every assign.
 *  6. With auto.offset.reset=error a position outside the log is an error "message" and the partition stands still
 *     until the whole list is assigned again.
 *  7. rd_kafka_commit without a queue waits without limit, and a commit that met a passing error is repeated, behind
 *     later ones if need be: kafka_commit.c.
 *  8. The end of a partition comes as an error "message" whose offset is the next to fetch: behind transaction markers.
 *  9. rd_kafka_query_watermark_offsets does not keep its timeout, and asks one partition at a time; offsets_for_times
 *     takes -2 and -1 for "start" and "end" and keeps it: kafka_lookup.c.
 * 10. A topic object may be freed and another made at its address: nothing is remembered by its address. We hold one of
 *     each topic, which carries its name (kafka_subscribe.c).
 * 11. rd_kafka_subscribe with another list takes all partitions back, as a rebalance does, and joins anew. While a
 *     rebalance goes on it is put off to the end of that.
 * 12. rd_kafka_consumer_close has no timeout. The queue form lets us give up and leave the rest to session.timeout.ms.
 */
#include "source/kafka_member.h"

#include <assert.h>

#include "base/mem.h"
#include "source/kafka_conf.h"

enum { CLOSE_MS = 2000, CLOSE_SLICE_MS = 100, ERROR_TEXT_MAX = 200 };

/* -- the other operations ------------------------------------------------------------------------ */

static int member_commit(void *self, const struct source_commit *c, size_t n, int wait_ms, struct err *e) {
    kafka_member_check(self);
    return kafka_commit_start(self, c, n, wait_ms, e);
}

static int member_lookup(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct kafka_member *m = self;
    kafka_member_check(m);
    return kafka_asker_ask(&m->lookup, tps, n, e);
}

static int member_ask_ends(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct kafka_member *m = self;
    kafka_member_check(m);
    return kafka_asker_ask(&m->ends, tps, n, e);
}

static int member_dead_letter(void *self, const struct source_dead_letter *d, struct err *e) {
    struct kafka_member *m = self;
    kafka_member_check(m);
    return kafka_dead_letters_send(m->shared->dead_letters, m->tickets, d, e);
}

static uint64_t member_dead_letters_issued(void *self) {
    struct kafka_member *m = self;
    return kafka_tickets_issued(m->tickets);
}

static uint64_t member_dead_letters_settled(void *self) {
    struct kafka_member *m = self;
    return kafka_tickets_settled(m->tickets);
}

static const struct source_ops member_ops = {
    .poll = kafka_member_poll,
    .header = kafka_member_header,
    .assign = kafka_member_assign,
    .pause = kafka_member_pause,
    .resume = kafka_member_resume,
    .commit = member_commit,
    .lookup = member_lookup,
    .ask_ends = member_ask_ends,
    .dead_letter = member_dead_letter,
    .dead_letters_issued = member_dead_letters_issued,
    .dead_letters_settled = member_dead_letters_settled,
};

/* -- open and close ------------------------------------------------------------------------------ */

static int handle_create(struct kafka_member *m, uint64_t queue_bytes, struct err *e) {
    rd_kafka_conf_t *conf;
    char text[ERROR_TEXT_MAX];
    if (kafka_conf_consumer(m->shared->options, queue_bytes, kafka_tickets_member(m->tickets), &conf, e) != 0)
        return ERR_INVALID;
    rd_kafka_conf_set_opaque(conf, m);
    rd_kafka_conf_set_rebalance_cb(conf, kafka_on_rebalance);
    rd_kafka_conf_set_error_cb(conf, kafka_on_error);
    m->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (m->rk != NULL) { /* conf is now owned by rk */
        rd_kafka_poll_set_consumer(m->rk);
        m->commit_queue = rd_kafka_queue_new(m->rk);
        return 0;
    }
    rd_kafka_conf_destroy(conf);
    return err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s", text);
}

static int helpers_start(struct kafka_member *m, struct err *e) {
    if (kafka_asker_start(&m->lookup, m, kafka_answer_lookup) == 0 &&
        kafka_asker_start(&m->ends, m, kafka_answer_ends) == 0 && kafka_nudge_start(&m->nudge, m->rk) == 0)
        return 0;
    return err_set(e, ERR_IO, "no thread to ask Kafka with");
}

/* Whatever librdkafka waits for is answered first: while it terminates it would not take an answer to an assignment. */
static void group_leave(struct kafka_member *m) {
    for (const struct kafka_event *k = m->events.first; k != NULL; k = k->next) kafka_member_handed_out(m, k->ev.type);
    kafka_member_acknowledge(m);
    m->life = KAFKA_MEMBER_CLOSES;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(m->rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(m->rk, queue);
    int64_t until = clock_mono_ms(m->shared->clock) + CLOSE_MS;
    while (error == NULL && !rd_kafka_consumer_closed(m->rk) && clock_mono_ms(m->shared->clock) < until) {
        rd_kafka_message_t *rkm = rd_kafka_consume_queue(queue, CLOSE_SLICE_MS); /* serves the callbacks */
        if (rkm != NULL) rd_kafka_message_destroy(rkm);
    }
    if (error != NULL) rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
}

static void handle_destroy(struct kafka_member *m) {
    if (m->rk == NULL) return;
    kafka_commit_drop_all(m);
    kafka_member_forget_topics(m);
    rd_kafka_queue_destroy(m->commit_queue);
    if (rd_kafka_consumer_closed(m->rk)) {
        rd_kafka_destroy(m->rk);
        return;
    }
    log_event(LOG_WARN, "group_not_left", "client=%s text=%s", rd_kafka_name(m->rk),
              log_quote("no answer in time; the others get the partitions after session.timeout.ms"));
    rd_kafka_destroy_flags(m->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* The group hears of it before the helpers are waited for: a question under way may have seconds to go. */
static void member_destroy(struct kafka_member *m) {
    kafka_asker_ask_to_stop(&m->lookup);
    kafka_asker_ask_to_stop(&m->ends);
    kafka_member_release(m);
    if (m->rk != NULL) group_leave(m);
    kafka_nudge_stop(&m->nudge);
    kafka_asker_stop(&m->lookup);
    kafka_asker_stop(&m->ends);
    handle_destroy(m);
    kafka_events_deinit(&m->events);
    kafka_member_forget_assigned(m);
    mem_free(m);
}

int kafka_member_open(struct kafka_shared *s, uint64_t queue_bytes, struct source *out, struct err *e) {
    assert(s != NULL && queue_bytes > 0);
    struct kafka_tickets *tickets = kafka_all_tickets_add(&s->tickets);
    if (tickets == NULL) return err_set(e, ERR_INVALID, "more than %d members in one process", KAFKA_MEMBERS_MAX);
    struct kafka_member *m = mem_zalloc(1, sizeof *m);
    m->shared = s;
    m->tickets = tickets;
    kafka_events_init(&m->events);
    m->commits_tail = &m->commits;
    int status = handle_create(m, queue_bytes, e);
    if (status == 0) status = helpers_start(m, e);
    if (status == 0) status = kafka_member_subscribe(m, e);
    if (status != 0) {
        member_destroy(m);
        return status;
    }
    *out = (struct source){&member_ops, m};
    return 0;
}

void kafka_member_close(struct source *s) {
    if (s == NULL || s->self == NULL) return;
    member_destroy(s->self);
    *s = (struct source){NULL, NULL};
}

bool kafka_member_joined(const struct source *s) {
    const struct kafka_member *m = s->self;
    return m != NULL && atomic_load_explicit(&m->joined, memory_order_relaxed);
}
