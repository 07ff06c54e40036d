/* config/kind_windows.c - the WINDOWS setting: a list of durations. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "config/setting.h"

enum { DURATION_TEXT_MAX = 24 };

struct windows {
    int64_t ms[CONFIG_WINDOWS_MAX];
    uint32_t n;
};

static int window_check(const struct windows *w, uint64_t ms, struct err *e) {
    if (ms == 0 || ms % MINUTES(1) != 0) return err_set(e, ERR_INVALID, "use windows of whole minutes, one at least");
    if (ms > INT64_MAX) return err_set(e, ERR_INVALID, "shorten the window");
    for (uint32_t i = 0; i < w->n; i++)
        if ((uint64_t)w->ms[i] == ms) return err_set(e, ERR_INVALID, "remove the window that is there twice");
    if (w->n == CONFIG_WINDOWS_MAX)
        return err_set(e, ERR_INVALID, "leave some out, %d windows at most", CONFIG_WINDOWS_MAX);
    return 0;
}

static int window_add(struct windows *w, struct bytes text, struct err *e) {
    char copy[DURATION_TEXT_MAX + 1];
    uint64_t ms;
    if (text.n > DURATION_TEXT_MAX)
        return err_set(e, ERR_INVALID, "replace %s by a duration like 5m", log_quote_bytes(text));
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    int status = units_parse_duration(copy, &ms, e);
    if (status == 0) status = window_check(w, ms, e);
    if (status == 0) w->ms[w->n++] = (int64_t)ms;
    return status;
}

static int windows_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    (void)s;
    struct windows w = {.n = 0};
    for (const char *p = text;; p++) { /* over the comma */
        size_t n = strcspn(p, ",");
        int status = window_add(&w, (struct bytes){p, n}, e);
        if (status != 0) return status;
        p += n;
        if (*p == '\0') break;
    }
    memcpy(c->windows_ms, w.ms, sizeof w.ms);
    c->windows_n = w.n;
    return 0;
}

static void windows_format(const struct setting *s, const struct config *c, struct buf *out) {
    (void)s;
    for (uint32_t i = 0; i < c->windows_n; i++) {
        if (i > 0) buf_add_byte(out, ',');
        units_write_duration((uint64_t)c->windows_ms[i], out);
    }
}

static void windows_describe(const struct setting *s, struct buf *out) {
    buf_addf(out,
             "1..%" PRIu64 " different durations of whole minutes, separated by commas, none longer than RETENTION",
             s->max);
}

const struct setting_kind setting_kind_windows = {windows_parse, windows_format, windows_describe, false};
