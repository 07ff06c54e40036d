/* unit/config/check_config_sources.c - values from files, and settings that go through to librdkafka. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "config/setting.h"
#include "given_env.h"

static char path[] = "/tmp/topkd-unit-XXXXXX";

static void setup(void) {
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void) { unlink(path); }

static void given_file(const char *content, size_t n) {
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(content, 1, n, f), n);
    fclose(f);
}

/* "NAME_FILE=<the file>", until the next call. */
static const char *from_file(const char *name) {
    static char entry[128];
    snprintf(entry, sizeof entry, "%s_FILE=%s", name, path);
    return entry;
}

START_TEST(value_comes_from_a_file_without_its_last_line_ends) {
    given_file("redis://u:secret@h\r\n\n", 21);
    struct config *c = MUST_LOAD(from_file("REDIS"));
    ck_assert_str_eq(c->redis, "redis://u:secret@h");
    config_destroy(c);
}
END_TEST

START_TEST(empty_file_is_the_default_or_the_empty_value) {
    struct config *c = MUST_LOAD(from_file("K"));
    ck_assert_uint_eq(c->k, 100);
    config_destroy(c);
    c = MUST_LOAD(from_file("GLOBAL"));
    ck_assert_str_eq(c->global, "");
    config_destroy(c);
    c = MUST_LOAD("K_FILE=");
    ck_assert_uint_eq(c->k, 100);
    config_destroy(c);
}
END_TEST

START_TEST(bad_value_from_a_file_is_refused_but_not_shown) {
    given_file("hunter2\n", 8);
    MUST_REFUSE(from_file("REDIS"), "TOPKD_REDIS: ", "got something else in the file", "start it with redis://");
    ck_assert_ptr_null(strstr(problems_text(), "hunter2"));
}
END_TEST

START_TEST(value_and_file_at_once_is_a_problem) {
    given_file("5", 1);
    ck_assert_ptr_null(load_entries((const char *const[]){"K=7", from_file("K"), NULL}));
    ck_assert_msg(strcmp(problems_text(), "TOPKD_K: expected a value or a file, got both: unset one of them\n") == 0,
                  "%s", problems_text());
    struct config *c = MUST_LOAD("K=", from_file("K")); /* an empty value is none */
    ck_assert_uint_eq(c->k, 5);
    config_destroy(c);
}
END_TEST

START_TEST(file_that_cannot_be_read_is_named_with_the_reason) {
    MUST_REFUSE("REDIS_FILE=/nonexistent/secret", "TOPKD_REDIS_FILE: ", "/nonexistent/secret", "No such file");
    MUST_REFUSE("REDIS_FILE=/tmp", "Is a directory");
    given_file("a\0b", 3);
    must_refuse(from_file("GROUP"), (const char *const[]){"zero byte", NULL});
    char *large = calloc(1, (64 << 10) + 1);
    memset(large, 'x', (64 << 10) + 1);
    given_file(large, (64 << 10) + 1);
    free(large);
    must_refuse(from_file("GROUP"), (const char *const[]){"shorten the file to 64 KB", NULL});
}
END_TEST

START_TEST(properties_go_through_to_librdkafka_in_order_of_name) {
    given_file("s3cret\n", 7);
    struct config *c = MUST_LOAD("RDKAFKA_SECURITY_PROTOCOL=sasl_ssl", "RDKAFKA_FETCH_WAIT_MAX_MS=10",
                                 from_file("RDKAFKA_SASL_PASSWORD"), "RDKAFKA_CLIENT_ID=");
    ck_assert_uint_eq(c->kafka_props_n, 3);
    ck_assert_str_eq(c->kafka_props[0].name, "fetch.wait.max.ms");
    ck_assert_str_eq(c->kafka_props[0].value, "10");
    ck_assert(!c->kafka_props[0].secret);
    ck_assert_str_eq(c->kafka_props[1].name, "sasl.password");
    ck_assert_str_eq(c->kafka_props[1].value, "s3cret");
    ck_assert(c->kafka_props[1].secret);
    ck_assert_str_eq(c->kafka_props[2].name, "security.protocol");
    config_destroy(c);
}
END_TEST

static const char *const secrets[] = {"SASL_PASSWORD", "SSL_KEY_PASSWORD", "SSL_KEY_PEM", "SSL_KEYSTORE_PASSWORD",
                                      "SASL_OAUTHBEARER_CLIENT_SECRET"};

START_TEST(secret_property_is_marked) {
    char entry[128];
    snprintf(entry, sizeof entry, "RDKAFKA_%s=x", secrets[_i]);
    struct config *c = MUST_LOAD(entry);
    ck_assert(c->kafka_props[0].secret);
    config_destroy(c);
}
END_TEST

