/* The delivery rules against random histories, driving the real worker code.
 *
 *   model [--seeds N] [--first S] [--off RULE] [--mutants] [--rate R] [--drop R] [--units T] [-v]
 *
 * Without arguments: all rules on over some hundred seeds, then every rule that is said to fail within a stated number
 * of seeds switched off. A failing seed is printed and can be repeated with --first SEED --seeds 1. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/testhook.h"
#include "model/sim.h"

struct run {
    uint64_t first, seeds;
    struct sim_options world;
    uint64_t stop_after; /* failures */
    bool verbose;
};

struct result {
    uint64_t ran, failed, first_bad;
    char bad[160];
    uint64_t events[SAW_EVENTS];
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct result campaign(const struct run *r) {
    struct result res = {0};
    for (uint64_t seed = r->first; seed < r->first + r->seeds; seed++) {
        char bad[160];
        res.ran++;
        if (sim_run(seed, &r->world, bad, res.events)) continue;
        if (r->verbose) printf("  seed %" PRIu64 ": %s\n", seed, bad);
        if (res.failed++ == 0) {
            res.first_bad = seed;
            memcpy(res.bad, bad, sizeof bad);
        }
        if (res.failed >= r->stop_after) break;
    }
    return res;
}

static void show_events(const struct result *res) {
    printf("  seen:");
    for (int i = 0; i < SAW_EVENTS; i++) printf(" %s=%" PRIu64, sim_event_names[i], res->events[i]);
    printf("\n");
}

/* A history that never saw a fault proves nothing. */
static bool everything_was_seen(const struct result *res) {
    for (int i = 0; i < SAW_EVENTS; i++)
        if (res->events[i] == 0) {
            printf("  never happened: %s\n", sim_event_names[i]);
            return false;
        }
    return true;
}

static bool check_all_on(const struct run *r) {
    double began = seconds();
    struct result res = campaign(r);
    printf("all rules on: %" PRIu64 " of %" PRIu64 " histories wrong, seeds from %" PRIu64 ", %.1f s", res.failed,
           res.ran, r->first, seconds() - began);
    if (res.failed > 0) printf(", first seed %" PRIu64 ": %s", res.first_bad, res.bad);
    printf("\n");
    show_events(&res);
    return res.failed == 0 && (r->seeds < 100 || everything_was_seen(&res));
}

static bool check_mutant(const struct run *base, const char *rule) {
    struct run r = *base;
    r.stop_after = 1;
    rule_switch_off(rule);
    struct result res = campaign(&r);
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

int main(int argc, char **argv) {
    static const struct option options[] = {{"seeds", 1, NULL, 's'},   {"first", 1, NULL, 'f'}, {"off", 1, NULL, 'o'},
                                            {"mutants", 0, NULL, 'm'}, {"rate", 1, NULL, 'r'},  {"units", 1, NULL, 'u'},
                                            {"drop", 1, NULL, 'd'},    {NULL, 0, NULL, 0}};
    struct run r = {.first = 1, .seeds = 200, .world = {.008, .003, 90}, .stop_after = UINT64_MAX};
    const char *off = NULL;
    bool only_mutants = false, chosen = false;
    int c;
    while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
        if (c == 's')
            r.seeds = strtoull(optarg, NULL, 10), chosen = true;
        else if (c == 'f')
            r.first = strtoull(optarg, NULL, 10), chosen = true;
        else if (c == 'o')
            off = optarg;
        else if (c == 'm')
            only_mutants = true;
        else if (c == 'r')
            r.world.fault_rate = strtod(optarg, NULL);
        else if (c == 'u')
            r.world.units = strtoll(optarg, NULL, 10);
        else if (c == 'd')
            r.world.drop_rate = strtod(optarg, NULL);
        else if (c == 'v')
            r.verbose = true;
        else
            return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    log_set_level(LOG_ERROR);
    hash_secret_choose(1); /* a seed repeats a run in every process, down to the order of copies */
    if (off != NULL) return check_mutant(&r, off) ? 0 : 1;
    int passed = 0, failed = 0;
    if (!only_mutants) {
        if (check_all_on(&r))
            passed++;
        else
            failed++;
    }
    for (size_t i = 0; (only_mutants || !chosen) && i < sizeof mutants / sizeof mutants[0]; i++) {
        struct run m = {
            .first = 1, .seeds = mutants[i].within, .world = {mutants[i].fault_rate, mutants[i].drop_rate, 90}};
        if (check_mutant(&m, mutants[i].rule))
            passed++;
        else
            failed++;
    }
    printf("model: %d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
