/* support/fake_scripts.c - what each script of lib/store/lua does, done to the data of a fake Redis. */
#include "support/fake_scripts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/testhook.h"

enum { NAME_BYTES_MAX = sizeof "fence:" + PARTITION_NAME_BYTES_MAX };

static struct bytes number(char out[24], int64_t v) {
    return (struct bytes){out, (size_t)snprintf(out, 24, "%" PRId64, v)};
}

static void set_number(struct fake_redis *r, struct fake_key *k, const char *field, int64_t v) {
    char text[24];
    fake_set(r, k, fake_text(field), number(text, v));
}

static int64_t get_number(const struct fake_key *k, const char *field, int64_t missing) {
    return fake_int(fake_get(k, fake_text(field)), missing);
}

static bool has(const struct fake_key *k, const char *field) { return fake_get(k, fake_text(field)).p != NULL; }

static struct fake_key *part_key(struct fake_redis *r, struct bytes location, int64_t minute) {
    struct buf name = {0};
    keys_part(&name, r->board, location, minute);
    struct fake_key *k = fake_key(r, fake_bytes(&name));
    buf_free(&name);
    return k;
}

static struct fake_key *location_key(struct fake_redis *r, struct bytes location, const char *which) {
    struct buf name = {0};
    keys_of_location(&name, r->board, location, which);
    struct fake_key *k = fake_key(r, fake_bytes(&name));
    buf_free(&name);
    return k;
}

/* -- rules 9, 21: contributions -- */

static enum store_answer store_one(struct fake_redis *r, struct fake_key *h, const struct store_part *p) {
    char fence[NAME_BYTES_MAX], items[NAME_BYTES_MAX], value[FENCE_LEN + 2];
    snprintf(fence, sizeof fence, "fence:%s", p->partition_name);
    snprintf(items, sizeof items, "items:%s", p->partition_name);
    struct bytes there = fake_get(h, fake_text(fence));
    if (there.p != NULL && memcmp(there.p, p->fence, FENCE_LEN) > 0 && RULE(9, fence)) return STORE_NEWER;
    snprintf(value, sizeof value, "%s%c", p->fence, p->final ? '1' : '0');
    fake_set(r, h, fake_text(fence), fake_text(value));
    fake_set(r, h, fake_text(items), p->items);
    return STORE_STORED;
}

static void run_parts(struct fake_redis *r, struct store_parts *in) {
    struct fake_key *h = part_key(r, in->location, in->minute);
    bool closed = has(h, "closed"), made = has(h, "token");
    int64_t stored = 0;
    for (size_t i = 0; i < in->n; i++) {
        bool expired = in->parts[i].only_if_there && !made && stored == 0;
        in->parts[i].answer = closed ? STORE_CLOSED : expired ? STORE_EXPIRED : store_one(r, h, &in->parts[i]);
        stored += in->parts[i].answer == STORE_STORED;
    }
    if (closed) fake_expire(r, h, r->retention_ms);
    if (stored == 0) return;
    set_number(r, h, "writes", get_number(h, "writes", 0) + stored);
    fake_expire(r, h, r->retention_ms);
    if (made) return;
    char token[STORE_TOKEN_LEN + 1];
    snprintf(token, sizeof token, "%016" PRIx64, ++r->tokens);
    fake_set(r, h, fake_text("token"), fake_text(token));
    set_number(r, h, "born", r->script_now_ms);
}

/* -- rules 13, 14: notes -- */

static struct fake_key *notes_key(struct fake_redis *r, struct bytes location, const char *which) {
    struct buf name = {0};
    keys_notes(&name, r->board, keys_shard(location), which);
    struct fake_key *k = fake_key(r, fake_bytes(&name));
    buf_free(&name);
    return k;
}

static void run_note(struct fake_redis *r, const struct store_note *note) {
    struct buf field = {0};
    keys_note_field(&field, note->location, note->minute);
    fake_set(r, notes_key(r, note->location, "changed"), fake_bytes(&field), fake_text(note->token));
    buf_free(&field);
}

static bool note_is(const struct fake_key *k, struct bytes field, const char *token) {
    struct bytes there = fake_get(k, field);
    return there.p != NULL && (fake_eq(there, fake_text(token)) || !RULE(14, note_token));
}

