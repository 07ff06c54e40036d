/* base/testhook.c - the rules that are off, and the faults that are asked for. In the product this file holds
 * nothing. */
#include "base/testhook.h"

#ifdef TOPKD_TESTHOOKS

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { RULES_OFF_MAX = 8, FAULTS_MAX = 16, NAME_BYTES_MAX = 63 };

/* -- rules: the count is read first, so that a run with every rule on costs one relaxed load a question -------------
 */

static pthread_rwlock_t rules_lock = PTHREAD_RWLOCK_INITIALIZER;
static char rules_off[RULES_OFF_MAX][NAME_BYTES_MAX + 1];
static atomic_uint rules_off_n;

static bool rule_is_off(const char *name) {
    unsigned n = atomic_load_explicit(&rules_off_n, memory_order_relaxed);
    for (unsigned i = 0; i < n; i++)
        if (strcmp(rules_off[i], name) == 0) return true;
    return false;
}

bool rule_on(const char *name) {
    if (atomic_load_explicit(&rules_off_n, memory_order_relaxed) == 0) return true;
    pthread_rwlock_rdlock(&rules_lock);
    bool off = rule_is_off(name);
    pthread_rwlock_unlock(&rules_lock);
    return !off;
}

void rule_switch_off(const char *name) {
    pthread_rwlock_wrlock(&rules_lock);
    unsigned n = atomic_load(&rules_off_n);
    if (name == NULL) {
        atomic_store(&rules_off_n, 0);
    } else if (!rule_is_off(name)) {
        assert(n < RULES_OFF_MAX && strlen(name) <= NAME_BYTES_MAX);
        strcpy(rules_off[n], name);
        atomic_store(&rules_off_n, n + 1);
    }
    pthread_rwlock_unlock(&rules_lock);
}

const char *code_path_wanted(void) { return getenv("TOPKD_TEST_CODE_PATH"); }

/* -- faults: read once from TOPKD_FAULT ---------------------------------------------------------------------------- */

static const struct action {
    const char *name;
    int signal; /* 0: only say that the point was reached */
} actions[] = {{"kill", SIGKILL}, {"stop", SIGSTOP}, {"hit", 0}};

static struct fault {
    char name[NAME_BYTES_MAX + 1];
    const struct action *action;
    unsigned long nth;    /* the occurrence that acts, from 1 */
    atomic_ulong count_n; /* occurrences so far */
} faults[FAULTS_MAX];
static unsigned faults_n;
static pthread_once_t faults_once = PTHREAD_ONCE_INIT;

static bool fault_parse(char *entry, struct fault *f) {
    char *rest = NULL, *end = NULL;
    const char *name = strtok_r(entry, ":", &rest), *action = strtok_r(NULL, ":", &rest);
    const char *nth = strtok_r(NULL, ":", &rest);
    if (name == NULL || strlen(name) > NAME_BYTES_MAX || action == NULL) return false;
    strcpy(f->name, name);
    f->nth = nth != NULL ? strtoul(nth, &end, 10) : 1;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(actions[i].name, action) == 0) f->action = &actions[i];
    return f->action != NULL && f->nth > 0 && (end == NULL || *end == '\0');
}

static void faults_load(void) {
    const char *env = getenv("TOPKD_FAULT");
    char *copy = strdup(env != NULL ? env : ""), *rest = NULL;
    for (char *entry = strtok_r(copy, ",", &rest); entry != NULL; entry = strtok_r(NULL, ",", &rest)) {
        if (faults_n == FAULTS_MAX || !fault_parse(entry, &faults[faults_n])) {
            log_event(LOG_ERROR, "fault_malformed", "value=%s", log_quote(env));
            abort(); /* a test that asks for the wrong fault must not pass */
        }
        faults_n++;
    }
    free(copy);
}

static void fault_act(struct fault *f) {
    unsigned long count = atomic_fetch_add(&f->count_n, 1) + 1;
    if (count != f->nth) return;
    log_event(LOG_WARN, "fault_hit", "point=%s count=%lu action=%s", f->name, count, f->action->name);
    if (f->action->signal != 0) raise(f->action->signal);
}

void fault_reload(void) {
    pthread_once(&faults_once, faults_load);
    memset(faults, 0, sizeof faults);
    faults_n = 0;
    faults_load();
}

void fault_point(const char *name) {
    pthread_once(&faults_once, faults_load);
    for (unsigned i = 0; i < faults_n; i++)
        if (strcmp(faults[i].name, name) == 0) fault_act(&faults[i]);
}

#endif
