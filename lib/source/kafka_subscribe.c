/* source/kafka_subscribe.c - which topics the group is told of: those of the table, whenever that has changed.
 *
 * Patterns could be left to librdkafka, whose subscription takes them. They are not, for three reasons.
 *  - Which topics are read would be known in two places, and these differ for a while: a partition would be given to us
 *    of which the merger does not know, or the other way round.
 *  - The dead letter topic would be read if it fits, and Kafka's own topics, too.
 *  - Each thread would find a new topic at a time of its own, with a rebalance for each. So it is one for a process.
 *
 * A topic object of librdkafka carries the name as its opaque, so that a message finds it without a search. librdkafka
 * keeps the object that it has: so ours is made before the subscription makes one without. */
#include <assert.h>

#include "base/mem.h"
#include "source/kafka_member.h"

enum { NAMES_MAX = KAFKA_TOPICS_MAX + KAFKA_FOUND_MAX };

const char *kafka_member_topic(struct kafka_member *m, const rd_kafka_topic_t *rkt) {
    const char *name = rkt != NULL ? rd_kafka_topic_opaque(rkt) : NULL;
    if (name != NULL || rkt == NULL) return name;
    return kafka_topics_intern(&m->shared->topics, rd_kafka_topic_name(rkt));
}

static rd_kafka_topic_t *topic_hold(rd_kafka_t *rk, const char *name) {
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(rk);
    rd_kafka_topic_conf_set_opaque(conf, (void *)(uintptr_t)name);
    return rd_kafka_topic_new(rk, name, conf); /* conf is now owned by rk */
}

void kafka_member_forget_topics(struct kafka_member *m) {
    for (size_t i = 0; i < m->rkts_n; i++)
        if (m->rkts[i] != NULL) rd_kafka_topic_destroy(m->rkts[i]);
    mem_free(m->rkts);
    m->rkts = NULL;
    m->rkts_n = 0;
}

/* What was held is let go only when the new ones are: a topic that is in both is the same object all the time. */
static void topics_hold(struct kafka_member *m, const char *const *names, size_t n) {
    rd_kafka_topic_t **rkts = mem_zalloc(n + 1, sizeof(rd_kafka_topic_t *));
    for (size_t i = 0; i < n; i++) rkts[i] = topic_hold(m->rk, names[i]);
    kafka_member_forget_topics(m);
    m->rkts = rkts;
    m->rkts_n = n;
}

static rd_kafka_resp_err_t names_subscribe(struct kafka_member *m, const char *const *names, size_t n) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, names[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(m->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

int kafka_member_subscribe(struct kafka_member *m, struct err *e) {
    const char *names[NAMES_MAX];
    uint64_t version;
    size_t n = kafka_topics_names(&m->shared->topics, names, NAMES_MAX, &version);
    assert(version >= m->topics_version);
    if (n == 0 || version == m->topics_version) return 0;
    topics_hold(m, names, n);
    rd_kafka_resp_err_t err = names_subscribe(m, names, n);
    if (err) return err_set(e, ERR_INVALID, "TOPKD_TOPICS: %s", rd_kafka_err2str(err));
    m->topics_version = version;
    return 0;
}
