/* decode/json_tree.c - makes the tree of the configured places. This is done once, so it need not be fast. */
#include "decode/json_tree.h"

#include <assert.h>
#include <string.h>

static struct json_node *node_add(struct json_tree *t, struct json_node *parent, const struct place_token *token) {
    char head[8] = {0};
    assert(t->used < JSON_NODES_MAX);
    struct json_node *node = &t->nodes[t->used++], **at = &parent->first;
    if (token->name_bytes > 0) memcpy(head, token->name, token->name_bytes < 8 ? token->name_bytes : 8);
    *node = (struct json_node){.head = json_name_head(bytes8_load(head), token->name_bytes),
                               .name = token->name,
                               .name_bytes = token->name_bytes,
                               .index = token->index,
                               .slot = JSON_SLOT_NONE,
                               .depth = (uint8_t)(parent->depth + 1),
                               .parent = parent};
    while (*at != NULL) at = &(*at)->next;
    *at = node;
    return node;
}

static struct json_node *node_at(struct json_tree *t, struct json_node *parent, const struct place_token *token) {
    for (struct json_node *node = parent->first; node != NULL; node = node->next)
        if (node->name_bytes == token->name_bytes && memcmp(node->name, token->name, token->name_bytes) == 0)
            return node;
    return node_add(t, parent, token);
}

void json_tree_init(struct json_tree *t) {
    t->nodes[0] = (struct json_node){.index = PLACE_NO_INDEX, .slot = JSON_SLOT_NONE};
    t->used = 1;
}

unsigned json_tree_add(struct json_tree *t, const struct place *place, unsigned slot) {
    assert(place->tokens_n > 0 && slot < JSON_SLOTS);
    struct json_node *node = t->nodes;
    for (size_t i = 0; i < place->tokens_n; i++) {
        if (i > 0) node->below |= (uint16_t)(1u << slot);
        node = node_at(t, node, &place->tokens[i]);
    }
    if (node->slot == JSON_SLOT_NONE) node->slot = (uint8_t)slot;
    return node->slot;
}

struct json_node *json_node_element(const struct json_node *parent, uint32_t index) {
    struct json_node *node = parent->first;
    while (node != NULL && (node->index < 0 || (uint32_t)node->index != index)) node = node->next;
    return node;
}
