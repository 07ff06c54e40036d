/* loadgen/replay.c - reads a file chunk by chunk and cuts it into lines. */
#include "loadgen/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "event/place.h"
#include "loadgen/jsonfield.h"
#include "loadgen/values.h"

enum { CHUNK_BYTES = 256 * 1024 };

struct replay {
    gzFile file;
    struct place time_place;
    struct buf data; /* read and not yet given out, from `at` on */
    size_t at;
    bool ended;
    uint64_t lines;
    int64_t last_ms;
};

static int time_place_take(struct replay *r, const char *time_field, struct err *e) {
    int status = place_parse(time_field, &r->time_place, e);
    if (status != 0 || r->time_place.of == PLACE_EVENT) return status;
    return err_set(e, ERR_INVALID,
                   "TOPKD_FIELD_TIME: expected a name or a path /.. into the lines, got %s: set it for this program",
                   log_quote(time_field));
}

int replay_open(const char *path, const char *time_field, struct replay **out, struct err *e) {
    struct replay *r = mem_zalloc(1, sizeof *r);
    int status = time_place_take(r, time_field, e);
    r->file = status == 0 ? gzopen(path, "rb") : NULL;
    if (status == 0 && r->file == NULL)
        status = err_set(e, ERR_IO, "cannot open %s: %s", path, strerror(errno != 0 ? errno : ENOMEM));
    if (status != 0) {
        mem_free(r);
        return status;
    }
    gzbuffer(r->file, CHUNK_BYTES);
    *out = r;
    return 0;
}

void replay_close(struct replay *r) {
    if (r == NULL) return;
    gzclose_r(r->file);
    buf_free(&r->data);
    mem_free(r);
}

/* Reads one more chunk behind what is still there. */
static int chunk_read(struct replay *r, struct err *e) {
    size_t rest = r->data.len - r->at;
    if (rest > 0) memmove(r->data.data, r->data.data + r->at, rest);
    r->data.len = rest;
    r->at = 0;
    int n = gzread(r->file, buf_reserve(&r->data, CHUNK_BYTES), CHUNK_BYTES);
    int code = Z_OK;
    const char *text = gzerror(r->file, &code);
    if (n < 0 || code != Z_OK)
        return err_set(e, ERR_IO, "cannot read the file after line %llu: %s", (unsigned long long)r->lines,
                       code == Z_BUF_ERROR ? "it is cut off" : text);
    r->data.len += (size_t)n;
    r->ended = n == 0;
    return 0;
}

static struct bytes line_without_cr(struct bytes line) {
    if (line.n > 0 && line.p[line.n - 1] == '\r') line.n--;
    return line;
}

/* The line that begins at `at`, if its end was read or the file has ended. Its first SEARCHED bytes hold no LF. */
static bool line_take(struct replay *r, size_t searched, struct bytes *line) {
    size_t rest = r->data.len - r->at;
    if (rest == 0) return false;
    const char *from = r->data.data + r->at;
    const char *lf = rest > searched ? memchr(from + searched, '\n', rest - searched) : NULL;
    if (lf == NULL && !r->ended) return false;
    size_t n = lf != NULL ? (size_t)(lf - from) : rest;
    *line = line_without_cr((struct bytes){from, n});
    r->at += n + (lf != NULL);
    r->lines++;
    return true;
}

/* 1 and the next line as it is, 0 at the end, or an error. */
static int line_next(struct replay *r, struct bytes *line, struct err *e) {
    size_t searched = 0;
    while (!line_take(r, searched, line)) {
        searched = r->data.len - r->at;
        if (r->ended) return 0;
        if (searched > REPLAY_LINE_BYTES_MAX + 1) break; /* one more for a CR */
        int status = chunk_read(r, e);
        if (status != 0) return status;
    }
    bool taken = searched <= REPLAY_LINE_BYTES_MAX + 1;
    if (taken && line->n <= REPLAY_LINE_BYTES_MAX) return 1;
    return err_set(e, ERR_INVALID, "line %llu: expected at most %d bytes, got more: split the line or leave it out",
                   (unsigned long long)r->lines + !taken, REPLAY_LINE_BYTES_MAX);
}

static bool line_is_blank(struct bytes line) {
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] != ' ' && line.p[i] != '\t') return false;
    return true;
}

/* From object to object along the place. One that stands in an array is not found. */
static bool time_find(const struct place *place, struct bytes text, struct bytes *value) {
    *value = text;
    for (size_t i = 0; i < place->tokens_n; i++)
        if (!jsonfield_find(*value, place->tokens[i].name, value)) return false;
    return true;
}

int replay_next(struct replay *r, struct replay_line *out, struct err *e) {
    struct bytes text;
    do {
        int status = line_next(r, &text, e);
        if (status <= 0) return status;
    } while (line_is_blank(text));
    *out = (struct replay_line){.text = text};
    int64_t ms;
    if (time_find(&r->time_place, text, &out->time_value) && jsonfield_time(out->time_value, &ms))
        r->last_ms = ms;
    else
        out->time_value = (struct bytes){NULL, 0};
    out->time_ms = r->last_ms;
    return 1;
}

/* How many units a second the integer VALUE counts. 1000 for a value that is no integer. */
static int64_t integer_units_per_s(struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < '0' || value.p[i] > '9') return 1000;
    int64_t v = 0;
    for (size_t i = 0; i < value.n; i++) v = v * 10 + (value.p[i] - '0'); /* it fits: it was read as a time */
    return value_time_units_per_s(v);
}

void replay_rewrite(const struct replay_line *line, int64_t time_ms, struct buf *out) {
    buf_clear(out);
    if (line->time_value.n == 0) {
        buf_add(out, line->text.p, line->text.n);
        return;
    }
    int64_t units = integer_units_per_s(line->time_value);
    int64_t v = units >= 1000 ? time_ms * (units / 1000) : time_ms / 1000;
    size_t before = (size_t)(line->time_value.p - line->text.p), after = before + line->time_value.n;
    buf_add(out, line->text.p, before);
    buf_addf(out, "%lld", (long long)v);
    buf_add(out, line->text.p + after, line->text.n - after);
}
