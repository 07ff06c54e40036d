/* topkd-audit/served.c - asks Redis for locations, shelves and lists, many at once. */
#include "served.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* Answers that may wait in our socket: lists of a few KB each. */
enum { SHELVES_AT_ONCE = 64, LISTS_AT_ONCE = 256 };

const char *served_state_name(enum list_state s) {
    static const char *const names[LIST_STATES] = {"none", "open", "ended", "final", "lost", "unknown"};
    return names[s];
}

static enum list_state state_parse(struct bytes text) {
    for (int s = STATE_OPEN; s <= STATE_LOST; s++) {
        const char *name = served_state_name((enum list_state)s);
        if (strlen(name) == text.n && memcmp(name, text.p, text.n) == 0) return (enum list_state)s;
    }
    return STATE_UNKNOWN;
}

static struct bytes word(const char *s) { return (struct bytes){s, strlen(s)}; }
static struct bytes text_of(const redisReply *r) { return (struct bytes){r->str, (size_t)r->len}; }

/* `<board>:{<location>}:<name>`; '%', '{' and '}' of the location are percent-encoded. */
static struct bytes served_key(struct buf *b, const char *board, struct bytes location, const char *name) {
    buf_clear(b);
    buf_addf(b, "%s:{", board);
    for (size_t i = 0; i < location.n; i++) {
        unsigned char c = (unsigned char)location.p[i];
        if (c == '%' || c == '{' || c == '}')
            buf_addf(b, "%%%02X", c);
        else
            buf_add_byte(b, c);
    }
    buf_addf(b, "}:%s", name);
    return (struct bytes){b->data, b->len};
}

static void served_ask(const struct served *s, const char *command, struct bytes key, const char *a, const char *b,
                       const char *c) {
    struct bytes words[5] = {word(command), key};
    const char *more[] = {a, b, c};
    size_t n = 2;
    for (size_t i = 0; i < ARRAY_LEN(more) && more[i] != NULL; i++) words[n++] = word(more[i]);
    redis_link_send(s->link, words, n);
}

/* The next answer if it is of TYPE or nil; else NULL with the reason. */
static redisReply *served_take(const struct served *s, int type, const char *what, struct err *e) {
    redisReply *r = redis_link_take(s->link, e);
    if (r == NULL || r->type == type || r->type == REDIS_REPLY_NIL) return r;
    err_set(e, ERR_REFUSED, "Redis: expected %s, got something of another type: check that TOPKD_BOARD is topkd's",
            what);
    freeReplyObject(r);
    return NULL;
}

int served_locations(const struct served *s, struct names *out, struct err *e) {
    struct buf key = {0};
    buf_addf(&key, "%s:locations", s->board);
    served_ask(s, "ZRANGE", (struct bytes){key.data, key.len}, "0", "-1", NULL);
    redisReply *r = served_take(s, REDIS_REPLY_ARRAY, "the locations", e);
    buf_free(&key);
    if (r == NULL) return e->code;
    for (size_t i = 0; i < r->elements; i++) names_add(out, text_of(r->element[i]));
    freeReplyObject(r);
    return 0;
}

/* A row begins with its fence: the incarnation, a unix time in ms unless clocks went astray, as 16 hex digits. */
static int64_t incarnation_ms(struct bytes row) {
    char digits[17] = {0}, *stop;
    if (row.n < 33 || row.p[32] != ';') return INT64_MIN;
    memcpy(digits, row.p, 16);
    unsigned long long v = strtoull(digits, &stop, 16);
    return *stop == '\0' && v <= INT64_MAX ? (int64_t)v : INT64_MIN;
}

int served_since(const struct served *s, int64_t *since_ms, struct err *e) {
    struct buf key = {0};
    buf_addf(&key, "%s:progress", s->board);
    served_ask(s, "HGETALL", (struct bytes){key.data, key.len}, NULL, NULL, NULL);
    redisReply *r = served_take(s, REDIS_REPLY_ARRAY, "the progress", e);
    buf_free(&key);
    if (r == NULL) return e->code;
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i + 1 < r->elements; i += 2) {
        if (memchr(r->element[i]->str, '/', (size_t)r->element[i]->len) == NULL) continue; /* no partition's row */
        int64_t ms = incarnation_ms(text_of(r->element[i + 1]));
        if (ms < oldest) oldest = ms;
    }
    *since_ms = oldest == INT64_MAX ? INT64_MIN : oldest;
    freeReplyObject(r);
    return 0;
}

static void shelf_add(struct shelf *f, struct bytes minute, enum list_state state, bool indexed) {
    struct shelf_minute found = {.state = state, .indexed = indexed};
    if (!minute_parse(minute, &found.minute)) return; /* hours and days have other names */
    f->minutes = mem_grow(f->minutes, &f->cap, f->n + 1, sizeof *f->minutes);
    f->minutes[f->n++] = found;
}

