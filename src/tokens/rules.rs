//! What a token may carry and for how long it lasts. Asked wherever one is made; must never let one carry what its maker
//! does not hold, or what needs a person at a browser.

use std::time::Duration;

use crate::authz::{Authz, Catalogue, PermissionSet, Standing};
use crate::error::{Error, FieldError, Result};

/// For how many days a token lasts when nothing is said.
pub const DEFAULT_DAYS: u16 = 90;
/// For how many days a token lasts at most.
pub const MAX_DAYS: u16 = 365;
/// How long before its end a token or secret is marked, and told of by mail.
pub const SOON: Duration = Duration::from_hours(7 * 24);
/// After how long a token that nobody uses counts as unused.
pub(super) const UNUSED: Duration = Duration::from_hours(30 * 24);
/// For how long the old token still works beside the new one when nothing is said, in hours.
pub(super) const OVERLAP: u16 = 24;
/// The same at most.
pub(super) const MAX_OVERLAP: u16 = 168;

/// What of `held` a token can carry at all.
#[must_use]
pub fn carried(catalogue: &Catalogue, held: PermissionSet) -> PermissionSet {
    let mut set = PermissionSet::EMPTY;
    for permission in held.iter().filter(|id| !catalogue.info(*id).session_only) {
        set.insert(permission);
    }
    set
}

/// Reads the scopes a token is to have; every bad one is named at once, by its place in the list.
///
/// # Errors
/// [`Error::Invalid`] when there is none, or one is unknown or needs a session.
pub fn read_scopes(catalogue: &Catalogue, wanted: &[String]) -> Result<PermissionSet> {
    if wanted.is_empty() {
        return Err(Error::invalid("/scopes", "required", "Choose at least one scope."));
    }
    let (mut scopes, mut problems) = (PermissionSet::EMPTY, Vec::new());
    for (place, name) in wanted.iter().enumerate() {
        let mut say = |code, detail: &'static str| {
            problems.push(FieldError { pointer: format!("/scopes/{place}"), code, detail: detail.into() });
        };
        match catalogue.get(name) {
            None => say("unknown", "There is no such permission."),
            Some(id) if catalogue.info(id).session_only => {
                say("session_only", "This needs a person at a browser: no token may carry it.");
            }
            Some(id) => scopes.insert(id),
        }
    }
    if problems.is_empty() { Ok(scopes) } else { Err(Error::Invalid(problems)) }
}

/// Refuses scopes of which the one who mints does not hold all, naming the first.
pub(super) async fn require_held(authz: &Authz, standing: &Standing, scopes: PermissionSet) -> Result<()> {
    let Some(missing) = scopes.minus(standing.effective).iter().next() else { return Ok(()) };
    let name = &authz.catalogue().info(missing).name;
    let reason = format!("A token carries only what you may do yourself, and {name} is not among it.");
    Err(authz.deny(standing, name, reason).await?)
}

/// A number of days, read.
pub(super) fn days(wanted: Option<u16>) -> Result<Duration> {
    let days = wanted.unwrap_or(DEFAULT_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Error::invalid("/expires_in_days", "out_of_range", "Choose 1 to 365 days."));
    }
    Ok(Duration::from_hours(u64::from(days) * 24))
}

/// How long the old token is to work beside the new one, read.
pub(super) fn overlap(wanted: Option<u16>) -> Result<Duration> {
    let hours = wanted.unwrap_or(OVERLAP);
    if hours > MAX_OVERLAP {
        return Err(Error::invalid("/overlap_hours", "out_of_range", "Choose 0 to 168 hours."));
    }
    Ok(Duration::from_hours(u64::from(hours)))
}
