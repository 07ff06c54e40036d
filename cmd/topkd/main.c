/* topkd/main.c - the worker. Wiring only: load, build, run, tear down in reverse, exit code. */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "check.h"
#include "config/config.h"
#include "guard.h"
#include "judge.h"
#include "judge_options.h"
#include "options.h"
#include "serve/serve.h"
#include "source/kafka.h"
#include "worker/worker.h"

extern char **environ;

enum {
    EXIT_CONFIG = 2,
    ARENAS_MIN = 2,
    BLOCK_MAX = 32 << 20, /* the most that glibc takes */
    TOP_MAX = 32 << 20,
    TOP_SHARE = 16 /* of MEMORY_LIMIT, for each arena */
};

static const char usage[] =
    "usage: topkd [-h | --help | --version | --check | --print env|markdown-config|markdown-metrics]\n"
    "       topkd judge [--whole] [--suggest]\n"
    "       topkd judge --topic TOPIC [--last N] [--suggest]\n"
    "\n"
    "Reads events from Kafka and keeps the top-K list of every location and minute in Redis up to date.\n"
    "--check looks at the settings, the brokers, the topics, the rights and Redis, and changes nothing. It prints\n"
    "every problem with its remedy and exits with 0 or 2.\n"
    "\n";

static const char exit_help[] =
    "exit status of the worker:\n"
    "  0  it was asked to stop, or came to the end with EXIT_AT_END: everything is stored and committed\n"
    "  1  something is left to read again, and nothing is lost; the log says why\n"
    "  2  the settings are wrong, or Kafka, Redis or the board will not do; stderr says which\n"
    "\n";

static int topkd_print(void (*write)(struct buf *)) {
    struct buf out = {0};
    write(&out);
    fputs(buf_text(&out), stdout);
    buf_free(&out);
    return 0;
}

static int topkd_help(void) {
    printf("%s%s\n%s", usage, judge_help, exit_help);
    return topkd_print(config_write_help);
}

static int topkd_version(void) {
    printf("topkd %s, librdkafka %s\n", TOPKD_VERSION, kafka_library_version());
    return 0;
}

static int topkd_arguments(int argc, char **argv) {
    if (strcmp(argv[1], "judge") == 0) return judge(argc - 1, argv + 1, (const char *const *)environ);
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) return topkd_help();
    if (argc == 2 && strcmp(argv[1], "--check") == 0) return check((const char *const *)environ);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) return topkd_version();
    if (argc == 3 && strcmp(argv[1], "--print") == 0) {
        if (strcmp(argv[2], "env") == 0) return topkd_print(config_write_env);
        if (strcmp(argv[2], "markdown-config") == 0) return topkd_print(config_write_markdown);
        if (strcmp(argv[2], "markdown-metrics") == 0) return topkd_print(metrics_write_markdown);
    }
    fprintf(
        stderr,
        "topkd: expected one of the arguments in topkd --help, got others: topkd is configured by TOPKD_ variables\n");
    return EXIT_CONFIG;
}

/* Signals are waited for by one thread; no handler runs anywhere. */
static void signals_block(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGUSR1); /* our own: the worker ended, stop waiting */
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

struct waiter {
    sigset_t set;
    struct worker *worker;
    int64_t shutdown_timeout_ms;
};

static void *signals_main(void *arg) {
    struct waiter *w = arg;
    int sig = 0;
    if (sigwait(&w->set, &sig) != 0 || sig == SIGUSR1) return NULL;
    log_event(LOG_INFO, "stop_requested", "signal=%s", sig == SIGTERM ? "TERM" : "INT");
    worker_stop(w->worker);
    return NULL;
}

static void topkd_failed(const char *what, const char *why) { log_event(LOG_ERROR, what, "why=%s", log_quote(why)); }

static int topkd_run(struct worker *w, struct waiter *waiter) {
    char why[WHY_MAX] = "";
    pthread_t thread;
    waiter->worker = w;
    if (pthread_create(&thread, NULL, signals_main, waiter) != 0) return 1;
    worker_run(w);
    guard_arm(waiter->shutdown_timeout_ms);
    int code = worker_end(w, why);
    guard_set_exit(code);
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, NULL);
    if (code != 0)
        topkd_failed("worker_stopped", why);
    else
        log_event(LOG_INFO, "worker_stopped", "exit=0");
    return code;
}

