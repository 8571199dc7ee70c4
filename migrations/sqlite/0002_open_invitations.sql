-- Open invitations are few, past ones pile up for ever. What waits for an answer, and until when, is asked each time
-- someone looks at the overview, so it is found without passing over the past.
create index invitations_open_idx on invitations (tenant_id, expires_at) where accepted_at is null and revoked_at is null;
