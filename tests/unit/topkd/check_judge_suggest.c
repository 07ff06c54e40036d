/* unit/topkd/check_judge_suggest.c - for events as products really send them, settings are found that apply them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "topkd/judge_suggest.h"

Suite *judge_suggest_suite(void);

enum { VARIANTS = 20 };

#define RECORD_TIME_MS INT64_C(1795320676091) /* 2026-11-22T04:11:16.091Z */

static struct buf text;
static struct judge_counts counts;

/* -- events from a template ---------------------------------------------------------------------- */

/* In a template: $v one of 7 items, $c one of 3 countries, $u never the same, $s unix seconds, $i a second of
 * 2026-11-22T04:11, $$ a dollar. */
static void template_add(struct buf *out, const char *template, int i) {
    static const char *const countries[] = {"US", "DE", "FR"};
    for (const char *p = template; *p != '\0'; p++) {
        if (*p != '$') {
            buf_add_byte(out, (unsigned char)*p);
            continue;
        }
        p++;
        if (*p == '$') buf_add_byte(out, '$');
        if (*p == 'v') buf_addf(out, "v%d", i * 5 % 7);
        if (*p == 'c') buf_add_str(out, countries[i % 3]);
        if (*p == 'u') buf_addf(out, "%08x-0000-4000-8000-000000000000", (unsigned)i * 2654435761u);
        if (*p == 's') buf_addf(out, "%" PRId64, RECORD_TIME_MS / 1000 + i);
        if (*p == 'i') buf_addf(out, "%02d", i % 60);
    }
}

static void record_add(struct judge_corpus *corpus, struct bytes value, struct bytes key) {
    struct judge_record r = {.message = {.value = value, .key = key, .topic = "events", .time_ms = RECORD_TIME_MS},
                             .line = 1};
    judge_corpus_add(corpus, &r);
}

static struct config *loaded(const char *const *envp) {
    struct config *c = NULL;
    struct buf problems = {0};
    ck_assert_msg(config_load(envp, &c, &problems) == 0, "%s", buf_text(&problems));
    buf_free(&problems);
    return c;
}

static const char *odd_one; /* the first event, if it is not as the others */

/* VARIANTS events, given to the suggester of the settings ENVP. */
static void suggest_with(const char *const *envp, const char *template) {
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    for (int i = 0; i < VARIANTS; i++) {
        struct buf event = {0};
        template_add(&event, i == 0 && odd_one != NULL ? odd_one : template, i);
        record_add(corpus, (struct bytes){event.data, event.len}, (struct bytes){NULL, 0});
        buf_free(&event);
    }
    odd_one = NULL;
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}

static void suggest(const char *template) {
    static const char *const envp[] = {NULL};
    suggest_with(envp, template);
}

/* The lines of the proposal without its comments, each followed by a blank. */
static const char *settings_of(void) {
    static char out[2048];
    size_t n = 0;
    for (const char *line = buf_text(&text); *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        if (*line == '#' || n + length + 2 > sizeof out) continue;
        memcpy(out + n, line, length);
        n += length;
        out[n++] = ' ';
    }
    out[n] = '\0';
    return out;
}

static void expect_settings(const char *want) {
    ck_assert_msg(strcmp(settings_of(), want) == 0, "%s", buf_text(&text));
}

static void expect_applied(uint64_t applied, uint64_t located) {
    ck_assert_msg(counts.of[EVENT_APPLIED] == applied && counts.events == applied, "%s", buf_text(&text));
    ck_assert_msg(counts.located == located, "%s", buf_text(&text));
}

/* -- the corpus ---------------------------------------------------------------------------------- */

#define FLAT "{\"video_id\": \"$v\", \"location\": \"$c\", \"type\": \"view\", \"ts\": $s091}"

