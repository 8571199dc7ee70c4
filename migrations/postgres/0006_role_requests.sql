-- A member asks for a role; those who may give it answer. Who asked and which role are held by the database itself, so
-- that a request ends with either; the audit log keeps what became of it.
create table role_requests (
    id uuid primary key,
    tenant_id uuid not null,
    user_id uuid not null,
    role_id uuid not null,
    reason text not null,
    -- for how long; null is without end
    hours bigint,
    created_at bigint not null,
    -- until when it can be answered
    expires_at bigint not null,
    decision text,
    decided_at bigint,
    decided_by uuid,
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
