/* topkd/judge_suggest.c - looks where the events may stand, chooses fields there, and asks the decoder what that gives.
 *   1. Places for EVENTS_AT: none, the one that is set, and every array of objects that most messages hold.
 *   2. For each of them the paths of the events and of their wrapper, and the best path for each field.
 *   3. A configuration of that, by which all messages are judged: by the worker's own decoder.
 *   4. The one with the most points, times the share of events that are fit. A setting that costs more than a third of
 *      them is taken back. If fewer would be fit than now, there is no proposal.
 *   5. Late and future events are fit: a wrong time is worse hidden than shown. If their times say no zone, the zone is
 *      looked for that would apply them. */
#include "judge_suggest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "judge_choose.h"
#include "judge_show.h"

enum { WRAPPER_MALUS = 3, OVERRIDES_MAX = 16, PATHS_SHOWN_MAX = 12, COST_SHARE = 3 };

/* -- what stands there --------------------------------------------------------------------------- */

/* A proposal, as far as it is made. */
struct proposal {
    const char *events_at;    /* borrowed */
    struct event_rules rules; /* to look with */
    struct judge_places places;
    struct judge_paths paths;
    struct judge_path current[JUDGE_ROLES]; /* at the places that are set */
    struct place of_current[JUDGE_ROLES];
    struct judge_beside beside;
    struct judge_choices choices;
    struct override {
        const char *setting; /* without TOPKD_ */
        char *value, *why;   /* owned */
    } overrides[OVERRIDES_MAX];
    size_t overrides_n;
    struct buf away; /* comments on late and future events */
    struct judge_counts counts;
};

static const char *setting_text(const struct config *c, enum judge_role role) {
    const char *const texts[JUDGE_ROLES] = {
        [JUDGE_ROLE_ITEM] = c->field_item, [JUDGE_ROLE_LOCATION] = c->field_location, [JUDGE_ROLE_TIME] = c->field_time,
        [JUDGE_ROLE_TYPE] = c->field_type, [JUDGE_ROLE_USER] = c->field_user,         [JUDGE_ROLE_ID] = c->field_id};
    return texts[role];
}

static void event_look(struct proposal *p, const struct judge_record *record, const struct judge_scene *s,
                       struct event_arena *texts) {
    judge_paths_look(&p->paths, s, texts);
    for (int r = 0; r < JUDGE_ROLES; r++) {
        struct judge_found found = judge_find(s, &p->of_current[r]);
        judge_path_take(&p->current[r], &p->paths, &found, s->message->time_ms, texts);
    }
    struct judge_found key = {.text = s->message->key};
    judge_path_take(&p->beside.key, &p->paths, &key, s->message->time_ms, texts);
    judge_paths_look_headers(&p->beside.headers, s->message, record->header_name, texts);
}

/* Each event of a root. */
static void root_look(struct proposal *p, const struct judge_record *r, const struct judge_node *root,
                      struct event_arena *texts) {
    struct judge_scene s = {.message = &r->message, .event = root};
    if (*p->events_at == '\0') {
        event_look(p, r, &s, texts);
        return;
    }
    struct judge_found at = judge_find(&s, &p->places.events_at);
    s.wrapper = root;
    if (at.node == NULL || (at.node->kind != JUDGE_ARRAY && at.node->kind != JUDGE_OBJECT)) return;
    s.event = at.node->kind == JUDGE_ARRAY ? at.node->first : at.node;
    for (; s.event != NULL; s.event = at.node->kind == JUDGE_ARRAY ? s.event->next : NULL) event_look(p, r, &s, texts);
}

/* The trees go, but texts in a path are the messages'. */
static void corpus_look(struct proposal *p, const struct judge_corpus *corpus) {
    struct judge_tree *tree = judge_tree_create();
    struct event_arena *texts = event_arena_create();
    for (size_t i = 0; i < corpus->n; i++) {
        const struct judge_record *r = &corpus->records[i];
        event_arena_clear(texts);
        for (const struct judge_node *root = judge_tree_read(tree, r->message.value); root != NULL; root = root->next)
            if (root->kind == JUDGE_OBJECT) root_look(p, r, root, texts);
    }
    event_arena_destroy(texts);
    judge_tree_destroy(tree);
}