static const struct envelope {
    const char *what, *event;
    const char *settings; /* that are proposed */
    unsigned each;        /* events of a message */
    bool located;
} envelopes[] = {
    {"flat, as documented", FLAT, "", 1, true},
    {"flat after Flatten", "{\"data.video_id\": \"$v\", \"data.loc\": \"$c\"}",
     "TOPKD_FIELD_ITEM=data.video_id TOPKD_FIELD_LOCATION=data.loc ", 1, true},
    {"byte order mark", "\xef\xbb\xbf" FLAT, "", 1, true},
    {"CloudEvents",
     "{\"specversion\": \"1.0\", \"type\": \"view\", \"source\": \"/player\", \"id\": \"$u\", "
     "\"time\": \"2026-11-22T04:11:$i.091Z\", \"data\": {\"video_id\": \"$v\", \"location\": \"$c\"}}",
     "TOPKD_FIELD_ITEM=/data/video_id TOPKD_FIELD_LOCATION=/data/location TOPKD_FIELD_TIME=time TOPKD_FIELD_ID=id ", 1,
     true},
    {"CloudEvents whose subject is the item",
     "{\"specversion\":\"1.0\",\"type\":\"com.shop.viewed\",\"source\":\"/shop\",\"id\":\"$u\",\"subject\":\"$v\","
     "\"time\":\"2026-11-22T04:11:$i+01:00\",\"datacontenttype\":\"application/json\","
     "\"data\":{\"countryCode\":\"$c\"}}",
     "TOPKD_FIELD_ITEM=subject TOPKD_FIELD_LOCATION=/data/countryCode TOPKD_FIELD_TIME=time TOPKD_FIELD_ID=id ", 1,
     true},
    {"Segment track, short",
     "{\"type\": \"track\", \"event\": \"Video Viewed\", \"timestamp\": \"2026-11-22T04:11:$i.091Z\", "
     "\"properties\": {\"video_id\": \"$v\"}, \"context\": {\"location\": {\"country\": \"$c\"}}}",
     "TOPKD_FIELD_ITEM=/properties/video_id TOPKD_FIELD_LOCATION=/context/location/country "
     "TOPKD_FIELD_TIME=timestamp ",
     1, true},
    {"Segment track, whole",
     "{\"anonymousId\":\"a$v\",\"channel\":\"browser\",\"context\":{\"ip\":\"8.8.8.8\",\"library\":{\"name\":\"a.js\","
     "\"version\":\"2.11.1\"},\"locale\":\"en-US\",\"location\":{\"city\":\"C$c\",\"country\":\"$c\",\"latitude\":40.2,"
     "\"longitude\":-12.1},\"page\":{\"path\":\"/p/$v\",\"title\":\"T\",\"url\":\"https://x.example/p/$v\"}},"
     "\"event\":\"Product Viewed\",\"messageId\":\"$u\",\"originalTimestamp\":\"2026-11-22T04:11:$i.091Z\","
     "\"properties\":{\"product_id\":\"$v\",\"category\":\"Games\",\"price\":19,\"currency\":\"usd\"},"
     "\"receivedAt\":\"2026-11-22T04:11:$i.990Z\",\"sentAt\":\"2026-11-22T04:11:$i.191Z\","
     "\"timestamp\":\"2026-11-22T04:11:$i.291Z\",\"type\":\"track\",\"userId\":\"u$c\"}",
     "TOPKD_FIELD_ITEM=/properties/product_id TOPKD_FIELD_LOCATION=/context/location/country "
     "TOPKD_FIELD_TIME=timestamp TOPKD_FIELD_USER=userId TOPKD_FIELD_ID=messageId ",
     1, true},
    {"Debezium, with envelope",
     "{\"schema\": null, \"payload\": {\"op\": \"c\", \"ts_ms\": $s091, \"after\": {\"video_id\": \"$v\", "
     "\"location\": \"$c\"}}}",
     "TOPKD_FIELD_ITEM=/payload/after/video_id TOPKD_FIELD_LOCATION=/payload/after/location "
     "TOPKD_FIELD_TIME=/payload/ts_ms ",
     1, true},
    {"Debezium, an update with its schema",
     "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"optional\":false,\"field\":\"sku\"}]},"
     "\"payload\":{\"before\":{\"id\":$s,\"sku\":\"$v\",\"country\":\"$c\"},\"after\":{\"id\":$s,\"sku\":\"$v\","
     "\"country\":\"$c\"},\"source\":{\"version\":\"2.4.0\",\"connector\":\"mysql\",\"name\":\"db\",\"ts_ms\":$s000,"
     "\"db\":\"shop\",\"table\":\"orders\",\"pos\":154},\"op\":\"u\",\"ts_ms\":$s091,\"transaction\":null}}",
     "TOPKD_FIELD_ITEM=/payload/after/sku TOPKD_FIELD_LOCATION=/payload/after/country TOPKD_FIELD_TIME=/payload/ts_ms ",
     1, true},
    {"JsonConverter with schemas.enable", "{\"schema\": {\"type\": \"struct\"}, \"payload\": " FLAT "}",
     "TOPKD_FIELD_ITEM=/payload/video_id TOPKD_FIELD_LOCATION=/payload/location TOPKD_FIELD_TIME=/payload/ts ", 1,
     true},
    {"GA4 export, one item",
     "{\"event_timestamp\": $s091000, \"event_name\": \"view_item\", \"geo\": {\"country\": \"$c\"}, "
     "\"items\": [{\"item_id\": \"$v\"}]}",
     "TOPKD_FIELD_ITEM=/items/0/item_id TOPKD_FIELD_LOCATION=/geo/country TOPKD_FIELD_TIME=event_timestamp ", 1, true},
    {"GA4 export, many items",
     "{\"event_date\":\"20261122\",\"event_timestamp\":$s091000,\"event_name\":\"view_item_list\",\"event_params\":["
     "{\"key\":\"page_location\",\"value\":{\"string_value\":\"https://x.example/\"}},"
     "{\"key\":\"ga_session_id\",\"value\":{\"int_value\":\"1795320000\"}}],"
     "\"user_pseudo_id\":\"1.$s\",\"geo\":{\"continent\":\"Europe\",\"country\":\"$c\",\"city\":\"\"},"
     "\"items\":[{\"item_id\":\"$v\",\"item_name\":\"N$v\",\"price\":1.5},{\"item_id\":\"w$v\",\"price\":2}]}",
     "TOPKD_EVENTS_AT=/items TOPKD_FIELD_ITEM=item_id TOPKD_FIELD_LOCATION=^/geo/country "
     "TOPKD_FIELD_TIME=^/event_timestamp TOPKD_FIELD_USER=^/user_pseudo_id ",
     2, true},
    {"GA4 export, the item is a parameter",
     "{\"event_timestamp\":$s091000,\"event_name\":\"video_start\",\"event_params\":["
     "{\"key\":\"engagement\",\"value\":{\"int_value\":\"1\"}},"
     "{\"key\":\"video_id\",\"value\":{\"string_value\":\"$v\"}}],\"geo\":{\"country\":\"$c\"}}",
     "TOPKD_FIELD_ITEM=/event_params/1/value/string_value TOPKD_FIELD_LOCATION=/geo/country "
     "TOPKD_FIELD_TIME=event_timestamp ",
     1, true},
    {"Snowplow self-describing payload",
     "{\"schema\": \"iglu:x/y/jsonschema/1-0-0\", \"data\": [{\"e\": \"ue\", \"dtm\": \"$s091\", \"vid\": \"$v\"}]}",
     "TOPKD_EVENTS_AT=/data TOPKD_FIELD_ITEM=vid TOPKD_FIELD_TIME=dtm ", 1, false},
    {"Snowplow enriched, as JSON",
     "{\"app_id\":\"site\",\"platform\":\"web\",\"collector_tstamp\":\"2026-11-22T04:11:$i.091Z\","
     "\"derived_tstamp\":\"2026-11-22T04:11:$i.061Z\",\"event\":\"unstruct\",\"event_id\":\"$u\","
     "\"geo_country\":\"$c\",\"geo_city\":\"C$c\",\"page_urlpath\":\"/watch\",\"domain_userid\":\"d$c\","
     "\"unstruct_event_com_acme_play_1\":{\"videoId\":\"$v\",\"position\":3}}",
     "TOPKD_FIELD_ITEM=/unstruct_event_com_acme_play_1/videoId TOPKD_FIELD_LOCATION=geo_country "
     "TOPKD_FIELD_TIME=derived_tstamp TOPKD_FIELD_USER=domain_userid TOPKD_FIELD_ID=event_id ",
     1, true},
    {"wrapper around an array of events",
     "{\"sent_at\": \"2026-11-22T04:11:16.091Z\", \"events\": [" FLAT ", " FLAT "]}", "TOPKD_EVENTS_AT=/events ", 2,
     true},
    {"wrapper that knows the country", "{\"country\":\"$c\",\"batch\":[{\"sku\":\"$v\",\"t\":$s}]}",
     "TOPKD_EVENTS_AT=/batch TOPKD_FIELD_ITEM=sku TOPKD_FIELD_LOCATION=^/country TOPKD_FIELD_TIME=t ", 1, true},
    {"objects glued together", FLAT FLAT, "", 2, true},
    {"location as a number", "{\"video_id\": \"$v\", \"location\": 840, \"type\": \"view\", \"ts\": $s091}", "", 1,
     true},
    {"location empty", "{\"video_id\": \"$v\", \"location\": \"\", \"type\": \"view\", \"ts\": $s091}", "", 1, false},
    {"location is a point", "{\"video_id\":\"$v\",\"location\":{\"lat\":52.5,\"lon\":13.4},\"ts\":$s}",
     "TOPKD_FIELD_LOCATION=no_location ", 1, false},
    {"OpenTelemetry logs",
     "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"tv\"}},"
     "{\"key\":\"geo.country.iso_code\",\"value\":{\"stringValue\":\"$c\"}}]},\"scopeLogs\":[{\"scope\":{},"
     "\"logRecords\":[{\"timeUnixNano\":\"$s091000000\",\"observedTimeUnixNano\":\"$s191000000\",\"severityNumber\":9,"
     "\"body\":{\"stringValue\":\"played\"},\"attributes\":[{\"key\":\"video.id\",\"value\":{\"stringValue\":\"$v\"}},"
     "{\"key\":\"ok\",\"value\":{\"boolValue\":true}}],\"traceId\":\"$u\"}]}]}]}",
     "TOPKD_EVENTS_AT=/resourceLogs/0/scopeLogs/0/logRecords TOPKD_FIELD_ITEM=/attributes/0/value/stringValue "
     "TOPKD_FIELD_LOCATION=^/resourceLogs/0/resource/attributes/1/value/stringValue TOPKD_FIELD_TIME=timeUnixNano ",
     1, true},
    {"Elastic",
     "{\"@timestamp\":\"2026-11-22T04:11:$i.091Z\",\"@version\":\"1\",\"host\":{\"name\":\"web-1\"},"
     "\"geoip\":{\"country_code2\":\"$c\",\"country_name\":\"N$c\",\"location\":{\"lat\":1.5,\"lon\":2.5}},"
     "\"event\":{\"action\":\"view\"},\"product\":{\"id\":\"$v\",\"name\":\"A thing\"},\"message\":\"GET /p/$v $u\"}",
     "TOPKD_FIELD_ITEM=/product/id TOPKD_FIELD_LOCATION=/geoip/country_name TOPKD_FIELD_TIME=/@timestamp ", 1, true},
    {"Elastic, with the geo of ECS",
     "{\"@timestamp\":\"2026-11-22T04:11:$i.091Z\",\"client\":{\"geo\":{\"country_iso_code\":\"$c\",\"city_name\":"
     "\"C$c\"}},\"user\":{\"id\":\"u$c\"},\"labels\":{\"track_id\":\"$v\"}}",
     "TOPKD_FIELD_ITEM=/labels/track_id TOPKD_FIELD_LOCATION=/client/geo/country_iso_code TOPKD_FIELD_TIME=/@timestamp "
     "TOPKD_FIELD_USER=/user/id ",
     1, true},
    {"Amplitude",
     "{\"user_id\":\"u$c\",\"device_id\":\"d$c\",\"event_type\":\"play\",\"time\":$s091,\"country\":\"$c\","
     "\"event_properties\":{\"song_id\":\"$v\"},\"insert_id\":\"$u\",\"session_id\":$s000}",
     "TOPKD_FIELD_ITEM=/event_properties/song_id TOPKD_FIELD_LOCATION=country TOPKD_FIELD_TIME=time "
     "TOPKD_FIELD_ID=insert_id ",
     1, true},
    {"Mixpanel",
     "{\"event\":\"Play\",\"properties\":{\"time\":$s,\"distinct_id\":\"u$c\",\"$$insert_id\":\"$u\","
     "\"mp_country_code\":\"$c\",\"Movie ID\":\"$v\"}}",
     "TOPKD_FIELD_ITEM='/properties/Movie ID' TOPKD_FIELD_LOCATION=/properties/mp_country_code "
     "TOPKD_FIELD_TIME=/properties/time TOPKD_FIELD_USER=/properties/distinct_id "
     "TOPKD_FIELD_ID='/properties/$insert_id' ",
     1, true},
    {"the last resort", "{\"id\":\"$v\",\"country\":\"$c\",\"time\":\"2026-11-22 04:11:$i\"}",
     "TOPKD_FIELD_ITEM=id TOPKD_FIELD_LOCATION=country TOPKD_FIELD_TIME=time ", 1, true},
    {"names that say nothing", "{\"a\":\"$v\",\"b\":\"$c\",\"when\":$s}",
     "TOPKD_FIELD_ITEM=a TOPKD_FIELD_LOCATION=b TOPKD_FIELD_TIME=when ", 1, true},
    {"names that must be quoted", "{\"a/b~c\":{\"video_id\":\"$v\"},\"the country\":\"$c\"}",
     "TOPKD_FIELD_ITEM=/a~1b~0c/video_id TOPKD_FIELD_LOCATION='the country' ", 1, true},
};

