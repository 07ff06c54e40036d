/* source/kafka_lookup.c - questions that take a round trip or more: commits of the group, bounds of the logs.
 * A helper thread asks them with librdkafka's blocking calls, so that the consumer thread goes on polling; the answer
 * waits in a slot until poll fetches it. Each question has one time limit for all its calls. While a member joins, the
 * coordinator answers nothing else on that connection: look-ups before SOURCE_ASSIGN fail. */
#include <string.h>

#include "base/mem.h"
#include "source/kafka_internal.h"

enum {
    QUESTION_MS = 3000,  /* well below the shutdown timeout: closing waits for a question under way */
    ONE_BY_ONE_MS = 500, /* a partition asked alone, after the list as a whole failed */
    CALL_MS_MIN = 1
};

struct kafka_event *kafka_event_create(enum source_event_type type, void *owned, size_t n) {
    struct kafka_event *k = mem_zalloc(1, sizeof *k);
    k->ev.type = type;
    k->ev.n = n;
    k->owned = owned;
    return k;
}

void kafka_event_destroy(struct kafka_event *k) {
    if (!k) return;
    mem_free(k->owned);
    mem_free(k);
}

/* -- the helper thread --------------------------------------------------------------------------- */

static void *asker_serve(void *self) {
    struct kafka_asker *a = self;
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        if (!a->asked) {
            pthread_cond_wait(&a->wake, &a->lock);
            continue;
        }
        pthread_mutex_unlock(&a->lock); /* tps and n are not touched while asked is set */
        struct kafka_event *answer = a->answer(a->member, a->tps, a->n);
        pthread_mutex_lock(&a->lock);
        a->asked = false;
        a->answered = answer;
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

int kafka_asker_start(struct kafka_asker *a, struct kafka_member *m, kafka_answer_fn *answer) {
    a->member = m;
    a->answer = answer;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    a->started = pthread_create(&a->thread, NULL, asker_serve, a) == 0;
    return a->started ? 0 : ERR_IO;
}

void kafka_asker_ask_to_stop(struct kafka_asker *a) {
    if (!a->member) return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

void kafka_asker_stop(struct kafka_asker *a) {
    if (!a->member) return;
    kafka_asker_ask_to_stop(a);
    if (a->started) pthread_join(a->thread, NULL);
    kafka_event_destroy(a->answered);
    mem_free(a->tps);
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
}

int kafka_asker_ask(struct kafka_asker *a, const struct source_tp *tps, size_t n, struct err *e) {
    if (n == 0) return err_set(e, ERR_INVALID, "no partition to ask for");
    if (a->out) return err_set(e, ERR_REFUSED, "the question before is not answered yet");
    pthread_mutex_lock(&a->lock);
    a->tps = mem_realloc(a->tps, n, sizeof *tps);
    memcpy(a->tps, tps, n * sizeof *tps);
    a->n = n;
    a->asked = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    a->out = true;
    return 0;
}

struct kafka_event *kafka_asker_take(struct kafka_asker *a) {
    pthread_mutex_lock(&a->lock);
    struct kafka_event *answer = a->answered;
    a->answered = NULL;
    pthread_mutex_unlock(&a->lock);
    if (answer) a->out = false;
    return answer;
}

/* -- the questions ------------------------------------------------------------------------------- */

struct time_limit {
    const struct clock *clock;
    int64_t until;
};

static struct time_limit limit_from_now(const struct kafka_member *m) {
    return (struct time_limit){m->shared->clock, clock_mono_ms(m->shared->clock) + QUESTION_MS};
}

static int left_ms(const struct time_limit *t) {
    int64_t left = t->until - clock_mono_ms(t->clock);
    return left < CALL_MS_MIN ? CALL_MS_MIN : (int)left;
}

static bool is_over(const struct time_limit *t) { return clock_mono_ms(t->clock) >= t->until; }

struct bound {
    bool ok;
    int64_t offset;
};

/* LIST NULL: the call failed. */
static void take_bound(struct bound *b, const rd_kafka_topic_partition_list_t *list, const struct source_tp *tp) {
    const rd_kafka_topic_partition_t *p = NULL;
    for (int i = 0; list && i < list->cnt && !p; i++)
        if (list->elems[i].partition == tp->partition && strcmp(list->elems[i].topic, tp->topic) == 0)
            p = &list->elems[i];
    b->ok = p && !p->err && p->offset >= 0;
    b->offset = b->ok ? p->offset : -1;
}

/* WHICH is RD_KAFKA_OFFSET_BEGINNING or _END: the protocol takes them for timestamps, one request a broker. Partitions
 * without a leader are not asked for: waiting for one would use up the time of all. */
static rd_kafka_resp_err_t ask_once(struct kafka_member *m, rd_kafka_t *rk, const struct source_tp *tps, size_t n,
                                    int64_t which, int timeout_ms, struct bound *out) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++)
        if (kafka_shared_has_leader(m->shared, tps[i].topic, tps[i].partition))
            rd_kafka_topic_partition_list_add(list, tps[i].topic, tps[i].partition)->offset = which;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (list->cnt > 0) err = rd_kafka_offsets_for_times(rk, list, timeout_ms);
    for (size_t i = 0; i < n; i++) take_bound(&out[i], err ? NULL : list, &tps[i]);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

/* librdkafka gives up the whole list if one partition fails; the others are worth a second try. */
static struct bound *ask_bounds(struct kafka_member *m, rd_kafka_t *rk, const struct source_tp *tps, size_t n,
                                int64_t which, const struct time_limit *limit) {
    struct bound *out = mem_zalloc(n, sizeof *out);
    rd_kafka_resp_err_t err = ask_once(m, rk, tps, n, which, left_ms(limit), out);
    for (size_t i = 0; err && n > 1 && i < n && !is_over(limit); i++) {
        int left = left_ms(limit);
        ask_once(m, rk, &tps[i], 1, which, left < ONE_BY_ONE_MS ? left : ONE_BY_ONE_MS, &out[i]);
    }
    return out;
}

/* log_end is asked with our own handle, whose isolation level decides (read_committed: the last stable offset); the
 * high watermark with the shared one, which reads uncommitted as Kafka's tools do. */
struct kafka_event *kafka_answer_ends(struct kafka_member *m, const struct source_tp *tps, size_t n) {
    struct time_limit limit = limit_from_now(m);
    int64_t wall_ms = clock_wall_ms(m->shared->clock);
    struct source_end *ends = mem_zalloc(n, sizeof *ends);
    struct bound *end = ask_bounds(m, m->rk, tps, n, RD_KAFKA_OFFSET_END, &limit);
    struct bound *start = ask_bounds(m, m->rk, tps, n, RD_KAFKA_OFFSET_BEGINNING, &limit);
    struct bound *high = ask_bounds(m, m->shared->rk, tps, n, RD_KAFKA_OFFSET_END, &limit);
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

static void take_commit(struct source_lookup *l, const rd_kafka_topic_partition_t *p) {
    if (p->err) return; /* FAILED, as it was made */
    if (p->offset < 0) {
        l->state = SOURCE_COMMIT_NONE;
        return;
    }
    l->state = SOURCE_COMMIT_FOUND;
    l->offset = p->offset;
    size_t n = p->metadata ? p->metadata_size : 0;
    if (n >= sizeof l->metadata) n = sizeof l->metadata - 1; /* not ours: ours are short */
    if (n > 0) memcpy(l->metadata, p->metadata, n);
}

static void ask_commits(struct kafka_member *m, struct source_lookup *l, size_t n, const struct time_limit *limit) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, l[i].tp.topic, l[i].tp.partition);
    if (rd_kafka_committed(m->rk, list, left_ms(limit)) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (size_t i = 0; i < n; i++) {
            const rd_kafka_topic_partition_t *p =
                rd_kafka_topic_partition_list_find(list, l[i].tp.topic, l[i].tp.partition);
            if (p) take_commit(&l[i], p);
        }
    rd_kafka_topic_partition_list_destroy(list);
}

enum topic_answer { TOPIC_UNKNOWN, TOPIC_HAS_COMMITS, TOPIC_HAS_NONE };

/* "A failed look-up of a commit is never 'no commit'": one partition that cannot be asked makes the topic unknown,
 * unless another has a commit. */
static enum topic_answer judge(const rd_kafka_topic_partition_list_t *list) {
    enum topic_answer answer = TOPIC_HAS_NONE;
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err)
            answer = TOPIC_UNKNOWN;
        else if (list->elems[i].offset >= 0)
            return TOPIC_HAS_COMMITS;
    }
    return answer;
}

