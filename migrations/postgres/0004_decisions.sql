-- The record of decisions: what was decided lately, added up. Counts and no one's facts, so no event speaks of them
-- and no row hangs on another: what is no longer there is forgotten with time.

-- How often a principal was allowed or denied a permission in a week. Kept for five weeks; read by previews, which
-- ask by permission.
create table decision_counts (
    tenant_id uuid not null,
    permission text not null,
    principal_id uuid not null,
    -- weeks since 1970
    week bigint not null,
    allowed bigint not null,
    denied bigint not null,
    constraint decision_counts_pkey primary key (tenant_id, permission, principal_id, week)
);

-- When a role last allowed someone who held it something. Kept for a hundred days.
create table role_uses (
    tenant_id uuid not null,
    role_id uuid not null,
    permission text not null,
    last_used_at bigint not null,
    constraint role_uses_pkey primary key (tenant_id, role_id, permission)
);
