/* unit/hub/check_bell.c - a rest that somebody may end. */
#include <check.h>

#include "base/clock.h"
#include "hub/bell.h"

static struct bell bell;

static void setup(void) { bell_init(&bell); }
static void teardown(void) { bell_deinit(&bell); }

enum { FOR_EVER_MS = 30000 }; /* a wait that only a defect lets run out */

static int64_t rested_ms(int ms) {
    int64_t began = clock_mono_ms(&clock_system);
    bell_rest(&bell, ms);
    return clock_mono_ms(&clock_system) - began;
}

START_TEST(a_rest_lasts_its_time_or_until_somebody_rings) {
    ck_assert_int_ge(rested_ms(30), 29); /* the clock's millisecond may end early */
    bell_ring(&bell);                    /* while nobody rests: it is not lost, */
    bell_ring(&bell);                    /* and not counted */
    ck_assert_int_lt(rested_ms(FOR_EVER_MS), FOR_EVER_MS);
    ck_assert_int_ge(rested_ms(30), 29);
}
END_TEST

Suite *bell_suite(void);
Suite *bell_suite(void) {
    Suite *s = suite_create("bell");
    TCase *c = tcase_create("rest");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_rest_lasts_its_time_or_until_somebody_rings);
    suite_add_tcase(s, c);
    return s;
}
