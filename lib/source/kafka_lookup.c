/* source/kafka_lookup.c - the questions that take a round trip or more: commits of the group, bounds of the logs.
 *
 * They run on the threads of kafka_asker.c. Each question has one time limit for all its calls. While a member joins,
 * the coordinator answers nothing else on that connection: look-ups before SOURCE_ASSIGN fail. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_member.h"

enum {
    QUESTION_MS = 3000,  /* well below the shutdown timeout: closing waits for a question under way */
    ONE_BY_ONE_MS = 500, /* a partition asked alone, after the list as a whole failed */
    CALL_MS_MIN = 1
};

struct question {
    struct kafka_member *member;
    const struct source_tp *tps;
    size_t n;
    int64_t until_ms; /* of the monotonic clock */
};

static int64_t question_now(const struct question *q) { return clock_mono_ms(q->member->shared->clock); }

static struct question question_of(struct kafka_member *m, const struct source_tp *tps, size_t n) {
    struct question q = {.member = m, .tps = tps, .n = n};
    assert(n > 0 && tps != NULL);
    q.until_ms = question_now(&q) + QUESTION_MS;
    return q;
}

static int question_left_ms(const struct question *q) {
    return (int)i64_larger(q->until_ms - question_now(q), CALL_MS_MIN);
}

static bool question_is_over(const struct question *q) { return question_now(q) >= q->until_ms; }

/* -- bounds of the logs -------------------------------------------------------------------------- */

struct bound {
    bool ok;
    int64_t offset;
};

/* LIST NULL: the call failed. */
static void bound_take(struct bound *b, const rd_kafka_topic_partition_list_t *list, const struct source_tp *tp) {
    const rd_kafka_topic_partition_t *p = NULL;
    for (int i = 0; list != NULL && i < list->cnt && p == NULL; i++)
        if (list->elems[i].partition == tp->partition && strcmp(list->elems[i].topic, tp->topic) == 0)
            p = &list->elems[i];
    b->ok = p != NULL && !p->err && p->offset >= 0;
    b->offset = b->ok ? p->offset : -1;
}

/* WHICH is RD_KAFKA_OFFSET_BEGINNING or _END: the protocol takes them for timestamps, one request a broker. Partitions
 * without a leader are not asked for: waiting for one would use up the time of all. */
static rd_kafka_resp_err_t bounds_ask_once(const struct question *q, rd_kafka_t *rk, int64_t which, int timeout_ms,
                                           struct bound *out) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)q->n);
    for (size_t i = 0; i < q->n; i++)
        if (kafka_topics_has_leader(&q->member->shared->topics, q->tps[i].topic, q->tps[i].partition))
            rd_kafka_topic_partition_list_add(list, q->tps[i].topic, q->tps[i].partition)->offset = which;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (list->cnt > 0) err = rd_kafka_offsets_for_times(rk, list, timeout_ms);
    for (size_t i = 0; i < q->n; i++) bound_take(&out[i], err ? NULL : list, &q->tps[i]);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

/* librdkafka gives up the whole list if one partition fails; the others are worth a second try. */
static struct bound *bounds_ask(const struct question *q, rd_kafka_t *rk, int64_t which) {
    struct bound *out = mem_zalloc(q->n, sizeof *out);
    rd_kafka_resp_err_t err = bounds_ask_once(q, rk, which, question_left_ms(q), out);
    for (size_t i = 0; err && q->n > 1 && i < q->n && !question_is_over(q); i++) {
        struct question one = *q;
        one.tps = &q->tps[i];
        one.n = 1;
        bounds_ask_once(&one, rk, which, (int)i64_smaller(question_left_ms(q), ONE_BY_ONE_MS), &out[i]);
    }
    return out;
}

/* log_end is asked with our own handle, whose isolation level decides (read_committed: the last stable offset); the
 * high watermark with the shared one, which reads uncommitted as Kafka's tools do. */
