/* config/config.h - the worker's settings: one table (config.def), one struct, read once, then const.
 * Threads: const after load. Every problem is reported at once; an unknown TOPKD_ name is a problem. */
#ifndef TOPKD_CONFIG_CONFIG_H
#define TOPKD_CONFIG_CONFIG_H

#include "base/base.h"
#include "base/buf.h"
#include "base/log.h"
#include "event/event.h"

enum config_log_clock { CONFIG_LOG_CLOCK_RECORD, CONFIG_LOG_CLOCK_EVENT };
enum config_start { CONFIG_START_EARLIEST, CONFIG_START_LATEST };

enum { CONFIG_TOPICS_MAX = 64, CONFIG_KAFKA_PROPS_MAX = 128, CONFIG_WINDOWS_MAX = 16 };

struct config_kafka_prop {
    char *name; /* "fetch.wait.max.ms" */
    char *value;
    bool secret; /* masked when shown */
};

struct config {
    char *brokers, *group, *redis, *board, *global, *dlq_topic; /* owned; global and dlq_topic may be "" */
    char *topics[CONFIG_TOPICS_MAX]; /* names, and patterns (base/name_pattern.h); by strcmp; owned */
    uint32_t topics_n;
    uint32_t threads, k, list_size, sketch_kb; /* sketch_kb: a power of two */
    uint32_t locations_max;
    char *weights_text;
    struct weights weights;
    char *field_item, *field_location, *field_type, *field_time, *field_user, *field_value, *field_id; /* "": none */
    char *events_at; /* "": no wrapper */
    struct time_zone zone;
    int64_t dedup_ms;       /* it and the next mean something only with a field_id */
    uint32_t dedup_ids_max; /* of one partition */
    int64_t lateness_ms, future_ms, publish_interval_ms, checkpoint_interval_ms, slack_ms, settle_delay_ms,
        retention_ms, shutdown_timeout_ms, ready_age_ms;
    int64_t windows_ms[CONFIG_WINDOWS_MAX];
    uint32_t windows_n;
    uint64_t memory_limit_bytes;
    enum config_log_clock log_clock;
    enum config_start start;
    bool allow_eviction, exit_at_end;
    char *listen_host; /* "" = all */
    uint16_t listen_port;
    enum log_level log_level;
    struct config_kafka_prop kafka_props[CONFIG_KAFKA_PROPS_MAX]; /* pass-through TOPKD_RDKAFKA_* */
    uint32_t kafka_props_n;
};

/* Read ENVP ("NAME=value", NULL-terminated). *OUT is owned by the caller (config_destroy) and complete when 0 is
 * returned; on ERR_INVALID *OUT is NULL and PROBLEMS holds one line per problem: name, what was expected, what came,
 * what to do. */
int config_load(const char *const *envp, struct config **out, struct buf *problems) MUST_CHECK;
/* The same for whoever looks at more than the settings. What has a problem stands at its default. Never NULL; the
 * caller owns it. */
struct config *config_load_rest(const char *const *envp, struct buf *problems) MUST_CHECK;
void config_destroy(struct config *c);

void config_write_help(struct buf *out);     /* the settings part of --help */
void config_write_env(struct buf *out);      /* deploy/env.example */
void config_write_markdown(struct buf *out); /* the README's table */
void config_log(const struct config *c);     /* effective values, one line, secrets masked */

/* How events are read. It borrows from C. */
struct event_rules config_event_rules(const struct config *c);

/* Hash of everything that changes what a log means (WEIGHTS, FIELD_*, EVENTS_AT, TIME_ZONE, GLOBAL, LATENESS, FUTURE,
 * LOG_CLOCK, LIST_SIZE, SKETCH_KB, LOCATIONS_MAX, isolation.level, a format number; with FIELD_ID also DEDUP and
 * DEDUP_IDS_MAX) and of nothing else. A commit carries it (rule 8). */
uint64_t config_meaning_hash(const struct config *c);

#endif