START_TEST(every_envelope_finds_settings_that_apply_its_events) {
    const struct envelope *e = &envelopes[_i];
    suggest(e->event);
    expect_applied(VARIANTS * e->each, e->located ? VARIANTS * e->each : 0);
    ck_assert_msg(strcmp(settings_of(), e->settings) == 0, "%s: %s", e->what, buf_text(&text));
}
END_TEST

/* JSON Schema serializer: byte 0 and the number of a schema, which a C text cannot hold. */
START_TEST(framed_json_is_looked_into) {
    static const char *const envp[] = {NULL};
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    for (int i = 0; i < VARIANTS; i++) {
        struct buf event = {0};
        buf_add(&event, "\0\0\0\0\7", 5);
        template_add(&event, "{\"sku\":\"$v\",\"country\":\"$c\"}", i);
        record_add(corpus, (struct bytes){event.data, event.len}, (struct bytes){NULL, 0});
        buf_free(&event);
    }
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    expect_settings("TOPKD_FIELD_ITEM=sku TOPKD_FIELD_LOCATION=country ");
    expect_applied(VARIANTS, VARIANTS);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}
END_TEST

/* -- judgement ----------------------------------------------------------------------------------- */

START_TEST(what_is_set_and_works_stays) {
    static const char *const envp[] = {"TOPKD_FIELD_ITEM=b", "TOPKD_FIELD_LOCATION=a", NULL};
    suggest_with(envp, "{\"b\":\"$v\",\"a\":\"$c\",\"ts\":$s,\"video_id\":\"x$v\",\"country\":\"$c\"}");
    expect_settings("");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

START_TEST(what_is_set_and_does_not_work_goes) {
    static const char *const envp[] = {"TOPKD_FIELD_ITEM=nothing", "TOPKD_EVENTS_AT=/nothing", NULL};
    suggest_with(envp, FLAT);
    expect_settings("TOPKD_EVENTS_AT= TOPKD_FIELD_ITEM=video_id ");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

START_TEST(a_setting_read_from_a_file_gives_way_too) {
    static const char *const envp[] = {"TOPKD_FIELD_ITEM_FILE=/etc/hostname", NULL};
    suggest_with(envp, FLAT);
    expect_settings("TOPKD_FIELD_ITEM=video_id ");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

START_TEST(times_without_a_zone_ask_for_one_where_none_is_set) {
    static const char *const envp[] = {"TOPKD_TIME_ZONE=none", NULL};
    suggest_with(envp, "{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":\"2026-11-22 04:11:$i\"}");
    expect_settings("TOPKD_TIME_ZONE=UTC ");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

/* A number that is no time, and a time of another age, are not taken for one. */
START_TEST(a_time_must_be_likely) {
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"time\":17,\"created_at\":\"$s\"}");
    expect_settings("TOPKD_FIELD_TIME=created_at ");
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"time\":17,\"date\":\"2126-11-22T04:11:$i\"}");
    expect_settings("");
}
END_TEST

START_TEST(a_time_of_the_event_goes_before_one_of_its_wrapper) {
    suggest("{\"sent_at\":$s,\"events\":[{\"video_id\":\"$v\",\"at\":$s},{\"video_id\":\"$v\",\"at\":$s}]}");
    expect_settings("TOPKD_EVENTS_AT=/events TOPKD_FIELD_TIME=at ");
    ck_assert_msg(strstr(buf_text(&text), "; another time stands at ^/sent_at\n") != NULL, "%s", buf_text(&text));
    suggest("{\"ts\":$s,\"events\":[{\"video_id\":\"$v\",\"at\":\"noon\"},{\"video_id\":\"$v\"}]}");
    expect_settings("TOPKD_EVENTS_AT=/events TOPKD_FIELD_TIME=^/ts ");
    suggest("{\"ts\":$s,\"events\":[{\"video_id\":\"$v\",\"published_at\":$s},{\"video_id\":\"$v\"}]}");
    expect_settings("TOPKD_EVENTS_AT=/events TOPKD_FIELD_TIME=^/ts ");
}
END_TEST

/* -- of a topic ---------------------------------------------------------------------------------- */

#define FIELDS "TOPKD_FIELD_ITEM=sku TOPKD_FIELD_LOCATION=country TOPKD_FIELD_TIME=when "

/* Records of a topic, one a second. */
static void suggest_topic(const char *const *envp, const char *template) {
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    for (int i = 0; i < VARIANTS; i++) {
        struct buf event = {0};
        template_add(&event, i == 0 && odd_one != NULL ? odd_one : template, i);
        struct judge_record r = {
            .message = {.value = {event.data, event.len}, .topic = "events", .time_ms = RECORD_TIME_MS + 1000 * i},
            .before_ms = RECORD_TIME_MS + 1000 * i};
        judge_corpus_add(corpus, &r);
        buf_free(&event);
    }
    odd_one = NULL;
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}

static void expect_said(const char *want) {
    ck_assert_msg(strstr(buf_text(&text), want) != NULL, "want %s, got %s", want, buf_text(&text));
}

#define WITH(...)   ((const char *const[]){__VA_ARGS__, NULL})
#define EVENT(when) "{\"sku\":\"$v\",\"country\":\"$c\",\"when\":\"" when "\"}"

/* The record's time would apply them all, and nobody would hear of the other one. */
START_TEST(a_time_by_which_events_are_late_or_future_is_proposed_all_the_same) {
    suggest_topic(WITH(NULL), EVENT("2026-11-22T06:11:$iZ"));
    expect_settings(FIELDS);
    expect_said(
        "# 20 of 20 events would be future, by about 2 hours: is it the time of the event? See TOPKD_LATENESS and");
    suggest_topic(WITH(NULL), EVENT("2026-11-22T02:41:$iZ"));
    expect_settings(FIELDS);
    expect_said("# 20 of 20 events would be late, by about 1.5 hours: ");
    suggest_topic(WITH(NULL), EVENT("2026-11-21T04:11:$i"));
    expect_settings(FIELDS);
    expect_said(
        "# 20 of 20 events would be late, by more than 14 hours: is its zone another one? See TOPKD_TIME_ZONE, ");
    ck_assert_ptr_null(strstr(buf_text(&text), "# TOPKD_TIME_ZONE="));
    ck_assert_uint_eq(counts.of[EVENT_LATE], VARIANTS);
}
END_TEST

START_TEST(the_zone_that_fits_times_without_one_is_proposed) {
    static const struct {
        const char *set, *when, *zone, *said;
    } rows[] = {
        {"TOPKD_TIME_ZONE=UTC", EVENT("2026-11-22 05:11:$i"), "+01:00",
         "20 of 20 events would be future, by about 1 hour."},
        {"TOPKD_TIME_ZONE=UTC", EVENT("2026-11-22 09:41:$i"), "+05:30", "future, by about 5.5 hours."},
        {"TOPKD_TIME_ZONE=UTC", EVENT("2026-11-21 23:11:$i"), "-05:00", "late, by about 5 hours."},
        {"TOPKD_TIME_ZONE=Europe/Berlin", EVENT("2026-11-22 04:11:$i"), "UTC", "late, by about 1 hour."},
        {"TOPKD_TIME_ZONE=Europe/Berlin", EVENT("2026-11-22 06:11:$i"), "+02:00", "future, by about 1 hour."},
        {"TOPKD_TIME_ZONE=none", EVENT("2026-11-22 06:11:$i"), "+02:00", "future, by about 2 hours."},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char want[200];
        suggest_topic(WITH(rows[i].set), rows[i].when);
        snprintf(want, sizeof want, FIELDS "TOPKD_TIME_ZONE=%s ", rows[i].zone);
        expect_settings(want);
        expect_said(rows[i].said);
        expect_said("Their times say no zone: with this one all are applied. Is it theirs?\n");
        expect_applied(VARIANTS, VARIANTS);
    }
}
END_TEST

START_TEST(a_zone_that_fits_most_is_named_only) {
    odd_one = EVENT("2026-11-22 01:11:00");
    suggest_topic(WITH(NULL), EVENT("2026-11-22 06:11:$i"));
    expect_settings(FIELDS);
    expect_said("# 20 of 20 events would be late or future, by about 2 hours: is its zone another one? See "
                "TOPKD_TIME_ZONE, TOPKD_LATENESS and TOPKD_FUTURE.\n# TOPKD_TIME_ZONE=+02:00\nTOPKD_FIELD_TIME=when\n");
    odd_one = EVENT("2026-11-22 01:11:00");
    suggest_topic(WITH("TOPKD_TIME_ZONE=none"), EVENT("2026-11-22 06:11:$i"));
    expect_settings(FIELDS "TOPKD_TIME_ZONE=UTC ");
    expect_said("# TOPKD_TIME_ZONE=+02:00\nTOPKD_FIELD_TIME=when\n");
}
END_TEST

START_TEST(where_all_fields_fit_it_is_the_zone_or_the_clocks) {
    const char *const *envp = WITH("TOPKD_FIELD_ITEM=sku", "TOPKD_FIELD_LOCATION=country", "TOPKD_FIELD_TIME=when");
    suggest_topic(envp, EVENT("2026-11-22 06:11:$i"));
    expect_settings("TOPKD_TIME_ZONE=+02:00 ");
    suggest_topic(envp, EVENT("2026-11-22T06:11:$iZ"));
    expect_settings("");
    expect_said(
        "# The settings fit: there is nothing better to propose.\n# 20 of 20 events would be future, by about 2 "
        "hours: is it the time of the event? See TOPKD_LATENESS and TOPKD_FUTURE.\n");
    ck_assert_ptr_null(strstr(buf_text(&text), "looks like an item"));
    odd_one = "{}";
    suggest_topic(envp, EVENT("2026-11-22T06:11:$iZ"));
    expect_said("# There is nothing better to propose.\n# 19 of 20 events would be future");
}
END_TEST

/* -- what costs events --------------------------------------------------------------------------- */

START_TEST(one_odd_event_costs_no_setting_but_the_events_that_are_applied_now_do) {
    odd_one = "{\"sku\":\"$v\",\"country\":\"$c\",\"time\":\"soon\"}";
    suggest("{\"sku\":\"$v\",\"country\":\"$c\",\"time\":$s}");
    expect_settings("TOPKD_FIELD_ITEM=sku TOPKD_FIELD_LOCATION=country TOPKD_FIELD_TIME=time ");
    ck_assert_uint_eq(counts.of[EVENT_BAD_TIME], 1);
    odd_one = "{\"video_id\":\"$v\",\"location\":\"$c\",\"time\":\"soon\",\"event_id\":\"$u\"}";
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"time\":$s,\"event_id\":\"$u\"}");
    expect_settings("TOPKD_FIELD_ID=event_id ");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

/* EVENTS_AT=/frames/0 would lose the second half of the events without a word. */
START_TEST(arrays_in_arrays_are_said_not_to_be_read) {
    const char *want = "# Events may stand at /frames/0 and beside it: arrays in arrays are not read";
    suggest("{\"gw\":1,\"site\":\"$c\",\"frames\":[[{\"dev\":\"$v\",\"t\":$s},{\"dev\":\"$v\",\"t\":$s}],"
            "[{\"dev\":\"x$v\",\"t\":$s}]]}");
    ck_assert_msg(strstr(settings_of(), "EVENTS_AT") == NULL, "%s", buf_text(&text));
    ck_assert_msg(strstr(buf_text(&text), want) != NULL, "%s", buf_text(&text));
    suggest("{\"site\":\"$c\",\"frames\":[[{\"video_id\":\"$v\"}],[{\"video_id\":\"x$v\"}]]}");
    expect_settings("TOPKD_FIELD_ITEM=/frames/0/0/video_id TOPKD_FIELD_LOCATION=site ");
    ck_assert_msg(strstr(buf_text(&text), "; only this one of up to 2 elements counts\n") != NULL, "%s",
                  buf_text(&text));
    ck_assert_msg(strstr(buf_text(&text), want) != NULL, "%s", buf_text(&text));
    suggest("{\"gw\":\"$v\",\"frames\":[[{\"dev\":\"$v\"}],[{\"dev\":\"x$v\"}]]}");
    expect_settings("TOPKD_FIELD_ITEM=gw ");
    ck_assert_msg(strstr(buf_text(&text), want) != NULL, "%s", buf_text(&text));
    suggest("{\"site\":\"$c\",\"frames\":[[{\"video_id\":\"$v\"},{\"video_id\":\"x$v\"}]]}");
    expect_settings("TOPKD_EVENTS_AT=/frames/0 TOPKD_FIELD_LOCATION=^/site ");
    ck_assert_msg(strstr(buf_text(&text), "arrays in arrays") == NULL, "%s", buf_text(&text));
    suggest("{\"events\":[{\"video_id\":\"$v\",\"tags\":[{\"x\":1}]},{\"video_id\":\"$v\"}]}");
    expect_settings("TOPKD_EVENTS_AT=/events ");
    ck_assert_msg(strstr(buf_text(&text), "arrays in arrays") == NULL, "%s", buf_text(&text));
}
END_TEST

/* Places of no use at what is set: a name that no event has lets the events count all the same. */
START_TEST(an_unfit_field_is_evaded) {
    suggest("{\"video_id\":\"$v\",\"location\":{\"lat\":52.5,\"lon\":13.4},\"ts\":$s}");
    expect_settings("TOPKD_FIELD_LOCATION=no_location ");
    expect_applied(VARIANTS, 0);
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":\"22.11.2026\"}");
    expect_settings("TOPKD_FIELD_TIME=no_time ");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

/* Two settings may not name one field; of a user nothing is made yet. */
START_TEST(a_field_that_two_settings_would_name_is_given_up_by_one) {
    suggest("{\"user_id\":\"$v\",\"country\":\"$c\"}");
    expect_settings("TOPKD_FIELD_ITEM=user_id TOPKD_FIELD_LOCATION=country TOPKD_FIELD_USER= ");
    expect_applied(VARIANTS, VARIANTS);
}
END_TEST

START_TEST(types_are_proposed_where_they_differ) {
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":$s,\"event_name\":\"on_$c\"}");
    expect_settings("TOPKD_FIELD_TYPE=event_name ");
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":$s,\"event_name\":\"view\"}");
    expect_settings("");
}
END_TEST