/* It does not move: choices and paths point into it. */
static struct proposal *proposal_create(const struct config *c, const char *events_at) {
    struct proposal *p = mem_zalloc(1, sizeof *p);
    static const struct time_zone utc = {.kind = TIME_ZONE_OFFSET, .name = "UTC"};
    struct err e = {0};
    p->events_at = events_at;
    p->rules = config_event_rules(c);
    p->rules.events_at = events_at;
    if (c->zone.kind == TIME_ZONE_REFUSED) p->rules.zone = &utc; /* else no such time would be found */
    judge_places_init(&p->places, &p->rules);
    judge_paths_init(&p->paths, &p->rules);
    judge_paths_init(&p->beside.headers, &p->rules);
    p->beside.key = (struct judge_path){.place = mem_strdup("@key"), .words = mem_strdup("key")};
    for (int r = 0; r < JUDGE_ROLES; r++) {
        const char *text = setting_text(c, (enum judge_role)r);
        p->current[r] = (struct judge_path){.place = mem_strdup(text), .words = mem_strdup("")};
        if (place_parse(text, &p->of_current[r], &e) != 0) p->of_current[r].of = PLACE_NOWHERE;
    }
    return p;
}

static void proposal_destroy(struct proposal *p) {
    if (p == NULL) return;
    for (size_t i = 0; i < p->overrides_n; i++) {
        mem_free(p->overrides[i].value);
        mem_free(p->overrides[i].why);
    }
    buf_free(&p->away);
    for (int r = 0; r < JUDGE_ROLES; r++) judge_path_deinit(&p->current[r]);
    judge_path_deinit(&p->beside.key);
    judge_paths_deinit(&p->beside.headers);
    judge_paths_deinit(&p->paths);
    mem_free(p);
}

/* -- the settings -------------------------------------------------------------------------------- */

static void override_add(struct proposal *p, const char *setting, const char *value, const char *why) {
    if (p->overrides_n == OVERRIDES_MAX) return;
    p->overrides[p->overrides_n++] = (struct override){setting, mem_strdup(value), mem_strdup(why)};
}

static const struct {
    const char *setting, *what;
} role_rows[JUDGE_ROLES] = {
    [JUDGE_ROLE_ITEM] = {"FIELD_ITEM", "the item"},
    [JUDGE_ROLE_LOCATION] = {"FIELD_LOCATION", "the location"},
    [JUDGE_ROLE_TIME] = {"FIELD_TIME", "the time"},
    [JUDGE_ROLE_TYPE] = {"FIELD_TYPE", "the type, for TOPKD_WEIGHTS"},
    [JUDGE_ROLE_USER] = {"FIELD_USER", "the user (changes no list in this version)"},
    [JUDGE_ROLE_ID] = {"FIELD_ID", "the id: an event whose id was seen shortly before does not count again"},
};

static const char *path_kind(const struct judge_path *path) {
    return path->texts == path->values ? "strings" : path->texts == 0 ? "numbers" : "strings and others";
}

static void path_why(struct buf *out, const char *what, const struct judge_path *path, size_t events) {
    bool many = path->distinct.n == JUDGE_DISTINCT_MAX;
    buf_addf(out, "%s: %s, %zu%s different in %zu of %zu events, like ", what, path_kind(path), path->distinct.n,
             many ? " or more" : "", path->values, events);
    judge_show_raw(out, path->example);
}

static void time_why(struct buf *out, const struct proposal *p, const struct config *c) {
    const struct judge_path *path = p->choices.of[JUDGE_ROLE_TIME].path, *other = p->choices.other_time;
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(minute_of(path->example_ms), minute);
    buf_addf(out, ", which is read as %s", minute);
    if (path->zoneless > 0) buf_addf(out, " because it says no zone and TOPKD_TIME_ZONE is %s", c->zone.name);
    if (other != NULL) buf_addf(out, "; another time stands at %s", log_quote(other->place));
}

static void id_why(struct buf *out, const struct judge_path *path) {
    size_t repeated = path->values - path->distinct.n;
    if (repeated == 0 || path->distinct.n == JUDGE_DISTINCT_MAX) return;
    buf_addf(out, "; %zu come again, and would not count", repeated);
}

