-- Why and since when a tenant is suspended: its members read the reason.
alter table tenants add column suspended_at bigint;
alter table tenants add column suspended_reason text;
-- The slug a deleted tenant had, which it takes again when its owner restores it.
alter table tenants add column deleted_slug text;
create index tenants_deleted_at_idx on tenants (deleted_at) where deleted_at is not null;

-- Why an operator disabled a person: operators read the reason.
alter table users add column disabled_reason text;

-- A second platform role, which only looks.
alter table operators drop constraint operators_role_check;
alter table operators add constraint operators_role_check check (role in ('operator', 'support'));

-- Removing a deleted tenant for good leaves its slugs reserved: links to it must not lead to another so soon.
alter table tenant_slugs drop constraint tenant_slugs_tenant_id_fkey;
