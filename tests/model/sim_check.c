/* model/sim_check.c - what must hold: of every list at the moment it is written, and of all of them in the end.
 *
 * A final list is right when it is written and never changes. In the end every list that no loss of data excuses is
 * there, right, and complete. */
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

/* -- what is excused -- */

void sim_unsure_up_to(struct sim *s, int64_t minute) { s->unsure_until = i64_larger(s->unsure_until, minute); }

static bool is_of_the_history(int64_t minute) { return minute >= FIRST_MINUTE && minute < FIRST_MINUTE + MINUTES_MAX; }

static bool is_exempt(const struct sim *s, int64_t minute) {
    return !is_of_the_history(minute) || s->exempt[minute - FIRST_MINUTE];
}

static void exempt(struct sim *s, int64_t from, int64_t to) {
    for (int64_t minute = i64_larger(from, FIRST_MINUTE); minute <= to && is_of_the_history(minute); minute++)
        s->exempt[minute - FIRST_MINUTE] = true;
}

/* What was settled by now is excused from being complete, never from being honest. */
void sim_exempt_settled(struct sim *s) {
    for (int p = 0; p < s->partitions_n; p++) exempt(s, FIRST_MINUTE, s->partitions[p].settled_most);
}

/* -- a list as a set of records -- */

struct members {
    bool has[PARTITIONS_MAX][RECORDS_MAX];
};

/* An item's text is the place of its record: "partition.offset". */
static bool member_add(struct members *m, const struct packed_item *it) {
    char text[32], *dot;
    if (it->item.n >= sizeof text || it->count != 1) return false;
    memcpy(text, it->item.p, it->item.n);
    text[it->item.n] = 0;
    long p = strtol(text, &dot, 10), offset = strtol(dot + 1, NULL, 10);
    if (p < 0 || p >= PARTITIONS_MAX || offset < 0 || offset >= RECORDS_MAX || m->has[p][offset]) return false;
    m->has[p][offset] = true;
    return true;
}

/* False if the list counts something that is no record, or a record twice. */
static bool members_read(const struct fake_list *l, struct members *out) {
    struct packed_reader reader;
    struct packed_head head;
    struct packed_item it;
    int got = -1;
    memset(out, 0, sizeof *out);
    if (!packed_open(&reader, (struct bytes){l->merged.data, l->merged.len}, &head)) return false;
    while ((got = packed_next(&reader, &it)) == 1)
        if (!member_add(out, &it)) return false;
    return got == 0;
}

static bool belongs(const struct sim_record *rec, const struct fake_list *l) {
    if (!rec->exists || rec->minute != l->minute || l->location.len != 1) return false;
    return l->location.data[0] == rec->location || l->location.data[0] == 'g';
}

static bool share_is(const struct sim *s, int p, const bool *accepted, const struct fake_list *l,
                     const struct members *m) {
    const struct sim_partition *partition = &s->partitions[p];
    for (int64_t offset = 0; offset < partition->records_n; offset++) {
        bool want = accepted[offset] && belongs(&partition->records[offset], l);
        if (m->has[p][offset] != want) return false;
    }
    return true;
}

/* -- rows -- */

static const struct store_progress_row *row_find(const struct store_progress *rows, int p) {
    char name[16];
    snprintf(name, sizeof name, "t/%d", p);
    for (size_t i = 0; i < rows->n; i++)
        if (strcmp(rows->rows[i].partition_name, name) == 0) return &rows->rows[i];
    return NULL;
}

static bool row_of(const struct store_progress *rows, int p, struct progress_row *row) {
    const struct store_progress_row *found = row_find(rows, p);
    return found != NULL && progress_row_parse((struct bytes){found->value, found->value_len}, row);
}

/* Of one that has joined and said nothing yet: lists up to there may have been closed without it. */
static int64_t row_closed_before(const struct store_progress *rows, int p) {
    const struct store_progress_row *found = row_find(rows, p);
    const char *settled = found == NULL ? NULL : strchr(found->value, ';');
    return settled == NULL || settled[1] != '*' ? NO_MINUTE : strtoll(settled + 2, NULL, 10);
}

static int64_t settled_of(const struct store_progress *rows, int p) {
    struct progress_row row;
    return row_of(rows, p, &row) ? row.settled : NO_MINUTE;
}

