/* topkd/judge_words.c - the names that people give to fields, a row each.
 * A row fits a name that is its words, or that ends in them: play_country ends in country. The longest row that fits
 * decides, so event_id is no item although it ends in id. The scores say only which of two fields goes first. */
#include "judge_words.h"

#include <ctype.h>
#include <string.h>

enum { ENDS_MALUS = 6 };

struct word_row {
    const char *words;
    int score;
};

#define END                                                                                                            \
    { NULL, 0 }

static const struct word_row item_rows[] = {{"video_id", 100},
                                            {"item_id", 98},
                                            {"content_id", 97},
                                            {"product_id", 97},
                                            {"track_id", 97},
                                            {"song_id", 97},
                                            {"article_id", 97},
                                            {"movie_id", 97},
                                            {"episode_id", 96},
                                            {"post_id", 95},
                                            {"media_id", 95},
                                            {"asset_id", 94},
                                            {"listing_id", 94},
                                            {"book_id", 94},
                                            {"game_id", 94},
                                            {"show_id", 93},
                                            {"story_id", 93},
                                            {"recipe_id", 93},
                                            {"offer_id", 92},
                                            {"sku", 95},
                                            {"asin", 93},
                                            {"isbn", 93},
                                            {"gtin", 92},
                                            {"ean", 90},
                                            {"video", 90},
                                            {"item", 88},
                                            {"product", 88},
                                            {"track", 86},
                                            {"song", 88},
                                            {"article", 86},
                                            {"movie", 86},
                                            {"episode", 84},
                                            {"content", 78},
                                            {"media", 74},
                                            {"vid", 84},
                                            {"item_name", 80},
                                            {"product_name", 80},
                                            {"video_title", 80},
                                            {"track_name", 78},
                                            {"title", 60},
                                            {"entity_id", 70},
                                            {"object_id", 68},
                                            {"resource_id", 64},
                                            {"channel_id", 66},
                                            {"stream_id", 66},
                                            {"page_id", 66},
                                            {"slug", 58},
                                            {"hashtag", 62},
                                            {"search_term", 60},
                                            {"query", 50},
                                            {"page_location", 54},
                                            {"page_path", 54},
                                            {"page_url", 54},
                                            {"url", 48},
                                            {"path", 42},
                                            {"page", 46},
                                            {"uri", 50},
                                            {"request_uri", 52},
                                            {"uri_stem", 52},
                                            {"urlpath", 44},
                                            {"page_title", 46},
                                            {"subject", 44},
                                            {"id", 34},
                                            {"uid", 8},
                                            {"name", 26},
                                            {"key", 10},
                                            {"event_name", 2},
                                            /* They end in id, but what they name is not what is counted. */
                                            {"event_id", 4},
                                            {"message_id", 3},
                                            {"insert_id", 2},
                                            {"request_id", 3},
                                            {"trace_id", 2},
                                            {"span_id", 2},
                                            {"session_id", 5},
                                            {"visit_id", 4},
                                            {"user_id", 8},
                                            {"anonymous_id", 4},
                                            {"customer_id", 8},
                                            {"account_id", 8},
                                            {"device_id", 6},
                                            {"client_id", 5},
                                            {"visitor_id", 5},
                                            {"tenant_id", 5},
                                            {"campaign_id", 20},
                                            {"order_id", 12},
                                            {"transaction_id", 6},
                                            {"tx_id", 2},
                                            {"schema_id", 2},
                                            {"app_id", 12},
                                            {"store_id", 16},
                                            {"region_id", 4},
                                            {"country_id", 4},
                                            {"city_id", 4},
                                            {"location_id", 4},
                                            {"correlation_id", 2},
                                            {"view_id", 6},
                                            {"write_key", 1},
                                            {"actor_id", 10},
                                            {"author_id", 12},
                                            {"player_id", 10},
                                            {"owner_id", 8},
                                            {"subscription_id", 3},
                                            {"impression_id", 3},
                                            {"category_id", 40},
                                            {"remote_addr", 1},
                                            {"addr", 1},
                                            {"address", 1},
                                            {"ip", 1},
                                            {"user_agent", 1},
                                            {"host", 3},
                                            {"method", 1},
                                            {"status", 1},
                                            {"version", 1},
                                            {"email", 2},
                                            {"comment", 2},
                                            {"message", 1},
                                            {"user_name", 6},
                                            {"country_name", 3},
                                            {"city_name", 3},
                                            {"host_name", 4},
                                            {"app_name", 6},
                                            END};

