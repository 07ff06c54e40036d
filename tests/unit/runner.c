/* unit/runner.c - runs every suite, or those that are named.
 * The list of suites is made from the file names: check_<module>.c exports <module>_suite. So no suite can hide. A test
 * that is written but not added to its case is an unused function, which -Werror refuses. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.inc"
#undef SUITE

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, name##_suite},
#include "suites.inc"
#undef SUITE
};

enum lane {
    LANE_WORK,
    LANE_WAIT /* these wait for a mock broker most of their time, and so run beside the others */
};

static enum lane lane_of(const char *name) { return strncmp(name, "kafka_", 6) == 0 ? LANE_WAIT : LANE_WORK; }

static bool is_named(const char *name, char **names) {
    while (*names != NULL && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

/* Check's own 4 s are for a quiet machine: a test that is only slow has not failed. */
static const char test_timeout_s[] = "20";

struct tally {
    int run, failed;
};

/* Those that are NAMED; where nothing is, those of LANE. */
static struct tally run_suites(char **named, enum lane lane) {
    SRunner *r = srunner_create(NULL);
    int added = 0;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        const char *name = suites[i].name;
        if (*named != NULL ? !is_named(name, named) : lane_of(name) != lane) continue;
        srunner_add_suite(r, suites[i].make());
        added++;
    }
    srunner_run_all(r, CK_NORMAL);
    struct tally t = {srunner_ntests_run(r), srunner_ntests_failed(r)};
    srunner_free(r);
    return added > 0 && t.run > 0 ? t : (struct tally){1, 1}; /* nothing was tested */
}

/* Runs the lane that waits, in a process of its own; *FROM is where its tally comes. */
static pid_t start_waiting_lane(char **named, int *from) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        struct tally t = run_suites(named, LANE_WAIT);
        bool told = write(ends[1], &t, sizeof t) == (ssize_t)sizeof t;
        fflush(stdout);
        _exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

/* A lane that ended without a tally is one failure. */
static struct tally end_of_lane(pid_t pid, int from) {
    struct tally t = {1, 1};
    int status = 0;
    bool told = pid > 0 && read(from, &t, sizeof t) == (ssize_t)sizeof t;
    if (pid > 0) waitpid(pid, &status, 0);
    if (!told || status != 0) t.failed++;
    return t;
}

/* Arguments: names of suites to run; none = all. */
int main(int argc, char **argv) {
    char **named = argv + 1;
    struct tally waited = {0, 0};
    int from = -1;
    setenv("CK_DEFAULT_TIMEOUT", test_timeout_s, 0);
    setvbuf(stdout, NULL, _IOLBF, 0); /* two write to it */
    pid_t lane = argc == 1 ? start_waiting_lane(named, &from) : 0;
    struct tally worked = run_suites(named, LANE_WORK);
    if (lane != 0) waited = end_of_lane(lane, from);
    int run = worked.run + waited.run, failed = worked.failed + waited.failed;
    printf("unit: %d passed, %d failed\n", run - failed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
