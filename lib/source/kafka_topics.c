/* source/kafka_topics.c - the table of topics: entries, answers, and what is in the way.
 * kafka_topics_ask.c fills it with what brokers say. */
#include "source/kafka_topics.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_remedies.h"
#include "source/kafka_topics_internal.h"

void kafka_topics_check(const struct kafka_topics *t) {
    assert(t->asked_n <= KAFKA_TOPICS_MAX + 1 && t->patterns_n <= KAFKA_TOPICS_MAX);
    assert(t->found_n <= KAFKA_FOUND_MAX && t->found_n <= t->n);
    assert(t->dead_letters == NULL || t->dead_letters == t->asked[t->asked_n - 1]);
}

/* -- the table ----------------------------------------------------------------------------------- */

void kafka_topics_init(struct kafka_topics *t, const struct clock *clock) {
    *t = (struct kafka_topics){.clock = clock, .names_max = KAFKA_FOUND_EVER_MAX};
    pthread_mutex_init(&t->lock, NULL);
}

static void topic_destroy(struct kafka_topic *topic) {
    if (topic == NULL) return;
    if (topic->kind == KAFKA_TOPIC_PLAIN) rd_kafka_topic_destroy(topic->rkt);
    mem_free(topic->leaders);
    mem_free((char *)(uintptr_t)topic->name);
    mem_free(topic);
}

void kafka_topics_deinit(struct kafka_topics *t) {
    for (size_t i = 0; i < t->n; i++) topic_destroy(t->all[i]);
    topic_destroy(t->dead_letters);
    for (uint32_t i = 0; i < t->patterns_n; i++) name_pattern_free(&t->patterns[i]);
    mem_free(t->all);
    pthread_mutex_destroy(&t->lock);
}

static struct kafka_topic *topic_create(enum kafka_topic_kind kind, const char *name) {
    struct kafka_topic *topic = mem_zalloc(1, sizeof *topic);
    topic->kind = kind;
    topic->told_state = KAFKA_TOPIC_GONE;
    topic->name = mem_strdup(name);
    return topic;
}

