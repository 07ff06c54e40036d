/* store/redis_url.h - where a Redis is and how to get in, taken from its URL. Internal to store/.   Threads: none. */
#ifndef TOPKD_STORE_REDIS_URL_H
#define TOPKD_STORE_REDIS_URL_H

#include "base/base.h"
#include "base/err.h"

enum { REDIS_PORT = 6379 };

struct redis_url { /* all strings owned (redis_url_deinit) */
    char *host;    /* NULL for a unix socket */
    char *path;    /* of the unix socket, else NULL */
    char *user;    /* NULL: none, the server's default user */
    char *password;
    int port;
    unsigned db;
};

/* redis://[[user]:password@]host[:port][/db] or unix://[[user]:password@]/path[?db=N]; an IPv6 host in brackets; user,
 * password and path percent-encoded where need be. ERR_INVALID, and *OUT empty, for anything else; the text never shows
 * the password. */
int redis_url_parse(const char *text, struct redis_url *out, struct err *e) MUST_CHECK;
void redis_url_deinit(struct redis_url *u);

#endif
