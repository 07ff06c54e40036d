/* source/kafka_check_group.c - may this user use the group, and does another program use it?
 * Read on the group: an offset is committed for a partition that does not exist. A broker looks at the group's right
 * first, then at the partition, and stores nothing. (A cluster that never had a group makes the internal topic of
 * offsets when it is asked for one; every consumer does that.) */
#include <assert.h>
#include <string.h>

#include "source/kafka_check_internal.h"

enum {
    ASK_MS = 1000, /* of CHECK_ANSWER_MS, so that a refusal that comes beside the answer is seen in between */
    NO_SUCH_PARTITION = 2000000000 /* above what any topic has, and below 2^31 */
};

/* -- the right ----------------------------------------------------------------------------------- */

static rd_kafka_resp_err_t group_commit_nothing(const struct kafka_checked *k, const char *topic) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(k->rk);
    rd_kafka_topic_partition_list_add(list, topic, NO_SUCH_PARTITION)->offset = 0;
    rd_kafka_resp_err_t err = rd_kafka_commit_queue(k->rk, list, queue, NULL, NULL);
    rd_kafka_event_t *ev = err ? NULL : kafka_check_await(queue, RD_KAFKA_EVENT_OFFSET_COMMIT);
    if (ev != NULL)
        err = rd_kafka_event_error(ev);
    else if (!err)
        err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (ev != NULL) rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

static void tell_group_refused(const struct kafka_checked *k, rd_kafka_resp_err_t err) {
    if (err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "group %s: expected the right to use it, got \"%s\": %s, or set another", k->options->group,
                     rd_kafka_err2str(err), kafka_remedy_of(err));
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "group %s: expected an answer of its coordinator, got \"%s\": look at the brokers' logs, the "
                     "internal topic __consumer_offsets must be whole",
                     k->options->group, rd_kafka_err2str(err));
}

/* A cluster's first group waits until its coordinator is there. */
static bool error_is_passing(rd_kafka_resp_err_t err) {
    return err == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || err == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS || err == RD_KAFKA_RESP_ERR__WAIT_COORD ||
           err == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

static rd_kafka_resp_err_t commits_ask_once(struct kafka_checked *k, rd_kafka_topic_partition_list_t *list) {
    rd_kafka_resp_err_t err = rd_kafka_committed(k->rk, list, ASK_MS);
    for (int i = 0; i < list->cnt && !err; i++) err = list->elems[i].err;
    if (!error_is_passing(err)) return err;
    rd_kafka_message_t *m = kafka_check_poll(k);
    if (m != NULL) rd_kafka_message_destroy(m);
    return k->group_is_refused ? RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED : err;
}

static rd_kafka_resp_err_t commits_ask(struct kafka_checked *k, rd_kafka_topic_partition_list_t *list) {
    int64_t until = kafka_check_now_ms() + CHECK_ANSWER_MS;
    rd_kafka_resp_err_t err;
    do {
        err = commits_ask_once(k, list);
    } while (error_is_passing(err) && kafka_check_now_ms() < until);
    return err;
}

/* How far the group is; with it the right to see the group. */
static bool commits_check(struct kafka_checked *k) {
    rd_kafka_topic_partition_list_t *list = kafka_check_partitions(k, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t err = commits_ask(k, list);
    int committed_n = 0;
    for (int i = 0; i < list->cnt; i++) committed_n += list->elems[i].offset >= 0;
    if (err)
        tell_group_refused(k, err);
    else
        findings_add(k->findings, FINDING_GOOD, "kafka", "group %s: commits for %d of %d partitions", k->options->group,
                     committed_n, list->cnt);
    rd_kafka_topic_partition_list_destroy(list);
    return !err;
}

static void committing_check(const struct kafka_checked *k, const char *topic) {
    rd_kafka_resp_err_t err = group_commit_nothing(k, topic);
    if (err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR__TIMED_OUT)
        tell_group_refused(k, err);
    else
        findings_add(k->findings, FINDING_GOOD, "kafka", "group %s: this user may join it and commit",
                     k->options->group);
}

/* -- its members --------------------------------------------------------------------------------- */

/* Another program's members would not agree with ours on how to share, and the group would never come together. */
static void tell_members(const struct kafka_checked *k, const rd_kafka_ConsumerGroupDescription_t *g) {
    const char *assignor = rd_kafka_ConsumerGroupDescription_partition_assignor(g);
    size_t n = rd_kafka_ConsumerGroupDescription_member_count(g);
    bool ours = n == 0 || assignor == NULL || *assignor == '\0' || strcmp(assignor, "range") == 0 ||
                strcmp(assignor, "roundrobin") == 0;
    if (ours)
        findings_add(k->findings, FINDING_GOOD, "kafka", "group %s: %zu members now", k->options->group, n);
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "group %s: expected no members but topkd's, got %zu that share by %s: set another TOPKD_GROUP",
                     k->options->group, n, assignor);
}

static void members_check(const struct kafka_checked *k) {
    const char *group = k->options->group;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(k->rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    char text[256];
    rd_kafka_AdminOptions_set_request_timeout(options, CHECK_ANSWER_MS, text, sizeof text);
    rd_kafka_DescribeConsumerGroups(k->rk, &group, 1, options, queue);
    rd_kafka_event_t *ev = kafka_check_await(queue, RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT);
    if (ev != NULL && !rd_kafka_event_error(ev)) {
        size_t n = 0;
        const rd_kafka_ConsumerGroupDescription_t **groups =
            rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(ev), &n);
        if (n == 1 && !rd_kafka_ConsumerGroupDescription_error(groups[0])) tell_members(k, groups[0]);
    }
    if (ev != NULL) rd_kafka_event_destroy(ev);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
}

void kafka_check_group(struct kafka_checked *k) {
    const char *topic = NULL;
    assert(k->rk != NULL);
    for (uint32_t i = 0; i < k->topics_n && topic == NULL; i++)
        if (k->topics[i].is_read && k->topics[i].partitions_n > 0) topic = k->topics[i].name;
    if (topic == NULL) {
        findings_add(k->findings, FINDING_WARNING, "kafka",
                     "group %s: expected a topic to ask about its commits, got none: check again then",
                     k->options->group);
        return;
    }
    if (!commits_check(k)) return;
    committing_check(k, topic);
    members_check(k);
}
