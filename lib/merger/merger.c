/* One round:
 *   1. read the notes of our shards, and the progress rows if they moved
 *   2. choose: lists whose note has a new token, or whose outcome the rows have changed, or whose hash may have expired
 *   3. read rows, their hashes, and the life again, in one pipeline; another life means start over
 *   4. merge and judge each; say how far lists may be closed now, unless a partition came or went; write them all
 *   5. end the notes of what is final, or lost for good; move those that only wait out of the way
 * A broken connection makes the merger forget what it merged: the write may not have arrived. */
#include "merger/merger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "hub/memory.h"
#include "hub/outage.h"
#include "merger/aside.h"
#include "merger/retirer.h"
#include "merger/waiting.h"
#include "merger/work.h"

enum {
    INTERVAL_MIN_MS = 20,
    ROUND_LISTS_MAX = 128, /* hashes read in one pipeline: 128 lists of 16 parts of 8 KB are 16 MB */
    REST_MAX_MS = 1000,
    HOLD_INTERVALS = 3,
    REST_ROUNDS = 4, /* merging again takes a fifth of the time at most */
    WAITING_INTERVAL_MS = 60000,
    WAITING_SHARDS_MAX = 64, /* whose waiting notes are read in one round: a quarter of them all in memory */
};

struct choice {  /* a list to merge */
    size_t note; /* index into the round's notes */
    uint64_t digest;
    int64_t merged_mono_ms; /* TIME_NEVER: it was not, that we know of */
};

/* A minute that is over for one partition and not yet for all: in a backlog their parts arrive one after the other. */
struct held {
    int64_t minute, since_mono_ms;
};

struct held_minutes {
    struct held *all; /* owned; ascending, once the round is over */
    size_t n, cap;
};

struct merger {
    struct hub *hub;
    struct store store;
    struct waiting_lists *waiting;
    struct aside *aside;
    bool shards_known[STORE_SHARDS]; /* worked in the last round */
    bool pass_under_way;             /* a pass over the shards' waiting notes is under way ... */
    bool pass_follows;               /* another one has to follow */
    size_t pass_next;                /* ... and this is the next of our shards */
    int64_t pass_ended_mono_ms;      /* when the last pass ended */
    struct progress sources;         /* as last read */
    char life[LIFE_LEN + 1];
    uint64_t partitions;      /* a hash of how many the topics had then */
    bool look_again;          /* the sources moved, and not every list was judged by them since */
    struct held_minutes held; /* of the last round */
    struct retirer *retirer;
    uint64_t rounds;
    int rest_ms;
    int64_t round_ms; /* what the last round with lists took */
    struct outage outage;
    int failures; /* in a row */
    struct log_limit limit;
    struct metric *written[LIST_STATES], *refused, *seconds, *lists, *bytes, *forgotten, *set_aside;
    uint64_t forgotten_shown;
};

/* What one round holds; freed at its end. */
struct round {
    struct store_notes notes;
    struct choice *choices;
    size_t choices_n, choices_cap;
    size_t later; /* wanted, but merged a moment ago, or held back */
    struct held_minutes held;
    int64_t over_for_one, over_for_all; /* highest minutes that log time has closed */
    struct merger *merger;
};

struct merger *merger_create(struct hub *hub, struct store store) {
    struct merger *m = mem_zalloc(1, sizeof *m);
    m->hub = hub;
    m->store = store;
    m->waiting = waiting_create(memory_share(hub->config->memory_limit_bytes, hub->consumers_n).merger_bytes);
    m->aside = aside_create();
    m->retirer = retirer_create(hub);
    m->pass_under_way = m->look_again = true;
    for (int s = 0; s < LIST_STATES; s++) {
        char labels[32];
        snprintf(labels, sizeof labels, "state=\"%s\"", list_state_name((enum list_state)s));
        m->written[s] = metrics_get(hub->metrics, METRIC_LISTS, labels);
    }
    m->refused = metrics_get(hub->metrics, METRIC_LISTS_REFUSED, "");
    m->set_aside = metrics_get(hub->metrics, METRIC_LISTS_SET_ASIDE, "");
    m->seconds = metrics_get(hub->metrics, METRIC_MERGE_SECONDS, "");
    m->lists = metrics_get(hub->metrics, METRIC_WAITING_LISTS, "");
    m->bytes = metrics_get(hub->metrics, METRIC_WAITING_LIST_BYTES, "");
    m->forgotten = metrics_get(hub->metrics, METRIC_WAITING_LISTS_FORGOTTEN, "");
    return m;
}