static const struct word_row location_rows[] = {{"location", 96},
                                                {"country", 100},
                                                {"country_code", 100},
                                                {"country_iso_code", 100},
                                                {"country_iso", 98},
                                                {"country_name", 92},
                                                {"country_id", 92},
                                                {"region", 90},
                                                {"region_id", 88},
                                                {"region_code", 90},
                                                {"region_name", 88},
                                                {"geo", 86},
                                                {"city", 86},
                                                {"city_id", 84},
                                                {"city_name", 86},
                                                {"place", 86},
                                                {"loc", 86},
                                                {"market", 78},
                                                {"territory", 82},
                                                {"location_id", 92},
                                                {"location_code", 92},
                                                {"location_name", 92},
                                                {"state", 60},
                                                {"state_code", 66},
                                                {"area", 66},
                                                {"province", 76},
                                                {"district", 64},
                                                {"continent", 60},
                                                {"store_id", 52},
                                                {"store", 48},
                                                {"cc", 56},
                                                {"site", 40},
                                                {"zone", 40},
                                                {"datacenter", 30},
                                                {"locale", 34},
                                                {"page_location", 0},
                                                {"user_state", 2},
                                                END};

static const struct word_row time_rows[] = {{"ts", 98},
                                            {"time", 96},
                                            {"timestamp", 97},
                                            {"event_time", 100},
                                            {"event_timestamp", 100},
                                            {"event_ts", 100},
                                            {"ts_ms", 95},
                                            {"time_ms", 96},
                                            {"timestamp_ms", 96},
                                            {"occurred_at", 99},
                                            {"happened_at", 99},
                                            {"created_at", 88},
                                            {"created", 80},
                                            {"dtm", 93},
                                            {"datetime", 88},
                                            {"date_time", 88},
                                            {"time_unix_nano", 96},
                                            {"observed_time_unix_nano", 70},
                                            {"derived_tstamp", 94},
                                            {"dvce_created_tstamp", 92},
                                            {"collector_tstamp", 84},
                                            {"tstamp", 84},
                                            {"original_timestamp", 90},
                                            {"client_time", 84},
                                            {"event_date", 50},
                                            {"date", 60},
                                            {"when", 70},
                                            {"at", 56},
                                            {"ms", 40},
                                            {"nano", 40},
                                            {"micros", 40},
                                            {"epoch", 76},
                                            {"t", 46},
                                            {"sent_at", 66},
                                            {"received_at", 60},
                                            {"ingested_at", 56},
                                            {"processed_at", 46},
                                            {"updated_at", 50},
                                            {"event_previous_timestamp", 2},
                                            {"user_first_touch_timestamp", 2},
                                            {"expires_at", 2},
                                            {"published_at", 20},
                                            {"deleted_at", 4},
                                            {"ts_us", 94},
                                            {"ts_ns", 93},
                                            {"stm", 70},
                                            {"iso8601", 76},
                                            {"msec", 60},
                                            {"dt", 80},
                                            {"unix", 60},
                                            {"rtm", 20},
                                            END};

static const struct word_row type_rows[] = {{"type", 90},       {"event", 92},       {"event_name", 98},
                                            {"event_type", 98}, {"action", 90},      {"verb", 76},
                                            {"activity", 70},   {"interaction", 76}, {"op", 30},
                                            {"e", 40},          {"kind", 66},        {"content_type", 4},
                                            {"device_type", 2}, {"item_type", 4},    {"user_type", 2},
                                            {"media_type", 4},  {"page_type", 8},    END};

