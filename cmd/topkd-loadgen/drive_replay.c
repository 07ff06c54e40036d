#include "drive.h"
#include "loadgen/jsonfield.h"
#include "loadgen/pacer.h"
#include "loadgen/replay.h"

struct player {
    struct drive *d;
    struct pacer pacer;       /* of --rate */
    int64_t first_ms;         /* time of the first event */
    int64_t wall_ms, mono_ms; /* when it went out */
    struct buf rewritten;
};

/* How long after the first event the event at TIME_MS goes out, in ms at the chosen pace (which is not max). */
static int64_t paced_ms(const struct player *p, int64_t time_ms) {
    return (int64_t)((double)(time_ms - p->first_ms) / p->d->o->pace);
}

/* The event's new time: when it is due; at pace max that is now. */
static int64_t shifted_ms(const struct player *p, int64_t time_ms) {
    return p->d->o->pace > 0 ? p->wall_ms + paced_ms(p, time_ms) : clock_wall_ms(p->d->clock);
}

/* False: stop. */
static bool wait_until_due(struct player *p, int64_t time_ms) {
    struct drive *d = p->d;
    int64_t left;
    if (d->o->pace > 0)
        while ((left = p->mono_ms + paced_ms(p, time_ms) - clock_mono_ms(d->clock)) > 0) {
            if (!drive_on(d)) return false;
            drive_pause(d, left);
        }
    if (d->o->rate > 0)
        while (pacer_take(&p->pacer, clock_mono_ms(d->clock), 1) == 0) {
            if (!drive_on(d)) return false;
            drive_pause(d, pacer_wait_ms(&p->pacer));
        }
    return true;
}

static struct bytes key_of(const struct drive *d, struct bytes text) {
    const char *field = d->o->key == KEY_LOCATION ? d->o->config->field_location : d->o->config->field_user;
    struct bytes value;
    bool keyed = d->o->key == KEY_LOCATION || d->o->key == KEY_USER;
    return keyed && jsonfield_find(text, field, &value) ? jsonfield_text(value) : (struct bytes){NULL, 0};
}

/* What a line holds is not judged: it counts as applied. */
static void play(struct player *p, struct replay_line *line) {
    struct drive *d = p->d;
    struct batch_event ev = {.text = line->text, .clock_ms = line->time_ms, .outcome = EVENT_APPLIED};
    ev.key = key_of(d, line->text);
    if (d->o->shift_now) {
        ev.clock_ms = shifted_ms(p, line->time_ms);
        replay_rewrite(line, ev.clock_ms, &p->rewritten);
        ev.text = (struct bytes){p->rewritten.data, p->rewritten.len};
        ev.key = key_of(d, ev.text);
    }
    batcher_add(d->batcher, &ev);
    d->events++;
}

static void start(struct player *p, int64_t first_ms) {
    p->first_ms = first_ms;
    p->wall_ms = clock_wall_ms(p->d->clock);
    p->mono_ms = clock_mono_ms(p->d->clock);
    pacer_init(&p->pacer, p->d->o->rate, p->mono_ms);
}

static int play_all(struct player *p, struct replay *r, struct err *e) {
    struct drive *d = p->d;
    struct replay_line line;
    int rc = 0;
    enum { PORTION_MASK = 255 }; /* serve the sink every 256 events, as for made-up ones */
    while (d->o->events == 0 || d->events < d->o->events) {
        if ((d->events & PORTION_MASK) == 0 && !drive_on(d)) break;
        rc = replay_next(r, &line, e);
        if (rc <= 0) break;
        if (d->events == 0) start(p, line.time_ms);
        if (!wait_until_due(p, line.time_ms)) break;
        play(p, &line);
    }
    return rc < 0 ? rc : 0;
}

int drive_replay(struct drive *d, struct err *e) {
    struct replay *r;
    struct player p = {.d = d};
    int rc = replay_open(d->o->replay, d->o->config->field_time, &r, e);
    if (rc != 0) return rc;
    rc = play_all(&p, r, e);
    batcher_flush(d->batcher);
    buf_free(&p.rewritten);
    replay_close(r);
    return rc;
}