static void run_note_end(struct fake_redis *r, const struct store_note_end *end) {
    struct fake_key *changed = notes_key(r, end->location, "changed");
    struct fake_key *waiting = notes_key(r, end->location, "waiting");
    struct buf name = {0};
    keys_note_field(&name, end->location, end->minute);
    struct bytes field = fake_bytes(&name);
    bool in_changed = note_is(changed, field, end->token), in_waiting = note_is(waiting, field, end->token);
    if (in_changed) fake_del(r, changed, field);
    if (in_changed && end->wait) fake_set(r, waiting, field, fake_text(end->token));
    if ((in_changed || in_waiting) && !end->wait) fake_del(r, waiting, field);
    buf_free(&name);
}

/* -- rules 19, 22: progress rows -- */

static struct fake_key *progress_key(struct fake_redis *r) {
    struct buf name = {0};
    keys_progress(&name, r->board);
    struct fake_key *k = fake_key(r, fake_bytes(&name));
    buf_free(&name);
    return k;
}

/* How many rows of its partition were stored when ROW was: what stands behind '#'. */
static int64_t rows_of(struct bytes row) {
    const char *count = row.p == NULL ? NULL : memrchr(row.p, '#', row.n);
    return count == NULL ? 0 : fake_int((struct bytes){count + 1, row.n - (size_t)(count + 1 - row.p)}, 0);
}

/* Somebody saw more rows stored than are there: from here on it is another Redis. */
static void notice_loss(struct fake_redis *r, struct fake_key *k, const struct fake_op *op) {
    for (size_t i = 0; i < op->n; i++) {
        const struct store_row *row = &op->rows[i];
        bool same = fake_eq(fake_get(k, fake_text("life")), fake_text(row->life));
        if (same && rows_of(fake_get(k, fake_text(row->partition_name))) < row->rows_kept)
            fake_set(r, k, fake_text("life"), fake_text(op->new_life));
    }
}

static const char no_fence[] = "00000000000000000000000000000000";

/* What stands behind the first ';' of a row's value: a minute, '-', '+', or '*' and a minute. */
static struct bytes settled_in(struct bytes value) {
    const char *from = memchr(value.p, ';', value.n);
    size_t left = from == NULL ? 0 : value.n - (size_t)(++from - value.p);
    const char *to = left == 0 ? NULL : memchr(from, ';', left);
    return (struct bytes){from, to == NULL ? left : (size_t)(to - from)};
}

static int64_t minute_in(struct bytes text) { return fake_eq(text, fake_text("-")) ? INT64_MIN : fake_int(text, 0); }

static bool is_left_out(struct fake_key *k, struct bytes there, struct bytes becomes) {
    int64_t settled = minute_in(settled_in(becomes));
    if (there.p == NULL) return get_number(k, "closed", INT64_MIN) > settled;
    struct bytes was = settled_in((struct bytes){there.p + FENCE_LEN + 1, there.n - FENCE_LEN - 1});
    if (fake_eq(was, fake_text("+"))) return true;
    return was.n > 0 && *was.p == '*' && minute_in((struct bytes){was.p + 1, was.n - 1}) > settled;
}

static enum store_answer write_row(struct fake_redis *r, struct fake_key *k, struct store_row *row) {
    struct bytes life = fake_get(k, fake_text("life"));
    row->rows_stored = rows_of(fake_get(k, fake_text(row->partition_name)));
    if (!fake_eq(life, fake_text(row->life)) && (RULE(19, life) || row->life[0] == '\0')) {
        assert(life.n <= LIFE_LEN);
        memcpy(row->new_life, life.p, life.n);
        row->new_life[life.n] = '\0';
        return STORE_OTHER_LIFE;
    }
    struct bytes there = fake_get(k, fake_text(row->partition_name));
    if (is_left_out(k, there, row->value) && RULE(24, left_out)) return STORE_LEFT_OUT;
    if (there.p != NULL && memcmp(there.p, row->fence, FENCE_LEN) > 0 && RULE(19, row_fence)) return STORE_NEWER;
    struct buf value = {0};
    buf_addf(&value, "%s;", row->fence);
    buf_add(&value, row->value.p, row->value.n);
    buf_addf(&value, "#%" PRId64, ++row->rows_stored);
    fake_set(r, k, fake_text(row->partition_name), fake_bytes(&value));
    buf_free(&value);
    set_number(r, k, "rows", get_number(k, "rows", 0) + 1);
    return STORE_STORED;
}

