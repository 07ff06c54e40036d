/* unit/hub/check_outage.c - one line for one fact: what of an outage is news. */
#include <check.h>

#include "hub/outage.h"

START_TEST(an_outage_is_said_once_a_cause) {
    struct outage o = {.is_on = false};
    ck_assert(outage_is_news(&o, "Redis h: NOPERM no right (HSET topk:{US}:part): grant it"));
    ck_assert(!outage_is_news(&o, "Redis h: NOPERM no right (HSET topk:{DE}:part): grant it"));
    ck_assert(outage_is_news(&o, "Redis h: Connection refused"));
    ck_assert(!outage_is_news(&o, "Redis h: Connection refused"));
    outage_ends(&o);
    ck_assert(outage_is_news(&o, "Redis h: Connection refused"));
}
END_TEST

Suite *outage_suite(void);
Suite *outage_suite(void) {
    Suite *s = suite_create("outage");
    TCase *c = tcase_create("news");
    tcase_add_test(c, an_outage_is_said_once_a_cause);
    suite_add_tcase(s, c);
    return s;
}
