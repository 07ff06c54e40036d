/* store/keys.c - how keys and fields are spelled: what is put together here is taken apart here. */
#include "store/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

/* The bytes that would break or forge a hash tag, and the escape itself. */
static bool must_encode(char c) { return c == '%' || c == '{' || c == '}'; }

void keys_encode_location(struct buf *out, struct bytes location) {
    for (size_t i = 0; i < location.n; i++) {
        if (must_encode(location.p[i]))
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)location.p[i]);
        else
            buf_add_byte(out, (unsigned char)location.p[i]);
    }
}

/* The byte that the three characters at P stand for; 0 if encode never makes them. */
static char decode_escape(const char *p) {
    if (memcmp(p, "%25", 3) == 0) return '%';
    if (memcmp(p, "%7B", 3) == 0) return '{';
    if (memcmp(p, "%7D", 3) == 0) return '}';
    return 0;
}

bool keys_decode_location(struct buf *out, struct bytes text) {
    size_t before = out->len;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (must_encode(c)) {
            c = i + 3 <= text.n ? decode_escape(text.p + i) : 0;
            if (c == 0) {
                out->len = before;
                return false;
            }
            i += 2;
        }
        buf_add_byte(out, (unsigned char)c);
    }
    return true;
}

static void add_minute(struct buf *out, int64_t minute) {
    char text[MINUTE_TEXT_LEN + 1];
    minute_format(minute, text);
    buf_add_str(out, text);
}

void keys_of_location(struct buf *out, const char *board, struct bytes location, const char *name) {
    buf_add_str(out, board);
    buf_add_str(out, ":{");
    keys_encode_location(out, location);
    buf_add_str(out, "}:");
    buf_add_str(out, name);
}

void keys_minute(struct buf *out, const char *board, struct bytes location, int64_t minute) {
    keys_of_location(out, board, location, "");
    add_minute(out, minute);
}

void keys_part(struct buf *out, const char *board, struct bytes location, int64_t minute) {
    keys_of_location(out, board, location, "part:");
    add_minute(out, minute);
}

void keys_notes(struct buf *out, const char *board, uint32_t shard, const char *name) {
    buf_addf(out, "%s:{s%" PRIu32 "}:%s", board, shard, name);
}

void keys_progress(struct buf *out, const char *board) { buf_addf(out, "%s:progress", board); }

void keys_locations(struct buf *out, const char *board) { buf_addf(out, "%s:locations", board); }

uint32_t keys_shard(struct bytes location) { return (uint32_t)(hash64(location.p, location.n, 0) % STORE_SHARDS); }

void keys_note_field(struct buf *out, struct bytes location, int64_t minute) {
    keys_encode_location(out, location);
    buf_add_byte(out, '|');
    add_minute(out, minute);
}

bool keys_note_parse(struct bytes field, struct buf *location, int64_t *minute) {
    if (field.n < 1 + MINUTE_TEXT_LEN) return false;
    size_t bar = field.n - MINUTE_TEXT_LEN - 1; /* counted from the end: a location may hold a bar itself */
    if (field.p[bar] != '|') return false;
    int64_t m;
    if (!minute_parse((struct bytes){field.p + bar + 1, MINUTE_TEXT_LEN}, &m)) return false;
    if (!keys_decode_location(location, (struct bytes){field.p, bar})) return false;
    *minute = m;
    return true;
}
