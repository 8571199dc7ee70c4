//! The example of a service that takes Freehold's tokens: short enough to be read, and right about every kind of token.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Child;

use http::{Method, StatusCode};

use super::developer::{Developer, command, example};
use super::root;
use crate::harness::browserless::{Site, each_database};

/// The service, running. It ends with this value.
struct Service {
    child: Child,
    notes: String,
}

impl Service {
    async fn starts(developer: &Developer<'_>) -> Self {
        let mut environment = developer.environment();
        environment.push(("NOTES_LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
        let mut command = command(&example("resource_server"), &[], environment);
        let starting = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let notes = line.trim().rsplit(' ').next().unwrap().to_owned();
            Self { child, notes }
        });
        starting.await.unwrap()
    }

    /// What it answers: status and challenge.
    async fn answers(&self, method: Method, token: Option<&str>) -> (u16, String) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.request(method, &self.notes);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate").map_or("", |value| value.to_str().unwrap());
        (answer.status().as_u16(), challenge.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_takes_tokens_and_holds_their_scopes() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let developer = Developer::of(&site).await;
        let service = Service::starts(&developer).await;
        let (id, reads) = developer.mints(&["projects:read"]).await;
        let read = async |token: &str| service.answers(Method::GET, Some(token)).await;
        assert_eq!(read(&reads).await.0, 200);
        let scope = "Bearer error=\"insufficient_scope\", scope=\"projects:update\"";
        assert_eq!(service.answers(Method::POST, Some(&reads)).await, (403, scope.to_owned()));
        assert_eq!(service.answers(Method::POST, Some(&developer.token)).await.0, 201);
        assert_eq!(service.answers(Method::GET, None).await, (401, "Bearer".to_owned()));
        let invalid = (401, "Bearer error=\"invalid_token\"".to_owned());
        assert_eq!(read("nonsense").await, invalid);
        assert_eq!(read(&developer.client.1).await, invalid, "a secret is no token");

        let path = format!("/api/v1/tenants/acme/tokens/{id}");
        let revoked =
            developer.ada.send(developer.ada.request(Method::DELETE, &path).header("origin", &site.origin));
        assert_eq!(revoked.await.status, StatusCode::NO_CONTENT);
        assert_eq!(read(&reads).await, invalid, "it ends at once");

        // Whom Freehold does not know may not ask, and then nobody gets in.
        let stranger = Developer { client: ("fhc_none".to_owned(), "fhs_none".to_owned()), ..developer };
        let service = Service::starts(&stranger).await;
        assert_eq!(service.answers(Method::GET, Some(&stranger.token)).await.0, 503);
    })
    .await;
}

#[test]
fn the_service_has_under_sixty_lines() {
    let lines = fs::read_to_string(root().join("examples/resource_server.rs")).unwrap().lines().count();
    assert!(lines < 60, "{lines} lines");
}