static void role_override(struct proposal *p, const struct config *c, enum judge_role role) {
    const struct judge_path *path = p->choices.of[role].path;
    struct buf why = {0};
    if (path == NULL || strcmp(path->place, setting_text(c, role)) == 0) return;
    if (role == JUDGE_ROLE_TYPE && path->distinct.n < 2 && c->weights.n == 0) return;
    path_why(&why, role_rows[role].what, path, p->paths.events);
    if (role == JUDGE_ROLE_ITEM && path->indexes > 0 && path->elements > 1)
        buf_addf(&why, "; only this one of up to %zu elements counts", path->elements);
    if (role == JUDGE_ROLE_ID) id_why(&why, path);
    if (role == JUDGE_ROLE_TIME) time_why(&why, p, c);
    override_add(p, role_rows[role].setting, path->place, buf_text(&why));
    buf_free(&why);
}

/* What stands at the place that is set cannot be used, and nothing else can: a name that no event has is better. */
static void role_evade(struct proposal *p, enum judge_role role, const char *nobody, const char *effect) {
    const struct judge_path *now = &p->current[role];
    struct buf why = {0};
    size_t unfit = now->values - judge_path_fit(now, role);
    if (p->choices.of[role].path != NULL || unfit * 2 <= p->paths.events) return;
    buf_addf(&why, "%s: what stands at %s is unfit in %zu of %zu events, like ", role_rows[role].what, now->place,
             unfit, p->paths.events);
    judge_show_raw(&why, now->example);
    buf_addf(&why, ". A name that no event has: %s", effect);
    override_add(p, role_rows[role].setting, nobody, buf_text(&why));
    buf_free(&why);
}

static const char *place_in_force(const struct proposal *p, const struct config *c, enum judge_role role) {
    const struct judge_path *path = p->choices.of[role].path;
    return path != NULL ? path->place : setting_text(c, role);
}

/* No two of these settings may be the same. What is not used gives way. */
static void twins_evade(struct proposal *p, const struct config *c) {
    static const enum judge_role used[] = {JUDGE_ROLE_ITEM, JUDGE_ROLE_LOCATION, JUDGE_ROLE_TIME};
    for (size_t i = 0; i < ARRAY_LEN(used); i++) {
        const char *place = place_in_force(p, c, used[i]);
        if (strcmp(place, c->field_user) == 0 && p->choices.of[JUDGE_ROLE_USER].path == NULL)
            override_add(p, "FIELD_USER", "", "it is another field now");
        if (strcmp(place, c->field_value) == 0) override_add(p, "FIELD_VALUE", "", "it is another field now");
        if (strcmp(place, c->field_type) == 0 && p->choices.of[JUDGE_ROLE_TYPE].path == NULL)
            override_add(p, "FIELD_TYPE", "no_type", "it is another field now, and this is a name that no event has");
    }
}

static void zone_override(struct proposal *p, const struct config *c) {
    const struct judge_path *time = p->choices.of[JUDGE_ROLE_TIME].path;
    if (time == NULL || time->zoneless == 0 || c->zone.kind != TIME_ZONE_REFUSED) return;
    override_add(p, "TIME_ZONE", "UTC", "the times say no zone: put theirs here if it is not UTC");
}

static void settings_propose(struct proposal *p, const struct config *c) {
    if (strcmp(p->events_at, c->events_at) != 0)
        override_add(p, "EVENTS_AT", p->events_at,
                     *p->events_at != '\0' ? "an array of events stands there" : "an event comes alone");
    for (int r = 0; r < JUDGE_ROLES; r++) role_override(p, c, (enum judge_role)r);
    role_evade(p, JUDGE_ROLE_LOCATION, "no_location", "events count in TOPKD_GLOBAL only");
    role_evade(p, JUDGE_ROLE_TIME, "no_time", "the record's time is used");
    zone_override(p, c);
    twins_evade(p, c);
}

/* -- what they give ------------------------------------------------------------------------------ */

struct environment {
    char **entries; /* owned, but for those of the process */
    size_t n, cap, own_n;
};

static void environment_add(struct environment *v, const char *entry) {
    v->entries = mem_grow(v->entries, &v->cap, v->n + 1, sizeof *v->entries);
    v->entries[v->n++] = (char *)entry;
}

static bool is_overridden(const struct proposal *p, const char *entry, size_t without) {
    for (size_t i = 0; i < p->overrides_n; i++) {
        size_t n = strlen(p->overrides[i].setting);
        if (i == without || strncmp(entry, "TOPKD_", 6) != 0 || strncmp(entry + 6, p->overrides[i].setting, n) != 0)
            continue;
        if (entry[6 + n] == '=' || strncmp(entry + 6 + n, "_FILE=", 6) == 0) return true;
    }
    return false;
}

