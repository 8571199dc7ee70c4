//! Who may make a role what, on both databases: nobody comes to more than they hold, by any way round.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::store::world::{START, World, on_both};
use freehold::authz::perm;
use freehold::error::{Error, Result};
use freehold::ids::{TenantId, UserId};
use freehold::members::{RoleAssignment, set_roles};
use freehold::roles::*;

#[allow(clippy::unnecessary_wraps, reason = "a field that is given, as bodies have it")]
fn texts(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn role(name: &str, permissions: &[&str], inherits: &[&str]) -> NewRole {
    NewRole {
        name: name.to_owned(),
        permissions: texts(permissions),
        inherits: texts(inherits),
        ..NewRole::default()
    }
}

fn denying(name: &str, denies: &[&str]) -> NewRole {
    NewRole { denies: texts(denies), ..role(name, &[], &[]) }
}

fn allow(permissions: &[&str]) -> RoleChange {
    RoleChange { permissions: texts(permissions), ..RoleChange::default() }
}

fn deny(permissions: &[&str]) -> RoleChange {
    RoleChange { denies: texts(permissions), ..RoleChange::default() }
}

fn inherit(keys: &[&str]) -> RoleChange {
    RoleChange { inherits: texts(keys), ..RoleChange::default() }
}

/// Someone, acting in a tenant.
struct Actor<'w> {
    world: &'w World,
    user: UserId,
    tenant: TenantId,
}

impl Actor<'_> {
    async fn make(&self, new: NewRole) -> Result<RoleView> {
        let grant = self.world.try_grant::<perm::RolesCreate>(self.user, self.tenant).await?;
        create(&self.world.authz, &grant, &new, 100).await.map(|(role, _)| role)
    }

    async fn edit(&self, key: &str, to: RoleChange) -> Result<RoleView> {
        let grant = self.world.try_grant::<perm::RolesUpdate>(self.user, self.tenant).await?;
        change(&self.world.authz, &grant, key, &to, None).await.map(|(role, _)| role)
    }

    async fn remove(&self, key: &str, reassign_to: Option<&str>) -> Result<()> {
        let grant = self.world.try_grant::<perm::RolesDelete>(self.user, self.tenant).await?;
        delete(&self.world.authz, &grant, key, reassign_to, None).await.map(drop)
    }

    async fn give(&self, user: UserId, key: &str) -> Result<()> {
        let grant = self.world.try_grant::<perm::MembersUpdate>(self.user, self.tenant).await?;
        let roles = [RoleAssignment { key: key.to_owned(), expires_at: None }];
        set_roles(&self.world.authz, &grant, user, &roles, None).await.map(drop)
    }

    async fn may(&self, permission: &str) -> bool {
        let standing = self.world.authz.standing(self.tenant, self.user).await.unwrap().unwrap();
        standing.effective.contains(self.world.authz.catalogue().get(permission).unwrap())
    }
}

/// Ada owns Acme; Bob administers it, Vera views it.
async fn acme(world: &World) -> [Actor<'_>; 3] {
    let [ada, bob, vera] =
        [world.db_user("Ada").await, world.db_user("Bob").await, world.db_user("Vera").await];
    let tenant = world.tenant(ada, "Acme").await.id;
    world.db_join(tenant, bob, &[("admin", None)]).await;
    world.db_join(tenant, vera, &[("viewer", None)]).await;
    [ada, bob, vera].map(|user| Actor { world, user, tenant })
}

/// The permission that was missing, and the sentence; nothing else may have come of it.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>) -> (String, String) {
    let Err(Error::Forbidden(denial)) = result else { panic!("not refused: {result:?}") };
    (denial.required, denial.reason.into_owned())
}

#[track_caller]
fn in_conflict<T: std::fmt::Debug>(result: Result<T>) -> String {
    let Err(Error::Conflict(text)) = result else { panic!("no conflict: {result:?}") };
    text.into_owned()
}

