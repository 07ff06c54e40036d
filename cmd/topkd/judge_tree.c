/* topkd/judge_tree.c - reads the structure of a message into nodes.
 * Each function that reads returns what follows, or NULL after it noted what was expected and where. A container inside
 * an object is measured first, by its brackets, and then read: if it is broken inside, only it stays opaque. That is
 * the decoder's own way, which looks into no container that it does not need. */
#include "judge_tree.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "decode/json_value.h"

enum { NODES_BLOCK = 256 };

struct node_block {
    struct node_block *next;
    struct judge_node nodes[NODES_BLOCK];
};

struct judge_tree {
    struct node_block *blocks; /* owned; the newest first */
    size_t used;               /* of the newest */
    struct event_arena *names; /* owned */
};

struct reading {
    struct judge_tree *tree;
    const char *end;
    struct judge_break broken;
};

/* -- nodes --------------------------------------------------------------------------------------- */

struct judge_tree *judge_tree_create(void) {
    struct judge_tree *t = mem_zalloc(1, sizeof *t);
    t->names = event_arena_create();
    return t;
}

static void tree_clear(struct judge_tree *t) {
    while (t->blocks != NULL) {
        struct node_block *next = t->blocks->next;
        mem_free(t->blocks);
        t->blocks = next;
    }
    event_arena_clear(t->names);
}

void judge_tree_destroy(struct judge_tree *t) {
    if (t == NULL) return;
    tree_clear(t);
    event_arena_destroy(t->names);
    mem_free(t);
}

static struct judge_node *node_add(struct judge_tree *t, enum judge_kind kind, struct judge_node *parent) {
    if (t->blocks == NULL || t->used == NODES_BLOCK) {
        struct node_block *b = mem_alloc(sizeof *b);
        b->next = t->blocks;
        t->blocks = b;
        t->used = 0;
    }
    struct judge_node *node = &t->blocks->nodes[t->used++];
    *node = (struct judge_node){.kind = kind, .parent = parent};
    if (parent == NULL) return node;
    if (parent->last != NULL)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    parent->n++;
    return node;
}

/* What was read below it is forgotten; its nodes stay in their blocks until the next message. */
static void node_close(struct judge_node *node) {
    node->first = node->last = NULL;
    node->n = 0;
    node->opaque = true;
}

/* -- bytes --------------------------------------------------------------------------------------- */

static bool byte_is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool byte_is_of_word(char c) { return (unsigned char)c > 0x20 && strchr("\",:[]{}", c) == NULL; }

static const char *spaces_skip(const char *p, const char *end) {
    while (p < end && byte_is_space(*p)) p++;
    return p;
}

static const char *reading_expected(struct reading *r, const char *at, const char *expected, const char *since) {
    r->broken = (struct judge_break){at, expected, since};
    return NULL;
}

/* P stands on the quote. */
static const char *string_skip(struct reading *r, const char *p) {
    const char *quote = p++;
    for (; p < r->end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < r->end) p++;
    return p < r->end ? p + 1 : reading_expected(r, r->end, "the end of the string", quote);
}

/* P stands on the bracket. Brackets and braces are counted, not compared. */
static const char *container_skip(struct reading *r, const char *p) {
    const char *bracket = p;
    for (size_t depth = 0; p < r->end;) {
        if (*p == '"') {
            p = string_skip(r, p);
            if (p == NULL) return NULL;
            continue;
        }
        char c = *p++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) return p;
    }
    return reading_expected(r, r->end, "the end of the object or array", bracket);
}

/* -- values -------------------------------------------------------------------------------------- */

static const char *object_read(struct reading *r, const char *p, struct judge_node *node, unsigned depth);
static const char *array_read(struct reading *r, const char *p, struct judge_node *node, unsigned depth);

/* What breaks inside it breaks it alone. */
static const char *container_read(struct reading *r, const char *p, struct judge_node *node, unsigned depth) {
    const char *after = container_skip(r, p);
    if (after == NULL) return NULL;
    struct reading inner = {.tree = r->tree, .end = after};
    const char *read = NULL;
    if (depth < JUDGE_DEPTH_MAX)
        read = *p == '{' ? object_read(&inner, p, node, depth + 1) : array_read(&inner, p, node, depth + 1);
    if (read != after) node_close(node);
    return after;
}

static const char *word_skip(struct reading *r, const char *p) {
    const char *start = p;
    while (p < r->end && byte_is_of_word(*p)) p++;
    return p > start ? p : reading_expected(r, p, "a value", NULL);
}

