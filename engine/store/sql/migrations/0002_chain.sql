-- The journal becomes a chain: `hash` is that of the event and of the one before it
-- (engine.store.chain says how). Events from before have none, and never get one: nobody could
-- vouch for them.
ALTER TABLE event ADD COLUMN hash TEXT;

DROP TRIGGER event_without_gap;

CREATE TRIGGER event_without_gap BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event) OR NEW.hash IS NULL
BEGIN
  SELECT RAISE(ABORT, 'an event must follow the last one without a gap, linked to it');
END;
