-- The journal: one row an event, append-only, and snapshots of the state to start from.
-- `PRAGMA application_id` 0x494c434b is "ILCK": other SQLite files are not ours to touch.
PRAGMA application_id = 1229734731;

-- One row: the journal's own id, by which hosts tell this journal from any other.
CREATE TABLE journal (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  store TEXT NOT NULL CHECK (store <> '')
) STRICT;

-- `at` is RFC 3339 in UTC, `body` the event as JSON, `kind` its class; `change` is the id of
-- the change it belongs to, NULL if it belongs to none.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  elapsed_s REAL NOT NULL,
  kind TEXT NOT NULL,
  change TEXT,
  body TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_change ON event (change, seq) WHERE change IS NOT NULL;

CREATE TRIGGER event_without_gap BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event)
BEGIN
  SELECT RAISE(ABORT, 'an event must follow the last one without a gap');
END;

CREATE TRIGGER event_stays BEFORE UPDATE ON event
BEGIN
  SELECT RAISE(ABORT, 'an event never changes');
END;

CREATE TRIGGER event_is_kept BEFORE DELETE ON event
BEGIN
  SELECT RAISE(ABORT, 'an event is never deleted');
END;

-- The state as of `seq`, as JSON in the given format of the codec.
CREATE TABLE snapshot (
  seq INTEGER PRIMARY KEY,
  format INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
