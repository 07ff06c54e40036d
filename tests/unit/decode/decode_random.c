/* unit/decode/decode_random.c - draws messages of a grammar that is odder than any producer, and spoils them. */
#include "decode_random.h"

#include <string.h>

enum { FIELDS_MAX = 12, DEPTH_MAX = 4 };

uint32_t decode_random_below(struct decode_random *r, uint32_t below) {
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)((r->state >> 16) % below);
}

static bool one_in(struct decode_random *r, uint32_t n) { return decode_random_below(r, n) == 0; }

#define PICK(r, table) (table)[decode_random_below(r, ARRAY_LEN(table))]

static const char *const words[] = {"view",
                                    "like",
                                    "VE",
                                    "United Kingdom",
                                    "cat",
                                    "x",
                                    "",
                                    "skip",
                                    "global",
                                    "85123A",
                                    "a/b",
                                    "0123456789abcdef",
                                    "v208711",
                                    "S\xc3\xa3o Paulo",
                                    "\xe6\x9d\xb1\xe4\xba\xac",
                                    "\xf0\x9f\x98\x80",
                                    "\x7f",
                                    "{",
                                    "}",
                                    "[",
                                    "],",
                                    ":",
                                    ","};
static const char *const escapes[] = {"\\n",     "\\\"",    "\\\\",    "\\/",     "\\u00e9", "\\ud83d\\ude00",
                                      "\\u0000", "\\ud83d", "\\ude00", "\\u00G0", "\\x",     "\\ud83d\\u0041"};
static const char *const odd_bytes[] = {
    "\xc3", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80",
    "\n",   "\t",   "\x01"};
static const char *const numbers[] = {"0",
                                      "-0",
                                      "7",
                                      "-12",
                                      "01",
                                      "1.",
                                      ".5",
                                      "-",
                                      "1e5",
                                      "1E-7",
                                      "2e+99",
                                      "1e400",
                                      "-1.5",
                                      "-0.0",
                                      "0.25",
                                      "12345678",
                                      "123456789",
                                      "1763751600",
                                      "1763751600.5",
                                      "1763751600.123456",
                                      "1763751600.1234567",
                                      "1080000000.001",
                                      "1763751600777",
                                      "1763751600777888",
                                      "999999999999999999",
                                      "1234567890123456789",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "-9223372036854775808",
                                      "9007199254740992.0",
                                      "9007199254740993.0",
                                      "12345678901234567.1",
                                      "0.123456789012345678",
                                      "0.1234567890123456789"};
static const char *const literals[] = {"true", "false", "null", "null", "tru", "nullx", "NaN", "{}", "[]", "[1]"};
static const char *const times[] = {"\"2025-11-21T19:00:00Z\"", "\"2025-11-21T20:00:00.5+01:00\"", "\"1763751600777\"",
                                    "\"2025-11-21\""};
#define BLANKS16 "                "
static const char *const spaces[] = {
    " ", "  ", "\t", "\n", "\r\n", "\n    ", (BLANKS16 BLANKS16 BLANKS16 BLANKS16 " ")};

struct style {
    bool spaced;
    bool lf; /* a space may be a line end */
};

static void put_space(struct decode_random *r, struct style style, struct buf *out) {
    if (!style.spaced || !one_in(r, 2)) return;
    const char *space = PICK(r, spaces);
    if (style.lf || strchr(space, '\n') == NULL) buf_add_str(out, space);
}

static void put_string(struct decode_random *r, struct buf *out) {
    buf_add_byte(out, '"');
    for (uint32_t n = one_in(r, 20) ? decode_random_below(r, 40) : 1; n > 0; n--) {
        buf_add_str(out, PICK(r, words));
        if (one_in(r, 30)) buf_add_str(out, PICK(r, escapes));
        if (one_in(r, 300)) buf_add_str(out, PICK(r, odd_bytes));
    }
    buf_add_byte(out, '"');
}

static void put_value(struct decode_random *r, struct style style, int depth, struct buf *out);

static void put_container(struct decode_random *r, struct style style, int depth, struct buf *out) {
    bool object = one_in(r, 2);
    buf_add_byte(out, object ? '{' : '[');
    for (uint32_t i = 0, n = decode_random_below(r, 4); i < n; i++) {
        if (i > 0) buf_add_byte(out, ',');
        put_space(r, style, out);
        if (object) {
            put_string(r, out);
            put_space(r, style, out);
            buf_add_byte(out, ':');
        }
        put_value(r, style, depth + 1, out);
    }
    buf_add_byte(out, object ? '}' : ']');
}

