/* Which logins an old librdkafka cannot make. */
#include <check.h>

#include "source/kafka_scram.h"

enum { V2_0_2 = 0x020002ff, V2_6_0 = 0x020600ff, V2_6_1 = 0x020601ff, V2_8_0 = 0x020800ff };

START_TEST(scram_needs_a_library_that_kafka_4_understands) {
    ck_assert(kafka_scram_is_too_old(V2_0_2, "SCRAM-SHA-256"));
    ck_assert(kafka_scram_is_too_old(V2_6_0, "scram-sha-512"));
    ck_assert(!kafka_scram_is_too_old(V2_6_1, "SCRAM-SHA-256"));
    ck_assert(!kafka_scram_is_too_old(V2_8_0, "SCRAM-SHA-256"));
    ck_assert(!kafka_scram_is_too_old(V2_0_2, "PLAIN"));
    ck_assert(!kafka_scram_is_too_old(V2_0_2, ""));
}
END_TEST

Suite *kafka_scram_suite(void);
Suite *kafka_scram_suite(void) {
    Suite *s = suite_create("kafka_scram");
    TCase *t = tcase_create("kafka_scram");
    tcase_add_test(t, scram_needs_a_library_that_kafka_4_understands);
    suite_add_tcase(s, t);
    return s;
}
