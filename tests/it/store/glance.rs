//! What the overview asks of the domains, on both databases: figures, who has no role, which invitations wait, who
//! was refused. Each must stay with its tenant.

use std::time::Duration;

use crate::store::world::{START, World, on_both};
use freehold::audit::{record_denied, refused_since};
use freehold::authz::perm;
use freehold::db::{Actor, ActorKind, Target};
use freehold::error::Denial;
use freehold::ids::{DecisionId, TenantId, UserId};
use freehold::invitations::waiting;
use freehold::members::{Figures, figures, without_role};

const HOUR: Duration = Duration::from_hours(1);

/// Ada owns Acme, and Blue beside it, in which everything also happens that must not be counted in Acme.
async fn two_tenants(world: &World) -> (UserId, TenantId, TenantId) {
    let ada = world.db_user("Ada").await;
    (ada, world.tenant(ada, "Acme").await.id, world.tenant(ada, "Blue").await.id)
}

#[tokio::test]
async fn figures_count_the_tenant_alone() {
    on_both(async |world: World| {
        let (ada, acme, blue) = two_tenants(&world).await;
        let seen = async || {
            let grant = world.grant::<perm::MembersRead>(ada, acme).await;
            figures(&world.database, &grant).await.unwrap()
        };
        let bob = world.db_user("Bob").await;
        world.db_join(blue, bob, &[("owner", None), ("viewer", None)]).await;
        assert_eq!(seen().await, Figures { members: 1, owners: 1, delegated: false });
        world.db_join(acme, bob, &[("viewer", Some(START))]).await;
        assert_eq!(seen().await, Figures { members: 2, owners: 1, delegated: false }, "a role that is over");
        world.db_join(acme, bob, &[("owner", Some(START + HOUR)), ("viewer", None)]).await;
        assert_eq!(seen().await, Figures { members: 2, owners: 1, delegated: true }, "an owner for an hour");
        for name in ["Cleo", "Dan"] {
            world.db_join(acme, world.db_user(name).await, &[("owner", None)]).await;
        }
        assert_eq!(seen().await.owners, 2, "counted to two");
    })
    .await;
}

#[tokio::test]
async fn who_has_no_role_is_found() {
    on_both(async |world: World| {
        let (ada, acme, blue) = two_tenants(&world).await;
        let seen = async |limit| {
            let grant = world.grant::<perm::MembersUpdate>(ada, acme).await;
            let found = without_role(&world.database, &grant, limit).await.unwrap();
            found.into_iter().map(|person| person.name).collect::<Vec<_>>()
        };
        assert_eq!(seen(4).await, Vec::<String>::new());
        let bob = world.db_user("Bob").await;
        world.db_join(blue, bob, &[]).await;
        assert_eq!(seen(4).await, Vec::<String>::new(), "not of another tenant");
        world.db_join(acme, bob, &[]).await;
        world.db_join(acme, world.db_user("Cleo").await, &[("viewer", Some(START))]).await;
        world.db_join(acme, world.db_user("Dan").await, &[("viewer", Some(START + HOUR))]).await;
        world.db_join(blue, bob, &[("owner", None)]).await;
        assert_eq!(seen(4).await, ["Bob", "Cleo"], "roles elsewhere and roles that are over do not count");
        assert_eq!(seen(1).await, ["Bob"]);
    })
    .await;
}

#[tokio::test]
async fn invitations_are_due_before_and_after_their_end() {
    on_both(async |world: World| {
        let (ada, acme, blue) = two_tenants(&world).await;
        let seen = async || {
            let grant = world.grant::<perm::InvitationsRead>(ada, acme).await;
            let waiting = waiting(&world.database, &grant).await.unwrap();
            (waiting.open, waiting.due.into_iter().map(|due| due.email).collect::<Vec<_>>())
        };
        // Each can be accepted for 72 hours.
        world.db_invite(acme, ada, "open@example.com").await;
        world.db_invite(acme, ada, "withdrawn@example.com").await;
        world.db_invite(acme, ada, "accepted@example.com").await;
        world.db_invite(blue, ada, "elsewhere@example.com").await;
        world.db_execute(acme, "update invitations set revoked_at = 1 where tenant_id = $1 and email like 'w%'").await;
        world.db_execute(acme, "update invitations set accepted_at = 1 where tenant_id = $1 and email like 'a%'").await;
        assert_eq!(seen().await, (1, vec![]));
        world.clock.advance(47 * HOUR);
        assert_eq!(seen().await, (1, vec![]));
        world.clock.advance(HOUR);
        assert_eq!(seen().await, (1, vec!["open@example.com".to_owned()]), "within a day");
        world.clock.advance(24 * HOUR);
        assert_eq!(seen().await, (0, vec!["open@example.com".to_owned()]), "not answered in time");
        let later = "update invitations set sent_at = sent_at + 1, email = 'open@example.com', revoked_at = null, \
                     expires_at = expires_at * 2 where tenant_id = $1 and email like 'w%'";
        world.db_execute(acme, later).await;
        assert_eq!(seen().await, (1, vec![]), "invited anew");
        world.db_execute(acme, "delete from invitations where tenant_id = $1 and sent_at > created_at").await;
        world.clock.advance(30 * 24 * HOUR);
        assert_eq!(seen().await, (0, vec![]), "long over");
    })
    .await;
}

/// `user` is refused something in the tenant.
async fn is_refused(world: &World, tenant: TenantId, user: UserId) {
    let denial = Denial {
        reason: "None of your roles in this tenant allows it.".into(),
        required: "members:update".into(),
        held_roles: Vec::new(),
        granted_by: Vec::new(),
        request: None,
        ask: Vec::new(),
        decision_id: DecisionId::new(),
        role_names: Vec::new(),
        suspended: false,
        policy_version: 1,
    };
    let actor = Actor { kind: ActorKind::User(user), ..Actor::system("somebody") };
    let event = ("members:update", Target::new("request", "PUT /", ""));
    record_denied(&world.database, freehold::db::Chain::Tenant(tenant), actor, event, &denial).await.unwrap();
}

#[tokio::test]
async fn the_refused_are_members_of_the_last_day() {
    on_both(async |world: World| {
        let (ada, acme, blue) = two_tenants(&world).await;
        let (bob, cleo) = (world.db_user("Bob").await, world.db_user("Cleo").await);
        for user in [bob, cleo] {
            world.db_join(acme, user, &[("viewer", None)]).await;
            world.db_join(blue, user, &[("viewer", None)]).await;
        }
        let gone = world.db_user("Gone").await;
        let seen = async |limit| {
            let grant = world.grant::<perm::AuditRead>(ada, acme).await;
            let since = world.clock.now() - 24 * HOUR;
            let mut on = world.database.read().await.unwrap();
            let found = refused_since(&mut on, &grant, since, limit).await.unwrap();
            found.into_iter().map(|refused| (refused.who.name, refused.times)).collect::<Vec<_>>()
        };
        assert_eq!(seen(4).await, vec![]);
        for user in [bob, cleo, cleo, gone, ada] {
            is_refused(&world, acme, user).await;
        }
        is_refused(&world, blue, bob).await;
        let both = vec![("Cleo".to_owned(), 2), ("Bob".to_owned(), 1)];
        assert_eq!(seen(4).await, both, "neither oneself nor who is no member");
        assert_eq!(seen(1).await, both[..1]);
        world.clock.advance(25 * HOUR);
        assert_eq!(seen(4).await, vec![]);
    })
    .await;
}
