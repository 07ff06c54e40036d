/* support/redis_server.c - a redis-server of its own for a test, in a folder of its own. */
#include "support/redis_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"

enum { ARGS_MAX = 32, TRIES_MAX = 1000, TRY_EVERY_MS = 10 };

static void fail(const char *what, const char *why) {
    fprintf(stderr, "redis_server: %s: %s\n", what, why);
    abort();
}

static void exec_server(const struct redis_server *s, const char *const *args) {
    const char *argv[ARGS_MAX] = {"redis-server", "--port", "0",     "--unixsocket", s->socket,   "--save", "",
                                  "--appendonly", "no",     "--dir", s->folder,      "--logfile", "log"};
    size_t n = 13;
    for (; args != NULL && *args != NULL && n + 1 < ARGS_MAX; args++) argv[n++] = *args;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], (char *const *)argv);
    perror("redis_server: cannot run redis-server");
    _exit(127);
}

static bool answers(const struct redis_server *s) {
    redisContext *c = redisConnectUnix(s->socket);
    bool up = false;
    if (c != NULL && c->err == 0) {
        redisReply *r = redisCommand(c, "PING");
        up = r != NULL; /* whatever it says: it listens */
        freeReplyObject(r);
    }
    if (c != NULL) redisFree(c);
    return up;
}

static void launch(struct redis_server *s, const char *const *args) {
    unlink(s->socket);
    s->pid = fork();
    if (s->pid < 0) fail("fork", strerror(errno));
    if (s->pid == 0) exec_server(s, args);
    for (int i = 0; !answers(s); i++) {
        if (i == TRIES_MAX || waitpid(s->pid, NULL, WNOHANG) == s->pid) fail(s->folder, "the server does not answer");
        nanosleep(&(struct timespec){.tv_nsec = TRY_EVERY_MS * 1000000L}, NULL);
    }
}

struct redis_server *redis_server_start(const char *const *args) {
    struct redis_server *s = mem_zalloc(1, sizeof *s);
    snprintf(s->folder, sizeof s->folder, "/tmp/topkd-redis-XXXXXX");
    if (mkdtemp(s->folder) == NULL) fail("mkdtemp", strerror(errno));
    snprintf(s->socket, sizeof s->socket, "%s/socket", s->folder);
    snprintf(s->url, sizeof s->url, "unix://%s", s->socket);
    launch(s, args);
    return s;
}

void redis_server_crash(struct redis_server *s) {
    if (s->pid == 0) return;
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

void redis_server_restart(struct redis_server *s) {
    redis_server_crash(s);
    launch(s, NULL);
}

void redis_server_stop(struct redis_server *s) {
    char log[80];
    redis_server_crash(s);
    snprintf(log, sizeof log, "%s/log", s->folder);
    unlink(log);
    unlink(s->socket);
    rmdir(s->folder);
    mem_free(s);
}

redisContext *redis_server_connect(const struct redis_server *s) {
    redisContext *c = redisConnectUnix(s->socket);
    if (c == NULL || c->err != 0) fail("connect", c != NULL ? c->errstr : "no memory");
    return c;
}

void redis_server_do(const struct redis_server *s, const char *fmt, ...) {
    redisContext *c = redis_server_connect(s);
    va_list ap;
    va_start(ap, fmt);
    redisReply *r = redisvCommand(c, fmt, ap);
    va_end(ap);
    if (r == NULL) fail(fmt, c->errstr);
    if (r->type == REDIS_REPLY_ERROR) fail(fmt, r->str);
    freeReplyObject(r);
    redisFree(c);
}
