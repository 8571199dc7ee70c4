//! People at their browsers: cookies kept by hand, redirects not followed, one method for each thing they do.
//! They reach every node by its own address under the one public URL, as behind a proxy.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use freehold::db::Sealer;
use freehold::dev::idp::choose_url;
use freehold::http::extract::FORM_TOKEN;
use freehold::ids::{SessionHandle, UserId};
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use crate::harness::process::Node;
use crate::harness::until;

use super::installation::Installation;

/// A browser of one person.
pub(crate) struct Client {
    http: reqwest::Client,
    public_url: String,
    secret: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The header's text; empty when absent.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// This answer, whose status must be `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The policy version a write answers with.
    pub(crate) fn policy_version(&self) -> i64 {
        self.header("x-policy-version").parse().unwrap_or_else(|_| panic!("no policy version: {self:?}"))
    }
}

impl Client {
    /// Somebody who has not signed in.
    pub(crate) fn of(installation: &Installation) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let (public_url, secret) = (installation.public_url.clone(), installation.secret.clone());
        Self { http, public_url, secret, cookies: Mutex::default() }
    }

    /// Sends a request to this node; `None` when the connection failed.
    pub(crate) async fn try_send(
        &self,
        node: &str,
        (method, path): (Method, &str),
        body: Option<&Value>,
        extra: &[(&str, &str)],
    ) -> Option<Answer> {
        let host = self.public_url.split("://").last().unwrap();
        let mut request = self.http.request(method.clone(), format!("{node}{path}")).header("host", host);
        if method != Method::GET {
            request = request.header("origin", &self.public_url);
        }
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = match body.as_str() {
                Some(form) => {
                    request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned())
                }
                None => request.json(body),
            };
        }
        let sent = Instant::now();
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.ok()?;
        self.keep_cookies(&headers);
        Some(Answer { status, headers, body, took: sent.elapsed() })
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for cookie in headers.get_all(header::SET_COOKIE) {
            let (pair, rules) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rules.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) async fn send(&self, node: &Node, method: Method, path: &str, body: Option<Value>) -> Answer {
        let answer = self.try_send(&node.url, (method, path), body.as_ref(), &[]).await;
        answer.unwrap_or_else(|| panic!("{path}: no answer"))
    }

    pub(crate) async fn get(&self, node: &Node, path: &str) -> Answer {
        self.send(node, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, node: &Node, path: &str, body: Value) -> Answer {
        self.send(node, Method::POST, path, Some(body)).await
    }

    /// What opens the session.
    pub(crate) fn cookie(&self) -> String {
        self.cookies.lock().unwrap().get("freehold").cloned().expect("signed in")
    }

    /// Puts a cookie back that the server took away.
    pub(crate) fn set_cookie(&self, value: &str) {
        self.cookies.lock().unwrap().insert("freehold".to_owned(), value.to_owned());
    }

    /// Signs in at `provider` as one of its sample people, through the pages of both.
    pub(crate) async fn sign_in(&self, node: &Node, provider: &str, person: &str) -> UserId {
        let start = self.get(node, &format!("/auth/{provider}")).await.expect(303);
        let chosen = self.http.get(choose_url(start.header("location"), person)).send().await.unwrap();
        let back = chosen.headers()["location"].to_str().unwrap().to_owned();
        let path = back.strip_prefix(&self.public_url).expect("back to the public URL");
        self.get(node, path).await.expect(303);
        self.get(node, "/api/v1/me").await.expect(200).json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Signs out by a form.
    pub(crate) async fn sign_out(&self, node: &Node) {
        let sessions = self.get(node, "/api/v1/me/sessions").await.expect(200).json();
        let current = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == true);
        let handle: SessionHandle = current.unwrap()["id"].as_str().unwrap().parse().unwrap();
        let mask = "0123456789ab";
        let signed = [handle.uuid().as_bytes(), mask.as_bytes()].concat();
        let code = Sealer::new(self.secret.as_bytes()).sign(FORM_TOKEN, &signed);
        let form = format!("{FORM_TOKEN}={mask}{code}");
        self.post(node, "/logout", Value::String(form)).await.expect(303);
    }

    /// Creates a tenant and gives its id.
    pub(crate) async fn create_tenant(&self, node: &Node, name: &str) -> String {
        let made = self.post(node, "/api/v1/tenants", json!({ "name": name })).await.expect(201);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// Sets someone's roles.
    pub(crate) async fn set_roles(&self, node: &Node, tenant: &str, user: UserId, roles: &[&str]) -> Answer {
        let path = format!("/api/v1/tenants/{tenant}/members/{user}/roles");
        self.send(node, Method::PUT, &path, Some(json!({ "roles": roles }))).await.expect(200)
    }

    /// Asks until the answer has this status, for at most ten seconds; gives how long that took.
    pub(crate) async fn wait_for(&self, node: &Node, path: &str, status: u16) -> Duration {
        let begin = Instant::now();
        let seen = until(Duration::from_secs(10), async || {
            let answer = self.try_send(&node.url, (Method::GET, path), None, &[]).await?;
            (answer.status == status).then_some(())
        });
        seen.await.unwrap_or_else(|| panic!("{path} becomes {status}"));
        begin.elapsed()
    }
}

/// Ada, signed in with Google, owns a tenant to which she invited Vic, signed in with GitHub, as `roles`.
pub(crate) struct Pair {
    pub(crate) ada: Client,
    pub(crate) ada_id: UserId,
    pub(crate) vic: Client,
    pub(crate) vic_id: UserId,
    pub(crate) tenant: String,
}

impl Pair {
    /// Through `node`, by the sign-in, the API and the mail.
    pub(crate) async fn meet(installation: &Installation, node: &Node, roles: &[&str]) -> Self {
        let (ada, vic) = (Client::of(installation), Client::of(installation));
        let ada_id = ada.sign_in(node, "google", "ada").await;
        let vic_id = vic.sign_in(node, "github", "vic").await;
        let tenant = ada.create_tenant(node, "Acme").await;
        vic.get(node, &format!("/api/v1/tenants/{tenant}")).await.expect(404);
        let invitation = json!({ "email": "vic@example.com", "roles": roles });
        ada.post(node, &format!("/api/v1/tenants/{tenant}/invitations"), invitation).await.expect(201);
        let token = installation.mail.invitation_for("vic@example.com").await;
        let accepted = vic.post(node, "/api/v1/invitations/accept", json!({ "token": token })).await;
        assert!((200..300).contains(&accepted.status), "{accepted:?}");
        Self { ada, ada_id, vic, vic_id, tenant }
    }

    /// A path below the tenant's in the API.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/tenants/{}{rest}", self.tenant)
    }
}
