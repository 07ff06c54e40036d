/* source/kafka_check_reading.c - may this user read the topics? Found out by reading.
 * The end of each partition is fetched, by an assignment that no group knows of. This also shows leaders whose
 * advertised address does not lead anywhere from here. */
#include <assert.h>
#include <string.h>

#include "source/kafka_check_internal.h"

enum { UNANSWERED = -1 }; /* beside RD_KAFKA_RESP_ERR_*: no such code */

struct reading {
    struct kafka_checked *checked;
    rd_kafka_topic_partition_list_t *list; /* err: what became of the partition */
    int open_n;
};

/* A record or the end of the partition is as good as the other: the fetch was answered. */
static void reading_take(struct reading *r, const rd_kafka_message_t *m) {
    rd_kafka_topic_partition_t *p = NULL;
    if (m->rkt != NULL) p = rd_kafka_topic_partition_list_find(r->list, rd_kafka_topic_name(m->rkt), m->partition);
    if (p == NULL || p->err != (rd_kafka_resp_err_t)UNANSWERED) return;
    p->err = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? RD_KAFKA_RESP_ERR_NO_ERROR : m->err;
    r->open_n--;
    assert(r->open_n >= 0);
}

static void reading_collect(struct reading *r) {
    int64_t until = kafka_check_now_ms() + CHECK_ANSWER_MS;
    while (r->open_n > 0 && kafka_check_now_ms() < until) {
        rd_kafka_message_t *m = kafka_check_poll(r->checked);
        if (m == NULL) continue;
        reading_take(r, m);
        rd_kafka_message_destroy(m);
    }
    rd_kafka_assign(r->checked->rk, NULL);
}

static void tell_unread(const struct kafka_checked *k, const rd_kafka_topic_partition_t *p) {
    char remedy[KAFKA_REMEDY_MAX];
    kafka_topic_remedy(p->err, false, p->topic, remedy);
    if (p->err == (rd_kafka_resp_err_t)UNANSWERED)
        findings_add(
            k->findings, FINDING_PROBLEM, "kafka",
            "topic %s: expected its partition %d to be readable, got no answer of its leader in %d s: make the "
            "address that the broker advertises reachable from here",
            p->topic, (int)p->partition, CHECK_ANSWER_MS / 1000);
    else if (p->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        findings_add(k->findings, FINDING_PROBLEM, "kafka", "topic %s: expected the right to read it, got \"%s\": %s",
                     p->topic, rd_kafka_err2str(p->err), remedy);
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected its partition %d to be readable, got \"%s\": %s", p->topic, (int)p->partition,
                     rd_kafka_err2str(p->err), remedy);
}

/* One line a topic and kind of refusal, or one for all that is well. */
static void tell_reading(const struct reading *r) {
    bool all_good = true;
    for (int i = 0; i < r->list->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &r->list->elems[i], *before = i > 0 ? p - 1 : NULL;
        if (!p->err) continue;
        all_good = false;
        if (before != NULL && before->err == p->err && strcmp(before->topic, p->topic) == 0) continue;
        tell_unread(r->checked, p);
    }
    if (all_good && r->list->cnt > 0)
        findings_add(r->checked->findings, FINDING_GOOD, "kafka", "all %d partitions may be read", r->list->cnt);
}

void kafka_check_reading(struct kafka_checked *k) {
    assert(k->rk != NULL);
    struct reading r = {.checked = k, .list = kafka_check_partitions(k, RD_KAFKA_OFFSET_END)};
    r.open_n = r.list->cnt;
    if (r.list->cnt > 0) {
        rd_kafka_assign(k->rk, r.list);
        for (int i = 0; i < r.list->cnt; i++) r.list->elems[i].err = (rd_kafka_resp_err_t)UNANSWERED;
        reading_collect(&r);
        tell_reading(&r);
    }
    rd_kafka_topic_partition_list_destroy(r.list);
}
