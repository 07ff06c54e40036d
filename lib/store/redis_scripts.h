/* store/redis_scripts.h - the Lua texts, each one atomic step of the delivery rules. Internal to store/.
 * Sent as EVAL text: a script cache is lost with the server, and a pipeline cannot repeat itself after NOSCRIPT.
 * A full Redis refuses a script whose first write may grow, so growing writes come last where a write must get through.
 */
#ifndef TOPKD_STORE_REDIS_SCRIPTS_H
#define TOPKD_STORE_REDIS_SCRIPTS_H

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

/* Rules 15, 17. KEYS part hash, list, minutes, states, meta. ARGV: e, n, state, '1' if final, merged, ttl ms, minute,
 * its start in s, wall ms, log time ms or '', then (count, item) each item. Answer: S R(efused) C A(bsent). */
extern const char redis_script_list[];

/* Rule 14. KEYS changed, waiting. ARGV: ('d'elete or 'w'ait, field, token) each note. Answer: OK. */
extern const char redis_script_notes_end[];

#endif
