// Every visible node of a syntax tree in order, a buffer at a time.
//
// Tree-sitter's cursor asks again at every step what it knew at the last one: who is hidden, where the parent's children
// begin, what the parent calls them. This walk keeps those answers in the frame of each open node, and writes what the
// extractor wants of a node into one row, so that reading it costs no call. It reads the tree through tree-sitter's own
// headers: another layout in a later version is compiled, not guessed.

#include "./subtree.h"
#include "./language.h"
#include "./tree.h"

typedef struct {
  TSNode node;
  uint32_t end_byte;
  uint32_t depth;
  TSSymbol kind;
  TSFieldId field;
  uint32_t child_count;
  uint32_t flags;
} Step;

enum { NAMED = 1, MISSING = 2 };

typedef struct {
  const Subtree *children;
  const TSSymbol *aliases;
  const TSFieldMapEntry *fields;
  const TSFieldMapEntry *fields_end;
  Length position;
  uint32_t child_count;
  uint32_t index;
  uint32_t structural_index;
  // Of the visible children.
  uint32_t depth;
  // Field of the node itself, which its children have when it is hidden.
  TSFieldId field;
} Frame;

typedef struct {
  const TSTree *tree;
  Array(Frame) frames;
} Walk;

// A node lies wherever the parser had room; asked for early, it is there when its turn comes.
static inline void prefetch(Subtree node) {
#ifdef __GNUC__
  if (!node.data.is_inline) __builtin_prefetch(node.ptr);
#endif
}

enum { AHEAD = 4 };

static void open_frame(Walk *self, const SubtreeHeapData *parent, Length start, uint32_t depth, TSFieldId field) {
  const TSLanguage *language = self->tree->language;
  Frame frame = {
    .children = (const Subtree *)parent - parent->child_count,
    .aliases = ts_language_alias_sequence(language, parent->production_id),
    .position = start,
    .child_count = parent->child_count,
    .depth = depth,
    .field = field,
  };
  ts_language_field_map(language, parent->production_id, &frame.fields, &frame.fields_end);
  for (uint32_t i = 0; i < frame.child_count && i < AHEAD; i++) prefetch(frame.children[i]);
  array_push(&self->frames, frame);
}

static inline TSFieldId field_of(const Frame *frame, uint32_t structural_index) {
  for (const TSFieldMapEntry *entry = frame->fields; entry < frame->fields_end; entry++) {
    if (!entry->inherited && entry->child_index == structural_index) return entry->field_id;
  }
  return frame->field;
}

static inline TSSymbol kind_of(const TSLanguage *language, TSSymbol symbol) {
  return symbol == ts_builtin_sym_error ? symbol : language->public_symbol_map[symbol];
}

static inline Step step_of(const Walk *self, const Subtree *child, Length start, TSSymbol alias, uint32_t depth) {
  const TSLanguage *language = self->tree->language;
  bool named = alias ? language->symbol_metadata[alias].named : ts_subtree_named(*child);
  return (Step) {
    .node = {{start.bytes, start.extent.row, start.extent.column, alias}, child, self->tree},
    .end_byte = start.bytes + ts_subtree_size(*child).bytes,
    .depth = depth,
    .kind = kind_of(language, alias ? alias : ts_subtree_symbol(*child)),
    .child_count = ts_subtree_visible_child_count(*child),
    .flags = (named ? NAMED : 0) | (ts_subtree_missing(*child) ? MISSING : 0),
  };
}

// Begins at the root of `tree`, which must outlive the walk.
Walk *leindex_walk_new(const TSTree *tree) {
  Walk *self = ts_calloc(1, sizeof(Walk));
  self->tree = tree;
  array_init(&self->frames);
  return self;
}

void leindex_walk_delete(Walk *self) {
  array_delete(&self->frames);
  ts_free(self);
}

// Writes the root, whose children come next.
void leindex_walk_root(Walk *self, Step *step) {
  const Subtree *root = &self->tree->root;
  Length start = ts_subtree_padding(*root);
  array_clear(&self->frames);
  if (ts_subtree_child_count(*root) > 0) open_frame(self, root->ptr, start, 1, 0);
  *step = step_of(self, root, start, 0, 0);
}

// Writes up to `capacity` further nodes; fewer only at the end of the tree.
uint32_t leindex_walk_next(Walk *self, Step *steps, uint32_t capacity) {
  uint32_t count = 0;
  while (count < capacity && self->frames.size > 0) {
    Frame *frame = array_back(&self->frames);
    if (frame->index == frame->child_count) {
      (void)array_pop(&self->frames);
      continue;
    }
    const Subtree *child = &frame->children[frame->index];
    if (frame->index > 0) frame->position = length_add(frame->position, ts_subtree_padding(*child));
    Length start = frame->position;
    frame->position = length_add(start, ts_subtree_size(*child));
    frame->index++;
    if (frame->index + AHEAD <= frame->child_count) prefetch(frame->children[frame->index + AHEAD - 1]);

    TSSymbol alias = 0;
    TSFieldId field = 0;
    if (!ts_subtree_extra(*child)) {
      uint32_t structural_index = frame->structural_index++;
      if (frame->aliases) alias = frame->aliases[structural_index];
      field = field_of(frame, structural_index);
    }
    bool visible = alias || ts_subtree_visible(*child);
    if (!visible && ts_subtree_visible_child_count(*child) == 0) continue;
    uint32_t depth = frame->depth;
    if (visible) {
      steps[count] = step_of(self, child, start, alias, depth);
      steps[count].field = field;
      count++;
    }
    if (ts_subtree_child_count(*child) > 0) {
      open_frame(self, child->ptr, start, visible ? depth + 1 : depth, visible ? 0 : field);
    }
  }
  return count;
}
