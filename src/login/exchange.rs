//! The authorization code flow with PKCE (RFC 6749, 7636), by the `oauth2` crate. Called by `google` and
//! `github`; must never pass on the crate's errors, which hold the bytes a provider sent.

use std::fmt;

use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, ExtraTokenFields,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::login::client::{CallError, Outbound};
use crate::login::{Callback, Secrets, SignInError};

type TokenAnswer = StandardTokenResponse<IdTokenField, BasicTokenType>;
type OauthClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;
type TokenError = RequestTokenError<CallError, BasicErrorResponse>;

const LONGEST_CODE: usize = 4_096;

/// We, as a provider knows us.
#[derive(Debug)]
pub(super) struct Registration {
    pub client_id: String,
    pub client_secret: SecretString,
    /// Where the provider sends the browser back to.
    pub redirect_uri: Url,
}

/// What a code was exchanged for.
pub(super) struct Tokens {
    pub access: SecretString,
    pub id: Option<SecretString>,
}

#[derive(Serialize, Deserialize)]
struct IdTokenField {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl fmt::Debug for IdTokenField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdTokenField")
    }
}

impl ExtraTokenFields for IdTokenField {}

impl Registration {
    fn client(&self) -> OauthClient {
        OauthClient::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.client_secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_redirect_uri(RedirectUrl::from_url(self.redirect_uri.clone()))
    }

    /// Where to send the browser, with `more` parameters besides those of the protocol.
    pub(super) fn authorize_url(
        &self,
        endpoint: Url,
        scopes: &[&str],
        secrets: &Secrets,
        more: &[(&'static str, &str)],
    ) -> Result<Url, SignInError> {
        let client = self.client().set_auth_uri(AuthUrl::from_url(endpoint));
        let mut request = client
            .authorize_url(|| CsrfToken::new(secrets.state.clone()))
            .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier(secrets)?));
        for (name, value) in more {
            request = request.add_extra_param(*name, (*value).to_owned());
        }
        Ok(request.url().0)
    }

    /// Exchanges the code for tokens. The code is spent whatever the outcome.
    pub(super) async fn exchange(
        &self,
        outbound: &Outbound,
        endpoint: Url,
        callback: &Callback,
        secrets: &Secrets,
    ) -> Result<Tokens, SignInError> {
        if !(1..=LONGEST_CODE).contains(&callback.code.len()) {
            return Err(SignInError::Rejected("the code cannot be one"));
        }
        let verifier = verifier(secrets)?;
        let client = self.client().set_token_uri(TokenUrl::from_url(endpoint));
        let code = AuthorizationCode::new(callback.code.clone());
        let request = client.exchange_code(code).set_pkce_verifier(verifier);
        let answer = request.request_async(outbound).await.map_err(explain)?;
        if !matches!(answer.token_type(), BasicTokenType::Bearer) {
            return Err(CallError::Unreadable("the token's type").into());
        }
        Ok(Tokens {
            access: answer.access_token().secret().clone().into(),
            id: answer.extra_fields().id_token.clone().map(SecretString::from),
        })
    }
}

/// The verifier, if it has a length RFC 7636 allows; the crate panics on others.
fn verifier(secrets: &Secrets) -> Result<PkceCodeVerifier, SignInError> {
    if (43..=128).contains(&secrets.verifier.len()) {
        Ok(PkceCodeVerifier::new(secrets.verifier.clone()))
    } else {
        Err(SignInError::Rejected("the attempt's verifier is damaged"))
    }
}

/// The crate's error without what the provider sent.
fn explain(error: TokenError) -> SignInError {
    match error {
        TokenError::ServerResponse(answer) => refusal(answer.error()),
        TokenError::Request(cause) => cause.into(),
        // GitHub says what is wrong under status 200, which the crate takes for an unreadable success.
        TokenError::Parse(_, body) => match serde_json::from_slice::<BasicErrorResponse>(&body) {
            Ok(answer) => refusal(answer.error()),
            Err(_) => CallError::Unreadable("the token answer").into(),
        },
        TokenError::Other(_) => CallError::Unreadable("the token answer").into(),
    }
}

/// What a provider's error code means for the operator or the person. Its text is not kept.
fn refusal(error: &BasicErrorResponseType) -> SignInError {
    match error.as_ref() {
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => {
            SignInError::Misconfigured("the provider does not accept the client id or secret")
        }
        "redirect_uri_mismatch" => SignInError::Misconfigured("the provider expects another redirect URI"),
        "unverified_user_email" => {
            SignInError::Rejected("the provider asks for a verified e-mail address first")
        }
        "temporarily_unavailable" | "server_error" => CallError::Unreadable("the token answer").into(),
        _ => SignInError::Rejected("the provider does not accept the code"),
    }
}
