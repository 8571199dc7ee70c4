-- Apps are machine members: they hold roles as people do, and call with tokens of the tenant they belong to.
-- Secrets and tokens are kept as SHA-256 of 256 random bits; nothing here opens anything.

create table apps (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    -- made by the server; looks like no person's or tenant's id
    client_id text not null,
    name text not null,
    enabled boolean not null default true,
    -- what its access tokens are: looked up (opaque) or signed (jwt)
    token_format text not null default 'opaque',
    created_at bigint not null,
    created_by uuid not null,
    last_used_at bigint,
    last_used_from text,
    -- counts every change that a cached copy of this app or of its tokens must notice
    version bigint not null default 1,
    -- counts every change a client may see: its ETag
    revision bigint not null default 1,
    constraint apps_client_id_key unique (client_id),
    constraint apps_tenant_id_id_key unique (tenant_id, id),
    constraint apps_token_format_check check (token_format in ('opaque', 'jwt'))
);

-- Twin of role_assignments.
create table app_roles (
    tenant_id uuid not null,
    app_id uuid not null,
    role_id uuid not null,
    expires_at bigint,
    assigned_at bigint not null,
    assigned_by uuid,
    constraint app_roles_pkey primary key (tenant_id, app_id, role_id),
    constraint app_roles_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade,
    constraint app_roles_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id)
);
create index app_roles_role_idx on app_roles (tenant_id, role_id, app_id);

-- Browsers at these origins may call with the app's tokens.
create table app_origins (
    tenant_id uuid not null,
    app_id uuid not null,
    origin text not null,
    constraint app_origins_pkey primary key (tenant_id, app_id, origin),
    constraint app_origins_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index app_origins_origin_idx on app_origins (origin);

create table app_secrets (
    id uuid primary key,
    tenant_id uuid not null,
    app_id uuid not null,
    prefix text not null,
    hash bytea not null,
    created_at bigint not null,
    created_by uuid not null,
    expires_at bigint not null,
    last_used_at bigint,
    -- when its coming end was told by mail
    warned_at bigint,
    constraint app_secrets_hash_key unique (hash),
    constraint app_secrets_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index app_secrets_app_idx on app_secrets (tenant_id, app_id);
create index app_secrets_expires_at_idx on app_secrets (expires_at);

-- Personal tokens belong to a member, access tokens to an app; with either they go.
create table tokens (
    id uuid primary key,
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid,
    app_id uuid,
    name text not null,
    prefix text not null,
    hash bytea not null,
    -- permissions, separated by spaces, as OAuth writes scopes
    scopes text not null,
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    last_used_at bigint,
    last_used_from text,
    warned_at bigint,
    constraint tokens_hash_key unique (hash),
    constraint tokens_owner_check check ((user_id is null) <> (app_id is null)),
    constraint tokens_member_fkey foreign key (tenant_id, user_id) references members (tenant_id, user_id) on delete cascade,
    constraint tokens_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index tokens_tenant_idx on tokens (tenant_id, id);
create index tokens_user_idx on tokens (user_id, tenant_id, id);
create index tokens_app_idx on tokens (tenant_id, app_id, id);
create index tokens_expires_at_idx on tokens (expires_at);

-- An app may invite as a person may: who invited is a principal, and is looked up in the table of its type.
alter table invitations drop constraint invitations_invited_by_fkey;
alter table invitations add column inviter_type text not null default 'user';
alter table invitations add constraint invitations_inviter_type_check check (inviter_type in ('user', 'app'));
