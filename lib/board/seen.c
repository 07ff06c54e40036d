#include "board/seen.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

enum { TOKEN_BYTES = 17, TABLE_MIN = 64 };

/* What decides a list's state of one part. */
struct seen_part {
    char *source; /* owned */
    uint64_t incarnation;
    bool final;
};

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t asked_round;
    int64_t minute, merged_mono_ms;
    char token[TOKEN_BYTES];
    uint64_t say;     /* of the minute, when last judged */
    uint64_t outcome; /* state and parts that count */
    struct seen_part *parts;
    size_t parts_n;
    size_t location_len;
    char location[];
};

struct seen {
    struct entry **table;
    size_t table_n, n;
};

struct seen *seen_create(void) {
    struct seen *s = mem_zalloc(1, sizeof *s);
    s->table_n = TABLE_MIN;
    s->table = mem_zalloc(s->table_n, sizeof(struct entry *));
    return s;
}

static void parts_free(struct entry *e) {
    for (size_t i = 0; i < e->parts_n; i++) mem_free(e->parts[i].source);
    mem_free(e->parts);
    e->parts = NULL;
    e->parts_n = 0;
}

static void entry_free(struct entry *e) {
    parts_free(e);
    mem_free(e);
}

void seen_clear(struct seen *s) {
    for (size_t i = 0; i < s->table_n; i++)
        while (s->table[i] != NULL) {
            struct entry *e = s->table[i];
            s->table[i] = e->next;
            entry_free(e);
        }
    s->n = 0;
}

void seen_destroy(struct seen *s) {
    if (s == NULL) return;
    seen_clear(s);
    mem_free(s->table);
    mem_free(s);
}

size_t seen_count(const struct seen *s) { return s->n; }

static uint64_t key_hash(struct bytes location, int64_t minute) {
    return hash64(location.p, location.n, (uint64_t)minute);
}

/* The link that points to the entry, or to the NULL at the end of its chain. */
static struct entry **entry_link(struct seen *s, struct bytes location, int64_t minute, uint64_t hash) {
    struct entry **link = &s->table[hash & (s->table_n - 1)];
    for (; *link != NULL; link = &(*link)->next) {
        struct entry *e = *link;
        if (e->hash == hash && e->minute == minute && e->location_len == location.n &&
            memcmp(e->location, location.p, location.n) == 0)
            break;
    }
    return link;
}

static void table_grow(struct seen *s) {
    size_t n = s->table_n * 2;
    struct entry **table = mem_zalloc(n, sizeof(struct entry *));
    for (size_t i = 0; i < s->table_n; i++)
        while (s->table[i] != NULL) {
            struct entry *e = s->table[i];
            s->table[i] = e->next;
            e->next = table[e->hash & (n - 1)];
            table[e->hash & (n - 1)] = e;
        }
    mem_free(s->table);
    s->table = table;
    s->table_n = n;
}

static struct entry *entry_get(struct seen *s, struct bytes location, int64_t minute) {
    uint64_t hash = key_hash(location, minute);
    if (s->n >= s->table_n) table_grow(s);
    struct entry **link = entry_link(s, location, minute, hash);
    if (*link != NULL) return *link;
    struct entry *e = mem_zalloc(1, sizeof *e + location.n);
    e->hash = hash;
    e->minute = minute;
    e->location_len = location.n;
    memcpy(e->location, location.p, location.n);
    s->n++;
    return *link = e;
}

/* SETTLED (everywhere) changes no list, but it ends the notes of lost ones. */
static uint64_t outcome_hash(enum list_state state, bool settled, const struct board_part *parts, size_t n) {
    uint64_t counting = settled;
    for (size_t i = 0; i < n; i++)
        if (parts[i].counts) counting ^= hash64(parts[i].source, strlen(parts[i].source), parts[i].incarnation);
    return hash64(&counting, sizeof counting, (uint64_t)state);
}

