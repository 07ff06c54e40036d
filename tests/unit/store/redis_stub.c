/* unit/store/redis_stub.c - a server that says what a test tells it to, to one connection at a time. */
#include "redis_stub.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

struct redis_stub {
    struct redis_stub_options options;
    char folder[64], url[128];
    struct sockaddr_un address;
    int listener;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t arrived;
    size_t commands, connections;
    int fd; /* of the connection that is served, -1: none */
    bool stop;
};

static void die(const char *what) {
    perror(what);
    abort();
}

/* Reads one line up to LF into OUT; false at the end of the connection. */
static bool read_line(FILE *in, char *out, int size) { return fgets(out, size, in) != NULL; }

/* Reads one command; its name goes to OUT. */
static bool read_command(FILE *in, char *out, size_t size) {
    char line[64];
    if (!read_line(in, line, sizeof line)) return false;
    int args = atoi(line + 1);
    for (int i = 0; i < args; i++) {
        if (!read_line(in, line, sizeof line)) return false;
        size_t n = (size_t)atoi(line + 1);
        char *arg = mem_alloc(n + 3);
        bool whole = fread(arg, 1, n + 2, in) == n + 2;
        arg[n] = '\0';
        if (i == 0) snprintf(out, size, "%s", arg);
        mem_free(arg);
        if (!whole) return false;
    }
    return true;
}

static void say(int fd, const char *text) {
    if (write(fd, text, strlen(text)) < 0) return; /* the client left: its business */
}

static void say_bulk(int fd, const char *before, const char *text) {
    char reply[256];
    snprintf(reply, sizeof reply, "%s$%zu\r\n%s\r\n", before, strlen(text), text);
    say(fd, reply);
}

static const char *next_reply(struct redis_stub *s) {
    pthread_mutex_lock(&s->lock);
    const char *reply = "+OK\r\n";
    size_t i = 0;
    while (s->options.replies != NULL && s->options.replies[i] != NULL && i < s->commands) i++;
    if (s->options.replies != NULL && s->options.replies[i] != NULL) reply = s->options.replies[i];
    s->commands++;
    pthread_cond_broadcast(&s->arrived);
    pthread_mutex_unlock(&s->lock);
    return reply;
}

/* False: close. */
static bool answer(struct redis_stub *s, int fd, const char *command) {
    char info[128] = "maxmemory_human:0B\r\n";
    if (strcmp(command, "HELLO") == 0) {
        say_bulk(fd, "*4\r\n$4\r\nmode\r\n", s->options.mode != NULL ? s->options.mode : "standalone");
        say_bulk(fd, "$4\r\nrole\r\n", s->options.role != NULL ? s->options.role : "master");
        return true;
    }
    if (strcmp(command, "HDEL") == 0) {
        say(fd, s->options.refuses != NULL ? s->options.refuses : ":0\r\n");
        return true;
    }
    if (strcmp(command, "CONFIG") == 0) {
        say(fd, "-NOPERM this user has no permissions to run the 'config|get' command\r\n");
        return true;
    }
    if (strcmp(command, "INFO") == 0) {
        const char *policy = s->options.policy != NULL ? s->options.policy : "noeviction";
        if (policy[0] != '\0') snprintf(info, sizeof info, "maxmemory:0\r\nmaxmemory_policy:%s\r\nx:1", policy);
        say_bulk(fd, "", info);
        return true;
    }
    if (strcmp(command, "SCRIPT") == 0) {
        say_bulk(fd, "", "0123456789012345678901234567890123456789");
        return true;
    }
    if (strcmp(command, "HMGET") == 0) { /* whose board? nobody's */
        say(fd, "*2\r\n$-1\r\n$-1\r\n");
        return true;
    }
    const char *reply = next_reply(s);
    if (strcmp(reply, STUB_CLOSE) == 0) return false;
    if (strcmp(reply, STUB_HANG) != 0) say(fd, reply);
    return true;
}

static void serve(struct redis_stub *s, int fd) {
    char command[32];
    FILE *in = fdopen(fd, "r");
    while (read_command(in, command, sizeof command) && answer(s, fd, command)) {}
    pthread_mutex_lock(&s->lock);
    s->fd = -1;
    pthread_mutex_unlock(&s->lock);
    fclose(in);
}

static void *run(void *arg) {
    struct redis_stub *s = arg;
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0) return NULL;
        pthread_mutex_lock(&s->lock);
        bool stop = s->stop;
        s->fd = stop ? -1 : fd;
        s->connections += !stop;
        pthread_mutex_unlock(&s->lock);
        if (stop) {
            close(fd);
            return NULL;
        }
        serve(s, fd);
    }
}

struct redis_stub *redis_stub_start(const struct redis_stub_options *o) {
    struct redis_stub *s = mem_zalloc(1, sizeof *s);
    s->options = *o;
    s->fd = -1;
    snprintf(s->folder, sizeof s->folder, "/tmp/topkd-stub-XXXXXX");
    if (mkdtemp(s->folder) == NULL) die("mkdtemp");
    s->address.sun_family = AF_UNIX;
    snprintf(s->address.sun_path, sizeof s->address.sun_path, "%s/socket", s->folder);
    snprintf(s->url, sizeof s->url, "unix://%s", s->address.sun_path);
    s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(s->listener, (struct sockaddr *)&s->address, sizeof s->address) != 0) die("bind");
    if (listen(s->listener, 4) != 0) die("listen");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->arrived, NULL);
    if (pthread_create(&s->thread, NULL, run, s) != 0) die("pthread_create");
    return s;
}

const char *redis_stub_url(const struct redis_stub *s) { return s->url; }

void redis_stub_await(struct redis_stub *s, size_t n) {
    pthread_mutex_lock(&s->lock);
    while (s->commands < n) pthread_cond_wait(&s->arrived, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

size_t redis_stub_connections(struct redis_stub *s) {
    pthread_mutex_lock(&s->lock);
    size_t n = s->connections;
    pthread_mutex_unlock(&s->lock);
    return n;
}

void redis_stub_stop(struct redis_stub *s) {
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    if (s->fd >= 0) shutdown(s->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    shutdown(s->listener, SHUT_RDWR); /* wakes accept */
    pthread_join(s->thread, NULL);
    close(s->listener);
    unlink(s->address.sun_path);
    rmdir(s->folder);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->arrived);
    mem_free(s);
}