#[track_caller]
fn invalid<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, &'static str)> {
    let Err(Error::Invalid(fields)) = result else { panic!("not invalid: {result:?}") };
    fields.into_iter().map(|field| (field.pointer, field.code)).collect()
}

#[tokio::test]
async fn an_admin_cannot_write_more_into_a_role_than_they_hold() {
    on_both(async |world: World| {
        let [ada, bob, _] = acme(&world).await;
        bob.make(role("Team", &["projects:read"], &["member"])).await.unwrap();
        bob.make(role("Lead", &[], &["team"])).await.unwrap();
        world.db_join(bob.tenant, bob.user, &[("admin", None), ("lead", None)]).await;
        let events = world.events(bob.tenant).await;
        let delete_it = |result| assert_eq!(refused(result).0, "tenant:delete");
        delete_it(bob.edit("team", allow(&["projects:read", "tenant:delete"])).await);
        delete_it(bob.edit("team", inherit(&["owner"])).await);
        delete_it(bob.make(role("Mine", &["tenant:delete"], &[])).await);
        delete_it(bob.make(role("Mine", &[], &["owner"])).await);
        // Not even where a denial would hide it: the denial could go.
        let hidden = NewRole { denies: texts(&["tenant:delete"]), ..role("Mine", &[], &["owner"]) };
        delete_it(bob.make(hidden).await);
        let copy = NewRole { name: "Mine".into(), copy_of: Some("owner".into()), ..NewRole::default() };
        delete_it(bob.make(copy.clone()).await);
        assert_eq!(world.events(bob.tenant).await, events, "nothing was written");
        let copied = ada.make(copy).await.unwrap();
        assert_eq!(copied.inherits, ["admin"]);
        delete_it(bob.edit("team", inherit(&["mine"])).await);
        assert!(!bob.may("tenant:delete").await);
        assert!(bob.edit("team", allow(&["projects:read", "members:update"])).await.is_ok());
        world.holds(bob.tenant).await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_cannot_take_a_denial_out_of_a_role() {
    on_both(async |world: World| {
        let [ada, bob, _] = acme(&world).await;
        ada.make(denying("Muzzle", &["apps:secrets"])).await.unwrap();
        ada.make(role("Child", &["projects:read"], &["muzzle"])).await.unwrap();
        world.db_join(bob.tenant, bob.user, &[("admin", None), ("child", None)]).await;
        assert!(!bob.may("apps:secrets").await);
        assert_eq!(refused(bob.edit("muzzle", deny(&[])).await).0, "apps:secrets");
        assert_eq!(refused(bob.edit("child", inherit(&[])).await).0, "apps:secrets");
        assert_eq!(refused(bob.remove("child", Some("viewer")).await).0, "apps:secrets");
        assert!(bob.edit("child", allow(&[])).await.is_ok(), "what is theirs to change they may");
        assert!(!bob.may("apps:secrets").await);
        ada.edit("child", inherit(&[])).await.unwrap();
        assert!(bob.may("apps:secrets").await);
    })
    .await;
}

#[tokio::test]
async fn a_role_above_oneself_is_not_ones_to_touch() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        ada.make(role("Closer", &["tenant:delete"], &[])).await.unwrap();
        let rename = RoleChange { name: Some("Harmless".into()), ..RoleChange::default() };
        let (required, reason) = refused(bob.edit("closer", rename).await);
        assert_eq!(required, "tenant:delete");
        assert!(reason.contains("Closer"), "{reason}");
        assert_eq!(refused(bob.edit("closer", allow(&[])).await).0, "tenant:delete");
        assert_eq!(refused(bob.remove("closer", None).await).0, "tenant:delete");
        // What it inherits counts as its own.
        ada.make(role("Deputy", &[], &["closer"])).await.unwrap();
        assert_eq!(refused(bob.edit("deputy", inherit(&[])).await).0, "tenant:delete");
        // Nor does an admin come to it by way of those who hold another.
        bob.make(role("Team", &["projects:read"], &[])).await.unwrap();
        bob.give(vera.user, "team").await.unwrap();
        assert_eq!(refused(bob.remove("team", Some("closer")).await).0, "tenant:delete");
        assert_eq!(refused(bob.remove("team", Some("owner")).await).0, "tenant:delete");
        assert!(!vera.may("tenant:delete").await);
        ada.remove("team", Some("closer")).await.unwrap();
        assert!(vera.may("tenant:delete").await);
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_from_someone_above_them_through_a_role() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        bob.make(role("Team", &["projects:read"], &[])).await.unwrap();
        bob.make(role("Chief", &[], &["team"])).await.unwrap();
        world.db_join(ada.tenant, ada.user, &[("owner", None), ("chief", None)]).await;
        world.db_join(vera.tenant, vera.user, &[("team", None)]).await;
        let (required, reason) = refused(bob.edit("team", deny(&["roles:update"])).await);
        assert_eq!(required, "tenant:delete");
        assert!(reason.contains("take something"), "{reason}");
        assert!(ada.may("roles:update").await);
        // Deleting a role they hold is acting on them.
        assert_eq!(refused(bob.remove("chief", Some("team")).await).0, "tenant:delete");
        // What the owner keeps by another role is not taken from them.
        assert!(bob.edit("team", allow(&[])).await.is_ok());
        assert!(!vera.may("projects:read").await);
        // One's own rights are one's own to give up.
        world.db_join(ada.tenant, ada.user, &[("owner", None), ("team", None)]).await;
        ada.edit("team", deny(&["roles:update"])).await.unwrap();
        assert!(!ada.may("roles:update").await);
        world.holds(ada.tenant).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_held_for_a_time_is_not_written_into_a_role() {
    on_both(async |world: World| {
        let [_, bob, _] = acme(&world).await;
        let soon = START + Duration::from_hours(1);
        bob.make(role("Team", &[], &[])).await.unwrap();
        world.db_join(bob.tenant, bob.user, &[("viewer", None), ("admin", Some(soon))]).await;
        assert_eq!(refused(bob.edit("team", allow(&["members:update"])).await).0, "members:update");
        assert_eq!(refused(bob.make(role("Mine", &["members:update"], &[])).await).0, "members:update");
        assert!(bob.edit("team", allow(&["projects:read"])).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn holders_move_only_by_who_may_change_members() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        ada.make(role("Keeper", &["roles:delete"], &["viewer"])).await.unwrap();
        ada.make(role("Team", &["projects:read"], &[])).await.unwrap();
        world.db_join(bob.tenant, bob.user, &[("keeper", None)]).await;
        world.db_join(vera.tenant, vera.user, &[("team", None)]).await;
        assert_eq!(refused(bob.remove("team", Some("viewer")).await).0, "members:update");
        world.db_join(vera.tenant, vera.user, &[]).await;
        bob.remove("team", None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_deleted_role_leaves_its_holders_another_until_the_same_moment() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        let (soon, later) = (START + Duration::from_hours(1), START + Duration::from_hours(2));
        ada.make(role("Past", &["audit:read"], &[])).await.unwrap();
        ada.make(role("Next", &["access:read"], &[])).await.unwrap();
        let (cleo, dan) = (world.db_user("Cleo").await, world.db_user("Dan").await);
        world.db_join(ada.tenant, vera.user, &[("viewer", None), ("past", Some(soon))]).await;
        world.db_join(ada.tenant, cleo, &[("past", None), ("next", Some(later))]).await;
        world.db_join(ada.tenant, dan, &[("past", Some(later)), ("next", Some(START))]).await;
        world.db_join(ada.tenant, bob.user, &[("admin", None), ("past", Some(START))]).await;
        let text = in_conflict(ada.remove("past", None).await);
        assert!(text.starts_with("3 members hold this role"), "{text}");
        assert_eq!(invalid(ada.remove("past", Some("nope")).await), [("/reassign_to".into(), "unknown")]);
        assert_eq!(invalid(ada.remove("past", Some("past")).await), [("/reassign_to".into(), "same")]);
        ada.remove("past", Some("next")).await.unwrap();
        let grant = world.grant::<perm::MembersRead>(ada.user, ada.tenant).await;
        for (user, held, revision) in [
            (vera.user, vec![("next", Some(soon)), ("viewer", None)], 2),
            (cleo, vec![("next", Some(later))], 2),
            (dan, vec![("next", Some(later))], 2),
            (bob.user, vec![("admin", None)], 1),
        ] {
            let member = freehold::members::show(&world.database, &grant, user).await.unwrap();
            let roles: Vec<_> =
                member.roles.iter().map(|role| (role.key.as_str(), role.expires_at)).collect();
            assert_eq!((roles, member.revision), (held, revision), "{}", member.user.name);
        }
        assert!(matches!(ada.remove("past", None).await, Err(Error::NotFound)));
        let rows = "select count(*) from role_assignments a where a.tenant_id = $1 and not exists \
                    (select 1 from roles r where r.id = a.role_id)";
        assert_eq!(world.db_count(ada.tenant, rows).await, 0);
        world.holds(ada.tenant).await;
    })
    .await;
}

#[tokio::test]
async fn chains_of_roles_end_and_go_in_no_circle() {
    on_both(async |world: World| {
        let [ada, _, vera] = acme(&world).await;
        ada.make(role("r-1", &["audit:read"], &[])).await.unwrap();
        for n in 2..=9 {
            ada.make(role(&format!("r-{n}"), &[], &[&format!("r-{}", n - 1)])).await.unwrap();
        }
        world.db_join(vera.tenant, vera.user, &[("r-9", None)]).await;
        assert!(vera.may("audit:read").await, "Casbin follows as many links as are allowed");
        let first = |code| vec![("/inherits/0".to_owned(), code)];
        assert_eq!(invalid(ada.make(role("r-10", &[], &["r-9"])).await), first("too_deep"));
        assert_eq!(invalid(ada.edit("r-1", inherit(&["viewer"])).await), first("too_deep"));
        assert_eq!(invalid(ada.edit("r-1", inherit(&["r-9"])).await), first("circle"));
        assert_eq!(invalid(ada.edit("r-1", inherit(&["r-1"])).await), first("circle"));
        assert_eq!(
            invalid(ada.edit("r-5", inherit(&["viewer", "nope", "viewer", "r-6"])).await),
            [
                ("/inherits/1".into(), "unknown"),
                ("/inherits/2".into(), "duplicate"),
                ("/inherits/3".into(), "circle")
            ]
        );
        let text = in_conflict(ada.remove("r-5", None).await);
        assert!(text.contains("inherit from it: r-6."), "{text}");
        ada.edit("r-5", inherit(&[])).await.unwrap();
        assert!(!vera.may("audit:read").await);
        ada.edit("r-1", inherit(&["r-9"])).await.unwrap();
    })
    .await;
}

/// What each role should amount to, worked out as plainly as can be.
fn expected(roles: &[RoleView], keys: &[&str]) -> BTreeSet<String> {
    fn collect(roles: &[RoleView], key: &str, into: &mut [BTreeSet<String>; 2]) {
        let role = roles.iter().find(|role| role.key == key).unwrap();
        into[0].extend(role.permissions.iter().cloned());
        into[1].extend(role.denies.iter().cloned());
        for parent in &role.inherits {
            collect(roles, parent, into);
        }
    }
    let mut all = [BTreeSet::new(), BTreeSet::new()];
    for key in keys {
        collect(roles, key, &mut all);
    }
    &all[0] - &all[1]
}

#[tokio::test]
async fn every_edit_counts_at_once_for_every_member() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        for name in ["One", "Two", "Three"] {
            ada.make(role(name, &["audit:read"], &[])).await.unwrap();
        }
        let held = [
            (ada.user, vec!["owner"]),
            (bob.user, vec!["one", "member"]),
            (vera.user, vec!["viewer", "two", "three"]),
        ];
        for (user, keys) in &held {
            let roles: Vec<_> = keys.iter().map(|key| (*key, None)).collect();
            world.db_join(ada.tenant, *user, &roles).await;
        }
        let edits = [
            ("one", inherit(&["two"])),
            ("two", allow(&["projects:read", "apps:read"])),
            ("three", deny(&["projects:read"])),
            ("two", inherit(&["three", "member"])),
            ("three", allow(&["access:read"])),
            ("three", deny(&["projects:create", "tenant:read"])),
            ("one", deny(&["access:read"])),
            ("two", inherit(&[])),
            ("one", RoleChange { name: Some("Eins, \"p\" #".into()), ..RoleChange::default() }),
            ("three", deny(&[])),
        ];
        for (key, edit) in edits {
            let shown = ada.edit(key, edit.clone()).await.unwrap();
            let grant = world.grant::<perm::RolesRead>(ada.user, ada.tenant).await;
            let roles = list(&world.database, &world.authz, &grant).await.unwrap();
            assert!(roles.contains(&shown), "the answer is what is stored: {shown:?}");
            for (user, keys) in &held {
                let standing = world.authz.standing(ada.tenant, *user).await.unwrap().unwrap();
                let catalogue = world.authz.catalogue();
                let may: BTreeSet<String> =
                    standing.effective.iter().map(|id| catalogue.info(id).name.clone()).collect();
                assert_eq!(may, expected(&roles, keys), "{keys:?} after {key}: {edit:?}");
            }
        }
        world.holds(ada.tenant).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_edited_while_it_is_given_never_gives_beyond_the_guard() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        ada.make(role("Helper", &["projects:read"], &[])).await.unwrap();
        for round in 0..50 {
            ada.edit("helper", allow(&["projects:read"])).await.unwrap();
            world.db_join(vera.tenant, vera.user, &[("viewer", None)]).await;
            let (edited, given) = tokio::join!(
                ada.edit("helper", allow(&["projects:read", "tenant:delete"])),
                bob.give(vera.user, "helper")
            );
            edited.unwrap();
            let last = "select max(sequence) from audit_events where chain_id = $1 and action = 'role.updated'";
            let edited_at = world.db_count(ada.tenant, last).await;
            let last =
                "select coalesce(max(sequence), 0) from audit_events where chain_id = $1 and action = 'member.updated'";
            let given_at = world.db_count(ada.tenant, last).await;
            if given.is_ok() {
                assert!(given_at < edited_at, "round {round}: an admin gave what only the owner could");
                assert!(vera.may("tenant:delete").await, "the owner did, for all who hold it");
            } else {
                assert_eq!(refused(given).0, "tenant:delete");
                assert!(!vera.may("tenant:delete").await, "round {round}");
            }
        }
        world.holds(ada.tenant).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_edited_by_someone_who_is_being_demoted_is_theirs_before_or_not_at_all() {
    on_both(async |world: World| {
        let [ada, bob, vera] = acme(&world).await;
        ada.make(role("Team", &[], &[])).await.unwrap();
        world.db_join(vera.tenant, vera.user, &[("team", None)]).await;
        for _ in 0..50 {
            ada.edit("team", allow(&[])).await.unwrap();
            world.db_join(bob.tenant, bob.user, &[("admin", None)]).await;
            // Both begin as if nothing had happened, as two requests do.
            let grant = world.grant::<perm::RolesUpdate>(bob.user, bob.tenant).await;
            let more = allow(&["members:update"]);
            let (edited, demoted) = tokio::join!(
                change(&world.authz, &grant, "team", &more, None),
                ada.give(bob.user, "viewer")
            );
            demoted.unwrap();
            if edited.is_err() {
                in_conflict(edited);
            } else {
                let after = "select count(*) from audit_events e where e.chain_id = $1 and e.action = 'role.updated' \
                             and e.sequence > (select max(sequence) from audit_events \
                             where chain_id = $1 and action = 'member.updated')";
                assert_eq!(world.db_count(ada.tenant, after).await, 0, "the demotion came after");
            }
        }
        world.holds(ada.tenant).await;
    })
    .await;
}
