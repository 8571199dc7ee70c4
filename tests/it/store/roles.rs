//! How roles are shown, on both databases.

use crate::store::world::{START, World, on_both};
use freehold::authz::perm;
use freehold::error::Error;
use freehold::roles::*;

#[tokio::test]
async fn roles_show_what_they_hold_by_themselves_and_how_many_hold_them() {
    on_both(async |world: World| {
        let (ada, bob) = (world.db_user("Ada").await, world.db_user("Bob").await);
        let tenant = world.tenant(ada, "Acme").await.id;
        world.db_role(tenant, "auditor", &[("audit:read", "allow"), ("projects:read", "deny")]).await;
        world.db_join(tenant, bob, &[("viewer", None), ("auditor", None), ("admin", Some(START))]).await;
        let grant = world.grant::<perm::RolesRead>(ada, tenant).await;
        let roles = list(&world.database, &world.authz, &grant).await.unwrap();
        let keys: Vec<&str> = roles.iter().map(|role| role.key.as_str()).collect();
        assert_eq!(keys, ["owner", "admin", "member", "viewer", "auditor"]);
        let counts: Vec<i64> = roles.iter().map(|role| role.member_count).collect();
        assert_eq!(counts, [1, 0, 0, 1, 1], "a role that has ended is not held");
        assert_eq!(roles[3].permissions, ["tenant:read", "members:read", "roles:read", "projects:read"]);
        assert_eq!(roles[2].inherits, ["viewer"]);
        assert!(roles[0].system && !roles[4].system);
        assert_eq!(
            (roles[4].permissions.as_slice(), roles[4].denies.as_slice()),
            (["audit:read".to_owned()].as_slice(), ["projects:read".to_owned()].as_slice())
        );
        let auditor = show(&world.database, &world.authz, &grant, "auditor").await.unwrap();
        let by_id = show(&world.database, &world.authz, &grant, &auditor.id.to_string()).await.unwrap();
        assert_eq!((&auditor, &by_id), (&roles[4], &roles[4]));
        let other = world.tenant(ada, "Other").await.id;
        let grant = world.grant::<perm::RolesRead>(ada, other).await;
        for absent in ["auditor", &auditor.id.to_string(), "nope"] {
            let error = show(&world.database, &world.authz, &grant, absent).await.unwrap_err();
            assert!(matches!(error, Error::NotFound), "{absent}");
        }
    })
    .await;
}
