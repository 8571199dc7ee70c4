//! A sign-in under way: started, sent to the provider, come back. What binds it to this browser and this provider
//! is kept in SQL and taken before the provider is asked, so no callback works twice, whatever becomes of it.

use std::time::Duration;

use url::Url;

use crate::authz::{Authz, SessionUser};
use crate::db::{AuditEvent, Chain, Database, Sealer, Target};
use crate::error::{Error, Result};
use crate::ids::{SessionHandle, UserId, secret_hash, secret_text};
use crate::login::store::{self, AttemptRow};
use crate::login::{Callback, ExternalIdentity, Provider, Providers, Secrets};

/// How long someone may take at the provider, and how long a grant to link holds.
pub const ATTEMPT: Duration = Duration::from_mins(10);

/// The path to return to is encrypted where it rests: it may be an invitation's link, which holds its secret.
const RETURN_TO: &str = "return_to";

/// A sign-in that was started.
#[derive(Debug)]
pub struct Started {
    /// Where to send the browser.
    pub to: Url,
    /// What the browser must bring back in its cookie.
    pub browser: String,
}

/// Why a sign-in is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// To sign in, and then go to a path of ours.
    SignIn {
        /// The path.
        return_to: String,
    },
    /// To link the identity to the account of whoever holds this grant.
    Link {
        /// The grant, from [`allow_linking`].
        grant: String,
        /// Who asks now; must be whom the grant was given to.
        user: UserId,
        /// By which session.
        session: SessionHandle,
    },
}

/// What a callback was for, once it is known who came back.
#[derive(Debug)]
pub struct Returned {
    /// Who came back, as the provider says.
    pub external: ExternalIdentity,
    /// Where to go now.
    pub return_to: String,
    /// The account and session that allowed linking, when that was the intent.
    pub link: Option<(UserId, SessionHandle)>,
}

/// Starts a sign-in with `provider`. `browser` is the cookie of an attempt of the same browser, if it has one.
///
/// # Errors
/// [`Error::NotFound`] when the provider is not configured; [`Error::Csrf`] for a grant that is not good;
/// [`Error::Unavailable`] when the provider does not answer.
pub async fn start(
    database: &Database,
    sealer: &Sealer,
    providers: &Providers,
    provider: Provider,
    browser: Option<String>,
    intent: Intent,
) -> Result<Started> {
    let now = database.clock().now();
    let secrets = Secrets::new();
    let mut select_account = false;
    let (return_to, link_user_id, link_session_id) = match intent {
        Intent::SignIn { return_to } => (return_to, None, None),
        Intent::Link { grant, user, session } => {
            let taken = store::take_grant(&mut database.upkeep().await?, &secret_hash(&grant)).await?;
            let good = taken.is_some_and(|(holder, by, known, expires_at)| {
                holder == user && by == session && known == provider.as_str() && now < expires_at
            });
            if !good {
                return Err(Error::Csrf);
            }
            select_account = true;
            ("/account".to_owned(), Some(user), Some(session))
        }
    };
    let to = providers.authorize_url(provider, &secrets, select_account).await?;
    let browser = browser.filter(|cookie| cookie.len() == 43).unwrap_or_else(secret_text);
    let attempt = AttemptRow {
        provider: provider.as_str().to_owned(),
        browser_hash: secret_hash(&browser),
        verifier: secrets.verifier.clone(),
        nonce: secrets.nonce.clone(),
        return_to: sealer.seal(RETURN_TO, return_to.as_bytes())?,
        link_user_id,
        link_session_id,
        expires_at: now + ATTEMPT,
    };
    store::insert_attempt(&mut database.upkeep().await?, &secret_hash(&secrets.state), &attempt).await?;
    Ok(Started { to, browser })
}

/// What a callback brings: taken from the query, each at most once.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// The state.
    pub state: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The issuer that sends it.
    pub iss: Option<String>,
    /// The provider's error.
    pub error: Option<String>,
}

