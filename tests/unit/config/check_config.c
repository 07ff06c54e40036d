/* unit/config/check_config.c - one setting at a time: what is taken, what is refused, and what the refusal says. */
#include <sched.h>
#include <string.h>

#include <check.h>

#include "config/setting.h"
#include "given_env.h"

START_TEST(empty_environment_is_a_whole_configuration) {
    struct config *c = must_load((const char *const[]){NULL});
    cpu_set_t cores;
    sched_getaffinity(0, sizeof cores, &cores);
    ck_assert_str_eq(c->brokers, "localhost:9092");
    ck_assert_uint_eq(c->topics_n, 1);
    ck_assert_str_eq(c->topics[0], "events");
    ck_assert_str_eq(c->group, "topkd");
    ck_assert_str_eq(c->redis, "redis://localhost:6379/0");
    ck_assert_uint_eq(c->threads, (unsigned)CPU_COUNT(&cores));
    ck_assert_str_eq(c->board, "topk");
    ck_assert(c->k == 100 && c->list_size == 400 && c->sketch_kb == 64);
    ck_assert_str_eq(c->weights_text, "*=1");
    ck_assert(c->weights.n == 0 && c->weights.other == 1);
    ck_assert_str_eq(c->field_item, "video_id");
    ck_assert_str_eq(c->field_location, "location");
    ck_assert_str_eq(c->field_type, "type");
    ck_assert_str_eq(c->field_time, "ts");
    ck_assert_str_eq(c->field_user, "user_id");
    ck_assert_str_eq(c->field_value, "value");
    ck_assert_str_eq(c->global, "global");
    ck_assert_str_eq(c->dlq_topic, "");
    ck_assert(c->lateness_ms == 60000 && c->future_ms == 60000 && c->log_clock == CONFIG_LOG_CLOCK_RECORD);
    ck_assert(c->publish_interval_ms == 1000 && c->checkpoint_interval_ms == 5000);
    ck_assert(c->slack_ms == 5000 && c->settle_delay_ms == 5000 && c->shutdown_timeout_ms == 10000);
    ck_assert_int_eq(c->retention_ms, 25 * 3600000LL);
    ck_assert_uint_eq(c->windows_n, 4);
    ck_assert(c->windows_ms[0] == 60000 && c->windows_ms[1] == 300000 && c->windows_ms[2] == 3600000);
    ck_assert_int_eq(c->windows_ms[3], 86400000);
    ck_assert_uint_eq(c->memory_limit_bytes, 1u << 30);
    ck_assert(c->start == CONFIG_START_EARLIEST && !c->allow_eviction && !c->exit_at_end);
    ck_assert_str_eq(c->listen_host, "");
    ck_assert_uint_eq(c->listen_port, 9464);
    ck_assert_int_eq(c->log_level, LOG_INFO);
    ck_assert_uint_eq(c->kafka_props_n, 0);
    config_destroy(c);
}
END_TEST

static const char *const taken[] = {
    "BROKERS=a:1,b:2,[::1]:9092",
    "TOPICS=a,b.c_d-E,0",
    "TOPICS=^views-.*",
    "TOPICS=a,^(b|c)\\.[0-9]+$,^",
    "GROUP=my group",
    "REDIS=redis://user:p@ss@host:6379/3",
    "REDIS=unix:///run/redis.sock",
    "REDIS=unix://user:pw@/run/redis.sock?db=2",
    "THREADS=1",
    "THREADS=256",
    "THREADS=cores",
    "BOARD=a",
    "BOARD=shop:top_k.v2-x",
    "K=1",
    "K=400",
    "LIST_SIZE=4000",
    "LIST_SIZE=100",
    "SKETCH_KB=1",
    "SKETCH_KB=4096",
    "WEIGHTS=view=1,like=4,*=0",
    "FIELD_ITEM=sku id",
    "FIELD_ITEM=/data/0/a~1b~0c",
    "FIELD_ITEM=@key",
    "FIELD_ID=@header:id",
    "FIELD_USER=",
    "FIELD_VALUE=",
    "EVENTS_AT=/records",
    "TIME_ZONE=UTC",
    "GLOBAL=",
    "GLOBAL=the whole world",
    "LATENESS=0s",
    "LATENESS=22h",
    "FUTURE=24h",
    "LOG_CLOCK=event",
    "PUBLISH_INTERVAL=20ms",
    "PUBLISH_INTERVAL=1m",
    "CHECKPOINT_INTERVAL=100ms",
    "CHECKPOINT_INTERVAL=5m",
    "SLACK=0ms",
    "SETTLE_DELAY=1h",
    "RETENTION=3m",
    "RETENTION=400d",
    "WINDOWS=1m",
    "WINDOWS=10m,90m,25h",
    "MEMORY_LIMIT=128MB",
    "MEMORY_LIMIT=131072KB",
    "DLQ_TOPIC=dead",
    "DLQ_TOPIC=",
    "START=latest",
    "SHUTDOWN_TIMEOUT=1s",
    "ALLOW_EVICTION=1",
    "EXIT_AT_END=0",
    "LISTEN=:0",
    "LISTEN=127.0.0.1:80",
    "LISTEN=[::1]:65535",
    "LOG_LEVEL=debug",
};

