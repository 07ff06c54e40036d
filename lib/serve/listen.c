/* serve/listen.c - see listen.h. */
#include "serve/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* A connection that says nothing stays with the kernel so long, and takes no place from others. One that says something
 * is accepted together with its request, and a flood of new ones cannot come between the two. */
static const int first_byte_s = 1;

/* A socket that listens at A, or -1 with errno. */
static int listen_at(const struct addrinfo *a) {
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0) return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &first_byte_s, sizeof first_byte_s);
    if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

/* No host: the IPv6 wildcard takes IPv4 too, so it goes first; where the kernel has no IPv6 the other one does. */
static int listen_any(const struct addrinfo *all) {
    static const int order[] = {AF_INET6, AF_INET};
    int fd = -1;
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        for (const struct addrinfo *a = all; a; a = a->ai_next) {
            if (a->ai_family != order[i]) continue;
            fd = listen_at(a);
            if (fd >= 0 || errno == EADDRINUSE) return fd;
        }
    return fd;
}

static int listen_first(const struct addrinfo *all) {
    int fd = -1;
    for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next) fd = listen_at(a);
    return fd;
}

int listen_open(const char *host, uint16_t wanted, int *out, struct err *e) {
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)wanted);
    int rc = getaddrinfo(*host ? host : NULL, port, &hints, &all);
    if (rc != 0)
        return err_set(e, ERR_INVALID, "TOPKD_LISTEN: cannot resolve the host %s: %s", log_quote(host),
                       gai_strerror(rc));
    int fd = *host ? listen_first(all) : listen_any(all);
    int saved_errno = errno;
    freeaddrinfo(all);
    if (fd < 0)
        return err_set(e, ERR_INVALID, "TOPKD_LISTEN: cannot listen on port %s of %s: %s; %s", port,
                       *host ? log_quote(host) : "all addresses", strerror(saved_errno),
                       saved_errno == EADDRINUSE ? "choose another port or stop who has it" : "choose another address");
    *out = fd;
    return 0;
}

uint16_t listen_port(int fd) {
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0) return 0;
    if (a.ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)(const void *)&a)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&a)->sin_port);
}
