//! The GitHub side: OAuth 2.0 with GitHub's ways (errors as 200, commas between scopes, addresses in pages).
//! Called by the server; must never give a token for a code that does not fit.

use http::StatusCode;
use http::header::LINK;
use serde_json::{Value, json};

use super::Shared;
use super::faults::Fault;
use super::grants::{Grant, Presented, Refused};
use super::people::{Email, Person, Provider};
use super::reply::{self, Reply};
use super::request::Request;

/// `POST /login/oauth/access_token`.
pub(super) fn token(shared: &Shared, request: &Request) -> Reply {
    match exchange(shared, request) {
        Ok(grant) => {
            let scope = grant.scopes.join(",");
            let token = shared.grants().token("gho_sample", grant);
            answer(request, &[("access_token", &token), ("scope", &scope), ("token_type", "bearer")])
        }
        Err((code, why)) => answer(request, &[("error", &code), ("error_description", why)]),
    }
}

fn exchange(shared: &Shared, request: &Request) -> Result<Grant, (String, &'static str)> {
    if let Some(Fault::Error(code)) = &request.fault {
        return Err((code.clone(), "scripted"));
    }
    let refuse = |code: &str, why| (code.to_owned(), why);
    let form = request
        .form()
        .ok_or_else(|| refuse("invalid_request", "the body must be a form, each field once"))?;
    let (id, secret) = &shared.clients.github;
    if form.get("client_id") != Some(id) || form.get("client_secret") != Some(secret) {
        return Err(refuse("incorrect_client_credentials", "the client_id or client_secret is wrong"));
    }
    let presented = Presented {
        provider: Provider::Github,
        code: form.get("code").unwrap_or_default(),
        redirect_uri: form.get("redirect_uri").unwrap_or_default(),
        verifier: form.get("code_verifier").unwrap_or_default(),
    };
    shared.grants().redeem(&presented, shared.clock.now()).map_err(|refused| match refused {
        Refused::Code(why) => refuse("bad_verification_code", why),
        Refused::RedirectUri => refuse("redirect_uri_mismatch", "not the URI of the code"),
    })
}

/// JSON for those who ask for it, else a form; 200 either way.
fn answer(request: &Request, fields: &[(&str, &str)]) -> Reply {
    if request.accepts_json() {
        let object = fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        reply::json(StatusCode::OK, &Value::Object(object))
    } else {
        reply::form(fields)
    }
}

/// `GET /user`.
pub(super) fn user(shared: &Shared, request: &Request) -> Reply {
    let (person, _scopes) = match caller(shared, request) {
        Ok(found) => found,
        Err((status, why)) => return message(status, why),
    };
    let Ok(id) = person.subject.parse::<u64>() else {
        return message(StatusCode::INTERNAL_SERVER_ERROR, "this person's subject is not a number");
    };
    let user = json!({
        "id": id,
        "login": person.login,
        "type": "User",
        "name": person.name,
        "email": person.public_email,
        "avatar_url": format!("{}/picture/{}", shared.origin(), person.key),
        "html_url": format!("{}/github/{}", shared.origin(), person.login),
    });
    reply::json(StatusCode::OK, &user)
}

/// `GET /user/emails`, 30 a page unless `per_page` says otherwise.
pub(super) fn emails(shared: &Shared, request: &Request) -> Reply {
    let (person, scopes) = match caller(shared, request) {
        Ok(found) => found,
        Err((status, why)) => return message(status, why),
    };
    if !scopes.iter().any(|scope| scope == "user" || scope == "user:email") {
        return message(StatusCode::NOT_FOUND, "Not Found");
    }
    let number = |name: &str| request.query.get(name).and_then(|text| text.parse::<usize>().ok());
    let size = number("per_page").unwrap_or(30).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let shown: Vec<Value> =
        person.emails.iter().skip((page - 1).saturating_mul(size)).take(size).map(email).collect();
    let reply = reply::json(StatusCode::OK, &Value::Array(shown));
    let links = links(shared, page, size, person.emails.len());
    if links.is_empty() { reply } else { reply::with_header(reply, LINK, &links) }
}

fn email(email: &Email) -> Value {
    json!({
        "email": email.address,
        "primary": email.primary,
        "verified": email.verified,
        "visibility": email.primary.then_some("private"),
    })
}

/// RFC 8288, as GitHub writes it; empty when one page holds everything.
fn links(shared: &Shared, page: usize, size: usize, total: usize) -> String {
    let last = total.div_ceil(size).max(1);
    let link = |page: usize, rel: &str| {
        format!("<{}/user/emails?per_page={size}&page={page}>; rel=\"{rel}\"", shared.github_api())
    };
    let mut links = Vec::new();
    if page > 1 {
        links.extend([link(page - 1, "prev"), link(1, "first")]);
    }
    if page < last {
        links.extend([link(page + 1, "next"), link(last, "last")]);
    }
    links.join(", ")
}

/// The person whose token this is, and what it may see.
fn caller(shared: &Shared, request: &Request) -> Result<(Person, Vec<String>), (StatusCode, &'static str)> {
    if request.user_agent().is_empty() {
        return Err((StatusCode::FORBIDDEN, "a request needs a User-Agent header"));
    }
    let header = request.authorization();
    let token = header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("token "));
    let token = token.ok_or((StatusCode::UNAUTHORIZED, "Requires authentication"))?;
    let grant = shared.grants().holder(Provider::Github, token);
    let grant = grant.ok_or((StatusCode::UNAUTHORIZED, "Bad credentials"))?;
    let person = shared.person(Provider::Github, &grant.person);
    Ok((person.ok_or((StatusCode::UNAUTHORIZED, "Bad credentials"))?, grant.scopes))
}

fn message(status: StatusCode, why: &str) -> Reply {
    reply::json(status, &json!({ "message": why }))
}
