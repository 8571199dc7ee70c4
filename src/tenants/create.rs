//! Making a tenant: with its roles, its slug, and its maker as owner, in one write. Called for a signed-in person;
//! must never make one that nobody owns.

use serde::Deserialize;

use super::{Tenant, store};
use crate::authz::platform::PlatformPermission as _;
use crate::authz::{Authz, SessionUser, platform};
use crate::config::TenantCreation;
use crate::db::{AuditEvent, Chain, Committed, Database, Target, WriteTx};
use crate::error::{Denial, Error, Result};
use crate::ids::{DecisionId, RoleId, TenantId, random_bytes};
use crate::members;
use crate::names::{Name, Slug};
use crate::roles::guards::OWNER;

/// The body of `POST /tenants`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// Its name for people, 1 to 80 characters.
    pub name: String,
    /// Its name in paths; made from the name when absent.
    #[serde(default)]
    pub slug: Option<String>,
}

/// Who may make tenants, and how many.
#[derive(Debug, Clone, Copy)]
pub struct CreationRules {
    /// Who.
    pub who: TenantCreation,
    /// How many tenants one person may own.
    pub per_owner: i64,
}

/// How often a slug is made anew when it is taken.
const TRIES: usize = 8;

/// Makes a tenant that the principal owns.
///
/// # Errors
/// [`Error::Forbidden`] when only operators make tenants here; [`Error::Invalid`] for a name or slug that breaks the
/// rules; [`Error::Conflict`] when the slug is taken or the person owns as many tenants as one may;
/// [`Error::Unavailable`].
pub async fn create(
    database: &Database,
    authz: &Authz,
    principal: &SessionUser,
    new: &NewTenant,
    rules: CreationRules,
) -> Result<(Tenant, Committed)> {
    if rules.who == TenantCreation::Operators
        && !authz.may_operate::<platform::perm::TenantsCreate>(&principal.user)
    {
        return Err(operators_only());
    }
    let name = Name::parse(&new.name, "/name");
    let slug = new.slug.as_deref().map(|slug| Slug::choose(slug, "/slug")).transpose();
    let (name, slug) = super::change::both(name, slug)?;
    let id = TenantId::new();
    let user = principal.user.id;
    let mut tx = database.write(Chain::Tenant(id)).await?;
    // First, because it locks the person: two tenants made at once are counted one after the other.
    tx.touch_user(user).await?;
    let now = tx.at();
    if store::owned_by(&mut tx, user, now).await? >= rules.per_owner {
        let text = format!("You own {} tenants, which is as many as one person may.", rules.per_owner);
        return Err(Error::Conflict(text.into()));
    }
    store::insert(&mut tx, id, &name).await?;
    let slug = take(&mut tx, id, &name, slug).await?;
    store::set_slug(&mut tx, id, &slug).await?;
    members::admit(&mut tx, id, user).await?;
    for role in authz.system_roles().iter() {
        let role_id = RoleId::new();
        store::insert_role(&mut tx, id, role_id, role).await?;
        if role.key == OWNER {
            store::assign(&mut tx, id, user, role_id).await?;
        }
    }
    let mut tenant = Tenant::from(store::row(&mut tx, id).await?);
    let after = serde_json::json!({ "name": tenant.name, "slug": tenant.slug, "owner": user });
    let event =
        AuditEvent::done(principal.actor(), "tenant.created", Target::new("tenant", id, tenant.name.clone()))
            .changing(&serde_json::Value::Null, &after)
            .affecting_access();
    let committed = tx.commit(event).await?;
    tenant.policy_version = committed.policy_version.unwrap_or(tenant.policy_version);
    Ok((tenant, committed))
}

/// Takes the slug that was asked for, or the first free one like the name.
async fn take(tx: &mut WriteTx, tenant: TenantId, name: &Name, wanted: Option<Slug>) -> Result<Slug> {
    if let Some(slug) = wanted {
        return if store::claim(tx, &slug, tenant).await? { Ok(slug) } else { Err(taken()) };
    }
    let plain = Slug::from_name(name.as_str());
    if let Some(slug) = &plain
        && store::claim(tx, slug, tenant).await?
    {
        return Ok(slug.clone());
    }
    for _ in 0..TRIES {
        if let Some(slug) = variant(plain.as_ref())
            && store::claim(tx, &slug, tenant).await?
        {
            return Ok(slug);
        }
    }
    Err(taken())
}

/// What is said of a slug that another tenant has, or had until lately.
pub const SLUG_TAKEN: &str = "This slug is taken. Choose another.";

pub(super) fn taken() -> Error {
    Error::Conflict(SLUG_TAKEN.into())
}

/// The slug, shortened, with six random characters; `tenant-` and those when there is none.
fn variant(slug: Option<&Slug>) -> Option<Slug> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
    let letter = |byte: u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('a', char::from);
    let tail: String = random_bytes::<6>().into_iter().map(letter).collect();
    let head: String = slug.map_or("tenant", Slug::as_str).chars().take(33).collect();
    Slug::choose(&format!("{}-{tail}", head.trim_end_matches('-')), "/slug").ok()
}

/// There is no tenant to explain this by.
fn operators_only() -> Error {
    Error::Forbidden(Box::new(Denial {
        reason: "Only operators create tenants here.".into(),
        required: platform::perm::TenantsCreate::NAME.into(),
        held_roles: Vec::new(),
        granted_by: Vec::new(),
        request: None,
        ask: Vec::new(),
        decision_id: DecisionId::new(),
        policy_version: 0,
        role_names: Vec::new(),
        suspended: false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_of_any_slug_is_a_slug() {
        for name in ["Acme", &"a".repeat(40), &format!("{}-b", "a".repeat(32))] {
            let slug = Slug::from_name(name).unwrap();
            let one = variant(Some(&slug)).unwrap();
            assert_ne!(variant(Some(&slug)).unwrap(), one);
            assert!(Slug::choose(one.as_str(), "/slug").is_ok());
        }
        assert!(variant(None).unwrap().as_str().starts_with("tenant-"));
    }
}
