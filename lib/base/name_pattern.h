/* base/name_pattern.h - patterns for names of Kafka's topics: `^views-.*`.
 * A pattern begins with '^'. It is an extended regular expression of POSIX, as librdkafka takes it, and fits each name
 * in which it is found: '^' ties it to the beginning of the name, and only a '$' ties it to the end.
 * No pattern fits a name that begins with "__": such topics are Kafka's own.   Threads: any. */
#ifndef TOPKD_BASE_NAME_PATTERN_H
#define TOPKD_BASE_NAME_PATTERN_H

#include <regex.h>

#include "base/base.h"
#include "base/err.h"

enum { NAME_PATTERN_BYTES_MAX = 1000 };

struct name_pattern {
    const char *text; /* borrowed */
    regex_t regex;    /* owned; name_pattern_free */
};

static inline bool name_is_pattern(const char *text) { return text[0] == '^'; }

/* TEXT: borrowed as long as the pattern is used. ERR_INVALID: it is no pattern, E says what to do. */
int name_pattern_compile(const char *text, struct name_pattern *out, struct err *e) MUST_CHECK;
void name_pattern_free(struct name_pattern *p);
bool name_pattern_fits(const struct name_pattern *p, const char *name);

#endif
