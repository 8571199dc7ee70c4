//! What limits asking and answering besides the permission. Asked inside the write, where nothing can change until
//! the commit; must never let through an answer that `members` would refuse.

use std::time::Duration;

use super::store;
use crate::authz::{HeldRole, Standing};
use crate::clock::Timestamp;
use crate::db::WriteTx;
use crate::error::{Error, Result};
use crate::ids::{RoleId, TenantId, UserId};
use crate::roles::guards::{Holding, Refusal, may_act_on, may_change};

/// How many requests of one member may wait at once.
const MOST_OPEN: i64 = 5;
/// How many one member may make in a day: each is mail to others.
const MOST_A_DAY: i64 = 20;
const DAY: Duration = Duration::from_hours(24);
/// Who may give a role for this long may answer, though perhaps not give it for as long as is asked.
const SOON: Duration = Duration::from_mins(1);

/// The roles of someone who gets one more until `until`. One that is held for longer stays as it is.
pub(super) fn with(
    held: &[HeldRole],
    role: RoleId,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Vec<HeldRole> {
    let present = held.iter().copied().filter(|held| held.holds_at(now));
    let (same, mut roles): (Vec<HeldRole>, Vec<HeldRole>) = present.partition(|held| held.role == role);
    let longer = same.into_iter().find(|held| lasts(*held, until));
    roles.push(longer.unwrap_or(HeldRole { role, expires_at: until }));
    roles
}

/// Whether the role is held until `until` or longer.
fn lasts(held: HeldRole, until: Option<Timestamp>) -> bool {
    held.expires_at.is_none_or(|end| until.is_some_and(|until| until <= end))
}

/// Whether someone who holds `held` need not ask for the role until `until`.
pub(super) fn has(held: &[HeldRole], role: RoleId, until: Option<Timestamp>, now: Timestamp) -> bool {
    held.iter().any(|held| held.role == role && held.holds_at(now) && lasts(*held, until))
}

/// Whether the actor may answer a request of who holds `target`: as if giving the role for a moment.
pub(super) fn may_answer(
    actor: &Standing,
    target: &[HeldRole],
    role: RoleId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let acting = Holding::of(actor);
    may_act_on(acting, Holding::new(&actor.policy, target), now)?;
    may_change(acting, target, &with(target, role, Some(now + SOON), now), now)
}

/// Refuses one more request of the member when there are enough.
pub(super) async fn within_limits(
    tx: &mut WriteTx,
    tenant: TenantId,
    user: UserId,
    role: RoleId,
) -> Result<()> {
    let now = tx.at();
    let open = store::open_of(tx, tenant, user, now).await?;
    if open.contains(&role) {
        return Err(Error::Conflict(
            "You have asked for this role already, and the request is still open.".into(),
        ));
    }
    if i64::try_from(open.len()).unwrap_or(i64::MAX) >= MOST_OPEN {
        let text = "Five of your requests are open, which is as many as may be. Withdraw one first.";
        return Err(Error::Conflict(text.into()));
    }
    let made = store::made_since(tx, tenant, user, now - DAY, MOST_A_DAY).await?;
    if i64::try_from(made.len()).unwrap_or(i64::MAX) < MOST_A_DAY {
        return Ok(());
    }
    let retry_after = made.last().map_or(DAY, |oldest| (*oldest + DAY).since(now));
    Err(Error::TooMany { what: "You have made as many requests as you may in a day.".into(), retry_after })
}
