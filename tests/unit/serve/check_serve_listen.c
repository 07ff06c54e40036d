/* unit/serve/check_serve_listen.c - the listening socket itself (check_serve.c tests who listens where). */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "serve/listen.h"
#include "serve_given.h"

static bool has_connection(int listening, int timeout_ms) {
    struct pollfd p = {.fd = listening, .events = POLLIN};
    return poll(&p, 1, timeout_ms) == 1;
}

START_TEST(connection_comes_with_its_first_byte_or_a_moment_later) {
    int listening = -1;
    struct err e = {0};
    ck_assert_int_eq(listen_open("127.0.0.1", 0, &listening, &e), 0);
    int talks = dial_from(1, listen_port(listening));
    ck_assert(!has_connection(listening, 0));
    must_send(talks, "G");
    ck_assert(has_connection(listening, 5000));
    close(accept(listening, NULL, NULL));
    int silent = dial_from(1, listen_port(listening));
    ck_assert(has_connection(listening, 10000)); /* so that our limits end it, not a guess of the kernel's */
    close(talks);
    close(silent);
    close(listening);
}
END_TEST

Suite *serve_listen_suite(void);
Suite *serve_listen_suite(void) {
    Suite *s = suite_create("serve_listen");
    TCase *t = tcase_create("serve_listen");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, connection_comes_with_its_first_byte_or_a_moment_later);
    suite_add_tcase(s, t);
    return s;
}
