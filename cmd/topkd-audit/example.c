/* topkd-audit/example.c - copies the beginning of an event and writes it on one line. */
#include "example.h"

#include <string.h>

#include "base/log.h"

void example_take(struct example *x, const struct judgement *j, const struct origin *at) {
    *x = (struct example){.set = true, .at = *at, .bytes_n = j->raw.n};
    x->n = j->raw.n < sizeof x->bytes ? j->raw.n : sizeof x->bytes;
    if (x->n > 0) memcpy(x->bytes, j->raw.p, x->n);
}

void example_write(const struct example *x, struct buf *out) {
    buf_addf(out, "%s/%d at offset %lld: %s", x->at.topic, (int)x->at.partition, (long long)x->at.offset,
             x->bytes_n ? log_quote_bytes((struct bytes){x->bytes, x->n}) : "no value");
    if (x->bytes_n > x->n) buf_addf(out, " and %llu more bytes", (unsigned long long)(x->bytes_n - x->n));
}
