/* source/kafka_topics_ask.c - what brokers say of the topics goes into the table and into the log.
 *
 * A plain topic is asked for by its name: then a broker says why it may not be seen. For the patterns all topics that
 * there are are asked for, in one answer. It leaves out those that the user may not see (the right Describe), so these
 * cannot be told from topics that do not exist.
 *
 * A broker that was just started may lack a topic for a moment. So a found topic that is missing from an answer stays
 * subscribed, and only after KAFKA_GONE_AFTER_MS without it is it given up. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "source/kafka_remedies.h"
#include "source/kafka_topics_internal.h"

enum { METADATA_TIMEOUT_MS = 2000, MISSING_LOG_MS = 60000 };

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
    if (topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) topic->was_missing = true;
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
    kafka_topic_remedy(topic->err, topic->kind == KAFKA_TOPIC_DEAD_LETTERS, topic->name, remedy);
    log_event(LOG_WARN, "topic_missing", "topic=%s text=%s remedy=%s", log_quote(topic->name),
              log_quote(rd_kafka_err2str(topic->err)), log_quote(remedy));
}

/* -- topics that are asked for by name ----------------------------------------------------------- */

rd_kafka_resp_err_t kafka_topics_refresh(struct kafka_topics *t, uint32_t i, bool *whole) {
    assert(i < t->asked_n);
    struct kafka_topic *topic = t->asked[i];
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

/* -- topics that are found ----------------------------------------------------------------------- */

/* What one answer says of the patterns. */
struct finding_round {
    struct kafka_topics *topics;
    const struct rd_kafka_metadata_topic **fits; /* by name */
    size_t n;
    bool whole;
    bool changed; /* what members are subscribed to */
};

static bool name_fits(const struct kafka_topics *t, const char *name) {
    for (uint32_t i = 0; i < t->patterns_n; i++)
        if (name_pattern_fits(&t->patterns[i], name)) return true;
    return false;
}

/* What is read by its name is asked for by its name. Dead letters that are read would come back for ever. */
static bool name_is_asked_for(const struct kafka_topics *t, const char *name) {
    for (uint32_t i = 0; i < t->asked_n; i++)
        if (strcmp(t->asked[i]->name, name) == 0) return true;
    return false;
}

/* A topic that may not be seen is not there. */
static bool metadata_is_there(const struct rd_kafka_metadata_topic *found) {
    return found->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
           found->err != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

static int metadata_order(const void *a, const void *b) {
    const struct rd_kafka_metadata_topic *const *first = a, *const *second = b;
    return strcmp((*first)->topic, (*second)->topic);
}

static void round_collect(struct finding_round *r, const struct rd_kafka_metadata *md) {
    r->fits = mem_zalloc((size_t)md->topic_cnt + 1, sizeof(const struct rd_kafka_metadata_topic *));
    for (int i = 0; i < md->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &md->topics[i];
        if (metadata_is_there(found) && name_fits(r->topics, found->topic) &&
            !name_is_asked_for(r->topics, found->topic))
            r->fits[r->n++] = found;
    }
    qsort(r->fits, r->n, sizeof(const struct rd_kafka_metadata_topic *), metadata_order);
}

/* Locked. NULL: there is no room. */
static struct kafka_topic *found_place(struct finding_round *r, const char *name) {
    struct kafka_topics *t = r->topics;
    struct kafka_topic *topic = kafka_topics_get(t, name);
    if (topic != NULL && topic->state != KAFKA_TOPIC_GONE) return topic;
    if (t->found_n == KAFKA_FOUND_MAX || (topic == NULL && t->n >= t->names_max)) return NULL;
    if (topic == NULL) topic = kafka_topics_insert(t, KAFKA_TOPIC_FOUND, name);
    if (t->answered) topic->was_missing = true;
    t->found_n++;
    r->changed = true;
    return topic;
}

/* Locked. */
static void found_take(struct finding_round *r, const struct rd_kafka_metadata_topic *found) {
    struct kafka_topic *topic = found_place(r, found->topic);
    if (topic == NULL) {
        r->topics->left_out_n++;
        return;
    }
    topic->state = KAFKA_TOPIC_THERE;
    topic->in_answer = true;
    topic_store(topic, found);
    r->whole = r->whole && metadata_is_whole(found);
}

/* Locked. One that was found before, and is not in the answer. */
static void found_miss(struct finding_round *r, struct kafka_topic *topic) {
    int64_t now = clock_mono_ms(r->topics->clock);
    r->whole = false;
    topic->was_missing = true;
    if (topic->state == KAFKA_TOPIC_THERE) {
        topic->state = KAFKA_TOPIC_AWAY;
        topic->missed_mono_ms = now;
    } else if (now - topic->missed_mono_ms >= KAFKA_GONE_AFTER_MS) {
        topic->state = KAFKA_TOPIC_GONE;
        r->topics->found_n--;
        r->changed = true;
    }
}

/* Locked. */
static void round_store(struct finding_round *r) {
    struct kafka_topics *t = r->topics;
    for (size_t i = 0; i < t->n; i++) t->all[i]->in_answer = false;
    t->left_out_n = 0;
    for (size_t i = 0; i < r->n; i++) found_take(r, r->fits[i]);
    for (size_t i = 0; i < t->n; i++) {
        struct kafka_topic *topic = t->all[i];
        if (topic->kind == KAFKA_TOPIC_FOUND && topic->state != KAFKA_TOPIC_GONE && !topic->in_answer)
            found_miss(r, topic);
    }
    r->changed = r->changed || !t->answered;
    t->answered = true;
    if (t->n > 0 && r->changed) atomic_fetch_add(&t->version, 1);
    r->whole = r->whole && t->n > 0;
    kafka_topics_check(t);
}

/* -- lines of the log -- */

static const char *state_event(enum kafka_topic_state state) {
    static const char *const events[] = {"topic_found", "topic_away", "topic_gone"};
    return events[state];
}

static void found_tell(struct kafka_topic *topic) {
    static const char *const means[] = {
        "its name fits a pattern of TOPKD_TOPICS: it is read from now on",
        "it was deleted, or may not be seen any more: it is given up if that stays so for 30 s",
        "it is not read any more: lists wait two more minutes for what it may have held",
    };
    if (topic->state == topic->told_state) return;
    topic->told_state = topic->state;
    log_event(topic->state == KAFKA_TOPIC_THERE ? LOG_INFO : LOG_WARN, state_event(topic->state),
              "topic=%s partitions=%u means=%s", log_quote(topic->name), (unsigned)topic->partitions,
              log_quote(means[topic->state]));
}

static void round_tell(const struct finding_round *r) {
    struct kafka_topics *t = r->topics;
    for (size_t i = 0; i < t->n; i++) {
        struct kafka_topic *topic = t->all[i];
        if (topic->kind != KAFKA_TOPIC_FOUND) continue;
        found_tell(topic);
        if (topic->state == KAFKA_TOPIC_THERE) topic_tell(t, topic);
    }
    if (t->found_n == 0 && t->asked_n == (t->dead_letters != NULL))
        log_limited(&t->nothing_log, MISSING_LOG_MS, LOG_WARN, "topic_missing", "pattern=%s text=%s remedy=%s",
                    log_quote(t->patterns[0].text), log_quote("no topic fits TOPKD_TOPICS"),
                    log_quote("create one, grant Describe on it, or correct the pattern"));
    if (t->left_out_n > 0)
        log_limited(&t->left_out_log, MISSING_LOG_MS, LOG_ERROR, "topics_left_out", "topics=%u limit=%d remedy=%s",
                    (unsigned)t->left_out_n, (int)KAFKA_FOUND_MAX, log_quote(kafka_topics_room_remedy(t)));
}

bool kafka_topics_take(struct kafka_topics *t, const struct rd_kafka_metadata *all) {
    struct finding_round r = {.topics = t, .whole = true};
    assert(t->patterns_n > 0);
    round_collect(&r, all);
    pthread_mutex_lock(&t->lock);
    round_store(&r);
    pthread_mutex_unlock(&t->lock);
    round_tell(&r);
    mem_free(r.fits);
    return r.whole;
}

rd_kafka_resp_err_t kafka_topics_find(struct kafka_topics *t, rd_kafka_t *rk, bool *whole) {
    const struct rd_kafka_metadata *md = NULL;
    *whole = t->patterns_n == 0;
    if (t->patterns_n == 0) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, &md, METADATA_TIMEOUT_MS);
    if (err) return err;
    *whole = kafka_topics_take(t, md);
    rd_kafka_metadata_destroy(md);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}
