/* base/log.c - builds a line on the stack and writes it with one call.
 * So lines of several threads and processes do not mix, and logging works when memory is gone. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    LINE_BYTES_MAX = 8192,
    QUOTE_BYTES_MAX = 200,
    QUOTE_SLOTS = 8,
    QUOTE_TEXT_MAX = 4 * QUOTE_BYTES_MAX + 3 /* every byte as \xNN, two quotes and the NUL */
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static atomic_int level_now = LOG_INFO;

void log_set_level(enum log_level level) { atomic_store_explicit(&level_now, (int)level, memory_order_relaxed); }

bool log_level_parse(const char *name, enum log_level *out) {
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++)
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

static bool level_shown(enum log_level level) {
    return (int)level <= atomic_load_explicit(&level_now, memory_order_relaxed);
}

struct line {
    char text[LINE_BYTES_MAX + 1]; /* the last byte is kept for the newline */
    size_t len;
};

static void PRINTF_LIKE(2, 0) line_addv(struct line *l, const char *fmt, va_list ap) {
    size_t room = LINE_BYTES_MAX - l->len;
    int n = vsnprintf(l->text + l->len, room, fmt, ap);
    if (n > 0) l->len += (size_t)n < room ? (size_t)n : room - 1; /* what is too long is cut */
}

static void line_add(struct line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void line_add(struct line *l, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    line_addv(l, fmt, ap);
    va_end(ap);
}

static void line_begin(struct line *l, enum log_level level, const char *event) {
    int64_t ms = clock_wall_ms(&clock_system);
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(minute_of(ms), minute);
    int in_minute_ms = (int)(ms - minute_of(ms) * MINUTE_MS);
    l->len = 0;
    line_add(l, "ts=%s:%02d.%03dZ level=%s event=%s", minute, in_minute_ms / 1000, in_minute_ms % 1000,
             level_names[level], event);
}

static void line_write(struct line *l) {
    for (size_t i = 0; i < l->len; i++)
        if (l->text[i] == '\n' || l->text[i] == '\r') l->text[i] = ' '; /* one event is one line, whatever came in */
    l->text[l->len++] = '\n';
    ssize_t n;
    do n = write(STDERR_FILENO, l->text, l->len);
    while (n < 0 && errno == EINTR);
}

static void PRINTF_LIKE(4, 0)
    log_line(enum log_level level, const char *event, uint64_t suppressed, const char *fmt, va_list ap) {
    int saved_errno = errno;
    struct line l;
    line_begin(&l, level, event);
    if (fmt[0] != '\0') line_add(&l, " ");
    errno = saved_errno; /* FMT may hold %m */
    line_addv(&l, fmt, ap);
    if (suppressed > 0) line_add(&l, " suppressed=%llu", (unsigned long long)suppressed);
    line_write(&l);
    errno = saved_errno;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...) {
    if (!level_shown(level)) return;
    va_list ap;
    va_start(ap, fmt);
    log_line(level, event, 0, fmt, ap);
    va_end(ap);
}

void log_limited(struct log_limit *limit, int64_t interval_ms, enum log_level level, const char *event, const char *fmt,
                 ...) {
    if (!level_shown(level)) return;
    int64_t now_ms = clock_mono_ms(&clock_system);
    if (now_ms < limit->next_ms) {
        limit->suppressed++;
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    log_line(level, event, limit->suppressed, fmt, ap);
    va_end(ap);
    limit->next_ms = now_ms + interval_ms;
    limit->suppressed = 0;
}

static bool quote_is_plain(unsigned char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '='; }

static size_t quote_escape(char *out, unsigned char c) {
    const char *named = strchr("\"\"\\\\\nn\rr\tt", c); /* pairs: the byte, then what follows the backslash */
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
        out[0] = (char)c;
        return 1;
    }
    if (c != '\0' && named != NULL) {
        out[0] = '\\';
        out[1] = named[1];
        return 2;
    }
    return (size_t)snprintf(out, 5, "\\x%02x", c);
}

const char *log_quote_bytes(struct bytes s) {
    static _Thread_local char slots[QUOTE_SLOTS][QUOTE_TEXT_MAX];
    static _Thread_local unsigned next;
    char *out = slots[next++ % QUOTE_SLOTS];
    size_t n = s.n < QUOTE_BYTES_MAX ? s.n : QUOTE_BYTES_MAX, plain = 0, len = 0;
    while (plain < n && quote_is_plain((unsigned char)s.p[plain])) plain++;
    if (n > 0 && plain == n) {
        memcpy(out, s.p, n);
        out[n] = '\0';
        return out;
    }
    out[len++] = '"';
    for (size_t i = 0; i < n; i++) len += quote_escape(out + len, (unsigned char)s.p[i]);
    out[len++] = '"';
    out[len] = '\0';
    return out;
}

const char *log_quote(const char *s) { return log_quote_bytes((struct bytes){s, strnlen(s, QUOTE_BYTES_MAX)}); }
