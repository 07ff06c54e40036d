/* source/kafka_conf.c - settings of all handles: ours first, then what the user passed through, and the library's
 * logs.
 *
 * What a member may hold in memory: librdkafka counts only payload bytes against queued.max.messages.kbytes, but every
 * queued message also costs an operation of about 350 bytes, and a fetch that was under way when the limit was reached
 * still arrives, and grows when it is unpacked. So the budget is divided: half for operations, three eighths for
 * payload, an eighth for that fetch, which may ask for half of it.
 *
 * Sizes tried with librdkafka 2.0.2 alone and the queue of one of two members at 1 GB (58 MB of payload, 230 000
 * messages, fetches of 1 MB a partition and 10 MB in all); CPU s per million messages of 92 bytes / 9 KB and peak RSS,
 * medians of 3: as it is .245 / 3.3, 56 / 34 MB; 256 KB a partition .247 / 3.1, 26 / 21 MB; 4 MB a partition .264
 * / 3.6, 111 / 82 MB; fetches of 50 MB .241 / 3.0; a queue four times as large .242 / 3.0. So sizes hardly matter for
 * what it costs, up to 1 MB a partition, which is kept for brokers that are far away: one fetch is under way at a time.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "source/kafka_internal.h"

enum {
    MESSAGE_OVERHEAD_BYTES = 350, /* an operation of 2.0.2 with its allocation, rounded up */
    QUEUED_MESSAGES_MAX = 2000000,
    QUEUED_MESSAGES_MIN = 1000,
    QUEUED_KBYTES_MIN = 1024,
    QUEUED_KBYTES_MAX = 2097151, /* librdkafka's own */
    FETCH_BYTES_MIN = 1 << 20,   /* not below message.max.bytes, which librdkafka insists on */
    FETCH_BYTES_MAX = 50 << 20,
    VERSION_WITH_QUEUE_BACKOFF = 0x020200ff,
    /* Before, the client's nonce is sent twice; Kafka 3.8.1 to 3.9 let that pass, 4.0 does not (librdkafka 4895). */
    VERSION_WITH_SOUND_SCRAM = 0x020601ff,
    LETTER_QUEUE_MESSAGES = 100000,
    LETTER_QUEUE_KBYTES = 64 * 1024,
    LETTER_BYTES_MAX = 64 << 20,
    /* A dead-letter topic that does not exist is waited for (and logged) as long as librdkafka can, not given up after
     * its 30 s. It allows an hour, but multiplies by 1000 in an int. */
    LETTER_TOPIC_WAIT_MS = 2000000
};

enum prop_user { CONSUMER, PRODUCER, BOTH, WATCHER }; /* WATCHER: gets what BOTH get */

/* Who gets a passed-through property; the first row that fits decides. A name that ends in '.' is a prefix. */
static const struct {
    const char *name;
    enum prop_user user;
} prop_users[] = {
    {"acks", PRODUCER},
    {"batch.", PRODUCER},
    {"compression.", PRODUCER},
    {"delivery.", PRODUCER},
    {"enable.idempotence", PRODUCER},
    {"linger.", PRODUCER},
    {"message.send.", PRODUCER},
    {"message.timeout.ms", PRODUCER},
    {"partitioner", PRODUCER},
    {"queue.buffering.", PRODUCER},
    {"retries", PRODUCER},
    {"sticky.", PRODUCER},
    {"api.", BOTH},
    {"broker.", BOTH},
    {"client.", BOTH},
    {"connections.", BOTH},
    {"debug", BOTH},
    {"enable.sasl.", BOTH},
    {"enable.ssl.", BOTH},
    {"log.", BOTH},
    {"message.", BOTH},
    {"metadata.", BOTH},
    {"reconnect.", BOTH},
    {"resolve.", BOTH},
    {"retry.", BOTH},
    {"sasl.", BOTH},
    {"security.", BOTH},
    {"socket.", BOTH},
    {"ssl.", BOTH},
};

static enum prop_user prop_user(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(prop_users); i++) {
        const char *row = prop_users[i].name;
        size_t n = strlen(row);
        if (strncmp(name, row, n) == 0 && (row[n - 1] == '.' || name[n] == '\0')) return prop_users[i].user;
    }
    return CONSUMER;
}

/* "fetch.wait.max.ms" -> "TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS" */
static void prop_env_name(const char *name, char *out, size_t size) {
    int prefix = snprintf(out, size, "TOPKD_RDKAFKA_%s", name);
    for (int i = 0; i < prefix && (size_t)i < size - 1; i++)
        out[i] = out[i] == '.' ? '_' : (char)toupper((unsigned char)out[i]);
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *env, struct err *e) {
    char text[200];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK) return 0;
    return err_set(e, ERR_INVALID, "%s: %s", env, text);
}

struct setting {
    const char *name, *value;
    const char *env; /* where a user would change it; NULL: ours */
};

