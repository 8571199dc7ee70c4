-- A member asks for a role; those who may give it answer. Who asked and which role are held by the database itself, so
-- that a request ends with either; the audit log keeps what became of it.
create table role_requests (
    id blob primary key,
    tenant_id blob not null,
    user_id blob not null,
    role_id blob not null,
    reason text not null,
    -- for how long; null is without end
    hours bigint,
    created_at bigint not null,
    -- until when it can be answered
    expires_at bigint not null,
    decision text,
    decided_at bigint,
    decided_by blob,
    note text not null default '',
    -- until when the role was given
    given_until bigint,
    constraint role_requests_tenant_id_id_key unique (tenant_id, id),
    constraint role_requests_decision_check check (decision in ('approved', 'declined', 'withdrawn')),
    constraint role_requests_member_fkey foreign key (tenant_id, user_id) references members (tenant_id, user_id) on delete cascade,
    constraint role_requests_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);
create index role_requests_user_idx on role_requests (tenant_id, user_id, id);
create index role_requests_role_idx on role_requests (tenant_id, role_id);
-- What waits for an answer is counted on every page of those who can give one.
create index role_requests_open_idx on role_requests (tenant_id, expires_at) where decision is null;

-- An event that is undone is named by its id.
create index audit_events_id_idx on audit_events (chain_id, id);

-- How long a tenant keeps its audit log; null is for ever. What is removed leaves an anchor in the chain: the place and
-- hash of the last event removed, from which the rest is verified.
alter table tenants add column audit_retention_days bigint;
create index tenants_retention_idx on tenants (id) where audit_retention_days is not null;
alter table audit_chains add column anchor_sequence bigint not null default 0;
alter table audit_chains add column anchor_hash blob;
alter table audit_chains add column anchored_at bigint;
