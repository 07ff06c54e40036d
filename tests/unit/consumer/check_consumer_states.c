/* unit/consumer/check_consumer_states.c - only arrows that state.h draws are taken. The arrows stand here once more, to
 * be compared with the picture by eye; every other pair of states must end the process. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "unit/base/capture.h"
#include "unit/consumer/consumer_given.h"

/* What MOVE does to the process. */
static bool move_is_refused(void (*move)(int from, int to), int from, int to) {
    static struct capture capture;
    int status = 0;
    capture_begin(&capture);
    pid_t child = fork();
    if (child == 0) {
        move(from, to);
        _exit(0);
    }
    waitpid(child, &status, 0);
    capture_end(&capture);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

struct arrow {
    int from, to;
};

static bool arrow_is_drawn(const struct arrow *arrows, size_t n, int from, int to) {
    for (size_t i = 0; i < n; i++)
        if (arrows[i].from == from && arrows[i].to == to) return true;
    return false;
}

static void expect_arrows(void (*move)(int from, int to), int states, const struct arrow *arrows, size_t n) {
    for (int from = 0; from < states; from++)
        for (int to = 0; to < states; to++)
            ck_assert_msg(move_is_refused(move, from, to) != arrow_is_drawn(arrows, n, from, to), "%d to %d", from, to);
}

static void assignment_moves(int from, int to) {
    struct assignment a = {.state = (enum assignment_state)from};
    assignment_move(&a, (enum assignment_state)to);
}
static void commit_moves(int from, int to) {
    struct commit m = {.state = (enum commit_state)from};
    commit_move(&m, (enum commit_state)to);
}
static void lookup_moves(int from, int to) {
    struct lookup l = {.state = (enum lookup_state)from};
    lookup_move(&l, (enum lookup_state)to);
}
static void tick_moves(int from, int to) {
    struct tick t = {.state = (enum tick_state)from};
    tick_move(&t, (enum tick_state)to);
}

START_TEST(a_partition_takes_only_the_arrows_that_are_drawn) {
    static const struct arrow arrows[] = {
        {ASSIGNMENT_FREE, ASSIGNMENT_WAITING},    {ASSIGNMENT_WAITING, ASSIGNMENT_WAITING},
        {ASSIGNMENT_WAITING, ASSIGNMENT_RUNNING}, {ASSIGNMENT_WAITING, ASSIGNMENT_PARKED},
        {ASSIGNMENT_WAITING, ASSIGNMENT_FREE},    {ASSIGNMENT_RUNNING, ASSIGNMENT_LOST},
        {ASSIGNMENT_RUNNING, ASSIGNMENT_WAITING}, {ASSIGNMENT_RUNNING, ASSIGNMENT_PARKED},
        {ASSIGNMENT_LOST, ASSIGNMENT_RUNNING},    {ASSIGNMENT_LOST, ASSIGNMENT_WAITING},
        {ASSIGNMENT_LOST, ASSIGNMENT_PARKED},     {ASSIGNMENT_PARKED, ASSIGNMENT_WAITING},
        {ASSIGNMENT_PARKED, ASSIGNMENT_FREE}};
    expect_arrows(assignment_moves, ASSIGNMENT_PARKED + 1, arrows, ARRAY_LEN(arrows));
}
END_TEST

START_TEST(a_commit_takes_only_the_arrows_that_are_drawn) {
    static const struct arrow arrows[] = {{COMMIT_IDLE, COMMIT_IDLE},
                                          {COMMIT_IDLE, COMMIT_WAITS_FOR_DEAD_LETTERS},
                                          {COMMIT_WAITS_FOR_DEAD_LETTERS, COMMIT_WAITS_FOR_DEAD_LETTERS},
                                          {COMMIT_WAITS_FOR_DEAD_LETTERS, COMMIT_IDLE},
                                          {COMMIT_WAITS_FOR_DEAD_LETTERS, COMMIT_SENT},
                                          {COMMIT_SENT, COMMIT_IDLE}};
    expect_arrows(commit_moves, COMMIT_SENT + 1, arrows, ARRAY_LEN(arrows));
}
END_TEST

START_TEST(a_look_up_takes_only_the_arrows_that_are_drawn) {
    static const struct arrow arrows[] = {{LOOKUP_IDLE, LOOKUP_ASKED},
                                          {LOOKUP_ASKED, LOOKUP_IDLE},
                                          {LOOKUP_ASKED, LOOKUP_STALE},
                                          {LOOKUP_STALE, LOOKUP_IDLE}};
    expect_arrows(lookup_moves, LOOKUP_STALE + 1, arrows, ARRAY_LEN(arrows));
}
END_TEST

START_TEST(a_tick_takes_only_the_arrows_that_are_drawn) {
    static const struct arrow arrows[] = {{TICK_IDLE, TICK_IDLE},           {TICK_IDLE, TICK_PUBLISHES},
                                          {TICK_PUBLISHES, TICK_PUBLISHES}, {TICK_PUBLISHES, TICK_WAITS_FOR_ROOM},
                                          {TICK_PUBLISHES, TICK_IDLE},      {TICK_WAITS_FOR_ROOM, TICK_PUBLISHES}};
    expect_arrows(tick_moves, TICK_WAITS_FOR_ROOM + 1, arrows, ARRAY_LEN(arrows));
}
END_TEST

Suite *consumer_states_suite(void);
Suite *consumer_states_suite(void) {
    Suite *s = suite_create("consumer_states");
    TCase *c = tcase_create("arrows");
    tcase_add_test(c, a_partition_takes_only_the_arrows_that_are_drawn);
    tcase_add_test(c, a_commit_takes_only_the_arrows_that_are_drawn);
    tcase_add_test(c, a_look_up_takes_only_the_arrows_that_are_drawn);
    tcase_add_test(c, a_tick_takes_only_the_arrows_that_are_drawn);
    suite_add_tcase(s, c);
    return s;
}
