/* Runs every suite. The list is made from the file names (check_<module>.c exports <module>_suite), so no suite can
 * hide; a test that is written but not added to its case is an unused function, which -Werror refuses. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Arguments: names of suites to run; none = all. */
static int chosen(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return 1;
    return argc == 1;
}

/* Check's own 4 s are for a quiet machine: a test that is only slow has not failed. */
static const char test_timeout_s[] = "20";

int main(int argc, char **argv) {
    setenv("CK_DEFAULT_TIMEOUT", test_timeout_s, 0);
    SRunner *r = srunner_create(NULL);
    int added = 0;
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (chosen(suites[i].name, argc, argv)) {
            srunner_add_suite(r, suites[i].make());
            added++;
        }
    srunner_run_all(r, CK_NORMAL);
    int run = srunner_ntests_run(r), failed = srunner_ntests_failed(r);
    srunner_free(r);
    printf("unit: %d passed, %d failed\n", run - failed, failed);
    return failed == 0 && added > 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
