/* What must hold: a final list is right at the moment it is written and never changes; in the end every list that no
 * loss of data excuses is there, right, and complete. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list/packed.h"
#include "model/sim.h"
#include "protocol/commit.h"

void sim_fail(struct sim *s, const char *what) {
    if (s->bad[0] == 0) snprintf(s->bad, sizeof s->bad, "%s", what);
}

static bool *exempt_at(struct sim *s, int64_t minute) {
    static bool outside;
    int64_t i = minute - BASE_MINUTE + 20;
    outside = true;
    return i >= 0 && i < MINUTES_MAX ? &s->exempt[i] : &outside;
}

/* -- a list as a set of records -- */

struct members {
    bool has[PARTITIONS_MAX][RECORDS_MAX];
};

/* False if the list counts something that is no record, or a record twice. */
static bool members_read(const struct fake_list *l, struct members *out) {
    struct packed_reader r;
    struct packed_head head;
    struct packed_item it;
    int got = -1;
    memset(out, 0, sizeof *out);
    if (!packed_open(&r, (struct bytes){l->merged.data, l->merged.len}, &head)) return false;
    while ((got = packed_next(&r, &it)) == 1) {
        char text[32], *dot;
        if (it.item.n >= sizeof text || it.count != 1) return false;
        memcpy(text, it.item.p, it.item.n);
        text[it.item.n] = 0;
        long p = strtol(text, &dot, 10), o = strtol(dot + 1, NULL, 10);
        if (p < 0 || p >= PARTITIONS_MAX || o < 0 || o >= RECORDS_MAX || out->has[p][o]) return false;
        out->has[p][o] = true;
    }
    return got == 0;
}

static bool belongs(const struct sim_record *rec, const struct fake_list *l) {
    if (!rec->exists || rec->minute != l->minute || l->location.len != 1) return false;
    return l->location.data[0] == rec->location || l->location.data[0] == 'g';
}

static bool share_is(const struct sim *s, int p, int configuration, const struct fake_list *l,
                     const struct members *m) {
    for (int64_t o = 0; o < s->log[p].n; o++) {
        bool want = s->log[p].accepted[configuration][o] && belongs(&s->log[p].records[o], l);
        if (m->has[p][o] != want) return false;
    }
    return true;
}

static bool row_of(const struct store_progress *rows, int p, struct progress_row *row) {
    char name[16];
    snprintf(name, sizeof name, "t/%d", p);
    for (size_t i = 0; i < rows->n; i++)
        if (strcmp(rows->rows[i].partition_name, name) == 0)
            return progress_row_parse((struct bytes){rows->rows[i].value, rows->rows[i].value_len}, row);
    return false;
}

/* Without a row nobody knows of the partition at all: Redis forgot it, or it never came. */
void sim_look_retired(struct sim *s) {
    struct store_progress now = {0};
    struct progress_row row = {.unsure_until = NO_MINUTE};
    if (s->theme != THEME_RETIRE || s->now_ms < s->away_ms) return;
    fake_redis_progress(s->redis, &now);
    bool there = row_of(&now, s->partitions - 1, &row);
    bool retired = there ? progress_row_is_retired(&row) : s->away || s->retired;
    store_progress_deinit(&now);
    if (retired && !s->retired) s->events[SAW_RETIRE] += there;
    if (retired) {
        s->was_retired = true;
        s->retired_x = row.unsure_until;
        s->retired_to = i64_larger(s->retired_to, row.unsure_until);
        s->unsure = i64_larger(s->unsure, row.unsure_until);
    }
    s->retired = retired;
}

/* Lists that were closed without a partition lack its share; those that its last row did not vouch for do not, if they
 * are final. */
static bool nobody_knows(const struct sim *s, int p, int64_t minute) {
    if (p != s->partitions - 1 || !s->was_retired) return false;
    return s->retired ? minute > s->retired_x : minute <= s->retired_to;
}

static bool had_configuration(const struct sim *s, int p, int configuration) {
    for (int i = 0; i < s->history_n[p]; i++)
        if (s->history[p][i].configuration == configuration) return true;
    return s->history_n[p] == 0 && configuration == 0;
}

/* Each partition's share equals the recount under a configuration that the partition had. */
static bool list_is_honest(const struct sim *s, const struct fake_list *l) {
    struct members m;
    if (!members_read(l, &m)) return false;
    for (int p = 0; p < s->partitions; p++) {
        bool right = nobody_knows(s, p, l->minute);
        for (int c = 0; c < 2; c++) right = right || (had_configuration(s, p, c) && share_is(s, p, c, l, &m));
        if (!right) return false;
    }
    return true;
}