static const struct word_row user_rows[] = {{"user_id", 100},      {"uid", 90},
                                            {"user", 84},          {"customer_id", 92},
                                            {"customer", 80},      {"account_id", 80},
                                            {"member_id", 84},     {"viewer_id", 88},
                                            {"anonymous_id", 70},  {"user_pseudo_id", 80},
                                            {"domain_userid", 74}, {"duid", 72},
                                            {"visitor_id", 76},    {"actor_id", 74},
                                            {"actor", 60},         {"player_id", 80},
                                            {"author_id", 60},     {"device_id", 56},
                                            {"client_id", 60},     {"distinct_id", 84},
                                            {"session_id", 40},    END};

static const struct word_row id_rows[] = {{"event_id", 100},
                                          {"message_id", 98},
                                          {"insert_id", 94},
                                          {"event_uuid", 98},
                                          {"uuid", 88},
                                          {"eid", 90},
                                          {"guid", 84},
                                          {"impression_id", 86},
                                          {"id", 70},
                                          {"dedup_id", 96},
                                          {"idempotency_key", 94},
                                          END};

static const struct word_row *const rows_of[JUDGE_ROLES] = {
    [JUDGE_ROLE_ITEM] = item_rows, [JUDGE_ROLE_LOCATION] = location_rows, [JUDGE_ROLE_TIME] = time_rows,
    [JUDGE_ROLE_TYPE] = type_rows, [JUDGE_ROLE_USER] = user_rows,         [JUDGE_ROLE_ID] = id_rows};

/* -- words --------------------------------------------------------------------------------------- */

/* A capital begins a word behind a small letter, or before one if it ends a row of capitals: userID, HTTPCode. */
static bool word_begins(struct bytes name, size_t i) {
    unsigned char before = (unsigned char)name.p[i - 1], here = (unsigned char)name.p[i];
    unsigned char behind = i + 1 < name.n ? (unsigned char)name.p[i + 1] : 0;
    return isupper(here) && (islower(before) || isdigit(before) || (isupper(before) && islower(behind)));
}

static void gap_add(struct buf *out, size_t from) {
    if (out->len > from && out->data[out->len - 1] != '_') buf_add_byte(out, '_');
}

void judge_words_add(struct buf *out, struct bytes name) {
    size_t from = out->len;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (i > 0 && word_begins(name, i)) gap_add(out, from);
        if (isalnum(c) || c >= 0x80)
            buf_add_byte(out, (unsigned char)tolower(c));
        else
            gap_add(out, from);
    }
    if (out->len > from && out->data[out->len - 1] == '_') out->len--;
}

/* -- scores -------------------------------------------------------------------------------------- */

static bool words_end(const char *words, const char *end) {
    size_t n = strlen(words), m = strlen(end);
    return n > m && words[n - m - 1] == '_' && strcmp(words + n - m, end) == 0;
}

int judge_words_score(enum judge_role role, const char *words) {
    size_t longest = 0;
    int score = 0;
    for (const struct word_row *row = rows_of[role]; row->words != NULL; row++) {
        size_t n = strlen(row->words);
        bool same = strcmp(words, row->words) == 0;
        if (n <= longest || (!same && !words_end(words, row->words))) continue;
        longest = n;
        score = same ? row->score : row->score - ENDS_MALUS;
    }
    /* Most that end in _id name a thing that could be counted: recipe_id, wine_id. */
    if (role == JUDGE_ROLE_ITEM && longest == 2 && words_end(words, "id")) score = 56;
    return score > 0 ? score : 0;
}

static bool words_are_among(const char *words, const char *const *list) {
    for (; *list != NULL; list++)
        if (strcmp(words, *list) == 0) return true;
    return false;
}

bool judge_words_are_generic(const char *words) {
    static const char *const list[] = {"id", "name", "code", "iso", "iso_code", "key", "title", "uuid", "slug", NULL};
    return words_are_among(words, list);
}

bool judge_words_are_type(const char *words) {
    static const char *const list[] = {
        "string",       "long",      "int",          "integer",     "double", "float", "number", "value",
        "string_value", "int_value", "double_value", "number_long", "date",   "s",     "n",      NULL};
    return words_are_among(words, list);
}

bool judge_words_are_beside(const char *words) {
    static const char *const list[] = {"before", "old", "previous", "prev", "schema", "source", "transaction", NULL};
    return words_are_among(words, list);
}