/* Every so many of the events stands in the log twice. */
static void suggest_with_copies(int events, int copies) {
    static const char *const envp[] = {NULL};
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    for (int i = 0; i < events; i++) {
        struct buf event = {0};
        template_add(&event, "{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":$s,\"event_id\":\"$u\"}",
                     i < copies ? i + copies : i);
        record_add(corpus, (struct bytes){event.data, event.len}, (struct bytes){NULL, 0});
        buf_free(&event);
    }
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}

START_TEST(an_id_may_repeat_for_that_is_what_it_is_for) {
    suggest_with_copies(100, 33);
    expect_settings("TOPKD_FIELD_ID=event_id ");
    ck_assert_msg(strstr(buf_text(&text), "67 different in 100 of 100 events") != NULL, "%s", buf_text(&text));
    ck_assert_msg(strstr(buf_text(&text), "; 33 come again, and would not count\n") != NULL, "%s", buf_text(&text));
    suggest_with_copies(100, 34);
    expect_settings("");
    suggest_with_copies(100, 0);
    expect_settings("TOPKD_FIELD_ID=event_id ");
    ck_assert_ptr_null(strstr(buf_text(&text), "come again"));
}
END_TEST

/* What many events have in common would make duplicates of honest ones. */
START_TEST(an_id_does_not_repeat_often) {
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":$s,\"event_id\":\"e$v\"}");
    expect_settings("");
    suggest("{\"video_id\":\"$v\",\"location\":\"$c\",\"ts\":$s,\"event_id\":\"$u\"}");
    expect_settings("TOPKD_FIELD_ID=event_id ");
}
END_TEST

