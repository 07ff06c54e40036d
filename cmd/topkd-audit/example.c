/* topkd-audit/example.c - copies the beginning of an event and writes it on one line. */
#include "example.h"

#include <string.h>

#include "base/log.h"

static int example_append(const char *p, size_t n, void *self) {
    struct example *x = self;
    size_t room = sizeof x->bytes - x->n, fits = n < room ? n : room;
    if (fits > 0) memcpy(x->bytes + x->n, p, fits);
    x->n += fits;
    x->bytes_n += n;
    return 0;
}

void example_take(struct example *x, const struct sighting *s, const struct origin *at) {
    *x = (struct example){.set = true, .at = *at};
    if (s->raw.p != NULL)
        example_append(s->raw.p, s->raw.n, x);
    else if (s->json != NULL)
        (void)json_dump_callback(s->json, example_append, x, JSON_COMPACT | JSON_ENCODE_ANY);
}

void example_write(const struct example *x, struct buf *out) {
    buf_addf(out, "%s/%d at offset %lld: %s", x->at.topic, (int)x->at.partition, (long long)x->at.offset,
             x->bytes_n ? log_quote_bytes((struct bytes){x->bytes, x->n}) : "no value");
    if (x->bytes_n > x->n) buf_addf(out, " and %llu more bytes", (unsigned long long)(x->bytes_n - x->n));
}
