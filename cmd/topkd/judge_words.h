/* topkd/judge_words.h - what the name of a field may mean.   Threads: any; pure. */
#ifndef TOPKD_JUDGE_WORDS_H
#define TOPKD_JUDGE_WORDS_H

#include "base/base.h"
#include "base/buf.h"

/* What a field can be to topkd. */
enum judge_role {
    JUDGE_ROLE_ITEM,
    JUDGE_ROLE_LOCATION,
    JUDGE_ROLE_TIME,
    JUDGE_ROLE_TYPE,
    JUDGE_ROLE_USER,
    JUDGE_ROLE_ID,
    JUDGE_ROLES
};

/* Appends NAME as words in lower case with '_' between: videoId, VideoID, video-id and @video.id are video_id. */
void judge_words_add(struct buf *out, struct bytes name);

/* How well WORDS name that role, 0 (not at all) to 100. */
int judge_words_score(enum judge_role role, const char *words);
/* Does such a name say nothing without the one above it, as id and name do? */
bool judge_words_are_generic(const char *words);
/* Does such a name say only how the value is written, as in {"ts":{"long":1}}? */
bool judge_words_are_type(const char *words);
/* Does such a name on the path mean that what is below it is not the event itself: its former state, its schema? */
bool judge_words_are_beside(const char *words);

#endif