/// Why nobody came back.
#[derive(Debug)]
pub enum NotReturned {
    /// The state is missing, unknown, used, expired, or another browser's or provider's. The provider was not asked.
    State,
    /// The provider says the person did not agree, or that something is wrong.
    Refused,
    /// Something else.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for NotReturned {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Takes the attempt a callback belongs to, then asks the provider who came back.
///
/// # Errors
/// See [`NotReturned`]. The attempt is gone in every case.
pub async fn finish(
    database: &Database,
    sealer: &Sealer,
    providers: &Providers,
    provider: Provider,
    browser: Option<&str>,
    arrival: Arrival,
) -> Result<Returned, NotReturned> {
    let state = arrival.state.filter(|state| state.len() == 43).ok_or(NotReturned::State)?;
    let taken = store::take_attempt(&mut database.upkeep().await?, &secret_hash(&state)).await?;
    let attempt = taken.ok_or(NotReturned::State)?;
    let same_browser = browser.is_some_and(|cookie| {
        aws_lc_rs::constant_time::verify_slices_are_equal(&secret_hash(cookie), &attempt.browser_hash).is_ok()
    });
    let in_time = database.clock().now() < attempt.expires_at;
    if !same_browser || !in_time || attempt.provider != provider.as_str() {
        return Err(NotReturned::State);
    }
    let Some(code) = arrival.code.filter(|_| arrival.error.is_none()) else {
        return Err(NotReturned::Refused);
    };
    let secrets = attempt.secrets(&state);
    let external = providers.identify(provider, &Callback { code, iss: arrival.iss }, &secrets).await?;
    let return_to = sealer.open(RETURN_TO, &attempt.return_to)?;
    let return_to = path_of_ours(str::from_utf8(&return_to).ok());
    Ok(Returned { external, return_to, link: attempt.link_user_id.zip(attempt.link_session_id) })
}

/// Gives the caller's session permission to link one identity of `provider`, once, for ten minutes.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] when the sign-in is not fresh; [`Error::NotFound`] for a provider that is not
/// configured.
pub async fn allow_linking(
    database: &Database,
    providers: &Providers,
    principal: &SessionUser,
    provider: Provider,
) -> Result<String> {
    principal.require_fresh(database.clock().now())?;
    if !providers.is_configured(provider) {
        return Err(Error::NotFound);
    }
    let grant = secret_text();
    let holder = (principal.user.id, principal.session.handle);
    let mut tx = database.write(Chain::User(principal.user.id)).await?;
    let expires_at = tx.at() + ATTEMPT;
    store::insert_grant(&mut tx, &secret_hash(&grant), holder, provider, expires_at).await?;
    let target = Target::new("provider", provider.as_str(), provider.to_string());
    tx.commit(AuditEvent::done(principal.actor(), "identity.link_allowed", target)).await?;
    Ok(grant)
}

/// `return_to` as a path of ours, or the default: `/…` without a scheme, host, backslash or control character.
#[must_use]
pub fn path_of_ours(return_to: Option<&str>) -> String {
    let good = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 500
            && path.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\')
            && !path.starts_with("/auth/")
            && !path.starts_with("/login")
    };
    return_to.filter(good).unwrap_or("/").to_owned()
}

/// Whether the account that allowed linking may still do so.
///
/// # Errors
/// [`Error::Unauthenticated`] when it may not.
pub async fn linker(authz: &Authz, user: UserId) -> Result<std::sync::Arc<crate::authz::UserHead>> {
    authz.user(user).await?.filter(|head| !head.disabled).ok_or(Error::Unauthenticated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_returns_to_a_path_of_ours_or_to_the_start() {
        for good in ["/", "/t/acme/members?search=a%20b", "/invitations/abc"] {
            assert_eq!(path_of_ours(Some(good)), good);
        }
        for bad in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\tx",
            "evil",
            "/login",
            "/auth/google",
            "/ü",
        ] {
            assert_eq!(path_of_ours(Some(bad)), "/", "{bad}");
        }
        assert_eq!(path_of_ours(None), "/");
    }
}
