-- The audit log is asked for by whom, to what, what, how it ended and when; newest first, from anywhere. Each index
-- ends in the sequence, so that a page is read from it in order and without sorting, however long the log is.
create index audit_events_actor_idx on audit_events (chain_id, actor_id, sequence);
create index audit_events_target_idx on audit_events (chain_id, target_id, sequence);
create index audit_events_action_idx on audit_events (chain_id, action, sequence);
-- What was not done is rare and sought often; what was done is nearly everything.
create index audit_events_undone_idx on audit_events (chain_id, sequence) where outcome <> 'done';
-- From a moment to its place in the log.
create index audit_events_at_idx on audit_events (chain_id, at);
