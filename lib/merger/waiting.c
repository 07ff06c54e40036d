#include "merger/waiting.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

enum {
    TOKEN_BYTES = 17,
    TABLE_MIN = 8,
    FORGOTTEN_MAX = 4096,
    MALLOC_BYTES = 16 /* that a block costs beside itself */
};

/* What decides a list's state of one part. */
struct waiting_part {
    const char *partition_name; /* of names */
    uint64_t incarnation;
    bool final;
};

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t asked_round;
    int64_t merged_mono_ms, born_ms;
    uint64_t digest;  /* of the minute, when last judged */
    uint64_t outcome; /* state and parts that count */
    struct waiting_part *parts;
    uint32_t parts_n;
    uint16_t location_len;
    char token[TOKEN_BYTES];
    char location[];
};

/* The lists of one minute. */
struct group {
    int64_t minute;
    uint64_t digest;        /* every list was judged under it ... */
    bool judged;            /* ... if this is true */
    int64_t oldest_mono_ms; /* no list of it was merged before */
    struct entry **table;
    size_t table_n, n;
};

/* A minute whose lists were forgotten for want of room. */
struct forgotten {
    int64_t minute, mono_ms;
    uint64_t digest;
};

struct waiting_lists {
    struct group **groups; /* ascending */
    size_t groups_n, groups_cap;
    size_t lists_n, bytes, bytes_max;
    uint64_t seed; /* of the tables: their order never shows */
    char **names;  /* of sources, ascending; they stay */
    size_t names_n, names_cap;
    struct forgotten forgotten[FORGOTTEN_MAX]; /* a ring */
    size_t forgotten_n;                        /* ever */
    uint64_t forgotten_lists;
};

struct waiting_lists *waiting_create(size_t bytes_max) {
    struct waiting_lists *s = mem_zalloc(1, sizeof *s);
    s->bytes_max = bytes_max;
    s->seed = random64();
    return s;
}

size_t waiting_count(const struct waiting_lists *s) { return s->lists_n; }
size_t waiting_bytes(const struct waiting_lists *s) { return s->bytes; }
uint64_t waiting_forgotten(const struct waiting_lists *s) { return s->forgotten_lists; }

/* -- names -- */

