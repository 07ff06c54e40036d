/* unit/serve/check_serve_slow.c - clients that are slow, many, or never done, and the probes beside them.
 * A probe is a new connection each time, as a kubelet's is. */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "serve_given.h"

enum {
    SLOW_MAX = 256,
    PROBES = 20,
    PROBE_MS_MAX = 1000,
    FLOOD_MS_MAX = 3500, /* what the kernel drops of a flood, before we see it, is sent again after 1 s and 2 s more */
    LONG_MS = 5000
};

static int slow[SLOW_MAX];
static int slow_n;

/* So that some answers of /metrics are more than the kernel takes for a client. */
static void given_long_metrics(void) {
    for (int i = 0; i < 2000; i++) {
        char label[32];
        snprintf(label, sizeof label, "kind=\"%d\"", i);
        metrics_get(served_metrics, METRIC_KAFKA_ERRORS, label);
    }
}

static void given_default(void) {
    slow_n = 0;
    given_server();
}

/* Short times, so that a test sees their end. */
static void given_short(void) {
    slow_n = 0;
    given_server_with((struct clients_limits){.request_ms_max = 300, .kept_ms_max = 600});
}

/* Answers must be read soon, and a connection may wait for long. */
static void given_patient(void) {
    slow_n = 0;
    given_server_with((struct clients_limits){.request_ms_max = 300, .kept_ms_max = 60000});
    given_long_metrics();
}

static void gone(void) {
    while (slow_n > 0) close(slow[--slow_n]);
    server_gone();
}

static int new_slow(unsigned last) {
    ck_assert_int_lt(slow_n, SLOW_MAX);
    must_send(slow[slow_n] = dial_from(last, serve_port(server)), "GET /he");
    return slow[slow_n++];
}