static bool board_is_ours(struct fake_redis *r, struct fake_key *k, const struct fake_op *op) {
    if (!has(k, "life")) {
        fake_set(r, k, fake_text("life"), fake_text(op->new_life));
        fake_set(r, k, fake_text("group"), fake_text(op->group));
        set_number(r, k, "version", STORE_CONTRACT_VERSION);
    }
    return fake_eq(fake_get(k, fake_text("group")), fake_text(op->group));
}

static int run_rows(struct fake_redis *r, const struct fake_op *op) {
    struct fake_key *k = progress_key(r);
    if (!board_is_ours(r, k, op)) return STORE_FATAL;
    notice_loss(r, k, op);
    for (size_t i = 0; i < op->n; i++) {
        op->rows[i].answer = write_row(r, k, &op->rows[i]);
        op->rows[i].redis_ms = r->script_now_ms;
    }
    return STORE_OK;
}

/* -- rules 23, 24: who belongs to the board -- */

/* Changes the row of PARTITION in a way that a list that is being judged must hear of. */
static void change_member(struct fake_redis *r, struct fake_key *k, const char *partition, struct bytes row) {
    fake_set(r, k, fake_text(partition), row);
    set_number(r, k, "members", get_number(k, "members", 0) + 1);
    set_number(r, k, "rows", get_number(k, "rows", 0) + 1);
}

/* WAS with no fence; in the place of '+', and where nothing was, stands what may be closed. */
static void make_joined(struct fake_key *k, struct bytes was, struct buf *row) {
    struct bytes rest =
        was.p == NULL ? fake_text(";-;+;-;-;-;-;0#0") : (struct bytes){was.p + FENCE_LEN, was.n - FENCE_LEN};
    struct bytes settled = settled_in((struct bytes){rest.p + 1, rest.n - 1});
    const char *end = settled.p + settled.n;
    buf_addf(row, "%s%.*s", no_fence, (int)(settled.p - rest.p), rest.p);
    if (!fake_eq(settled, fake_text("+")))
        buf_add(row, settled.p, settled.n);
    else if (has(k, "closed"))
        buf_addf(row, "*%" PRId64, get_number(k, "closed", 0));
    else
        buf_add_str(row, "-");
    buf_add(row, end, (size_t)(rest.p + rest.n - end));
}

static void join_one(struct fake_redis *r, struct fake_key *k, struct store_join *j) {
    struct bytes there = fake_get(k, fake_text(j->partition_name));
    *j = (struct store_join){
        .partition_name = j->partition_name, .closable_until = get_number(k, "closed", INT64_MIN), .is_new = true};
    struct bytes life = fake_get(k, fake_text("life"));
    memcpy(j->life, life.p, life.n);
    if (there.p != NULL) {
        const char *count = memrchr(there.p, '#', there.n);
        size_t n = (count == NULL ? there.n : (size_t)(count - there.p)) - FENCE_LEN - 1;
        memcpy(j->fence, there.p, FENCE_LEN);
        memcpy(j->value, there.p + FENCE_LEN + 1, n);
        bool retired = fake_eq(settled_in((struct bytes){j->value, n}), fake_text("+"));
        j->is_new = strcmp(j->fence, no_fence) == 0 || retired; /* whoever did not hear the answer is new again */
    }
    if (!j->is_new) return;
    struct buf row = {0};
    make_joined(k, there, &row);
    change_member(r, k, j->partition_name, fake_bytes(&row));
    buf_free(&row);
}

static int run_joins(struct fake_redis *r, const struct fake_op *op) {
    struct fake_key *k = progress_key(r);
    if (!board_is_ours(r, k, op)) return STORE_FATAL;
    for (size_t i = 0; i < op->n; i++) join_one(r, k, &op->joins[i]);
    return STORE_OK;
}

