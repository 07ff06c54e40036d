/* topkd/judge_choose.h - which of the paths of many events is the item, the location, the time, ...
 * Every path gets points for its name (judge_words.h), for what stands there, and for how often; judge_choose.c says
 * how many.   Threads: any; pure. */
#ifndef TOPKD_JUDGE_CHOOSE_H
#define TOPKD_JUDGE_CHOOSE_H

#include "judge_paths.h"

struct judge_choice {
    const struct judge_path *path; /* NULL: none is good */
    int score;                     /* of 100 or so */
};

struct judge_choices {
    struct judge_choice of[JUDGE_ROLES];
    const struct judge_path *other_time; /* the next best; NULL: there is none */
    int score;                           /* of item, location and time together; 0: there is no item */
};

/* What stands beside the values of the messages: it is chosen where no value fits. */
struct judge_beside {
    struct judge_path key;
    struct judge_paths headers;
};

/* CURRENT: what stands at the places that are set now; these stay where nothing is better. */
void judge_choose(const struct judge_paths *paths, const struct judge_path current[JUDGE_ROLES],
                  const struct judge_beside *beside, struct judge_choices *out);
/* How many of its values are fit for ROLE. */
size_t judge_path_fit(const struct judge_path *path, enum judge_role role);

#endif