static void put_value(struct decode_random *r, struct style style, int depth, struct buf *out) {
    put_space(r, style, out);
    uint32_t kind = decode_random_below(r, 16);
    if (kind < 7)
        put_string(r, out);
    else if (kind < 10)
        buf_addf(out, "%u", decode_random_below(r, 1000000));
    else if (kind < 12)
        buf_add_str(out, numbers[decode_random_below(r, one_in(r, 8) ? ARRAY_LEN(numbers) : 4)]);
    else if (kind < 14)
        buf_add_str(out, literals[decode_random_below(r, one_in(r, 8) ? ARRAY_LEN(literals) : 4)]);
    else if (depth < DEPTH_MAX)
        put_container(r, style, depth, out);
    else
        buf_add_str(out, "[]");
    put_space(r, style, out);
}

static void put_time(struct decode_random *r, struct buf *out) {
    if (one_in(r, 8))
        buf_add_str(out, PICK(r, numbers));
    else if (one_in(r, 8))
        buf_add_str(out, PICK(r, times));
    else
        buf_addf(out, "1763750%06u", decode_random_below(r, 1000000));
}

static void put_usual_value(struct decode_random *r, size_t field, struct style style, struct buf *out) {
    if (one_in(r, 12))
        put_value(r, style, 0, out);
    else if (field == 0 && one_in(r, 2))
        buf_addf(out, "%u", decode_random_below(r, 300000));
    else if (field == 0)
        buf_addf(out, "\"v%u\"", decode_random_below(r, 300000));
    else if (field == 3)
        put_time(r, out);
    else if (field == 4)
        buf_add_str(out, PICK(r, numbers));
    else
        put_string(r, out);
}

static void put_object(struct decode_random *r, struct style style, struct buf *out) {
    static const char *const names[] = {"video_id", "location", "type", "ts", "value", "user_id", "video_ix", "t"};
    uint32_t n = 3 + decode_random_below(r, FIELDS_MAX - 3), first = decode_random_below(r, ARRAY_LEN(names));
    buf_add_byte(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        size_t field = (first + i) % ARRAY_LEN(names);
        if (i > 0) buf_add_byte(out, ',');
        put_space(r, style, out);
        if (i >= ARRAY_LEN(names) && !one_in(r, 10))
            put_string(r, out);
        else
            buf_addf(out, "\"%s\"", names[field]);
        put_space(r, style, out);
        buf_add_byte(out, ':');
        put_space(r, style, out);
        put_usual_value(r, field, style, out);
        put_space(r, style, out);
    }
    buf_add_byte(out, '}');
}

void decode_random_message(struct decode_random *r, struct buf *out) {
    struct style style = {.spaced = one_in(r, 3), .lf = true};
    uint32_t form = decode_random_below(r, 4), n = form < 2 ? 1 : decode_random_below(r, 6);
    bool array = form == 2;
    if (form == 3) style.lf = one_in(r, 20);
    put_space(r, style, out);
    if (array) buf_add_byte(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(out, array ? "," : one_in(r, 3) ? "\r\n" : "\n");
        if (array && one_in(r, 20))
            put_value(r, style, 0, out);
        else
            put_object(r, style, out);
        put_space(r, style, out);
    }
    if (array) buf_add_byte(out, ']');
    put_space(r, style, out);
}

static void insert(struct buf *b, size_t at, const char *text) {
    size_t n = strlen(text);
    buf_reserve(b, n);
    memmove(b->data + at + n, b->data + at, b->len - at);
    memcpy(b->data + at, text, n);
    b->len += n;
}

static void spoil_once(struct decode_random *r, struct buf *b) {
    static const char *const pieces[] = {"\"",       "\\",   "{",    "}",         "[",    "]",   ",",  ":",
                                         "0",        "-",    ".",    "e",         " ",    "\n",  "\r", "t",
                                         "\xc3\xa9", "\xa9", "null", "\"ts\":7,", "\x7f", "\x1f"};
    size_t at = decode_random_below(r, (uint32_t)b->len);
    switch (decode_random_below(r, 6)) {
    case 0:
        b->len = at;
        break;
    case 1:
        b->data[at] = (char)(b->data[at] ^ 1 << decode_random_below(r, 8));
        break;
    case 2:
        b->data[at] = (char)decode_random_below(r, 256);
        break;
    case 3:
        insert(b, at, PICK(r, pieces));
        break;
    case 4:
        memmove(b->data + at, b->data + at + 1, b->len - at - 1);
        b->len--;
        break;
    default:
        b->data[at] = b->data[decode_random_below(r, (uint32_t)b->len)];
    }
}

void decode_random_spoil(struct decode_random *r, struct buf *message) {
    for (uint32_t n = 1 + decode_random_below(r, 4); n > 0 && message->len > 0; n--) spoil_once(r, message);
}