static enum judge_kind kind_of(char c) {
    return c == '"' ? JUDGE_STRING : c == '{' ? JUDGE_OBJECT : c == '[' ? JUDGE_ARRAY : JUDGE_WORD;
}

static const char *value_read(struct reading *r, const char *p, struct bytes name, struct judge_node *parent,
                              unsigned depth) {
    if (p == r->end) return reading_expected(r, p, "a value", NULL);
    struct judge_node *node = node_add(r->tree, kind_of(*p), parent);
    const char *after;
    node->name = name;
    if (node->kind == JUDGE_STRING)
        after = string_skip(r, p);
    else if (node->kind == JUDGE_WORD)
        after = word_skip(r, p);
    else
        after = container_read(r, p, node, depth);
    if (after != NULL) node->raw = (struct bytes){p, (size_t)(after - p)};
    return after;
}

/* RAW with its quotes. A name that cannot be decoded names nothing. */
static struct bytes name_of(struct judge_tree *t, struct bytes raw) {
    struct bytes plain = {raw.p + 1, raw.n - 2};
    struct event_value name;
    if (memchr(plain.p, '\\', plain.n) == NULL) return plain;
    json_value_of_string(raw, t->names, &name);
    return name.kind == EVENT_STRING ? name.text : (struct bytes){NULL, 0};
}

/* P stands on the quote of the name. */
static const char *member_read(struct reading *r, const char *p, struct judge_node *object, unsigned depth) {
    const char *after = string_skip(r, p);
    if (after == NULL) return NULL;
    struct bytes name = name_of(r->tree, (struct bytes){p, (size_t)(after - p)});
    p = spaces_skip(after, r->end);
    if (p == r->end || *p != ':') return reading_expected(r, p, "':'", NULL);
    return value_read(r, spaces_skip(p + 1, r->end), name, object, depth);
}

static bool stands(const struct reading *r, const char *p, char c) { return p < r->end && *p == c; }

/* P stands on the brace. */
static const char *object_read(struct reading *r, const char *p, struct judge_node *node, unsigned depth) {
    p = spaces_skip(p + 1, r->end);
    if (stands(r, p, '}')) return p + 1;
    for (;;) {
        if (!stands(r, p, '"'))
            return reading_expected(r, p, node->n == 0 ? "a name in quotes or '}'" : "a name in quotes", NULL);
        p = member_read(r, p, node, depth);
        if (p == NULL) return NULL;
        p = spaces_skip(p, r->end);
        if (stands(r, p, '}')) return p + 1;
        if (!stands(r, p, ',')) return reading_expected(r, p, "',' or '}'", NULL);
        p = spaces_skip(p + 1, r->end);
    }
}

/* P stands on the bracket. */
static const char *array_read(struct reading *r, const char *p, struct judge_node *node, unsigned depth) {
    p = spaces_skip(p + 1, r->end);
    if (stands(r, p, ']')) return p + 1;
    for (;;) {
        p = value_read(r, p, (struct bytes){NULL, 0}, node, depth);
        if (p == NULL) return NULL;
        p = spaces_skip(p, r->end);
        if (stands(r, p, ']')) return p + 1;
        if (!stands(r, p, ',')) return reading_expected(r, p, "',' or ']'", NULL);
        p = spaces_skip(p + 1, r->end);
    }
}

/* -- messages ------------------------------------------------------------------------------------ */

struct bytes judge_tree_unframed(struct bytes m) {
    enum { FRAME_BYTES = 5 };
    if (m.n > FRAME_BYTES && m.p[0] == '\0' && (m.p[FRAME_BYTES] == '{' || m.p[FRAME_BYTES] == '['))
        return (struct bytes){m.p + FRAME_BYTES, m.n - FRAME_BYTES};
    if (m.n >= 3 && memcmp(m.p, "\xef\xbb\xbf", 3) == 0) return (struct bytes){m.p + 3, m.n - 3};
    return m;
}

bool judge_tree_is_empty(struct bytes text) { return spaces_skip(text.p, text.p + text.n) == text.p + text.n; }

/* One object as an event of its own. NULL: there is none at P. */
static const char *root_read(struct reading *r, const char *p, struct judge_node *roots) {
    if (!stands(r, p, '{')) return NULL;
    struct judge_node *before = roots->last, *root = node_add(r->tree, JUDGE_OBJECT, roots);
    const char *after = object_read(r, p, root, 0);
    if (after != NULL) {
        root->raw = (struct bytes){p, (size_t)(after - p)};
        return after;
    }
    roots->last = before;
    roots->n--;
    if (before == NULL)
        roots->first = NULL;
    else
        before->next = NULL;
    return NULL;
}

