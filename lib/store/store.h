/* store/store.h - what the publisher and the merger ask of Redis, one atomic script each (delivery rules 9 to 25).
 * Two implementations: store/redis.h (hiredis, Lua) and the property test's. A differential test holds them to the same
 * answers.
 * Each call is one pipelined exchange. It returns STORE_OK with every answer filled in, or another status. Then the
 * outcome of EVERY element of the call is unknown: it may have happened, or may yet happen.
 * Threads: a store is one connection, one owner.
 * Ownership: inputs are borrowed for the call; answers as each call says. */
#ifndef TOPKD_STORE_STORE_H
#define TOPKD_STORE_STORE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "protocol/fence.h"
#include "store/keys.h"

enum store_status {
    STORE_OK = 0,
    /* The connection broke, or Redis said READONLY, LOADING or the like: rule 12. The next call connects anew. */
    STORE_BROKEN = -1,
    /* Redis has no memory (noeviction) for at least one element: wait and send all again. The connection lives. */
    STORE_FULL = -2,
    /* The worker must not go on: another group's board, an odd topk:progress, a cluster. The text is in *e. */
    STORE_FATAL = -3
};

enum { STORE_TOKEN_LEN = 16 };

/* What Redis answers for one element of a call. Each op says below which of them it gives. */
enum store_answer {
    /* It is in Redis. */
    STORE_STORED,
    /* Something with a higher fence is there. The element counts as stored. */
    STORE_NEWER,
    /* The list is final: nothing of it changes any more. */
    STORE_CLOSED,
    /* It was stored once, and RETENTION has taken it. It makes no key anew. */
    STORE_EXPIRED,
    /* Somebody was ahead: the list belongs to another hash, or to fewer writes, or was judged by older rows. */
    STORE_REFUSED,
    /* There is no hash that the list could belong to. */
    STORE_ABSENT,
    /* The Redis has another life than the writer knows. */
    STORE_OTHER_LIFE,
    /* Lists may have been closed without the partition: it joins before it says anything. */
    STORE_LEFT_OUT,
    /* A key of the element holds something that no worker writes. Nothing of the element happened. */
    STORE_ODD,
    STORE_ANSWERS
};

/* Rule 9: what one partition says of one list. */
struct store_part {
    const char *partition_name; /* "topic/partition" */
    char fence[FENCE_LEN + 1];
    bool final;
    bool only_if_there;       /* answer EXPIRED rather than make the hash (rule 21) */
    struct bytes items;       /* packed list */
    enum store_answer answer; /* STORED, NEWER, CLOSED, EXPIRED; ODD: of all parts of the list */
};