/* It is back: up to here it may be that lists were closed without it. They may still be being written. */
static int64_t closed_without(const struct sim *s, const struct store_progress *rows, const struct progress_row *row) {
    int64_t before_it_joined = row_closed_before(rows, s->partitions_n - 1);
    if (!s->leaving.forgotten) return before_it_joined;
    return i64_larger(before_it_joined, i64_smaller(rows->closable_until, row->settled));
}

/* Without a row nobody knows of the partition at all: Redis forgot it, or it never came. */
void sim_look_retired(struct sim *s) {
    struct store_progress now = {0};
    struct progress_row row = {.unsure_until = NO_MINUTE};
    struct sim_leaving *leaving = &s->leaving;
    if (s->theme != THEME_RETIRE || s->now_ms < leaving->away_ms) return;
    fake_redis_progress(s->redis, &now);
    bool there = row_of(&now, s->partitions_n - 1, &row);
    bool retired = there ? progress_row_is_retired(&row) : leaving->group_knows || leaving->retired;
    int64_t without_it = there && !retired ? closed_without(s, &now, &row) : NO_MINUTE;
    store_progress_deinit(&now);
    if (retired && !leaving->retired) s->seen[SAW_RETIRE] += there;
    if (retired) {
        leaving->ever = true;
        leaving->unsure_until = row.unsure_until;
        leaving->unknown_until = i64_larger(leaving->unknown_until, row.unsure_until);
        sim_unsure_up_to(s, row.unsure_until);
    }
    leaving->unknown_until = i64_larger(leaving->unknown_until, without_it);
    leaving->retired = retired;
    leaving->forgotten = retired && !there;
}

/* The last partition came when Redis had been flushed, so it could not know what was closed. Now Redis is as it was
 * before: the final lists stand, without it. */
void sim_look_left_out(struct sim *s) {
    struct store_progress now = {0};
    int last = s->partitions_n - 1;
    if (s->theme != THEME_JOIN || !s->partitions[last].commit.set) return;
    fake_redis_progress(s->redis, &now);
    int64_t without_it = row_find(&now, last) == NULL ? now.closable_until : row_closed_before(&now, last);
    store_progress_deinit(&now);
    s->joining.left_out_until = i64_larger(s->joining.left_out_until, without_it);
    exempt(s, FIRST_MINUTE, without_it);
}

/* -- honest: no list says more, or other things, than the log -- */

/* Lists that were closed without a partition lack its share; those that its last row did not vouch for do not, if they
 * are final. */
static bool nobody_knows(const struct sim *s, int p, int64_t minute) {
    const struct sim_leaving *leaving = &s->leaving;
    if (!sim_is_last(s, p) || !leaving->ever) return false;
    return leaving->retired ? minute > leaving->unsure_until : minute <= leaving->unknown_until;
}

static bool had_configuration(const struct sim *s, int p, int configuration) {
    const struct sim_partition *partition = &s->partitions[p];
    for (int i = 0; i < partition->meanings_n; i++)
        if (partition->meanings[i].configuration == configuration) return true;
    return partition->meanings_n == 0 && configuration == 0;
}

/* In one of its epochs. */
static bool share_is_of(const struct sim *s, int p, int configuration, const struct fake_list *l,
                        const struct members *m) {
    const struct sim_partition *partition = &s->partitions[p];
    for (int epoch = partition->epochs_n - 1; epoch >= 0; epoch--)
        if (share_is(s, p, partition->accepted[configuration][epoch], l, m)) return true;
    return false;
}

static bool share_is_nothing(const struct members *m, int p) {
    for (int64_t offset = 0; offset < RECORDS_MAX; offset++)
        if (m->has[p][offset]) return false;
    return true;
}

static bool share_is_honest(const struct sim *s, int p, const struct fake_list *l, const struct members *m) {
    if (nobody_knows(s, p, l->minute)) return true;
    if (sim_is_last(s, p) && l->minute <= s->joining.left_out_until && share_is_nothing(m, p)) return true;
    for (int c = 0; c < CONFIGURATIONS; c++)
        if (had_configuration(s, p, c) && share_is_of(s, p, c, l, m)) return true;
    return false;
}

/* Each partition's share equals the recount under a configuration that the partition had, in one of its epochs. */
static bool list_is_honest(const struct sim *s, const struct fake_list *l) {
    struct members m;
    if (!members_read(l, &m)) return false;
    for (int p = 0; p < s->partitions_n; p++)
        if (!share_is_honest(s, p, l, &m)) return false;
    return true;
}

