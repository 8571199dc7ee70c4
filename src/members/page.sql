select p.*, r.id as role_id, r.key as role_key, r.name as role_name, a.expires_at
from (
    select m.sort_name as sort_key, u.id, u.name, u.email, u.avatar_url, m.joined_at, m.last_seen_at, m.revision
    from FROM
    join users u on u.id = m.user_id
    where m.tenant_id = $1
        and ($3 = '' or m.sort_name like $3 escape '\' or lower(u.email) like $3 escape '\')
        and HOLDING
        START
    order by m.COLUMN WAY, m.user_id WAY
    limit $8
) p
left join role_assignments a
    on a.tenant_id = $1 and a.user_id = p.id and (a.expires_at is null or a.expires_at > $2)
left join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id
order by p.SORTED WAY, p.id WAY, r.key