/* All parts of one list in this call. One run of the script takes them. */
struct store_parts {
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

/* Rule 25: a list of which something cannot be kept, or read. Whatever is made of it from now on is lost. */
struct store_loss {
    struct bytes location;
    int64_t minute;
    enum store_answer answer; /* STORED; CLOSED: it is final and stays so; ODD: not even this could be kept */
};

/* Rule 19. */
struct store_row {
    const char *partition_name;
    char fence[FENCE_LEN + 1];
    struct bytes value;      /* text of the row, not looked into here (protocol/row.h) */
    char life[LIFE_LEN + 1]; /* the life the writer knows, "" for none */
    int64_t rows_kept;       /* a Redis that stored fewer rows of the partition went back: it gets another life */
    /* STORED; NEWER: counts as answered; OTHER_LIFE: see new_life; LEFT_OUT */
    enum store_answer answer;
    char new_life[LIFE_LEN + 1];
    int64_t rows_stored; /* out: rows of the partition that were stored, ever */
    int64_t redis_ms;    /* out: the clock of Redis */
};

/* Rule 23: a partition that has no row yet, or whose row was retired, comes to the board. */
struct store_join {
    const char *partition_name;
    char fence[FENCE_LEN + 1];          /* out: of its row, "" for none */
    char value[PROGRESS_ROW_BYTES_MAX]; /* out: its row, as it was before; "" for none */
    char life[LIFE_LEN + 1];            /* out: of this Redis */
    bool is_new;                        /* out: no row, or one that was never written by its owner, or a retired one */
    int64_t closable_until;             /* out: as in struct store_progress */
};

/* Rule 24. */
struct store_retire {
    const struct store_progress_row *was; /* replaced only if it still says this */
    struct bytes value;
    bool done; /* out */
};

/* One row of topk:progress. An odd row has neither fence nor value: of its partition nothing is known. */
struct store_progress_row {
    char *partition_name;
    char fence[FENCE_LEN + 1];
    char *value; /* and a NUL */
    size_t value_len;
    int64_t rows_stored; /* rows of the partition that were stored, ever; -1: written by version 1 */
};

/* What is in topk:progress. Owned by the struct (store_progress_deinit); zero-initialised is empty. */
struct store_progress {
    char life[LIFE_LEN + 1]; /* "" = nobody made one */
    int64_t rows_version;    /* one up with every row that was stored */
    int64_t members;         /* one up with every partition that comes or is retired */
    int64_t closable_until;  /* highest minute of which a list may be closed; INT64_MIN: none */
    struct store_progress_row *rows;
    size_t n;
};
void store_progress_deinit(struct store_progress *p);

/* A note as it was read: this list changed. */
struct store_note_read {
    uint32_t shard;
    bool waiting;   /* it was put aside */
    char *location; /* decoded, location_len bytes and a NUL */
    size_t location_len;
    int64_t minute;
    char token[STORE_TOKEN_LEN + 1];
};

/* Notes of some shards. Owned by the struct (store_notes_deinit). */
struct store_notes {
    struct store_note_read *notes;
    size_t n, cap;
    /* Of the progress, read after the notes: while these stand, so do its rows. */
    char life[LIFE_LEN + 1];
    int64_t rows_version;
};
void store_notes_deinit(struct store_notes *n);

/* A part as it was read. */
struct store_hash_part {
    char *partition_name;
    char fence[FENCE_LEN + 1];
    bool final;
    char *items;
    size_t items_len;
};

/* A list's hash as the merger reads it. The parts are owned by the struct. */
struct store_hash {
    struct bytes location; /* in: borrowed */
    int64_t minute;        /* in */
    bool exists, closed;
    bool lost; /* it is one of lists_lose, or was made after that */
    bool odd;  /* something lies there that no worker writes, and nothing else of it is filled in */
    char hash_token[STORE_TOKEN_LEN + 1]; /* of this hash, made with it */
    int64_t writes;                       /* accepted contributions */
    int64_t born_ms;                      /* when it was made, by the clock of Redis; 0: by version 1 */
    struct store_hash_part *parts;
    size_t parts_n;
};
void store_hash_deinit(struct store_hash *h); /* the parts; location and minute stay */

/* Rule 15: what is read to make lists: the progress first, then the hashes, then the life once more. */
struct store_lists_read {
    struct store_progress progress;
    struct store_hash *hashes; /* in: the caller's array with location and minute set */
    size_t hashes_n;
    bool life_changed; /* the life read before the hashes is not the one read after: start over */
};
void store_lists_read_deinit(struct store_lists_read *r); /* frees progress and the parts, not the array */

struct store_list_item {
    struct bytes item;
    uint64_t count;
};

/* Rules 15, 17. */
struct store_list {
    struct bytes location;
    int64_t minute;
    char hash_token[STORE_TOKEN_LEN + 1]; /* of the hash that was merged ... */
    int64_t writes;                       /* ... and its writes then */
    int64_t rows_version;                 /* of the progress that it was judged by */
    const char *state;                    /* "open", "ended", "final", "lost" */
    bool final;                           /* parts are dropped, closed is set */
    struct bytes merged;                  /* packed, LIST_SIZE deep */
    const struct store_list_item *top;    /* the zset: K */
    size_t top_n;
    int64_t log_time_ms; /* the largest of its partitions; INT64_MIN: none */
    bool lost;           /* out: written as lost, for it is one of lists_lose */
    /* STORED; REFUSED: another hash token, or later writes, or these judged by later rows; CLOSED; ABSENT; ODD */
    enum store_answer answer;
};

/* Rule 14. A note is ended only if its token is still this one. */
struct store_note_end {
    struct bytes location;
    int64_t minute;
    const char *token;
    bool wait; /* false: delete from changed and waiting; true: move from changed to waiting */
};

/* Every op takes N elements (0 is allowed, and touches nothing) and E, which may be NULL. */
struct store_ops {
    /* Connects if need be and looks at the server: up, master, policy noeviction unless allowed.
     * STORE_OK when calls can go on. */
    int (*hello)(void *self, struct err *e);
    int (*contribute)(void *self, struct store_parts *lists, size_t n, struct err *e);
    /* Where the hash of changes is odd, a note is put aside at once: it is read a minute later. */
    int (*note)(void *self, struct store_note *notes, size_t n, struct err *e);
    int (*lists_lose)(void *self, struct store_loss *lists, size_t n, struct err *e);
    /* All rows in one script call. NEW_LIFE (random) is used if there is no life yet.
     * STORE_FATAL if the board belongs to another group. */
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
    int (*lists_read)(void *self, struct store_lists_read *r, struct err *e);
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
