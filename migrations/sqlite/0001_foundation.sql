-- The foundation: people, tenants, roles, invitations, sessions, audit, and the feed of changes.
--
-- Times are whole microseconds since 1970 in bigint, so that one SQL text compares and orders them on both
-- databases. Ids are UUIDv7. Rows of a tenant refer to each other by (tenant_id, id), so that the database
-- itself refuses a role of one tenant on a member of another.

create table users (
    id blob primary key,
    name text not null,
    email text,
    email_verified boolean not null default false,
    avatar_url text,
    -- counts every change that a cached copy of this person must notice
    version bigint not null default 1,
    created_at bigint not null,
    updated_at bigint not null,
    disabled_at bigint
);

create table identities (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    provider text not null,
    issuer text not null,
    subject text not null,
    username text,
    email text,
    created_at bigint not null,
    last_used_at bigint not null,
    constraint identities_provider_issuer_subject_key unique (provider, issuer, subject)
);
create index identities_user_id_idx on identities (user_id);

-- Addresses a provider vouches for. What is not here is not verified.
create table identity_emails (
    identity_id blob not null references identities (id) on delete cascade,
    email text not null,
    constraint identity_emails_pkey primary key (identity_id, email)
);
create index identity_emails_email_idx on identity_emails (email);

create table tenants (
    id blob primary key,
    slug text not null,
    name text not null,
    status text not null default 'active',
    -- counts every change that decisions may depend on
    policy_version bigint not null default 1,
    -- counts every change of the row a client may see: its ETag
    revision bigint not null default 1,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    constraint tenants_slug_key unique (slug),
    constraint tenants_status_check check (status in ('active', 'suspended'))
);

-- The one authority on which slug belongs to whom: present slugs, and past ones until their reservation ends.
create table tenant_slugs (
    slug text primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    reserved_until bigint
);

create table members (
    tenant_id blob not null references tenants (id) on delete cascade,
    user_id blob not null references users (id) on delete cascade,
    joined_at bigint not null,
    last_seen_at bigint,
    revision bigint not null default 1,
    constraint members_pkey primary key (tenant_id, user_id)
);
create index members_user_id_idx on members (user_id);

create table roles (
    id blob primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    key text not null,
    name text not null,
    description text not null default '',
    system boolean not null default false,
    created_at bigint not null,
    updated_at bigint not null,
    constraint roles_tenant_id_key_key unique (tenant_id, key),
    constraint roles_tenant_id_id_key unique (tenant_id, id)
);

create table role_permissions (
    tenant_id blob not null,
    role_id blob not null,
    permission text not null,
    effect text not null,
    constraint role_permissions_pkey primary key (tenant_id, role_id, permission, effect),
    constraint role_permissions_effect_check check (effect in ('allow', 'deny')),
    constraint role_permissions_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);

create table role_parents (
    tenant_id blob not null,
    role_id blob not null,
    parent_id blob not null,
    constraint role_parents_pkey primary key (tenant_id, role_id, parent_id),
    constraint role_parents_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade,
    constraint role_parents_parent_fkey foreign key (tenant_id, parent_id) references roles (tenant_id, id) on delete cascade
);

create table role_assignments (
    tenant_id blob not null,
    user_id blob not null,
    role_id blob not null,
    expires_at bigint,
    assigned_at bigint not null,
    assigned_by blob,
    constraint role_assignments_pkey primary key (tenant_id, user_id, role_id),
    constraint role_assignments_member_fkey foreign key (tenant_id, user_id) references members (tenant_id, user_id) on delete cascade,
    constraint role_assignments_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id)
);
create index role_assignments_role_idx on role_assignments (tenant_id, role_id);

create table invitations (
    id blob primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    email text not null,
    token_hash blob not null,
    invited_by blob not null references users (id) on delete cascade,
    created_at bigint not null,
    sent_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    accepted_by blob,
    revoked_at bigint,
    constraint invitations_token_hash_key unique (token_hash),
    constraint invitations_tenant_id_id_key unique (tenant_id, id)
);
create index invitations_tenant_id_idx on invitations (tenant_id, id);
create index invitations_email_idx on invitations (email, sent_at);

create table invitation_roles (
    tenant_id blob not null,
    invitation_id blob not null,
    role_id blob not null,
    constraint invitation_roles_pkey primary key (tenant_id, invitation_id, role_id),
    constraint invitation_roles_invitation_fkey foreign key (tenant_id, invitation_id) references invitations (tenant_id, id) on delete cascade,
    constraint invitation_roles_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);

-- The index of sessions: who is signed in where. The record a cookie opens lives in the session store.
create table sessions (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    identity_id blob not null,
    user_agent text not null,
    ip text not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint
);
create index sessions_user_id_idx on sessions (user_id, id);
create index sessions_expires_at_idx on sessions (expires_at);

-- The session store used when there is no Redis. Keyed by the hash of the cookie.
create table session_records (
    id_hash blob primary key,
    data blob not null,
    expires_at bigint not null
);
create index session_records_expires_at_idx on session_records (expires_at);

-- A sign-in under way. A row is deleted when its state is first presented, whatever becomes of it.
create table login_attempts (
    state_hash blob primary key,
    provider text not null,
    browser_hash blob not null,
    verifier text not null,
    nonce text not null,
    -- encrypted: it may be an invitation's link
    return_to blob not null,
    link_user_id blob references users (id) on delete cascade,
    link_session_id blob,
    expires_at bigint not null
);
create index login_attempts_expires_at_idx on login_attempts (expires_at);

-- Permission to link one more identity: given to one session, for one provider, to be used once.
create table link_grants (
    token_hash blob primary key,
    user_id blob not null references users (id) on delete cascade,
    session_id blob not null,
    provider text not null,
    expires_at bigint not null
);

create table operators (
    user_id blob primary key references users (id) on delete cascade,
    role text not null,
    created_at bigint not null,
    constraint operators_role_check check (role in ('operator'))
);

-- One chain per tenant, per user (sign-ins and the like), and one for the platform (the nil id).
-- Every write locks its chain's row first, so writes of one tenant follow one another and guards cannot race.
create table audit_chains (
    id blob primary key,
    sequence bigint not null default 0,
    hash blob not null
);

create table audit_events (
    chain_id blob not null,
    sequence bigint not null,
    id blob not null,
    at bigint not null,
    actor_type text not null,
    actor_id blob,
    actor_name text not null,
    action text not null,
    target_type text not null,
    target_id text not null,
    target_name text not null,
    changes text not null,
    outcome text not null,
    ip text not null,
    request_id text not null,
    hash blob not null,
    constraint audit_events_pkey primary key (chain_id, sequence),
    constraint audit_events_outcome_check check (outcome in ('done', 'denied', 'failed'))
);

-- What nodes must notice. Read by polling with an overlapping window: commits become visible out of order.
create table changes (
    sequence integer primary key autoincrement,
    kind text not null,
    subject_id blob not null,
    version bigint not null,
    at bigint not null
);

-- Mail waiting to be sent. The body is encrypted: it may carry an invitation's secret.
create table outbox (
    id blob primary key,
    recipient text not null,
    sealed blob not null,
    created_at bigint not null,
    due_at bigint not null,
    attempts bigint not null default 0,
    expires_at bigint not null
);
create index outbox_due_at_idx on outbox (due_at);