/* -- keys, and nothing --------------------------------------------------------------------------- */

START_TEST(the_key_is_the_item_when_nothing_else_fits) {
    static const char *const envp[] = {NULL};
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    for (int i = 0; i < VARIANTS; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i % 4);
        record_add(corpus, (struct bytes){"{\"country\":\"US\"}", 16}, (struct bytes){key, strlen(key)});
    }
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    expect_settings("TOPKD_FIELD_ITEM=@key TOPKD_FIELD_LOCATION=country ");
    expect_applied(VARIANTS, VARIANTS);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}
END_TEST

/* Of each record: lang, if it is given, and NAME of the record's number. */
static const char *header_name_here;

static struct bytes header_get(void *self, const char *name) {
    static const char *const codes[] = {"US", "DE", "FR"};
    if (strcmp(name, "lang") == 0) return (struct bytes){"EN", 2};
    if (strcmp(name, header_name_here) != 0) return (struct bytes){NULL, 0};
    return (struct bytes){codes[strlen(self) % ARRAY_LEN(codes)], 2};
}

static const char *header_name(void *self, size_t i) {
    (void)self;
    return i == 0 ? "lang" : i == 1 ? header_name_here : NULL;
}

static void suggest_with_header(const char *name, const char *event) {
    static const char *const envp[] = {NULL}, *const selves[] = {"", ".", ".."};
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    header_name_here = name;
    for (int i = 0; i < VARIANTS; i++) {
        struct buf value = {0};
        template_add(&value, event, i);
        struct judge_record r = {.message = {.value = {value.data, value.len},
                                             .topic = "events",
                                             .time_ms = RECORD_TIME_MS,
                                             .header = header_get,
                                             .self = (void *)selves[i % 3]},
                                 .header_name = header_name,
                                 .before_ms = RECORD_TIME_MS};
        judge_corpus_add(corpus, &r);
        buf_free(&value);
    }
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}