static void run_close(struct fake_redis *r, struct fake_close *c) {
    struct fake_key *k = progress_key(r);
    bool same = has(k, "life") && fake_eq(fake_get(k, fake_text("life")), fake_text(c->life)) &&
                get_number(k, "members", 0) == c->members;
    c->done = same || !RULE(23, members);
    if (c->done && get_number(k, "closed", INT64_MIN) < c->minute) set_number(r, k, "closed", c->minute);
}

static void run_retire(struct fake_redis *r, struct store_retire *t) {
    struct fake_key *k = progress_key(r);
    struct buf was = {0}, becomes = {0};
    buf_addf(&was, "%s;%s", t->was->fence, t->was->value);
    if (t->was->rows_stored >= 0) buf_addf(&was, "#%" PRId64, t->was->rows_stored);
    buf_addf(&becomes, "%s;", t->was->fence);
    buf_add(&becomes, t->value.p, t->value.n);
    buf_addf(&becomes, "#%" PRId64, t->was->rows_stored < 0 ? 0 : t->was->rows_stored);
    t->done = fake_eq(fake_get(k, fake_text(t->was->partition_name)), fake_bytes(&was));
    if (t->done) change_member(r, k, t->was->partition_name, fake_bytes(&becomes));
    buf_free(&was);
    buf_free(&becomes);
}

/* -- rules 15, 17: lists -- */

static bool is_settled(struct bytes state) {
    return fake_eq(state, fake_text("final")) || fake_eq(state, fake_text("lost"));
}

/* The end of the newest minute below which every list is final or lost. */
static void move_final_until(struct fake_redis *r, const struct store_list *l, struct fake_key *meta,
                             const struct fake_key *minutes, const struct fake_key *states) {
    int64_t before_ms = get_number(meta, "final_until_ms", INT64_MIN), until_ms = before_ms;
    if (!is_settled(fake_text(l->state)) && l->minute * MINUTE_MS < until_ms) until_ms = l->minute * MINUTE_MS;
    for (size_t i = 0; i < minutes->n && is_settled(fake_text(l->state)); i++) {
        int64_t start_ms = fake_int(fake_bytes(&minutes->fields[i].value), 0) * 1000;
        if (start_ms < until_ms) continue;
        if (!is_settled(fake_get(states, fake_bytes(&minutes->fields[i].name)))) break;
        until_ms = start_ms + MINUTE_MS;
    }
    if (until_ms != before_ms) set_number(r, meta, "final_until_ms", until_ms);
}

/* After every eighth minute that came: the oldest ones, but for that of the list itself. */
static void find_oldest(const struct fake_key *minutes, const struct store_list *l, struct fake_oldest *out) {
    if (minutes->n % 8 != 0) return;
    for (size_t i = 0; i < FAKE_OLDEST_MAX && i < minutes->n; i++) {
        int64_t minute;
        if (minute_parse(fake_bytes(&minutes->fields[i].name), &minute) && minute != l->minute)
            out->minutes[out->n++] = minute;
    }
}

/* Of the oldest minutes, the ones without a list leave the index. */
static void run_forget(struct fake_redis *r, const struct fake_op *op) {
    struct fake_key *minutes = location_key(r, op->list->location, "minutes");
    struct fake_key *states = location_key(r, op->list->location, "states");
    for (size_t i = 0; i < op->oldest->n; i++) {
        char text[MINUTE_TEXT_LEN + 1];
        struct buf list = {0};
        keys_minute(&list, r->board, op->list->location, op->oldest->minutes[i]);
        minute_format(op->oldest->minutes[i], text);
        if (fake_look(r, fake_bytes(&list))->n == 0) {
            fake_del(r, minutes, fake_text(text));
            fake_del(r, states, fake_text(text));
        }
        buf_free(&list);
    }
}

static void drop_parts(struct fake_redis *r, struct fake_key *h) {
    for (size_t i = h->n; i-- > 0;)
        if (strchr(h->fields[i].name.data, ':') != NULL) fake_del(r, h, fake_bytes(&h->fields[i].name));
}

static void write_top(struct fake_redis *r, const struct store_list *l) {
    struct buf name = {0};
    keys_minute(&name, r->board, l->location, l->minute);
    struct fake_key *zset = fake_key(r, fake_bytes(&name));
    buf_free(&name);
    fake_del_key(r, zset);
    for (size_t i = 0; i < l->top_n; i++) {
        char text[24];
        fake_set(r, zset, l->top[i].item, number(text, (int64_t)l->top[i].count));
    }
    fake_expire(r, zset, r->retention_ms);
}

