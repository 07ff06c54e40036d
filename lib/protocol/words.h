/* protocol/words.h - the sizes and the infinities of what workers say to each other.   Threads: any. */
#ifndef TOPKD_PROTOCOL_WORDS_H
#define TOPKD_PROTOCOL_WORDS_H

#include "base/base.h"

/* "Minus infinity" of a time in ms, and of a minute. */
#define TIME_NEVER INT64_MIN
#define NO_MINUTE  INT64_MIN

enum {
    LIFE_LEN = 16,                  /* digits of the random name of a Redis' memory */
    FENCE_LEN = 32,                 /* digits of a fence (protocol/fence.h) */
    PARTITION_NAME_BYTES_MAX = 270, /* "topic/partition": a topic has 249 bytes at most */
    PROGRESS_ROW_BYTES_MAX = 192    /* of a row's text */
};

#endif
