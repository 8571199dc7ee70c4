//! What a tenant admin does all day, from end to end: a role is made, changed after a look at what that does, and
//! offered to someone new; they accept, are refused something, ask for it, are given it, and the log tells all of it.

use super::first_day::freehold_dev;
use super::visitor::{How, Visitor};

async fn makes_and_changes_a_role(ada: &Visitor) {
    ada.visits("/login").await;
    ada.presses("Continue with Google").await;
    ada.presses("Ada").await;
    ada.presses("Roles").await;
    ada.presses("New role").await;
    ada.writes("Name", "Front desk").await;
    ada.ticks("Viewer").await;
    ada.ticks("Allow access:read").await;
    ada.presses("Make the role").await;
    assert!(ada.reads("Front desk").await.contains("The role is made."));
    ada.ticks("Allow access:read").await;
    ada.presses("Save the role…").await;
    let asked = ada.reads("Save the role Front desk?").await;
    assert!(asked.contains("Nobody gains or loses anything."), "{asked}");
    assert!(asked.contains("would have come out differently"), "{asked}");
    ada.presses("Save the role").await;
    assert!(ada.reads("Front desk").await.contains("already in effect"));
}

async fn invites_two_with_it(ada: &Visitor) {
    ada.presses("Invitations").await;
    ada.reads("Invitations").await;
    ada.writes("E-mail addresses", "vic@example.com, nobody at example").await;
    ada.ticks("Front desk").await;
    ada.presses("Send the invitation").await;
    let told = ada.reads("").await;
    assert!(told.contains("vic@example.com") && told.contains("nobody at example"), "{told}");
    assert!(told.contains("This is not one plain e-mail address."), "{told}");
}

async fn accepts(vic: &Visitor) {
    let mailbox = async || {
        vic.visits("/dev/mailbox").await;
        vic.reads("Mailbox").await.contains("vic@example.com").then_some(())
    };
    crate::harness::until(std::time::Duration::from_secs(30), mailbox).await.expect("a mail");
    vic.presses("/invitations/").await;
    vic.presses("Continue with GitHub").await;
    vic.presses("Vic Sample").await;
    assert!(vic.reads("invites you to Acme").await.contains("Front desk"));
    vic.presses("Accept as Vic Sample").await;
    assert!(vic.reads("Acme").await.contains("Welcome! You are a member now."));
}

async fn is_refused_and_asks(vic: &Visitor) {
    vic.is_refused("/t/acme/invitations", 403).await;
    let page = vic.reads("Not allowed").await;
    assert!(page.contains("invitations:read") && page.contains("Front desk"), "{page}");
    vic.writes("For how long", "8 hours").await;
    vic.writes("Reason", "I greet who is invited.").await;
    vic.presses("Send the request").await;
    let sent = vic.reads("Your request").await;
    assert!(sent.contains("The request is sent.") && sent.contains("Ada Sample"), "{sent}");
}

async fn gives_it(ada: &Visitor) {
    ada.visits("/t/acme").await;
    assert!(ada.reads("Acme").await.contains("A request for a role waits for your answer."));
    ada.presses("Requests").await;
    ada.presses("Answer Vic Sample").await;
    let asked = ada.reads("Request of Vic Sample").await;
    assert!(asked.contains("I greet who is invited.") && asked.contains("8 hours"), "{asked}");
    ada.writes("Note", "Until tonight.").await;
    ada.presses("Give the role").await;
    assert!(ada.reads("Requests").await.contains("The role is given and already in effect."));
}

async fn reads_all_of_it_in_the_log(ada: &Visitor) {
    ada.visits("/t/acme/audit").await;
    let log = ada.reads("Audit").await.replace('\n', " ");
    let told = [
        "Ada Sample made the role Front desk",
        "Ada Sample changed the role Front desk",
        "Ada Sample invited vic@example.com",
        "Vic Sample joined",
        "Vic Sample asked for",
        "Ada Sample approved the request of Vic Sample for the role Admin",
    ];
    for sentence in told {
        assert!(log.contains(sentence), "{sentence}: {log}");
    }
    assert!(log.contains("intact"), "{log}");
    ada.is_content().await;
}

#[tokio::test]
async fn a_role_is_made_offered_missed_asked_for_given_and_told() {
    for how in [How::Script, How::NoScript] {
        let node = freehold_dev().await;
        let (ada, vic) = tokio::join!(Visitor::opens(&node, how), Visitor::opens(&node, how));
        makes_and_changes_a_role(&ada).await;
        invites_two_with_it(&ada).await;
        accepts(&vic).await;
        is_refused_and_asks(&vic).await;
        gives_it(&ada).await;
        vic.visits("/t/acme/invitations").await;
        assert!(vic.reads("Invitations").await.contains("vic@example.com"), "the role is in effect");
        vic.is_content().await;
        reads_all_of_it_in_the_log(&ada).await;
    }
}
