-- Apps are machine members: they hold roles as people do, and call with tokens of the tenant they belong to.
-- Secrets and tokens are kept as SHA-256 of 256 random bits; nothing here opens anything.

create table apps (
    id blob primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    -- made by the server; looks like no person's or tenant's id
    client_id text not null,
    name text not null,
    enabled boolean not null default true,
    -- what its access tokens are: looked up (opaque) or signed (jwt)
    token_format text not null default 'opaque',
    created_at bigint not null,
    created_by blob not null,
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
    tenant_id blob not null,
    app_id blob not null,
    role_id blob not null,
    expires_at bigint,
    assigned_at bigint not null,
    assigned_by blob,
    constraint app_roles_pkey primary key (tenant_id, app_id, role_id),
    constraint app_roles_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade,
    constraint app_roles_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id)
);
create index app_roles_role_idx on app_roles (tenant_id, role_id, app_id);

-- Browsers at these origins may call with the app's tokens.
create table app_origins (
    tenant_id blob not null,
    app_id blob not null,
    origin text not null,
    constraint app_origins_pkey primary key (tenant_id, app_id, origin),
    constraint app_origins_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index app_origins_origin_idx on app_origins (origin);

create table app_secrets (
    id blob primary key,
    tenant_id blob not null,
    app_id blob not null,
    prefix text not null,
    hash blob not null,
    created_at bigint not null,
    created_by blob not null,
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
    id blob primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    user_id blob,
    app_id blob,
    name text not null,
    prefix text not null,
    hash blob not null,
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
create table invitations_by_principals (
    id blob primary key,
    tenant_id blob not null references tenants (id) on delete cascade,
    email text not null,
    token_hash blob not null,
    inviter_type text not null default 'user',
    invited_by blob not null,
    created_at bigint not null,
    sent_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    accepted_by blob,
    revoked_at bigint,
    constraint invitations_token_hash_key unique (token_hash),
    constraint invitations_tenant_id_id_key unique (tenant_id, id),
    constraint invitations_inviter_type_check check (inviter_type in ('user', 'app'))
);
insert into invitations_by_principals (id, tenant_id, email, token_hash, invited_by, created_at, sent_at, expires_at,
    accepted_at, accepted_by, revoked_at)
    select id, tenant_id, email, token_hash, invited_by, created_at, sent_at, expires_at, accepted_at, accepted_by,
        revoked_at from invitations;

create table invitation_roles_by_principals (
    tenant_id blob not null,
    invitation_id blob not null,
    role_id blob not null,
    expires_at bigint,
    constraint invitation_roles_pkey primary key (tenant_id, invitation_id, role_id),
    constraint invitation_roles_invitation_fkey foreign key (tenant_id, invitation_id) references invitations_by_principals (tenant_id, id) on delete cascade,
    constraint invitation_roles_role_fkey foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);
insert into invitation_roles_by_principals (tenant_id, invitation_id, role_id, expires_at)
    select tenant_id, invitation_id, role_id, expires_at from invitation_roles;
drop table invitation_roles;
drop table invitations;
alter table invitations_by_principals rename to invitations;
alter table invitation_roles_by_principals rename to invitation_roles;
create index invitations_tenant_id_idx on invitations (tenant_id, id);
create index invitations_email_idx on invitations (email, sent_at);
create index invitations_open_idx on invitations (tenant_id, expires_at) where accepted_at is null and revoked_at is null;
