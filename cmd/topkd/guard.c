/* topkd/guard.c - a thread that does nothing but wait, so that nothing it could wait for can hang. */
#include "guard.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum { LAST_LINE_MS = 100 };

static struct {
    _Atomic int exit_code;
    struct timespec until;
} guard = {.exit_code = 1};

/* Whoever reads our log may hang as well. */
static bool guard_log_takes_a_line(void) {
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&log, 1, LAST_LINE_MS) == 1;
}

static void *guard_main(void *unused) {
    (void)unused;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &guard.until, NULL) == EINTR) continue;
    int code = atomic_load(&guard.exit_code);
    if (guard_log_takes_a_line())
        log_event(
            LOG_ERROR, "worker_stopped", "exit=%d why=%s", code,
            log_quote(code == 0
                          ? "TOPKD_SHUTDOWN_TIMEOUT is over while connections close: everything is stored and committed"
                          : "TOPKD_SHUTDOWN_TIMEOUT is over and Kafka or Redis still does not answer: nothing "
                            "is lost, the next owner reads it again"));
    _exit(code);
}

void guard_arm(int64_t ms) {
    pthread_t thread;
    clock_gettime(CLOCK_MONOTONIC, &guard.until);
    int64_t ns = guard.until.tv_nsec + ms % 1000 * 1000000;
    guard.until.tv_sec += ms / 1000 + ns / 1000000000;
    guard.until.tv_nsec = ns % 1000000000;
    int status = pthread_create(&thread, NULL, guard_main, NULL);
    if (status == 0)
        pthread_detach(thread);
    else
        log_event(LOG_WARN, "stop_unguarded", "why=%s", log_quote(strerror(status)));
}

void guard_set_exit(int code) { atomic_store(&guard.exit_code, code); }
