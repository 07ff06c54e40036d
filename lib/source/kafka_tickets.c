/* source/kafka_tickets.c - how far the dead letters of each member got.
 *
 * They may be settled out of order (the topic has several partitions, some are sent again), so a ring of bits remembers
 * the settled tickets above `settled`. */
#include "source/kafka_tickets.h"

#include <assert.h>

#include "base/mem.h"

enum {
    /* Above queue.buffering.max.messages, so that the queue is full first. */
    TICKETS_OUT_MAX = 1 << 17,
    WORD_BITS = 64
};

struct kafka_tickets {
    pthread_mutex_t lock; /* guards what follows but MEMBER */
    unsigned member;
    uint64_t issued, settled;
    /* Bit (ticket mod TICKETS_OUT_MAX), for settled < ticket <= issued. */
    uint64_t answered[TICKETS_OUT_MAX / WORD_BITS];
};

/* Locked. */
static void tickets_check(const struct kafka_tickets *t) {
    assert(t->settled <= t->issued);
    assert(t->issued - t->settled <= TICKETS_OUT_MAX);
}

/* -- of one member ------------------------------------------------------------------------------- */

static struct kafka_tickets *tickets_create(unsigned member) {
    struct kafka_tickets *t = mem_zalloc(1, sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    t->member = member;
    return t;
}

static void tickets_destroy(struct kafka_tickets *t) {
    pthread_mutex_destroy(&t->lock);
    mem_free(t);
}

unsigned kafka_tickets_member(const struct kafka_tickets *t) { return t->member; }

uint64_t kafka_tickets_issued(struct kafka_tickets *t) {
    pthread_mutex_lock(&t->lock);
    uint64_t n = t->issued;
    pthread_mutex_unlock(&t->lock);
    return n;
}

uint64_t kafka_tickets_settled(struct kafka_tickets *t) {
    pthread_mutex_lock(&t->lock);
    uint64_t n = t->settled;
    pthread_mutex_unlock(&t->lock);
    return n;
}

struct kafka_ticket kafka_tickets_take(struct kafka_tickets *t) {
    struct kafka_ticket ticket = {.member = t->member};
    pthread_mutex_lock(&t->lock);
    tickets_check(t);
    if (t->issued - t->settled < TICKETS_OUT_MAX) ticket.number = ++t->issued;
    pthread_mutex_unlock(&t->lock);
    return ticket;
}

void kafka_tickets_give_back(struct kafka_tickets *t) {
    pthread_mutex_lock(&t->lock);
    t->issued--;
    tickets_check(t);
    pthread_mutex_unlock(&t->lock);
}

static uint64_t *answered_word(struct kafka_tickets *t, uint64_t ticket, uint64_t *bit) {
    uint64_t at = ticket % TICKETS_OUT_MAX;
    *bit = UINT64_C(1) << (at % WORD_BITS);
    return &t->answered[at / WORD_BITS];
}

static void tickets_settle(struct kafka_tickets *t, uint64_t ticket) {
    uint64_t bit;
    pthread_mutex_lock(&t->lock);
    assert(ticket > t->settled && ticket <= t->issued);
    uint64_t *word = answered_word(t, ticket, &bit);
    assert((*word & bit) == 0); /* each is settled once */
    *word |= bit;
    while (word = answered_word(t, t->settled + 1, &bit), (*word & bit) != 0) {
        *word &= ~bit;
        t->settled++;
    }
    tickets_check(t);
    pthread_mutex_unlock(&t->lock);
}

/* -- of all members ------------------------------------------------------------------------------ */

void kafka_all_tickets_init(struct kafka_all_tickets *all) {
    *all = (struct kafka_all_tickets){.members_n = 0};
    pthread_mutex_init(&all->lock, NULL);
}

void kafka_all_tickets_deinit(struct kafka_all_tickets *all) {
    for (unsigned i = 0; i < all->members_n; i++) tickets_destroy(all->of_member[i]);
    pthread_mutex_destroy(&all->lock);
}

struct kafka_tickets *kafka_all_tickets_add(struct kafka_all_tickets *all) {
    struct kafka_tickets *t = NULL;
    pthread_mutex_lock(&all->lock);
    if (all->members_n < KAFKA_MEMBERS_MAX) {
        t = tickets_create(all->members_n);
        all->of_member[all->members_n++] = t;
    }
    pthread_mutex_unlock(&all->lock);
    return t;
}

/* Without the lock: who settles took the ticket from a member that is there, and none goes. */
void kafka_all_tickets_settle(struct kafka_all_tickets *all, struct kafka_ticket ticket) {
    assert(ticket.member < KAFKA_MEMBERS_MAX && all->of_member[ticket.member] != NULL);
    tickets_settle(all->of_member[ticket.member], ticket.number);
}

void kafka_all_tickets_count(struct kafka_all_tickets *all, uint64_t *settled, uint64_t *waiting) {
    *settled = *waiting = 0;
    pthread_mutex_lock(&all->lock);
    unsigned n = all->members_n;
    pthread_mutex_unlock(&all->lock);
    for (unsigned i = 0; i < n; i++) {
        struct kafka_tickets *t = all->of_member[i];
        uint64_t done = kafka_tickets_settled(t); /* first: what is settled was issued */
        *settled += done;
        *waiting += kafka_tickets_issued(t) - done;
    }
}