static const char *line_end_of(const char *p, const char *end) {
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    return lf != NULL ? lf : end;
}

/* Objects one behind the other; from where one is broken on, those of each line. */
static void objects_read(struct reading *r, const char *p, struct judge_node *roots) {
    const char *end = r->end;
    bool by_lines = false;
    while ((p = spaces_skip(p, end)) < end) {
        if (by_lines && p >= r->end) r->end = line_end_of(p, end);
        const char *after = root_read(r, p, roots);
        if (after == NULL && by_lines) after = r->end;
        if (after == NULL) r->end = line_end_of(p, end);
        by_lines = by_lines || after == NULL;
        if (after != NULL) p = after;
    }
}

static const struct judge_node *roots_open(struct judge_node *roots) {
    for (struct judge_node *root = roots->first; root != NULL; root = root->next) root->parent = NULL;
    return roots->first;
}

const struct judge_node *judge_tree_read(struct judge_tree *t, struct bytes message) {
    tree_clear(t);
    if (message.p == NULL) return NULL;
    struct bytes text = judge_tree_unframed(message);
    struct reading r = {.tree = t, .end = text.p + text.n};
    const char *p = spaces_skip(text.p, r.end);
    struct judge_node *roots = node_add(t, JUDGE_ARRAY, NULL);
    if (!stands(&r, p, '['))
        objects_read(&r, p, roots);
    else if ((p = array_read(&r, p, roots, 0)) == NULL || spaces_skip(p, r.end) != r.end)
        node_close(roots);
    return roots_open(roots);
}

/* -- breaks -------------------------------------------------------------------------------------- */

/* An element that begins as an object must be one, unlike a value that nobody needs. */
static bool elements_break(struct judge_tree *t, const struct judge_node *array, struct judge_break *out) {
    for (const struct judge_node *e = array->first; e != NULL; e = e->next)
        if (e->kind == JUDGE_OBJECT && e->opaque && judge_node_break(t, e, out)) return true;
    return false;
}

static bool whole_break(struct reading *r, const char *p) {
    struct judge_node *node = node_add(r->tree, kind_of(*p), NULL);
    bool is_array = *p == '[';
    const char *after = is_array ? array_read(r, p, node, 0) : object_read(r, p, node, 0);
    if (after == NULL || (is_array && elements_break(r->tree, node, &r->broken))) return true;
    after = spaces_skip(after, r->end);
    if (after < r->end) reading_expected(r, after, is_array ? "nothing behind the array" : "the next object", NULL);
    return after < r->end;
}

bool judge_tree_break(struct judge_tree *t, struct bytes text, struct judge_break *out) {
    struct reading r = {.tree = t, .end = text.p + text.n};
    const char *p = spaces_skip(text.p, r.end);
    bool begins = stands(&r, p, '{') || stands(&r, p, '[');
    if (!begins) reading_expected(&r, p, "'{'", NULL);
    bool broken = !begins || whole_break(&r, p);
    *out = r.broken;
    return broken;
}

bool judge_node_break(struct judge_tree *t, const struct judge_node *container, struct judge_break *out) {
    assert(container->kind == JUDGE_OBJECT || container->kind == JUDGE_ARRAY);
    struct reading r = {.tree = t, .end = container->raw.p + container->raw.n};
    bool broken = whole_break(&r, container->raw.p);
    *out = r.broken;
    return broken;
}

/* -- steps --------------------------------------------------------------------------------------- */

static const struct judge_node *element_get(const struct judge_node *array, int32_t index) {
    const struct judge_node *e = index == PLACE_NO_INDEX ? NULL : array->first;
    while (e != NULL && index-- > 0) e = e->next;
    return e;
}

const struct judge_node *judge_node_step(const struct judge_node *container, const struct place_token *token) {
    const struct judge_node *found = NULL;
    if (container->kind == JUDGE_ARRAY) return element_get(container, token->index);
    for (const struct judge_node *m = container->first; m != NULL; m = m->next)
        if (m->name.p != NULL && m->name.n == token->name_bytes && memcmp(m->name.p, token->name, m->name.n) == 0)
            found = m;
    return found;
}

bool judge_node_is(const struct judge_node *node, const char *word) {
    return node->kind == JUDGE_WORD && node->raw.n == strlen(word) && memcmp(node->raw.p, word, node->raw.n) == 0;
}
