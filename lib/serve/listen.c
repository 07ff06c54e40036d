/* serve/listen.c - resolves the host, opens the socket, and says what to do where that fails. */
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

/* The kernel keeps a silent connection this long, so it takes no place from others. A connection that sends something
 * is accepted together with its request. No flood of new ones can come between the two. */
static const int FIRST_BYTE_S = 1;

/* A socket that listens at A, or -1 with errno. */
static int listen_at(const struct addrinfo *a) {
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0) return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &FIRST_BYTE_S, sizeof FIRST_BYTE_S);
    if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

/* No host is given. The IPv6 wildcard takes IPv4 too, so it comes first. Where the kernel has no IPv6, IPv4 is left. */
static int listen_any(const struct addrinfo *all) {
    static const int order[] = {AF_INET6, AF_INET};
    int fd = -1;
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        for (const struct addrinfo *a = all; a != NULL; a = a->ai_next) {
            if (a->ai_family != order[i]) continue;
            fd = listen_at(a);
            if (fd >= 0 || errno == EADDRINUSE) return fd;
        }
    return fd;
}

static int listen_first(const struct addrinfo *all) {
    int fd = -1;
    for (const struct addrinfo *a = all; a != NULL && fd < 0; a = a->ai_next) fd = listen_at(a);
    return fd;
}

int listen_open(const char *host, uint16_t wanted, int *out, struct err *e) {
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)wanted);
    int status = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &all);
    if (status != 0)
        return err_set(e, ERR_INVALID, "TOPKD_LISTEN: cannot resolve the host %s: %s", log_quote(host),
                       gai_strerror(status));
    int fd = host[0] != '\0' ? listen_first(all) : listen_any(all);
    int saved_errno = errno;
    freeaddrinfo(all);
    if (fd < 0)
        return err_set(e, ERR_INVALID, "TOPKD_LISTEN: cannot listen on port %s of %s: %s; %s", port,
                       host[0] != '\0' ? log_quote(host) : "all addresses", strerror(saved_errno),
                       saved_errno == EADDRINUSE ? "choose another port or stop the program that has it"
                                                 : "choose another address");
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
