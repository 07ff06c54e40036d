/* bench/bare.c - a consumer that does nothing with what it reads: what librdkafka itself costs.
 *
 *   bare BROKERS TOPIC PARTITIONS THREADS poll|batch|zincrby:SOCKET [name=value...]
 *
 * Each thread has its own consumer, as topkd's threads have, and reads its share of the partitions from their beginning
 * to the end that they have now, message by message or in batches. (The library's own end-of-partition comes only with
 * an empty answer, for which the broker waits half a second.) The name=value are librdkafka's settings. One line of
 * logfmt on stdout.
 *
 * With zincrby:SOCKET it reads message by message, and makes one ZINCRBY of each event on the Redis of SOCKET. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "zincrby.h"

enum { THREADS_MAX = 64, PARTITIONS_MAX = 64, POLL_MS = 100, BATCH = 1000, CONNECT_MS = 10000 };

struct job {
    const char *brokers, *topic;
    int partitions, threads;
    bool batches;
    const char *redis; /* socket for ZINCRBY; NULL: nothing is done with what is read */
    char **settings;
};

struct reader {
    const struct job *job;
    int number;
    pthread_t thread;
    int64_t ends[PARTITIONS_MAX];     /* by partition */
    struct zincrby *zincrby;          /* owned; NULL without a Redis */
    uint64_t messages, events, bytes; /* events: only with a Redis */
    double start_s, end_s;            /* from the assignment until the last of its partitions was read */
};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "bare: %s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[200];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) die(name, why);
}

static void set_pair(rd_kafka_conf_t *conf, const char *pair) {
    char name[128];
    const char *equals = strchr(pair, '=');
    if (equals == NULL || (size_t)(equals - pair) >= sizeof name) die(pair, "not name=value");
    memcpy(name, pair, (size_t)(equals - pair));
    name[equals - pair] = '\0';
    set(conf, name, equals + 1);
}

static rd_kafka_t *consumer_open(const struct job *job) {
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", job->brokers);
    set(conf, "group.id", "bare"); /* the library wants one; the partitions are assigned by hand */
    set(conf, "enable.auto.commit", "false");
    for (char **s = job->settings; *s != NULL; s++) set_pair(conf, *s);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (rk == NULL) die("rd_kafka_new", why);
    rd_kafka_poll_set_consumer(rk);
    return rk;
}

/* Also connects: that is over, too, when topkd gets its partitions. Returns how many of its share hold something. */
static int ends_find(rd_kafka_t *rk, struct reader *r) {
    int n = 0;
    for (int p = r->number; p < r->job->partitions; p += r->job->threads) {
        int64_t low;
        rd_kafka_resp_err_t status =
            rd_kafka_query_watermark_offsets(rk, r->job->topic, p, &low, &r->ends[p], CONNECT_MS);
        if (status != RD_KAFKA_RESP_ERR_NO_ERROR) die("watermarks", rd_kafka_err2str(status));
        n += r->ends[p] > low;
    }
    return n;
}

static void assign_share(rd_kafka_t *rk, const struct reader *r) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(r->job->partitions);
    for (int p = r->number; p < r->job->partitions; p += r->job->threads)
        rd_kafka_topic_partition_list_add(list, r->job->topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t status = rd_kafka_assign(rk, list);
    if (status != RD_KAFKA_RESP_ERR_NO_ERROR) die("assign", rd_kafka_err2str(status));
    rd_kafka_topic_partition_list_destroy(list);
}

/* True if it is its partition's last. */
static bool count(struct reader *r, const rd_kafka_message_t *m) {
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) die("poll", rd_kafka_message_errstr(m));
    r->messages++;
    r->bytes += m->len;
    if (r->zincrby != NULL) r->events += zincrby_message(r->zincrby, m->payload, m->len);
    return m->offset + 1 == r->ends[m->partition];
}

/* Until OPEN partitions have ended. */
static void read_by_poll(rd_kafka_t *rk, struct reader *r, int open) {
    while (open > 0) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, POLL_MS);
        if (m == NULL) continue;
        if (count(r, m)) open--;
        rd_kafka_message_destroy(m);
    }
}

static void read_by_batch(rd_kafka_t *rk, struct reader *r, int open) {
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    rd_kafka_message_t *m[BATCH];
    while (open > 0) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, POLL_MS, m, BATCH);
        if (n < 0) die("batch", rd_kafka_err2str(rd_kafka_last_error()));
        for (ssize_t i = 0; i < n; i++) {
            if (count(r, m[i])) open--;
            rd_kafka_message_destroy(m[i]);
        }
    }
    rd_kafka_queue_destroy(queue);
}

static void *read_share(void *self) {
    struct reader *r = self;
    rd_kafka_t *rk = consumer_open(r->job);
    int open = ends_find(rk, r);
    r->start_s = now_s();
    assign_share(rk, r);
    if (r->job->redis != NULL) r->zincrby = zincrby_open(r->job->redis);
    (r->job->batches ? read_by_batch : read_by_poll)(rk, r, open);
    if (r->zincrby != NULL) zincrby_close(r->zincrby);
    r->end_s = now_s();
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return NULL;
}

static double cpu_s(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void run(const struct job *job) {
    struct reader readers[THREADS_MAX] = {0};
    uint64_t messages = 0, events = 0, bytes = 0;
    double start_s = 0, end_s = 0;
    for (int i = 0; i < job->threads; i++) {
        readers[i].job = job;
        readers[i].number = i;
        if (pthread_create(&readers[i].thread, NULL, read_share, &readers[i]) != 0) die("thread", "cannot start");
    }
    for (int i = 0; i < job->threads; i++) {
        pthread_join(readers[i].thread, NULL);
        messages += readers[i].messages;
        events += readers[i].events;
        bytes += readers[i].bytes;
        if (i == 0 || readers[i].start_s < start_s) start_s = readers[i].start_s;
        if (readers[i].end_s > end_s) end_s = readers[i].end_s;
    }
    printf("messages=%llu events=%llu bytes=%llu seconds=%.3f messages_per_s=%.0f cpu_s=%.3f\n",
           (unsigned long long)messages, (unsigned long long)events, (unsigned long long)bytes, end_s - start_s,
           (double)messages / (end_s - start_s), cpu_s());
}

int main(int argc, char **argv) {
    if (argc < 6) die("usage", "bare BROKERS TOPIC PARTITIONS THREADS poll|batch|zincrby:SOCKET [name=value...]");
    struct job job = {.brokers = argv[1],
                      .topic = argv[2],
                      .partitions = atoi(argv[3]),
                      .threads = atoi(argv[4]),
                      .batches = strcmp(argv[5], "batch") == 0,
                      .redis = strncmp(argv[5], "zincrby:", 8) == 0 ? argv[5] + 8 : NULL,
                      .settings = argv + 6};
    if (job.partitions < 1 || job.partitions > PARTITIONS_MAX || job.threads < 1 || job.threads > THREADS_MAX)
        die("usage", "a number is out of range");
    run(&job);
    return 0;
}