void merger_destroy(struct merger *m) {
    if (m == NULL) return;
    waiting_destroy(m->waiting);
    retirer_destroy(m->retirer);
    progress_deinit(&m->sources);
    mem_free(m->held.all);
    aside_destroy(m->aside);
    mem_free(m);
}

int merger_interval_ms(const struct merger *m) {
    int64_t tenth = m->hub->config->publish_interval_ms / 10;
    return tenth > INTERVAL_MIN_MS ? (int)tenth : INTERVAL_MIN_MS;
}

/* -- 1: notes and rows -- */

static bool shard_is_ours(void *ctx, struct bytes location) {
    const struct merger *m = ctx;
    return m->shards_known[keys_shard(location)];
}

/* True if a shard is new here: it may have notes in waiting that we never saw. What left is forgotten. */
static bool shards_changed(struct merger *m, const uint32_t *shards, size_t n) {
    bool now[STORE_SHARDS] = {false}, taken = false, left = false;
    for (size_t i = 0; i < n; i++) now[shards[i]] = true;
    for (size_t i = 0; i < STORE_SHARDS; i++) {
        taken = taken || (now[i] && !m->shards_known[i]);
        left = left || (!now[i] && m->shards_known[i]);
    }
    memcpy(m->shards_known, now, sizeof now);
    if (left) waiting_filter(m->waiting, shard_is_ours, m);
    return taken;
}

/* The shards of this round: those whose waiting notes are due come first. Returns how many those are. */
static size_t pass_due(struct merger *m, uint32_t *shards, size_t n) {
    uint32_t turned[STORE_SHARDS];
    if (!m->pass_under_way) return 0;
    if (m->pass_next >= n) m->pass_next = 0;
    for (size_t i = 0; i < n; i++) turned[i] = shards[(m->pass_next + i) % n];
    memcpy(shards, turned, n * sizeof *shards);
    size_t left = n - m->pass_next;
    return left < WAITING_SHARDS_MAX ? left : WAITING_SHARDS_MAX;
}

static void pass_start(struct merger *m) {
    m->pass_under_way = true;
    m->pass_next = 0;
}

/* Not in the middle of a pass, or its last shards would never be reached. */
static void pass_repeat(struct merger *m) {
    if (m->pass_under_way)
        m->pass_follows = true;
    else
        pass_start(m);
}

static void pass_advance(struct merger *m, size_t due, size_t shards_n) {
    if (!m->pass_under_way) return;
    m->pass_next += due;
    if (m->pass_next < shards_n) return;
    m->pass_under_way = m->pass_follows;
    m->pass_follows = false;
    m->pass_next = 0;
    m->pass_ended_mono_ms = clock_mono_ms(m->hub->clock);
}

static uint64_t partitions_hash(const struct hub *hub) {
    uint64_t hash = 0;
    for (uint32_t t = 0; t < hub->config->topics_n; t++)
        hash = hash * 1000003 + hub->partitions(hub->partitions_self, t) + 1;
    return hash;
}

static bool sources_stand(const struct merger *m, const struct store_notes *notes) {
    return m->sources.n > 0 && m->sources.version == notes->rows_version && strcmp(m->life, notes->life) == 0 &&
           m->partitions == partitions_hash(m->hub);
}

static int sources_read(struct merger *m, struct err *e) {
    struct store_progress progress = {0};
    int status = m->store.ops->progress_read(m->store.self, &progress, e);
    if (status == STORE_OK) status = retirer_look(m->retirer, m->store, &progress, e);
    if (status == STORE_OK) {
        progress_deinit(&m->sources);
        merge_sources(m->hub, &progress, &m->sources);
        memcpy(m->life, progress.life, sizeof m->life);
        m->partitions = partitions_hash(m->hub);
        m->look_again = true;
    }
    store_progress_deinit(&progress);
    return status;
}

static int round_open(struct merger *m, uint32_t *shards, size_t n, struct round *r, struct err *e) {
    int64_t now = clock_mono_ms(m->hub->clock);
    if (shards_changed(m, shards, n) || (!m->pass_under_way && now - m->pass_ended_mono_ms >= WAITING_INTERVAL_MS))
        pass_start(m);
    size_t due = pass_due(m, shards, n);
    int status = m->store.ops->notes_read(m->store.self, shards, n, due, &r->notes, e);
    if (status != STORE_OK) return status;
    pass_advance(m, due, n);
    return sources_stand(m, &r->notes) ? STORE_OK : sources_read(m, e);
}