static bool same_list(const struct fake_list *a, const struct fake_list *b) {
    return strcmp(a->state, b->state) == 0 && a->merged.len == b->merged.len &&
           memcmp(a->merged.data, b->merged.data, a->merged.len) == 0;
}

void sim_check_write(void *sim, const struct fake_list *before, const struct fake_list *after) {
    struct sim *s = sim;
    bool final = strcmp(after->state, "final") == 0;
    sim_look_retired(s);
    s->events[final                                ? SAW_FINAL
              : strcmp(after->state, "lost") == 0  ? SAW_LOST
              : strcmp(after->state, "ended") == 0 ? SAW_ENDED
                                                   : SAW_OPEN]++;
    bool was_there = before != NULL && before->merged.len > 0; /* what has expired may come back as less */
    if (was_there && strcmp(before->state, "final") == 0 && !same_list(before, after))
        sim_fail(s, "a final list changed");
    if (final && !list_is_honest(s, after)) sim_fail(s, "wrong but final");
}

/* -- settling and loss -- */

static void settled(struct sim *s, int p, int64_t from, int64_t to, const char *life) {
    struct store_progress now = {0};
    fake_redis_progress(s->redis, &now);
    /* settled after a loss that it has not heard of */
    bool unheard = strcmp(now.life, life) != 0 || (life[0] != 0 && strcmp(now.life, s->restored) == 0);
    store_progress_deinit(&now);
    if (from < BASE_MINUTE - 20) from = BASE_MINUTE - 20;
    for (int64_t m = from; unheard && m <= to; m++) *exempt_at(s, m) = true;
    if (to > s->max_settled[p]) s->max_settled[p] = to;
    s->events[SAW_SETTLED]++;
}

struct settle_watch {
    struct sim *s;
    struct sim_worker *w;
};

static void watch_one(void *ctx, const char *source, const struct partition_view *v) {
    struct settle_watch *watch = ctx;
    int p = atoi(strchr(source, '/') + 1);
    int64_t *seen = &watch->w->settled_seen[p];
    if (v->settled != NO_MINUTE && v->settled > *seen) {
        settled(watch->s, p, *seen == NO_MINUTE ? BASE_MINUTE - 20 : *seen + 1, v->settled, v->life);
        *seen = v->settled;
    }
}

void sim_note_settled(struct sim *s, struct sim_worker *w) {
    struct settle_watch watch = {s, w};
    consumer_look(w->consumer, watch_one, &watch);
}

/* What was settled by now is excused from being complete, never from being honest. */
void sim_exempt_settled(struct sim *s) {
    int64_t most = NO_MINUTE;
    for (int p = 0; p < s->partitions; p++)
        if (s->max_settled[p] > most) most = s->max_settled[p];
    if (most == NO_MINUTE) return;
    for (int64_t m = BASE_MINUTE - 20; m <= most; m++) *exempt_at(s, m) = true;
}

/* -- the verdict -- */

static void partition_verdict(void *ctx, const char *source, const struct partition_view *v) {
    struct sim *s = ctx;
    int p = atoi(strchr(source, '/') + 1);
    if (v->next < s->log[p].n && s->log[p].records[s->log[p].n - 1].exists) sim_fail(s, "not at the end");
    if (v->sealed_minutes > 0) sim_fail(s, "never settles");
}

static int64_t settled_of(const struct store_progress *rows, int p) {
    struct progress_row row;
    return row_of(rows, p, &row) ? row.settled : NO_MINUTE;
}

struct verdict {
    struct sim *s;
    struct store_progress rows;
};

static bool settled_everywhere(const struct verdict *v, int64_t minute) {
    for (int p = 0; p < v->s->partitions; p++) {
        bool gone = p == v->s->partitions - 1 && v->s->retired;
        if (!gone && settled_of(&v->rows, p) < minute) return false;
    }
    return true;
}

static void note_verdict(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t minute,
                         const char *token) {
    const struct verdict *v = ctx;
    (void)shard;
    (void)waiting;
    (void)location;
    (void)token;
    bool forgotten = v->s->retired && settled_of(&v->rows, v->s->partitions - 1) == NO_MINUTE;
    if (!forgotten && settled_everywhere(v, minute)) sim_fail(v->s, "a note lives for ever");
}

