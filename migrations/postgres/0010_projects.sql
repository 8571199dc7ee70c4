-- Projects: the example of what a product adds. Every row is a tenant's, and goes with it. The name is kept a second
-- time as it is sorted, searched and compared, in lower case by the rules of Unicode, so that both databases agree.
-- Each order of the list is an index; where rows have in common what they are sorted by, their id decides.
create table projects (
    tenant_id uuid not null references tenants (id) on delete cascade,
    id uuid not null,
    name text not null,
    sort_name text collate "C" not null,
    description text not null,
    archived boolean not null default false,
    created_at bigint not null,
    updated_at bigint not null,
    -- counts every change a client may see: its ETag
    revision bigint not null default 1,
    constraint projects_pkey primary key (tenant_id, id),
    constraint projects_tenant_id_sort_name_key unique (tenant_id, sort_name)
);
create index projects_created_at_idx on projects (tenant_id, created_at, id);
create index projects_updated_at_idx on projects (tenant_id, updated_at, id);