/* The overrides, but for number WITHOUT, before what the process has. */
static void environment_init(struct environment *v, const struct proposal *p, const char *const *envp, size_t without) {
    *v = (struct environment){0};
    for (size_t i = 0; i < p->overrides_n; i++) {
        struct buf entry = {0};
        if (i == without) continue;
        buf_addf(&entry, "TOPKD_%s=%s", p->overrides[i].setting, p->overrides[i].value);
        environment_add(v, mem_strdup(buf_text(&entry)));
        buf_free(&entry);
    }
    v->own_n = v->n;
    for (; *envp != NULL; envp++)
        if (!is_overridden(p, *envp, without)) environment_add(v, *envp);
    environment_add(v, NULL);
}

static void environment_deinit(struct environment *v) {
    for (size_t i = 0; i < v->own_n; i++) mem_free(v->entries[i]);
    mem_free(v->entries);
}

static struct judge_counts corpus_judge(const struct judge_corpus *corpus, const struct config *c) {
    struct judge_verdict v;
    judge_verdict_init(&v, c);
    for (size_t i = 0; i < corpus->n; i++) judge_verdict_take(&v, &corpus->records[i]);
    struct judge_counts counts = v.counts;
    judge_verdict_deinit(&v);
    return counts;
}

/* Settings that cannot be loaded apply nothing. */
static struct judge_counts proposal_judge(const struct proposal *p, const struct judge_corpus *corpus,
                                          const char *const *envp, size_t without) {
    struct environment v;
    struct judge_counts counts = {0};
    struct config *c = NULL;
    struct buf problems = {0};
    environment_init(&v, p, envp, without);
    if (config_load((const char *const *)v.entries, &c, &problems) == 0) counts = corpus_judge(corpus, c);
    config_destroy(c);
    buf_free(&problems);
    environment_deinit(&v);
    return counts;
}

static uint64_t counts_fit(const struct judge_counts *n) {
    return n->of[EVENT_APPLIED] + n->of[EVENT_WEIGHTLESS] + judge_counts_away(n);
}

static void override_remove(struct proposal *p, size_t i) {
    mem_free(p->overrides[i].value);
    mem_free(p->overrides[i].why);
    memmove(&p->overrides[i], &p->overrides[i + 1], (p->overrides_n - i - 1) * sizeof p->overrides[0]);
    p->overrides_n--;
}

/* Takes back what costs many fit events, or any if there would be fewer than NOW. A few are no reason: that one
 * time of a hundred cannot be read does not mean that the record's time is better for all. */
static void proposal_settle(struct proposal *p, const struct judge_corpus *corpus, const char *const *envp,
                            const struct judge_counts *now) {
    p->counts = proposal_judge(p, corpus, envp, SIZE_MAX);
    for (size_t i = p->overrides_n; i-- > 0;) {
        struct judge_counts without = proposal_judge(p, corpus, envp, i);
        uint64_t good = counts_fit(&p->counts), then = counts_fit(&without);
        bool many = then > good && (then - good) * COST_SHARE > p->counts.events;
        if (!many && (then <= good || good >= counts_fit(now))) continue;
        override_remove(p, i);
        p->counts = without;
    }
}

static void proposal_make(struct proposal *p, const struct judge_corpus *corpus, const struct config *c,
                          const char *const *envp, const struct judge_counts *now) {
    corpus_look(p, corpus);
    judge_choose(&p->paths, p->current, &p->beside, &p->choices);
    if (p->choices.score == 0) return;
    settings_propose(p, c);
    proposal_settle(p, corpus, envp, now);
}

static double proposal_points(const struct proposal *p) {
    int points = p->choices.score - (*p->events_at != '\0' ? WRAPPER_MALUS : 0);
    if (p->counts.events == 0 || points <= 0) return 0;
    return points * (double)counts_fit(&p->counts) / (double)p->counts.events;
}

/* The best of all places where events may stand. There is at least one place, that is none. */
static struct proposal *proposal_find(const struct judge_wrappers *w, const struct judge_corpus *corpus,
                                      const struct config *c, const char *const *envp, const struct judge_counts *now) {
    struct proposal *best = NULL;
    for (size_t i = 0; i < w->n; i++) {
        bool is_set = strcmp(w->at[i], c->events_at) == 0;
        if (!judge_wrapper_is_common(w, i, corpus) || (w->is_one_of_many[i] && !is_set)) continue;
        struct proposal *p = proposal_create(c, w->at[i]);
        proposal_make(p, corpus, c, envp, now);
        bool better = best == NULL || proposal_points(p) > proposal_points(best);
        proposal_destroy(better ? best : p);
        if (better) best = p;
    }
    return best;
}