static int set_all(rd_kafka_conf_t *conf, const struct setting *s, size_t n, struct err *e) {
    for (size_t i = 0; i < n; i++)
        if (set(conf, s[i].name, s[i].value, s[i].env ? s[i].env : s[i].name, e) != 0) return ERR_INVALID;
    return 0;
}

static int set_number(rd_kafka_conf_t *conf, const char *name, uint64_t v, struct err *e) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return set(conf, name, text, name, e);
}

static int pass_through(rd_kafka_conf_t *conf, const struct kafka_options *o, enum prop_user who, struct err *e) {
    for (uint32_t i = 0; i < o->properties_n; i++) {
        const struct kafka_property *p = &o->properties[i];
        enum prop_user user = prop_user(p->name);
        if (user != BOTH && user != who) continue;
        char env[128];
        prop_env_name(p->name, env, sizeof env);
        if (set(conf, p->name, p->value, env, e) != 0) return ERR_INVALID;
    }
    return 0;
}

static uint64_t clamp(uint64_t v, uint64_t low, uint64_t high) { return v < low ? low : v > high ? high : v; }

/* See the top of this file. */
static int set_queue_bounds(rd_kafka_conf_t *conf, uint64_t queue_bytes, struct err *e) {
    uint64_t fetch = clamp(queue_bytes / 16, FETCH_BYTES_MIN, FETCH_BYTES_MAX);
    uint64_t kbytes = clamp(queue_bytes / 8 * 3 / 1024, QUEUED_KBYTES_MIN, QUEUED_KBYTES_MAX);
    uint64_t messages = clamp(queue_bytes / 2 / MESSAGE_OVERHEAD_BYTES, QUEUED_MESSAGES_MIN, QUEUED_MESSAGES_MAX);
    int rc = set_number(conf, "fetch.max.bytes", fetch, e);
    if (rc == 0) rc = set_number(conf, "queued.max.messages.kbytes", kbytes, e);
    return rc != 0 ? rc : set_number(conf, "queued.min.messages", messages, e);
}

/* librdkafka calls it an error when a connection breaks, which it mends by itself. */
static enum log_level level_of(int syslog_level) {
    return syslog_level <= 2 ? LOG_ERROR : syslog_level <= 4 ? LOG_WARN : syslog_level <= 6 ? LOG_INFO : LOG_DEBUG;
}

/* The shared handle asks for watermarks as Kafka's tools do; librdkafka would mention that on every start. */
static bool is_expected(const char *facility, const char *text) {
    return strcmp(facility, "CONFWARN") == 0 && strstr(text, "isolation.level") != NULL;
}

/* Each handle says so of each broker, again and again; what it means is told once by kafka_why.c. A producer that is
 * refused forgets the partitions of its topic, and learns them again, each time. */
static bool is_told_elsewhere(const rd_kafka_t *rk, const char *facility) {
    if (strcmp(facility, "PARTCNT") == 0) return rk && rd_kafka_type(rk) == RD_KAFKA_PRODUCER;
    return strcmp(facility, "FAIL") == 0 || strcmp(facility, "REQTMOUT") == 0;
}

static void log_library(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    if (is_expected(facility, text)) return;
    log_event(is_told_elsewhere(rk, facility) ? LOG_DEBUG : level_of(level), "rdkafka_log",
              "client=%s facility=%s text=%s", rk ? rd_kafka_name(rk) : "none", log_quote(facility), log_quote(text));
}

static int fill_consumer(rd_kafka_conf_t *conf, const struct kafka_options *o, uint64_t queue_bytes, struct err *e) {
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
    int rc = set_all(conf, ours, ARRAY_LEN(ours), e);
    if (rc == 0) rc = set_queue_bounds(conf, queue_bytes, e);
    /* Below 2.2.0 a full queue stops fetching for up to a second, which is why the queue is as large as memory allows.
     */
    if (rc == 0 && rd_kafka_version() >= VERSION_WITH_QUEUE_BACKOFF)
        rc = set(conf, "fetch.queue.backoff.ms", "50", "fetch.queue.backoff.ms", e);
    return rc != 0 ? rc : pass_through(conf, o, CONSUMER, e);
}

static int fill_watcher(rd_kafka_conf_t *conf, const struct kafka_options *o, struct err *e) {
    const struct setting ours[] = {
        {"bootstrap.servers", o->brokers, "TOPKD_BROKERS"},
        {"client.id", "topkd", NULL},
        {"allow.auto.create.topics", "false", NULL},   /* a typo must not make a topic */
        {"isolation.level", "read_uncommitted", NULL}, /* its watermark queries are to say what Kafka's tools say */
    };
    int rc = set_all(conf, ours, ARRAY_LEN(ours), e);
    return rc != 0 ? rc : pass_through(conf, o, WATCHER, e);
}

