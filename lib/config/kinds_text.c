/* config/kinds_text.c - the kinds of settings that are a text, an address or a list. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/name_pattern.h"
#include "base/units.h"
#include "config/setting.h"

void field_set_text(char **field, const char *text) {
    mem_free(*field);
    *field = mem_strdup(text);
}

static int text_check_length(const struct setting *s, const char *text, struct err *e) {
    size_t n = strlen(text);
    if (n < s->min) return err_set(e, ERR_INVALID, "give it a value");
    if (n > s->max) return err_set(e, ERR_INVALID, "shorten it to %" PRIu64 " bytes", s->max);
    return 0;
}

bool setting_text_has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
    return false;
}

static bool text_has_space(const char *text) { return setting_text_has_control(text) || strchr(text, ' ') != NULL; }

static int text_take(const struct setting *s, const char *text, struct config *c) {
    field_set_text(setting_field(s, c), text);
    return 0;
}

void setting_text_format(const struct setting *s, const struct config *c, struct buf *out) {
    buf_add_str(out, *(char *const *)setting_value(s, c));
}

/* -- TEXT: anything without control characters --------------------------------------------------------------------- */

static int text_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    int status = text_check_length(s, text, e);
    if (status == 0 && setting_text_has_control(text)) status = err_set(e, ERR_INVALID, "remove the control character");
    return status == 0 ? text_take(s, text, c) : status;
}

static void text_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "a text of %" PRIu64 "..%" PRIu64 " bytes", s->min, s->max);
}

const struct setting_kind setting_kind_text = {text_parse, setting_text_format, text_describe, true};

/* -- BROKERS ------------------------------------------------------------------------------------------------------- */

static int brokers_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    int status = text_check_length(s, text, e);
    if (status != 0) return status;
    if (text_has_space(text)) return err_set(e, ERR_INVALID, "remove the spaces");
    if (text[0] == ',' || text[strlen(text) - 1] == ',' || strstr(text, ",,") != NULL)
        return err_set(e, ERR_INVALID, "remove the comma that has nothing beside it");
    return text_take(s, text, c);
}

static void brokers_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_add_str(out, "host:port, separated by commas");
}

const struct setting_kind setting_kind_brokers = {brokers_parse, setting_text_format, brokers_describe, false};

/* -- TOPIC and TOPICS: Kafka's own grammar ------------------------------------------------------------------------- */

#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
enum { TOPIC_BYTES_MAX = 249 };

static int topic_check(struct bytes t, struct err *e) {
    if (t.n == 0) return err_set(e, ERR_INVALID, "remove the comma that has nothing beside it");
    if (t.n > TOPIC_BYTES_MAX) return err_set(e, ERR_INVALID, "shorten the topic to %d bytes", (int)TOPIC_BYTES_MAX);
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] == '\0' || strchr(NAME_LETTERS, t.p[i]) == NULL)
            return err_set(e, ERR_INVALID, "a topic has only the characters A-Z a-z 0-9 . _ -, correct %s",
                           log_quote_bytes(t));
    if (t.n <= 2 && memcmp(t.p, "..", t.n) == 0)
        return err_set(e, ERR_INVALID, "a topic cannot be called . or .., name another");
    return 0;
}

static int topic_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    int status = *text == '\0' ? 0 : topic_check((struct bytes){text, strlen(text)}, e);
    return status == 0 ? text_take(s, text, c) : status;
}

static void topic_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_add_str(out, "a Kafka topic, or nothing");
}

const struct setting_kind setting_kind_topic = {topic_parse, setting_text_format, topic_describe, true};

static bool topics_have(const struct config *c, struct bytes topic) {
    for (uint32_t i = 0; i < c->topics_n; i++)
        if (strlen(c->topics[i]) == topic.n && memcmp(c->topics[i], topic.p, topic.n) == 0) return true;
    return false;
}

static int topic_pattern_check(const char *text, struct err *e) {
    struct name_pattern pattern;
    if (setting_text_has_control(text)) return err_set(e, ERR_INVALID, "remove the control character");
    int status = name_pattern_compile(text, &pattern, e);
    if (status == 0) name_pattern_free(&pattern);
    return status;
}

static int topic_or_pattern_check(const char *text, struct err *e) {
    size_t letters = strspn(text, NAME_LETTERS);
    if (name_is_pattern(text)) return topic_pattern_check(text, e);
    if (text[letters] != '*') return topic_check((struct bytes){text, strlen(text)}, e);
    if (letters > 0 && text[letters - 1] == '.') letters--; /* of ".*" */
    return err_set(e, ERR_INVALID, "a pattern begins with ^: write ^%.*s for every topic that begins so, or correct %s",
                   (int)letters, text, log_quote(text));
}

/* TEXT: a topic or a pattern; owned by the configuration if 0 is returned. */
static int topic_add(struct config *c, char *text, struct err *e) {
    struct bytes topic = {text, strlen(text)};
    int status = topic_or_pattern_check(text, e);
    if (status != 0) return status;
    if (topics_have(c, topic))
        return err_set(e, ERR_INVALID, "remove %s, which is there twice", log_quote_bytes(topic));
    if (c->topics_n == CONFIG_TOPICS_MAX)
        return err_set(e, ERR_INVALID, "leave some out, %d topics and patterns at most", CONFIG_TOPICS_MAX);
    c->topics[c->topics_n++] = text;
    return 0;
}

static int topic_copy_and_add(struct config *c, const char *text, size_t n, struct err *e) {
    char *copy = mem_zalloc(n + 1, 1);
    memcpy(copy, text, n);
    int status = topic_add(c, copy, e);
    if (status != 0) mem_free(copy);
    return status;
}

static int topics_order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void topics_forget(struct config *c) {
    while (c->topics_n > 0) mem_free(c->topics[--c->topics_n]);
}