START_TEST(a_header_is_the_location_when_no_field_is) {
    suggest_with_header("geo-country", "{\"video_id\":\"$v\"}");
    expect_settings("TOPKD_FIELD_LOCATION=@header:geo-country ");
    expect_applied(VARIANTS, VARIANTS);
    expect_said("# the location: strings, 3 different in 20 of 20 events, like US\n");
    suggest_with_header("geo-country", "{\"video_id\":\"$v\",\"region\":\"$c\"}");
    expect_settings("TOPKD_FIELD_LOCATION=region ");
    suggest_with_header("x-thing", "{\"video_id\":\"$v\"}");
    expect_settings("");
    suggest_with_header("geo", "{\"sku\":\"$v\",\"events\":[{\"video_id\":\"$v\"},{\"video_id\":\"$v\"}]}");
    expect_settings("TOPKD_EVENTS_AT=/events TOPKD_FIELD_LOCATION=@header:geo ");
}
END_TEST

START_TEST(nothing_is_proposed_of_nothing) {
    suggest("{\"flag\":true,\"n\":1.5}");
    expect_settings("");
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "flag n"));
    ck_assert_uint_eq(counts.of[EVENT_APPLIED], 0);
    suggest("no json");
    expect_settings("");
    suggest("[]");
    expect_settings("");
    ck_assert_uint_eq(counts.events, 0);
}
END_TEST