/* -- late and future events ------------------------------------------------------------------------ */

static void zone_remove(struct proposal *p) {
    for (size_t i = p->overrides_n; i-- > 0;)
        if (strcmp(p->overrides[i].setting, "TIME_ZONE") == 0) override_remove(p, i);
}

static struct judge_counts zone_try(struct proposal *p, const struct judge_corpus *corpus, const char *const *envp,
                                    const char *zone, const char *why) {
    zone_remove(p);
    override_add(p, "TIME_ZONE", zone, why);
    return proposal_judge(p, corpus, envp, SIZE_MAX);
}

/* The offset that times have which are so far from the log when they are read as UTC. False: none is so large. */
static bool zone_of(const struct judge_counts *by_utc, struct buf *zone) {
    int half_hours = judge_counts_half_hours(by_utc), n = abs(half_hours);
    if (n == JUDGE_AWAY_MAX) return false;
    if (n == 0)
        buf_add_str(zone, "UTC");
    else
        buf_addf(zone, "%c%02d:%s", half_hours < 0 ? '-' : '+', n / 2, n % 2 ? "30" : "00");
    return true;
}

/* Tries the zone that may be that of the times. It is set if all events are applied by it, or it is only named. */
static bool zone_find(struct proposal *p, const struct judge_corpus *corpus, const char *const *envp,
                      struct buf *zone) {
    struct buf why = {0};
    struct judge_counts by_utc = zone_try(p, corpus, envp, "UTC", ""), then = {0};
    judge_counts_away_write(&p->counts, &why);
    buf_add_str(&why, ". Their times say no zone: with this one all are applied. Is it theirs?");
    bool found = zone_of(&by_utc, zone);
    if (found) then = zone_try(p, corpus, envp, buf_text(zone), buf_text(&why));
    bool all = found && judge_counts_away(&then) == 0 && counts_fit(&then) >= counts_fit(&p->counts);
    if (all) p->counts = then;
    if (!all) zone_remove(p);
    if (!all && judge_counts_away(&then) >= judge_counts_away(&p->counts)) buf_clear(zone);
    buf_free(&why);
    return all;
}

static void away_explain(struct proposal *p, const struct judge_corpus *corpus, const struct config *c,
                         const char *const *envp) {
    const struct judge_path *time = p->choices.of[JUDGE_ROLE_TIME].path;
    bool zoneless = time != NULL && time->zoneless > 0;
    struct buf zone = {0};
    bool done = judge_counts_away(&p->counts) == 0 || (zoneless && zone_find(p, corpus, envp, &zone));
    if (!done) {
        if (zoneless) zone_override(p, c); /* as it was before */
        buf_add_str(&p->away, "# ");
        judge_counts_away_write(&p->counts, &p->away);
        buf_addf(&p->away, ": is %s? See %sTOPKD_LATENESS and TOPKD_FUTURE.\n",
                 zoneless ? "its zone another one" : "it the time of the event", zoneless ? "TOPKD_TIME_ZONE, " : "");
        if (zone.len > 0) buf_addf(&p->away, "# TOPKD_TIME_ZONE=%s\n", buf_text(&zone));
    }
    buf_free(&zone);
}

/* -- telling ------------------------------------------------------------------------------------- */

/* As a shell and a service file read it. */
static void value_write(struct buf *out, const char *value) {
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@:^-+~";
    bool quoted = value[strspn(value, plain)] != '\0' || *value == '~';
    buf_addf(out, quoted ? "'%s'" : "%s", value);
}

static void paths_write(struct buf *out, const struct judge_paths *paths) {
    buf_add_str(out, "# Nothing there looks like an item. Set TOPKD_FIELD_ITEM to one of these, if it is one:\n#");
    for (size_t i = 0; i < paths->n && i < PATHS_SHOWN_MAX; i++) buf_addf(out, " %s", log_quote(paths->all[i].place));
    buf_add_str(out, paths->n > PATHS_SHOWN_MAX ? " ...\n" : "\n");
}

