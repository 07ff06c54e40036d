/* topkd/judge_choose.c - points for every path, and the path with most of them for every role.
 *
 *   the name        0..100  judge_words.c
 *   no name         12 for an item that varies, 45 for a location of two capital letters
 *   the way         -1 each step (6 at most), -2 each index, -2 in the wrapper, -20 below before, source or schema
 *   the values      an item: should vary, repeat where its name says little, be no time and no long text
 *                   a location: should be short, and vary less than the items
 *                   a time: should be near that of the record; one of the event goes before one of its wrapper
 *                   a type: must be one of a few;  an id: may repeat, for that is what it is for, but
 *                   not as often as what many events have in common
 *   how often       all of it, times the share of events where the value is fit
 *
 * The roles choose one after the other, and a path is taken once: the time first, because its values give it away. */
#include "judge_choose.h"

#include <assert.h>
#include <string.h>

enum {
    SCORE_MIN = 5,
    STAYS = 100,          /* what is set and works */
    FEW = 5,              /* events from which on variety says something */
    MANY = 10,            /* from which on it says much */
    TYPES_MAX = 50,       /* different ones */
    NAMED_WELL = 60,      /* the name alone says it */
    NAMED_OTHERWISE = 40, /* by another role */
    NAMED_AS_ID = 75,
    UNNAMED_ITEM = 12,
    UNNAMED_LOCATION = 45,
    KEY_SCORE = 12,
    WAY_MALUS_MAX = 6,
    OWN_TIME = 100,  /* more than any name */
    COPIES_SHARE = 3 /* more than a third of the events are no copies */
};

size_t judge_path_fit(const struct judge_path *path, enum judge_role role) {
    if (role == JUDGE_ROLE_LOCATION) return path->locations;
    if (role == JUDGE_ROLE_TIME) return path->times;
    return path->items; /* type, user and id are texts or integers of the same size */
}

static size_t mean_bytes(const struct judge_path *p) { return p->texts > 0 ? p->bytes / p->texts : 0; }

/* -- points -------------------------------------------------------------------------------------- */

static bool is_named_otherwise(const struct judge_path *p, enum judge_role role) {
    for (int r = 0; r < JUDGE_ROLES; r++)
        if (r != (int)role && judge_words_score((enum judge_role)r, p->words) >= NAMED_OTHERWISE) return true;
    return false;
}

static int name_points(const struct judge_path *p, enum judge_role role) {
    int score = judge_words_score(role, p->words);
    if (score > 0 || is_named_otherwise(p, role)) return score;
    if (role == JUDGE_ROLE_LOCATION && p->codes == p->values) return UNNAMED_LOCATION;
    if (role == JUDGE_ROLE_ITEM && p->texts > 0 && p->distinct.n > 1 && p->times == 0) return UNNAMED_ITEM;
    return 0;
}

static int way_points(const struct judge_path *p, enum judge_role role) {
    int steps = (int)p->steps - 1, points = 0;
    points -= steps < WAY_MALUS_MAX ? steps : WAY_MALUS_MAX;
    points -= 2 * (int)p->indexes + (p->of_wrapper ? 2 : 0) + (p->has_beside ? 20 : 0);
    /* The other elements would be lost. */
    if (p->indexes > 0 && p->elements > 1 && *p->words != '\0') points -= role == JUDGE_ROLE_ITEM ? 12 : 4;
    return points;
}

static int item_points(const struct judge_path *p, int name) {
    int points = 0;
    if (p->values >= FEW && p->distinct.n == 1) points -= 30;
    if (name < NAMED_WELL && p->values >= MANY && p->distinct.n == p->values) points -= 8;
    if (name < NAMED_WELL && p->times == p->values) points -= 20;
    if (mean_bytes(p) > 120) points -= 15;
    if (name == UNNAMED_ITEM && p->distinct.n > 3) points += 2;
    return p->jsons > 0 ? -100 : points;
}

static int location_points(const struct judge_path *p, int name, const struct judge_path *item) {
    int points = 0;
    if (mean_bytes(p) > 32) points -= 20;
    if (name < 95 && p->values >= MANY && p->distinct.n * 10 > p->values * 8) points -= 25;
    if (item != NULL && p->values >= MANY && p->distinct.n > item->distinct.n) points -= 12;
    return points;
}

/* Only so, whatever its name is. */
static bool is_possible(const struct judge_path *p, enum judge_role role, size_t events, int name) {
    size_t repeated = p->values - p->distinct.n;
    if (role == JUDGE_ROLE_TYPE) return p->distinct.n <= TYPES_MAX && (p->distinct.n <= 3 || repeated >= p->distinct.n);
    if (role != JUDGE_ROLE_ID) return true;
    bool seldom_repeats = p->distinct.n == JUDGE_DISTINCT_MAX || repeated * COPIES_SHARE <= p->values;
    /* What is called id only may be that of a row or an item, which a few events do not show. */
    bool is_named = name >= NAMED_AS_ID || (p->steps == 1 && strcmp(p->words, "id") == 0 && events >= FEW);
    return !p->of_wrapper && p->indexes == 0 && seldom_repeats && is_named;
}