static void round_close(struct round *r) {
    store_notes_deinit(&r->notes);
    mem_free(r->choices);
}

/* -- 2: choose -- */

static struct bytes note_location(const struct store_note_read *n) {
    return (struct bytes){n->location, n->location_len};
}

/* Parts of one tick that come from several workers do not arrive together: whoever was late is merged a moment later,
 * as long as merging is cheap. When it is not, a list is merged twice in an interval and no more. */
static int64_t again_after_ms(const struct merger *m) {
    int64_t interval_ms = m->hub->config->publish_interval_ms, cheap_ms = REST_ROUNDS * m->round_ms;
    return i64_larger(interval_ms / 10, i64_smaller(cheap_ms, interval_ms / 2));
}

static bool too_soon(const struct merger *m, const struct waiting_last *last) {
    if (last->mono_ms == TIME_NEVER || last->becomes_final) return false;
    return clock_mono_ms(m->hub->clock) - last->mono_ms < again_after_ms(m);
}

static int by_minute(const void *a, const void *b) {
    const struct held *x = a, *y = b;
    return (x->minute > y->minute) - (x->minute < y->minute);
}

static int64_t held_since(const struct merger *m, int64_t minute, int64_t now) {
    const struct held wanted = {.minute = minute};
    const struct held *h = m->held.n == 0 ? NULL : bsearch(&wanted, m->held.all, m->held.n, sizeof wanted, by_minute);
    return h == NULL ? now : h->since_mono_ms;
}

/* A list that was never merged, of a minute that some partitions have still to say their last words on, waits for them,
 * for some publish intervals at most. The lists of a backlog are then written once. */
static bool hold(struct round *r, const struct store_note_read *note, const struct waiting_last *last) {
    struct merger *m = r->merger;
    int64_t minute = note->minute;
    if (note->waiting) return false; /* it is not read again in the next round */
    if (last->mono_ms != TIME_NEVER || minute > r->over_for_one || minute <= r->over_for_all) return false;
    int64_t now = clock_mono_ms(m->hub->clock), since = held_since(m, minute, now);
    if (now - since >= HOLD_INTERVALS * m->hub->config->publish_interval_ms) return false;
    struct held_minutes *held = &r->held;
    if (held->n > 0 && held->all[held->n - 1].minute == minute) return true;
    if (held->n == held->cap) {
        held->cap = held->cap == 0 ? 64 : held->cap * 2;
        held->all = mem_realloc(held->all, held->cap, sizeof *held->all);
    }
    held->all[held->n++] = (struct held){minute, since};
    return true;
}

static void held_keep(struct merger *m, struct round *r) {
    mem_free(m->held.all);
    if (r->held.n > 1) qsort(r->held.all, r->held.n, sizeof *r->held.all, by_minute);
    m->held = r->held;
    r->held = (struct held_minutes){NULL, 0, 0};
}

static void over_look(const struct merger *m, struct round *r) {
    const struct progress *s = &m->sources;
    int64_t least = progress_least_log_time_ms(s);
    r->over_for_one = minute_horizon(&m->hub->rules, progress_log_time_ms(s));
    r->over_for_all = minute_horizon(&m->hub->rules, least);
}

static void choose_note(struct round *r, size_t note, const struct waiting_last *last) {
    const struct store_note_read *read = &r->notes.notes[note];
    if (aside_waits(r->merger->aside, note_location(read), read->minute, clock_mono_ms(r->merger->hub->clock))) return;
    if (too_soon(r->merger, last) || hold(r, read, last)) {
        r->later++;
        return;
    }
    if (r->choices_n == r->choices_cap) {
        r->choices_cap = r->choices_cap == 0 ? 64 : r->choices_cap * 2;
        r->choices = mem_realloc(r->choices, r->choices_cap, sizeof *r->choices);
    }
    r->choices[r->choices_n++] = (struct choice){.note = note, .merged_mono_ms = last->mono_ms};
}

