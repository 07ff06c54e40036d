/* store/redis_scripts.c - the files of store/lua/, which the Makefile makes into arrays. */
#include "store/redis_scripts.h"

#include "store/scripts.inc"

const char *const redis_scripts[REDIS_SCRIPTS] = {
    [REDIS_SCRIPT_CONTRIBUTE] = lua_contribute,
    [REDIS_SCRIPT_ROWS] = lua_rows,
    [REDIS_SCRIPT_LIST] = lua_list,
    [REDIS_SCRIPT_LOSE] = lua_lose,
    [REDIS_SCRIPT_FORGET] = lua_forget,
    [REDIS_SCRIPT_LOCATIONS] = lua_locations,
    [REDIS_SCRIPT_NOTES_END] = lua_notes_end,
    [REDIS_SCRIPT_JOIN] = lua_join,
    [REDIS_SCRIPT_CLOSE] = lua_close,
    [REDIS_SCRIPT_RETIRE] = lua_retire,
    [REDIS_SCRIPT_UPGRADE] = lua_upgrade,
    [REDIS_SCRIPT_TAKE_OVER] = lua_take_over,
};