static const char *name_of(struct waiting_lists *s, const char *source) {
    size_t lo = 0, hi = s->names_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(s->names[mid], source);
        if (c == 0) return s->names[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (s->names_n == s->names_cap) {
        s->names_cap = s->names_cap == 0 ? 16 : s->names_cap * 2;
        s->names = mem_realloc(s->names, s->names_cap, sizeof *s->names);
    }
    memmove(s->names + lo + 1, s->names + lo, (s->names_n - lo) * sizeof *s->names);
    s->names_n++;
    return s->names[lo] = mem_strdup(source);
}

/* -- groups -- */

/* With its link in the table. */
static size_t entry_bytes(const struct entry *e) {
    return sizeof *e + e->location_len + e->parts_n * sizeof *e->parts + sizeof(struct entry *) + 2 * MALLOC_BYTES;
}

static void entry_free(struct waiting_lists *s, struct entry *e) {
    s->bytes -= entry_bytes(e);
    s->lists_n--;
    mem_free(e->parts);
    mem_free(e);
}

static void group_free(struct waiting_lists *s, struct group *g) {
    for (size_t i = 0; i < g->table_n; i++)
        while (g->table[i] != NULL) {
            struct entry *e = g->table[i];
            g->table[i] = e->next;
            entry_free(s, e);
        }
    mem_free(g->table);
    mem_free(g);
}

static void group_remove(struct waiting_lists *s, size_t at) {
    group_free(s, s->groups[at]);
    s->groups_n--;
    memmove(s->groups + at, s->groups + at + 1, (s->groups_n - at) * sizeof *s->groups);
}

void waiting_clear(struct waiting_lists *s) {
    for (size_t i = 0; i < s->groups_n; i++) group_free(s, s->groups[i]);
    s->groups_n = s->forgotten_n = 0;
    assert(s->lists_n == 0 && s->bytes == 0);
}

void waiting_destroy(struct waiting_lists *s) {
    if (s == NULL) return;
    waiting_clear(s);
    for (size_t i = 0; i < s->names_n; i++) mem_free(s->names[i]);
    mem_free(s->names);
    mem_free(s->groups);
    mem_free(s);
}

/* Index of the first group that is not before MINUTE. */
static size_t group_at(const struct waiting_lists *s, int64_t minute) {
    size_t lo = 0, hi = s->groups_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->groups[mid]->minute < minute)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct group *group_find(const struct waiting_lists *s, int64_t minute) {
    size_t at = group_at(s, minute);
    return at < s->groups_n && s->groups[at]->minute == minute ? s->groups[at] : NULL;
}

static struct group *group_get(struct waiting_lists *s, int64_t minute) {
    size_t at = group_at(s, minute);
    if (at < s->groups_n && s->groups[at]->minute == minute) return s->groups[at];
    if (s->groups_n == s->groups_cap) {
        s->groups_cap = s->groups_cap == 0 ? 64 : s->groups_cap * 2;
        s->groups = mem_realloc(s->groups, s->groups_cap, sizeof *s->groups);
    }
    struct group *g = mem_zalloc(1, sizeof *g);
    g->minute = minute;
    g->oldest_mono_ms = INT64_MAX;
    g->table_n = TABLE_MIN;
    g->table = mem_zalloc(g->table_n, sizeof *g->table);
    memmove(s->groups + at + 1, s->groups + at, (s->groups_n - at) * sizeof *s->groups);
    s->groups_n++;
    return s->groups[at] = g;
}

static void group_grow(struct group *g) {
    size_t n = g->table_n * 2;
    struct entry **table = mem_zalloc(n, sizeof *table);
    for (size_t i = 0; i < g->table_n; i++)
        while (g->table[i] != NULL) {
            struct entry *e = g->table[i];
            g->table[i] = e->next;
            e->next = table[e->hash & (n - 1)];
            table[e->hash & (n - 1)] = e;
        }
    mem_free(g->table);
    g->table = table;
    g->table_n = n;
}

/* -- entries -- */

/* The link that points to the entry, or to the NULL at the end of its chain. */
static struct entry **entry_link(const struct waiting_lists *s, struct group *g, struct bytes location) {
    uint64_t hash = hash64(location.p, location.n, s->seed);
    struct entry **link = &g->table[hash & (g->table_n - 1)];
    for (; *link != NULL; link = &(*link)->next) {
        const struct entry *e = *link;
        if (e->hash == hash && e->location_len == location.n && memcmp(e->location, location.p, location.n) == 0) break;
    }
    return link;
}

static struct entry *entry_find(const struct waiting_lists *s, struct bytes location, int64_t minute) {
    struct group *g = group_find(s, minute);
    return g == NULL ? NULL : *entry_link(s, g, location);
}

static struct entry *entry_get(struct waiting_lists *s, struct group *g, struct bytes location) {
    if (g->n >= g->table_n) group_grow(g);
    struct entry **link = entry_link(s, g, location);
    if (*link != NULL) return *link;
    struct entry *e = mem_zalloc(1, sizeof *e + location.n);
    e->hash = hash64(location.p, location.n, s->seed);
    e->location_len = (uint16_t)location.n;
    memcpy(e->location, location.p, location.n);
    g->n++;
    s->lists_n++;
    s->bytes += entry_bytes(e);
    return *link = e;
}

static void entry_unlink(struct waiting_lists *s, struct group *g, struct entry **link) {
    struct entry *e = *link;
    *link = e->next;
    entry_free(s, e);
    g->n--;
}

/* -- room -- */

static void group_forget(struct waiting_lists *s, size_t at) {
    const struct group *g = s->groups[at];
    s->forgotten_lists += g->n;
    if (g->judged)
        s->forgotten[s->forgotten_n++ % FORGOTTEN_MAX] = (struct forgotten){g->minute, g->oldest_mono_ms, g->digest};
    group_remove(s, at);
}

/* The group of KEEP is the one that grows. */
static void make_room(struct waiting_lists *s, int64_t keep) {
    while (s->bytes > s->bytes_max && s->groups_n > 1) group_forget(s, s->groups[0]->minute == keep ? 1 : 0);
}

static bool is_forgotten(const struct waiting_lists *s, int64_t minute, uint64_t digest) {
    size_t n = s->forgotten_n < FORGOTTEN_MAX ? s->forgotten_n : FORGOTTEN_MAX;
    for (size_t i = 0; i < n; i++)
        if (s->forgotten[i].minute == minute && s->forgotten[i].digest == digest) return true;
    return false;
}

/* -- judging -- */

/* SETTLED (everywhere) changes no list, but it ends the notes of lost ones. */
static uint64_t outcome_hash(enum list_state state, bool settled, const struct list_part *parts, size_t n) {
    uint64_t counting = settled;
    for (size_t i = 0; i < n; i++)
        if (parts[i].counts)
            counting ^= hash64(parts[i].partition_name, strlen(parts[i].partition_name), parts[i].incarnation);
    return hash64(&counting, sizeof counting, (uint64_t)state);
}

static uint64_t entry_judge(const struct entry *e, int64_t minute, const struct delivery_rules *rules,
                            struct progress *sources, bool settled, enum list_state *state) {
    struct list_part *parts = mem_zalloc((size_t)e->parts_n + 1, sizeof *parts);
    for (size_t i = 0; i < e->parts_n; i++)
        parts[i] = (struct list_part){.partition_name = e->parts[i].partition_name,
                                      .incarnation = e->parts[i].incarnation,
                                      .final = e->parts[i].final};
    *state = list_judge(rules, sources, minute, e->born_ms, parts, e->parts_n);
    uint64_t outcome = outcome_hash(*state, settled, parts, e->parts_n);
    mem_free(parts);
    return outcome;
}

bool waiting_is_news(struct waiting_lists *s, const struct waiting_note *note, const struct delivery_rules *rules,
                     struct progress *sources, uint64_t round, struct waiting_last *last) {
    struct entry *e = entry_find(s, note->location, note->minute);
    *last = (struct waiting_last){TIME_NEVER, false};
    if (e == NULL)
        return !note->waiting || s->forgotten_n == 0 ||
               !is_forgotten(s, note->minute, progress_digest(rules, sources, note->minute));
    last->mono_ms = e->merged_mono_ms;
    if (strcmp(e->token, note->token) == 0) return false;
    e->asked_round = round;
    return true;
}

static struct waiting_note note_of(const struct group *g, const struct entry *e) {
    return (struct waiting_note){{e->location, e->location_len}, g->minute, e->token, true};
}

struct pass {
    const struct delivery_rules *rules;
    struct progress *sources;
    uint64_t round;
    waiting_offer *offer;
    void *ctx;
};

/* True if it need not be looked at again while SAY stands. */
static bool entry_look(const struct pass *p, const struct group *g, struct entry *e, uint64_t digest, bool settled) {
    if (e->digest == digest) return true;
    if (e->asked_round == p->round) return false;
    enum list_state state;
    if (entry_judge(e, g->minute, p->rules, p->sources, settled, &state) == e->outcome) {
        e->digest = digest; /* the rows moved, this list did not */
        return true;
    }
    struct waiting_note note = note_of(g, e);
    p->offer(p->ctx, &note, &(struct waiting_last){e->merged_mono_ms, state == LIST_FINAL});
    return false;
}

static void group_look(const struct pass *p, struct group *g) {
    uint64_t digest = progress_digest(p->rules, p->sources, g->minute);
    if (g->judged && g->digest == digest) return;
    bool settled = progress_settled_everywhere(p->sources, g->minute);
    g->judged = true;
    g->digest = digest;
    for (size_t i = 0; i < g->table_n; i++)
        for (struct entry *e = g->table[i]; e != NULL; e = e->next)
            if (!entry_look(p, g, e, digest, settled)) g->judged = false;
}

void waiting_changed(struct waiting_lists *s, const struct delivery_rules *rules, struct progress *sources,
                     uint64_t round, waiting_offer *offer, void *ctx) {
    struct pass p = {rules, sources, round, offer, ctx};
    for (size_t i = 0; i < s->groups_n; i++) group_look(&p, s->groups[i]);
}

static void forgotten_drop(struct waiting_lists *s, int64_t mono_ms) {
    size_t n = s->forgotten_n < FORGOTTEN_MAX ? s->forgotten_n : FORGOTTEN_MAX;
    for (size_t i = 0; i < n; i++)
        if (s->forgotten[i].mono_ms <= mono_ms) s->forgotten[i].minute = INT64_MIN;
}

void waiting_old(struct waiting_lists *s, int64_t mono_ms, uint64_t round, waiting_offer *offer, void *ctx) {
    forgotten_drop(s, mono_ms);
    for (size_t i = 0; i < s->groups_n; i++) {
        struct group *g = s->groups[i];
        if (g->oldest_mono_ms > mono_ms) continue;
        g->oldest_mono_ms = INT64_MAX;
        for (size_t k = 0; k < g->table_n; k++)
            for (struct entry *e = g->table[k]; e != NULL; e = e->next) {
                g->oldest_mono_ms = i64_smaller(g->oldest_mono_ms, e->merged_mono_ms);
                if (e->merged_mono_ms > mono_ms || e->asked_round == round) continue;
                e->asked_round = round;
                struct waiting_note note = note_of(g, e);
                offer(ctx, &note, &(struct waiting_last){e->merged_mono_ms, false});
            }
    }
}

/* -- what changed -- */

void waiting_filter(struct waiting_lists *s, bool (*keep)(void *ctx, struct bytes location), void *ctx) {
    for (size_t at = s->groups_n; at-- > 0;) {
        struct group *g = s->groups[at];
        for (size_t i = 0; i < g->table_n; i++)
            for (struct entry **link = &g->table[i]; *link != NULL;) {
                if (keep(ctx, (struct bytes){(*link)->location, (*link)->location_len}))
                    link = &(*link)->next;
                else
                    entry_unlink(s, g, link);
            }
        if (g->n == 0) group_remove(s, at);
    }
}

void waiting_merged(struct waiting_lists *s, struct bytes location, int64_t minute, const char *token,
                    const struct waiting_merge *m) {
    struct group *g = group_get(s, minute);
    struct entry *e = entry_get(s, g, location);
    s->bytes -= entry_bytes(e);
    mem_free(e->parts);
    e->parts = mem_zalloc(m->parts_n + 1, sizeof *e->parts);
    e->parts_n = (uint32_t)m->parts_n;
    s->bytes += entry_bytes(e);
    for (size_t i = 0; i < m->parts_n; i++)
        e->parts[i] =
            (struct waiting_part){name_of(s, m->parts[i].partition_name), m->parts[i].incarnation, m->parts[i].final};
    memset(e->token, 0, sizeof e->token);
    strncpy(e->token, token, TOKEN_BYTES - 1);
    e->digest = m->digest;
    e->born_ms = m->born_ms;
    e->outcome = outcome_hash(m->state, m->settled, m->parts, m->parts_n);
    e->merged_mono_ms = m->mono_ms;
    g->oldest_mono_ms = i64_smaller(g->oldest_mono_ms, m->mono_ms);
    g->judged = g->judged && g->digest == m->digest;
    make_room(s, minute);
}

void waiting_remove(struct waiting_lists *s, struct bytes location, int64_t minute) {
    size_t at = group_at(s, minute);
    if (at == s->groups_n || s->groups[at]->minute != minute) return;
    struct group *g = s->groups[at];
    struct entry **link = entry_link(s, g, location);
    if (*link != NULL) entry_unlink(s, g, link);
    if (g->n == 0) group_remove(s, at);
}