/* A list that waits without a note in sight. */
static void choose_changed(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    struct round *r = ctx;
    struct store_notes *notes = &r->notes;
    if (notes->n == notes->cap) {
        notes->cap = notes->cap == 0 ? 64 : notes->cap * 2;
        notes->notes = mem_realloc(notes->notes, notes->cap, sizeof *notes->notes);
    }
    struct store_note_read *n = &notes->notes[notes->n++];
    *n = (struct store_note_read){.shard = keys_shard(note->location),
                                  .waiting = true,
                                  .location = mem_zalloc(1, note->location.n + 1),
                                  .location_len = note->location.n,
                                  .minute = note->minute};
    memcpy(n->location, note->location.p, note->location.n);
    snprintf(n->token, sizeof n->token, "%s", note->token);
    choose_note(r, notes->n - 1, last);
}

/* Lists are looked at again only when the rows moved, or when there was no time for one that they have changed. */
static void choose_moved(struct merger *m, struct round *r) {
    size_t before = r->choices_n + r->later;
    if (!m->look_again) return;
    waiting_changed(m->waiting, &m->hub->rules, &m->sources, m->rounds, choose_changed, r);
    m->look_again = r->choices_n + r->later > before;
}

/* Oldest minutes first: they become final. Of one list that has a changed and a waiting note, the changed one last: it
 * is what waits from then on, and must be what is remembered. */
static int choice_order(const void *a, const void *b, void *notes) {
    size_t i = ((const struct choice *)a)->note, j = ((const struct choice *)b)->note;
    const struct store_note_read *x = (const struct store_note_read *)notes + i;
    const struct store_note_read *y = (const struct store_note_read *)notes + j;
    if (x->minute != y->minute) return x->minute > y->minute ? 1 : -1;
    return (i < j) - (i > j);
}

static void choose(struct merger *m, struct round *r) {
    struct waiting_last last;
    m->rounds++;
    over_look(m, r);
    for (size_t i = 0, n = r->notes.n; i < n; i++) {
        const struct store_note_read *read = &r->notes.notes[i];
        const struct waiting_note note = {note_location(read), read->minute, read->token, read->waiting};
        if (waiting_is_news(m->waiting, &note, &m->hub->rules, &m->sources, m->rounds, &last)) choose_note(r, i, &last);
    }
    waiting_old(m->waiting, clock_mono_ms(m->hub->clock) - m->hub->config->retention_ms, m->rounds, choose_changed, r);
    choose_moved(m, r);
    held_keep(m, r);
    if (r->choices_n == 0) return;
    qsort_r(r->choices, r->choices_n, sizeof *r->choices, choice_order, r->notes.notes);
    for (size_t i = 0; i < r->choices_n; i++) {
        int64_t minute = r->notes.notes[r->choices[i].note].minute;
        bool same = i > 0 && r->notes.notes[r->choices[i - 1].note].minute == minute;
        r->choices[i].digest = same ? r->choices[i - 1].digest : progress_digest(&m->hub->rules, &m->sources, minute);
    }
}

/* -- 3 and 4: read, merge, judge, write -- */

static void say_broken(struct merger *m, const struct store_hash *h) {
    struct buf key = {0};
    keys_part(&key, m->hub->config->board, h->location, h->minute);
    log_limited(&m->limit, ASIDE_RETRY_MS, LOG_ERROR, "contribution_broken", "key=%s remedy=%s",
                log_quote(buf_text(&key)), "\"delete the key, and the list is lost: RUNBOOK, lists set aside\"");
    buf_free(&key);
}

/* Works the lists of HASHES that exist and are not closed. LIST_OF[i] = index of their list, -1 for the others. */
static size_t lists_make(struct merger *m, struct progress *sources, const struct store_hash *hashes, size_t n,
                         struct merge_work *works, struct store_list *lists, int *list_of_hash) {
    size_t made = 0;
    int64_t log_time = progress_log_time_ms(sources);
    for (size_t i = 0; i < n; i++) {
        const struct store_hash *h = &hashes[i];
        list_of_hash[i] = -1;
        if (!h->exists || h->closed) continue;
        merge_work_make(m->hub, sources, h, &works[i]);
        if (!works[i].mergeable) {
            say_broken(m, h);
            continue;
        }
        list_of_hash[i] = (int)made;
        lists[made] = merge_work_list(m->hub, h, &works[i], log_time);
        lists[made++].rows_version = sources->version;
    }
    return made;
}

/* -- 5: end the notes -- */

enum note_fate { NOTE_KEEP, NOTE_END, NOTE_WAIT };