static bool same_list(const struct fake_list *a, const struct fake_list *b) {
    return strcmp(a->state, b->state) == 0 && a->merged.len == b->merged.len &&
           memcmp(a->merged.data, b->merged.data, a->merged.len) == 0;
}

static bool is_final(const struct fake_list *l) { return strcmp(l->state, "final") == 0; }
static bool is_lost(const struct fake_list *l) { return strcmp(l->state, "lost") == 0; }
static bool is_ended(const struct fake_list *l) { return strcmp(l->state, "ended") == 0; }

static enum sim_event written_as(const struct fake_list *l) {
    if (is_final(l)) return SAW_FINAL;
    if (is_lost(l)) return SAW_LOST;
    if (is_ended(l)) return SAW_ENDED;
    return SAW_OPEN;
}

void sim_check_write(void *sim, const struct fake_list *before, const struct fake_list *after) {
    struct sim *s = sim;
    sim_look_retired(s);
    s->seen[written_as(after)]++;
    bool was_there = before != NULL && before->merged.len > 0; /* what has expired may come back as less */
    if (was_there && is_final(before) && !same_list(before, after)) sim_fail(s, "a final list changed");
    if (is_final(after) && !list_is_honest(s, after)) sim_fail(s, "wrong but final");
}

/* -- settling -- */

/* Settled after a loss that it has not heard of. */
static bool is_unheard(const struct sim *s, const char *life) {
    struct store_progress now = {0};
    fake_redis_progress(s->redis, &now);
    bool another = strcmp(now.life, life) != 0;
    bool restored = life[0] != 0 && strcmp(now.life, s->restored) == 0;
    store_progress_deinit(&now);
    return another || restored;
}

static int partition_of(const char *partition_name) { return atoi(strchr(partition_name, '/') + 1); }

static void settled_note(void *ctx, const char *partition_name, const struct partition_view *v) {
    struct sim_worker *w = ctx;
    struct sim *s = w->sim;
    int p = partition_of(partition_name);
    int64_t *noted = &w->settled_noted[p];
    bool began_since = strcmp(v->life, w->life_noted[p]) != 0 && is_unheard(s, v->life);
    if (began_since) *noted = NO_MINUTE; /* what was noted is of another memory */
    if (v->settled == NO_MINUTE || v->settled <= *noted) return;
    if (is_unheard(s, v->life)) exempt(s, *noted == NO_MINUTE ? FIRST_MINUTE : *noted + 1, v->settled);
    *noted = v->settled;
    memcpy(w->life_noted[p], v->life, sizeof v->life);
    s->partitions[p].settled_most = i64_larger(s->partitions[p].settled_most, v->settled);
    s->seen[SAW_SETTLED]++;
}

void sim_note_settled(struct sim_worker *w) { consumer_look(w->consumer, settled_note, w); }

/* -- the verdict -- */

static void partition_verdict(void *ctx, const char *partition_name, const struct partition_view *v) {
    struct sim *s = ctx;
    const struct sim_partition *partition = &s->partitions[partition_of(partition_name)];
    bool behind = v->next < partition->records_n;
    if (behind && partition->records[partition->records_n - 1].exists) sim_fail(s, "not at the end");
    if (v->sealed_minutes > 0) sim_fail(s, "never settles");
}

static void partitions_verdict(struct sim *s) {
    for (int i = 0; i < s->workers_n; i++) consumer_look(s->workers[i].consumer, partition_verdict, s);
}

struct verdict {
    struct sim *sim;
    struct store_progress rows;
};

static bool settled_everywhere(const struct verdict *v, int64_t minute) {
    for (int p = 0; p < v->sim->partitions_n; p++) {
        bool gone = sim_is_last(v->sim, p) && v->sim->leaving.retired;
        if (!gone && settled_of(&v->rows, p) < minute) return false;
    }
    return true;
}

static void note_verdict(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t minute,
                         const char *token) {
    const struct verdict *v = ctx;
    (void)shard, (void)waiting, (void)location, (void)token;
    bool forgotten = v->sim->leaving.retired && settled_of(&v->rows, v->sim->partitions_n - 1) == NO_MINUTE;
    if (!forgotten && settled_everywhere(v, minute)) sim_fail(v->sim, "a note lives for ever");
}