static uint64_t entry_judge(const struct entry *e, const struct part_rules *rules, const struct board_sources *sources,
                            enum list_state *state) {
    struct board_part *parts = mem_zalloc(e->parts_n + 1, sizeof *parts);
    for (size_t i = 0; i < e->parts_n; i++)
        parts[i] = (struct board_part){
            .source = e->parts[i].source, .incarnation = e->parts[i].incarnation, .final = e->parts[i].final};
    *state = board_judge(rules, sources, e->minute, parts, e->parts_n);
    uint64_t outcome = outcome_hash(*state, board_settled_everywhere(sources, e->minute), parts, e->parts_n);
    mem_free(parts);
    return outcome;
}

bool seen_is_news(struct seen *s, struct bytes location, int64_t minute, const char *token, uint64_t round,
                  struct seen_last *last) {
    struct entry *e = *entry_link(s, location, minute, key_hash(location, minute));
    *last = (struct seen_last){PART_NEVER, false};
    if (e == NULL) return true;
    last->mono_ms = e->merged_mono_ms;
    if (strcmp(e->token, token) == 0) return false;
    e->asked_round = round;
    return true;
}

/* What the rows say of a minute, computed once per minute and pass. */
struct say_cache {
    int64_t minute;
    uint64_t say;
    bool set;
};
enum { SAY_CACHE = 64 };

static uint64_t say_of(struct say_cache cache[SAY_CACHE], const struct part_rules *rules,
                       const struct board_sources *sources, int64_t minute) {
    struct say_cache *c = &cache[(uint64_t)minute % SAY_CACHE];
    if (!c->set || c->minute != minute) *c = (struct say_cache){minute, board_say(rules, sources, minute), true};
    return c->say;
}

void seen_changed(struct seen *s, const struct part_rules *rules, const struct board_sources *sources, uint64_t round,
                  seen_offer *offer, void *ctx) {
    struct say_cache cache[SAY_CACHE] = {{0}};
    for (size_t i = 0; i < s->table_n; i++)
        for (struct entry *e = s->table[i]; e != NULL; e = e->next) {
            uint64_t say = say_of(cache, rules, sources, e->minute);
            if (e->say == say || e->asked_round == round) continue;
            enum list_state state;
            if (entry_judge(e, rules, sources, &state) == e->outcome) {
                e->say = say; /* the rows moved, this list did not */
                continue;
            }
            struct seen_last last = {e->merged_mono_ms, state == LIST_FINAL};
            offer(ctx, (struct bytes){e->location, e->location_len}, e->minute, e->token, &last);
        }
}

void seen_filter(struct seen *s, bool (*keep)(void *ctx, struct bytes location), void *ctx) {
    for (size_t i = 0; i < s->table_n; i++)
        for (struct entry **link = &s->table[i]; *link != NULL;) {
            struct entry *e = *link;
            if (keep(ctx, (struct bytes){e->location, e->location_len})) {
                link = &e->next;
                continue;
            }
            *link = e->next;
            entry_free(e);
            s->n--;
        }
}

void seen_merged(struct seen *s, struct bytes location, int64_t minute, const char *token, uint64_t say,
                 const struct board_part *parts, size_t n, enum list_state state, bool settled, int64_t mono_ms) {
    struct entry *e = entry_get(s, location, minute);
    parts_free(e);
    e->parts = mem_zalloc(n + 1, sizeof *e->parts);
    e->parts_n = n;
    for (size_t i = 0; i < n; i++)
        e->parts[i] = (struct seen_part){mem_strdup(parts[i].source), parts[i].incarnation, parts[i].final};
    memset(e->token, 0, sizeof e->token);
    strncpy(e->token, token, TOKEN_BYTES - 1);
    e->say = say;
    e->outcome = outcome_hash(state, settled, parts, n);
    e->merged_mono_ms = mono_ms;
}

void seen_remove(struct seen *s, struct bytes location, int64_t minute) {
    struct entry **link = entry_link(s, location, minute, key_hash(location, minute));
    struct entry *e = *link;
    if (e == NULL) return;
    *link = e->next;
    entry_free(e);
    s->n--;
}