static bool hash_is_odd(const struct store_hash *h, const struct merge_work *w) {
    return h->odd || (h->exists && !h->closed && !w->mergeable);
}

static bool past_retention(const struct merger *m, int64_t minute) {
    return minute_end_ms(minute) + m->hub->config->retention_ms < clock_wall_ms(m->hub->clock);
}

/* Nothing outlives RETENTION: not by the clock of the minute, and not by ours where the log is a historical one. */
static bool is_expired(const struct merger *m, const struct choice *c, int64_t minute) {
    bool old = c->merged_mono_ms != TIME_NEVER &&
               clock_mono_ms(m->hub->clock) - c->merged_mono_ms >= m->hub->config->retention_ms;
    return old || past_retention(m, minute);
}

static enum note_fate fate_without_hash(const struct merger *m, const struct progress *sources, const struct choice *c,
                                        int64_t minute) {
    return progress_settled_everywhere(sources, minute) || is_expired(m, c, minute) ? NOTE_END : NOTE_KEEP;
}

static enum note_fate fate_of(const struct merger *m, const struct progress *sources, const struct choice *c,
                              const struct store_hash *h, const struct merge_work *w, enum store_answer answer) {
    if (!h->exists || answer == STORE_ABSENT) return fate_without_hash(m, sources, c, h->minute);
    if (h->closed || answer == STORE_CLOSED) return NOTE_END;
    if (answer != STORE_STORED) return NOTE_KEEP;
    if (w->state == LIST_FINAL || !RULE(14, note_until_final)) return NOTE_END;
    if (w->state == LIST_LOST && progress_settled_everywhere(sources, h->minute)) return NOTE_END;
    return NOTE_WAIT;
}

/* Something else lies at a key of the list. Until it is gone there is nothing to write, and nothing outlives RETENTION.
 */
static enum note_fate fate_of_odd(const struct merger *m, const struct store_hash *h) {
    int64_t now = clock_mono_ms(m->hub->clock);
    bool tried = now - aside_since(m->aside, h->location, h->minute, now) >= ASIDE_PATIENCE_MS;
    return tried && past_retention(m, h->minute) ? NOTE_END : NOTE_KEEP;
}

/* Of whose hashes something cannot be read: what is made of them from now on is lost. */
static int lists_lose(struct merger *m, const struct store_hash *hashes, size_t n, const struct merge_work *works,
                      struct err *e) {
    struct store_loss *losses = mem_zalloc(n + 1, sizeof *losses);
    size_t losses_n = 0;
    for (size_t i = 0; i < n; i++)
        if (hash_is_odd(&hashes[i], &works[i]))
            losses[losses_n++] = (struct store_loss){.location = hashes[i].location, .minute = hashes[i].minute};
    int status = losses_n == 0 ? STORE_OK : m->store.ops->lists_lose(m->store.self, losses, losses_n, e);
    mem_free(losses);
    return status;
}

static void remember(struct merger *m, const struct progress *sources, const struct choice *c, const char *token,
                     const struct merge_work *w, const struct store_hash *h, enum note_fate fate) {
    const struct waiting_merge merge = {
        .digest = c->digest,
        .born_ms = h->born_ms,
        .parts = w->parts,
        .parts_n = w->parts_n,
        .state = w->state,
        .settled = progress_settled_everywhere(sources, h->minute),
        /* what has no hash is not renewed, so that it grows old */
        .mono_ms = h->exists || c->merged_mono_ms == TIME_NEVER ? clock_mono_ms(m->hub->clock) : c->merged_mono_ms};
    if (fate == NOTE_END)
        waiting_remove(m->waiting, h->location, h->minute);
    else
        waiting_merged(m->waiting, h->location, h->minute, token, &merge);
}

