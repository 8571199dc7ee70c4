//! `freehold keys`: the keys that sign access tokens, seen and put in another's place beside running nodes. Called by
//! `main.rs`; must never print a private half.

use secrecy::{ExposeSecret as _, SecretString};

use crate::app::open_database;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Sealer;
use crate::error::{Error, Result};
use crate::oauth::keys::{self, KeyState, Rotation};

/// Puts a new key in the place of the present one. Gives what to say of it.
///
/// # Errors
/// As [`keys::rotate`]; [`Error::Conflict`] without `FREEHOLD_SECRET`.
pub async fn rotate_keys(config: &Config, how: Rotation) -> Result<String> {
    let sealer = Sealer::new(secret(config)?.expose_secret().as_bytes());
    let database = open_database(config, false, Clock::default())?;
    let rotated = keys::rotate(&database, &sealer, how).await;
    database.close().await;
    let kid = rotated?;
    Ok(match how {
        Rotation::After(_) => format!("The new key is {kid}. `freehold keys list` says when it signs."),
        Rotation::Withdrawing => {
            format!("The new key is {kid}. Tokens signed by earlier ones stop working within seconds.")
        }
    })
}

/// The published keys, a line each.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list_keys(config: &Config) -> Result<String> {
    let database = open_database(config, false, Clock::default())?;
    let listed = keys::list(&database).await;
    database.close().await;
    let listed = listed?;
    if listed.is_empty() {
        return Ok(
            "There is no signing key yet. The first is made when a signed token is asked for.".to_owned()
        );
    }
    let line = |key: &keys::KeyLine| {
        let state = match key.state {
            KeyState::Waiting(from) => format!("signs from {from}"),
            KeyState::Signing => "signs".to_owned(),
            KeyState::Leaving(end) => format!("published until {end}"),
        };
        format!("{}  {}  made {}  {state}", key.kid, key.algorithm, key.created_at)
    };
    Ok(listed.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// What seals the keys: the setting, or what `freehold dev` keeps in the data folder.
fn secret(config: &Config) -> Result<SecretString> {
    if !config.secret.expose_secret().is_empty() {
        return Ok(config.secret.clone());
    }
    #[cfg(feature = "dev")]
    if let Some(kept) = super::dev::known_secret(config) {
        return Ok(kept);
    }
    Err(Error::Conflict(
        "FREEHOLD_SECRET is not set, and keys are sealed with it. Set the one the nodes have.".into(),
    ))
}