static int topics_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    (void)s;
    topics_forget(c);                  /* of a text that was given up half way */
    for (const char *p = text;; p++) { /* over the comma */
        size_t n = strcspn(p, ",");
        int status = topic_copy_and_add(c, p, n, e);
        if (status != 0) return status;
        p += n;
        if (*p == '\0') break;
    }
    /* Workers number partitions by them: in whatever order they are given, it is the same. */
    qsort(c->topics, c->topics_n, sizeof *c->topics, topics_order);
    return 0;
}

static void topics_format(const struct setting *s, const struct config *c, struct buf *out) {
    (void)s;
    for (uint32_t i = 0; i < c->topics_n; i++) buf_addf(out, "%s%s", i > 0 ? "," : "", c->topics[i]);
}

static void topics_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "1..%" PRIu64 " Kafka topics, or patterns that begin with ^, separated by commas", s->max);
}

const struct setting_kind setting_kind_topics = {topics_parse, topics_format, topics_describe, false};

/* -- BOARD: goes into Redis keys beside the hash tag --------------------------------------------------------------- */

static int board_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    int status = text_check_length(s, text, e);
    if (status != 0) return status;
    if (text[strspn(text, NAME_LETTERS ":")] != '\0') return err_set(e, ERR_INVALID, "remove every other character");
    return text_take(s, text, c);
}

static void board_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "%" PRIu64 "..%" PRIu64 " characters of A-Z a-z 0-9 _ . : -", s->min, s->max);
}

const struct setting_kind setting_kind_board = {board_parse, setting_text_format, board_describe, false};

/* -- REDIS: the scheme is checked here, the rest where it is used ---------------------------------------------------
 */

static int redis_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    int status = text_check_length(s, text, e);
    if (status != 0) return status;
    if (strncmp(text, "rediss://", 9) == 0)
        return err_set(e, ERR_INVALID,
                       "this build has no TLS, put a TLS proxy beside topkd and use redis:// or unix://");
    if (strncmp(text, "redis://", 8) != 0 && strncmp(text, "unix://", 7) != 0)
        return err_set(e, ERR_INVALID, "start it with redis:// or unix://");
    if (text_has_space(text)) return err_set(e, ERR_INVALID, "remove the space or control character");
    return text_take(s, text, c);
}

/* User and password end at the last '@'; unix:///path has neither. */
static void redis_format(const struct setting *s, const struct config *c, struct buf *out) {
    const char *url = *(char *const *)setting_value(s, c), *rest = strstr(url, "://") + 3, *at = strrchr(rest, '@');
    buf_add(out, url, (size_t)(rest - url));
    if (at != NULL && *rest != '/') {
        buf_add_str(out, "***");
        rest = at;
    }
    buf_add_str(out, rest);
}

static void redis_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_add_str(out, "redis://[user:password@]host[:port][/db] or unix:///path[?db=N]");
}

const struct setting_kind setting_kind_redis = {redis_parse, redis_format, redis_describe, false};

/* -- WEIGHTS ------------------------------------------------------------------------------------------------------- */

static int weights_setting_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    int status = text_check_length(s, text, e);
    if (status == 0) status = weights_parse(text, &c->weights, e);
    return status == 0 ? text_take(s, text, c) : status;
}

static void weights_describe(const struct setting *s, struct buf *out) {
    (void)s;
    buf_addf(out, "type=weight, separated by commas, weights 0..%d, * for any other type", (int)WEIGHT_MAX);
}

const struct setting_kind setting_kind_weights = {weights_setting_parse, setting_text_format, weights_describe, false};

/* -- LISTEN -------------------------------------------------------------------------------------------------------- */

static int listen_split(const char *text, struct bytes *host, const char **port, struct err *e) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL) return err_set(e, ERR_INVALID, "put a colon before the port");
    *port = colon + 1;
    *host = (struct bytes){text, (size_t)(colon - text)};
    if (host->n >= 2 && text[0] == '[' && colon[-1] == ']')
        *host = (struct bytes){text + 1, host->n - 2};
    else if (host->n > 0 && memchr(text, ':', host->n) != NULL)
        return err_set(e, ERR_INVALID, "put an IPv6 address in brackets, like [::1]:9464");
    else
        return 0;
    return host->n > 0 ? 0 : err_set(e, ERR_INVALID, "put an address between the brackets");
}

static int listen_parse(const struct setting *s, const char *text, struct config *c, struct err *e) {
    struct bytes host = {NULL, 0};
    const char *port_text = NULL;
    uint64_t port = 0;
    int status = listen_split(text, &host, &port_text, e);
    if (status == 0 && (text_has_space(text) || host.n > 255))
        status = err_set(e, ERR_INVALID, "use a host name or an address");
    if (status == 0) status = units_parse_number(port_text, &port, e);
    if (status == 0 && port > s->max) status = err_set(e, ERR_INVALID, "lower the port");
    if (status != 0) return status;
    mem_free(c->listen_host);
    c->listen_host = mem_zalloc(host.n + 1, 1);
    memcpy(c->listen_host, host.p, host.n);
    c->listen_port = (uint16_t)port;
    return 0;
}

static void listen_format(const struct setting *s, const struct config *c, struct buf *out) {
    (void)s;
    bool brackets = strchr(c->listen_host, ':') != NULL;
    buf_addf(out, "%s%s%s:%" PRIu16, brackets ? "[" : "", c->listen_host, brackets ? "]" : "", c->listen_port);
}

static void listen_describe(const struct setting *s, struct buf *out) {
    buf_addf(out, "host:port or :port, port %" PRIu64 "..%" PRIu64, s->min, s->max);
}

const struct setting_kind setting_kind_listen = {listen_parse, listen_format, listen_describe, false};
