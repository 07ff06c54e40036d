/* source/kafka_shared.c - what the members of a process share: a handle outside the group that asks for metadata, the way
 * to the dead-letter topic if there is one, and a thread that serves their callbacks, keeps the metadata fresh and says
 * what is wrong. A producer is made only for dead letters: it needs rights that a reader has not. */
#include <string.h>

#include "base/mem.h"
#include "source/kafka_internal.h"

enum {
    REFRESH_MS = 10000,
    REFRESH_MISSING_MS = 1000, /* while a topic or a leader is missing, or no broker answers */
    METADATA_TIMEOUT_MS = 2000,
    SERVE_MS = 100,
    MISSING_LOG_MS = 60000,
    LETTERS_STALLED_MS = 5000
};

static bool is_whole(const struct rd_kafka_metadata_topic *t) {
    for (int i = 0; i < t->partition_cnt; i++)
        if (t->partitions[i].leader < 0) return false;
    return !t->err && t->partition_cnt > 0;
}

/* Locked. What was known of a topic stays when it is missing: its partitions may come back. */
static void store_topic(struct kafka_topic *topic, const struct rd_kafka_metadata_topic *t) {
    topic->err = t->err                  ? t->err
                 : t->partition_cnt <= 0 ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                                         : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (topic->err) return;
    topic->partitions = (uint32_t)t->partition_cnt;
    topic->leaders = mem_realloc(topic->leaders, topic->partitions, sizeof *topic->leaders);
    for (uint32_t i = 0; i < topic->partitions; i++) topic->leaders[i] = -1;
    for (int i = 0; i < t->partition_cnt; i++) {
        int32_t id = t->partitions[i].id;
        if (id >= 0 && (uint32_t)id < topic->partitions) topic->leaders[id] = t->partitions[i].leader;
    }
}

/* Only the thread writes ERR, so it reads it without the lock. */
static void tell_topic(struct kafka_shared *s, struct kafka_topic *t) {
    char remedy[KAFKA_REMEDY_MAX];
    int64_t now = clock_mono_ms(s->clock);
    if (t->err == t->told.code && (!t->err || now < t->told.next_ms)) return;
    t->told = (struct kafka_told){t->err, now + MISSING_LOG_MS};
    if (!t->err) {
        log_event(LOG_INFO, "topic_found", "topic=%s partitions=%u", log_quote(t->name), (unsigned)t->partitions);
        return;
    }
    kafka_topic_remedy(t, remedy);
    log_event(LOG_WARN, "topic_missing", "topic=%s text=%s remedy=%s", log_quote(t->name),
              log_quote(rd_kafka_err2str(t->err)), log_quote(remedy));
}

