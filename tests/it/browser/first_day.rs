//! Two people on their first day: one makes a tenant and invites, the other joins as a viewer and learns why they
//! cannot change the members.

use http::Method;
use serde_json::{Value, json};

use super::visitor::{How, Visitor};
use crate::harness::free_port;
use crate::harness::process::{Node, Program};

/// The program as a developer starts it, on free ports.
pub(super) async fn freehold_dev() -> Node {
    let provider = format!("127.0.0.1:{}", free_port());
    Node::start(Program::new(&["dev"]).env("FREEHOLD_DEV_IDP_LISTEN", provider)).await
}

/// Ben signs in with Google and makes the tenant.
async fn makes_a_tenant(ben: &Visitor) {
    ben.visits("/").await;
    assert_eq!(ben.path().await, "/login");
    ben.presses("Continue with Google").await;
    ben.presses("Ben Sample").await;
    assert!(ben.reads("Your tenants").await.contains("You are in no tenant yet"));
    ben.writes("Name", "Blue Works").await;
    ben.presses("Make the tenant").await;
    let overview = ben.reads("Blue Works").await;
    assert!(overview.contains("The tenant is made, and you own it."), "{overview}");
    assert_eq!(ben.path().await, "/t/blue-works");
}

/// Ben invites Vic as a viewer.
async fn invites_a_viewer(ben: &Visitor) {
    ben.presses("Invite someone").await;
    ben.reads("Invitations").await;
    ben.writes("E-mail addresses", "vic@example.com").await;
    ben.ticks("Viewer").await;
    ben.presses("Send the invitation").await;
    let list = ben.reads("Invitations").await;
    assert!(list.contains("The invitation is on its way."), "{list}");
    assert!(list.contains("vic@example.com") && list.contains("Pending"), "{list}");
}

/// Vic opens the mail, signs in through GitHub, and accepts.
async fn opens_the_mail_and_accepts(vic: &Visitor) {
    let mailbox = async || {
        vic.visits("/dev/mailbox").await;
        let text = vic.reads("Mailbox").await;
        text.contains("vic@example.com").then_some(text)
    };
    let mail = crate::harness::until(std::time::Duration::from_secs(30), mailbox).await.expect("a mail");
    assert!(mail.contains("Ben Sample invites you to Blue Works"), "{mail}");
    vic.presses("/invitations/").await;
    let offer = vic.reads("Ben Sample invites you to Blue Works").await;
    assert!(offer.contains("Viewer") && offer.contains("vic@example.com"), "{offer}");
    let link = vic.path().await;
    vic.presses("Continue with GitHub").await;
    vic.presses("Vic Sample").await;
    vic.reads("Ben Sample invites you to Blue Works").await;
    assert_eq!(vic.path().await, link, "back where they came from");
    vic.presses("Accept as Vic Sample").await;
    assert!(vic.reads("Blue Works").await.contains("Welcome! You are a member now."));
}

