-- The order of members by name, in an index: a list of fifty reads fifty rows, however many members there are. An
-- index lies in one table, so members carry what they are sorted by; the program makes it, in lower case by the rules
-- of Unicode, so that both databases sort alike. What an older release writes beside this one sorts first until the
-- person's next sign-in.

alter table users add column sort_name text collate "C" not null default '';
update users set sort_name = lower(name);

alter table members add column sort_name text collate "C" not null default '';
update members set sort_name = (select u.sort_name from users u where u.id = members.user_id);
create index members_sort_name_idx on members (tenant_id, sort_name, user_id);
create index members_joined_at_idx on members (tenant_id, joined_at, user_id);

-- Who holds a role, by id: for asking who may do something that few may.
drop index role_assignments_role_idx;
create index role_assignments_role_idx on role_assignments (tenant_id, role_id, user_id);
