//! OAuth and the API as GitHub speaks them.

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::super::people::Provider::Github;
use super::super::{Email, Person};
use super::Fixture;

impl Fixture {
    async fn token(&self, person: &str) -> String {
        let code = self.code(Github, person).await;
        self.json(Github, &code, &[]).await["access_token"].as_str().unwrap().to_owned()
    }

    fn api(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.idp.github_api_url()))
    }

    async fn ask(&self, path: &str, token: &str) -> Response {
        self.api(path).bearer_auth(token).send().await.unwrap()
    }
}

#[tokio::test]
async fn errors_come_as_200() {
    let it = Fixture::new().await;
    for (change, error) in [
        (("code_verifier", "another-verifier-of-enough-length-0123456789-abc"), "bad_verification_code"),
        (("code_verifier", ""), "bad_verification_code"),
        (("code", "unknown"), "bad_verification_code"),
        (("redirect_uri", "http://127.0.0.1:3000/other"), "redirect_uri_mismatch"),
        (("client_secret", "wrong"), "incorrect_client_credentials"),
    ] {
        let code = it.code(Github, "vic").await;
        let answer = it.exchange(Github, &code, &[change]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"], error, "{change:?}");
        assert!(answer.get("access_token").is_none());
    }
}

#[tokio::test]
async fn a_code_works_once() {
    let it = Fixture::new().await;
    let code = it.code(Github, "vic").await;
    let tokens = it.json(Github, &code, &[]).await;
    assert_eq!(tokens["scope"], "read:user,user:email");
    assert_eq!(it.json(Github, &code, &[]).await["error"], "bad_verification_code");
}

#[tokio::test]
async fn without_accept_the_answer_is_a_form() {
    let it = Fixture::new().await;
    let url = format!("{}/login/oauth/access_token", it.idp.github_url());
    let answer = it.http.post(url).form(&[("client_id", "github-client")]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(
        answer.headers()["content-type"].to_str().unwrap().starts_with("application/x-www-form-urlencoded")
    );
    assert!(answer.text().await.unwrap().starts_with("error=incorrect_client_credentials&"));
}

#[tokio::test]
async fn the_profile_has_a_numeric_id_and_maybe_no_email() {
    let it = Fixture::new().await;
    let user: Value = it.ask("/user", &it.token("max").await).await.json().await.unwrap();
    assert_eq!(user["id"], json!(9_000_004));
    assert_eq!(user["login"], "max-sample");
    assert_eq!(user["email"], Value::Null);
    let user: Value = it.ask("/user", &it.token("vic").await).await.json().await.unwrap();
    assert_eq!(user["email"], "vic.old@example.org");
}

#[tokio::test]
async fn the_api_needs_a_token_a_user_agent_and_the_scope() {
    let it = Fixture::new().await;
    assert_eq!(it.api("/user").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(it.ask("/user", "unknown").await.status(), StatusCode::UNAUTHORIZED);
    let token = it.token("vic").await;
    let silent = it.api("/user").bearer_auth(&token).header("user-agent", "");
    assert_eq!(silent.send().await.unwrap().status(), StatusCode::FORBIDDEN);

    let narrow = super::choose_url(&it.authorize(Github, &[("scope", "read:user")]), "vic");
    let code = super::param(&super::location(&it.get(&narrow).await), "code").unwrap();
    let tokens = it.json(Github, &code, &[]).await;
    let answer = it.ask("/user/emails", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn addresses_come_in_pages_of_thirty() {
    let it = Fixture::new().await;
    let emails = (1..=31).map(|number| Email::verified(&format!("lot{number}@example.com"))).collect();
    it.idp.add_person(Person::github("lot", 77, "Lot Sample", emails));
    let token = it.token("lot").await;
    let first = it.ask("/user/emails", &token).await;
    let links = first.headers()["link"].to_str().unwrap().to_owned();
    let next = format!("<{}/user/emails?per_page=30&page=2>; rel=\"next\"", it.idp.github_api_url());
    assert!(links.contains(&next), "{links}");
    assert_eq!(first.json::<Vec<Value>>().await.unwrap().len(), 30);
    let second = it.ask("/user/emails?per_page=30&page=2", &token).await;
    assert!(!second.headers()["link"].to_str().unwrap().contains("next"));
    assert_eq!(second.json::<Vec<Value>>().await.unwrap()[0]["email"], "lot31@example.com");

    let short = it.ask("/user/emails", &it.token("vic").await).await;
    assert!(short.headers().get("link").is_none());
    let vic: Vec<Value> = short.json().await.unwrap();
    let primary: Vec<_> = vic.iter().filter(|email| email["primary"] == true).collect();
    assert_eq!(primary.len(), 1);
    assert_eq!((&primary[0]["email"], &primary[0]["verified"]), (&json!("vic@example.com"), &json!(true)));
}
