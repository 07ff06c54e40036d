/* base/log.h - logfmt lines to stderr.
 *   ts=2026-11-21T19:08:01.123Z level=info event=partition_assigned topic=events partition=3
 * EVENT is a noun and a verb that stay the same for ever: people grep for it from the code to the dashboard. FMT is
 * the rest of the line, `key=%s key=%d ...`; strings that come from outside go through log_quote.
 * Levels: error = someone should look; warn = we coped; info = lifecycle; debug = per batch. Nothing per message.
 * errno is preserved; one write(2) a line.   Threads: any. */
#ifndef TOPKD_BASE_LOG_H
#define TOPKD_BASE_LOG_H

#include "base/base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_level_parse(const char *name, enum log_level *out) MUST_CHECK;
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* S as a logfmt value: as it is, or in double quotes with escapes when it holds anything but printable ASCII without
 * space, '"' and '='. Cut at 200 bytes. Valid until the eighth next call on this thread. */
const char *log_quote(const char *s);
const char *log_quote_bytes(struct bytes s);

/* A line at most once in INTERVAL_MS; the next one that gets through carries `suppressed=N`. Caller's storage,
 * zero-initialised; one thread. */
struct log_limit {
    int64_t next_ms;
    uint64_t suppressed;
};
void log_limited(struct log_limit *limit, int64_t interval_ms, enum log_level level, const char *event, const char *fmt,
                 ...) PRINTF_LIKE(5, 6);

#endif