static void missing_write(struct buf *out, const struct proposal *p) {
    if (p->choices.of[JUDGE_ROLE_LOCATION].path == NULL)
        buf_add_str(out, "# No location was found: events count in TOPKD_GLOBAL only.\n");
    if (p->choices.of[JUDGE_ROLE_TIME].path == NULL)
        buf_add_str(out, "# No time was found: the record's time is used.\n");
}

static bool ends_in_index(const char *pointer) {
    const char *slash = strrchr(pointer, '/');
    return slash != NULL && slash[1 + strspn(slash + 1, "0123456789")] == '\0';
}

/* Where events stand that no setting reaches. Below objects these may also be parts of an event, if its item stands in
 * no array. */
static void wrappers_write(struct buf *out, const struct proposal *p, const struct judge_wrappers *w,
                           const struct judge_corpus *corpus) {
    const struct judge_path *item = p->choices.of[JUDGE_ROLE_ITEM].path;
    bool is_flat = item != NULL && item->indexes == 0;
    for (size_t i = 0; i < w->n; i++) {
        if (!w->is_one_of_many[i] || !judge_wrapper_is_common(w, i, corpus)) continue;
        if (is_flat && !ends_in_index(w->at[i])) continue;
        buf_addf(out, "# Events may stand at %s and beside it: arrays in arrays are not read, so send one array.\n",
                 log_quote(w->at[i]));
        return;
    }
}

static void away_write(struct buf *out, struct proposal *p) {
    buf_add(out, p->away.data, p->away.len);
    buf_clear(&p->away);
}

/* Where it is about no new setting, the word on late and future events comes last. */
static void settings_write(struct buf *out, struct proposal *p) {
    for (size_t i = 0; i < p->overrides_n; i++) {
        const struct override *o = &p->overrides[i];
        buf_addf(out, "# %s\n", o->why);
        if (strcmp(o->setting, "FIELD_TIME") == 0) away_write(out, p);
        buf_addf(out, "TOPKD_%s=", o->setting);
        value_write(out, o->value);
        buf_add_byte(out, '\n');
    }
}

static void sums_write(struct buf *out, const char *when, const struct judge_counts *n) {
    buf_addf(out, "# %s: ", when);
    judge_counts_write(n, out);
    buf_addf(out, ", with a location: %" PRIu64 "\n", n->located);
}

static bool proposal_is_better(const struct proposal *p, const struct judge_counts *now) {
    uint64_t fit = counts_fit(&p->counts);
    return p->overrides_n > 0 && fit > 0 && fit >= counts_fit(now);
}

/* Of the fields that were found it is still told. */
static void proposal_drop(struct proposal *p, const struct judge_counts *now) {
    while (p->overrides_n > 0) override_remove(p, p->overrides_n - 1);
    p->counts = *now;
}

static void proposal_write(struct buf *out, struct proposal *p, const struct judge_counts *now) {
    bool better = p->overrides_n > 0;
    sums_write(out, "with the settings in force", now);
    if (better) {
        sums_write(out, "with those below", &p->counts);
        settings_write(out, p);
    } else if (counts_fit(now) > 0) {
        bool all_fit = judge_counts_rejected(now) == judge_counts_away(now);
        buf_addf(out, "# %shere is nothing better to propose.\n", all_fit ? "The settings fit: t" : "T");
    } else {
        paths_write(out, &p->paths);
    }
    away_write(out, p);
    if (better || counts_fit(now) > 0) missing_write(out, p);
}

void judge_suggest(const struct judge_corpus *corpus, const struct config *c, const char *const *envp, struct buf *out,
                   struct judge_counts *counts) {
    struct judge_wrappers w;
    struct judge_counts now = corpus_judge(corpus, c);
    *counts = now;
    if (now.events == 0) {
        buf_add_str(out, "# there was nothing to look at\n");
        return;
    }
    if (corpus->left_out > 0)
        buf_addf(out, "# only the first %zu messages were looked at, not %zu more\n", corpus->n, corpus->left_out);
    judge_wrappers_init(&w, corpus, c);
    struct proposal *best = proposal_find(&w, corpus, c, envp, &now);
    if (!proposal_is_better(best, &now)) proposal_drop(best, &now);
    away_explain(best, corpus, c, envp);
    *counts = best->counts;
    proposal_write(out, best, &now);
    wrappers_write(out, best, &w, corpus);
    proposal_destroy(best);
    judge_wrappers_deinit(&w);
}
