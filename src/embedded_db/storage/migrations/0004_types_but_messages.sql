-- Nearly all nodes are messages, which are found by their chat: in an index of types each is a page to write for nobody.
DROP INDEX nodes_type;
CREATE INDEX nodes_type ON nodes(type, created_at) WHERE type <> 'Message';