static enum topic_answer ask_topic(struct kafka_member *m, const char *topic, int32_t partition,
                                   const struct time_limit *limit) {
    uint32_t n = kafka_shared_topic_partitions(m->shared, topic);
    if (n == 0) return TOPIC_UNKNOWN;
    if (partition >= 0 && (uint32_t)partition >= n) n = (uint32_t)partition + 1; /* newer than our metadata */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (uint32_t i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, topic, (int32_t)i);
    enum topic_answer answer = TOPIC_UNKNOWN;
    if (rd_kafka_committed(m->rk, list, left_ms(limit)) == RD_KAFKA_RESP_ERR_NO_ERROR) answer = judge(list);
    rd_kafka_topic_partition_list_destroy(list);
    return answer;
}

/* For partitions without a commit; each topic is asked once. */
static void ask_topics(struct kafka_member *m, struct source_lookup *l, size_t n, const struct time_limit *limit) {
    const char *topic = NULL;
    enum topic_answer answer = TOPIC_UNKNOWN;
    for (size_t i = 0; i < n; i++) {
        if (l[i].state != SOURCE_COMMIT_NONE) continue;
        if (l[i].tp.topic != topic) {
            topic = l[i].tp.topic;
            answer = ask_topic(m, topic, l[i].tp.partition, limit);
        }
        if (answer == TOPIC_UNKNOWN) l[i].state = SOURCE_COMMIT_FAILED;
        l[i].topic_has_commits = answer == TOPIC_HAS_COMMITS;
    }
}

