-- Every statement the store sends, by name (engine.store.queries reads this file).
-- File format: a line `-- name --`, then lines of comment, then one statement.

-- use_wal --
PRAGMA journal_mode = WAL

-- sync_fully --
-- A commit returns only when it is on disk.
PRAGMA synchronous = FULL

-- sync_never --
-- For the simulation: its engines are killed, its disks keep their power.
PRAGMA synchronous = OFF

-- application_id --
PRAGMA application_id

-- user_version --
PRAGMA user_version

-- table_count --
SELECT count(*) FROM sqlite_schema

-- check_all --
PRAGMA quick_check(1)

-- check_journal --
PRAGMA quick_check(journal)

-- check_snapshots --
PRAGMA quick_check(snapshot)

-- begin --
-- The write lock at once: a reader that becomes a writer would fail half-way.
BEGIN IMMEDIATE

-- commit --
COMMIT

-- rollback --
ROLLBACK

-- insert_store --
INSERT INTO journal (only_row, store) VALUES (1, ?)

-- select_store --
SELECT store FROM journal

-- last_seq --
SELECT coalesce(max(seq), 0) FROM event

-- insert_event --
INSERT INTO event (seq, at, elapsed_s, kind, change, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)

-- last_hash --
SELECT hash FROM event ORDER BY seq DESC LIMIT 1

-- entries_after --
-- Every event as it is kept, for the audit.
SELECT seq, at, elapsed_s, kind, change, body, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?

-- insert_snapshot --
INSERT OR REPLACE INTO snapshot (seq, format, body) VALUES (?, ?, ?)

-- prune_snapshots --
-- The newest two stay: should the newest be unreadable, the one before it serves.
DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT 2)

-- select_snapshots --
SELECT seq, format, body FROM snapshot ORDER BY seq DESC

-- events_after --
SELECT seq, at, elapsed_s, kind, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?

-- events_before --
SELECT seq, at, elapsed_s, kind, body FROM event WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?

-- events_of_change_after --
SELECT seq, at, elapsed_s, kind, body FROM event WHERE change = ? AND seq > ? ORDER BY seq LIMIT ?

-- events_of_change_before --
SELECT seq, at, elapsed_s, kind, body FROM event WHERE change = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?

-- events_of_kinds_after --
-- The kinds come as a list in JSON. There is no index on them: few ask, and a scan is quick.
SELECT seq, at, elapsed_s, kind, body FROM event
WHERE kind IN (SELECT value FROM json_each(?)) AND seq > ? ORDER BY seq LIMIT ?

-- events_of_kinds_before --
SELECT seq, at, elapsed_s, kind, body FROM event
WHERE kind IN (SELECT value FROM json_each(?)) AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?


-- insert_inventory --
INSERT OR IGNORE INTO inventory (digest, body) VALUES (?, ?)

-- select_inventory --
SELECT body FROM inventory WHERE digest = ?

-- copy --
-- A copy by itself, without a -wal file; it also leaves out what was freed.
VACUUM INTO ?
