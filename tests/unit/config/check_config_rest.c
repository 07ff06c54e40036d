/* unit/config/check_config_rest.c - a configuration with problems, for whoever looks at the rest of it all the same. */
#include <string.h>

#include <check.h>

#include "config/config.h"

static struct buf problems;

static void setup(void) { problems = (struct buf){0}; }
static void teardown(void) { buf_free(&problems); }

static struct config *load(const char *const *envp) {
    struct config *c = config_load_rest(envp, &problems);
    ck_assert_ptr_nonnull(c);
    return c;
}

START_TEST(setting_with_a_problem_stands_at_its_default_and_the_others_as_given) {
    struct config *c =
        load((const char *const[]){"TOPKD_K=0", "TOPKD_GROUP=mine", "TOPKD_TOPICS=a,b,,c", "TOPKD_REDIS_FILE=/nowhere",
                                   "TOPKD_WEIGHTS=view=many", "TOPKD_WINDOWS=1x", "TOPKD_LISTEN=9464", NULL});
    ck_assert_uint_eq(c->k, 100);
    ck_assert_str_eq(c->group, "mine");
    ck_assert_uint_eq(c->topics_n, 1); /* nothing is left of the topics before the mistake */
    ck_assert_str_eq(c->topics[0], "events");
    ck_assert_str_eq(c->redis, "redis://localhost:6379/0");
    ck_assert_str_eq(c->weights_text, "*=1");
    ck_assert_uint_eq(c->listen_port, 9464);
    static const char *const names[] = {"K", "TOPICS", "REDIS_FILE", "WEIGHTS", "WINDOWS", "LISTEN"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char line[32] = "TOPKD_";
        strcat(strcat(line, names[i]), ":");
        ck_assert_msg(strstr(buf_text(&problems), line) != NULL, "no %s in %s", line, buf_text(&problems));
    }
    config_destroy(c);
}
END_TEST

START_TEST(sound_environment_is_loaded_as_ever) {
    struct config *c = load((const char *const[]){"TOPKD_TOPICS=a,b", "TOPKD_K=7", NULL});
    ck_assert_uint_eq(problems.len, 0);
    ck_assert_uint_eq(c->topics_n, 2);
    ck_assert_uint_eq(c->k, 7);
    config_destroy(c);
}
END_TEST

Suite *config_rest_suite(void);
Suite *config_rest_suite(void) {
    Suite *s = suite_create("config_rest");
    TCase *t = tcase_create("config_rest");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, setting_with_a_problem_stands_at_its_default_and_the_others_as_given);
    tcase_add_test(t, sound_environment_is_loaded_as_ever);
    suite_add_tcase(s, t);
    return s;
}