/* Locked. The place of the first topic that is not before NAME. */
static size_t topic_place(const struct kafka_topics *t, const char *name) {
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(t->all[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct kafka_topic *kafka_topics_get(const struct kafka_topics *t, const char *name) {
    assert(name != NULL);
    size_t i = topic_place(t, name);
    return i < t->n && strcmp(t->all[i]->name, name) == 0 ? t->all[i] : NULL;
}

struct kafka_topic *kafka_topics_insert(struct kafka_topics *t, enum kafka_topic_kind kind, const char *name) {
    assert(kafka_topics_get(t, name) == NULL);
    size_t i = topic_place(t, name);
    t->all = mem_grow(t->all, &t->cap, t->n + 1, sizeof(struct kafka_topic *));
    memmove(&t->all[i + 1], &t->all[i], (t->n - i) * sizeof(struct kafka_topic *));
    t->n++;
    return t->all[i] = topic_create(kind, name);
}

static void pattern_add(struct kafka_topics *t, const char *text) {
    struct err e;
    assert(t->patterns_n < KAFKA_TOPICS_MAX);
    /* Whoever reads the settings has refused what is no pattern. */
    int status = name_pattern_compile(text, &t->patterns[t->patterns_n], &e);
    assert(status == 0);
    t->patterns_n += status == 0;
}

static void plain_add(struct kafka_topics *t, const char *name, rd_kafka_t *rk) {
    struct kafka_topic *topic = kafka_topics_insert(t, KAFKA_TOPIC_PLAIN, name);
    topic->rk = rk;
    topic->rkt = rd_kafka_topic_new(rk, name, NULL);
    t->asked[t->asked_n++] = topic;
}

void kafka_topics_add(struct kafka_topics *t, const char *text, rd_kafka_t *rk) {
    assert(text != NULL && rk != NULL && t->dead_letters == NULL && t->asked_n < KAFKA_TOPICS_MAX);
    if (name_is_pattern(text))
        pattern_add(t, text);
    else
        plain_add(t, text, rk);
    atomic_store(&t->version, t->patterns_n == 0); /* the plain ones wait for those that will be found */
    kafka_topics_check(t);
}

void kafka_topics_add_dead_letters(struct kafka_topics *t, const char *name, rd_kafka_t *rk, rd_kafka_topic_t *rkt) {
    assert(name != NULL && rk != NULL && rkt != NULL && t->dead_letters == NULL);
    struct kafka_topic *topic = topic_create(KAFKA_TOPIC_DEAD_LETTERS, name);
    topic->rk = rk;
    topic->rkt = rkt;
    t->asked[t->asked_n++] = t->dead_letters = topic;
    kafka_topics_check(t);
}

/* -- answers ------------------------------------------------------------------------------------- */

/* Those of plain topics, and of found ones that are not given up. */
static bool topic_is_read(const struct kafka_topic *topic) { return topic->state != KAFKA_TOPIC_GONE; }

static bool topic_is_away(const struct kafka_topic *topic) {
    return topic->state == KAFKA_TOPIC_AWAY || topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

bool kafka_topics_look(struct kafka_topics *t, void (*visit)(void *self, const struct kafka_topic_known *topic),
                       void *self) {
    pthread_mutex_lock(&t->lock);
    bool complete = t->answered || t->patterns_n == 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct kafka_topic *topic = t->all[i];
        if (!topic_is_read(topic)) continue;
        visit(self, &(struct kafka_topic_known){.name = topic->name,
                                                .partitions = topic->partitions,
                                                .is_away = topic_is_away(topic),
                                                .is_found = topic->kind == KAFKA_TOPIC_FOUND});
    }
    pthread_mutex_unlock(&t->lock);
    return complete;
}

size_t kafka_topics_names(struct kafka_topics *t, const char **names, size_t max, uint64_t *version) {
    size_t n = 0;
    pthread_mutex_lock(&t->lock);
    *version = atomic_load(&t->version);
    for (size_t i = 0; *version > 0 && i < t->n && n < max; i++)
        if (topic_is_read(t->all[i])) names[n++] = t->all[i]->name;
    pthread_mutex_unlock(&t->lock);
    return n;
}

uint32_t kafka_topics_partitions(struct kafka_topics *t, const char *name) {
    pthread_mutex_lock(&t->lock);
    const struct kafka_topic *topic = kafka_topics_get(t, name);
    uint32_t n = topic != NULL ? topic->partitions : 0;
    pthread_mutex_unlock(&t->lock);
    return n;
}

bool kafka_topics_has_leader(struct kafka_topics *t, const char *name, int32_t partition) {
    pthread_mutex_lock(&t->lock);
    const struct kafka_topic *topic = kafka_topics_get(t, name);
    bool known = topic != NULL && partition >= 0 && (uint32_t)partition < topic->partitions;
    bool has = !known || topic->leaders[partition] >= 0;
    pthread_mutex_unlock(&t->lock);
    return has;
}

const char *kafka_topics_intern(struct kafka_topics *t, const char *name) {
    pthread_mutex_lock(&t->lock);
    const struct kafka_topic *topic = kafka_topics_get(t, name);
    pthread_mutex_unlock(&t->lock);
    return topic != NULL ? topic->name : NULL;
}

bool kafka_topics_was_missing(struct kafka_topics *t, const char *name) {
    pthread_mutex_lock(&t->lock);
    const struct kafka_topic *topic = kafka_topics_get(t, name);
    bool was = topic != NULL && topic->was_missing;
    pthread_mutex_unlock(&t->lock);
    return was;
}

bool kafka_topics_is_found(struct kafka_topics *t, const char *name) {
    pthread_mutex_lock(&t->lock);
    const struct kafka_topic *topic = kafka_topics_get(t, name);
    pthread_mutex_unlock(&t->lock);
    return topic != NULL && topic->kind == KAFKA_TOPIC_FOUND; /* for ever */
}

const char *kafka_topics_dead_letters(const struct kafka_topics *t) {
    assert(t->dead_letters != NULL);
    return t->dead_letters->name;
}

/* Locked. */
static size_t topics_read_n(const struct kafka_topics *t) {
    size_t plain_n = t->asked_n - (t->dead_letters != NULL);
    return plain_n + t->found_n;
}

void kafka_topics_count(struct kafka_topics *t, size_t *read, size_t *left_out) {
    pthread_mutex_lock(&t->lock);
    *read = topics_read_n(t);
    *left_out = t->left_out_n;
    pthread_mutex_unlock(&t->lock);
}

/* -- what is in the way -------------------------------------------------------------------------- */

/* Dead letters may never come, so a topic of theirs that is missing stops nobody before they wait for it. A right is
 * not granted by accident: that it is missing is told at once. */
static bool dead_letters_are_in_the_way(const struct kafka_topic *topic, bool stalled) {
    return topic->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || (topic->err && stalled);
}

/* Who deletes a topic that a pattern fits need not be asked to create it. */
static bool topic_is_in_the_way(const struct kafka_topic *topic) {
    return topic->state == KAFKA_TOPIC_THERE && (topic->err || topic->partitions == 0);
}

static void topic_why(const struct kafka_topic *topic, char why[WHY_MAX]) {
    char remedy[KAFKA_REMEDY_MAX];
    kafka_topic_remedy(topic->err, topic->kind == KAFKA_TOPIC_DEAD_LETTERS, topic->name, remedy);
    snprintf(why, WHY_MAX, "kafka: %.50s: %s", topic->err ? rd_kafka_err2str(topic->err) : "no partition is known yet",
             remedy);
}

/* Locked. */
static const struct kafka_topic *topic_in_the_way(const struct kafka_topics *t, bool dead_letters_stalled) {
    for (size_t i = 0; i < t->n; i++)
        if (topic_is_in_the_way(t->all[i])) return t->all[i];
    bool stops = t->dead_letters != NULL && dead_letters_are_in_the_way(t->dead_letters, dead_letters_stalled);
    return stops ? t->dead_letters : NULL;
}

/* Locked. What is wrong with the patterns. */
static bool patterns_why(const struct kafka_topics *t, char why[WHY_MAX]) {
    if (t->patterns_n > 0 && !t->answered)
        snprintf(why, WHY_MAX, "kafka: the topics that TOPKD_TOPICS fits are not known yet: wait");
    else if (topics_read_n(t) == 0)
        snprintf(
            why, WHY_MAX,
            "kafka: no topic fits TOPKD_TOPICS=%.100s yet: create one, grant Describe on it, or correct the pattern",
            t->patterns[0].text);
    else if (t->left_out_n > 0)
        snprintf(why, WHY_MAX, "kafka: %u topics that TOPKD_TOPICS fits are not read, there is room for %d: %s",
                 (unsigned)t->left_out_n, (int)KAFKA_FOUND_MAX, kafka_topics_room_remedy(t));
    else
        return false;
    return true;
}

bool kafka_topics_why(struct kafka_topics *t, bool dead_letters_stalled, char why[WHY_MAX]) {
    pthread_mutex_lock(&t->lock);
    kafka_topics_check(t);
    const struct kafka_topic *topic = topic_in_the_way(t, dead_letters_stalled);
    bool wrong = topic != NULL || patterns_why(t, why);
    if (topic != NULL) topic_why(topic, why);
    pthread_mutex_unlock(&t->lock);
    return wrong;
}
