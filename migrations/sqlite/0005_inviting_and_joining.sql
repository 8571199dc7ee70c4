-- What an invitation offers may end, as what a member holds may. An invitation ends no later than the first of its
-- roles, so who accepts gets all that was offered.
alter table invitation_roles add column expires_at bigint;

-- Domains a tenant says are its own. Only what it has proved counts, and of several tenants only one can have proved
-- a domain at a time; before that, nothing tells one tenant of another's wish.
create table domains (
    tenant_id blob not null references tenants (id) on delete cascade,
    name text not null,
    -- what the TXT record must hold; random, so that nobody can have it there by chance
    token text not null,
    verified_at bigint,
    -- when the name servers last answered
    checked_at bigint,
    joining text not null default 'off',
    created_at bigint not null,
    -- counts every change a client may see: its ETag
    revision bigint not null default 1,
    constraint domains_pkey primary key (tenant_id, name),
    constraint domains_joining_check check (joining in ('off', 'ask', 'open'))
);
create unique index domains_name_key on domains (name) where verified_at is not null;

-- The role that joining gives. A table of its own, as for invitations: a role that is deleted leaves none.
create table domain_roles (
    tenant_id blob not null,
    domain text not null,
    role_id blob not null,
    constraint domain_roles_pkey primary key (tenant_id, domain),
    constraint domain_roles_domain_fkey foreign key (tenant_id, domain) references domains (tenant_id, name) on delete cascade,
    constraint domain_roles_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);

-- People who hold an address in a tenant's domain and ask to be let in.
create table join_requests (
    id blob primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    user_id blob not null references users (id) on delete cascade,
    domain text not null,
    email text not null,
    created_at bigint not null,
    decided_at bigint,
    decided_by blob,
    outcome text,
    constraint join_requests_outcome_check check (outcome in ('approved', 'declined'))
);
create unique index join_requests_open_key on join_requests (tenant_id, user_id) where decided_at is null;
create index join_requests_user_idx on join_requests (user_id, tenant_id);

-- Whom a tenant removed. They do not come back by themselves, only when someone lets them in.
create table removed_members (
    tenant_id blob not null references tenants (id) on delete cascade,
    user_id blob not null references users (id) on delete cascade,
    removed_at bigint not null,
    constraint removed_members_pkey primary key (tenant_id, user_id)
);
