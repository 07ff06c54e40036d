/* hub/mail.h - the messages that consumers and the publisher send to each other.
 *
 *   type         way           what it says
 *   COPY         there, back   a bucket's copy, for Redis; back: it is stored
 *   ROW          there, back   a partition's progress row, for Redis; back: it is stored
 *   JOIN         there, back   this partition comes to the board (rule 23); back: what the board knows of it
 *   OTHER_LIFE         back    of a row: Redis has another life than the row's
 *   LEFT_OUT           back    of a row: lists went on without its partition
 *   BROKEN             back    the connection broke (rule 12): nothing that was put before is on its way any more
 *
 * A mail that was answered goes back as it is, so nothing is allocated twice.
 * Threads: none, one owner.   Ownership: a mail owns its texts; the partition's name is borrowed. */
#ifndef TOPKD_HUB_MAIL_H
#define TOPKD_HUB_MAIL_H

#include <assert.h>

#include "base/base.h"
#include "protocol/words.h"

enum mail_type { MAIL_COPY, MAIL_ROW, MAIL_JOIN, MAIL_OTHER_LIFE, MAIL_LEFT_OUT, MAIL_BROKEN };

struct mail_copy {
    uint64_t incarnation;
    int64_t offset; /* of its fence; -1: final */
    int64_t at;     /* up to which offset it holds records: the partition asks for it back */
    int64_t minute;
    bool final;
    bool only_if_there; /* its minute is past RETENTION */
};

struct mail_row {
    uint64_t incarnation;
    int64_t frontier;
    int64_t rows_kept;       /* what a Redis that did not go back has stored */
    char life[LIFE_LEN + 1]; /* of Redis, as the partition knows it; "" for none */
    int64_t rows_stored;     /* back: what this Redis has stored */
    int64_t redis_ms;        /* back: its clock */
};

struct mail_join {          /* all of it is filled in on the way back */
    bool is_new;            /* the board knew no such partition */
    uint64_t incarnation;   /* of its row; 0: it has none */
    int64_t closable_until; /* highest minute of which a list may be closed */
    int64_t unsure_until;   /* minutes up to here its row does not vouch for; NO_MINUTE: none */
    char life[LIFE_LEN + 1];
};

struct mail_other_life {
    char life[LIFE_LEN + 1]; /* the one that is */
};

struct mail {
    struct mail *next;
    enum mail_type type;
    uint32_t consumer;          /* whose box gets the answer */
    uint64_t instance;          /* of the memory that sent it */
    const char *partition_name; /* borrowed: lives as long as the process */
    int64_t handed_mono_ms;
    union { /* by type: through mail_copy() and the others, which look at it */
        struct mail_copy copy;
        struct mail_row row;
        struct mail_join join;
        struct mail_other_life other_life;
    } as;
    size_t location_len, body_len;
    char bytes[]; /* location, then the body: packed items or a row's text */
};

/* A mail of copies of LOCATION and BODY; all else is zero. */
struct mail *mail_create(enum mail_type type, struct bytes location, struct bytes body);
struct mail *mail_copy_create(const struct mail_copy *c, struct bytes location, struct bytes items);
struct mail *mail_row_create(const struct mail_row *r, struct bytes text);
struct mail *mail_bare_create(enum mail_type type); /* without texts: JOIN, BROKEN */
/* M without its body, which nobody wants once it is answered; it may have moved. */
struct mail *mail_drop_body(struct mail *m) MUST_CHECK;
void mail_free_all(struct mail *list);

/* -- answers, written into the question -- */

void mail_row_answer(struct mail *m, int64_t rows_stored, int64_t redis_ms);
void mail_row_other_life(struct mail *m, const char life[LIFE_LEN + 1]);
void mail_row_left_out(struct mail *m);
void mail_join_answer(struct mail *m, const struct mail_join *answer);

/* -- what is in one -- */

static inline const struct mail_copy *mail_copy(const struct mail *m) {
    assert(m->type == MAIL_COPY);
    return &m->as.copy;
}
static inline const struct mail_row *mail_row(const struct mail *m) {
    assert(m->type == MAIL_ROW);
    return &m->as.row;
}
static inline const struct mail_join *mail_join(const struct mail *m) {
    assert(m->type == MAIL_JOIN);
    return &m->as.join;
}
static inline const struct mail_other_life *mail_other_life(const struct mail *m) {
    assert(m->type == MAIL_OTHER_LIFE);
    return &m->as.other_life;
}
static inline struct bytes mail_location(const struct mail *m) { return (struct bytes){m->bytes, m->location_len}; }
static inline struct bytes mail_body(const struct mail *m) {
    return (struct bytes){m->bytes + m->location_len, m->body_len};
}
static inline size_t mail_bytes(const struct mail *m) { return sizeof *m + m->location_len + m->body_len; }

#endif