/* A byte of each; those that the server has closed take none. */
static void drip(void) {
    for (int i = 0; i < slow_n; i++) (void)!send(slow[i], "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void expect_probe(unsigned last, const char *path, int ms_max) {
    char request[64];
    int64_t start_ms = mono_ms();
    int fd = dial_from(last, serve_port(server));
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", path);
    must_send(fd, request);
    expect(read_answer(fd), "200", "ok\n");
    close(fd);
    ck_assert_int_lt(mono_ms() - start_ms, ms_max);
}

static void expect_probes(unsigned last, int ms_max) {
    for (int i = 0; i < PROBES; i++) {
        drip();
        expect_probe(last, i % 2 == 0 ? "/healthz" : "/readyz", ms_max);
    }
}

/* The fault that Kubernetes killed workers for: 64 connections without a whole request, and nobody else was answered.
 */
START_TEST(slow_clients_of_one_address_do_not_keep_probes_from_being_answered) {
    for (int i = 0; i < 64; i++) new_slow(1);
    expect_probes(1, PROBE_MS_MAX);
    expect_probes(2, PROBE_MS_MAX);
    ck_assert_double_ge(dropped("address_full"), 64 - SERVE_CONNECTIONS_PER_ADDRESS_MAX);
    ck_assert(is_closed(slow[0], LONG_MS));
}
END_TEST

START_TEST(slow_clients_of_many_addresses_do_not_either) {
    for (int i = 0; i < SLOW_MAX; i++) new_slow(2 + (unsigned)i % 32);
    expect_probes(1, PROBE_MS_MAX);
    expect_probes(2, PROBE_MS_MAX);
    ck_assert_double_ge(dropped("all_full"), SLOW_MAX - SERVE_CONNECTIONS_MAX);
    ck_assert_double_le(metric_value(metrics_get(served_metrics, METRIC_HTTP_CONNECTIONS, "")), SERVE_CONNECTIONS_MAX);
}
END_TEST

/* Whole requests whose answers nobody reads: the kernel takes the first of them, then the server stands. */
static void new_unread(unsigned last) {
    static char requests[64 * 1024];
    static const char one[] = "GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n";
    for (size_t n = 0; n + sizeof one < sizeof requests; n += sizeof one - 1) memcpy(requests + n, one, sizeof one);
    int fd = slow[slow_n++] = dial_from(last, serve_port(server)), receive_bytes = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    (void)!send(fd, requests, strlen(requests), MSG_NOSIGNAL | MSG_DONTWAIT);
}

START_TEST(clients_that_do_not_read_do_not_either) {
    given_long_metrics();
    for (int i = 0; i < 64; i++) new_unread(2 + (unsigned)i % 8);
    expect_probes(1, PROBE_MS_MAX);
    expect_probes(2, PROBE_MS_MAX);
}
END_TEST

START_TEST(answer_that_is_not_read_has_its_time_too) {
    int64_t start_ms = mono_ms();
    new_unread(1);
    while (dropped("slow") == 0) {
        poll(NULL, 0, 10);
        ck_assert_int_lt(mono_ms() - start_ms, LONG_MS);
    }
}
END_TEST

/* All have waited for a server that stood still, and none has to go before its answer though they are more than the
 * limits allow: what is accepted in a row is answered before more is accepted. */
START_TEST(requests_that_came_together_are_all_answered) {
    enum { TOGETHER = 4 * SERVE_CONNECTIONS_PER_ADDRESS_MAX };
    is_stuck = true;
    for (int i = 0; i < TOGETHER; i++)
        must_send(slow[slow_n++] = dial_from(1, serve_port(server)), "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    is_stuck = false;
    for (int i = 0; i < TOGETHER; i++) expect(read_answer(slow[i]), "200", "ok\n");
}
END_TEST

static atomic_bool flooding;

static void *flood(void *last) {
    while (flooding) {
        int fd = dial_from((unsigned)(uintptr_t)last, serve_port(server));
        (void)!send(fd, "GET /", 5, MSG_NOSIGNAL);
        close(fd);
    }
    return NULL;
}

START_TEST(flood_of_new_connections_does_not_either) {
    pthread_t threads[4];
    flooding = true;
    for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, flood, (void *)(1 + i % 2));
    expect_probes(1, FLOOD_MS_MAX); /* which is one of theirs */
    expect_probes(9, FLOOD_MS_MAX);
    flooding = false;
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(scraper_keeps_its_connection_while_others_are_thrown_out) {
    int scraper = dial_from(9, serve_port(server));
    for (int i = 0; i < SLOW_MAX; i++) {
        new_slow(2 + (unsigned)i % 7);
        if (i % 32 != 0) continue;
        must_send(scraper, "GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
        expect(read_answer(scraper), "200", "topkd_http_connections");
    }
    close(scraper);
}
END_TEST

START_TEST(dripping_does_not_make_a_request_longer) {
    int fd = new_slow(1);
    int64_t start_ms = mono_ms();
    while (!is_closed(fd, 20)) {
        drip();
        ck_assert_int_lt(mono_ms() - start_ms, LONG_MS);
    }
    ck_assert_int_ge(mono_ms() - start_ms, 250);
    ck_assert_double_eq(dropped("slow"), 1);
}
END_TEST

START_TEST(dripping_after_an_answer_does_not_either) {
    int fd = slow[slow_n++] = dial_from(1, serve_port(server));
    must_send(fd, "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
    expect(read_answer(fd), "200", "ok");
    int64_t start_ms = mono_ms();
    while (!is_closed(fd, 20)) {
        drip();
        ck_assert_int_lt(mono_ms() - start_ms, LONG_MS);
    }
    ck_assert_double_eq(dropped("idle"), 1);
}
END_TEST

START_TEST(connection_that_says_nothing_ends) {
    int fd = slow[slow_n++] = dial_from(1, serve_port(server));
    ck_assert(is_closed(fd, LONG_MS));
    ck_assert_double_eq(dropped("slow"), 1);
}
END_TEST

START_TEST(connection_is_kept_for_the_next_request) {
    static const char *const paths[] = {"/healthz", "/readyz", "/nowhere", "/metrics"};
    static const char *const status[] = {"200", "200", "404", "200"};
    int fd = dial(AF_INET, serve_port(server));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char request[64];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", paths[i]);
        must_send(fd, request);
        const char *answer = read_answer(fd);
        expect(answer, status[i], "\r\n\r\n");
        ck_assert_ptr_null(strstr(answer, "Connection: close"));
    }
    must_send(fd, "GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    expect(read_answer(fd), "200", "ok");
    ck_assert(is_closed(fd, LONG_MS));
    close(fd);
    ck_assert_double_eq(metric_value(metrics_get(served_metrics, METRIC_HTTP_REQUESTS, "code=\"200\"")), 4);
    ck_assert_double_eq(metric_value(metrics_get(served_metrics, METRIC_HTTP_REQUESTS, "code=\"404\"")), 1);
}
END_TEST

START_TEST(old_clients_may_ask_for_their_connection_to_be_kept) {
    int fd = dial(AF_INET, serve_port(server));
    for (int i = 0; i < 3; i++) {
        must_send(fd, "GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        expect(read_answer(fd), "200", "ok");
    }
    close(fd);
}
END_TEST

START_TEST(requests_sent_together_are_answered_in_turn) {
    int fd = dial(AF_INET, serve_port(server));
    must_send(fd, "HEAD /healthz HTTP/1.1\r\nHost: t\r\n\r\nGET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"
                  "GET /readyz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    char all[65536];
    size_t n = 0;
    for (ssize_t got; (got = recv(fd, all + n, sizeof all - 1 - n, 0)) > 0;) n += (size_t)got;
    all[n] = '\0';
    const char *second = strstr(all + 1, "HTTP/1.1 200"), *third = second ? strstr(second + 1, "HTTP/1.1 200") : NULL;
    ck_assert_ptr_nonnull(third);
    ck_assert_ptr_nonnull(strstr(third, "\r\n\r\nok\n"));
    close(fd);
}
END_TEST

static const char *const with_body[] = {
    "GET /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n",
};

START_TEST(get_with_a_body_is_refused_before_the_body_comes) {
    int fd = dial(AF_INET, serve_port(server));
    must_send(fd, with_body[_i]);
    expect(read_answer(fd), "400", "expected a request without a body");
    ck_assert(is_closed(fd, LONG_MS));
    close(fd);
    expect_probe(1, "/healthz", PROBE_MS_MAX);
}
END_TEST

START_TEST(head_that_does_not_end_is_refused) {
    int fd = dial(AF_INET, serve_port(server));
    char line[1024];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    must_send(fd, "GET /healthz HTTP/1.1\r\nHost: t\r\nX: ");
    for (int i = 0; i < 64 && !is_closed(fd, 0); i++) (void)!send(fd, line, sizeof line - 1, MSG_NOSIGNAL);
    const char *answer = read_answer(fd);
    ck_assert_msg(*answer == '\0' || strncmp(answer, "HTTP/1.1 431", 12) == 0, "%s", answer);
    close(fd);
    expect_probe(1, "/healthz", PROBE_MS_MAX);
}
END_TEST

START_TEST(stop_does_not_wait_for_slow_clients) {
    for (int i = 0; i < 40; i++) new_slow(1 + (unsigned)i % 4);
    expect_probe(1, "/healthz", PROBE_MS_MAX); /* they are all accepted */
    int64_t start_ms = mono_ms();
    serve_stop(server);
    server = NULL;
    ck_assert_int_lt(mono_ms() - start_ms, PROBE_MS_MAX);
}
END_TEST

Suite *serve_slow_suite(void);
Suite *serve_slow_suite(void) {
    Suite *s = suite_create("serve_slow");
    TCase *t = tcase_create("serve_slow"), *brief = tcase_create("serve_slow_short"),
          *patient = tcase_create("serve_slow_patient");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, given_default, gone);
    tcase_add_test(t, slow_clients_of_one_address_do_not_keep_probes_from_being_answered);
    tcase_add_test(t, slow_clients_of_many_addresses_do_not_either);
    tcase_add_test(t, clients_that_do_not_read_do_not_either);
    tcase_add_test(t, requests_that_came_together_are_all_answered);
    tcase_add_test(t, flood_of_new_connections_does_not_either);
    tcase_add_test(t, scraper_keeps_its_connection_while_others_are_thrown_out);
    tcase_add_test(t, connection_is_kept_for_the_next_request);
    tcase_add_test(t, old_clients_may_ask_for_their_connection_to_be_kept);
    tcase_add_test(t, requests_sent_together_are_answered_in_turn);
    tcase_add_loop_test(t, get_with_a_body_is_refused_before_the_body_comes, 0, (int)ARRAY_LEN(with_body));
    tcase_add_test(t, head_that_does_not_end_is_refused);
    tcase_add_test(t, stop_does_not_wait_for_slow_clients);
    suite_add_tcase(s, t);
    tcase_set_timeout(brief, 60);
    tcase_add_checked_fixture(brief, given_short, gone);
    tcase_add_test(brief, dripping_does_not_make_a_request_longer);
    tcase_add_test(brief, dripping_after_an_answer_does_not_either);
    tcase_add_test(brief, connection_that_says_nothing_ends);
    suite_add_tcase(s, brief);
    tcase_set_timeout(patient, 60);
    tcase_add_checked_fixture(patient, given_patient, gone);
    tcase_add_test(patient, answer_that_is_not_read_has_its_time_too);
    suite_add_tcase(s, patient);
    return s;
}
