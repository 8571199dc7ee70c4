//! Projects on their pages: the list, the form, the archive, the question before a deletion.

use super::Reads as _;
use crate::harness::app::{Answer, Person, each_database};

const LIST: &str = "/t/acme/projects";

fn revision(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(r#"name="revision" value=""#).expect("a revision");
    rest.split('"').next().unwrap().to_owned()
}

/// Makes a project by its form; its page.
async fn make(person: &Person, name: &str) -> String {
    let made = person.post_form(LIST, &[("name", name), ("description", "")]).await;
    let (page, done) = made.leads_to().split_once('?').unwrap();
    assert_eq!(done, "done=project-created");
    page.to_owned()
}

#[tokio::test]
async fn a_project_is_made_changed_archived_and_deleted_by_forms() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        ada.get("/t/acme").await.has(&["href=\"/t/acme/projects\" data-keys=\"g p\""]);
        ada.get(LIST).await.expect(200).has(&["No projects yet", "href=\"/t/acme/projects/new\""]);
        ada.get("/t/acme/projects/new").await.expect(200).has(&["New project", "Make the project"]);
        let page = make(&ada, "Apollo").await;
        let shown = ada.get(&format!("{page}?done=project-created")).await.expect(200);
        shown.has(&["The project is made.", "<h1>Apollo</h1>", "value=\"Apollo\""]);

        let seen = revision(&shown);
        let fields = [("name", "Apollo 2"), ("description", "Up.\r\nDown."), ("revision", &seen)];
        let saved = ada.post_form(&page, &fields).await;
        assert_eq!(saved.leads_to(), format!("{page}?done=project-saved"));
        let shown = ada.get(&page).await.expect(200);
        shown.has(&["<h1>Apollo 2</h1>", ">Up.\nDown.</textarea>"]).lacks(&["Archived"]);

        let (archive, seen) = (format!("{page}/archive"), revision(&shown));
        let away = ada.post_form(&archive, &[("archived", "true"), ("revision", &seen)]).await;
        assert_eq!(away.leads_to(), format!("{page}?done=project-archived"));
        let shown = ada.get(&page).await.has(&["Archived", "Restore"]).clone();
        ada.get(LIST).await.has(&["Apollo 2", "Archived</span>"]);
        let back = [("archived", "false"), ("revision", &revision(&shown))];
        assert_eq!(ada.post_form(&archive, &back).await.leads_to(), format!("{page}?done=project-restored"));
        ada.post_form(&archive, &[("archived", "maybe"), ("revision", "4")]).await.expect(400);

        let delete = format!("{page}/delete");
        let asked = ada.get(&delete).await.expect(200);
        asked.has(&["Delete Apollo 2?", "Delete the project"]);
        ada.get(&page).await.expect(200);
        let deleted = ada.post_form(&delete, &[("revision", &revision(&asked))]).await;
        assert_eq!(deleted.leads_to(), "/t/acme/projects?done=project-deleted");
        ada.get(&page).await.expect(404);
        ada.get("/t/acme/audit").await.has(&[
            "made the project",
            "which was called Apollo",
            "archived the project",
            "restored the project",
            "deleted the project",
        ]);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_project_stands_beside_its_field() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        make(&ada, "Apollo").await;
        let taken = [("name", "APOLLO"), ("description", "Kept")];
        let refused = ada.post_form(LIST, &taken).await.expect(409);
        refused.has(&["id=\"name-error\"", "Another project has this name.", "value=\"APOLLO\""]);
        refused.has(&[">Kept</textarea>"]).lacks(&["role=\"alert\""]);
        let long = "x".repeat(1_001);
        let wrong = ada.post_form(LIST, &[("name", ""), ("description", &long)]).await.expect(422);
        wrong.has(&["id=\"name-error\"", "id=\"description-error\""]);
        ada.post_form(LIST, &[("name", "B"), ("archived", "true")]).await.expect(422);
        let page = make(&ada, "Gemini").await;
        let taken = [("name", "apollo"), ("description", ""), ("revision", "1")];
        ada.post_form(&page, &taken).await.expect(409).has(&["<h1>Gemini</h1>", "value=\"apollo\""]);
        let sly = make(&ada, "<b>\"&'").await;
        ada.get(&sly).await.has(&["&#60;b&#62;"]).lacks(&["<b>\"&"]);
    })
    .await;
}

