/* source/kafka_last.c - reads every partition from a little before its end.
 *
 * Any of the last N records of a topic is among the last N of its partition. So each partition is read from N records
 * before its end; where compaction or transactions left fewer there, once more from further back, until enough were
 * found or the log begins. Of what was read only the N newest over all partitions are kept. Newest is meant by the
 * largest timestamp in the partition up to a record, which never goes back, so an early record is never kept at the
 * cost of a later one of its partition.
 *
 * The handle is a worker's own, made of the same settings, but it never subscribes: without that librdkafka does not
 * join, however its group is called. */
#include "source/kafka_last.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "base/log.h"
#include "base/mem.h"
#include "source/kafka_conf.h"
#include "source/kafka_record.h"
#include "source/kafka_remedies.h"

enum { LAST_ASK_MS = 10000, LAST_POLL_MS = 100, LAST_SILENCE_MS = 15000, LAST_QUEUE_BYTES = 64 << 20, BACK_FACTOR = 8 };

/* of a partition:  ASKED --fetch reached its end--> READ --too few, and the log goes further back--> ASKED */
enum last_state { LAST_ASKED, LAST_READ };

struct last_partition {
    enum last_state state;
    int64_t low, high; /* of its log */
    int64_t from;      /* where reading began */
    int64_t largest_ms;
    uint32_t read_n;
};

struct kafka_last {
    rd_kafka_resp_err_t noted; /* what librdkafka said last of a broker by itself; 0: nothing */
    const struct clock *clock;
    const char *topic;
    rd_kafka_t *rk;
    struct last_partition *partitions; /* owned */
    uint32_t partitions_n, asked_n;
    uint32_t wanted_n;
    struct kafka_last_record *records; /* owned, with their messages */
    size_t n, cap;
    uint64_t bytes; /* of their keys and values */
    bool is_cut;    /* some of the wanted ones were too much */
};

/* -- records ------------------------------------------------------------------------------------- */

static int64_t record_newness(const struct kafka_last_record *r) { return i64_larger(r->time_ms, r->before_ms); }

static int record_order(const void *a, const void *b) {
    const struct kafka_last_record *x = a, *y = b;
    int64_t newness_x = record_newness(x), newness_y = record_newness(y);
    if (newness_x != newness_y) return newness_x < newness_y ? -1 : 1;
    if (x->partition != y->partition) return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static uint64_t record_bytes(const struct kafka_last_record *r) { return r->key.n + r->value.n; }

static void records_drop(struct kafka_last *l, size_t from, size_t to) {
    if (from == to) return;
    for (size_t i = from; i < to; i++) {
        l->bytes -= record_bytes(&l->records[i]);
        rd_kafka_message_destroy(l->records[i].message);
    }
    memmove(l->records + from, l->records + to, (l->n - to) * sizeof *l->records);
    l->n -= to - from;
}

/* How many of the oldest must go so that what is left fits; the newest stays. */
static size_t records_excess(const struct kafka_last *l) {
    uint64_t left = l->bytes;
    size_t n = 0;
    while (n + 1 < l->n && left > KAFKA_LAST_BYTES_MAX) left -= record_bytes(&l->records[n++]);
    return n;
}

/* Keeps the newest. */
static void records_cut(struct kafka_last *l) {
    if (l->n == 0) return;
    qsort(l->records, l->n, sizeof *l->records, record_order);
    if (l->n > l->wanted_n) records_drop(l, 0, l->n - l->wanted_n);
    size_t excess = records_excess(l);
    l->is_cut = l->is_cut || excess > 0;
    records_drop(l, 0, excess);
}

/* Those of a partition that is read once more. */
static void records_forget(struct kafka_last *l, int32_t partition) {
    for (size_t i = l->n; i-- > 0;)
        if (l->records[i].partition == partition) records_drop(l, i, i + 1);
}

/* Owns RKM from here on. */
static void record_add(struct kafka_last *l, rd_kafka_message_t *rkm) {
    struct last_partition *p = &l->partitions[rkm->partition];
    int64_t time_ms = kafka_record_time_ms(rkm);
    l->records = mem_grow(l->records, &l->cap, l->n + 1, sizeof *l->records);
    l->records[l->n++] = (struct kafka_last_record){.partition = rkm->partition,
                                                    .offset = rkm->offset,
                                                    .time_ms = time_ms,
                                                    .before_ms = p->largest_ms,
                                                    .key = {rkm->key, rkm->key != NULL ? rkm->key_len : 0},
                                                    .value = {rkm->payload, rkm->payload != NULL ? rkm->len : 0},
                                                    .message = rkm};
    p->read_n++;
    if (time_is_believed(time_ms)) p->largest_ms = i64_larger(p->largest_ms, time_ms);
    l->bytes += record_bytes(&l->records[l->n - 1]);
    if (l->n >= 2 * (size_t)l->wanted_n || l->bytes > 2 * (uint64_t)KAFKA_LAST_BYTES_MAX) records_cut(l);
}

/* -- the topic ----------------------------------------------------------------------------------- */

static void last_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct kafka_last *l = opaque;
    (void)rk, (void)reason;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) l->noted = (rd_kafka_resp_err_t)code;
}

