/* source/kafka_topics.c - what brokers said of the topics, and what is said of those that are missing. */
#include "source/kafka_topics.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "source/kafka_remedies.h"

enum { METADATA_TIMEOUT_MS = 2000, MISSING_LOG_MS = 60000 };

static void topics_check(const struct kafka_topics *t) {
    assert(t->read_n <= KAFKA_TOPICS_MAX);
    assert(t->all_n == t->read_n || t->all_n == t->read_n + 1);
    assert(t->all_n == t->read_n || t->of[t->read_n].dead_letters);
}

/* -- the table ----------------------------------------------------------------------------------- */

void kafka_topics_init(struct kafka_topics *t, const struct clock *clock) {
    *t = (struct kafka_topics){.clock = clock};
    pthread_mutex_init(&t->lock, NULL);
}

void kafka_topics_deinit(struct kafka_topics *t) {
    for (uint32_t i = 0; i < t->all_n; i++) mem_free(t->of[i].leaders);
    pthread_mutex_destroy(&t->lock);
}

void kafka_topics_add(struct kafka_topics *t, const char *name, rd_kafka_t *rk, rd_kafka_topic_t *rkt) {
    assert(name != NULL && rk != NULL && rkt != NULL);
    assert(t->read_n < KAFKA_TOPICS_MAX && t->all_n == t->read_n);
    t->of[t->read_n++] = (struct kafka_topic){.name = name, .rk = rk, .rkt = rkt};
    t->all_n = t->read_n;
    topics_check(t);
}

void kafka_topics_add_dead_letters(struct kafka_topics *t, const char *name, rd_kafka_t *rk, rd_kafka_topic_t *rkt) {
    assert(name != NULL && rk != NULL && rkt != NULL);
    assert(t->all_n == t->read_n);
    t->of[t->all_n++] = (struct kafka_topic){.name = name, .dead_letters = true, .rk = rk, .rkt = rkt};
    topics_check(t);
}

/* -- asking -------------------------------------------------------------------------------------- */

static bool metadata_is_whole(const struct rd_kafka_metadata_topic *found) {
    for (int i = 0; i < found->partition_cnt; i++)
        if (found->partitions[i].leader < 0) return false;
    return !found->err && found->partition_cnt > 0;
}

