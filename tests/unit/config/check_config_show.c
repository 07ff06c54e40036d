/* unit/config/check_config_show.c - the table as people read it, and the hash of what it means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "config/setting.h"
#include "given_env.h"
#include "unit/base/capture.h"

START_TEST(env_example_on_disk_is_what_the_table_says) {
    struct buf expected = {0};
    static char on_disk[64 << 10];
    FILE *f = fopen("deploy/env.example", "r");
    ck_assert_msg(f != NULL, "deploy/env.example is not there: run the tests from the root of the repository");
    size_t n = fread(on_disk, 1, sizeof on_disk - 1, f);
    fclose(f);
    on_disk[n] = '\0';
    config_write_env(&expected);
    ck_assert_str_eq(on_disk, buf_text(&expected));
    buf_free(&expected);
}
END_TEST

/* Goal: the example is an example. Method: take the comment off every setting and load it: the defaults again. */
START_TEST(env_example_loads_as_the_defaults) {
    struct buf text = {0};
    const char *entries[SETTINGS + 1] = {0};
    size_t n = 0;
    config_write_env(&text);
    char *copy = strdup(buf_text(&text));
    for (char *rest = NULL, *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "#TOPKD_", 7) == 0) entries[n++] = line + 7;
    ck_assert_uint_eq(n, SETTINGS);
    struct config *shown = must_load(entries), *defaults = must_load((const char *const[]){NULL});
    for (size_t i = 0; i < SETTINGS; i++) {
        struct buf a = {0}, b = {0};
        settings[i].kind->format(&settings[i], shown, &a);
        settings[i].kind->format(&settings[i], defaults, &b);
        ck_assert_str_eq(buf_text(&a), buf_text(&b));
        buf_free(&a);
        buf_free(&b);
    }
    config_destroy(shown);
    config_destroy(defaults);
    free(copy);
    buf_free(&text);
}
END_TEST

START_TEST(help_and_table_name_every_setting_and_fit_their_page) {
    struct buf help = {0}, table = {0};
    config_write_help(&help);
    config_write_markdown(&table);
    for (size_t i = 0; i < SETTINGS; i++) {
        char name[64];
        snprintf(name, sizeof name, "\n  TOPKD_%s=%s\n", settings[i].name, settings[i].fallback);
        ck_assert_msg(strstr(buf_text(&help), name) != NULL, "no %s in the help", name);
        snprintf(name, sizeof name, "\n| `%s` | ", settings[i].name);
        ck_assert_msg(strstr(buf_text(&table), name) != NULL, "no %s in the table", name);
    }
    for (const char *line = buf_text(&help); *line; line += strcspn(line, "\n") + 1)
        ck_assert_uint_le(strcspn(line, "\n"), 100);
    for (const char *line = buf_text(&table); *line; line += strcspn(line, "\n") + 1) {
        int bars = 0;
        for (const char *p = line; *p != '\n'; p++) bars += *p == '|';
        ck_assert_int_eq(bars, 5);
    }
    buf_free(&help);
    buf_free(&table);
}
END_TEST

