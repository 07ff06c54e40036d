/* source/kafka_conf.c - settings of all handles: ours first, then what the user passes through.
 *
 * What a member may hold in memory: librdkafka counts only payload bytes against queued.max.messages.kbytes, but every
 * queued message also costs an operation of about 350 bytes, and a fetch that was under way when the limit was reached
 * still arrives, and grows when it is unpacked. So the budget is divided: half for operations, three eighths for
 * payload, an eighth for that fetch, which may ask for half of it.
 *
 * Sizes tried with librdkafka 2.0.2 alone and the queue of one of two members at 1 GB (58 MB of payload, 230 000
 * messages, fetches of 1 MB a partition and 10 MB in all). CPU s per million messages of 92 bytes / 9 KB, and peak RSS
 * of both, medians of 3:
 *     as it is                    .245 / 3.3   56 / 34 MB
 *     256 KB a partition          .247 / 3.1   26 / 21 MB
 *     4 MB a partition            .264 / 3.6  111 / 82 MB
 *     fetches of 50 MB            .241 / 3.0
 *     a queue four times as large .242 / 3.0
 * So sizes hardly matter for what it costs, up to 1 MB a partition. That is kept for brokers that are far away: one
 * fetch is under way at a time. */
#include "source/kafka_conf.h"

#include <assert.h>
#include <stdio.h>

#include "source/kafka_library.h"
#include "source/kafka_properties.h"

enum {
    MESSAGE_OVERHEAD_BYTES = 350, /* an operation of 2.0.2 with its allocation, rounded up */
    QUEUED_MESSAGES_MAX = 2000000,
    QUEUED_MESSAGES_MIN = 1000,
    QUEUED_KBYTES_MIN = 1024,
    QUEUED_KBYTES_MAX = 2097151, /* librdkafka's own */
    FETCH_BYTES_MIN = 1 << 20,   /* not below message.max.bytes, which librdkafka insists on */
    FETCH_BYTES_MAX = 50 << 20,
    DEAD_LETTER_QUEUE_MESSAGES = 100000,
    DEAD_LETTER_QUEUE_KBYTES = 64 * 1024,
    DEAD_LETTER_BYTES_MAX = 64 << 20,
    /* A dead-letter topic that does not exist is waited for (and logged) as long as librdkafka can, not given up after
     * its 30 s. It allows an hour, but multiplies by 1000 in an int. */
    DEAD_LETTER_TOPIC_WAIT_MS = 2000000
};

struct setting {
    const char *name, *value;
    const char *env; /* where a user would change it; NULL: ours */
};

static int settings_set(rd_kafka_conf_t *conf, const struct setting *settings, size_t n, struct err *e) {
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++)
        status = kafka_property_set(conf, settings[i].name, settings[i].value, settings[i].env, e);
    return status;
}

static uint64_t clamp(uint64_t v, uint64_t low, uint64_t high) { return v < low ? low : v > high ? high : v; }

/* See the top of this file. */
static int queue_bounds_set(rd_kafka_conf_t *conf, uint64_t queue_bytes, struct err *e) {
    uint64_t fetch = clamp(queue_bytes / 16, FETCH_BYTES_MIN, FETCH_BYTES_MAX);
    uint64_t kbytes = clamp(queue_bytes / 8 * 3 / 1024, QUEUED_KBYTES_MIN, QUEUED_KBYTES_MAX);
    uint64_t messages = clamp(queue_bytes / 2 / MESSAGE_OVERHEAD_BYTES, QUEUED_MESSAGES_MIN, QUEUED_MESSAGES_MAX);
    int status = kafka_property_set_number(conf, "fetch.max.bytes", fetch, e);
    if (status == 0) status = kafka_property_set_number(conf, "queued.max.messages.kbytes", kbytes, e);
    if (status == 0) status = kafka_property_set_number(conf, "queued.min.messages", messages, e);
    return status;
}

static int consumer_fill(rd_kafka_conf_t *conf, const struct kafka_options *o, uint64_t queue_bytes, struct err *e) {
    const struct setting ours[] = {
        {"bootstrap.servers", o->brokers, "TOPKD_BROKERS"},
        {"group.id", o->group, "TOPKD_GROUP"},
        {"client.id", "topkd", NULL},
        {"enable.auto.commit", "false", NULL},
        {"enable.auto.offset.store", "false", NULL},
        {"auto.offset.reset", "error", NULL}, /* we decide, aloud */
        {"enable.partition.eof", "true", NULL},
        {"allow.auto.create.topics", "false", NULL},
        {"partition.assignment.strategy", "range,roundrobin", NULL},
        {"isolation.level", "read_committed", NULL},
        {"check.crcs", "true", NULL},                          /* a broken batch is an error, not garbage that counts */
        {"topic.metadata.refresh.interval.ms", "10000", NULL}, /* added partitions are found soon */
        {"fetch.message.max.bytes", "1048576", NULL},
        {"fetch.wait.max.ms", "100", NULL},
        {"session.timeout.ms", "10000", NULL}, /* a dead worker's lists stand still so long; librdkafka's own is 45 s */
    };
    int status = settings_set(conf, ours, ARRAY_LEN(ours), e);
    if (status == 0) status = queue_bounds_set(conf, queue_bytes, e);
    /* Without it a full queue stops fetching for up to a second: the queue is as large as memory allows. */
    if (status == 0 && kafka_library_has_queue_backoff())
        status = kafka_property_set(conf, "fetch.queue.backoff.ms", "50", NULL, e);
    if (status == 0) status = kafka_properties_pass(conf, o, KAFKA_CONSUMER, e);
    return status;
}