static void write_index(struct fake_redis *r, const struct store_list *l, int64_t wall_ms, struct fake_oldest *oldest) {
    struct fake_key *minutes = location_key(r, l->location, "minutes");
    struct fake_key *states = location_key(r, l->location, "states");
    struct fake_key *meta = location_key(r, l->location, "meta");
    char text[MINUTE_TEXT_LEN + 1], score[24];
    minute_format(l->minute, text);
    bool is_new = !has(minutes, text);
    fake_set(r, minutes, fake_text(text), number(score, l->minute * 60));
    fake_set(r, states, fake_text(text), fake_text(l->state));
    set_number(r, meta, "updated_at_ms", wall_ms);
    set_number(r, meta, "seq", get_number(meta, "seq", 0) + 1);
    if (l->log_time_ms > get_number(meta, "log_time_ms", INT64_MIN)) set_number(r, meta, "log_time_ms", l->log_time_ms);
    move_final_until(r, l, meta, minutes, states);
    fake_expire(r, minutes, r->retention_ms);
    fake_expire(r, states, r->retention_ms);
    fake_expire(r, meta, r->retention_ms);
    if (is_new && oldest != NULL) find_oldest(minutes, l, oldest);
}

/* -- rule 25: lists that are lost -- */

static struct fake_key *list_key(struct fake_redis *r, struct bytes location, int64_t minute) {
    struct buf name = {0};
    keys_minute(&name, r->board, location, minute);
    struct fake_key *k = fake_key(r, fake_bytes(&name));
    buf_free(&name);
    return k;
}

static bool is_final(struct fake_redis *r, struct bytes location, int64_t minute) {
    char text[MINUTE_TEXT_LEN + 1];
    minute_format(minute, text);
    return fake_eq(fake_get(location_key(r, location, "states"), fake_text(text)), fake_text("final")) &&
           list_key(r, location, minute)->n > 0;
}

static void run_lose(struct fake_redis *r, struct store_loss *l) {
    struct fake_key *h = part_key(r, l->location, l->minute);
    char text[MINUTE_TEXT_LEN + 1], score[24];
    l->answer = has(h, "closed") || is_final(r, l->location, l->minute) ? STORE_CLOSED : STORE_STORED;
    if (l->answer == STORE_CLOSED) return;
    minute_format(l->minute, text);
    fake_set(r, location_key(r, l->location, "losses"), fake_text(text), fake_text("1"));
    if (has(h, "token")) fake_set(r, h, fake_text("lost"), fake_text("1"));
    fake_set(r, location_key(r, l->location, "minutes"), fake_text(text), number(score, l->minute * 60));
    fake_set(r, location_key(r, l->location, "states"), fake_text(text), fake_text("lost"));
    struct fake_key *meta = location_key(r, l->location, "meta");
    set_number(r, meta, "seq", get_number(meta, "seq", 0) + 1);
}

static bool is_lost(struct fake_redis *r, const struct fake_key *h, const struct store_list *l) {
    char text[MINUTE_TEXT_LEN + 1];
    minute_format(l->minute, text);
    return has(h, "lost") ||
           (!has(h, "merged_writes") && fake_get(location_key(r, l->location, "losses"), fake_text(text)).p != NULL);
}

static enum store_answer judge_list(const struct fake_key *h, const struct store_list *l) {
    if (!has(h, "token")) return STORE_ABSENT;
    if (has(h, "closed")) return STORE_CLOSED;
    if (!fake_eq(fake_get(h, fake_text("token")), fake_text(l->hash_token)) && RULE(15, hash_token))
        return STORE_REFUSED;
    int64_t before = get_number(h, "merged_writes", -1);
    if (before > l->writes && RULE(15, merged_writes)) return STORE_REFUSED;
    if (before == l->writes && get_number(h, "merged_rows", -1) > l->rows_version && RULE(15, merged_rows))
        return STORE_REFUSED;
    return STORE_STORED;
}