static void shelf_ask(const struct served *s, struct bytes location) {
    struct buf key = {0};
    served_ask(s, "HGET", served_key(&key, s->board, location, "meta"), "seq", NULL, NULL);
    served_ask(s, "HGETALL", served_key(&key, s->board, location, "states"), NULL, NULL, NULL);
    served_ask(s, "ZRANGE", served_key(&key, s->board, location, "minutes"), "0", "-1", NULL);
    buf_free(&key);
}

static int shelf_take(const struct served *s, struct shelf *f, struct err *e) {
    redisReply *seq = served_take(s, REDIS_REPLY_STRING, "a meta", e);
    redisReply *states = seq != NULL ? served_take(s, REDIS_REPLY_ARRAY, "states", e) : NULL;
    redisReply *minutes = states != NULL ? served_take(s, REDIS_REPLY_ARRAY, "minutes", e) : NULL;
    if (minutes != NULL) {
        f->seq = seq->str != NULL ? strtoull(seq->str, NULL, 10) : 0;
        for (size_t i = 0; i + 1 < states->elements; i += 2)
            shelf_add(f, text_of(states->element[i]), state_parse(text_of(states->element[i + 1])), false);
        for (size_t i = 0; i < minutes->elements; i++) shelf_add(f, text_of(minutes->element[i]), STATE_NONE, true);
    }
    freeReplyObject(seq);
    freeReplyObject(states);
    freeReplyObject(minutes);
    return minutes != NULL ? 0 : e->code;
}

int served_shelves(const struct served *s, const struct names *names, struct shelf **out, struct err *e) {
    struct shelf *shelves = mem_zalloc(names->n + 1, sizeof *shelves);
    int status = 0;
    for (uint32_t i = 0; status == 0 && i < names->n; i += SHELVES_AT_ONCE) {
        uint32_t end = i + SHELVES_AT_ONCE < names->n ? i + SHELVES_AT_ONCE : names->n;
        for (uint32_t j = i; j < end; j++) shelf_ask(s, names_get(names, j));
        for (uint32_t j = i; status == 0 && j < end; j++) status = shelf_take(s, &shelves[j], e);
    }
    if (status == 0)
        *out = shelves;
    else
        shelves_free(shelves, names->n);
    return status;
}

void shelves_free(struct shelf *shelves, size_t n) {
    for (size_t i = 0; shelves != NULL && i < n; i++) mem_free(shelves[i].minutes);
    mem_free(shelves);
}

static void list_ask(const struct served *s, const struct list_name *l) {
    char minute[MINUTE_TEXT_LEN + 1], part[sizeof "part:" + MINUTE_TEXT_LEN];
    struct buf key = {0};
    minute_format(l->minute, minute);
    memcpy(part, "part:", 5);
    memcpy(part + 5, minute, sizeof minute);
    served_ask(s, "ZREVRANGE", served_key(&key, s->board, l->location, minute), "0", "-1", "WITHSCORES");
    served_ask(s, "HGET", served_key(&key, s->board, l->location, part), "merged", NULL, NULL);
    buf_free(&key);
}

static void list_show(const redisReply *zset, const redisReply *merged, size_t i,
                      void (*visit)(void *self, size_t i, const struct served_list *list), void *self) {
    size_t n = zset->elements / 2;
    struct served_list list = {.items = mem_zalloc(n + 1, sizeof *list.items), .n = n};
    for (size_t k = 0; k < n; k++)
        list.items[k] =
            (struct served_item){text_of(zset->element[2 * k]), strtod(zset->element[2 * k + 1]->str, NULL)};
    if (merged->type == REDIS_REPLY_STRING) list.merged = text_of(merged);
    visit(self, i, &list);
    mem_free(list.items);
}

static int list_take(const struct served *s, size_t i,
                     void (*visit)(void *self, size_t i, const struct served_list *list), void *self, struct err *e) {
    redisReply *zset = served_take(s, REDIS_REPLY_ARRAY, "a list", e);
    redisReply *merged = zset != NULL ? served_take(s, REDIS_REPLY_STRING, "a merged list", e) : NULL;
    if (merged != NULL) list_show(zset, merged, i, visit, self);
    freeReplyObject(zset);
    freeReplyObject(merged);
    return merged != NULL ? 0 : e->code;
}

int served_lists(const struct served *s, const struct list_name *lists, size_t n,
                 void (*visit)(void *self, size_t i, const struct served_list *list), void *self, struct err *e) {
    for (size_t i = 0; i < n; i += LISTS_AT_ONCE) {
        size_t end = i + LISTS_AT_ONCE < n ? i + LISTS_AT_ONCE : n;
        for (size_t j = i; j < end; j++) list_ask(s, &lists[j]);
        for (size_t j = i; j < end; j++) {
            int status = list_take(s, j, visit, self, e);
            if (status != 0) return status;
        }
    }
    return 0;
}
