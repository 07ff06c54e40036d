/* unit/base/check_testhook.c - the doors of a test build.
 * Each fault acts in a process of its own, since the environment is read once. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "base/base.h"
#include "base/testhook.h"
#include "capture.h"

static struct capture capture;

/* What became of a process that reaches `before_commit` three times and `after_commit` once under TOPKD_FAULT=FAULTS;
 * its log is in `capture`. */
static int status_under(const char *faults) {
    capture_begin(&capture);
    pid_t child = fork();
    if (child == 0) {
        setenv("TOPKD_FAULT", faults, 1);
        fault_reload();
        for (int i = 0; i < 3; i++) FAULT(before_commit);
        FAULT(after_commit);
        _exit(7);
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    capture_end(&capture);
    return status;
}

static void expect_log(const char *part) {
    ck_assert_msg(strstr(capture.text, part) != NULL, "no %s in %s", part, capture.text);
}

START_TEST(rules_hold_until_switched_off_by_name) {
    ck_assert(RULE(9, fence_is_checked) && RULE(8, commit_waits));
    rule_switch_off("fence_is_checked");
    ck_assert(!RULE(9, fence_is_checked));
    ck_assert(RULE(8, commit_waits) && RULE(9, fence_is));
    rule_switch_off("commit_waits");
    rule_switch_off("commit_waits");
    ck_assert(!RULE(9, fence_is_checked) && !RULE(8, commit_waits));
    rule_switch_off(NULL);
    ck_assert(RULE(9, fence_is_checked) && RULE(8, commit_waits));
}
END_TEST

START_TEST(without_faults_every_point_is_passed) {
    int status = status_under("");
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    ck_assert_str_eq(capture.text, "");
}
END_TEST

START_TEST(fault_kills_at_its_point_and_says_so_first) {
    int status = status_under("after_commit:kill");
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
    expect_log("event=fault_hit point=after_commit count=1 action=kill\n");
}
END_TEST

START_TEST(fault_waits_for_its_occurrence_and_stops) {
    int status = status_under("before_commit:stop:3,after_commit:kill");
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_eq(WSTOPSIG(status), SIGSTOP);
    expect_log("event=fault_hit point=before_commit count=3 action=stop\n");
    ck_assert_ptr_null(strstr(capture.text, "after_commit"));
}
END_TEST

START_TEST(hit_only_says_that_the_point_was_reached) {
    int status = status_under("before_commit:hit:2,before_commit:hit:4,after_commit:hit,elsewhere:kill");
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    expect_log("point=before_commit count=2 action=hit\n");
    expect_log("point=after_commit count=1 action=hit\n");
    ck_assert_ptr_null(strstr(capture.text, "count=4"));
}
END_TEST

static const char *const malformed[] = {"before_commit", "before_commit:burn", "before_commit:kill:0",
                                        "before_commit:kill:x", "before_commit:kill:1x"};

START_TEST(malformed_fault_ends_the_process_aloud) {
    int status = status_under(malformed[_i]);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    expect_log("event=fault_malformed");
}
END_TEST

Suite *testhook_suite(void);
Suite *testhook_suite(void) {
    Suite *s = suite_create("testhook");
    TCase *t = tcase_create("testhook");
    tcase_add_test(t, rules_hold_until_switched_off_by_name);
    tcase_add_test(t, without_faults_every_point_is_passed);
    tcase_add_test(t, fault_kills_at_its_point_and_says_so_first);
    tcase_add_test(t, fault_waits_for_its_occurrence_and_stops);
    tcase_add_test(t, hit_only_says_that_the_point_was_reached);
    tcase_add_loop_test(t, malformed_fault_ends_the_process_aloud, 0, (int)ARRAY_LEN(malformed));
    suite_add_tcase(s, t);
    return s;
}
