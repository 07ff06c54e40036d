/* serve/clients.h - the connections that are open, and which of them has to go so that others are answered.
 * There are two limits of number and two of time. Where a number is exceeded, the *oldest* connection goes, never the
 * new one. A probe comes on a new connection, and its request is there within a millisecond. An old connection that
 * nobody uses can be spared. If the new one were refused, 16 slow clients behind one proxy, or on the node of the
 * kubelet, would shut out the probes from there. No share can be kept for probes: a probe is only known by its request.
 * Above the limit of an address, its own oldest connection goes. Above the limit of all, the oldest of the address that
 * has the most goes. So an address with many connections never costs another one its only connection.
 * A limit of time counts from the opening of the connection, or from its last answer: bytes that drip do not extend it.
 * Not for: sockets; the caller shuts down what is taken out here.   Memory: one small block a connection.
 * Threads: one owner. */
#ifndef TOPKD_SERVE_CLIENTS_H
#define TOPKD_SERVE_CLIENTS_H

#include <sys/socket.h>

#include "base/base.h"

struct clients_limits {
    unsigned connections_max, per_address_max; /* at least 2: the newest is never the one to go */
    /* From the opening of the connection to the end of its first answer. Later requests: from the end of the head. */
    int request_ms_max;
    int kept_ms_max; /* from an answer to the end of the next request's head */
};

/* IPv4, or the upper half of IPv6: whoever has one IPv6 address has all of its /64. */
struct client_address {
    unsigned char bytes[16];
};

struct client {
    struct client *newer;
    struct client_address from;
    int fd; /* borrowed */
    int64_t due_ms;
    bool kept;   /* answered, and waiting for the next request */
    bool leaves; /* taken out below, and not yet removed */
};

struct clients {
    struct clients_limits limits;
    struct client *oldest;
    unsigned n; /* without those that leave */
};

enum client_fault { CLIENT_ADDRESS_FULL, CLIENT_ALL_FULL, CLIENT_SLOW, CLIENT_IDLE };
const char *client_fault_name(enum client_fault f); /* label of topkd_http_dropped_total */

/* S owns the client until clients_remove. FROM may be NULL, for unknown: all unknown ones count as one address. */
struct client *clients_add(struct clients *s, const struct sockaddr *from, int fd, int64_t now_ms);
void clients_remove(struct clients *s, struct client *c);
void clients_request(struct clients *s, struct client *c, int64_t now_ms);  /* the head of a request is there */
void clients_answered(struct clients *s, struct client *c, int64_t now_ms); /* all of an answer is sent */

/* A connection that must go, NULL when there is none (more). The caller ends it, and calls clients_remove when it has
 * ended. Ask for the excess after each clients_add. A late connection is one whose time is over. */
struct client *clients_take_excess(struct clients *s, enum client_fault *why);
struct client *clients_take_late(struct clients *s, int64_t now_ms, enum client_fault *why);
int64_t clients_due_ms(const struct clients *s); /* when the next one is late; INT64_MAX: never */

#endif