START_TEST(a_secret_is_never_the_item) {
    suggest("{\"password\":\"$v\",\"session_token\":\"$v\",\"api_key\":\"$v\",\"user_email\":\"$v\",\"ts\":$s}");
    expect_settings("");
}
END_TEST

START_TEST(too_many_messages_are_left_out_and_that_is_said) {
    static const char *const envp[] = {NULL};
    struct judge_corpus *corpus = judge_corpus_create();
    struct config *c = loaded(envp);
    for (int i = 0; i < JUDGE_CORPUS_MESSAGES_MAX + 3; i++)
        record_add(corpus, (struct bytes){"{\"sku\":\"a\"}", 11}, (struct bytes){NULL, 0});
    buf_clear(&text);
    judge_suggest(corpus, c, envp, &text, &counts);
    ck_assert_ptr_nonnull(strstr(buf_text(&text), "only the first 2000 messages were looked at, not 3 more"));
    ck_assert_uint_eq(counts.of[EVENT_APPLIED], JUDGE_CORPUS_MESSAGES_MAX);
    config_destroy(c);
    judge_corpus_destroy(corpus);
}
END_TEST

static void tear_down(void) { buf_free(&text); }

Suite *judge_suggest_suite(void) {
    Suite *suite = suite_create("judge_suggest");
    TCase *t = tcase_create("envelopes");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_loop_test(t, every_envelope_finds_settings_that_apply_its_events, 0, (int)ARRAY_LEN(envelopes));
    tcase_add_test(t, framed_json_is_looked_into);
    suite_add_tcase(suite, t);
    t = tcase_create("judgement");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, what_is_set_and_works_stays);
    tcase_add_test(t, what_is_set_and_does_not_work_goes);
    tcase_add_test(t, a_setting_read_from_a_file_gives_way_too);
    tcase_add_test(t, times_without_a_zone_ask_for_one_where_none_is_set);
    tcase_add_test(t, a_time_must_be_likely);
    tcase_add_test(t, a_time_of_the_event_goes_before_one_of_its_wrapper);
    tcase_add_test(t, a_time_by_which_events_are_late_or_future_is_proposed_all_the_same);
    tcase_add_test(t, the_zone_that_fits_times_without_one_is_proposed);
    tcase_add_test(t, a_zone_that_fits_most_is_named_only);
    tcase_add_test(t, where_all_fields_fit_it_is_the_zone_or_the_clocks);
    tcase_add_test(t, one_odd_event_costs_no_setting_but_the_events_that_are_applied_now_do);
    tcase_add_test(t, arrays_in_arrays_are_said_not_to_be_read);
    tcase_add_test(t, an_unfit_field_is_evaded);
    tcase_add_test(t, a_field_that_two_settings_would_name_is_given_up_by_one);
    tcase_add_test(t, types_are_proposed_where_they_differ);
    tcase_add_test(t, an_id_may_repeat_for_that_is_what_it_is_for);
    tcase_add_test(t, an_id_does_not_repeat_often);
    suite_add_tcase(suite, t);
    t = tcase_create("keys, and nothing");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, the_key_is_the_item_when_nothing_else_fits);
    tcase_add_test(t, a_header_is_the_location_when_no_field_is);
    tcase_add_test(t, nothing_is_proposed_of_nothing);
    tcase_add_test(t, a_secret_is_never_the_item);
    tcase_add_test(t, too_many_messages_are_left_out_and_that_is_said);
    suite_add_tcase(suite, t);
    return suite;
}
