/* unit/serve/check_serve.c - the HTTP side as a scraper, a load balancer and a curious browser see it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "serve_given.h"

START_TEST(metrics_are_refreshed_and_served_as_prometheus_text) {
    const char *answer = ask("GET", "/metrics");
    expect(answer, "200", "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    expect(answer, "200", "\ntopkd_messages_total 42\n");
    expect(answer, "200", "\ntopkd_commit_age_seconds 12\n");
    ck_assert_int_eq(refreshed_n, 1);
}
END_TEST

START_TEST(probes_say_ok_when_all_is_well) {
    expect(ask("GET", "/healthz"), "200", "\r\n\r\nok\n");
    expect(ask("GET", "/readyz"), "200", "\r\n\r\nok\n");
    expect(ask("GET", "/readyz?verbose=1"), "200", "Cache-Control: no-store\r\n");
    ck_assert_int_eq(refreshed_n, 0);
}
END_TEST

START_TEST(probe_that_fails_is_503_with_the_reason) {
    is_ready = false;
    expect(ask("GET", "/readyz"), "503", "\r\n\r\nRedis is away\n");
    expect(ask("GET", "/readyz"), "503", "Content-Type: text/plain");
    expect(ask("GET", "/healthz"), "200", "ok");
    is_healthy = false;
    expect(ask("GET", "/healthz"), "503", "\r\n\r\nthe loop has not turned for 31 s\n");
    has_reason = false;
    expect(ask("GET", "/healthz"), "503", "no reason given\n");
    is_ready = true;
    expect(ask("GET", "/readyz"), "200", "ok");
}
END_TEST

static const char *const elsewhere[] = {"/", "/metrics/", "/Metrics", "/readyz/x", "/%2e%2e/etc/passwd"};

START_TEST(other_paths_are_404_and_say_what_there_is) {
    expect(ask("GET", elsewhere[_i]), "404", "/metrics, /healthz or /readyz");
}
END_TEST

START_TEST(head_has_the_status_and_no_body) {
    expect(ask("HEAD", "/healthz"), "200", "Content-Length: 3\r\n");
    ck_assert_str_eq(strstr(ask("HEAD", "/healthz"), "\r\n\r\n"), "\r\n\r\n");
    is_ready = false;
    expect(ask("HEAD", "/readyz"), "503", "\r\n");
}
END_TEST

static const char *const other_methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "BREW"};

START_TEST(other_methods_are_405) { expect(ask(other_methods[_i], "/metrics"), "405", "Allow: GET, HEAD\r\n"); }
END_TEST

START_TEST(body_of_a_request_is_not_read_into_anything) {
    const char *answer =
        ask_at(AF_INET, serve_port(server),
               "POST /readyz HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
    expect(answer, "405", "expected GET or HEAD");
    expect(ask("GET", "/readyz"), "200", "ok");
}
END_TEST

START_TEST(nonsense_on_the_wire_does_not_stop_the_server) {
    ask_at(AF_INET, serve_port(server), "\x16\x03\x01 nonsense\r\n\r\n");
    int fd = dial(AF_INET, serve_port(server));
    ck_assert_int_eq(send(fd, "GET /met", 8, MSG_NOSIGNAL), 8);
    close(fd); /* breaks off */
    expect(ask("GET", "/healthz"), "200", "ok");
}
END_TEST

static bool machine_has_ipv6(void) {
    struct sockaddr_in6 any_port = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&any_port, sizeof any_port) == 0;
    if (fd >= 0) close(fd);
    return has;
}

START_TEST(without_a_host_every_family_of_the_machine_is_served) {
    struct serve *any = must_start("", 0);
    const char *request = "GET /healthz HTTP/1.0\r\n\r\n";
    expect(ask_at(AF_INET, serve_port(any), request), "200", "ok");
    if (machine_has_ipv6()) expect(ask_at(AF_INET6, serve_port(any), request), "200", "ok");
    serve_stop(any);
}
END_TEST

START_TEST(taken_port_is_refused_by_the_name_of_its_setting) {
    struct serve_options o = server_options("127.0.0.1", serve_port(server));
    struct serve *second = NULL;
    struct err e = {0};
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)serve_port(server));
    ck_assert_int_eq(serve_start(&o, &second, &e), ERR_INVALID);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(e.text, "TOPKD_LISTEN"));
    ck_assert_ptr_nonnull(strstr(e.text, port));
    ck_assert_ptr_nonnull(strstr(e.text, "choose another port"));
    o.host = "";
    ck_assert_int_eq(serve_start(&o, &second, &e), ERR_INVALID);
}
END_TEST

START_TEST(address_that_is_not_ours_is_refused) {
    struct serve_options o = server_options("192.0.2.1", 0); /* TEST-NET-1: nobody's */
    struct serve *s = NULL;
    struct err e = {0};
    ck_assert_int_eq(serve_start(&o, &s, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "TOPKD_LISTEN: cannot listen on port 0 of 192.0.2.1"));
    o.host = "300.300.300.300.";
    ck_assert_int_eq(serve_start(&o, &s, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "TOPKD_LISTEN: cannot resolve the host"));
}
END_TEST

START_TEST(port_is_free_again_after_the_stop) {
    uint16_t port = serve_port(server);
    ask("GET", "/healthz"); /* leaves a connection in TIME_WAIT */
    serve_stop(server);
    ck_assert_int_eq(dial(AF_INET, port), -1);
    server = must_start("127.0.0.1", port);
    ck_assert_uint_eq(serve_port(server), port);
    expect(ask("GET", "/healthz"), "200", "ok");
    serve_stop(NULL);
}
END_TEST

static void *scrape_many(void *arg) {
    (void)arg;
    for (int i = 0; i < 10; i++) expect(ask("GET", "/metrics"), "200", "topkd_messages_total");
    return NULL;
}

START_TEST(scrapers_at_once_are_all_answered) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, scrape_many, NULL);
    for (int i = 0; i < 1000; i++) metric_add(metrics_get(served_metrics, METRIC_MESSAGES, ""), 1);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ck_assert_int_eq(refreshed_n, 40);
}
END_TEST

Suite *serve_suite(void);
Suite *serve_suite(void) {
    Suite *s = suite_create("serve");
    TCase *t = tcase_create("serve");
    tcase_add_checked_fixture(t, given_server, server_gone);
    tcase_add_test(t, metrics_are_refreshed_and_served_as_prometheus_text);
    tcase_add_test(t, probes_say_ok_when_all_is_well);
    tcase_add_test(t, probe_that_fails_is_503_with_the_reason);
    tcase_add_loop_test(t, other_paths_are_404_and_say_what_there_is, 0, (int)ARRAY_LEN(elsewhere));
    tcase_add_test(t, head_has_the_status_and_no_body);
    tcase_add_loop_test(t, other_methods_are_405, 0, (int)ARRAY_LEN(other_methods));
    tcase_add_test(t, body_of_a_request_is_not_read_into_anything);
    tcase_add_test(t, nonsense_on_the_wire_does_not_stop_the_server);
    tcase_add_test(t, without_a_host_every_family_of_the_machine_is_served);
    tcase_add_test(t, taken_port_is_refused_by_the_name_of_its_setting);
    tcase_add_test(t, address_that_is_not_ours_is_refused);
    tcase_add_test(t, port_is_free_again_after_the_stop);
    tcase_add_test(t, scrapers_at_once_are_all_answered);
    suite_add_tcase(s, t);
    return s;
}
