/* topkd/check.c - looks at the settings, then at Kafka, then at Redis.
 * No problem hides another one. Only what stands on a wrong setting is not looked at. */
#include "check.h"

#include <string.h>

#include "base/findings.h"
#include "base/metrics.h"
#include "config/config.h"
#include "options.h"
#include "source/kafka_check.h"
#include "store/redis_check.h"

enum { EXIT_PROBLEM = 2 };

/* Each problem is a line that begins with the setting's name. */
static bool problems_name(const char *problems, const char *name) {
    size_t n = strlen(name);
    for (const char *line = problems; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, name, n) != 0) continue;
        if (line[n] == ':' || strncmp(line + n, "_FILE:", 6) == 0) return true;
    }
    return false;
}

/* Are all the settings that a part stands on right? */
static bool check_may_look(struct findings *f, const char *problems, const char *about, const char *const *names) {
    for (; *names != NULL; names++) {
        if (!problems_name(problems, *names)) continue;
        findings_add(f, FINDING_WARNING, about,
                     "expected to look at this part, got a wrong %s: correct it and check again", *names);
        return false;
    }
    return true;
}

static void check_tell_settings(struct findings *f, const char *problems) {
    if (!*problems) findings_add(f, FINDING_GOOD, "settings", "every TOPKD_ variable is understood");
    while (*problems) {
        size_t n = strcspn(problems, "\n");
        findings_add(f, FINDING_PROBLEM, "settings", "%.*s", (int)n, problems);
        problems += n + (problems[n] == '\n');
    }
}

static void check_redis(const struct config *c, struct findings *f) {
    struct redis_options o = {.url = c->redis,
                              .board = c->board,
                              .group = c->group,
                              .retention_ms = c->retention_ms,
                              .allow_eviction = c->allow_eviction};
    struct metrics *m = metrics_create();
    redis_check(&o, m, f);
    metrics_destroy(m);
}

int check(const char *const *envp) {
    static const char *const kafka[] = {"TOPKD_BROKERS", "TOPKD_TOPICS", "TOPKD_GROUP", "TOPKD_DLQ_TOPIC", NULL};
    static const char *const redis[] = {"TOPKD_REDIS", "TOPKD_BOARD", "TOPKD_GROUP", NULL};
    struct findings f = {.out = stdout};
    struct buf problems = {0};
    struct config *c = config_load_rest(envp, &problems);
    const char *text = buf_text(&problems);
    log_set_level(LOG_ERROR); /* what matters is found out here */
    check_tell_settings(&f, text);
    struct kafka_options o = options_kafka(c);
    bool kafka_settings = kafka_check_settings(&o, &f);
    if (check_may_look(&f, text, "kafka", kafka) && kafka_settings) kafka_check(&o, &f);
    if (check_may_look(&f, text, "redis", redis)) check_redis(c, &f);
    printf("problems=%u warnings=%u\n", f.problems_n, f.warnings_n);
    buf_free(&problems);
    config_destroy(c);
    return f.problems_n > 0 ? EXIT_PROBLEM : 0;
}
