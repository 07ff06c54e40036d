/* source/kafka_check_rights.c - what this user may do, found out by asking for it.
 * Read on a topic: the end of each partition is fetched, by an assignment that no group knows of; this also shows
 * leaders whose advertised address does not lead anywhere from here.
 * Read on the group: an offset is committed for a partition that does not exist. A broker looks at the group's right
 * first, then at the partition, and stores nothing. (A cluster that never had a group makes the internal topic of
 * offsets when it is asked for one; every consumer does that.) */
#include <string.h>

#include "base/mem.h"
#include "source/kafka_check_internal.h"

enum {
    ASK_MS = 1000, /* of CHECK_ANSWER_MS, so that a refusal that comes beside the answer is seen in between */
    NO_SUCH_PARTITION = 2000000000 /* above what any topic has, and below 2^31 */
};

static int64_t now_ms(void) { return clock_mono_ms(&clock_system); }

/* -- reading ------------------------------------------------------------------------------------- */

enum { UNANSWERED = -1 }; /* beside RD_KAFKA_RESP_ERR_*: no such code */

struct reading {
    struct kafka_checked *k;
    rd_kafka_topic_partition_list_t *list; /* err: what became of the partition */
    int open_n;
};

static rd_kafka_topic_partition_list_t *all_partitions(const struct kafka_checked *k, int64_t offset) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (uint32_t i = 0; i < k->topics_n; i++)
        for (uint32_t p = 0; k->topics[i].is_read && p < k->topics[i].partitions_n; p++)
            rd_kafka_topic_partition_list_add(list, k->topics[i].name, (int32_t)p)->offset = offset;
    return list;
}

/* The next message; one that is of no partition speaks of the group, whose coordinator is looked for meanwhile. */
static rd_kafka_message_t *poll_once(struct kafka_checked *k) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(k->rk, CHECK_POLL_MS);
    if (m && m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) k->group_is_refused = true;
    return m;
}

/* A record or the end of the partition is as good as the other: the fetch was answered. */
static void take_message(struct reading *r, const rd_kafka_message_t *m) {
    rd_kafka_topic_partition_t *p =
        m->rkt ? rd_kafka_topic_partition_list_find(r->list, rd_kafka_topic_name(m->rkt), m->partition) : NULL;
    if (!p || p->err != (rd_kafka_resp_err_t)UNANSWERED) return;
    p->err = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? RD_KAFKA_RESP_ERR_NO_ERROR : m->err;
    r->open_n--;
}

static void read_ends(struct reading *r) {
    int64_t until = now_ms() + CHECK_ANSWER_MS;
    while (r->open_n > 0 && now_ms() < until) {
        rd_kafka_message_t *m = poll_once(r->k);
        if (!m) continue;
        take_message(r, m);
        rd_kafka_message_destroy(m);
    }
    rd_kafka_assign(r->k->rk, NULL);
}

static void tell_refused(const struct kafka_checked *k, const char *topic, int32_t partition, rd_kafka_resp_err_t err) {
    if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected the right to read it, got \"%s\": give this user Read on the topic", topic,
                     rd_kafka_err2str(err));
    else if (err == (rd_kafka_resp_err_t)UNANSWERED)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected its partition %d to be readable, got no answer of its leader in %d s: is the "
                     "address that the broker advertises reachable from here?",
                     topic, (int)partition, CHECK_ANSWER_MS / 1000);
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected its partition %d to be readable, got \"%s\": look at the broker's log", topic,
                     (int)partition, rd_kafka_err2str(err));
}

/* One line a topic and kind of refusal, or one for all that is well. */
static void tell_reading(const struct reading *r) {
    bool all_good = true;
    for (int i = 0; i < r->list->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &r->list->elems[i], *before = i > 0 ? p - 1 : NULL;
        if (!p->err) continue;
        all_good = false;
        if (before && before->err == p->err && strcmp(before->topic, p->topic) == 0) continue;
        tell_refused(r->k, p->topic, p->partition, p->err);
    }
    if (all_good && r->list->cnt > 0)
        findings_add(r->k->findings, FINDING_GOOD, "kafka", "all %d partitions may be read", r->list->cnt);
}

void kafka_check_reading(struct kafka_checked *k) {
    struct reading r = {.k = k, .list = all_partitions(k, RD_KAFKA_OFFSET_END)};
    r.open_n = r.list->cnt;
    if (r.list->cnt > 0) {
        rd_kafka_assign(k->rk, r.list);
        for (int i = 0; i < r.list->cnt; i++) r.list->elems[i].err = (rd_kafka_resp_err_t)UNANSWERED;
        read_ends(&r);
        tell_reading(&r);
    }
    rd_kafka_topic_partition_list_destroy(r.list);
}

/* -- the group ----------------------------------------------------------------------------------- */

rd_kafka_event_t *kafka_check_await(rd_kafka_queue_t *queue, rd_kafka_event_type_t type) {
    int64_t until = now_ms() + CHECK_ANSWER_MS;
    while (now_ms() < until) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(queue, CHECK_POLL_MS);
        if (ev && rd_kafka_event_type(ev) == type) return ev;
        if (ev) rd_kafka_event_destroy(ev);
    }
    return NULL;
}

