-- store/lua/.luacheckrc - what `make lua-check` knows of the scripts: what Redis gives them, and no more.
std = {
  globals = {},
  read_globals = {
    "ARGV", "KEYS", "redis",
    "error", "ipairs", "math", "next", "pairs", "string", "table", "tonumber", "tostring", "type", "unpack",
  },
}
-- Included pieces are one line each; lines as they were written are checked with all other files.
max_line_length = false
