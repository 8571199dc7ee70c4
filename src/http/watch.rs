//! Answers that last: whether whoever began one may still have it, and how many there may be at once. Called by
//! exports and live views, which outlive the decision they began with; must never let one go on unasked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::authz::{Grant, Permission, Principal, SessionUser};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::state::AppState;
use crate::ids::Subject;

/// Asks again what was asked when an answer began.
#[derive(Debug)]
pub(super) struct Watch<P> {
    app: AppState,
    grant: Grant<P>,
    ends_at: Timestamp,
}

impl<P: Permission> Watch<P> {
    /// Begins with a grant that was just made.
    ///
    /// # Errors
    /// Those of [`Watch::ask`].
    pub(super) async fn new<Q>(app: &AppState, grant: &Grant<Q>) -> Result<Self> {
        let (principal, now) = (grant.principal().clone(), app.database.clock().now());
        let ends_at = match &principal {
            // Looking on is not using: a session that nothing else uses ends as if nobody looked.
            Principal::Session(person) => {
                (now + app.config.session_idle).min(person.session.signed_in_at + app.config.session_absolute)
            }
            Principal::Token(bearer) => bearer.token.expires_at,
        };
        let grant = app.authz.decide(principal, grant.standing().clone()).await?;
        Ok(Self { app: app.clone(), grant, ends_at })
    }

    /// The grant as it is now.
    ///
    /// # Errors
    /// What a new request of theirs would be answered: the session has ended, the person is disabled or no member
    /// any more, the permission is lost, the tenant suspended, or it cannot be known now.
    pub(super) async fn ask(&mut self) -> Result<&Grant<P>> {
        let (authz, principal) = (&self.app.authz, self.grant.principal());
        authz.freshness().check()?;
        let ended = self.app.database.clock().now() >= self.ends_at;
        if ended {
            return Err(Error::Unauthenticated);
        }
        match principal {
            Principal::Session(SessionUser { user, session, .. }) => {
                let user = authz.user(user.id).await?.filter(|head| !head.disabled);
                if user.is_none() || authz.freshness().is_revoked(session.handle) {
                    return Err(Error::Unauthenticated);
                }
            }
            Principal::Token(bearer) => authz.still_works(&bearer.token).await?,
        }
        let standing =
            authz.standing(self.grant.tenant(), principal.subject()).await?.ok_or(Error::NotFound)?;
        self.grant = authz.decide(principal.clone(), standing).await?;
        Ok(&self.grant)
    }
}

/// Room for so many answers that last, on this node; one person takes only some of it.
#[derive(Debug)]
pub(super) struct Places {
    all: usize,
    each: usize,
    taken: Mutex<Vec<Subject>>,
}

/// A place, until dropped.
#[derive(Debug)]
pub(super) struct Place {
    among: &'static Places,
    of: Subject,
}

impl Places {
    /// Room for `all`, of which a person may take `each`.
    pub(super) const fn new(all: usize, each: usize) -> Self {
        Self { all, each, taken: Mutex::new(Vec::new()) }
    }

    /// Takes a place for this person.
    ///
    /// # Errors
    /// [`Error::TooMany`] when there is none for them.
    pub(super) fn take(&'static self, of: Subject) -> Result<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.iter().filter(|taker| **taker == of).count();
        if taken.len() >= self.all || own >= self.each {
            let what = "Too many of these are open at once. Close one, or try again later.".into();
            return Err(Error::TooMany { what, retry_after: Duration::from_secs(10) });
        }
        taken.push(of);
        drop(taken);
        Ok(Place { among: self, of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.among.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = taken.iter().position(|taker| *taker == self.of) {
            taken.swap_remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn a_place_is_free_again_when_it_is_left() {
        static PLACES: Places = Places::new(3, 2);
        let (ada, ben) = (Subject::User(UserId::new()), Subject::User(UserId::new()));
        let first = PLACES.take(ada).unwrap();
        let second = PLACES.take(ada).unwrap();
        assert!(PLACES.take(ada).is_err(), "one person does not take all");
        let third = PLACES.take(ben).unwrap();
        assert!(PLACES.take(ben).is_err(), "there is no room");
        drop(first);
        assert!(PLACES.take(ben).is_ok());
        drop((second, third));
        assert!(PLACES.taken.lock().unwrap().is_empty());
    }
}
