/* Which logins an old librdkafka cannot make. */
#include <check.h>

#include "source/kafka_scram.h"

enum { V2_0_2 = 0x020002ff, V2_6_0 = 0x020600ff, V2_6_1 = 0x020601ff, V2_8_0 = 0x020800ff };

static bool is_too_old(char *name, char *value, int version) {
    struct config c = {.kafka_props = {{.name = "client.id", .value = "SCRAM"}, {.name = name, .value = value}},
                       .kafka_props_n = 2};
    return kafka_scram_is_too_old(&c, version);
}

START_TEST(scram_needs_a_library_that_kafka_4_understands) {
    ck_assert(is_too_old("sasl.mechanism", "SCRAM-SHA-256", V2_0_2));
    ck_assert(is_too_old("sasl.mechanisms", "SCRAM-SHA-512", V2_6_0)); /* the library's other name of it */
    ck_assert(is_too_old("sasl.mechanism", "scram-sha-256", V2_6_0));
    ck_assert(!is_too_old("sasl.mechanism", "SCRAM-SHA-256", V2_6_1));
    ck_assert(!is_too_old("sasl.mechanism", "SCRAM-SHA-256", V2_8_0));
    ck_assert(!is_too_old("sasl.mechanism", "PLAIN", V2_0_2));
    ck_assert(!is_too_old("sasl.username", "SCRAM", V2_0_2));
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
