/* topkd-audit/options.h - what the command line asks for.   Threads: one owner. */
#ifndef TOPKD_AUDIT_OPTIONS_H
#define TOPKD_AUDIT_OPTIONS_H

#include "base/err.h"
#include "kafka_log.h"

struct options {
    bool help, version, json, exact, allow_lost, allow_open;
    int64_t from, to;         /* minutes: from <= m < to */
    int64_t wait_ms;          /* 0: do not wait */
    uint32_t show;            /* differences to print */
    const char *from_offsets; /* "topic/partition=offset,..." or NULL */
};

/* ERR_INVALID with the reason; texts stay argv's. */
int options_parse(int argc, char **argv, struct options *o, struct err *e) MUST_CHECK;
/* Moves the starts of SPANS to what --from-offsets says. */
int options_apply_offsets(const struct options *o, struct span *spans, size_t n, struct err *e) MUST_CHECK;
extern const char *const options_usage;

#endif
