/* model/model.c - the delivery rules against random histories of the real worker code, and of one partition alone.
 *
 *   model [--seeds N] [--first S] [--off RULE] [--mutants] [--rate R] [--drop R] [--units T] [-v]
 *
 * Without arguments: all rules on over some hundred seeds (sim.h), then the crash test in miniature (replay.h), then
 * every rule that is said to fail within a stated number of seeds switched off. A failing seed is printed and can be
 * repeated with --first SEED --seeds 1. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/testhook.h"
#include "model/replay.h"
#include "model/sim.h"

struct campaign {
    uint64_t first, seeds;
    struct sim_options world;
    uint64_t stop_after; /* failures */
    bool verbose;
};

struct result {
    uint64_t ran, failed, first_bad;
    char bad[BAD_TEXT];
    uint64_t seen[SAW_EVENTS];
};

struct tally {
    int passed, failed;
};

static void tally_add(struct tally *t, bool right) {
    t->passed += right;
    t->failed += !right;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct result campaign_run(const struct campaign *c) {
    struct result res = {0};
    for (uint64_t seed = c->first; seed < c->first + c->seeds; seed++) {
        char bad[BAD_TEXT];
        res.ran++;
        if (sim_run(seed, &c->world, bad, res.seen)) continue;
        if (c->verbose) printf("  seed %" PRIu64 ": %s\n", seed, bad);
        if (res.failed++ == 0) {
            res.first_bad = seed;
            memcpy(res.bad, bad, sizeof bad);
        }
        if (res.failed >= c->stop_after) break;
    }
    return res;
}

/* -- all rules on -- */

static void show_seen(const struct result *res) {
    printf("  seen:");
    for (int i = 0; i < SAW_EVENTS; i++) printf(" %s=%" PRIu64, sim_event_names[i], res->seen[i]);
    printf("\n");
}

/* A history that never saw a fault proves nothing. */
static bool everything_was_seen(const struct result *res) {
    for (int i = 0; i < SAW_EVENTS; i++)
        if (res->seen[i] == 0) {
            printf("  never happened: %s\n", sim_event_names[i]);
            return false;
        }
    return true;
}

static bool check_all_on(const struct campaign *c) {
    double began = seconds();
    struct result res = campaign_run(c);
    printf("all rules on: %" PRIu64 " of %" PRIu64 " histories wrong, seeds from %" PRIu64 ", %.1f s", res.failed,
           res.ran, c->first, seconds() - began);
    if (res.failed > 0) printf(", first seed %" PRIu64 ": %s", res.first_bad, res.bad);
    printf("\n");
    show_seen(&res);
    return res.failed == 0 && (c->seeds < 100 || everything_was_seen(&res));
}

/* -- one partition alone -- */

static void check_replay(struct tally *t, int number) {
    double began = seconds();
    int failed = 0, first_bad = 0;
    char bad[REPLAY_BAD_TEXT], first[REPLAY_BAD_TEXT] = "";
    for (int log = 0; log < REPLAY_LOGS; log++) {
        bool right = replay_run(number, log, bad);
        tally_add(t, right);
        if (right || failed++ > 0) continue;
        first_bad = log;
        memcpy(first, bad, sizeof first);
    }
    printf("%s: %d of %d logs wrong, %.1f s", replay_claim(number), failed, REPLAY_LOGS, seconds() - began);
    if (failed > 0) printf(", first log %d: %s", first_bad, first);
    printf("\n");
}

/* -- one rule off -- */

static bool check_mutant(const struct campaign *base, const char *rule) {
    struct campaign c = *base;
    c.stop_after = 1;
    rule_switch_off(rule);
    struct result res = campaign_run(&c);
    rule_switch_off(NULL);
    if (res.failed > 0)
        printf("-%-12s fails at seed %" PRIu64 ": %s\n", rule, res.first_bad, res.bad);
    else
        printf("-%-12s STILL PASSES after %" PRIu64 " histories\n", rule, res.ran);
    return res.failed > 0;
}

/* Every rule that this property test sees fail, with the number of seeds it may need, in which world. The others rest
 * on reasoning (their breach needs an interleaving that chance hardly makes), on cases in tests/unit, or on the
 * differential test of the scripts. */
static const struct {
    const char *rule;
    uint64_t within;
    double fault_rate, drop_rate; /* aimed at what the rule is for */
} mutants[] = {
#include "model/mutants.inc"
};

static void check_mutants(struct tally *t) {
    for (size_t i = 0; i < ARRAY_LEN(mutants); i++) {
        struct campaign c = {
            .first = 1, .seeds = mutants[i].within, .world = {mutants[i].fault_rate, mutants[i].drop_rate, 90}};
        tally_add(t, check_mutant(&c, mutants[i].rule));
    }
}

/* -- what is asked for -- */

struct wishes {
    struct campaign campaign;
    const char *off;   /* this rule alone */
    bool only_mutants; /* no campaign with all rules on */
    bool no_mutants;   /* these seeds were asked for: nothing else */
};

/* False if there is no such option. */
static bool wish(struct wishes *w, int option) {
    switch (option) {
    case 's':
        w->campaign.seeds = strtoull(optarg, NULL, 10), w->no_mutants = true;
        return true;
    case 'f':
        w->campaign.first = strtoull(optarg, NULL, 10), w->no_mutants = true;
        return true;
    case 'o':
        w->off = optarg;
        return true;
    case 'm':
        w->only_mutants = true;
        return true;
    case 'r':
        w->campaign.world.fault_rate = strtod(optarg, NULL);
        return true;
    case 'u':
        w->campaign.world.units = strtoll(optarg, NULL, 10);
        return true;
    case 'd':
        w->campaign.world.drop_rate = strtod(optarg, NULL);
        return true;
    case 'v':
        w->campaign.verbose = true;
        return true;
    default:
        return false;
    }
}

static bool wishes_read(struct wishes *w, int argc, char **argv) {
    static const struct option options[] = {{"seeds", 1, NULL, 's'},   {"first", 1, NULL, 'f'}, {"off", 1, NULL, 'o'},
                                            {"mutants", 0, NULL, 'm'}, {"rate", 1, NULL, 'r'},  {"units", 1, NULL, 'u'},
                                            {"drop", 1, NULL, 'd'},    {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "v", options, NULL)) != -1)
        if (!wish(w, option)) return false;
    return true;
}

int main(int argc, char **argv) {
    struct wishes w = {.campaign = {.first = 1, .seeds = 200, .world = {.008, .003, 90}, .stop_after = UINT64_MAX}};
    struct tally t = {0};
    if (!wishes_read(&w, argc, argv)) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    log_set_level(LOG_ERROR);
    hash_secret_choose(1); /* a seed repeats a run in every process, down to the order of copies */
    if (w.off != NULL) return check_mutant(&w.campaign, w.off) ? 0 : 1;
    if (!w.only_mutants) tally_add(&t, check_all_on(&w.campaign));
    for (int number = 0; !w.only_mutants && number < REPLAY_CASES; number++) check_replay(&t, number);
    if (w.only_mutants || !w.no_mutants) check_mutants(&t);
    printf("model: %d passed, %d failed\n", t.passed, t.failed);
    return t.failed == 0 ? 0 : 1;
}