static int notes_end(struct merger *m, const struct progress *sources, const struct round *r, size_t at,
                     const struct store_hash *hashes, size_t n, const struct merge_work *works,
                     const struct store_list *lists, const int *list_of_hash, struct err *e) {
    struct store_note_end *ends = mem_zalloc(n + 1, sizeof *ends);
    size_t ends_n = 0;
    for (size_t i = 0; i < n; i++) {
        enum store_answer answer = list_of_hash[i] < 0 ? STORE_STORED : lists[list_of_hash[i]].answer;
        bool odd = answer == STORE_ODD || hash_is_odd(&hashes[i], &works[i]);
        const struct choice *c = &r->choices[at + i];
        if (answer == STORE_REFUSED) { /* somebody was ahead: again soon, wherever the note is */
            pass_repeat(m);
            continue;
        }
        enum note_fate fate = odd ? fate_of_odd(m, &hashes[i]) : fate_of(m, sources, c, &hashes[i], &works[i], answer);
        if (odd && fate == NOTE_KEEP) {
            aside_put(m->aside, hashes[i].location, hashes[i].minute, clock_mono_ms(m->hub->clock));
            continue;
        }
        aside_remove(m->aside, hashes[i].location, hashes[i].minute);
        const char *token = r->notes.notes[c->note].token;
        remember(m, sources, c, token, &works[i], &hashes[i], fate);
        if (fate != NOTE_KEEP)
            ends[ends_n++] = (struct store_note_end){hashes[i].location, hashes[i].minute, token, fate == NOTE_WAIT};
    }
    int status = ends_n == 0 ? STORE_OK : m->store.ops->notes_end(m->store.self, ends, ends_n, e);
    mem_free(ends);
    return status;
}

static int locations_touch(struct merger *m, const struct store_list *lists, size_t n, struct err *e) {
    if (n == 0) return STORE_OK;
    struct bytes *names = mem_zalloc(n, sizeof *names);
    for (size_t i = 0; i < n; i++) names[i] = lists[i].location;
    int status = m->store.ops->locations_touch(m->store.self, names, n, e);
    mem_free(names);
    return status;
}

static void count_lists(struct merger *m, const struct store_list *lists, size_t n, const struct merge_work *works,
                        const int *list_of_hash, size_t hashes_n) {
    for (size_t i = 0; i < hashes_n; i++)
        if (list_of_hash[i] >= 0 && lists[list_of_hash[i]].answer == STORE_STORED)
            metric_add(m->written[works[i].state], 1);
    for (size_t i = 0; i < n; i++)
        if (lists[i].answer == STORE_REFUSED) metric_add(m->refused, 1);
}

/* -- a chunk, a round -- */

/* Rule 23, before a list is closed: whoever comes later learns that it may be. *DONE is false if somebody came or went
 * since the rows were read, and the lists were judged without it. */
static int close_first(struct merger *m, const struct store_progress *p, const struct store_list *lists, size_t n,
                       bool *done, struct err *e) {
    int64_t highest = INT64_MIN;
    for (size_t i = 0; i < n; i++)
        if (lists[i].final) highest = i64_larger(highest, lists[i].minute);
    *done = true;
    if (highest <= p->closable_until || !RULE(23, close_first)) return STORE_OK;
    return m->store.ops->close_up_to(m->store.self, p, highest, done, e);
}

static int chunk_write(struct merger *m, struct progress *sources, const struct round *r, size_t at,
                       struct store_lists_read *sr, struct err *e) {
    struct store_hash *hashes = sr->hashes;
    size_t n = sr->hashes_n;
    bool may_close;
    struct merge_work *works = mem_zalloc(n, sizeof *works);
    struct store_list *lists = mem_zalloc(n, sizeof *lists);
    int *list_of_hash = mem_zalloc(n, sizeof *list_of_hash);
    size_t made = lists_make(m, sources, hashes, n, works, lists, list_of_hash);
    int status = close_first(m, &sr->progress, lists, made, &may_close, e);
    bool write = status == STORE_OK && may_close;
    if (write && made > 0)
        status = m->store.ops->lists_write(m->store.self, lists, made, clock_wall_ms(m->hub->clock), e);
    write = write && status == STORE_OK;
    if (write) {
        for (size_t i = 0; i < n; i++)
            if (list_of_hash[i] >= 0 && lists[list_of_hash[i]].lost) works[i].state = LIST_LOST;
        count_lists(m, lists, made, works, list_of_hash, n);
        status = locations_touch(m, lists, made, e);
    }
    if (write && status == STORE_OK) status = lists_lose(m, hashes, n, works, e);
    if (write && status == STORE_OK) status = notes_end(m, sources, r, at, hashes, n, works, lists, list_of_hash, e);
    for (size_t i = 0; i < n; i++) merge_work_deinit(&works[i]);
    mem_free(works);
    mem_free(lists);
    mem_free(list_of_hash);
    return status;
}