static rd_kafka_resp_err_t metadata_error(const struct rd_kafka_metadata_topic *found) {
    if (found->err) return found->err;
    return found->partition_cnt > 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/* Locked. */
static void topic_store(struct kafka_topic *topic, const struct rd_kafka_metadata_topic *found) {
    topic->err = metadata_error(found);
    if (topic->err) return;
    topic->partitions = (uint32_t)found->partition_cnt;
    topic->leaders = mem_realloc(topic->leaders, topic->partitions, sizeof *topic->leaders);
    for (uint32_t i = 0; i < topic->partitions; i++) topic->leaders[i] = -1;
    for (int i = 0; i < found->partition_cnt; i++) {
        int32_t id = found->partitions[i].id;
        if (id >= 0 && (uint32_t)id < topic->partitions) topic->leaders[id] = found->partitions[i].leader;
    }
}

/* Only the refreshing thread writes what was heard, so it reads it without the lock. */
static void topic_tell(struct kafka_topics *t, struct kafka_topic *topic) {
    char remedy[KAFKA_REMEDY_MAX];
    int64_t now = clock_mono_ms(t->clock);
    if (topic->err == topic->told.code && (!topic->err || now < topic->told.next_ms)) return;
    topic->told = (struct kafka_told){topic->err, now + MISSING_LOG_MS};
    if (!topic->err) {
        log_event(LOG_INFO, "topic_found", "topic=%s partitions=%u", log_quote(topic->name),
                  (unsigned)topic->partitions);
        return;
    }
    kafka_topic_remedy(topic->err, topic->dead_letters, topic->name, remedy);
    log_event(LOG_WARN, "topic_missing", "topic=%s text=%s remedy=%s", log_quote(topic->name),
              log_quote(rd_kafka_err2str(topic->err)), log_quote(remedy));
}

rd_kafka_resp_err_t kafka_topics_refresh(struct kafka_topics *t, uint32_t i, bool *whole) {
    assert(i < t->all_n);
    struct kafka_topic *topic = &t->of[i];
    const struct rd_kafka_metadata *md = NULL;
    *whole = false;
    rd_kafka_resp_err_t err = rd_kafka_metadata(topic->rk, 0, topic->rkt, &md, METADATA_TIMEOUT_MS);
    if (err) return err;
    if (md->topic_cnt == 1) {
        pthread_mutex_lock(&t->lock);
        topic_store(topic, &md->topics[0]);
        pthread_mutex_unlock(&t->lock);
        *whole = metadata_is_whole(&md->topics[0]);
        topic_tell(t, topic);
    }
    rd_kafka_metadata_destroy(md);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* -- answers ------------------------------------------------------------------------------------- */

uint32_t kafka_topics_partitions(struct kafka_topics *t, uint32_t i) {
    if (i >= t->read_n) return 0;
    pthread_mutex_lock(&t->lock);
    uint32_t n = t->of[i].partitions;
    pthread_mutex_unlock(&t->lock);
    return n;
}

uint32_t kafka_topics_partitions_of(struct kafka_topics *t, const char *name) {
    for (uint32_t i = 0; i < t->read_n; i++)
        if (t->of[i].name == name) return kafka_topics_partitions(t, i);
    return 0;
}

bool kafka_topics_is_away(struct kafka_topics *t, uint32_t i) {
    if (i >= t->read_n) return false;
    pthread_mutex_lock(&t->lock);
    bool away = t->of[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    pthread_mutex_unlock(&t->lock);
    return away;
}

bool kafka_topics_has_leader(struct kafka_topics *t, const char *name, int32_t partition) {
    bool has = true;
    pthread_mutex_lock(&t->lock);
    for (uint32_t i = 0; i < t->read_n; i++) {
        const struct kafka_topic *topic = &t->of[i];
        if (topic->name == name && partition >= 0 && (uint32_t)partition < topic->partitions)
            has = topic->leaders[partition] >= 0;
    }
    pthread_mutex_unlock(&t->lock);
    return has;
}

const char *kafka_topics_intern(const struct kafka_topics *t, const char *name) {
    assert(name != NULL);
    for (uint32_t i = 0; i < t->read_n; i++)
        if (strcmp(t->of[i].name, name) == 0) return t->of[i].name;
    return NULL;
}

const char *kafka_topics_dead_letters(const struct kafka_topics *t) {
    assert(t->all_n == t->read_n + 1);
    return t->of[t->read_n].name;
}

/* -- what is in the way -------------------------------------------------------------------------- */

/* Dead letters may never come, so a topic of theirs that is missing stops nobody before they wait for it. A right is
 * not granted by accident: that it is missing is told at once. */
static bool topic_is_in_the_way(const struct kafka_topic *topic, bool dead_letters_stalled) {
    if (!topic->dead_letters) return topic->err || topic->partitions == 0;
    return topic->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || (topic->err && dead_letters_stalled);
}

static void topic_why(const struct kafka_topic *topic, char why[WHY_MAX]) {
    char remedy[KAFKA_REMEDY_MAX];
    kafka_topic_remedy(topic->err, topic->dead_letters, topic->name, remedy);
    snprintf(why, WHY_MAX, "kafka: %.50s: %s", topic->err ? rd_kafka_err2str(topic->err) : "no partition is known yet",
             remedy);
}

bool kafka_topics_why(struct kafka_topics *t, bool dead_letters_stalled, char why[WHY_MAX]) {
    bool found = false;
    topics_check(t);
    pthread_mutex_lock(&t->lock);
    for (uint32_t i = 0; i < t->all_n && !found; i++) {
        found = topic_is_in_the_way(&t->of[i], dead_letters_stalled);
        if (found) topic_why(&t->of[i], why);
    }
    pthread_mutex_unlock(&t->lock);
    return found;
}
