/* publisher/state.h - the inside of a publisher, shared by the files of this folder alone. In reading order:
 *
 *   publisher.c   one step: Redis is there, a batch is made, sent, answered; and what follows from a failure
 *   batch.h       the order of work, and where it is cut into batches
 *   copies.c      contributions, the notes after them, and what Redis cannot keep
 *   rows.c        what partitions say of themselves, and ask of the board */
#ifndef TOPKD_PUBLISHER_STATE_H
#define TOPKD_PUBLISHER_STATE_H

#include "hub/hub.h"
#include "hub/outage.h"
#include "publisher/batch.h"
#include "publisher/publisher.h"

/* How Redis stands to us.
 *
 *          hello passed            a batch was taken, or none was refused for a while
 *   AWAY ----------------> OPEN -----------------------------------------------------> UP
 *    ^                      |                                                          |
 *    `----------------------+----------------------------------------------------------'
 *                     a call broke or was refused
 */
enum publisher_link {
    LINK_AWAY, /* the next step says hello */
    LINK_OPEN, /* it lets us in, and may still refuse what we send */
    LINK_UP
};

/* A copy of the batch. */
struct sent_copy {
    struct mail *mail;
    bool unkept; /* no answer that counts: it is not answered to its consumer */
};

/* A list of the batch. Calls of the store take arrays: parts, loss and note are elements of those of outgoing. */
struct sent_list {
    struct sent_copy *copies;
    size_t copies_n;
    struct store_parts *parts; /* one a copy, in the same order */
    struct store_loss *loss;   /* NULL: everything was kept */
    struct store_note *note;   /* NULL: there is nothing to note */
};

/* What one batch sends; made anew for each, in arrays that are kept. */
struct outgoing {
    struct sent_copy *copies;
    struct sent_list *lists;
    struct store_part *copy_parts;
    struct store_parts *list_parts;
    struct store_note *notes;
    struct store_loss *losses;
    struct store_row *rows;
    struct store_join *joins;
    size_t cap; /* of each */
    size_t copies_n, lists_n, notes_n, losses_n, rows_n, joins_n;
};

struct publisher_metrics {
    struct metric *answers[STORE_ANSWERS]; /* NULL: none that a contribution gets */
    struct metric *bytes, *seconds, *queue_bytes, *redirtied;
};

struct publisher {
    struct hub *hub;
    struct store store;
    struct mail *taken; /* owned, in order, to be worked after the batch */
    struct mail *batch; /* owned, in order, not yet answered */
    struct outgoing out;

    enum publisher_link link;
    bool takes_nothing;      /* a batch failed after hello had passed, and none was taken since */
    int64_t refused_mono_ms; /* when one was refused then; 0: not lately */
    int64_t again_mono_ms;   /* when everything is to be published again; 0: never */
    int rest_ms;             /* after the last failure; 0: a batch was taken since */
    struct outage outage;
    struct publisher_metrics metrics;
};

/* copies.c */
/* Contributes the copies of the batch, notes their lists, and marks what was not kept. */
int copies_send(struct publisher *p, struct err *e);
void copies_drop_unkept(struct publisher *p); /* out of the batch */

/* rows.c */
/* Asks for the partitions of the batch that join, and writes the answers into their mails. */
int joins_send(struct publisher *p, struct err *e);
/* The same for its rows. *FORGOT: Redis went back, or is another one. */
int rows_send(struct publisher *p, bool *forgot, struct err *e);

/* What is true of a publisher between two calls. */
bool publisher_check(const struct publisher *p);

#endif