static rd_kafka_resp_err_t commit_nothing(const struct kafka_checked *k, const char *topic) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(k->rk);
    rd_kafka_topic_partition_list_add(list, topic, NO_SUCH_PARTITION)->offset = 0;
    rd_kafka_resp_err_t err = rd_kafka_commit_queue(k->rk, list, queue, NULL, NULL);
    rd_kafka_event_t *ev = err ? NULL : kafka_check_await(queue, RD_KAFKA_EVENT_OFFSET_COMMIT);
    if (ev)
        err = rd_kafka_event_error(ev);
    else if (!err)
        err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (ev) rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

static void tell_group_refused(const struct kafka_checked *k, rd_kafka_resp_err_t err, const char *right) {
    bool is_right = err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    if (is_right)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "group %s: expected the right to use it, got \"%s\": give this user %s on the group, or correct "
                     "TOPKD_GROUP",
                     k->options->group, rd_kafka_err2str(err), right);
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "group %s: expected an answer of its coordinator, got \"%s\": look at the brokers' logs, the "
                     "internal topic __consumer_offsets must be whole",
                     k->options->group, rd_kafka_err2str(err));
}

/* A cluster's first group waits until its coordinator is there. */
static bool is_passing(rd_kafka_resp_err_t err) {
    return err == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || err == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS || err == RD_KAFKA_RESP_ERR__WAIT_COORD ||
           err == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

static rd_kafka_resp_err_t ask_commits_once(struct kafka_checked *k, rd_kafka_topic_partition_list_t *list) {
    rd_kafka_resp_err_t err = rd_kafka_committed(k->rk, list, ASK_MS);
    for (int i = 0; i < list->cnt && !err; i++) err = list->elems[i].err;
    if (!is_passing(err)) return err;
    rd_kafka_message_t *m = poll_once(k);
    if (m) rd_kafka_message_destroy(m);
    return k->group_is_refused ? RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED : err;
}

static rd_kafka_resp_err_t ask_commits(struct kafka_checked *k, rd_kafka_topic_partition_list_t *list) {
    int64_t until = now_ms() + CHECK_ANSWER_MS;
    rd_kafka_resp_err_t err;
    do {
        err = ask_commits_once(k, list);
    } while (is_passing(err) && now_ms() < until);
    return err;
}

/* How far the group is; with it the right to see the group. */
static bool check_commits(struct kafka_checked *k) {
    rd_kafka_topic_partition_list_t *list = all_partitions(k, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t err = ask_commits(k, list);
    int committed_n = 0;
    for (int i = 0; i < list->cnt; i++) committed_n += list->elems[i].offset >= 0;
    if (err)
        tell_group_refused(k, err, "Read");
    else
        findings_add(k->findings, FINDING_GOOD, "kafka", "group %s: commits for %d of %d partitions", k->options->group,
                     committed_n, list->cnt);
    rd_kafka_topic_partition_list_destroy(list);
    return !err;
}

static void check_committing(const struct kafka_checked *k, const char *topic) {
    rd_kafka_resp_err_t err = commit_nothing(k, topic);
    if (err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR__TIMED_OUT)
        tell_group_refused(k, err, "Read");
    else
        findings_add(k->findings, FINDING_GOOD, "kafka", "group %s: this user may join it and commit",
                     k->options->group);
}

/* Another program's members would not agree with ours on how to share, and the group would never come together. */
static void tell_members(const struct kafka_checked *k, const rd_kafka_ConsumerGroupDescription_t *g) {
    const char *assignor = rd_kafka_ConsumerGroupDescription_partition_assignor(g);
    size_t n = rd_kafka_ConsumerGroupDescription_member_count(g);
    bool ours =
        n == 0 || !assignor || !*assignor || strcmp(assignor, "range") == 0 || strcmp(assignor, "roundrobin") == 0;
    if (ours)
        findings_add(k->findings, FINDING_GOOD, "kafka", "group %s: %zu members now", k->options->group, n);
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "group %s: expected no members but topkd's, got %zu that share by %s: set another TOPKD_GROUP",
                     k->options->group, n, assignor);
}

static void check_members(const struct kafka_checked *k) {
    const char *group = k->options->group;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(k->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    char text[256];
    rd_kafka_AdminOptions_set_request_timeout(options, CHECK_ANSWER_MS, text, sizeof text);
    rd_kafka_DescribeConsumerGroups(k->rk, &group, 1, options, queue);
    rd_kafka_event_t *ev = kafka_check_await(queue, RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT);
    if (ev && !rd_kafka_event_error(ev)) {
        size_t n = 0;
        const rd_kafka_ConsumerGroupDescription_t **groups =
            rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(ev), &n);
        if (n == 1 && !rd_kafka_ConsumerGroupDescription_error(groups[0])) tell_members(k, groups[0]);
    }
    if (ev) rd_kafka_event_destroy(ev);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
}

void kafka_check_group(struct kafka_checked *k) {
    const char *topic = NULL;
    for (uint32_t i = 0; i < k->topics_n && !topic; i++)
        if (k->topics[i].is_read && k->topics[i].partitions_n > 0) topic = k->topics[i].name;
    if (!topic) {
        findings_add(k->findings, FINDING_WARNING, "kafka",
                     "group %s: expected a topic to ask about its commits, got none: check again then",
                     k->options->group);
        return;
    }
    if (!check_commits(k)) return;
    check_committing(k, topic);
    check_members(k);
}
