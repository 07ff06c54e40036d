/* base/buf.c - bytes in room that doubles; varints. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { BUF_BYTES_MIN = 64, VARINT_BYTES_MAX = 10 };

char *buf_reserve(struct buf *b, size_t n) {
    assert(n <= SIZE_MAX / 2 - b->len);
    size_t need = b->len + n;
    b->data = mem_grow(b->data, &b->cap, need > BUF_BYTES_MIN ? need : BUF_BYTES_MIN, 1);
    return b->data + b->len;
}

void buf_add(struct buf *b, const void *p, size_t n) {
    if (n == 0) return;
    memcpy(buf_reserve(b, n), p, n);
    b->len += n;
}

void buf_add_str(struct buf *b, const char *s) { buf_add(b, s, strlen(s)); }

void buf_add_byte(struct buf *b, unsigned char c) {
    *buf_reserve(b, 1) = (char)c;
    b->len++;
}

void buf_addf(struct buf *b, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(buf_reserve(b, BUF_BYTES_MIN), BUF_BYTES_MIN, fmt, ap);
    va_end(ap);
    assert(n >= 0);
    if (n >= BUF_BYTES_MIN) vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
    va_end(again);
    b->len += (size_t)n;
}

void buf_clear(struct buf *b) { b->len = 0; }

void buf_free(struct buf *b) {
    mem_free(b->data);
    *b = (struct buf){0};
}

const char *buf_text(struct buf *b) {
    *buf_reserve(b, 1) = '\0';
    return b->data;
}

void buf_add_varint(struct buf *b, uint64_t v) {
    char *start = buf_reserve(b, VARINT_BYTES_MAX), *p = start;
    for (; v >= 0x80; v >>= 7) *p++ = (char)(v | 0x80);
    *p++ = (char)v;
    b->len += (size_t)(p - start);
}

bool varint_read(const char **p, const char *end, uint64_t *v) {
    uint64_t value = 0;
    const char *at = *p;
    for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
        uint64_t bits = (unsigned char)*at++;
        if (shift == 63 && bits > 1) return false;
        value |= (bits & 0x7f) << shift;
        if (bits < 0x80) {
            *p = at;
            *v = value;
            return true;
        }
    }
    return false;
}