static int configuration_of(const struct sim *s, int p, int64_t minute) {
    for (int i = s->history_n[p] - 1; i >= 0; i--)
        if (minute > s->history[p][i].older_until) return s->history[p][i].configuration;
    return 0;
}

static bool wanted_by(const struct sim *s, int p, const struct fake_list *l) {
    const bool *accepted = s->log[p].accepted[configuration_of(s, p, l->minute)];
    for (int64_t o = 0; o < s->log[p].n; o++)
        if (accepted[o] && belongs(&s->log[p].records[o], l)) return true;
    return false;
}

static bool wanted(const struct sim *s, const struct fake_list *l) {
    for (int p = 0; p < s->partitions; p++)
        if (!nobody_knows(s, p, l->minute) && wanted_by(s, p, l)) return true;
    return false;
}

static bool list_is_complete(const struct sim *s, const struct fake_list *l) {
    struct members m;
    if (!members_read(l, &m)) return false;
    for (int p = 0; p < s->partitions; p++)
        if (!nobody_knows(s, p, l->minute) && !share_is(s, p, configuration_of(s, p, l->minute), l, &m)) return false;
    return true;
}

/* A partition that is gone had begun to speak of the list: it is lost, or open for as long as it lives where Redis
 * forgot the partition. */
static bool last_word_never_came(const struct sim *s, const struct fake_list *l) {
    struct members m;
    if (!s->retired || !members_read(l, &m)) return false;
    for (int64_t o = 0; o < RECORDS_MAX; o++)
        if (m.has[s->partitions - 1][o]) return true;
    return false;
}

static void list_verdict(struct verdict *v, const struct fake_list *l) {
    struct sim *s = v->s;
    bool claims = strcmp(l->state, "final") == 0 || strcmp(l->state, "ended") == 0;
    if (claims && !list_is_honest(s, l)) sim_fail(s, "wrong but final or ended at the end");
    if (*exempt_at(s, l->minute) || l->minute <= s->unsure) return;
    /* Something lay at its key, perhaps before there was a list. */
    if (l->lost && (l->state[0] == 0 || strcmp(l->state, "lost") == 0)) return;
    if (l->state[0] == 0) {
        if (wanted(s, l)) sim_fail(s, "list missing");
        return;
    }
    if (last_word_never_came(s, l)) return;
    if (!list_is_complete(s, l)) sim_fail(s, "list wrong");
    if (strcmp(l->state, settled_everywhere(v, l->minute) ? "final" : "ended") != 0) {
        char what[160];
        snprintf(what, sizeof what, "never complete: %c %" PRId64 " is %s, unsure up to %" PRId64, l->location.data[0],
                 l->minute - BASE_MINUTE, l->state, s->unsure == NO_MINUTE ? -999 : s->unsure - BASE_MINUTE);
        sim_fail(s, what);
    }
}

static void any_note(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t minute,
                     const char *token) {
    (void)shard, (void)waiting, (void)location, (void)minute, (void)token;
    sim_fail(ctx, "a note outlives RETENTION");
}

static void any_list(void *ctx, const struct fake_list *l) {
    (void)l;
    sim_fail(ctx, "a hash outlives RETENTION");
}

/* When lists have expired they are only asked for what was true while they stood (sim_check_write), and that nothing is
 * left of them. */
void sim_expiry_verdict(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) consumer_look(s->workers[i].consumer, partition_verdict, s);
    fake_redis_each_note(s->redis, any_note, s);
    fake_redis_each_list(s->redis, any_list, s);
}

void sim_verdict(struct sim *s) {
    struct verdict v = {.s = s};
    for (int i = 0; i < s->workers_n; i++) consumer_look(s->workers[i].consumer, partition_verdict, s);
    fake_redis_progress(s->redis, &v.rows);
    fake_redis_each_note(s->redis, note_verdict, &v);
    for (int64_t minute = BASE_MINUTE - 20; minute < BASE_MINUTE + MINUTES_MAX - 20; minute++)
        for (const char *at = "abczg"; *at != 0; at++) {
            struct fake_list l = {0};
            fake_redis_list(s->redis, (struct bytes){at, 1}, minute, &l);
            struct fake_list look = l;
            char name[1] = {*at};
            look.location = (struct buf){name, 1, 1};
            look.minute = minute;
            if (l.state[0] != 0 || wanted(s, &look)) list_verdict(&v, &look);
            fake_list_deinit(&l);
        }
    store_progress_deinit(&v.rows);
}
