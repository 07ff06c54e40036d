/* store/redis_scripts.h - the Lua texts, each one atomic step of the delivery rules. Internal to store/.
 * "ODD 3 ..." as an error says that the third of KEYS holds something else than it must, and that nothing was written.
 * What a call sends of them is their digest; redis_call.h says what happens to a Redis that does not know it.
 * A full Redis refuses a script whose first write may grow, so another one comes first where a write must get through.
 */
#ifndef TOPKD_STORE_REDIS_SCRIPTS_H
#define TOPKD_STORE_REDIS_SCRIPTS_H

enum { REDIS_SCRIPTS = 10 };
/* All of them: hello asks Redis for their digests in this order. */
extern const char *const redis_scripts[REDIS_SCRIPTS];

/* Rules 9, 21. KEYS part hash. ARGV: e for a new hash, ttl ms, then (source, fence and '0'|'1', items) each part; a '-'
 * behind the fence's digit: only into a hash that is there.
 * Answer: a letter a part, S(tored) N(ewer) C(losed) E(xpired). */
extern const char redis_script_contribute[];

/* Rules 19, 22. KEYS progress. ARGV: life for a new board, group, version, then (source, life known, fence, value, rows
 * that a Redis which did not go back has stored) each row.
 * Answer: {"ok", life, a letter a row: S N O(ther life), clock in ms, count of each row with spaces between}, or
 * {"group", its name} or {"version", its number}. */
extern const char redis_script_rows[];

/* Rule 23. KEYS progress. ARGV: life for a new board, group, version, then sources.
 * Answer: {"ok", life, closed or "", then ("1" if new, its row or "") each source}, or as above. */
extern const char redis_script_join[];

/* Rule 23. KEYS progress. ARGV: life, members, minute. Answer: 1, or 0 if life or members are others. */
extern const char redis_script_close[];

/* Rule 24. KEYS progress. ARGV: (source, its row, its last row) each. Answer: '1' or '0' each. */
extern const char redis_script_retire[];

/* Rules 15, 17, 25. KEYS part hash, list, minutes, states, meta, losses. ARGV: e, n, state, '1' if final, merged,
 * ttl ms, minute, its start in s, wall ms, log time ms or '', rows, then (count, item) each item. Answer: R(efused)
 * C A(bsent), or {S or, if it was written as lost, L, and after every eighth minute that is new in the index its oldest
 * 16: some of their lists may have expired}. */
extern const char redis_script_list[];

/* Rule 25. KEYS as those of a list. ARGV: minute, its start in s, ttl ms. Answer: S, or C if it is final. */
extern const char redis_script_lose[];

/* Takes minutes whose list has expired out of the index. KEYS minutes, states, then the list of each of ARGV, the
 * minutes. Answer: OK. */
extern const char redis_script_forget[];

/* KEYS locations. ARGV: ttl ms, then locations. The time is that of Redis: workers' clocks differ, and one that is
 * ahead would take what the others wrote for old. Answer: OK. */
extern const char redis_script_locations[];

/* Rule 14. KEYS changed, waiting; one that is odd counts as empty, and nothing moves into it. ARGV: ('d'elete or
 * 'w'ait, field, token) each note. Answer: OK. */
extern const char redis_script_notes_end[];

#endif
