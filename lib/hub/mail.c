/* hub/mail.c - mails are made, answered and freed. */
#include "hub/mail.h"

#include <string.h>

#include "base/mem.h"

struct mail *mail_create(enum mail_type type, struct bytes location, struct bytes body) {
    struct mail *m = mem_alloc(sizeof *m + location.n + body.n);
    *m = (struct mail){.type = type, .location_len = location.n, .body_len = body.n};
    if (location.n > 0) memcpy(m->bytes, location.p, location.n);
    if (body.n > 0) memcpy(m->bytes + location.n, body.p, body.n);
    return m;
}

struct mail *mail_bare_create(enum mail_type type) {
    return mail_create(type, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
}

struct mail *mail_copy_create(const struct mail_copy *c, struct bytes location, struct bytes items) {
    struct mail *m = mail_create(MAIL_COPY, location, items);
    m->as.copy = *c;
    return m;
}

struct mail *mail_row_create(const struct mail_row *r, struct bytes text) {
    struct mail *m = mail_create(MAIL_ROW, (struct bytes){NULL, 0}, text);
    m->as.row = *r;
    return m;
}

struct mail *mail_drop_body(struct mail *m) {
    m->body_len = 0;
    return mem_realloc(m, 1, mail_bytes(m));
}

void mail_free_all(struct mail *list) {
    while (list != NULL) {
        struct mail *m = list;
        list = m->next;
        mem_free(m);
    }
}

/* -- answers -- */

void mail_row_answer(struct mail *m, int64_t rows_stored, int64_t redis_ms) {
    assert(m->type == MAIL_ROW);
    m->as.row.rows_stored = rows_stored;
    m->as.row.redis_ms = redis_ms;
}

void mail_row_other_life(struct mail *m, const char life[LIFE_LEN + 1]) {
    assert(m->type == MAIL_ROW);
    m->type = MAIL_OTHER_LIFE;
    memcpy(m->as.other_life.life, life, sizeof m->as.other_life.life);
}

void mail_row_left_out(struct mail *m) {
    assert(m->type == MAIL_ROW);
    m->type = MAIL_LEFT_OUT;
}

void mail_join_answer(struct mail *m, const struct mail_join *answer) {
    assert(m->type == MAIL_JOIN);
    m->as.join = *answer;
}
