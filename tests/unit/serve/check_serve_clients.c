/* unit/serve/check_serve_clients.c - who has to go when there are too many, without any socket. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <check.h>

#include "serve/clients.h"

static struct clients s;
static enum client_fault why;

static void setup(void) {
    s = (struct clients){
        .limits = {.connections_max = 4, .per_address_max = 3, .request_ms_max = 10, .kept_ms_max = 50}};
}

static void teardown(void) {
    while (s.oldest) clients_remove(&s, s.oldest);
    ck_assert_uint_eq(s.n, 0);
}

static struct client *from_v4(const char *text, int64_t now_ms) {
    struct sockaddr_in a = {.sin_family = AF_INET};
    ck_assert_int_eq(inet_pton(AF_INET, text, &a.sin_addr), 1);
    return clients_add(&s, (struct sockaddr *)&a, -1, now_ms);
}

static struct client *from_v6(const char *text, int64_t now_ms) {
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};
    ck_assert_int_eq(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
    return clients_add(&s, (struct sockaddr *)&a, -1, now_ms);
}

static void expect_none(void) { ck_assert_ptr_null(clients_take_excess(&s, &why)); }

static void expect_excess(struct client *c, enum client_fault fault) {
    ck_assert_ptr_eq(clients_take_excess(&s, &why), c);
    ck_assert_int_eq(why, fault);
    expect_none();
    clients_remove(&s, c);
}

START_TEST(oldest_of_an_address_goes_when_the_address_is_full) {
    struct client *other = from_v4("10.0.0.9", 0), *first = from_v4("10.0.0.1", 1);
    from_v4("10.0.0.1", 2);
    expect_none();
    from_v4("10.0.0.1", 3);
    expect_none();
    from_v4("10.0.0.1", 4);
    expect_excess(first, CLIENT_ADDRESS_FULL);
    ck_assert_ptr_eq(s.oldest, other);
}
END_TEST

START_TEST(oldest_of_the_busiest_address_goes_when_all_is_full) {
    struct client *alone = from_v4("10.0.0.9", 0), *first = from_v4("10.0.0.1", 1);
    from_v4("10.0.0.2", 2);
    from_v4("10.0.0.1", 3);
    expect_none();
    from_v4("10.0.0.3", 4);
    expect_excess(first, CLIENT_ALL_FULL);
    ck_assert_ptr_eq(s.oldest, alone);
}
END_TEST

START_TEST(oldest_of_all_goes_where_each_address_has_one) {
    struct client *first = from_v4("10.0.0.1", 0);
    from_v4("10.0.0.2", 1);
    from_v4("10.0.0.3", 2);
    from_v4("10.0.0.4", 3);
    from_v4("10.0.0.5", 4);
    expect_excess(first, CLIENT_ALL_FULL);
}
END_TEST

START_TEST(one_client_is_one_address_however_it_comes) {
    struct client *first = from_v6("2001:db8:1:2::1", 0);
    from_v6("2001:db8:1:2:ffff::2", 1); /* the same /64 */
    from_v6("2001:db8:1:2::3", 2);
    from_v6("2001:db8:1:2::4", 3);
    expect_excess(first, CLIENT_ADDRESS_FULL);
    teardown();
    first = from_v4("10.0.0.1", 0);
    from_v6("::ffff:10.0.0.1", 1); /* as a socket of both families shows it */
    from_v6("::ffff:10.0.0.2", 2);
    from_v4("10.0.0.1", 3);
    expect_none();
    from_v6("::ffff:10.0.0.1", 4);
    expect_excess(first, CLIENT_ADDRESS_FULL);
}
END_TEST

START_TEST(unknown_addresses_are_one) {
    struct client *first = clients_add(&s, NULL, -1, 0);
    for (int i = 0; i < 3; i++) clients_add(&s, NULL, -1, 1);
    expect_excess(first, CLIENT_ADDRESS_FULL);
}
END_TEST

static void expect_late(int64_t now_ms, struct client *c, enum client_fault fault) {
    ck_assert_ptr_eq(clients_take_late(&s, now_ms, &why), c);
    ck_assert_int_eq(why, fault);
    ck_assert_ptr_null(clients_take_late(&s, now_ms, &why));
    clients_remove(&s, c);
}

START_TEST(head_of_the_first_request_does_not_move_its_limit) {
    ck_assert_int_eq(clients_due_ms(&s), INT64_MAX);
    struct client *c = from_v4("10.0.0.1", 100);
    clients_request(&s, c, 109);
    ck_assert_int_eq(clients_due_ms(&s), 110);
    ck_assert_ptr_null(clients_take_late(&s, 109, &why));
    expect_late(110, c, CLIENT_SLOW);
}
END_TEST

START_TEST(answered_connection_is_kept_for_a_while) {
    struct client *c = from_v4("10.0.0.1", 100);
    clients_request(&s, c, 101);
    clients_answered(&s, c, 105);
    ck_assert_int_eq(clients_due_ms(&s), 155);
    clients_request(&s, c, 140); /* the next request has its own time */
    ck_assert_int_eq(clients_due_ms(&s), 150);
    clients_answered(&s, c, 141);
    expect_late(191, c, CLIENT_IDLE);
    c = from_v4("10.0.0.1", 200);
    clients_answered(&s, c, 201);
    clients_request(&s, c, 202);
    expect_late(212, c, CLIENT_SLOW);
}
END_TEST

START_TEST(who_leaves_is_counted_no_more) {
    struct client *gone[3];
    for (int i = 0; i < 3; i++) gone[i] = from_v4("10.0.0.1", 0);
    for (int i = 0; i < 3; i++) ck_assert_ptr_nonnull(clients_take_late(&s, 10, &why));
    ck_assert_uint_eq(s.n, 0);
    for (int i = 0; i < 3; i++) from_v4("10.0.0.1", 11);
    expect_none(); /* though the sockets of those that leave are still there */
    for (int i = 0; i < 3; i++) clients_remove(&s, gone[i]);
    ck_assert_uint_eq(s.n, 3);
}
END_TEST

Suite *serve_clients_suite(void);
Suite *serve_clients_suite(void) {
    Suite *suite = suite_create("serve_clients");
    TCase *t = tcase_create("serve_clients");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, oldest_of_an_address_goes_when_the_address_is_full);
    tcase_add_test(t, oldest_of_the_busiest_address_goes_when_all_is_full);
    tcase_add_test(t, oldest_of_all_goes_where_each_address_has_one);
    tcase_add_test(t, one_client_is_one_address_however_it_comes);
    tcase_add_test(t, unknown_addresses_are_one);
    tcase_add_test(t, head_of_the_first_request_does_not_move_its_limit);
    tcase_add_test(t, answered_connection_is_kept_for_a_while);
    tcase_add_test(t, who_leaves_is_counted_no_more);
    suite_add_tcase(suite, t);
    return suite;
}