static int watcher_fill(rd_kafka_conf_t *conf, const struct kafka_options *o, struct err *e) {
    const struct setting ours[] = {
        {"bootstrap.servers", o->brokers, "TOPKD_BROKERS"},
        {"client.id", "topkd", NULL},
        {"allow.auto.create.topics", "false", NULL},   /* a typo must not make a topic */
        {"isolation.level", "read_uncommitted", NULL}, /* its watermark queries are to say what Kafka's tools say */
    };
    int status = settings_set(conf, ours, ARRAY_LEN(ours), e);
    if (status == 0) status = kafka_properties_pass(conf, o, KAFKA_WATCHER, e);
    return status;
}

static int producer_fill(rd_kafka_conf_t *conf, const struct kafka_options *o, struct err *e) {
    const struct setting ours[] = {
        {"bootstrap.servers", o->brokers, "TOPKD_BROKERS"},
        {"client.id", "topkd", NULL},
        {"allow.auto.create.topics", "false", NULL}, /* a typo must not make a topic */
        {"enable.idempotence", "false", NULL},       /* see kafka_dead_letter.c */
        {"linger.ms", "5", NULL},
        {"message.timeout.ms", "0", NULL}, /* for ever: a commit waits for its dead letters */
    };
    int status = settings_set(conf, ours, ARRAY_LEN(ours), e);
    if (status == 0) status = kafka_property_set_number(conf, "message.max.bytes", DEAD_LETTER_BYTES_MAX, e);
    if (status == 0)
        status = kafka_property_set_number(conf, "queue.buffering.max.messages", DEAD_LETTER_QUEUE_MESSAGES, e);
    if (status == 0)
        status = kafka_property_set_number(conf, "queue.buffering.max.kbytes", DEAD_LETTER_QUEUE_KBYTES, e);
    if (status == 0)
        status = kafka_property_set_number(conf, "topic.metadata.propagation.max.ms", DEAD_LETTER_TOPIC_WAIT_MS, e);
    if (status == 0) status = kafka_properties_pass(conf, o, KAFKA_PRODUCER, e);
    return status;
}

/* Behind what the user set: a batch of two may be too large again. */
static int singles_fill(rd_kafka_conf_t *conf, const struct kafka_options *o, struct err *e) {
    int status = producer_fill(conf, o, e);
    if (status == 0) status = kafka_property_set(conf, "linger.ms", "0", NULL, e);
    if (status == 0) status = kafka_property_set(conf, "batch.num.messages", "1", NULL, e);
    return status;
}

/* Static membership: one name for a process, so its members need a suffix, or they would fence each other. */
static int instance_number(rd_kafka_conf_t *conf, unsigned member, struct err *e) {
    char name[200], numbered[220];
    size_t size = sizeof name;
    if (rd_kafka_conf_get(conf, "group.instance.id", name, &size) != RD_KAFKA_CONF_OK || name[0] == '\0') return 0;
    snprintf(numbered, sizeof numbered, "%s-%u", name, member);
    return kafka_property_set(conf, "group.instance.id", numbered, "TOPKD_RDKAFKA_GROUP_INSTANCE_ID", e);
}

static rd_kafka_conf_t *conf_create(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, kafka_library_log);
    return conf;
}

static int conf_hand_out(int status, rd_kafka_conf_t *conf, rd_kafka_conf_t **out) {
    if (status == 0)
        *out = conf;
    else
        rd_kafka_conf_destroy(conf);
    return status;
}

int kafka_conf_consumer(const struct kafka_options *o, uint64_t queue_bytes, unsigned member, rd_kafka_conf_t **out,
                        struct err *e) {
    assert(o->brokers != NULL && o->group != NULL);
    rd_kafka_conf_t *conf = conf_create();
    int status = consumer_fill(conf, o, queue_bytes, e);
    if (status == 0 && o->members_n > 1) status = instance_number(conf, member, e);
    return conf_hand_out(status, conf, out);
}

int kafka_conf_watcher(const struct kafka_options *o, rd_kafka_conf_t **out, struct err *e) {
    assert(o->brokers != NULL);
    rd_kafka_conf_t *conf = conf_create();
    return conf_hand_out(watcher_fill(conf, o, e), conf, out);
}

int kafka_conf_producer(const struct kafka_options *o, bool singles, rd_kafka_conf_t **out, struct err *e) {
    assert(o->brokers != NULL);
    rd_kafka_conf_t *conf = conf_create();
    return conf_hand_out(singles ? singles_fill(conf, o, e) : producer_fill(conf, o, e), conf, out);
}
