/* unit/source/kafka_given.h - a Kafka in this process (librdkafka's mock cluster) and members that read from it.
 * Reading does not need the group: what is assigned is read at once. Committing does, and the mock takes 3 s for a
 * group's first join. */
#ifndef TOPKD_TESTS_KAFKA_GIVEN_H
#define TOPKD_TESTS_KAFKA_GIVEN_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "source/kafka.h"

enum { KAFKA_GIVEN_MS = 10000, KAFKA_GIVEN_QUEUE_BYTES = 32 << 20 }; /* how long anything may take */

struct given {
    rd_kafka_t *producer; /* hosts the mock cluster too */
    rd_kafka_mock_cluster_t *cluster;
    char brokers[128];
    struct kafka_options options;
    struct metrics *metrics;
    struct kafka_shared *shared;
};

/* Topics "events" (2 partitions) and "rejected" (2). */
void given_kafka(struct given *g);
void given_prop(struct given *g, const char *name, const char *value); /* before given_shared */
void given_shared(struct given *g);
void given_gone(struct given *g);
struct source given_member(struct given *g);

/* Records "<first>".."<first+n-1>" to PARTITION of "events", keys "k<i>", timestamps 1000 + i. Returns when stored. */
void given_records(struct given *g, int partition, int first, int n);

/* N records of BYTES zeros, without keys. */
void given_large_records(struct given *g, int partition, int n, size_t bytes);

/* Polls until an event of TYPE comes; others are passed over. Fails the test after KAFKA_GIVEN_MS. */
void await_event(struct source *s, enum source_event_type type, struct source_event *ev);
/* The next record, one at a time however they come; valid until the next call of either. What came together with it is
 * forgotten by await_event and assign_at. */
const struct source_record *await_record(struct source *s);
/* Polls for MS and counts records, with those that await_record has not given yet. */
int records_within(struct source *s, int ms);
/* Until Kafka is said not to serve us for a reason that has PART in it; until nothing is in the way. */
void await_why(struct given *g, const char *part);
void await_no_why(struct given *g);
const char *events_topic(struct given *g); /* the pointer that events carry */
/* What is known of topic NAME; 0 partitions: it is not read, or not known. */
struct kafka_topic_known known_topic(struct given *g, const char *name);
void assign_at(struct given *g, struct source *s, int partition, int64_t offset);
/* Waits for the group's assignment and takes it over, every partition from offset 0. */
void join_and_assign(struct source *s);

#endif