static int path_score(const struct judge_path *p, enum judge_role role, size_t events, const struct judge_path *item) {
    int name = name_points(p, role);
    if (name == 0 || events == 0 || !is_possible(p, role, events, name)) return 0;
    int score = name + way_points(p, role);
    if (role == JUDGE_ROLE_ITEM) score += item_points(p, name);
    if (role == JUDGE_ROLE_LOCATION) score += location_points(p, name, item);
    if (role == JUDGE_ROLE_TIME && p->near_times == p->values) score += 5;
    if (role == JUDGE_ROLE_TYPE) score -= 8 * ((int)p->steps - 1);
    if (score <= 0) return 0;
    score = (int)((size_t)score * judge_path_fit(p, role) / events);
    return score >= SCORE_MIN ? score : 0;
}

/* -- choices ------------------------------------------------------------------------------------- */

/* A setting of the environment, which also a shell may read. */
static bool place_is_plain(const char *place) {
    for (const char *c = place; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f || *c == '\'') return false;
    return *place != '\0' && strlen(place) <= PLACE_BYTES_MAX;
}

static bool is_taken(const struct judge_choices *c, const struct judge_path *p) {
    for (int r = 0; r < JUDGE_ROLES; r++)
        if (c->of[r].path == p) return true;
    return false;
}

/* A wrapper's time is that of the sending. The event's own goes before it, if its name is fair and it is read. */
static int score_rank(const struct judge_path *p, enum judge_role role, int score) {
    bool is_own_time = role == JUDGE_ROLE_TIME && !p->of_wrapper && score >= NAMED_OTHERWISE;
    return score + (is_own_time ? OWN_TIME : 0);
}

static struct judge_choice best_of(const struct judge_paths *paths, enum judge_role role,
                                   const struct judge_choices *so_far) {
    struct judge_choice best = {NULL, 0};
    int best_rank = 0;
    for (size_t i = 0; i < paths->n; i++) {
        const struct judge_path *p = &paths->all[i];
        if (is_taken(so_far, p) || !place_is_plain(p->place)) continue;
        int score = path_score(p, role, paths->events, so_far->of[JUDGE_ROLE_ITEM].path);
        if (score_rank(p, role, score) <= best_rank) continue;
        best = (struct judge_choice){p, score};
        best_rank = score_rank(p, role, score);
    }
    return best;
}

/* What is set stays if it is about as often fit as the best. */
static bool stays(const struct judge_path *current, const struct judge_choice *best, enum judge_role role) {
    size_t now = judge_path_fit(current, role), then = best->path != NULL ? judge_path_fit(best->path, role) : 0;
    return now > 0 && now * 100 >= then * 95;
}

static const struct judge_path *same_place(const struct judge_paths *paths, const char *place) {
    for (size_t i = 0; place != NULL && i < paths->n; i++)
        if (strcmp(paths->all[i].place, place) == 0) return &paths->all[i];
    return NULL;
}

/* A path that stays is chosen as the one of the list if it is in it, so that nothing else takes it. */
static struct judge_choice choice_of(const struct judge_paths *paths, const struct judge_path *current,
                                     enum judge_role role, const struct judge_choices *so_far) {
    struct judge_choice best = best_of(paths, role, so_far);
    const struct judge_path *listed = same_place(paths, current->place);
    if (!stays(current, &best, role) || (listed != NULL && is_taken(so_far, listed))) return best;
    size_t share = judge_path_fit(current, role) * STAYS / (paths->events > 0 ? paths->events : 1);
    return (struct judge_choice){listed != NULL ? listed : current, (int)share};
}

/* The key may be the item, a header the location. Of a header only the name says so: most are two letters of something
 * else. */
static void beside_choose(const struct judge_paths *paths, const struct judge_beside *beside,
                          struct judge_choices *out) {
    struct judge_choice *item = &out->of[JUDGE_ROLE_ITEM], *location = &out->of[JUDGE_ROLE_LOCATION];
    const struct judge_path *key = &beside->key;
    if (item->path == NULL && key->items > 0 && key->distinct.n > 1)
        *item = (struct judge_choice){key, (int)(KEY_SCORE * key->items / paths->events)};
    if (location->path != NULL) return;
    struct judge_choice header = best_of(&beside->headers, JUDGE_ROLE_LOCATION, out);
    if (header.path != NULL && judge_words_score(JUDGE_ROLE_LOCATION, header.path->words) >= NAMED_OTHERWISE)
        *location = header;
}

void judge_choose(const struct judge_paths *paths, const struct judge_path current[JUDGE_ROLES],
                  const struct judge_beside *beside, struct judge_choices *out) {
    static const enum judge_role order[] = {JUDGE_ROLE_TIME, JUDGE_ROLE_ITEM, JUDGE_ROLE_LOCATION,
                                            JUDGE_ROLE_TYPE, JUDGE_ROLE_USER, JUDGE_ROLE_ID};
    _Static_assert(ARRAY_LEN(order) == JUDGE_ROLES, "each role chooses once");
    *out = (struct judge_choices){0};
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        out->of[order[i]] = choice_of(paths, &current[order[i]], order[i], out);
    out->other_time = best_of(paths, JUDGE_ROLE_TIME, out).path;
    beside_choose(paths, beside, out);
    if (out->of[JUDGE_ROLE_ITEM].path == NULL) return;
    out->score = out->of[JUDGE_ROLE_ITEM].score + out->of[JUDGE_ROLE_LOCATION].score + out->of[JUDGE_ROLE_TIME].score;
    if (out->score == 0) out->score = 1;
}
