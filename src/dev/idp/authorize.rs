//! The page of people and the way back, for both providers. Called by the server; must never redirect to a URI
//! that is not registered, nor hand out a code without a PKCE challenge (and, at Google, a nonce).

use http::StatusCode;
use url::Url;

use super::faults::Fault;
use super::grants::Grant;
use super::people::Provider;
use super::reply::{self, Reply};
use super::request::{Params, Request};
use super::{Shared, cancel_url, choose_url, pages};

/// A request that may be answered by a redirect.
struct Asked<'a> {
    provider: Provider,
    redirect_uri: Url,
    params: &'a Params,
    fault: Option<&'a Fault>,
}

/// `GET …/authorize`: the page.
pub(super) fn show(shared: &Shared, provider: Provider, request: &Request) -> Reply {
    let asked = match read(shared, provider, request) {
        Ok(asked) => asked,
        Err(why) => return pages::refusal(StatusCode::BAD_REQUEST, &why),
    };
    if let Err((code, why)) = asked.check() {
        return asked.back_with_error(shared, code, why);
    }
    let people = shared.people();
    let choices = people
        .iter()
        .filter(|person| person.provider == provider)
        .map(|person| pages::Choice::new(person, choose_url(&request.target, &person.key)))
        .collect();
    pages::choose(provider, choices, cancel_url(&request.target), &asked.redirect_uri)
}

/// `GET …/authorize/choose`: back with a code for that person.
pub(super) fn choose(shared: &Shared, provider: Provider, request: &Request) -> Reply {
    let asked = match read(shared, provider, request) {
        Ok(asked) => asked,
        Err(why) => return pages::refusal(StatusCode::BAD_REQUEST, &why),
    };
    let challenge = match asked.check() {
        Ok(challenge) => challenge.to_owned(),
        Err((code, why)) => return asked.back_with_error(shared, code, why),
    };
    if let Some(Fault::Error(code)) = asked.fault {
        return asked.back_with_error(shared, code, "scripted");
    }
    let key = request.query.get("person").unwrap_or_default();
    let Some(person) = shared.person(provider, key) else {
        return pages::refusal(StatusCode::BAD_REQUEST, "There is no such person at this provider.");
    };
    let code = shared.grants().code(Grant {
        provider,
        person: person.key,
        redirect_uri: request.query.get("redirect_uri").unwrap_or_default().to_owned(),
        challenge,
        nonce: request.query.get("nonce").map(str::to_owned),
        scopes: asked.scopes(),
        at: shared.clock.now(),
    });
    asked.back(shared, &[("code", &code)])
}

/// `GET …/authorize/cancel`: back without a code.
pub(super) fn cancel(shared: &Shared, provider: Provider, request: &Request) -> Reply {
    match read(shared, provider, request) {
        Ok(asked) => asked.back_with_error(shared, "access_denied", "the person said no"),
        Err(why) => pages::refusal(StatusCode::BAD_REQUEST, &why),
    }
}

/// What decides whether there may be a redirect at all (RFC 6749 section 4.1.2.1).
fn read<'a>(shared: &Shared, provider: Provider, request: &'a Request) -> Result<Asked<'a>, String> {
    let params = &request.query;
    if let Some(name) = params.repeated() {
        return Err(format!("The parameter “{name}” comes more than once."));
    }
    if params.get("client_id") != Some(shared.client(provider).0.as_str()) {
        return Err("The client_id is unknown.".to_owned());
    }
    let asked = params.get("redirect_uri").unwrap_or_default();
    if !shared.clients.redirect_uris.iter().any(|known| known == asked) {
        return Err("The redirect_uri is not registered for this client.".to_owned());
    }
    let redirect_uri = Url::parse(asked).map_err(|error| format!("The redirect_uri is no URL: {error}."))?;
    Ok(Asked { provider, redirect_uri, params, fault: request.fault.as_ref() })
}

impl Asked<'_> {
    /// The code challenge, or what the client did wrong.
    fn check(&self) -> Result<&str, (&'static str, &'static str)> {
        if self.provider == Provider::Google {
            if self.params.get("response_type") != Some("code") {
                return Err(("unsupported_response_type", "response_type must be code"));
            }
            if !self.scopes().iter().any(|scope| scope == "openid") {
                return Err(("invalid_scope", "the scope openid is missing"));
            }
            if self.params.get("nonce").is_none() {
                return Err(("invalid_request", "nonce is missing"));
            }
        }
        if self.params.get("code_challenge_method") != Some("S256") {
            return Err(("invalid_request", "code_challenge_method must be S256"));
        }
        let challenge = self.params.get("code_challenge").filter(|challenge| challenge.len() == 43);
        challenge.ok_or(("invalid_request", "code_challenge is missing or is no S256 challenge"))
    }

    fn scopes(&self) -> Vec<String> {
        let scopes = self.params.get("scope").unwrap_or_default();
        scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
    }

    fn back_with_error(&self, shared: &Shared, code: &str, why: &str) -> Reply {
        self.back(shared, &[("error", code), ("error_description", why)])
    }

    /// The redirect, with `state` and `iss` (RFC 9207).
    fn back(&self, shared: &Shared, answer: &[(&str, &str)]) -> Reply {
        let mut url = self.redirect_uri.clone();
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = self.params.get("state") {
            query.append_pair("state", state);
        }
        let issuer = shared.issuer(self.provider);
        let issuers = match self.fault {
            Some(Fault::MissingIss) => vec![],
            Some(Fault::WrongIss(other)) => vec![other.as_str()],
            Some(Fault::RepeatedIss) => vec![issuer.as_str(), issuer.as_str()],
            _ => vec![issuer.as_str()],
        };
        query.extend_pairs(issuers.into_iter().map(|issuer| ("iss", issuer)));
        drop(query);
        reply::redirect(StatusCode::SEE_OTHER, url.as_str())
    }
}