#[tokio::test]
async fn a_page_of_a_project_that_is_out_of_date_changes_nothing() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        let page = make(&ada, "Apollo").await;
        let old = revision(&ada.get(&page).await);
        let asked = revision(&ada.get(&format!("{page}/delete")).await);
        let fields = [("name", "Apollo 2"), ("description", ""), ("revision", old.as_str())];
        ada.post_form(&page, &fields).await.expect(303);
        let late = [("name", "Apollo 3"), ("description", ""), ("revision", old.as_str())];
        let stale = ada.post_form(&page, &late).await.expect(412);
        stale.has(&["It was changed meanwhile.", "<h1>Apollo 2</h1>", "value=\"Apollo 3\""]);
        assert_ne!(revision(&stale), old, "it can be repeated");
        let archive = [("archived", "true"), ("revision", old.as_str())];
        ada.post_form(&format!("{page}/archive"), &archive).await.expect(412).has(&["value=\"Apollo 2\""]);
        let gone = ada.post_form(&format!("{page}/delete"), &[("revision", &asked)]).await.expect(412);
        gone.has(&["It was changed meanwhile.", "Delete Apollo 2?"]);
        for path in [page.clone(), format!("{page}/archive"), format!("{page}/delete")] {
            ada.post_form(&path, &[("revision", "")]).await.expect(400);
        }
        ada.get(&page).await.expect(200).has(&["<h1>Apollo 2</h1>"]).lacks(&["Restore"]);
    })
    .await;
}

#[tokio::test]
async fn projects_are_searched_filtered_sorted_and_paged_without_script() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for number in 0..52 {
            let body = serde_json::json!({ "name": format!("Project {number:02}") });
            ada.post_json(&acme.api("/projects"), body).await.expect(201);
        }
        let apollo = make(&ada, "Apollo").await;
        let archive = [("archived", "true"), ("revision", "1")];
        ada.post_form(&format!("{apollo}/archive"), &archive).await.expect(303);
        let first = ada.get(LIST).await.expect(200);
        first.has(&["More than fit on a page", "Apollo", "Next page", "aria-sort=\"ascending\""]);
        let text = first.text();
        let next = text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let last = ada.get(&next.replace("&#38;", "&")).await.expect(200);
        last.has(&["Project 51", "First page"]).lacks(&["Apollo", "Project 01", "Next page"]);
        let down = ada.get(&format!("{LIST}?sort=-name")).await.expect(200);
        down.has(&["Project 51", "aria-sort=\"descending\"", "name=\"sort\" value=\"-name\""]);
        down.lacks(&["Apollo"]);
        let found = ada.get(&format!("{LIST}?search=APOL&archived=")).await.expect(200);
        found.has(&["1 project<", "Apollo", "value=\"APOL\"", "Show all"]).lacks(&["Project 01"]);
        ada.get(&format!("{LIST}?archived=true")).await.has(&["1 project<", "value=\"true\" selected"]);
        ada.get(&format!("{LIST}?archived=false&search=apollo")).await.has(&["Nothing found"]);
        for odd in ["projects?search=%00a", "members?search=%00a", "search?q=%00a", "projects?search=e%CC%81"]
        {
            ada.get(&format!("/t/acme/{odd}")).await.expect(200);
        }
        for wrong in ["archived=maybe", "sort=id", "cursor=x", "colour=red"] {
            ada.get(&format!("{LIST}?{wrong}")).await.expect(422);
        }
    })
    .await;
}

#[tokio::test]
async fn everyone_sees_of_projects_what_they_may_do() {
    each_database(async |app| {
        let (ada, vic, zed, eve) = (
            app.person("ada").await,
            app.person("vic").await,
            app.person("zed").await,
            app.person("eve").await,
        );
        let acme = app.tenant_of(&ada, "acme").await;
        let role = serde_json::json!({ "name": "Blind", "permissions": ["tenant:read"] });
        ada.post_json(&acme.api("/roles"), role).await.expect(201);
        vic.joins(&acme, "viewer").await;
        zed.joins(&acme, "blind").await;
        app.tenant_of(&eve, "evil").await;
        vic.get(LIST).await.has(&["No projects yet"]).lacks(&["/projects/new"]);
        let page = make(&ada, "Apollo").await;
        let shown = vic.get(&page).await.expect(200);
        shown.has(&["<h1>Apollo</h1>", "Nobody has written"]).lacks(&["<textarea", "Archive it", "Delete"]);
        vic.get(LIST).await.has(&["Apollo"]).lacks(&["/projects/new"]);
        for refused in ["/t/acme/projects/new".to_owned(), format!("{page}/delete")] {
            vic.get(&refused).await.expect(403);
        }
        zed.get("/t/acme").await.expect(200).lacks(&["/t/acme/projects"]);
        zed.get(LIST).await.expect(403);
        zed.get(&page).await.expect(403).lacks(&["Apollo"]);
        eve.get(&page).await.expect(404);
        eve.get(&page.replace("/t/acme/", "/t/evil/")).await.expect(404);
        eve.get(&format!("{}/delete", page.replace("/t/acme/", "/t/evil/"))).await.expect(404);
        // The search finds it for those who may see it.
        let link = format!("href=\"{page}\"");
        vic.get("/t/acme/search?q=apol").await.has(&["found-projects", &link]);
        zed.get("/t/acme/search?q=apol").await.lacks(&["Apollo"]);
        eve.get("/t/evil/search?q=apol").await.lacks(&["Apollo"]);
    })
    .await;
}
