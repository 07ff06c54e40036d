/* hub/mail.h - what consumers, publisher and back again say to each other: values in FIFO boxes.
 * A contribution travels to the publisher and comes back as its own answer, so nothing is allocated twice.
 * Threads: a box has one mutex; any thread puts, one takes.   Ownership: a put mail belongs to the box, a taken one to
 * the taker. */
#ifndef TOPKD_HUB_MAIL_H
#define TOPKD_HUB_MAIL_H

#include <pthread.h>

#include "base/base.h"
#include "partition/partition.h"

enum mail_type {
    /* to the publisher */
    MAIL_COPY, /* a bucket's copy; comes back as it is, answered */
    MAIL_ROW,  /* a progress row; comes back answered, or as MAIL_OTHER_LIFE or MAIL_LEFT_OUT */
    MAIL_JOIN, /* this source comes to the board (rule 23); comes back with what the board knows of it */
    /* only back */
    MAIL_OTHER_LIFE,
    MAIL_LEFT_OUT,
    MAIL_BROKEN /* the connection broke: rule 12; nothing put before is on its way any more */
};

struct mail {
    struct mail *next;
    enum mail_type type;
    uint32_t consumer;          /* number of the box for the answer */
    uint64_t instance;          /* of the memory that sent it */
    const char *partition_name; /* borrowed: lives as long as the process */
    uint64_t incarnation;       /* COPY, ROW: fence; JOIN: of its row, 0 if it has none */
    int64_t offset;             /* COPY: o, -1 = final; ROW: the frontier */
    int64_t at;                 /* COPY */
    int64_t minute;             /* COPY; JOIN: highest of which a list may be closed, and ... */
    int64_t unsure_until;       /* JOIN: ... that its row does not vouch for; NO_MINUTE: none */
    int64_t kept;               /* ROW: rows that a Redis which did not go back has stored; back: that this one has */
    int64_t redis_ms;           /* ROW, back: the clock of Redis */
    bool only_if_there;         /* COPY: its minute is past RETENTION */
    int64_t handed_mono_ms;
    bool final;
    bool is_new;             /* JOIN, back: the board knew no such partition */
    char life[LIFE_LEN + 1]; /* ROW: known; OTHER_LIFE: the new one; JOIN, back: the one that is */
    size_t location_len, body_len;
    char bytes[]; /* location, then the body: packed items or row text */
};

/* A mail with room for location and body. */
struct mail *mail_create(enum mail_type type, struct bytes location, struct bytes body);
static inline struct bytes mail_location(const struct mail *m) { return (struct bytes){m->bytes, m->location_len}; }
static inline struct bytes mail_body(const struct mail *m) {
    return (struct bytes){m->bytes + m->location_len, m->body_len};
}
static inline size_t mail_bytes(const struct mail *m) { return sizeof *m + m->location_len + m->body_len; }
/* M without its body, which nobody wants once it is answered; it may have moved. */
struct mail *mail_drop_body(struct mail *m) MUST_CHECK;
void mail_free_all(struct mail *list);

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct mail *head, *tail;
    size_t bytes, limit_bytes; /* limit 0: none */
    bool woken;
};

void mailbox_init(struct mailbox *b, size_t limit_bytes);
void mailbox_deinit(struct mailbox *b); /* frees what is in it */
/* False if the box is full; the mail stays the caller's then. */
bool mailbox_put(struct mailbox *b, struct mail *m) MUST_CHECK;
/* Take mails up to MAX_BYTES (at least one if there is one; 0 = all), waiting at most TIMEOUT_MS for the first. */
struct mail *mailbox_take(struct mailbox *b, size_t max_bytes, int timeout_ms);
/* The same, and then what else comes, for as long as more of it comes: until nothing came for QUIET_MS, or there are
 * BYTES_MAX (not 0), or MAX_MS are over, or the box was woken. */
struct mail *mailbox_gather(struct mailbox *b, size_t bytes_max, int timeout_ms, int quiet_ms, int max_ms);
void mailbox_wake(struct mailbox *b); /* end a take that waits */
size_t mailbox_bytes(struct mailbox *b);

#endif