static int topkd_serve_and_run(const struct config *c, struct metrics *m, struct worker *w, struct waiter *waiter) {
    struct serve_options o = {.host = c->listen_host,
                              .port = c->listen_port,
                              .metrics = m,
                              .healthy = worker_healthy,
                              .ready = worker_ready,
                              .before_metrics = worker_show,
                              .self = w};
    struct serve *serve = NULL;
    struct err e = {0};
    if (serve_start(&o, &serve, &e) != 0) {
        topkd_failed("listen_failed", e.text);
        return EXIT_CONFIG;
    }
    log_event(LOG_INFO, "listening", "port=%u", (unsigned)serve_port(serve));
    int code = topkd_run(w, waiter);
    serve_stop(serve);
    return code;
}

static int topkd_with_worker(const struct config *c, struct metrics *m, struct kafka_shared *kafka,
                             struct waiter *waiter) {
    struct worker *w = NULL;
    struct err e = {0};
    if (worker_create(c, &clock_system, m, kafka, &w, &e) != 0) {
        topkd_failed("worker_not_created", e.text);
        return EXIT_CONFIG;
    }
    int code = topkd_serve_and_run(c, m, w, waiter);
    worker_destroy(w);
    return code;
}

/* glibc gives the free end of an arena back to the kernel. A moment later the next fetched message of megabytes is
 * faulted in again, page by page: that was half of what librdkafka costs with 9 KB messages. So the free end may be
 * larger here, and blocks of megabytes come from arenas as well.
 * There is one arena for each consumer thread, because there are dozens of other threads, and every arena keeps memory
 * that no other can use.
 *
 * Measured on 2 cores:      librdkafka 2.0.2 alone, 9 KB messages,   the worker, one event a message, 2 threads:
 *                           CPU s per million, 1 / 2 threads         CPU s per million, peak RSS
 *   glibc as it is          7.4 / 7.3                                .884, 349 MB
 *   with these thresholds   3.8 / 3.0                                .865, 360 MB
 *   and two arenas                                                   .874, 322 MB
 *   jemalloc                4.0 / 3.1                                .896, 369 MB
 *   mimalloc                4.2 / 3.5                                .953, 327 MB
 * So there is no reason for another allocator. */
static void allocator_init(const struct config *c) {
    uint64_t top = c->memory_limit_bytes / TOP_SHARE;
    mallopt(M_ARENA_MAX, c->threads > ARENAS_MIN ? (int)c->threads : ARENAS_MIN);
    mallopt(M_MMAP_THRESHOLD, BLOCK_MAX);
    mallopt(M_TRIM_THRESHOLD, top < TOP_MAX ? (int)top : TOP_MAX);
}

static int topkd_with_kafka(const struct config *c, struct waiter *waiter) {
    struct metrics *m = metrics_create();
    struct kafka_options o = options_kafka(c);
    struct kafka_shared *kafka = NULL;
    struct err e = {0};
    int code = EXIT_CONFIG;
    metric_set(metrics_get(m, METRIC_BUILD_INFO, "version=\"" TOPKD_VERSION "\""), 1);
    if (kafka_shared_open(&o, &clock_system, m, &kafka, &e) != 0)
        topkd_failed("kafka_not_opened", e.text);
    else
        code = topkd_with_worker(c, m, kafka, waiter);
    kafka_shared_close(kafka);
    metrics_destroy(m);
    return code;
}

int main(int argc, char **argv) {
    if (argc > 1) return topkd_arguments(argc, argv);
    struct config *c = NULL;
    struct buf problems = {0};
    struct waiter waiter = {0};
    if (config_load((const char *const *)environ, &c, &problems) != 0) {
        fputs(buf_text(&problems), stderr);
        buf_free(&problems);
        return EXIT_CONFIG;
    }
    buf_free(&problems);
    log_set_level(c->log_level);
    allocator_init(c);
    time_zone_enter(&c->zone);
    signals_block(&waiter.set);
    waiter.shutdown_timeout_ms = c->shutdown_timeout_ms;
    config_log(c);
    int code = topkd_with_kafka(c, &waiter);
    config_destroy(c);
    return code;
}
