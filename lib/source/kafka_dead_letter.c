/* source/kafka_dead_letter.c - one dead letter as librdkafka takes it: its headers, its name, its opaque word.
 *
 * A report carries ticket and member packed in the message's opaque word. So nothing is allocated for it, and nothing
 * dangles when a member is gone before its reports come. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "source/kafka_dead_letters_internal.h"

enum {
    /* The opaque word: a mark on top, then the member, the ticket below. */
    MEMBER_SHIFT = 48,
    RESENT_SHIFT = 63,
    /* Of one in memory, beside key and value: librdkafka's message, five headers. */
    OVERHEAD_BYTES = 512
};

/* -- the opaque word ----------------------------------------------------------------------------- */

static void *opaque_pack(struct kafka_ticket t) {
    assert(t.member < KAFKA_MEMBERS_MAX && t.number > 0 && t.number >> MEMBER_SHIFT == 0);
    uint64_t mark = t.resent ? UINT64_C(1) << RESENT_SHIFT : 0;
    return (void *)(uintptr_t)(mark | (uint64_t)t.member << MEMBER_SHIFT | t.number);
}

static struct kafka_ticket opaque_unpack(const void *opaque) {
    uint64_t word = (uint64_t)(uintptr_t)opaque;
    uint64_t packed = word & ~(UINT64_C(1) << RESENT_SHIFT);
    return (struct kafka_ticket){.member = (unsigned)(packed >> MEMBER_SHIFT),
                                 .number = packed & ((UINT64_C(1) << MEMBER_SHIFT) - 1),
                                 .resent = word >> RESENT_SHIFT != 0};
}

/* -- headers ------------------------------------------------------------------------------------- */

static void header_text(rd_kafka_headers_t *h, const char *name, const char *value) {
    rd_kafka_header_add(h, name, -1, value, (ssize_t)strlen(value));
}

static void header_number(rd_kafka_headers_t *h, const char *name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    header_text(h, name, text);
}

static rd_kafka_headers_t *headers_of(const struct source_dead_letter *rejected) {
    rd_kafka_headers_t *h = rd_kafka_headers_new(5);
    header_text(h, "topkd.reason", rejected->reason);
    header_text(h, "topkd.topic", rejected->tp.topic);
    header_number(h, "topkd.partition", rejected->tp.partition);
    header_number(h, "topkd.offset", rejected->offset);
    header_number(h, "topkd.index", rejected->index);
    return h;
}

/* One of ours; librdkafka ends each value with a NUL. */
static const char *header_get(const rd_kafka_headers_t *h, const char *name) {
    const void *value;
    size_t n;
    return rd_kafka_header_get_last(h, name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR ? value : "?";
}

void kafka_dead_letter_name(const rd_kafka_headers_t *h, char name[KAFKA_NAME_MAX]) {
    assert(h != NULL);
    snprintf(name, KAFKA_NAME_MAX, "topic=%s partition=%s offset=%s index=%s", header_get(h, "topkd.topic"),
             header_get(h, "topkd.partition"), header_get(h, "topkd.offset"), header_get(h, "topkd.index"));
}

/* -- to and from librdkafka ---------------------------------------------------------------------- */

uint64_t kafka_dead_letter_bytes(struct bytes key, struct bytes value) { return key.n + value.n + OVERHEAD_BYTES; }

struct kafka_dead_letter kafka_dead_letter_of(const struct source_dead_letter *rejected) {
    assert(rejected->tp.topic != NULL && rejected->reason != NULL);
    return (struct kafka_dead_letter){.headers = headers_of(rejected), .key = rejected->key, .value = rejected->value};
}

struct kafka_ticket kafka_dead_letter_ticket(const rd_kafka_message_t *rkm) {
    return opaque_unpack(rkm->_private);
}

struct kafka_dead_letter kafka_dead_letter_of_report(const rd_kafka_message_t *rkm) {
    struct kafka_dead_letter dead_letter = {
        .ticket = kafka_dead_letter_ticket(rkm), .key = {rkm->key, rkm->key_len}, .value = {rkm->payload, rkm->len}};
    rd_kafka_resp_err_t none =
        rd_kafka_message_detach_headers((rd_kafka_message_t *)(uintptr_t)rkm, &dead_letter.headers);
    assert(none == RD_KAFKA_RESP_ERR_NO_ERROR); /* all of ours have some */
    (void)none;
    return dead_letter;
}

rd_kafka_resp_err_t kafka_dead_letter_produce(rd_kafka_t *rk, rd_kafka_topic_t *rkt,
                                              const struct kafka_dead_letter *dead_letter) {
    rd_kafka_vu_t v[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = rkt},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)dead_letter->key.p, dead_letter->key.n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)dead_letter->value.p, dead_letter->value.n}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque_pack(dead_letter->ticket)},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = dead_letter->headers},
    };
    assert(rk != NULL && rkt != NULL && dead_letter->headers != NULL);
    rd_kafka_error_t *error = rd_kafka_produceva(rk, v, ARRAY_LEN(v));
    if (error == NULL) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
}
