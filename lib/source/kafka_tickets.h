/* source/kafka_tickets.h - how far the dead letters of each member got.
 * Each dead letter takes a ticket of its member, and the ticket is settled when the dead letter was delivered or given
 * up. What is counted outlives the member, because reports may come late.   Threads: any. */
#ifndef TOPKD_SOURCE_KAFKA_TICKETS_H
#define TOPKD_SOURCE_KAFKA_TICKETS_H

#include <pthread.h>

#include "base/base.h"

enum { KAFKA_MEMBERS_MAX = 1024 };

struct kafka_ticket {
    unsigned member; /* its number in the process, from 0 */
    uint64_t number; /* from 1; 0: too many are out */
    bool resent;     /* its dead letter was refused, and went again */
};

struct kafka_tickets; /* of one member */

struct kafka_all_tickets {
    pthread_mutex_t lock;                               /* guards members_n */
    struct kafka_tickets *of_member[KAFKA_MEMBERS_MAX]; /* owned */
    unsigned members_n;
};

void kafka_all_tickets_init(struct kafka_all_tickets *all);
void kafka_all_tickets_deinit(struct kafka_all_tickets *all);
/* Those of one more member, owned by ALL. NULL: there are too many members. */
struct kafka_tickets *kafka_all_tickets_add(struct kafka_all_tickets *all);
void kafka_all_tickets_settle(struct kafka_all_tickets *all, struct kafka_ticket ticket);
/* Of all members: how many were settled, and how many wait to be. */
void kafka_all_tickets_count(struct kafka_all_tickets *all, uint64_t *settled, uint64_t *waiting);

unsigned kafka_tickets_member(const struct kafka_tickets *t);
uint64_t kafka_tickets_issued(struct kafka_tickets *t);
/* All up to here. */
uint64_t kafka_tickets_settled(struct kafka_tickets *t);
struct kafka_ticket kafka_tickets_take(struct kafka_tickets *t);
/* The one that was taken last. Only the member's own thread takes, so it is still the last. */
void kafka_tickets_give_back(struct kafka_tickets *t);

#endif
