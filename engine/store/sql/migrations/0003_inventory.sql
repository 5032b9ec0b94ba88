-- What the engine was told of the estate, once for each content: the event InventoryLoaded names it by
-- its digest. `body` is the inventory as JSON (engine.inventory.kept), packed with zlib.
CREATE TABLE inventory (
  digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
  body BLOB NOT NULL
) STRICT;

CREATE TRIGGER inventory_stays BEFORE UPDATE ON inventory
BEGIN
  SELECT RAISE(ABORT, 'an inventory that was kept never changes');
END;