static int last_refused(struct kafka_last *l, rd_kafka_resp_err_t code, const char *what, struct err *e) {
    char remedy[KAFKA_REMEDY_MAX];
    rd_kafka_poll(l->rk, 0);
    rd_kafka_resp_err_t noted = l->noted;
    bool explained = kafka_scope_of(code) == KAFKA_CONNECTION && noted != 0;
    if (explained) code = noted; /* a wrong password shows as a time-out, else */
    if (explained || kafka_scope_of(code) == KAFKA_CONNECTION)
        return err_set(e, ERR_REFUSED, "expected an answer of Kafka, got \"%s\": %s", rd_kafka_err2str(code),
                       kafka_broker_remedy(code));
    kafka_topic_remedy(code, false, l->topic, remedy);
    return err_set(e, ERR_REFUSED, "topic %.90s: expected %s, got \"%s\": %s", log_quote(l->topic), what,
                   rd_kafka_err2str(code), remedy);
}

static int partitions_ask(struct kafka_last *l, struct err *e) {
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(l->rk, l->topic, NULL);
    if (rkt == NULL) return last_refused(l, rd_kafka_last_error(), "the name of a topic", e);
    rd_kafka_resp_err_t code = rd_kafka_metadata(l->rk, 0, rkt, &md, LAST_ASK_MS);
    if (code == 0 && md->topic_cnt == 1) code = md->topics[0].err;
    if (code == 0 && md->topic_cnt == 1) l->partitions_n = (uint32_t)md->topics[0].partition_cnt;
    if (md != NULL) rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
    if (code != 0) return last_refused(l, code, "to see it", e);
    if (l->partitions_n == 0) return last_refused(l, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "partitions", e);
    l->partitions = mem_zalloc(l->partitions_n, sizeof *l->partitions);
    return 0;
}

static int ends_ask(struct kafka_last *l, struct err *e) {
    for (uint32_t i = 0; i < l->partitions_n; i++) {
        struct last_partition *p = &l->partitions[i];
        rd_kafka_resp_err_t code =
            rd_kafka_query_watermark_offsets(l->rk, l->topic, (int32_t)i, &p->low, &p->high, LAST_ASK_MS);
        if (code != 0) return last_refused(l, code, "the ends of its partitions", e);
        p->from = i64_larger(p->low, p->high - (int64_t)l->wanted_n);
        p->largest_ms = KAFKA_LAST_NO_TIME;
        p->state = p->from < p->high ? LAST_ASKED : LAST_READ;
        l->asked_n += p->state == LAST_ASKED;
    }
    return 0;
}

/* -- reading ------------------------------------------------------------------------------------- */

static int last_assign(struct kafka_last *l, struct err *e) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)l->partitions_n);
    for (uint32_t i = 0; i < l->partitions_n; i++)
        if (l->partitions[i].state == LAST_ASKED)
            rd_kafka_topic_partition_list_add(list, l->topic, (int32_t)i)->offset = l->partitions[i].from;
    rd_kafka_resp_err_t code = rd_kafka_assign(l->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code != 0 ? last_refused(l, code, "to read it", e) : 0;
}

static void partition_finish(struct kafka_last *l, struct last_partition *p) {
    if (p->state == LAST_READ) return;
    p->state = LAST_READ;
    l->asked_n--;
}

/* Takes RKM. What comes behind the end that a partition had is not waited for, but it is the newest. */
static int message_take(struct kafka_last *l, rd_kafka_message_t *rkm, struct err *e) {
    rd_kafka_resp_err_t code = rkm->err;
    bool of_partition = rkm->rkt != NULL && rkm->partition >= 0 && (uint32_t)rkm->partition < l->partitions_n;
    struct last_partition *p = of_partition ? &l->partitions[rkm->partition] : NULL;
    if (code == 0 && p != NULL) {
        if (rkm->offset + 1 >= p->high) partition_finish(l, p);
        record_add(l, rkm);
        return 0;
    }
    rd_kafka_message_destroy(rkm);
    if (p == NULL) return 0; /* it speaks of a broker or of the group; the silence says whether it matters */
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        partition_finish(l, p);
    else
        return last_refused(l, code, "to read it", e);
    return 0;
}

