select p.*, r.id as role_id, r.key as role_key, r.name as role_name, a.expires_at
from (
    select lower(u.name) as sort_key, u.id, u.name, u.email, u.avatar_url, m.joined_at, m.last_seen_at, m.revision
    from members m
    join users u on u.id = m.user_id
    where m.tenant_id = $1
        and ($3 = '' or lower(u.name) like lower($3) escape '\' or lower(u.email) like lower($3) escape '\')
        and ($4 = '' or exists (
            select 1
            from role_assignments x
            join roles y on y.tenant_id = x.tenant_id and y.id = x.role_id
            where x.tenant_id = m.tenant_id and x.user_id = m.user_id and y.key = $4
                and (x.expires_at is null or x.expires_at > $2)
        ))
        and ($6 = 'start'
            or ($6 = 'name' and (lower(u.name), u.id) > ($7, $9))
            or ($6 = '-name' and (lower(u.name), u.id) < ($7, $9))
            or ($6 = 'joined_at' and (m.joined_at, u.id) > ($8, $9))
            or ($6 = '-joined_at' and (m.joined_at, u.id) < ($8, $9)))
    order by
        case when $5 = 'name' then lower(u.name) end,
        case when $5 = '-name' then lower(u.name) end desc,
        case when $5 = 'joined_at' then m.joined_at end,
        case when $5 = '-joined_at' then m.joined_at end desc,
        case when $5 in ('name', 'joined_at') then u.id end,
        u.id desc
    limit $10
) p
left join role_assignments a
    on a.tenant_id = $1 and a.user_id = p.id and (a.expires_at is null or a.expires_at > $2)
left join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id
order by
    case when $5 = 'name' then p.sort_key end,
    case when $5 = '-name' then p.sort_key end desc,
    case when $5 = 'joined_at' then p.joined_at end,
    case when $5 = '-joined_at' then p.joined_at end desc,
    case when $5 in ('name', 'joined_at') then p.id end,
    p.id desc,
    r.key