struct kafka_event *kafka_answer_ends(struct kafka_member *m, const struct source_tp *tps, size_t n) {
    struct question q = question_of(m, tps, n);
    int64_t wall_ms = clock_wall_ms(m->shared->clock);
    struct source_end *ends = mem_zalloc(n, sizeof *ends);
    struct bound *end = bounds_ask(&q, m->rk, RD_KAFKA_OFFSET_END);
    struct bound *start = bounds_ask(&q, m->rk, RD_KAFKA_OFFSET_BEGINNING);
    struct bound *high = bounds_ask(&q, m->shared->rk, RD_KAFKA_OFFSET_END);
    for (size_t i = 0; i < n; i++)
        ends[i] = (struct source_end){.tp = tps[i],
                                      .ok = start[i].ok && end[i].ok && high[i].ok,
                                      .wall_ms = wall_ms,
                                      .log_start = start[i].offset,
                                      .log_end = end[i].offset,
                                      .high_watermark = high[i].offset};
    mem_free(end);
    mem_free(start);
    mem_free(high);
    struct kafka_event *k = kafka_event_create(SOURCE_ENDS, ends, n);
    k->ev.ends = ends;
    return k;
}

/* -- commits of the group ------------------------------------------------------------------------ */

static void commit_take(struct source_lookup *l, const rd_kafka_topic_partition_t *p) {
    if (p->err) return; /* FAILED, as it was made */
    if (p->offset < 0) {
        l->state = SOURCE_COMMIT_NONE;
        return;
    }
    l->state = SOURCE_COMMIT_FOUND;
    l->offset = p->offset;
    size_t n = p->metadata != NULL ? p->metadata_size : 0;
    if (n >= sizeof l->metadata) n = sizeof l->metadata - 1; /* not ours: ours are short */
    if (n > 0) memcpy(l->metadata, p->metadata, n);
}

static void commits_ask(const struct question *q, struct source_lookup *lookups) {
    struct kafka_member *m = q->member;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)q->n);
    for (size_t i = 0; i < q->n; i++) rd_kafka_topic_partition_list_add(list, q->tps[i].topic, q->tps[i].partition);
    rd_kafka_resp_err_t err = rd_kafka_committed(m->rk, list, question_left_ms(q));
    for (size_t i = 0; !err && i < q->n; i++) {
        const rd_kafka_topic_partition_t *p =
            rd_kafka_topic_partition_list_find(list, q->tps[i].topic, q->tps[i].partition);
        if (p != NULL) commit_take(&lookups[i], p);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

enum topic_answer { TOPIC_UNKNOWN, TOPIC_HAS_COMMITS, TOPIC_HAS_NONE, TOPIC_CAME_LATER };

/* "A failed look-up of a commit is never 'no commit'": one partition that cannot be asked makes the topic unknown,
 * unless another has a commit. */
static enum topic_answer topic_judge(const rd_kafka_topic_partition_list_t *list) {
    enum topic_answer answer = TOPIC_HAS_NONE;
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err)
            answer = TOPIC_UNKNOWN;
        else if (list->elems[i].offset >= 0)
            return TOPIC_HAS_COMMITS;
    }
    return answer;
}

static enum topic_answer topic_ask(const struct question *q, struct source_tp tp) {
    uint32_t n = kafka_topics_partitions(&q->member->shared->topics, tp.topic);
    if (n == 0) return TOPIC_UNKNOWN;
    if (tp.partition >= 0 && (uint32_t)tp.partition >= n) n = (uint32_t)tp.partition + 1; /* newer than our metadata */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (uint32_t i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, tp.topic, (int32_t)i);
    enum topic_answer answer = TOPIC_UNKNOWN;
    if (rd_kafka_committed(q->member->rk, list, question_left_ms(q)) == RD_KAFKA_RESP_ERR_NO_ERROR)
        answer = topic_judge(list);
    rd_kafka_topic_partition_list_destroy(list);
    return answer;
}

/* -- a topic that came after the group ----------------------------------------------------------- */

static void partitions_add(void *list, const struct kafka_topic_known *topic) {
    for (uint32_t i = 0; i < topic->partitions; i++) rd_kafka_topic_partition_list_add(list, topic->name, (int32_t)i);
}

