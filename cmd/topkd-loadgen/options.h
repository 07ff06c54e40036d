/* topkd-loadgen/options.h - what the command line and the environment ask for. */
#ifndef TOPKD_LOADGEN_OPTIONS_H
#define TOPKD_LOADGEN_OPTIONS_H

#include "base/buf.h"
#include "config/config.h"
#include "loadgen/batcher.h"
#include "loadgen/traffic.h"

enum key_kind { KEY_NONE, KEY_RANDOM, KEY_LOCATION, KEY_USER };
enum option_shape { SHAPE_UNSET, SHAPE_SINGLE, SHAPE_ARRAY, SHAPE_LINES };

struct property {
    const char *text; /* "name=value" */
    size_t name_len;
};

struct options {
    struct config *config; /* owned: the environment, as the worker reads it */
    const char *topic, *brokers, *compression;
    struct property properties[CONFIG_KAFKA_PROPS_MAX];
    size_t properties_n;
    bool dry_run, json, help, round_robin;
    double rate;              /* 0 = no limit */
    uint64_t seconds, events; /* 0 = no limit */
    uint32_t batch;
    int64_t batch_wait_ms, flush_timeout_ms, stats_interval_ms;
    enum option_shape shape;
    enum key_kind key;
    struct traffic_config traffic;
    int64_t start_ms;      /* -1: the wall clock */
    double minutes, speed; /* 0 = not given */
    const char *replay;    /* NULL: made-up events */
    double pace;           /* 0 = max */
    bool shift_now;
};

enum { OPTIONS_START_NOW = -1 };

/* 0, or ERR_INVALID and what is wrong, a line each, in PROBLEMS. Strings are borrowed from argv. */
int options_parse(int argc, char **argv, struct options *o, struct buf *problems) MUST_CHECK;
void options_deinit(struct options *o);
void options_write_help(struct buf *out);

#endif
