/* topkd/judge_show.c - writes bytes that may be anything. */
#include "judge_show.h"

#include <string.h>

static bool byte_is_printable(unsigned char c) { return c >= 0x20 && c < 0x7f; }

static void bytes_show(struct buf *out, struct bytes text, const char *escaped) {
    for (size_t i = 0; i < text.n && i < JUDGE_SHOWN_BYTES_MAX; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (!byte_is_printable(c)) {
            buf_addf(out, "\\x%02x", c);
            continue;
        }
        if (strchr(escaped, c) != NULL) buf_add_byte(out, '\\');
        buf_add_byte(out, c);
    }
    if (text.n > JUDGE_SHOWN_BYTES_MAX) buf_add_str(out, "...");
}

static void length_show(struct buf *out, struct bytes text) {
    if (text.n > JUDGE_SHOWN_BYTES_MAX) buf_addf(out, " (%zu bytes)", text.n);
}

void judge_show_raw(struct buf *out, struct bytes text) {
    bytes_show(out, text, "");
    length_show(out, text);
}

void judge_show_text(struct buf *out, struct bytes text) {
    buf_add_byte(out, '"');
    bytes_show(out, text, "\"\\");
    buf_add_byte(out, '"');
    length_show(out, text);
}

void judge_show_word(struct buf *out, struct bytes text) {
    bool plain = text.n > 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        plain = plain && byte_is_printable(c) && c != ' ' && c != '"' && c != '=' && c != '\\';
    }
    if (plain)
        judge_show_raw(out, text);
    else
        judge_show_text(out, text);
}
