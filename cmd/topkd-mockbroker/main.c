/* topkd-mockbroker/main.c - librdkafka's mock cluster as a small Kafka, for a demo without Java.
 * It is a process of its own, so that a worker that dies does not take the log with it. It prints `bootstrap=HOST:PORT`
 * when it accepts connections. It ends when its standard input closes (its parent is gone), or at SIGTERM or SIGINT.
 *
 * What the mock cannot do, so that nobody looks for the cause elsewhere:
 * - A partition keeps its newest 5 MiB and drops the rest without a word. Nothing is on disk.
 * - There are no transactions, no look-up of offsets by time, and no new partitions. Lag tools cannot see its groups.
 * - A join or leave takes the members' session timeout less a second.
 * - Below librdkafka 2.6 a group's first join takes 3 s. A member with a shorter session timeout is thrown out again
 *   meanwhile, for ever. So set `session.timeout.ms` to 3500 or more, and `heartbeat.interval.ms` well below it. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/base.h"

enum { EXIT_USAGE = 2, BROKERS_MAX = 16, PARTITIONS_MAX = 1024, TOPICS_MAX = 64, TOPIC_NAME_MAX = 249 };

#if RD_KAFKA_VERSION >= 0x020600ff
/* Long enough that members that start together become one generation. */
enum { FIRST_JOIN_MS = 500 };
#endif

struct topic {
    const char *name; /* cut out of argv */
    int partitions_n;
};

struct options {
    struct topic topics[TOPICS_MAX];
    int topics_n;
    int brokers_n;
};

static volatile sig_atomic_t stopping;

static void on_signal(int signo) {
    (void)signo;
    stopping = 1;
}

static int usage_print(FILE *to, int status) {
    fputs("usage: topkd-mockbroker --topic NAME:PARTITIONS ... [--brokers N]\n"
          "An in-memory Kafka for demos and tests. Prints bootstrap=HOST:PORT; ends when standard input closes.\n",
          to);
    return status;
}

/* A decimal number from 1 to MAX, or -1. */
static int count_parse(const char *text, int max) {
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    return errno != 0 || end == text || *end != '\0' || n < 1 || n > max ? -1 : (int)n;
}

static bool topic_add(struct options *o, char *spec) {
    char *colon = strrchr(spec, ':');
    if (colon == NULL || colon == spec || colon - spec > TOPIC_NAME_MAX || o->topics_n == TOPICS_MAX) return false;
    int partitions_n = count_parse(colon + 1, PARTITIONS_MAX);
    if (partitions_n < 0) return false;
    *colon = '\0';
    o->topics[o->topics_n++] = (struct topic){.name = spec, .partitions_n = partitions_n};
    return true;
}

/* 0: go on. Else the exit status plus one, so that --help can end with 0. */
static int options_parse(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"topic", required_argument, NULL, 't'},
        {"brokers", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        if (c == 'h') return usage_print(stdout, EXIT_SUCCESS) + 1;
        if (c == 't' && topic_add(o, optarg)) continue;
        if (c == 'b' && (o->brokers_n = count_parse(optarg, BROKERS_MAX)) > 0) continue;
        return usage_print(stderr, EXIT_USAGE) + 1;
    }
    return optind < argc || o->topics_n == 0 ? usage_print(stderr, EXIT_USAGE) + 1 : 0;
}

static void signals_catch(void) {
    struct sigaction stop = {.sa_handler = on_signal};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Reads standard input to its end. A signal between the test and the wait is noticed at the next look. */
static void end_await(void) {
    enum { LOOK_MS = 200 };
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char ignored[256];
    while (!stopping)
        if (poll(&in, 1, LOOK_MS) > 0 && read(STDIN_FILENO, ignored, sizeof ignored) <= 0 && errno != EINTR) break;
}

static bool topics_create(rd_kafka_mock_cluster_t *cluster, const struct options *o) {
    for (int i = 0; i < o->topics_n; i++) {
        const struct topic *t = &o->topics[i];
        rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(cluster, t->name, t->partitions_n, 1);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        fprintf(stderr, "topkd-mockbroker: topic %s: %s\n", t->name, rd_kafka_err2str(err));
        return false;
    }
    return true;
}

static int cluster_serve(rd_kafka_t *rk, const struct options *o) {
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, o->brokers_n);
    if (cluster == NULL) {
        fputs("topkd-mockbroker: the mock cluster does not start: check for free ports on 127.0.0.1\n", stderr);
        return EXIT_FAILURE;
    }
#if RD_KAFKA_VERSION >= 0x020600ff
    rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, FIRST_JOIN_MS);
#endif
    bool ok = topics_create(cluster, o);
    if (ok) {
        printf("bootstrap=%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
        fflush(stdout);
        end_await();
    }
    rd_kafka_mock_cluster_destroy(cluster);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
    struct options o = {.brokers_n = 1};
    int over = options_parse(argc, argv, &o);
    if (over != 0) return over - 1;
    signals_catch();
    /* The cluster lives in a client instance, which itself talks to nobody. */
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];
    rd_kafka_conf_set(conf, "log_level", "3", NULL, 0); /* else it warns that it has nobody to talk to */
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        fprintf(stderr, "topkd-mockbroker: librdkafka does not start: %s\n", text);
        return EXIT_FAILURE;
    }
    int status = cluster_serve(rk, &o);
    rd_kafka_destroy(rk);
    return status;
}