START_TEST(effective_values_are_logged_on_one_line_without_secrets) {
    struct config *c = MUST_LOAD("REDIS=redis://user:hunter2@h:1/2", "RDKAFKA_SASL_PASSWORD=hunter2",
                                 "RDKAFKA_CLIENT_ID=two words", "LISTEN=[::1]:80", "TOPICS=a,b", "THREADS=3");
    struct capture capture;
    capture_begin(&capture);
    config_log(c);
    capture_end(&capture);
    config_destroy(c);
    const char *const parts[] = {
        " level=info event=config_loaded brokers=localhost:9092 topics=a,b group=topkd redis=redis://***@h:1/2 ",
        " threads=3 ",
        " lateness=1m ",
        " retention=25h ",
        " memory_limit=1GB ",
        " listen=[::1]:80 ",
        " log_level=info ",
        " rdkafka.client.id=\"two words\" rdkafka.sasl.password=***\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        ck_assert_msg(strstr(capture.text, parts[i]) != NULL, "no %s in %s", parts[i], capture.text);
    ck_assert_ptr_null(strstr(capture.text, "hunter2"));
    ck_assert_ptr_eq(strchr(capture.text, '\n'), capture.text + strlen(capture.text) - 1);
}
END_TEST

START_TEST(path_of_a_socket_is_no_password) {
    struct config *c = MUST_LOAD("REDIS=unix:///run/a@b/redis.sock");
    struct capture capture;
    capture_begin(&capture);
    config_log(c);
    capture_end(&capture);
    config_destroy(c);
    ck_assert_ptr_nonnull(strstr(capture.text, " redis=unix:///run/a@b/redis.sock "));
}
END_TEST

START_TEST(long_lateness_is_warned_of) {
    struct config *short_one = MUST_LOAD("LATENESS=15m"), *long_one = MUST_LOAD("LATENESS=16m");
    struct capture capture;
    capture_begin(&capture);
    config_log(short_one);
    capture_end(&capture);
    ck_assert_ptr_null(strstr(capture.text, "level=warn"));
    capture_begin(&capture);
    config_log(long_one);
    capture_end(&capture);
    ck_assert_ptr_nonnull(strstr(capture.text, "level=warn event=config_lateness_long lateness=16m"));
    config_destroy(short_one);
    config_destroy(long_one);
}
END_TEST

static uint64_t meaning_of(const char *entry) {
    struct config *c = entry != NULL ? MUST_LOAD(entry) : must_load((const char *const[]){NULL});
    uint64_t hash = config_meaning_hash(c);
    config_destroy(c);
    return hash;
}

static const char *const changes[] = {
    "WEIGHTS=like=4",  "WEIGHTS=*=2",      "WEIGHTS=a=2,b=3",
    "WEIGHTS=a=3,b=2", "FIELD_ITEM=x",     "FIELD_LOCATION=x",
    "FIELD_TYPE=x",    "FIELD_TIME=x",     "FIELD_USER=x",
    "FIELD_VALUE=x",   "GLOBAL=x",         "GLOBAL=",
    "LATENESS=2m",     "FUTURE=2m",        "LOG_CLOCK=event",
    "LIST_SIZE=401",   "SKETCH_KB=128",    "LATENESS=0s",
    "FUTURE=0s",       "WEIGHTS=view=0",   "RDKAFKA_ISOLATION_LEVEL=read_uncommitted",
    "LOCATIONS_MAX=9", "FIELD_ID=x",       "EVENTS_AT=/x",
    "TIME_ZONE=none",  "TIME_ZONE=+01:00", "FIELD_USER=",
};

START_TEST(what_changes_counts_changes_the_hash) {
    ck_assert_uint_ne(meaning_of(changes[_i]), meaning_of(NULL));
    for (int other = 0; other < _i; other++) ck_assert_uint_ne(meaning_of(changes[_i]), meaning_of(changes[other]));
}
END_TEST

static const char *const no_changes[] = {
    "K=200", "THREADS=5", "BROKERS=x:1", "REDIS=redis://x", "BOARD=other", "GROUP=other", "TOPICS=a,b", "RETENTION=2d",
    "WINDOWS=1m", "MEMORY_LIMIT=2GB", "PUBLISH_INTERVAL=100ms", "CHECKPOINT_INTERVAL=1s", "SLACK=1s", "SETTLE_DELAY=1s",
    "DLQ_TOPIC=dead", "START=latest", "SHUTDOWN_TIMEOUT=1s", "ALLOW_EVICTION=1", "EXIT_AT_END=1", "LISTEN=:1",
    "LOG_LEVEL=debug", "RDKAFKA_FETCH_WAIT_MAX_MS=1", "DEDUP=1h", "DEDUP_IDS_MAX=9",
    /* the same in other words */
    "LATENESS=60s", "WEIGHTS=view=1,like=1", "WEIGHTS=*=1,view=1", "RDKAFKA_ISOLATION_LEVEL=read_committed"};

START_TEST(what_does_not_change_counts_keeps_the_hash) {
    ck_assert_msg(meaning_of(no_changes[_i]) == meaning_of(NULL), "%s changed it", no_changes[_i]);
}
END_TEST

static uint64_t meaning_with_id(const char *entry) {
    struct config *c = must_load((const char *const[]){"FIELD_ID=id", entry, NULL});
    uint64_t hash = config_meaning_hash(c);
    config_destroy(c);
    return hash;
}

START_TEST(what_is_remembered_of_ids_matters_where_there_are_ids) {
    ck_assert_uint_ne(meaning_with_id(NULL), meaning_of(NULL));
    ck_assert_uint_ne(meaning_with_id("DEDUP=1h"), meaning_with_id(NULL));
    ck_assert_uint_ne(meaning_with_id("DEDUP_IDS_MAX=9"), meaning_with_id(NULL));
    ck_assert_uint_eq(meaning_with_id("DEDUP=600s"), meaning_with_id(NULL));
}
END_TEST

START_TEST(order_of_weights_does_not_matter) {
    ck_assert_uint_eq(meaning_of("WEIGHTS=a=2,b=3,*=5"), meaning_of("WEIGHTS=*=5,b=3,a=2"));
    ck_assert_uint_ne(meaning_of("WEIGHTS=a=2,b=3,*=5"), meaning_of("WEIGHTS=a=2,b=3"));
}
END_TEST

/* It stands in the metadata of every commit: another value makes every running group start over. */
START_TEST(hash_of_the_defaults_stays_what_it_was) {
    ck_assert_uint_eq(meaning_of(NULL), UINT64_C(0x2d55538b5c4801d0));
}
END_TEST

Suite *config_show_suite(void);
Suite *config_show_suite(void) {
    Suite *s = suite_create("config_show");
    TCase *t = tcase_create("config_show");
    tcase_add_test(t, env_example_on_disk_is_what_the_table_says);
    tcase_add_test(t, env_example_loads_as_the_defaults);
    tcase_add_test(t, help_and_table_name_every_setting_and_fit_their_page);
    tcase_add_test(t, effective_values_are_logged_on_one_line_without_secrets);
    tcase_add_test(t, path_of_a_socket_is_no_password);
    tcase_add_test(t, long_lateness_is_warned_of);
    tcase_add_loop_test(t, what_changes_counts_changes_the_hash, 0, (int)ARRAY_LEN(changes));
    tcase_add_loop_test(t, what_does_not_change_counts_keeps_the_hash, 0, (int)ARRAY_LEN(no_changes));
    tcase_add_test(t, what_is_remembered_of_ids_matters_where_there_are_ids);
    tcase_add_test(t, order_of_weights_does_not_matter);
    tcase_add_test(t, hash_of_the_defaults_stays_what_it_was);
    suite_add_tcase(s, t);
    return s;
}
