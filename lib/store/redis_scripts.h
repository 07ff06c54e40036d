/* store/redis_scripts.h - the Lua scripts, each one atomic step of the delivery rules. Internal to store/.
 * Their texts are the files of store/lua/: what one wants of KEYS and ARGV, and what it answers, stands at its top.
 * The line in an error of Redis ("user_script:27: ...") is the line of that file.
 *
 * An error "ODD 3 ..." says that the third of KEYS holds something else than it must, and that nothing was written.
 * A call sends a script's digest; redis_call.h says what happens to a Redis that does not know it.
 * Threads: any. */
#ifndef TOPKD_STORE_REDIS_SCRIPTS_H
#define TOPKD_STORE_REDIS_SCRIPTS_H

enum redis_script {
    REDIS_SCRIPT_CONTRIBUTE,
    REDIS_SCRIPT_ROWS,
    REDIS_SCRIPT_LIST,
    REDIS_SCRIPT_LOSE,
    REDIS_SCRIPT_FORGET,
    REDIS_SCRIPT_LOCATIONS,
    REDIS_SCRIPT_NOTES_END,
    REDIS_SCRIPT_JOIN,
    REDIS_SCRIPT_CLOSE,
    REDIS_SCRIPT_RETIRE,
    REDIS_SCRIPT_UPGRADE,
    REDIS_SCRIPT_TAKE_OVER,
    REDIS_SCRIPTS
};

/* The texts. hello asks Redis for their digests in this order. */
extern const char *const redis_scripts[REDIS_SCRIPTS];

#endif