static int fill_producer(rd_kafka_conf_t *conf, const struct kafka_options *o, struct err *e) {
    const struct setting ours[] = {
        {"bootstrap.servers", o->brokers, "TOPKD_BROKERS"},
        {"client.id", "topkd", NULL},
        {"allow.auto.create.topics", "false", NULL}, /* a typo must not make a topic */
        {"enable.idempotence", "false", NULL},       /* see kafka_dead_letter.c */
        {"linger.ms", "5", NULL},
        {"message.timeout.ms", "0", NULL}, /* for ever: a commit waits for its dead letters */
    };
    int rc = set_all(conf, ours, ARRAY_LEN(ours), e);
    if (rc == 0) rc = set_number(conf, "message.max.bytes", LETTER_BYTES_MAX, e);
    if (rc == 0) rc = set_number(conf, "queue.buffering.max.messages", LETTER_QUEUE_MESSAGES, e);
    if (rc == 0) rc = set_number(conf, "queue.buffering.max.kbytes", LETTER_QUEUE_KBYTES, e);
    if (rc == 0) rc = set_number(conf, "topic.metadata.propagation.max.ms", LETTER_TOPIC_WAIT_MS, e);
    return rc != 0 ? rc : pass_through(conf, o, PRODUCER, e);
}

/* Behind what the user set: a batch of two may be too large again. */
static int fill_singles(rd_kafka_conf_t *conf, const struct kafka_options *o, struct err *e) {
    int rc = fill_producer(conf, o, e);
    if (rc == 0) rc = set(conf, "linger.ms", "0", "linger.ms", e);
    return rc != 0 ? rc : set(conf, "batch.num.messages", "1", "batch.num.messages", e);
}

/* Static membership: one name for a process, so its members need a suffix, or they would fence each other. */
static int number_instance(rd_kafka_conf_t *conf, unsigned member, struct err *e) {
    char name[200], numbered[220];
    size_t size = sizeof name;
    if (rd_kafka_conf_get(conf, "group.instance.id", name, &size) != RD_KAFKA_CONF_OK || name[0] == '\0') return 0;
    snprintf(numbered, sizeof numbered, "%s-%u", name, member);
    return set(conf, "group.instance.id", numbered, "TOPKD_RDKAFKA_GROUP_INSTANCE_ID", e);
}

static rd_kafka_conf_t *new_conf(void) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, log_library);
    return conf;
}

static int finish(int rc, rd_kafka_conf_t *conf, rd_kafka_conf_t **out) {
    if (rc == 0)
        *out = conf;
    else
        rd_kafka_conf_destroy(conf);
    return rc;
}

int kafka_conf_consumer(const struct kafka_options *o, uint64_t queue_bytes, unsigned member, rd_kafka_conf_t **out,
                        struct err *e) {
    rd_kafka_conf_t *conf = new_conf();
    int rc = fill_consumer(conf, o, queue_bytes, e);
    if (rc == 0 && o->members_n > 1) rc = number_instance(conf, member, e);
    return finish(rc, conf, out);
}

int kafka_conf_watcher(const struct kafka_options *o, rd_kafka_conf_t **out, struct err *e) {
    rd_kafka_conf_t *conf = new_conf();
    return finish(fill_watcher(conf, o, e), conf, out);
}

int kafka_conf_producer(const struct kafka_options *o, bool singles, rd_kafka_conf_t **out, struct err *e) {
    rd_kafka_conf_t *conf = new_conf();
    return finish(singles ? fill_singles(conf, o, e) : fill_producer(conf, o, e), conf, out);
}

bool kafka_scram_is_too_old(int version, const char *mechanism) {
    return strncasecmp(mechanism, "SCRAM-", 6) == 0 && version < VERSION_WITH_SOUND_SCRAM;
}

bool kafka_conf_scram_is_too_old(const rd_kafka_conf_t *conf) {
    char mechanism[64] = "", protocol[32] = "";
    size_t size = sizeof mechanism, protocol_size = sizeof protocol;
    (void)!rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism, &size);
    (void)!rd_kafka_conf_get(conf, "security.protocol", protocol, &protocol_size);
    return strncasecmp(protocol, "sasl_", 5) == 0 && kafka_scram_is_too_old(rd_kafka_version(), mechanism);
}

bool kafka_conf_warn_of_scram(const rd_kafka_conf_t *conf) {
    if (!kafka_conf_scram_is_too_old(conf)) return false;
    log_event(LOG_WARN, "scram_too_old", "librdkafka=%s text=%s remedy=%s", rd_kafka_version_str(),
              log_quote("below 2.6.1 it sends a nonce that brokers of Kafka 4 refuse"),
              log_quote("use librdkafka 2.6.1 or newer, or another mechanism"));
    return true;
}

const char *kafka_library_version(void) { return rd_kafka_version_str(); }