/* A final list whose parts were deleted by somebody else. */
static bool is_closed_without_parts(struct fake_redis *r, struct fake_key *h, const struct store_list *l) {
    if (has(h, "merged_writes") || !is_final(r, l->location, l->minute)) return false;
    fake_set(r, h, fake_text("closed"), fake_text("1"));
    return true;
}

static void run_list(struct fake_redis *r, const struct fake_op *op) {
    struct store_list *said = op->list;
    struct fake_key *h = part_key(r, said->location, said->minute);
    said->answer = judge_list(h, said);
    if (said->answer == STORE_STORED && is_closed_without_parts(r, h, said)) said->answer = STORE_CLOSED;
    if (said->answer != STORE_STORED) return;
    struct store_list as_written = *said, *l = &as_written;
    said->lost = is_lost(r, h, l);
    if (said->lost) {
        l->state = "lost";
        fake_set(r, h, fake_text("lost"), fake_text("1"));
    }
    struct fake_list before = {0}, after = {0};
    if (r->on_list != NULL) fake_redis_list(r, l->location, l->minute, &before);
    if (l->final && RULE(17, closed)) {
        drop_parts(r, h);
        fake_set(r, h, fake_text("closed"), fake_text("1"));
    }
    set_number(r, h, "merged_writes", l->writes);
    set_number(r, h, "merged_rows", l->rows_version);
    fake_set(r, h, fake_text("merged"), l->merged);
    fake_expire(r, h, r->retention_ms);
    write_top(r, l);
    write_index(r, l, op->wall_ms, op->oldest);
    if (r->on_list != NULL) {
        fake_redis_list(r, l->location, l->minute, &after);
        r->on_list(r->on_list_ctx, &before, &after);
    }
    fake_list_deinit(&before);
    fake_list_deinit(&after);
}

/* -- the index of locations -- */

static void run_locations(struct fake_redis *r, const struct fake_op *op) {
    struct buf name = {0};
    keys_locations(&name, r->board);
    struct fake_key *k = fake_key(r, fake_bytes(&name));
    for (size_t i = 0; i < op->n; i++) {
        char score[24];
        buf_clear(&name);
        keys_encode_location(&name, op->locations[i]);
        fake_set(r, k, fake_bytes(&name), number(score, r->script_now_ms));
    }
    buf_free(&name);
    for (size_t i = k->n; i-- > 0;)
        if (fake_int(fake_bytes(&k->fields[i].value), 0) < r->script_now_ms - r->retention_ms)
            fake_del(r, k, fake_bytes(&k->fields[i].name));
}

/* -- requests -- */

int fake_op_run(struct fake_redis *r, const struct fake_op *op) {
    fake_redis_expire_due(r);
    r->script_now_ms = r->now_ms != NULL ? r->now_ms(r->now_ctx) : 0;
    switch (op->kind) {
    case FAKE_OP_PARTS:
        run_parts(r, op->parts);
        break;
    case FAKE_OP_NOTE:
        run_note(r, op->note);
        break;
    case FAKE_OP_ROWS:
        return run_rows(r, op);
    case FAKE_OP_JOIN:
        return run_joins(r, op);
    case FAKE_OP_CLOSE:
        run_close(r, op->close);
        break;
    case FAKE_OP_RETIRE:
        run_retire(r, op->retire);
        break;
    case FAKE_OP_LIST:
        run_list(r, op);
        break;
    case FAKE_OP_LOSE:
        run_lose(r, op->loss);
        break;
    case FAKE_OP_FORGET:
        run_forget(r, op);
        break;
    case FAKE_OP_NOTE_END:
        run_note_end(r, op->end);
        break;
    case FAKE_OP_LOCATIONS:
        run_locations(r, op);
        break;
    }
    return STORE_OK;
}

bool fake_op_odd(const struct fake_op *op) {
    switch (op->kind) {
    case FAKE_OP_PARTS:
        for (size_t i = 0; i < op->parts->n; i++) op->parts->parts[i].answer = STORE_ODD;
        return true;
    case FAKE_OP_LIST:
        op->list->answer = STORE_ODD;
        return true;
    case FAKE_OP_LOSE:
        op->loss->answer = STORE_ODD;
        return true;
    case FAKE_OP_NOTE:
        op->note->answer = STORE_ODD;
        return true;
    default:
        return false;
    }
}
