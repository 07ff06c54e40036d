/* source/kafka_tickets.c - how far the dead letters of one member got.
 *
 * They may be settled out of order (the topic has several partitions, some are sent again), so a ring of bits remembers
 * the settled tickets above `settled`. */
#include "base/mem.h"
#include "source/kafka_internal.h"

enum {
    /* Above queue.buffering.max.messages, so that the queue is full first. */
    TICKETS_OUT_MAX = 1 << 17,
    WORD_BITS = 64
};

struct kafka_letters {
    pthread_mutex_t lock;
    unsigned index;
    uint64_t issued, settled;
    uint64_t
        answered[TICKETS_OUT_MAX / WORD_BITS]; /* bit (ticket mod TICKETS_OUT_MAX) for settled < ticket <= issued */
};

struct kafka_letters *kafka_letters_create(unsigned index) {
    struct kafka_letters *l = mem_zalloc(1, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->index = index;
    return l;
}

void kafka_letters_destroy(struct kafka_letters *l) {
    if (!l) return;
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

unsigned kafka_letters_member(const struct kafka_letters *l) { return l->index; }

uint64_t kafka_letters_issued(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t n = l->issued;
    pthread_mutex_unlock(&l->lock);
    return n;
}

uint64_t kafka_letters_settled(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t n = l->settled;
    pthread_mutex_unlock(&l->lock);
    return n;
}

static uint64_t *word_of(struct kafka_letters *l, uint64_t ticket, uint64_t *bit) {
    uint64_t at = ticket % TICKETS_OUT_MAX;
    *bit = UINT64_C(1) << (at % WORD_BITS);
    return &l->answered[at / WORD_BITS];
}

void kafka_letters_settle(struct kafka_letters *l, uint64_t ticket) {
    uint64_t bit;
    pthread_mutex_lock(&l->lock);
    uint64_t *word = word_of(l, ticket, &bit);
    *word |= bit;
    while (word = word_of(l, l->settled + 1, &bit), (*word & bit) != 0) {
        *word &= ~bit;
        l->settled++;
    }
    pthread_mutex_unlock(&l->lock);
}

uint64_t kafka_letters_take(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t ticket = l->issued - l->settled < TICKETS_OUT_MAX ? ++l->issued : 0;
    pthread_mutex_unlock(&l->lock);
    return ticket;
}

void kafka_letters_give_back(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    l->issued--;
    pthread_mutex_unlock(&l->lock);
}