static int last_read(struct kafka_last *l, struct err *e) {
    int64_t heard_ms = clock_mono_ms(l->clock);
    int status = last_assign(l, e);
    while (status == 0 && l->asked_n > 0) {
        rd_kafka_message_t *rkm = rd_kafka_consumer_poll(l->rk, LAST_POLL_MS);
        int64_t now_ms = clock_mono_ms(l->clock);
        if (rkm != NULL && rkm->rkt != NULL) heard_ms = now_ms;
        if (rkm != NULL) status = message_take(l, rkm, e);
        if (status == 0 && now_ms - heard_ms >= LAST_SILENCE_MS)
            status = err_set(e, ERR_TIMEOUT,
                             "topic %.90s: expected records, got nothing for %d s: make the addresses that the brokers "
                             "advertise reachable from here",
                             log_quote(l->topic), LAST_SILENCE_MS / 1000);
    }
    return status;
}

/* Those that have too few records, and a log that goes further back. True: there are such. */
static bool further_back(struct kafka_last *l) {
    for (uint32_t i = 0; i < l->partitions_n; i++) {
        struct last_partition *p = &l->partitions[i];
        if (p->read_n >= l->wanted_n || p->from <= p->low) continue;
        p->from = i64_larger(p->low, p->high - BACK_FACTOR * (p->high - p->from));
        p->state = LAST_ASKED;
        p->read_n = 0;
        p->largest_ms = KAFKA_LAST_NO_TIME;
        l->asked_n++;
        records_forget(l, (int32_t)i);
    }
    return l->asked_n > 0;
}

static int last_collect(struct kafka_last *l, struct err *e) {
    int status = l->asked_n > 0 ? last_read(l, e) : 0;
    while (status == 0 && further_back(l)) status = last_read(l, e);
    (void)rd_kafka_assign(l->rk, NULL);
    records_cut(l);
    l->is_cut = l->is_cut && l->n < l->wanted_n;
    return status;
}

/* -- open and close ------------------------------------------------------------------------------ */

static int handle_open(struct kafka_last *l, const struct kafka_options *o, struct err *e) {
    rd_kafka_conf_t *conf;
    char text[256];
    int status = kafka_conf_consumer(o, LAST_QUEUE_BYTES, 0, &conf, e);
    if (status != 0) return status;
    rd_kafka_conf_set_opaque(conf, l);
    rd_kafka_conf_set_error_cb(conf, last_on_error);
    l->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (l->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s: correct them", text);
    }
    return 0; /* conf is now owned by rk */
}

int kafka_last_open(const struct kafka_options *o, const char *topic, uint32_t n, const struct clock *clock,
                    struct kafka_last **out, struct err *e) {
    assert(n >= 1 && n <= KAFKA_LAST_MAX);
    struct kafka_last *l = mem_zalloc(1, sizeof *l);
    l->clock = clock;
    l->topic = topic;
    l->wanted_n = n;
    int status = handle_open(l, o, e);
    if (status == 0) status = partitions_ask(l, e);
    if (status == 0) status = ends_ask(l, e);
    if (status == 0) status = last_collect(l, e);
    if (status == 0)
        *out = l;
    else
        kafka_last_close(l);
    return status;
}

/* There is no group to leave, and a broker that is frozen would be waited for. */
void kafka_last_close(struct kafka_last *l) {
    if (l == NULL) return;
    records_drop(l, 0, l->n);
    if (l->rk != NULL) rd_kafka_destroy_flags(l->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    mem_free(l->records);
    mem_free(l->partitions);
    mem_free(l);
}

const struct kafka_last_record *kafka_last_records(const struct kafka_last *l, size_t *n) {
    *n = l->n;
    return l->records;
}

bool kafka_last_is_cut(const struct kafka_last *l) { return l->is_cut; }

uint32_t kafka_last_partitions(const struct kafka_last *l) { return l->partitions_n; }

struct bytes kafka_last_header(const struct kafka_last_record *r, const char *name) {
    return kafka_record_header(r->message, name);
}

const char *kafka_last_header_name(const struct kafka_last_record *r, size_t i) {
    rd_kafka_headers_t *headers;
    const char *name = NULL;
    const void *value;
    size_t n;
    if (rd_kafka_message_headers(r->message, &headers) != 0 ||
        rd_kafka_header_get_all(headers, i, &name, &value, &n) != 0)
        return NULL;
    return name;
}