/* Returns the library's verdict on the request; *WHOLE: the topic is there with all leaders. */
static rd_kafka_resp_err_t refresh_topic(struct kafka_shared *s, struct kafka_topic *topic, bool *whole) {
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(topic->rk, 0, topic->rkt, &md, METADATA_TIMEOUT_MS);
    *whole = false;
    if (err) return err;
    if (md->topic_cnt == 1) {
        const struct rd_kafka_metadata_topic *t = &md->topics[0];
        pthread_mutex_lock(&s->lock);
        store_topic(topic, t);
        pthread_mutex_unlock(&s->lock);
        *whole = is_whole(t);
        tell_topic(s, topic);
    }
    rd_kafka_metadata_destroy(md);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool stopping(struct kafka_shared *s) { return atomic_load_explicit(&s->stop, memory_order_relaxed); }

/* Callbacks that wait: what they note is the cause of what comes next. */
static void serve_callbacks(struct kafka_shared *s, int timeout_ms) {
    rd_kafka_poll(s->rk, s->post ? 0 : timeout_ms);
    if (s->post) kafka_post_serve(s->post, timeout_ms);
}

static void answered(struct kafka_shared *s) {
    bool was_away = s->unreachable_since_ms != 0;
    if (was_away)
        kafka_tell_reachable(s);
    else
        kafka_tell_notes(s, KAFKA_CONNECTION); /* some broker, not all of them */
    kafka_note_over(s, KAFKA_CONNECTION);
}

/* True if there is nothing to wait for: all topics whole. */
static bool refresh(struct kafka_shared *s) {
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool all_whole = true;
    for (uint32_t i = 0; i < kafka_shared_all_topics(s) && !err && !stopping(s); i++) {
        bool whole;
        err = refresh_topic(s, &s->topics[i], &whole);
        all_whole &= whole;
    }
    pthread_mutex_lock(&s->lock);
    s->reachable = err == RD_KAFKA_RESP_ERR_NO_ERROR;
    pthread_mutex_unlock(&s->lock);
    serve_callbacks(s, 0);
    if (err)
        kafka_tell_unreachable(s, err);
    else
        answered(s);
    return all_whole && !err;
}

static void watch_letters(struct kafka_shared *s, struct metric *waiting) {
    uint64_t n = kafka_letters_waiting(s), settled = 0;
    int64_t now = clock_mono_ms(s->clock);
    metric_set(waiting, (double)n);
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < s->members_n; i++) settled += kafka_letters_settled(s->letters[i]);
    if (n == 0 || settled != s->letters_settled) s->letters_moved_ms = now;
    s->letters_settled = settled;
    s->letters_stalled = now - s->letters_moved_ms >= LETTERS_STALLED_MS;
    pthread_mutex_unlock(&s->lock);
}

/* An error of a connection is looked into soon: it may be the beginning of an outage. */
static int64_t next_refresh(struct kafka_shared *s, int64_t refreshed_ms, int64_t due_ms) {
    pthread_mutex_lock(&s->lock);
    bool soon = s->reachable && s->notes[KAFKA_CONNECTION].fresh;
    pthread_mutex_unlock(&s->lock);
    int64_t at = refreshed_ms + REFRESH_MISSING_MS;
    return soon && at < due_ms ? at : due_ms;
}

static void *serve(void *self) {
    struct kafka_shared *s = self;
    struct metric *waiting = metrics_get(s->metrics, METRIC_DEAD_LETTERS_WAITING, "");
    int64_t refreshed = s->letters_moved_ms = clock_mono_ms(s->clock), due = refreshed;
    while (!stopping(s)) {
        if (clock_mono_ms(s->clock) >= next_refresh(s, refreshed, due)) {
            bool whole = refresh(s);
            refreshed = clock_mono_ms(s->clock);
            due = refreshed + (whole ? REFRESH_MS : REFRESH_MISSING_MS);
        }
        serve_callbacks(s, SERVE_MS);
        kafka_tell_notes(s, KAFKA_GROUP);
        kafka_tell_notes(s, KAFKA_OTHER);
        watch_letters(s, waiting);
    }
    return NULL;
}

void kafka_shared_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    (void)rk;
    kafka_note_error(opaque, (rd_kafka_resp_err_t)code, reason);
}

static int create_handle(struct kafka_shared *s, struct err *e) {
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT_MAX];
    if (kafka_conf_watcher(s->options, &conf, e) != 0) return ERR_INVALID;
    s->scram_too_old = kafka_conf_warn_of_scram(conf);
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, kafka_shared_on_error);
    s->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (s->rk) return 0; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    return err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s", text);
}

static void add_topics(struct kafka_shared *s) {
    const struct kafka_options *o = s->options;
    s->topics_n = o->topics_n;
    for (uint32_t i = 0; i < o->topics_n; i++)
        s->topics[i] = (struct kafka_topic){
            .name = o->topics[i], .rk = s->rk, .rkt = rd_kafka_topic_new(s->rk, o->topics[i], NULL)};
    if (s->post)
        s->topics[s->topics_n] =
            (struct kafka_topic){.name = s->post->topic, .dead_letters = true, .rk = s->post->rk, .rkt = s->post->rkt};
}

