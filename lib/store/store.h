/* store/store.h - what the publisher and the merger ask of Redis, one atomic script each. The rules are protocol rules
 * 9 to 24. Two implementations: store/redis.h (hiredis, Lua) and the property test's; a differential test holds them to
 * the same answers. Each call is one pipelined round; it returns STORE_OK with every answer filled in, or another
 * status and then the outcome of EVERY element of the call is unknown (it may have happened, or may yet happen).
 * Threads: a store is one connection, one owner.   Ownership: inputs are borrowed for the call; answers as each call
 * says. */
#ifndef TOPKD_STORE_STORE_H
#define TOPKD_STORE_STORE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "protocol/fence.h"
#include "store/keys.h"

enum store_status {
    STORE_OK = 0,
    STORE_BROKEN =
        -1, /* the connection broke, or READONLY/MOVED/LOADING/...: rule 12 applies; the next call connects again */
    STORE_FULL = -2, /* Redis is out of memory (noeviction) for at least one element: wait and send all again; the
                        connection lives */
    STORE_FATAL = -3 /* must not go on: another group's board, an odd topk:progress, a cluster; text in *e */
};

enum { STORE_TOKEN_LEN = 16 };

enum store_answer {
    STORE_STORED,
    STORE_NEWER,
    STORE_CLOSED,
    STORE_EXPIRED, /* it was stored once, and RETENTION has taken it: it makes no key */
    STORE_REFUSED,
    STORE_ABSENT,
    STORE_OTHER_LIFE,
    STORE_LEFT_OUT, /* lists may have been closed without the partition: it joins before it says anything */
    STORE_ODD,      /* a key of the element holds something else than it must: nothing of it happened */
    STORE_ANSWERS
};

/* Rule 9: what one partition says of one (location, minute). */
struct store_part {
    const char *partition_name; /* "topic/partition" */
    char fence[FENCE_LEN + 1];
    bool final;
    bool only_if_there;       /* answer EXPIRED rather than make the hash (rule 21) */
    struct bytes items;       /* packed list */
    enum store_answer answer; /* STORED, NEWER, CLOSED, EXPIRED; ODD: of all parts of the list */
};
struct store_parts { /* all parts of one list in this batch: one call of the script */
    struct bytes location;
    int64_t minute;
    struct store_part *parts;
    size_t n;
};

/* Rule 13. */
struct store_note {
    struct bytes location;
    int64_t minute;
    char token[STORE_TOKEN_LEN + 1]; /* never used before */
    enum store_answer answer;        /* STORED, ODD */
};

/* A list of which something cannot be kept, or read: whatever is made of it from now on is lost (rule 25). */
struct store_loss {
    struct bytes location;
    int64_t minute;
    enum store_answer answer; /* STORED; CLOSED: it is final and stays so; ODD: not even this could be kept */
};

/* Rule 19. */
struct store_row {
    const char *partition_name;
    char fence[FENCE_LEN + 1];
    struct bytes value;      /* opaque text of the row (partition/row.h) */
    char life[LIFE_LEN + 1]; /* the life the writer knows, "" for none */
    int64_t kept;            /* a Redis that stored fewer rows of the source went back: it gets another life */
    /* STORED; NEWER: a higher fence is there (counts as answered); OTHER_LIFE: see new_life; LEFT_OUT */
    enum store_answer answer;
    char new_life[LIFE_LEN + 1];
    int64_t count;    /* out: rows of the source that were stored, ever */
    int64_t redis_ms; /* out: the clock of Redis */
};

/* Rule 23: a partition that has no row yet, or whose row was retired, comes to the board. */
struct store_join {
    const char *partition_name;
    char fence[FENCE_LEN + 1];          /* out: of its row, "" for none */
    char value[PROGRESS_ROW_BYTES_MAX]; /* out: its row, as it was before; "" for none */
    char life[LIFE_LEN + 1];            /* out: of this Redis */
    bool is_new;                        /* out: no row, or one that was never written by its owner, or a retired one */
    int64_t closed;                     /* out: highest minute of which a list may be closed; INT64_MIN: none */
};

/* Rule 24. */
struct store_retire {
    const struct store_progress_row *was; /* replaced only if it still says this */
    struct bytes value;
    bool done; /* out */
};

/* What is in topk:progress. An odd row has neither fence nor value: of its source nothing is known.
 * Owned by the struct (store_progress_deinit); zero-initialised is empty. */
struct store_progress {
    char life[LIFE_LEN + 1]; /* "" = nobody made one */
    int64_t version;         /* one up with every row that was stored */
    int64_t members;         /* one up with every partition that comes or is retired */
    int64_t closed;          /* highest minute of which a list may be closed; INT64_MIN: none */
    struct store_progress_row {
        char *partition_name;
        char fence[FENCE_LEN + 1];
        char *value; /* and a NUL */
        size_t value_len;
        int64_t count; /* rows of the source that were stored, ever; -1: written by the version before */
    } * rows;
    size_t n;
};
void store_progress_deinit(struct store_progress *p);

