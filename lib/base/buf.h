/* base/buf.h - a byte buffer that grows. Zero-initialised is empty; memory as in base/mem.h.   Threads: one owner. */
#ifndef TOPKD_BASE_BUF_H
#define TOPKD_BASE_BUF_H

#include "base/base.h"

struct buf {
    char *data; /* owned; NULL when nothing was ever added */
    size_t len, cap;
};

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, const char *s);
void buf_add_byte(struct buf *b, unsigned char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for N more bytes; returns where they start (valid until the next call); the caller adds to b->len. */
char *buf_reserve(struct buf *b, size_t n);
void buf_clear(struct buf *b);       /* keeps the memory */
void buf_free(struct buf *b);        /* back to empty */
const char *buf_text(struct buf *b); /* NUL-terminated view, valid until the next add; the NUL is not counted */

/* Unsigned LEB128 varints, at most 10 bytes. */
void buf_add_varint(struct buf *b, uint64_t v);
/* Reads one at *P (before END), moves *P behind it. False if it is cut short or does not fit 64 bits. */
bool varint_read(const char **p, const char *end, uint64_t *v) MUST_CHECK;

#endif