static int configuration_of(const struct sim_partition *partition, int64_t minute) {
    for (int i = partition->meanings_n - 1; i >= 0; i--)
        if (minute > partition->meanings[i].older_until) return partition->meanings[i].configuration;
    return 0;
}

/* What an epoch that began later changes is of minutes that are excused. */
static const bool *accepted_now(const struct sim_partition *partition, int64_t minute) {
    return partition->accepted[configuration_of(partition, minute)][partition->epochs_n - 1];
}

static bool wanted_by(const struct sim_partition *partition, const struct fake_list *l) {
    const bool *accepted = accepted_now(partition, l->minute);
    for (int64_t offset = 0; offset < partition->records_n; offset++)
        if (accepted[offset] && belongs(&partition->records[offset], l)) return true;
    return false;
}

static bool wanted(const struct sim *s, const struct fake_list *l) {
    for (int p = 0; p < s->partitions_n; p++)
        if (!nobody_knows(s, p, l->minute) && wanted_by(&s->partitions[p], l)) return true;
    return false;
}

static bool list_is_complete(const struct sim *s, const struct fake_list *l) {
    struct members m;
    if (!members_read(l, &m)) return false;
    for (int p = 0; p < s->partitions_n; p++) {
        const bool *accepted = accepted_now(&s->partitions[p], l->minute);
        if (!nobody_knows(s, p, l->minute) && !share_is(s, p, accepted, l, &m)) return false;
    }
    return true;
}

/* A partition that is gone had begun to speak of the list: it is lost, or open for as long as it lives where Redis
 * forgot the partition. */
static bool last_word_never_came(const struct sim *s, const struct fake_list *l) {
    struct members m;
    return s->leaving.retired && members_read(l, &m) && !share_is_nothing(&m, s->partitions_n - 1);
}

static void fail_never_complete(struct sim *s, const struct fake_list *l) {
    char what[BAD_TEXT];
    snprintf(what, sizeof what, "never complete: %c %" PRId64 " is %s, unsure up to %" PRId64, l->location.data[0],
             l->minute - BASE_MINUTE, l->state, s->unsure_until == NO_MINUTE ? -999 : s->unsure_until - BASE_MINUTE);
    sim_fail(s, what);
}

static void list_verdict(struct verdict *v, const struct fake_list *l) {
    struct sim *s = v->sim;
    bool there = l->state[0] != 0;
    if ((is_final(l) || is_ended(l)) && !list_is_honest(s, l)) sim_fail(s, "wrong but final or ended at the end");
    if (is_exempt(s, l->minute) || l->minute <= s->unsure_until) return;
    /* Something lay at its key, perhaps before there was a list. */
    if (l->lost && (!there || is_lost(l))) return;
    if (!there) {
        if (wanted(s, l)) sim_fail(s, "list missing");
        return;
    }
    if (last_word_never_came(s, l)) return;
    if (!list_is_complete(s, l)) sim_fail(s, "list wrong");
    if (strcmp(l->state, settled_everywhere(v, l->minute) ? "final" : "ended") != 0) fail_never_complete(s, l);
}

static void location_verdict(struct verdict *v, char location, int64_t minute) {
    struct fake_list l = {0};
    fake_redis_list(v->sim->redis, (struct bytes){&location, 1}, minute, &l);
    struct fake_list look = l;
    look.location = (struct buf){&location, 1, 1};
    look.minute = minute;
    if (l.state[0] != 0 || wanted(v->sim, &look)) list_verdict(v, &look);
    fake_list_deinit(&l);
}

void sim_verdict(struct sim *s) {
    struct verdict v = {.sim = s};
    partitions_verdict(s);
    fake_redis_progress(s->redis, &v.rows);
    fake_redis_each_note(s->redis, note_verdict, &v);
    for (int64_t minute = FIRST_MINUTE; minute < FIRST_MINUTE + MINUTES_MAX; minute++)
        for (const char *at = "abczg"; *at != 0; at++) location_verdict(&v, *at, minute);
    store_progress_deinit(&v.rows);
}

/* -- the verdict where everything has expired -- */

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
    partitions_verdict(s);
    fake_redis_each_note(s->redis, any_note, s);
    fake_redis_each_list(s->redis, any_list, s);
}