START_TEST(value_inside_the_range_is_taken) { config_destroy(MUST_LOAD(taken[_i])); }
END_TEST

/* The text that must be in the complaint, beside the variable's name. */
static const struct {
    const char *entry, *part;
} refused[] = {
    {"BROKERS=a:1,,b:2", "nothing beside it"},
    {"BROKERS=,a:1", "nothing beside it"},
    {"BROKERS=a:1, b:2", "remove the spaces"},
    {"TOPICS=a,,b", "nothing beside it"},
    {"TOPICS=a,b,a", "remove a, which is there twice"},
    {"TOPICS=a b", "correct \"a b\""},
    {"TOPICS=events/1", "a topic has only the characters A-Z a-z 0-9 . _ -, correct events/1"},
    {"TOPICS=events.*", "write ^events for every topic that begins so, or correct events.*"},
    {"TOPICS=a,views-*", "write ^views- for every topic that begins so, or correct views-*"},
    {"DLQ_TOPIC=views-*", "correct views-*"},
    {"TOPICS=^a,b,^a", "remove ^a, which is there twice"},
    {"TOPICS=^(a", "correct the regular expression"},
    {"TOPICS=^a{1,2}", "a comma ends it"},
    {"TOPICS=^a\t", "remove the control character"},
    {"TOPICS=.", "cannot be called . or .."},
    {"TOPICS=a,..", "cannot be called . or .."},
    {"GROUP=a\nb", "control character"},
    {"REDIS=localhost:6379", "start it with redis://"},
    {"REDIS=rediss://host", "this build has no TLS"},
    {"REDIS=redis://a b", "remove the space"},
    {"THREADS=0", "expected a whole number 1..256, or cores, got 0: raise it"},
    {"THREADS=257", "lower it"},
    {"THREADS=all", "digits"},
    {"BOARD={x}", "got {x}"},
    {"BOARD=a b", "every other character"},
    {"K=0", "expected a whole number 1..1000, got 0"},
    {"K=1001", "lower it"},
    {"K=-1", "digits"},
    {"K=1.5", "digits only"},
    {"K=99999999999999999999", "lower it"},
    {"LIST_SIZE=4001", "lower it"},
    {"LIST_SIZE=99", "expected at least TOPKD_K, got 99, which is below 100"},
    {"K=401", "LIST_SIZE: expected at least TOPKD_K, got 400, which is below 401"},
    {"SKETCH_KB=0", "raise it"},
    {"SKETCH_KB=48", "power of two"},
    {"SKETCH_KB=8192", "lower it"},
    {"WEIGHTS=view", "add '=' and a weight to view"},
    {"FIELD_ITEM=location", "FIELD_LOCATION: expected a field of its own, got location, which TOPKD_FIELD_ITEM uses"},
    {"FIELD_VALUE=ts", "which TOPKD_FIELD_TIME uses too"},
    {"FIELD_ITEM=/location", "FIELD_LOCATION: expected a field of its own, got location, which TOPKD_FIELD_ITEM uses"},
    {"FIELD_ID=/ts", "FIELD_ID: expected a field of its own, got /ts, which TOPKD_FIELD_TIME uses too"},
    {"FIELD_ID=video_id", "FIELD_ID: expected a field of its own, got video_id, which TOPKD_FIELD_ITEM uses too"},
    {"FIELD_TIME=^/sent_at", "FIELD_TIME: expected ^/.. only with TOPKD_EVENTS_AT, got ^/sent_at"},
    {"FIELD_ITEM=@value", "use @key, @topic or @header:NAME, or /@value for a field of that name"},
    {"FIELD_ITEM=/a~", "expected a name, a path like /data/id or ^/geo/id, @key, @topic or @header:NAME, got /a~"},
    {"EVENTS_AT=records", "expected empty, or a JSON pointer like /records, got records"},
    {"FIELD_ITEM=@header:", "use @key, @topic or @header:NAME"},
    {"FIELD_ITEM=/a~b", "write ~ as ~0, and / in a name as ~1"},
    {"FIELD_ITEM=/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "shorten the path to 16 steps"},
    {"EVENTS_AT=records", "begin it with a slash"},
    {"GLOBAL=12345678901234567890123456789012345678901234567890123456789012345", "shorten it to 64 bytes"},
    {"GLOBAL=\x7f", "control character"},
    {"LATENESS=60", "add a unit"},
    {"LATENESS=25h", "expected a duration 0s..24h, got 25h"},
    {"LATENESS=-1s", "digits"},
    {"FUTURE=2d", "lower it"},
    {"LOG_CLOCK=Event", "expected record or event, got Event"},
    {"PUBLISH_INTERVAL=19ms", "expected a duration 20ms..1m, got 19ms: raise it"},
    {"PUBLISH_INTERVAL=61s", "lower it"},
    {"CHECKPOINT_INTERVAL=99ms", "raise it"},
    {"CHECKPOINT_INTERVAL=301s", "lower it"},
    {"SLACK=61m", "lower it"},
    {"SETTLE_DELAY=2h", "lower it"},
    {"RETENTION=59s", "raise it"},
    {"RETENTION=401d", "lower it"},
    {"RETENTION=2m", "expected at least TOPKD_LATENESS + 2m, got 2m"},
    {"WINDOWS=30s", "whole minutes"},
    {"WINDOWS=90s", "whole minutes"},
    {"WINDOWS=0m", "whole minutes"},
    {"WINDOWS=1m,60s", "twice"},
    {"WINDOWS=1m,", "digits"},
    {"WINDOWS=26h", "expected windows no longer than TOPKD_RETENTION, got 26h"},
    {"WINDOWS=1m,2m,3m,4m,5m,6m,7m,8m,9m,10m,11m,12m,13m,14m,15m,16m,17m", "16 windows at most"},
    {"MEMORY_LIMIT=127MB", "expected a size of at least 128MB, got 127MB"},
    {"MEMORY_LIMIT=1073741824", "add a unit: KB, MB or GB"},
    {"DLQ_TOPIC=a/b", "correct a/b"},
    {"DLQ_TOPIC=events", "come back for ever"},
    {"START=beginning", "expected earliest or latest"},
    {"SHUTDOWN_TIMEOUT=0s", "raise it"},
    {"ALLOW_EVICTION=yes", "expected 0 or 1, got yes"},
    {"EXIT_AT_END=true", "use 1 for yes"},
    {"LISTEN=9464", "colon"},
    {"LISTEN=:", "digits"},
    {"LISTEN=:65536", "lower the port"},
    {"LISTEN=::1:80", "brackets"},
    {"LISTEN=[]:80", "put an address between the brackets"},
    {"LISTEN=a b:80", "a host name or an address"},
    {"LOG_LEVEL=warning", "expected error, warn, info or debug"},
    {"LATENES=1m", "did you mean TOPKD_LATENESS?"},
    {"TOPIC=events", "did you mean TOPKD_TOPICS?"},
    {"THREAD=1", "did you mean TOPKD_THREADS?"},
    {"k=5", "did you mean TOPKD_K?"},
    {"SOMETHING_ELSE_AGAIN=5", "topkd --help lists all"},
    {"=5", "topkd --help lists all"},
    {"PORT_9464_TCP=tcp://10.0.0.1:9464", "enableServiceLinks: false"},
    {"SERVICE_HOST=10.0.0.1", "enableServiceLinks: false"},
};

START_TEST(value_outside_is_refused_with_a_reason) {
    struct buf name = {0};
    buf_add(&name, refused[_i].entry, strcspn(refused[_i].entry, "="));
    must_refuse(refused[_i].entry, (const char *const[]){"TOPKD_", buf_text(&name), refused[_i].part, NULL});
    buf_free(&name);
}
END_TEST

START_TEST(values_arrive_in_their_fields) {
    struct config *c = MUST_LOAD("TOPICS=b,a", "LISTEN=[fe80::1]:123", "WINDOWS=1h,2m", "WEIGHTS=like=4",
                                 "GLOBAL=", "LOG_CLOCK=event", "START=latest", "LOG_LEVEL=error", "EXIT_AT_END=1",
                                 "THREADS=7", "MEMORY_LIMIT=2GB", "RETENTION=2d", "SHUTDOWN_TIMEOUT=3s", "SLACK=0s");
    ck_assert_uint_eq(c->topics_n, 2);
    ck_assert_str_eq(c->topics[1], "b");
    ck_assert_str_eq(c->listen_host, "fe80::1");
    ck_assert_uint_eq(c->listen_port, 123);
    ck_assert(c->windows_n == 2 && c->windows_ms[0] == 3600000 && c->windows_ms[1] == 120000);
    ck_assert_uint_eq(weights_get(&c->weights, (struct bytes){"like", 4}), 4);
    ck_assert_str_eq(c->global, "");
    ck_assert(c->log_clock == CONFIG_LOG_CLOCK_EVENT && c->start == CONFIG_START_LATEST);
    ck_assert(c->log_level == LOG_ERROR && c->exit_at_end && !c->allow_eviction && c->threads == 7);
    ck_assert_uint_eq(c->memory_limit_bytes, 2ull << 30);
    ck_assert(c->retention_ms == 172800000 && c->shutdown_timeout_ms == 3000 && c->slack_ms == 0);
    config_destroy(c);
}
END_TEST

START_TEST(empty_value_is_the_default_where_empty_means_nothing) {
    struct config *c = MUST_LOAD("BROKERS=", "K=", "LATENESS=", "WINDOWS=", "LISTEN=", "FIELD_ITEM=", "START=");
    ck_assert_str_eq(c->brokers, "localhost:9092");
    ck_assert(c->k == 100 && c->lateness_ms == 60000 && c->windows_n == 4 && c->listen_port == 9464);
    ck_assert_str_eq(c->field_item, "video_id");
    config_destroy(c);
}
END_TEST

START_TEST(every_problem_is_said_at_once_and_no_second_one_made_up) {
    ck_assert_ptr_null(load_entries((const char *const[]){"K=0", "LIST_SIZE=1", "LATENESS=1", "RETENTION=1m",
                                                          "TOPICS=a,a", "DLQ_TOPIC=a", "NOPE=1", "LISTEN=x", NULL}));
    ck_assert_msg(problems_count() == 5, "%s", problems_text());
}
END_TEST

START_TEST(variable_that_is_there_twice_is_a_problem) {
    ck_assert_ptr_null(load_entries((const char *const[]){"K=1", "K=2", NULL}));
    ck_assert_msg(strcmp(problems_text(), "TOPKD_K: expected one value, got two: set it once\n") == 0, "%s",
                  problems_text());
}
END_TEST

START_TEST(windows_of_the_default_that_exceed_retention_are_left_out) {
    struct config *c = MUST_LOAD("RETENTION=10m");
    ck_assert(c->windows_n == 2 && c->windows_ms[0] == 60000 && c->windows_ms[1] == 300000);
    config_destroy(c);
    ck_assert_ptr_null(load_entries((const char *const[]){"RETENTION=10m", "WINDOWS=5m,1h", NULL}));
    ck_assert_int_eq(problems_count(), 1);
}
END_TEST

START_TEST(other_names_of_the_environment_do_not_matter) {
    const char *const envp[] = {"PATH=/bin", "topkd_k=x", "TOPK=x", "NOTHING", "XTOPKD_K=0", NULL};
    struct buf problems = {0};
    struct config *c = NULL;
    ck_assert_int_eq(config_load(envp, &c, &problems), 0);
    ck_assert_uint_eq(c->k, 100);
    config_destroy(c);
    buf_free(&problems);
}
END_TEST

START_TEST(doors_for_tests_are_no_unknown_names_in_a_test_build) {
    config_destroy(MUST_LOAD("FAULT=before_commit:kill", "TEST_DATA=/tmp"));
}
END_TEST

START_TEST(problem_never_shows_a_password) {
    MUST_REFUSE("REDIS=rediss://user:hunter2@host", "a URL with a password", "this build has no TLS");
    ck_assert_ptr_null(strstr(problems_text(), "hunter2"));
}
END_TEST

Suite *config_suite(void);
Suite *config_suite(void) {
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_test(t, empty_environment_is_a_whole_configuration);
    tcase_add_loop_test(t, value_inside_the_range_is_taken, 0, (int)ARRAY_LEN(taken));
    tcase_add_loop_test(t, value_outside_is_refused_with_a_reason, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(t, values_arrive_in_their_fields);
    tcase_add_test(t, empty_value_is_the_default_where_empty_means_nothing);
    tcase_add_test(t, every_problem_is_said_at_once_and_no_second_one_made_up);
    tcase_add_test(t, variable_that_is_there_twice_is_a_problem);
    tcase_add_test(t, windows_of_the_default_that_exceed_retention_are_left_out);
    tcase_add_test(t, other_names_of_the_environment_do_not_matter);
    tcase_add_test(t, doors_for_tests_are_no_unknown_names_in_a_test_build);
    tcase_add_test(t, problem_never_shows_a_password);
    suite_add_tcase(s, t);
    return s;
}