/// The API's refusal to a viewer: everything it explains, and nothing changed.
async fn is_told_why_by_the_api(vic: &Visitor, ben_id: &str) {
    let member = format!("/api/v1/tenants/blue-works/members/{ben_id}");
    let (_, before) = vic.asks(Method::GET, &member, &Value::Null).await;
    let changes = [
        (Method::PUT, format!("{member}/roles"), json!({ "roles": ["viewer"] }), "members:update"),
        (Method::DELETE, member.clone(), json!({}), "members:delete"),
    ];
    for (method, path, body, required) in changes {
        let (status, problem) = vic.asks(method, &path, &body).await;
        assert_eq!(status, 403, "{problem}");
        assert_eq!(problem["type"], "/problems/forbidden", "{problem}");
        assert_eq!(problem["required"], required, "{problem}");
        assert_eq!(problem["held_roles"], json!(["viewer"]), "{problem}");
        assert_eq!(problem["granted_by"], json!(["owner", "admin"]), "{problem}");
        assert_eq!(problem["ask"][0]["name"], "Ben Sample", "{problem}");
        assert!(problem["decision_id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok(), "{problem}");
        assert!(problem["policy_version"].as_i64().unwrap() > 0, "{problem}");
    }
    let (_, after) = vic.asks(Method::GET, &member, &Value::Null).await;
    assert_eq!(before, after);
}

/// The panel's refusal to the same viewer, by GET and by POST.
async fn is_told_why_by_the_panel(vic: &Visitor, ben_id: &str) {
    let member = format!("/t/blue-works/members/{ben_id}");
    vic.is_refused(&format!("{member}/remove"), 403).await;
    explains(&vic.reads("Not allowed").await, "members:delete", "Remove members");
    vic.visits(&member).await;
    let page = vic.reads("Ben Sample").await;
    assert!(page.contains("You cannot change these roles."), "{page}");
    assert!(!page.contains("Save the roles") && !page.contains("Remove…"), "{page}");
    // The page offers no form for it; the address is known all the same.
    vic.unfolds("Your account").await;
    vic.is_refused_sending("form[action='/logout']", &format!("{member}/roles"), 403).await;
    explains(&vic.reads("Not allowed").await, "members:update", "");
    vic.presses("Ben Sample").await;
    assert!(vic.reads("Ben Sample").await.contains("Owner"), "they still hold the role");
    vic.is_content().await;
}

#[track_caller]
fn explains(page: &str, required: &str, sentence: &str) {
    let part = |title: &str, next: &str| {
        let rest = page.split_once(title).unwrap_or_else(|| panic!("{title}: {page}")).1;
        let words = rest.split(next).next().unwrap_or_default();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let takes = part("What it takes", "Your roles");
    assert!(takes.starts_with(required) && takes.contains(sentence), "{page}");
    assert_eq!(part("Your roles", "Roles that"), "Viewer", "{page}");
    assert_eq!(part("Roles that allow it", "Who can"), "Owner Admin", "{page}");
    assert!(part("Who can help", "Ask").ends_with("Ben Sample"), "{page}");
    let decision = part("\nDecision", "by policy version");
    assert!(decision.parse::<uuid::Uuid>().is_ok(), "{page}");
    let form = part("Ask for a role", "Send the request");
    assert!(form.starts_with("Role Admin Owner"), "the least powerful first: {page}");
}

async fn two_people_meet(how: How) {
    let node = freehold_dev().await;
    let (ben, vic) = tokio::join!(Visitor::opens(&node, how), Visitor::opens(&node, how));
    makes_a_tenant(&ben).await;
    invites_a_viewer(&ben).await;
    opens_the_mail_and_accepts(&vic).await;

    vic.presses("Members").await;
    let members = vic.reads("Members").await;
    assert!(members.contains("2 people"), "{members}");
    assert!(members.contains("Ben Sample") && members.contains("Vic Sample"), "{members}");
    assert!(!members.contains("Invite someone"), "{members}");
    vic.is_content().await;

    let (_, me) = ben.asks(Method::GET, "/api/v1/me", &Value::Null).await;
    let ben_id = me["id"].as_str().unwrap();
    is_told_why_by_the_api(&vic, ben_id).await;
    is_told_why_by_the_panel(&vic, ben_id).await;

    ben.visits("/t/blue-works").await;
    let lately = ben.reads("Blue Works").await.replace('\n', " ");
    assert!(
        lately.contains("Vic Sample denied was not allowed to remove"),
        "the owner sees who tried: {lately}"
    );
    ben.is_content().await;
    changes_the_roles_and_removes(&ben).await;
}

/// Ben makes Vic a member, having seen what that gives them, then parts with them: asked in a dialog, or on a page
/// where there is no script.
async fn changes_the_roles_and_removes(ben: &Visitor) {
    ben.presses("Members").await;
    ben.presses("Manage Vic Sample").await;
    ben.ticks("Member").await;
    ben.ticks("Viewer").await;
    ben.presses("Save the roles…").await;
    let asked = ben.reads("Save the roles of Vic Sample?").await;
    assert!(asked.contains("1 member gains something.") && asked.contains("Create projects"), "{asked}");
    ben.presses("Save the roles").await;
    let page = ben.reads("Vic Sample").await;
    assert!(page.contains("The roles are saved and already in effect."), "{page}");
    if ben.how != How::Keyboard {
        gives_a_role_from_the_list(ben).await;
    }
    if ben.how == How::NoScript {
        ben.presses("Remove…").await;
    } else {
        ben.unfolds("Remove…").await;
    }
    ben.presses("Remove").await;
    let page = ben.reads("Members").await;
    assert!(page.contains("The member is removed") && page.contains("1 person"), "{page}");
    assert!(!page.contains("Vic Sample"), "{page}");
}

/// The way for many, taken for one: selected in the list, and given a role.
async fn gives_a_role_from_the_list(ben: &Visitor) {
    ben.presses("Members").await;
    ben.ticks("Select Vic Sample").await;
    ben.presses("Change their roles…").await;
    ben.reads("Roles of several members").await;
    ben.ticks("Give Admin").await;
    ben.presses("Save the roles…").await;
    let asked = ben.reads("Save the roles of 1 member?").await;
    assert!(asked.contains("1 member gains something."), "{asked}");
    ben.presses("Save the roles").await;
    let list = ben.reads("Members").await;
    assert!(list.contains("already in effect") && list.contains("Admin"), "{list}");
    ben.presses("Manage Vic Sample").await;
    ben.reads("Vic Sample").await;
}

#[tokio::test]
async fn two_people_meet_and_the_viewer_is_told_why_not() {
    two_people_meet(How::Script).await;
}

#[tokio::test]
async fn two_people_meet_without_javascript() {
    two_people_meet(How::NoScript).await;
}

#[tokio::test]
async fn two_people_meet_by_keyboard_alone() {
    two_people_meet(How::Keyboard).await;
}