static void add_bounds(struct kafka_member *m, struct source_lookup *l, const struct source_tp *tps, size_t n,
                       const struct time_limit *limit) {
    struct bound *start = ask_bounds(m, m->rk, tps, n, RD_KAFKA_OFFSET_BEGINNING, limit);
    struct bound *end = ask_bounds(m, m->rk, tps, n, RD_KAFKA_OFFSET_END, limit);
    for (size_t i = 0; i < n; i++) {
        l[i].log_start = start[i].offset;
        l[i].log_end = end[i].offset;
        if (!start[i].ok || !end[i].ok) l[i].state = SOURCE_COMMIT_FAILED;
    }
    mem_free(start);
    mem_free(end);
}

struct kafka_event *kafka_answer_lookup(struct kafka_member *m, const struct source_tp *tps, size_t n) {
    struct time_limit limit = limit_from_now(m);
    struct source_lookup *l = mem_zalloc(n, sizeof *l);
    for (size_t i = 0; i < n; i++) {
        l[i].tp = tps[i];
        l[i].state = SOURCE_COMMIT_FAILED; /* until the opposite is known */
    }
    ask_commits(m, l, n, &limit);
    ask_topics(m, l, n, &limit);
    add_bounds(m, l, tps, n, &limit);
    struct kafka_event *k = kafka_event_create(SOURCE_LOOKUP, l, n);
    k->ev.lookups = l;
    return k;
}
