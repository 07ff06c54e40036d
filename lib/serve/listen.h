/* serve/listen.h - the listening socket.
 * It is opened here and handed to libmicrohttpd, whose own error says only "no". The user has to know whether the port
 * is taken or the address is not ours.   Threads: any. */
#ifndef TOPKD_SERVE_LISTEN_H
#define TOPKD_SERVE_LISTEN_H

#include "base/base.h"
#include "base/err.h"

/* *OUT: a socket that listens on PORT (0: any free one) of HOST ("": all addresses, v4 and v6); the caller owns it.
 * ERR_INVALID names TOPKD_LISTEN. */
int listen_open(const char *host, uint16_t port, int *out, struct err *e) MUST_CHECK;
uint16_t listen_port(int fd);

#endif
