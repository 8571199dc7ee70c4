//! The roles on their page: what each allows, where it comes from, and who holds it.

use crate::harness::app::each_database;

#[tokio::test]
async fn a_role_says_what_it_allows_and_through_which_role() {
    each_database(async |app| {
        let owner = app.person("olga").await;
        let acme = app.tenant_of(&owner, "acme").await;
        let viewer = app.person("vic").await;
        viewer.joins(&acme, "viewer").await;
        let page = viewer.get("/t/acme/roles").await.expect(200).text();
        let part = |key: &str| {
            let (_, rest) = page.split_once(&format!("<li id=\"role-{key}\">")).expect(key);
            rest.split("<li id=\"role-").next().unwrap()
        };
        let (seen, changed) = ("See who is a member, and with which roles.", "Change the roles of members.");
        assert!(part("viewer").contains(seen) && part("viewer").contains("Yours"), "{}", part("viewer"));
        assert!(
            !part("viewer").contains(changed) && !part("viewer").contains("inherited"),
            "{}",
            part("viewer")
        );
        assert!(part("admin").contains(&format!("{changed}</span>")), "its own: {}", part("admin"));
        assert!(part("admin").contains("inherited from Member"), "{}", part("admin"));
        assert!(
            part("owner").contains("1 member</a>") && !part("owner").contains("Yours"),
            "{}",
            part("owner")
        );
        assert!(part("member").contains("0 members</a>"), "{}", part("member"));
    })
    .await;
}