static int chunk_merge(struct merger *m, const struct round *r, size_t at, size_t n, struct err *e) {
    struct store_lists_read sr = {.hashes = mem_zalloc(n, sizeof *sr.hashes), .hashes_n = n};
    struct progress sources = {0};
    for (size_t i = 0; i < n; i++) {
        const struct store_note_read *note = &r->notes.notes[r->choices[at + i].note];
        sr.hashes[i].location = note_location(note);
        sr.hashes[i].minute = note->minute;
    }
    int status = m->store.ops->lists_read(m->store.self, &sr, e);
    if (status == STORE_OK && !(sr.life_changed && RULE(15, life_again))) {
        merge_sources(m->hub, &sr.progress, &sources);
        status = chunk_write(m, &sources, r, at, &sr, e);
    }
    progress_deinit(&sources);
    store_lists_read_deinit(&sr);
    mem_free(sr.hashes);
    return status;
}

static int round_work(struct merger *m, struct round *r, struct err *e) {
    int status = STORE_OK;
    for (size_t at = 0; at < r->choices_n && status == STORE_OK; at += ROUND_LISTS_MAX) {
        size_t n = r->choices_n - at < ROUND_LISTS_MAX ? r->choices_n - at : ROUND_LISTS_MAX;
        status = chunk_merge(m, r, at, n, e);
    }
    return status;
}

static void show(struct merger *m) {
    aside_tidy(m->aside, m->shards_known, clock_mono_ms(m->hub->clock));
    metric_set(m->set_aside, (double)aside_count(m->aside));
    metric_set(m->lists, (double)waiting_count(m->waiting));
    metric_set(m->bytes, (double)waiting_bytes(m->waiting));
    metric_add(m->forgotten, waiting_forgotten(m->waiting) - m->forgotten_shown);
    m->forgotten_shown = waiting_forgotten(m->waiting);
}

/* What ails the publisher too is the publisher's to digest; it may take a moment to notice. */
static void say_failure(struct merger *m, const struct err *e) {
    hub_edge_failed(m->hub, HUB_MERGER, e);
    bool alone = atomic_load(&m->hub->store_up) && !atomic_load(&m->hub->store_full);
    if (++m->failures > 1 && alone && outage_says(&m->outage, e->text))
        log_event(LOG_WARN, "merge_failed", "why=%s", log_quote(e->text));
}

static void all_is_well(struct merger *m) {
    hub_edge_works(m->hub, HUB_MERGER);
    if (m->outage.on) log_event(LOG_INFO, "merge_recovered", "board=%s", m->hub->config->board);
    outage_ends(&m->outage);
    m->failures = m->rest_ms = 0;
}

static int round_failed(struct merger *m, int status, const struct err *e) {
    if (status == STORE_FATAL) hub_fail(m->hub, e);
    if (status == STORE_BROKEN) {
        if (RULE(12, forget_on_break)) waiting_clear(m->waiting);
        pass_start(m);
    }
    say_failure(m, e);
    m->rest_ms = m->rest_ms == 0 ? merger_interval_ms(m) : m->rest_ms * 2 > REST_MAX_MS ? REST_MAX_MS : m->rest_ms * 2;
    return m->rest_ms;
}

int merger_step(struct merger *m) {
    uint32_t shards[STORE_SHARDS];
    struct round r = {0};
    struct err e = {0};
    size_t n = hub_shards(m->hub, shards);
    r.merger = m;
    if (n == 0) {
        shards_changed(m, shards, 0);
        hub_edge_works(m->hub, HUB_MERGER);
        show(m);
        atomic_fetch_add(&m->hub->merge_idle, 1);
        return merger_interval_ms(m);
    }
    int64_t began = clock_mono_ms(m->hub->clock);
    int status = round_open(m, shards, n, &r, &e);
    if (status == STORE_OK) {
        choose(m, &r);
        status = round_work(m, &r, &e);
    }
    bool idle = status == STORE_OK && r.choices_n == 0 && r.later == 0 && !m->pass_under_way;
    if (idle)
        atomic_fetch_add(&m->hub->merge_idle, 1);
    else
        atomic_store(&m->hub->merge_idle, 0);
    if (r.choices_n > 0) {
        m->round_ms = clock_mono_ms(m->hub->clock) - began;
        metric_observe(m->seconds, (double)m->round_ms / 1000);
    }
    round_close(&r);
    show(m);
    if (status != STORE_OK) return round_failed(m, status, &e);
    all_is_well(m);
    return merger_interval_ms(m);
}
