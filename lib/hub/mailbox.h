/* hub/mailbox.h - mails on their way from one thread to another, first in first out.
 * Threads: a box has one mutex; any thread puts, one takes.   Ownership: a put mail belongs to the box, a taken one to
 * the taker. */
#ifndef TOPKD_HUB_MAILBOX_H
#define TOPKD_HUB_MAILBOX_H

#include <pthread.h>

#include "hub/mail.h"

struct mailbox {
    size_t limit_bytes;   /* const; 0: none */
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t filled;
    struct mail *head, *tail; /* owned; both NULL: it is empty */
    size_t bytes;             /* of all mails in it */
    bool woken;               /* and no take has waited since */
};

void mailbox_init(struct mailbox *b, size_t limit_bytes);
void mailbox_deinit(struct mailbox *b); /* frees what is in it */
/* False if the box is full; the mail stays the caller's then. An empty box takes any mail. */
bool mailbox_put(struct mailbox *b, struct mail *m) MUST_CHECK;
/* Takes mails up to BYTES_MAX (at least one if there is one; 0: all), waiting at most TIMEOUT_MS for the first. */
struct mail *mailbox_take(struct mailbox *b, size_t bytes_max, int timeout_ms);

/* How long a gather may take. */
struct mailbox_patience {
    int first_ms; /* for the first mail */
    int quiet_ms; /* without another one: nothing more comes */
    int all_ms;   /* for all of them, however many come */
};
/* Takes, and then takes what else comes: until nothing came for a while, or there are BYTES_MAX (not 0), or the time is
 * up, or the box was woken. */
struct mail *mailbox_gather(struct mailbox *b, size_t bytes_max, const struct mailbox_patience *patience);
void mailbox_wake(struct mailbox *b); /* ends a take that waits, or the next that would */
size_t mailbox_bytes(struct mailbox *b);

#endif