static int open_handles(struct kafka_shared *s, struct err *e) {
    int rc = create_handle(s, e);
    if (rc == 0 && s->options->dead_letter_topic != NULL)
        rc = kafka_post_open(s, s->options->dead_letter_topic, &s->post, e);
    if (rc != 0 && s->rk) rd_kafka_destroy(s->rk);
    return rc;
}

int kafka_shared_open(const struct kafka_options *o, const struct clock *clock, struct metrics *m,
                      struct kafka_shared **out, struct err *e) {
    struct kafka_shared *s = mem_zalloc(1, sizeof *s);
    s->options = o;
    s->clock = clock;
    s->metrics = m;
    pthread_mutex_init(&s->lock, NULL);
    int rc = open_handles(s, e);
    if (rc != 0) {
        pthread_mutex_destroy(&s->lock);
        mem_free(s);
        return rc;
    }
    add_topics(s);
    if (pthread_create(&s->thread, NULL, serve, s) != 0) {
        atomic_store(&s->stop, true);
        s->thread = pthread_self();
        kafka_shared_close(s);
        return err_set(e, ERR_IO, "no thread for the metadata of Kafka");
    }
    *out = s;
    return 0;
}

void kafka_shared_close(struct kafka_shared *s) {
    if (!s) return;
    atomic_store_explicit(&s->stop, true, memory_order_relaxed);
    if (!pthread_equal(s->thread, pthread_self())) pthread_join(s->thread, NULL);
    for (uint32_t i = 0; i < kafka_shared_all_topics(s); i++) {
        if (!s->topics[i].dead_letters) rd_kafka_topic_destroy(s->topics[i].rkt);
        mem_free(s->topics[i].leaders);
    }
    kafka_post_close(s->post);
    rd_kafka_destroy(s->rk);
    for (unsigned i = 0; i < s->members_n; i++) kafka_letters_destroy(s->letters[i]);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

bool kafka_shared_topic_is_away(struct kafka_shared *s, uint32_t i) {
    if (i >= s->topics_n) return false;
    pthread_mutex_lock(&s->lock);
    bool away = s->topics[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    pthread_mutex_unlock(&s->lock);
    return away;
}

uint32_t kafka_shared_partitions(struct kafka_shared *s, uint32_t i) {
    if (i >= s->topics_n) return 0;
    pthread_mutex_lock(&s->lock);
    uint32_t n = s->topics[i].partitions;
    pthread_mutex_unlock(&s->lock);
    return n;
}

uint32_t kafka_shared_topic_partitions(struct kafka_shared *s, const char *topic) {
    for (uint32_t i = 0; i < s->topics_n; i++)
        if (s->topics[i].name == topic) return kafka_shared_partitions(s, i);
    return 0;
}

uint32_t kafka_shared_all_topics(const struct kafka_shared *s) { return s->topics_n + (s->post ? 1 : 0); }

const char *kafka_shared_intern(struct kafka_shared *s, const char *name) {
    for (uint32_t i = 0; i < s->topics_n; i++)
        if (strcmp(s->topics[i].name, name) == 0) return s->topics[i].name;
    return NULL;
}

bool kafka_shared_has_leader(struct kafka_shared *s, const char *topic, int32_t partition) {
    bool has = true;
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < s->topics_n; i++) {
        const struct kafka_topic *t = &s->topics[i];
        if (t->name == topic && partition >= 0 && (uint32_t)partition < t->partitions) has = t->leaders[partition] >= 0;
    }
    pthread_mutex_unlock(&s->lock);
    return has;
}

struct kafka_letters *kafka_shared_add_member(struct kafka_shared *s) {
    struct kafka_letters *l = NULL;
    pthread_mutex_lock(&s->lock);
    if (s->members_n < KAFKA_MEMBERS_MAX) {
        l = kafka_letters_create(s->members_n);
        s->letters[s->members_n++] = l;
    }
    pthread_mutex_unlock(&s->lock);
    return l;
}