/* Notes of a shard. Owned by the struct (store_notes_deinit). */
struct store_notes {
    struct store_note_read {
        uint32_t shard;
        bool waiting;   /* it was put aside */
        char *location; /* decoded, location_len bytes and a NUL */
        size_t location_len;
        int64_t minute;
        char token[STORE_TOKEN_LEN + 1];
    } * notes;
    size_t n, cap;
    /* Of the progress, read after the notes: while they stand, so do its rows. */
    char life[LIFE_LEN + 1];
    int64_t version;
};
void store_notes_deinit(struct store_notes *n);

/* A list's hash as the merger reads it. Owned by the struct (store_round_deinit frees all). */
struct store_hash {
    struct bytes location; /* in: borrowed */
    int64_t minute;        /* in */
    bool exists, closed;
    bool lost; /* it is one of lists_lose, or was made after that */
    bool odd;  /* something lies there that nobody here writes, and nothing else of it is filled in */
    char hash_token[STORE_TOKEN_LEN + 1]; /* of this hash, made with it */
    int64_t writes;                       /* accepted contributions */
    int64_t born_ms;                      /* when it was made, by the clock of Redis; 0: by the version before */
    struct store_hash_part {
        char *partition_name;
        char fence[FENCE_LEN + 1];
        bool final;
        char *items;
        size_t items_len;
    } * parts;
    size_t parts_n;
};
struct store_round {
    struct store_progress progress;
    struct store_hash *hashes; /* in: the caller's array with location and minute set */
    size_t hashes_n;
    bool life_changed; /* the life read before the hashes is not the one read after: start over */
};
void store_hash_deinit(struct store_hash *h);   /* the parts; location and minute stay */
void store_round_deinit(struct store_round *r); /* frees progress and the parts, not the array */

/* Rules 15, 17. */
struct store_list_item {
    struct bytes item;
    uint64_t count;
};
struct store_list {
    struct bytes location;
    int64_t minute;
    char hash_token[STORE_TOKEN_LEN + 1]; /* of the hash that was merged ... */
    int64_t writes;                       /* ... and its writes then */
    int64_t rows;                         /* version of the progress that it was judged by */
    const char *state;                    /* "open", "ended", "final", "lost" */
    bool final;                           /* parts are dropped, closed is set */
    struct bytes merged;                  /* packed, LIST_SIZE deep */
    const struct store_list_item *top;    /* the zset: K */
    size_t top_n;
    int64_t log_time_ms; /* largest W; INT64_MIN: none */
    bool lost;           /* out: written as lost, for it is one of lists_lose */
    enum store_answer
        answer; /* STORED, REFUSED (another e, or a later n, or n by later rows), CLOSED, ABSENT (no hash), ODD */
};

struct store_note_end { /* rule 14: both compare the token */
    struct bytes location;
    int64_t minute;
    const char *token;
    bool wait; /* false: delete from changed and waiting; true: move from changed to waiting */
};

struct store_ops {
    /* Connect if need be and look at the server: up, master, policy noeviction unless allowed. STORE_OK when calls can
     * go on. */
    int (*hello)(void *self, struct err *e);
    int (*contribute)(void *self, struct store_parts *lists, size_t n, struct err *e);
    /* Where the hash of changes is odd, a note is put aside at once: it is seen a minute later. */
    int (*note)(void *self, struct store_note *notes, size_t n, struct err *e);
    int (*lists_lose)(void *self, struct store_loss *lists, size_t n, struct err *e);
    /* All rows in one script call: NEW_LIFE (random) is used if there is no life yet. STORE_FATAL if the board belongs
     * to another group. */
    int (*rows_write)(void *self, struct store_row *rows, size_t n, const char *new_life, struct err *e);
    /* All in one script call, as rows_write. Who is new has a row from then on, which says nothing. */
    int (*join)(void *self, struct store_join *joins, size_t n, const char *new_life, struct err *e);
    /* Lists up to MINUTE may be closed from now on. *DONE is false if a partition came or went since P was read. */
    int (*close_up_to)(void *self, const struct store_progress *p, int64_t minute, bool *done, struct err *e);
    int (*retire)(void *self, struct store_retire *rows, size_t n, struct err *e);
    int (*progress_read)(void *self, struct store_progress *out, struct err *e);
    /* The notes of N shards; of the first WAITING_N those that were put aside too. Adds to OUT. */
    int (*notes_read)(void *self, const uint32_t *shards, size_t n, size_t waiting_n, struct store_notes *out,
                      struct err *e);
    int (*round_read)(void *self, struct store_round *r, struct err *e);
    int (*lists_write)(void *self, struct store_list *lists, size_t n, int64_t wall_ms, struct err *e);
    int (*notes_end)(void *self, const struct store_note_end *ends, size_t n, struct err *e);
    /* topk:locations: score = the clock of Redis; what is older than RETENTION by it goes. */
    int (*locations_touch)(void *self, const struct bytes *locations, size_t n, struct err *e);
};

struct store {
    const struct store_ops *ops;
    void *self;
};

#endif
