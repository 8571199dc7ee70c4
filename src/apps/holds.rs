//! What an app holds, and the rules for giving and taking it: those for people. Used inside the writes of apps; must
//! never be asked of a copy.

use std::collections::HashSet;

use crate::authz::{Authz, Grant, HeldRole, Permission, TenantPolicy};
use crate::clock::Timestamp;
use crate::db::WriteTx;
use crate::error::{Error, FieldError, Result};
use crate::members::RoleAssignment;
use crate::roles::guards::{Holding, Refusal, may_act_on, may_change};

/// The roles a body asks for; every problem is named at once.
pub(super) fn read(
    policy: &TenantPolicy,
    wanted: &[RoleAssignment],
    now: Timestamp,
) -> Result<Vec<HeldRole>> {
    let (mut seen, mut held, mut problems) = (HashSet::new(), Vec::new(), Vec::new());
    for (place, RoleAssignment { key, expires_at }) in wanted.iter().enumerate() {
        let mut say = |pointer: String, code, detail: &'static str| {
            problems.push(FieldError { pointer, code, detail: detail.into() });
        };
        let Some(role) = policy.role_by_key(key) else {
            say(format!("/roles/{place}"), "unknown", "This tenant has no such role.");
            continue;
        };
        if expires_at.is_some_and(|end| end <= now) {
            say(format!("/roles/{place}/expires_at"), "past", "Choose a time that is still to come.");
        }
        if !seen.insert(role.id) {
            say(format!("/roles/{place}"), "duplicate", "Name each role once.");
        }
        held.push(HeldRole { role: role.id, expires_at: *expires_at });
    }
    if problems.is_empty() { Ok(held) } else { Err(Error::Invalid(problems)) }
}

/// Whether the grant's principal may act on an app that holds `before`, and make it hold `after`. None: they may.
pub(super) fn refusal<P>(
    grant: &Grant<P>,
    before: &[HeldRole],
    after: &[HeldRole],
    now: Timestamp,
) -> Option<Refusal> {
    let actor = Holding::of(grant.standing());
    let target = Holding::new(&grant.standing().policy, before);
    may_act_on(actor, target, now).and_then(|()| may_change(actor, before, after, now)).err()
}

/// The refusal, explained: after the write has been given up.
pub(super) async fn explain<P: Permission>(
    authz: &Authz,
    tx: WriteTx,
    grant: &Grant<P>,
    refusal: &Refusal,
) -> Error {
    drop(tx);
    let name = &authz.catalogue().info(refusal.missing()).name;
    match authz.deny(grant.standing(), name, refusal.reason(authz.catalogue())).await {
        Ok(denied) => denied,
        Err(error) => error,
    }
}
