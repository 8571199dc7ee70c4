-- Keys that sign access tokens (RFC 9068). The private half is sealed with a key made from FREEHOLD_SECRET.

create table signing_keys (
    kid text not null,
    algorithm text not null,
    public_jwk text not null,
    private_key blob not null,
    created_at bigint not null,
    -- published from created_at on, used from here on: every node and most verifiers know a key before they meet it
    signs_from bigint not null,
    -- when no token it signed is good any more; none while it is the newest
    expires_at bigint,
    constraint signing_keys_pkey primary key (kid)
);
-- One newest key, whoever makes it first.
create unique index signing_keys_newest_key on signing_keys (algorithm) where expires_at is null;

-- Public keys by which an app proves who it is (RFC 7523, private_key_jwt).
create table app_keys (
    tenant_id blob not null,
    app_id blob not null,
    kid text not null,
    algorithm text not null,
    jwk text not null,
    created_at bigint not null,
    created_by blob not null,
    constraint app_keys_pkey primary key (tenant_id, app_id, kid),
    constraint app_keys_app_fkey foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index app_keys_app_idx on app_keys (app_id);

-- Assertions that were used: none is taken twice.
create table used_assertions (
    app_id blob not null references apps (id) on delete cascade,
    jti text not null,
    expires_at bigint not null,
    constraint used_assertions_pkey primary key (app_id, jti)
);
create index used_assertions_expires_at_idx on used_assertions (expires_at);
