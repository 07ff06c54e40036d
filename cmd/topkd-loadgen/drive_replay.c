/* topkd-loadgen/drive_replay.c - the events of a file, each when it is due. */
#include "drive.h"
#include "loadgen/jsonfield.h"
#include "loadgen/pacer.h"
#include "loadgen/replay.h"

struct player {
    struct drive *drive;
    struct pacer pacer;       /* of --rate */
    int64_t first_ms;         /* time of the first event */
    int64_t wall_ms, mono_ms; /* when it went out */
    struct buf rewritten;
};

/* How long after the first event the event at TIME_MS goes out, in ms at the chosen pace (which is not max). */
static int64_t player_paced_ms(const struct player *p, int64_t time_ms) {
    return (int64_t)((double)(time_ms - p->first_ms) / p->drive->options->pace);
}

/* The event's new time: when it is due; at pace max that is now. */
static int64_t player_shifted_ms(const struct player *p, int64_t time_ms) {
    return p->drive->options->pace > 0 ? p->wall_ms + player_paced_ms(p, time_ms) : clock_wall_ms(p->drive->clock);
}

/* False: stop. */
static bool player_wait_until_due(struct player *p, int64_t time_ms) {
    struct drive *d = p->drive;
    int64_t left;
    if (d->options->pace > 0)
        while ((left = p->mono_ms + player_paced_ms(p, time_ms) - clock_mono_ms(d->clock)) > 0) {
            if (!drive_on(d)) return false;
            drive_pause(d, left);
        }
    if (d->options->rate > 0)
        while (pacer_take(&p->pacer, clock_mono_ms(d->clock), 1) == 0) {
            if (!drive_on(d)) return false;
            drive_pause(d, pacer_wait_ms(&p->pacer));
        }
    return true;
}

static struct bytes line_key(const struct drive *d, struct bytes text) {
    const char *field =
        d->options->key == KEY_LOCATION ? d->options->config->field_location : d->options->config->field_user;
    struct bytes value;
    bool keyed = d->options->key == KEY_LOCATION || d->options->key == KEY_USER;
    return keyed && jsonfield_find(text, field, &value) ? jsonfield_text(value) : (struct bytes){NULL, 0};
}

/* A line counts as applied: what it holds is not judged. */
static void player_play(struct player *p, struct replay_line *line) {
    struct drive *d = p->drive;
    struct batch_event ev = {.text = line->text, .clock_ms = line->time_ms, .outcome = EVENT_APPLIED};
    ev.key = line_key(d, line->text);
    if (d->options->shift_now) {
        ev.clock_ms = player_shifted_ms(p, line->time_ms);
        replay_rewrite(line, ev.clock_ms, &p->rewritten);
        ev.text = (struct bytes){p->rewritten.data, p->rewritten.len};
        ev.key = line_key(d, ev.text);
    }
    batcher_add(d->batcher, &ev);
    d->events++;
}

static void player_start(struct player *p, int64_t first_ms) {
    p->first_ms = first_ms;
    p->wall_ms = clock_wall_ms(p->drive->clock);
    p->mono_ms = clock_mono_ms(p->drive->clock);
    pacer_init(&p->pacer, p->drive->options->rate, p->mono_ms);
}

static int player_play_all(struct player *p, struct replay *r, struct err *e) {
    struct drive *d = p->drive;
    struct replay_line line;
    int status = 0;
    enum { PORTION_MASK = 255 }; /* the sink is served every 256 events, as for made-up ones */
    while (d->options->events == 0 || d->events < d->options->events) {
        if ((d->events & PORTION_MASK) == 0 && !drive_on(d)) break;
        status = replay_next(r, &line, e);
        if (status <= 0) break;
        if (d->events == 0) player_start(p, line.time_ms);
        if (!player_wait_until_due(p, line.time_ms)) break;
        player_play(p, &line);
    }
    return status < 0 ? status : 0;
}

int drive_replay(struct drive *d, struct err *e) {
    struct replay *r;
    struct player p = {.drive = d};
    int status = replay_open(d->options->replay, d->options->config->field_time, &r, e);
    if (status != 0) return status;
    status = player_play_all(&p, r, e);
    batcher_flush(d->batcher);
    buf_free(&p.rewritten);
    replay_close(r);
    return status;
}
