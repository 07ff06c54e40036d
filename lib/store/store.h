/* store/store.h - what the publisher and the merger ask of Redis, one atomic script each. The rules are protocol rules
 * 9 to 19. Two implementations: store/redis.h (hiredis, Lua) and the property test's; a differential test holds them to
 * the same answers. Each call is one pipelined round; it returns STORE_OK with every answer filled in, or another
 * status and then the outcome of EVERY element of the call is unknown (it may have happened, or may yet happen).
 * Threads: a store is one connection, one owner.   Ownership: inputs are borrowed for the call; answers as each call
 * says. */
#ifndef TOPKD_STORE_STORE_H
#define TOPKD_STORE_STORE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/keys.h"

enum store_status {
    STORE_OK = 0,
    STORE_BROKEN =
        -1, /* the connection broke, or READONLY/MOVED/LOADING/...: rule 12 applies; the next call connects again */
    STORE_FULL = -2, /* Redis is out of memory (noeviction) for at least one element: wait and send all again; the
                        connection lives */
    STORE_FATAL = -3 /* must not go on: another group's board, an odd topk:progress, a cluster; text in *e */
};

enum { STORE_LIFE_LEN = 16, STORE_TOKEN_LEN = 16, STORE_SOURCE_BYTES_MAX = 270 };

enum store_answer {
    STORE_STORED,
    STORE_NEWER,
    STORE_CLOSED,
    STORE_REFUSED,
    STORE_ABSENT,
    STORE_OTHER_LIFE,
    STORE_ODD /* a key of the element holds something else than it must: nothing of it happened */
};

/* Rule 9: what one partition says of one (location, minute). */
struct store_part {
    const char *source; /* "topic/partition" */
    char fence[STORE_FENCE_LEN + 1];
    bool final;
    struct bytes items;       /* packed list */
    enum store_answer answer; /* STORED, NEWER, CLOSED; ODD: of all parts of the list */
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
    const char *source;
    char fence[STORE_FENCE_LEN + 1];
    struct bytes value;            /* opaque text of the row (partition/row.h) */
    char life[STORE_LIFE_LEN + 1]; /* the life the writer knows, "" for none */
    enum store_answer
        answer; /* STORED; NEWER: a higher fence is there (counts as answered); OTHER_LIFE: see new_life */
    char new_life[STORE_LIFE_LEN + 1];
};

/* What is in topk:progress. An odd row has neither fence nor value: of its source nothing is known.
 * Owned by the struct (store_progress_deinit); zero-initialised is empty. */
struct store_progress {
    char life[STORE_LIFE_LEN + 1]; /* "" = nobody made one */
    int64_t version;               /* one up with every row that was stored */
    struct store_progress_row {
        char *source;
        char fence[STORE_FENCE_LEN + 1];
        char *value;
        size_t value_len;
    } * rows;
    size_t n;
};
void store_progress_deinit(struct store_progress *p);

/* Notes of a shard. Owned by the struct (store_notes_deinit). */
struct store_notes {
    struct store_note_read {
        uint32_t shard;
        char *location; /* decoded, location_len bytes and a NUL */
        size_t location_len;
        int64_t minute;
        char token[STORE_TOKEN_LEN + 1];
    } * notes;
    size_t n, cap;
};
void store_notes_deinit(struct store_notes *n);

/* A list's hash as the merger reads it. Owned by the struct (store_round_deinit frees all). */
struct store_hash {
    struct bytes location; /* in: borrowed */
    int64_t minute;        /* in */
    bool exists, closed;
    bool lost; /* it is one of lists_lose, or was made after that */
    bool odd;  /* something lies there that nobody here writes, and nothing else of it is filled in */
    char e[STORE_TOKEN_LEN + 1];
    int64_t n; /* accepted writes */
    struct store_hash_part {
        char *source;
        char fence[STORE_FENCE_LEN + 1];
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
    char e[STORE_TOKEN_LEN + 1];
    int64_t n;                         /* of the hash that was merged */
    int64_t rows;                      /* version of the progress that it was judged by */
    const char *state;                 /* "open", "ended", "final", "lost" */
    bool final;                        /* parts are dropped, closed is set */
    struct bytes merged;               /* packed, LIST_SIZE deep */
    const struct store_list_item *top; /* the zset: K */
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
    int (*progress_read)(void *self, struct store_progress *out, struct err *e);
    /* WAITING: read that hash too (takeover, after a break, once a minute). Adds to OUT. */
    int (*notes_read)(void *self, const uint32_t *shards, size_t n, bool waiting, struct store_notes *out,
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
