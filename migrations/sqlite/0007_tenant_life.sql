-- Why and since when a tenant is suspended: its members read the reason.
alter table tenants add column suspended_at bigint;
alter table tenants add column suspended_reason text;
-- The slug a deleted tenant had, which it takes again when its owner restores it.
alter table tenants add column deleted_slug text;
create index tenants_deleted_at_idx on tenants (deleted_at) where deleted_at is not null;

-- Why an operator disabled a person: operators read the reason.
alter table users add column disabled_reason text;

-- A second platform role, which only looks.
create table operators_of_two_kinds (
    user_id blob primary key references users (id) on delete cascade,
    role text not null,
    created_at bigint not null,
    constraint operators_role_check check (role in ('operator', 'support'))
);
insert into operators_of_two_kinds (user_id, role, created_at) select user_id, role, created_at from operators;
drop table operators;
alter table operators_of_two_kinds rename to operators;

-- Removing a deleted tenant for good leaves its slugs reserved: links to it must not lead to another so soon.
create table tenant_slugs_that_last (
    slug text primary key,
    tenant_id blob not null,
    reserved_until bigint
);
insert into tenant_slugs_that_last (slug, tenant_id, reserved_until)
    select slug, tenant_id, reserved_until from tenant_slugs;
drop table tenant_slugs;
alter table tenant_slugs_that_last rename to tenant_slugs;
