/* merger/state.h - the inside of a merger, shared by the files of this folder and by nobody else. In reading order:
 *
 *   merger.c    one round from its beginning to its end, and what follows from one that failed
 *   notes.c     the notes of our shards come in, and end when their lists are done
 *   pass.h      whose waiting notes are read in which round
 *   choose.c    which lists are merged in a round
 *   held.h      which minutes wait for partitions that are behind
 *   chunk.c     up to 128 lists: read, judged, merged, written
 *   work.h      one list: judged and merged, without a request
 *   known.h     which partitions have a say in it
 *   waiting.h   what is remembered of lists that are not final
 *   aside.h     lists that wait until somebody frees a key
 *   retirer.h   rows of partitions that are no longer there
 *
 * A list goes through a round as a choice, which is small because a round may have very many, and then through its
 * chunk as a merging, which holds all that there is to know of it. */
#ifndef TOPKD_MERGER_STATE_H
#define TOPKD_MERGER_STATE_H

#include "hub/hub.h"
#include "hub/outage.h"
#include "merger/aside.h"
#include "merger/held.h"
#include "merger/merger.h"
#include "merger/pass.h"
#include "merger/retirer.h"
#include "merger/waiting.h"
#include "merger/work.h"

struct merger_metrics {
    struct metric *written[LIST_STATES], *refused, *set_aside;
    struct metric *round_seconds;
    struct metric *waiting_lists, *waiting_bytes, *forgotten;
    uint64_t forgotten_shown; /* of waiting_forgotten, as the metric has it */
};

struct merger {
    struct hub *hub;
    struct store store;
    struct waiting_lists *waiting; /* owned, as the next two */
    struct aside *aside;
    struct retirer *retirer;

    /* What was read last. While all three stand, so does what follows from them. */
    struct progress progress;
    char life[LIFE_LEN + 1];
    uint64_t topics_digest; /* of the topics, as they were then */
    bool judge_again;       /* the rows moved, and not every list was judged by them since */

    bool ours[STORE_SHARDS];  /* shards that were worked in the last round */
    struct pass pass;         /* over their waiting notes */
    struct held_minutes held; /* in the last round */
    uint64_t rounds;
    int64_t round_ms; /* how long the last round with lists took */

    int failures; /* in a row; 0: the last round was done */
    int rest_ms;  /* after the last failure; 0: there was none */
    struct outage outage;
    struct log_limit broken_limit;
    struct merger_metrics metrics;
};

/* A list that is to be merged. */
struct choice {
    size_t note; /* index into the round's notes */
    uint64_t digest;
    int64_t merged_mono_ms; /* TIME_NEVER: it was not, that we know of */
};

/* What one round holds; freed at its end. */
struct round {
    struct store_notes notes;
    struct choice *choices; /* owned; oldest minute first, once all are chosen */
    size_t choices_n, choices_cap;
    size_t put_off; /* lists that are wanted, but were merged a moment ago or are held back */
    struct held_minutes held;
    int64_t over_for_one; /* highest minute that is over for a partition */
    int64_t over_for_all; /* ... for all of them */
};

/* How far a list has come: as it was read from Redis, and from MERGED on as its write was answered.
 *
 *   read -+-> ABSENT
 *         +-> CLOSED
 *         +-> UNREADABLE
 *         `-> MERGED -+-> WRITTEN
 *                     +-> REFUSED
 *                     +-> UNWRITABLE
 *                     `-> ABSENT, CLOSED after all
 */
enum merging_state {
    MERGING_ABSENT,     /* it has no hash */
    MERGING_CLOSED,     /* it is final already */
    MERGING_UNREADABLE, /* its hash, or a contribution in it, is nothing that a worker wrote */
    MERGING_MERGED,     /* judged and merged, not written yet */
    MERGING_WRITTEN,
    MERGING_REFUSED,   /* another merger was ahead of us */
    MERGING_UNWRITABLE /* something else lies at one of the keys that it is written to */
};

/* What becomes of a list's note. */
enum note_fate {
    NOTE_KEEP,      /* it stays where it is */
    NOTE_WAIT,      /* nothing changes before the rows do: it waits */
    NOTE_END,       /* the list is done */
    NOTE_TRY_AGAIN, /* as soon as it is read again, wherever it is */
    NOTE_SET_ASIDE  /* somebody must free a key first */
};

/* One list on its way through a round. Calls of the store take arrays: hash and list are elements of the chunk's. */
struct merging {
    enum merging_state state;
    const struct choice *choice;
    const struct store_note_read *note;
    struct store_hash *hash; /* what Redis has of it */
    struct work work;        /* empty unless it was judged and merged */
    struct store_list *list; /* what is written of it; NULL: nothing */
    enum note_fate fate;
};

/* Lists that are read and written together, and judged by the same rows. */
struct chunk {
    struct merging *mergings; /* owned, one a list */
    size_t n;
    struct store_lists_read read; /* their hashes, and the rows; owns both */
    struct progress progress;     /* made of these rows */
    struct store_list *lists;     /* owned: those that can be written */
    size_t lists_n;
};

/* notes.c */
/* Reads the notes of N of our SHARDS, of some of them the waiting ones too, and the rows if they moved. */
int notes_read(struct merger *m, struct round *r, uint32_t *shards, size_t n, struct err *e);
void notes_disown(struct merger *m); /* no shard is ours any more */
/* Once C was written: remembers its lists or forgets them, and ends notes or lets them wait. */
int notes_end(struct merger *m, struct chunk *c, struct err *e);
struct bytes note_location(const struct store_note_read *note);

/* choose.c */
void choose_lists(struct merger *m, struct round *r);

/* chunk.c */
enum { CHUNK_LISTS_MAX = 128 }; /* 128 lists of 16 parts of 8 KB are 16 MB in one pipeline */
/* Merges the N lists of R's choices from AT on. */
int chunk_merge(struct merger *m, const struct round *r, size_t at, size_t n, struct err *e);

/* What is true of a merger between two calls. */
bool merger_check(const struct merger *m);

#endif
