/* source/kafka_library.c - librdkafka as it runs here: what its version can, and where its logs go. */
#include "source/kafka_library.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "source/kafka.h"

enum {
    VERSION_WITH_QUEUE_BACKOFF = 0x020200ff,
    /* Before, the client's nonce is sent twice; Kafka 3.8.1 to 3.9 let that pass, 4.0 does not (librdkafka 4895). */
    VERSION_WITH_SOUND_SCRAM = 0x020601ff
};

/* -- the version --------------------------------------------------------------------------------- */

const char *kafka_library_version(void) { return rd_kafka_version_str(); }

bool kafka_library_has_queue_backoff(void) { return rd_kafka_version() >= VERSION_WITH_QUEUE_BACKOFF; }

bool kafka_scram_is_too_old(int version, const char *mechanism) {
    assert(mechanism != NULL);
    return strncasecmp(mechanism, "SCRAM-", 6) == 0 && version < VERSION_WITH_SOUND_SCRAM;
}

bool kafka_conf_scram_is_too_old(const rd_kafka_conf_t *conf) {
    char mechanism[64] = "", protocol[32] = "";
    size_t size = sizeof mechanism, protocol_size = sizeof protocol;
    (void)!rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism, &size);
    (void)!rd_kafka_conf_get(conf, "security.protocol", protocol, &protocol_size);
    return strncasecmp(protocol, "sasl_", 5) == 0 && kafka_scram_is_too_old(rd_kafka_version(), mechanism);
}

bool kafka_conf_warn_of_scram(const rd_kafka_conf_t *conf) {
    if (!kafka_conf_scram_is_too_old(conf)) return false;
    log_event(LOG_WARN, "scram_too_old", "librdkafka=%s text=%s remedy=%s", rd_kafka_version_str(),
              log_quote("below 2.6.1 it sends a nonce that brokers of Kafka 4 refuse"),
              log_quote("use librdkafka 2.6.1 or newer, or another mechanism"));
    return true;
}

/* -- logs ---------------------------------------------------------------------------------------- */

/* librdkafka calls it an error when a connection breaks, which it mends by itself. */
static enum log_level log_level_of(int syslog_level) {
    if (syslog_level <= 2) return LOG_ERROR;
    if (syslog_level <= 4) return LOG_WARN;
    return syslog_level <= 6 ? LOG_INFO : LOG_DEBUG;
}

/* The shared handle asks for watermarks as Kafka's tools do; librdkafka would mention that on every start. */
static bool log_is_expected(const char *facility, const char *text) {
    return strcmp(facility, "CONFWARN") == 0 && strstr(text, "isolation.level") != NULL;
}

/* Each handle says so of each broker, again and again; what it means is told once by kafka_why.c. A producer that is
 * refused forgets the partitions of its topic, and learns them again, each time. */
static bool log_is_told_elsewhere(const rd_kafka_t *rk, const char *facility) {
    if (strcmp(facility, "PARTCNT") == 0) return rk != NULL && rd_kafka_type(rk) == RD_KAFKA_PRODUCER;
    return strcmp(facility, "FAIL") == 0 || strcmp(facility, "REQTMOUT") == 0;
}

void kafka_library_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    if (log_is_expected(facility, text)) return;
    log_event(log_is_told_elsewhere(rk, facility) ? LOG_DEBUG : log_level_of(level), "rdkafka_log",
              "client=%s facility=%s text=%s", rk != NULL ? rd_kafka_name(rk) : "none", log_quote(facility),
              log_quote(text));
}