static const struct {
    const char *entry, *reason;
} owned[] = {
    {"RDKAFKA_ENABLE_AUTO_COMMIT=true", "itself commits"},
    {"RDKAFKA_ENABLE_AUTO_OFFSET_STORE=false", "itself commits"},
    {"RDKAFKA_ENABLE_IDEMPOTENCE=true", "ends such a producer for good"},
    {"RDKAFKA_AUTO_COMMIT_ENABLE=true", "itself commits"},
    {"RDKAFKA_AUTO_OFFSET_RESET=latest", "set TOPKD_START"},
    {"RDKAFKA_ENABLE_PARTITION_EOF=true", "end of each partition"},
    {"RDKAFKA_ALLOW_AUTO_CREATE_TOPICS=true", "waits for a missing topic"},
    {"RDKAFKA_GROUP_ID=x", "set TOPKD_GROUP"},
    {"RDKAFKA_BOOTSTRAP_SERVERS=x", "set TOPKD_BROKERS"},
    {"RDKAFKA_METADATA_BROKER_LIST=x", "set TOPKD_BROKERS"},
    {"RDKAFKA_PARTITION_ASSIGNMENT_STRATEGY=cooperative-sticky", "lose messages"},
    {"RDKAFKA_GROUP_PROTOCOL=consumer", "classic"},
    {"RDKAFKA_=x", "upper case"},
    {"RDKAFKA_A B=x", "upper case"},
};

START_TEST(property_that_topkd_owns_is_refused_with_the_reason) {
    MUST_REFUSE(owned[_i].entry, "TOPKD_RDKAFKA_", owned[_i].reason);
}
END_TEST

START_TEST(harmless_values_of_guarded_properties_pass) {
    struct config *c = MUST_LOAD("RDKAFKA_PARTITION_ASSIGNMENT_STRATEGY=roundrobin", "RDKAFKA_GROUP_PROTOCOL=classic",
                                 "RDKAFKA_ISOLATION_LEVEL=read_uncommitted");
    ck_assert_uint_eq(c->kafka_props_n, 3);
    config_destroy(c);
}
END_TEST

START_TEST(property_as_value_and_as_file_is_a_problem) {
    given_file("10", 2);
    ck_assert_ptr_null(
        load_entries((const char *const[]){"RDKAFKA_CLIENT_ID=a", from_file("RDKAFKA_CLIENT_ID"), NULL}));
    ck_assert_int_eq(problems_count(), 1);
    ck_assert_ptr_nonnull(strstr(problems_text(), "set it once"));
    ck_assert_ptr_null(load_one("RDKAFKA_SASL_PASSWORD_FILE=/nonexistent"));
    ck_assert_ptr_nonnull(strstr(problems_text(), "No such file"));
}
END_TEST

START_TEST(too_many_properties_are_a_problem_not_an_overflow) {
    static char texts[CONFIG_KAFKA_PROPS_MAX + 1][32];
    const char *entries[CONFIG_KAFKA_PROPS_MAX + 2] = {0};
    for (int i = 0; i <= CONFIG_KAFKA_PROPS_MAX; i++) {
        snprintf(texts[i], sizeof texts[i], "RDKAFKA_P%d=1", i);
        entries[i] = texts[i];
    }
    ck_assert_ptr_null(load_entries(entries));
    ck_assert_int_eq(problems_count(), 1);
    entries[CONFIG_KAFKA_PROPS_MAX] = NULL;
    config_destroy(must_load(entries));
}
END_TEST

Suite *config_sources_suite(void);
Suite *config_sources_suite(void) {
    Suite *s = suite_create("config_sources");
    TCase *t = tcase_create("config_sources");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, value_comes_from_a_file_without_its_last_line_ends);
    tcase_add_test(t, empty_file_is_the_default_or_the_empty_value);
    tcase_add_test(t, bad_value_from_a_file_is_refused_but_not_shown);
    tcase_add_test(t, value_and_file_at_once_is_a_problem);
    tcase_add_test(t, file_that_cannot_be_read_is_named_with_the_reason);
    tcase_add_test(t, properties_go_through_to_librdkafka_in_order_of_name);
    tcase_add_loop_test(t, secret_property_is_marked, 0, (int)ARRAY_LEN(secrets));
    tcase_add_loop_test(t, property_that_topkd_owns_is_refused_with_the_reason, 0, (int)ARRAY_LEN(owned));
    tcase_add_test(t, harmless_values_of_guarded_properties_pass);
    tcase_add_test(t, property_as_value_and_as_file_is_a_problem);
    tcase_add_test(t, too_many_properties_are_a_problem_not_an_overflow);
    suite_add_tcase(s, t);
    return s;
}
