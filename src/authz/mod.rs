//! Who may do what, in which tenant, and why. Called by `http/access` before a handler runs and by the domains
//! when they grant; must never allow what it could not decide.
//!
//! ```text
//!   when a policy changes (rare)                             on every request (nanoseconds)
//!
//!   permissions.toml   roles.csv   rules in the database     principal   permission   tenant
//!          └─────────────┬─────────────┘                          └──────────┬──────────┘
//!                        │                                                   │
//!            Casbin, one tenant at a time                            held roles, as bits
//!                        │                                                   │
//!                        ▼                                                   ▼
//!          for each role: what it allows,      ──── read by ───▶   (allow ∪ allow ∪ …)
//!          what it denies, as bits                               ∖ (deny  ∪ deny  ∪ …)  ∋ permission?
//! ```
//!
//! - A **permission** is `noun:verb` from one closed catalogue (`Catalogue`); the program's own are types too
//!   (`perm`), so a handler cannot name one that does not exist.
//! - A **role** allows and denies permissions and may inherit from other roles. Four come with every tenant
//!   (`SystemRoles`); a tenant makes the rest.
//! - A **policy** is one tenant's roles. `PolicyEngine` hands them to Casbin, which knows opaque ids only, and
//!   keeps its answers as bit sets (`CompiledRoles`); `effective` joins the sets of the roles someone holds.
//!   A property test proves that this equals asking Casbin itself.
//! - An **operator** holds a platform role, in a domain of its own with permissions of its own (`platform`); in a
//!   tenant they are what anyone is, a member or nobody.
//! - An **explanation** is Casbin's own answer with the path from role to rule (`Explanation`).

mod bearer;
pub mod decide;
mod explain;
pub mod freshness;
pub mod grant;
mod load;
pub mod permission;
pub mod platform;
pub mod policy;
pub mod principal;
pub mod role;
pub mod snapshot;
mod store;

pub use bearer::scopes;
pub use decide::{Authz, Capacity, Membership, Right, TenantRef};
pub use explain::{Able, Because, Member, MemberAccess, MemberHolds, NamedRole, Verdict};
pub use freshness::Freshness;
pub use grant::{Grant, Own};
pub use load::system_tables;
pub use principal::{AppHead, Owner, Principal, SessionRef, SessionUser, TokenBearer, TokenHead, UserHead};
pub use snapshot::{HeldRole, Role, Standing, TenantPolicy};

pub use permission::{
    BUILT_IN, Catalogue, Permission, PermissionId, PermissionInfo, PermissionSet, PolicyError, perm,
};
pub use policy::{
    CompiledRoles, Explanation, Fault, GrantRow, MAX_DEPTH, PolicyEngine, Quarantined, Reason, RoleRow,
    RoleTable, TenantRules, effective,
};
pub use role::{Effect, SystemRole, SystemRoles};
