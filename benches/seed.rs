//! Many tenants and members, written in a few statements. Used by the benchmarks only.

use freehold::ids::{TenantId, UserId};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Adds `tenants` tenants with the four system roles and `members` viewers each. The schema must be current.
pub(crate) async fn tenants(url: &str, tenants: usize, members: usize) -> Result<(), Failure> {
    let postgres = url.starts_with("postgres");
    let (id, names) = if postgres {
        ("gen_random_uuid()", format!("select i from generate_series(1, {tenants}) as n(i)"))
    } else {
        (
            "randomblob(16)",
            format!(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < {tenants}) select i from n"
            ),
        )
    };
    let people = names.replace(&tenants.to_string(), &members.to_string());
    let text = format!(
        "insert into tenants (id, slug, name, created_at, updated_at) \
           select {id}, 'seeded-' || i, 'Seeded ' || i, 1, 1 from ({names}) s;
         insert into tenant_slugs (slug, tenant_id) select slug, id from tenants where slug like 'seeded-%';
         insert into audit_chains (id, hash) select id, hash from (select id, {empty} as hash from tenants where slug like 'seeded-%') s;
         insert into roles (id, tenant_id, key, name, system, created_at, updated_at) \
           select {id}, t.id, k.key, k.key, {yes}, 1, 1 from tenants t, \
             (select 'owner' as key union select 'admin' union select 'member' union select 'viewer') k \
             where t.slug like 'seeded-%';
         insert into users (id, name, sort_name, email, created_at, updated_at) \
           select {id}, 'Member ' || t.slug || ' ' || i, 'member ' || t.slug || ' ' || i, \
             'm' || i || '@' || t.slug || '.example', 1, 1 \
             from tenants t, ({people}) s where t.slug like 'seeded-%';
         insert into members (tenant_id, user_id, joined_at, sort_name) \
           select t.id, u.id, 1, u.sort_name from users u join tenants t on u.email like 'm%' \
             and t.slug = {after_at};
         insert into role_assignments (tenant_id, user_id, role_id, assigned_at) \
           select m.tenant_id, m.user_id, r.id, 1 from members m join roles r on r.tenant_id = m.tenant_id \
             and r.key = 'viewer' join tenants t on t.id = m.tenant_id where t.slug like 'seeded-%';",
        empty = if postgres { "''::bytea" } else { "x''" },
        yes = if postgres { "true" } else { "1" },
        after_at = if postgres {
            "split_part(split_part(u.email, '@', 2), '.', 1)"
        } else {
            "replace(substr(u.email, instr(u.email, '@') + 1), '.example', '')"
        },
    );
    run(url, &text).await
}

/// Adds `members` viewers to the tenant `slug`.
pub(crate) async fn members(url: &str, slug: &str, members: usize) -> Result<(), Failure> {
    let postgres = url.starts_with("postgres");
    let (id, people) = if postgres {
        ("gen_random_uuid()", format!("select i from generate_series(1, {members}) as n(i)"))
    } else {
        (
            "randomblob(16)",
            format!(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < {members}) select i from n"
            ),
        )
    };
    let text = format!(
        "insert into users (id, name, sort_name, email, created_at, updated_at) \
           select {id}, 'Colleague ' || i, 'colleague ' || i, 'c' || i || '@{slug}.example', 1, 1 from ({people}) s;
         insert into members (tenant_id, user_id, joined_at, sort_name) \
           select t.id, u.id, 1, u.sort_name from tenants t, users u where t.slug = '{slug}' and u.email like '%@{slug}.example';
         insert into role_assignments (tenant_id, user_id, role_id, assigned_at) \
           select t.id, u.id, r.id, 1 from tenants t join roles r on r.tenant_id = t.id and r.key = 'viewer', users u \
             where t.slug = '{slug}' and u.email like '%@{slug}.example';"
    );
    run(url, &text).await
}

/// Adds `events` events to the log of the tenant `slug`, by its members. They are not chained: what follows them must
/// be what a page looks at.
pub(crate) async fn events(url: &str, slug: &str, events: usize) -> Result<(), Failure> {
    let postgres = url.starts_with("postgres");
    let numbers = if postgres {
        format!("select i from generate_series(1, {events}) as n(i)")
    } else {
        format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < {events}) select i from n"
        )
    };
    let (id, empty) = if postgres { ("gen_random_uuid()", "''::bytea") } else { ("randomblob(16)", "x''") };
    let text = format!(
        "insert into audit_events (chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type, \
           target_id, target_name, changes, outcome, ip, request_id, hash) \
           select t.id, c.sequence + s.i, {id}, cast(s.i as bigint) * 1000000, 'user', m.user_id, 'Colleague', \
             case when s.i % 10 = 0 then 'role.updated' else 'member.roles_changed' end, 'member', \
             'target-' || (s.i % 1000), 'Colleague', '{{}}', case when s.i % 50 = 0 then 'denied' else 'done' end, \
             '127.0.0.1', '', {empty} \
           from tenants t join audit_chains c on c.id = t.id \
             join (select user_id, tenant_id, row_number() over (order by user_id) as place from members) m \
               on m.tenant_id = t.id, ({numbers}) s \
           where t.slug = '{slug}' and m.place = 1 + s.i % 10;
         update audit_chains set sequence = sequence + {events} \
           where id in (select id from tenants where slug = '{slug}');"
    );
    run(url, &text).await
}

/// Lets the database look at what there is, as it does by itself in time.
pub(crate) async fn analyse(url: &str) -> Result<(), Failure> {
    run(url, "analyze").await
}

async fn run(url: &str, text: &str) -> Result<(), Failure> {
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await?;
        let mut tx = connection.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut *tx).await?;
        tx.commit().await?;
        sqlx::raw_sql("analyze").execute(&mut connection).await?;
        connection.close().await?;
    } else {
        let mut connection = SqliteConnection::connect(url).await?;
        let mut tx = connection.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut *tx).await?;
        tx.commit().await?;
        connection.close().await?;
    }
    Ok(())
}

/// Up to `limit` (tenant, member) pairs, in no order.
pub(crate) async fn pairs(url: &str, limit: usize) -> Result<Vec<(TenantId, UserId)>, Failure> {
    let mut connection = SqliteConnection::connect(url).await?;
    let text = format!("select tenant_id, user_id from members order by substr(tenant_id, 3) limit {limit}");
    Ok(sqlx::query_as(AssertSqlSafe(text)).fetch_all(&mut connection).await?)
}