/* Had the group commits of any topic, when this process first had to know? Later they might be our own. */
static enum kafka_group_age group_ask(const struct question *q) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
    enum topic_answer answer = TOPIC_UNKNOWN;
    bool all = kafka_topics_look(&q->member->shared->topics, partitions_add, list);
    if (all && rd_kafka_committed(q->member->rk, list, question_left_ms(q)) == RD_KAFKA_RESP_ERR_NO_ERROR)
        answer = topic_judge(list);
    rd_kafka_topic_partition_list_destroy(list);
    if (answer == TOPIC_UNKNOWN) return KAFKA_GROUP_UNASKED;
    return answer == TOPIC_HAS_COMMITS ? KAFKA_GROUP_IS_OLD : KAFKA_GROUP_IS_NEW;
}

/* The first who asks decides for all members: what another has committed meanwhile tells nothing. */
static enum kafka_group_age group_age(const struct question *q) {
    _Atomic enum kafka_group_age *age = &q->member->shared->group_age;
    enum kafka_group_age unasked = KAFKA_GROUP_UNASKED;
    if (atomic_load(age) == KAFKA_GROUP_UNASKED) {
        enum kafka_group_age asked = group_ask(q);
        (void)atomic_compare_exchange_strong(age, &unasked, asked);
    }
    return atomic_load(age);
}

/* A topic that nobody named: it is read from its beginning, whatever START says, unless it was there when the group
 * began. Nobody could have chosen to leave out what lies between its creation and the moment in which it was found. */
static enum topic_answer topic_came_later(const struct question *q, const char *topic) {
    struct kafka_topics *topics = &q->member->shared->topics;
    if (kafka_topics_was_missing(topics, topic)) return TOPIC_CAME_LATER;
    if (!kafka_topics_is_found(topics, topic)) return TOPIC_HAS_NONE;
    switch (group_age(q)) {
    case KAFKA_GROUP_IS_OLD:
        return TOPIC_CAME_LATER;
    case KAFKA_GROUP_IS_NEW:
        return TOPIC_HAS_NONE;
    case KAFKA_GROUP_UNASKED:
        break;
    }
    return TOPIC_UNKNOWN;
}

/* For partitions without a commit; each topic is asked once. */
static void topics_ask(const struct question *q, struct source_lookup *lookups) {
    const char *topic = NULL;
    enum topic_answer answer = TOPIC_UNKNOWN;
    for (size_t i = 0; i < q->n; i++) {
        struct source_lookup *l = &lookups[i];
        if (l->state != SOURCE_COMMIT_NONE) continue;
        if (l->tp.topic != topic) {
            topic = l->tp.topic;
            answer = topic_ask(q, l->tp);
            if (answer == TOPIC_HAS_NONE) answer = topic_came_later(q, topic);
        }
        if (answer == TOPIC_UNKNOWN) l->state = SOURCE_COMMIT_FAILED;
        l->topic_has_commits = answer == TOPIC_HAS_COMMITS;
        l->topic_came_later = answer == TOPIC_CAME_LATER;
    }
}

static void bounds_add(const struct question *q, struct source_lookup *lookups) {
    struct bound *start = bounds_ask(q, q->member->rk, RD_KAFKA_OFFSET_BEGINNING);
    struct bound *end = bounds_ask(q, q->member->rk, RD_KAFKA_OFFSET_END);
    for (size_t i = 0; i < q->n; i++) {
        lookups[i].log_start = start[i].offset;
        lookups[i].log_end = end[i].offset;
        if (!start[i].ok || !end[i].ok) lookups[i].state = SOURCE_COMMIT_FAILED;
    }
    mem_free(start);
    mem_free(end);
}

struct kafka_event *kafka_answer_lookup(struct kafka_member *m, const struct source_tp *tps, size_t n) {
    struct question q = question_of(m, tps, n);
    struct source_lookup *lookups = mem_zalloc(n, sizeof *lookups);
    for (size_t i = 0; i < n; i++) {
        lookups[i].tp = tps[i];
        lookups[i].state = SOURCE_COMMIT_FAILED; /* until the opposite is known */
    }
    commits_ask(&q, lookups);
    topics_ask(&q, lookups);
    bounds_add(&q, lookups);
    struct kafka_event *k = kafka_event_create(SOURCE_LOOKUP, lookups, n);
    k->ev.lookups = lookups;
    return k;
}
