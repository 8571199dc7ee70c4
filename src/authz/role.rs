//! The system roles, which every tenant has and no tenant can change, read once at start from `roles.csv`.
//! Called at start, and when a tenant is made or its policy is loaded. Must never start on a file it does not
//! wholly understand: what is skipped here would be a right lost or, worse, a denial lost.

use std::collections::HashSet;

use super::permission::{Catalogue, PermissionId, PermissionSet, PolicyError};

/// Allow or deny.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Denies, whatever else allows.
    Deny,
    /// Allows, unless something denies.
    Allow,
}

impl Effect {
    /// The effect as rules spell it: `allow` or `deny`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }

    /// The effect of exactly this spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "allow" => Some(Self::Allow),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }
}

/// A role that every tenant has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemRole {
    /// What programs call it: `owner`, `admin`, `member` or `viewer`.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// One sentence for people.
    pub description: &'static str,
    /// What the role itself allows and denies, in the order of the file.
    pub grants: Vec<(PermissionId, Effect)>,
    /// Keys of the roles it takes the grants of.
    pub inherits: Vec<&'static str>,
}

/// The keys of the system roles, highest first, with what people read.
const KEYS: [(&str, &str, &str); 4] = [
    ("owner", "Owner", "Everything, including handing over and deleting the tenant."),
    ("admin", "Admin", "Manages members, roles, apps, tokens and settings."),
    ("member", "Member", "Works in the tenant: reads, writes projects, mints personal tokens."),
    ("viewer", "Viewer", "Looks and changes nothing."),
];

/// The four system roles.
#[derive(Debug, Clone)]
pub struct SystemRoles {
    roles: Vec<SystemRole>,
}

impl SystemRoles {
    /// Reads `roles.csv`: `p, role, permission, allow|deny` and `g, role, parent`, with `#` before comments.
    /// The owner is then given every permission that no line gives or denies it.
    ///
    /// # Errors
    /// Names every problem with its line: unknown roles, permissions, effects and kinds of line, a wrong number
    /// of fields, repetitions, circles, and a system role without any line.
    pub fn load(csv: &str, catalogue: &Catalogue) -> Result<Self, PolicyError> {
        let roles = KEYS
            .map(|(key, name, description)| SystemRole {
                key,
                name,
                description,
                grants: Vec::new(),
                inherits: Vec::new(),
            })
            .to_vec();
        let mut reader = Reader { roles, catalogue, seen: HashSet::new(), problems: Vec::new() };
        for (number, line) in (1..).zip(csv.lines()) {
            if let Err(problem) = reader.line(line) {
                reader.problems.push(format!("roles.csv line {number}: {problem}"));
            }
        }
        let Reader { roles, mut problems, .. } = reader;
        for role in roles.iter().filter(|role| role.grants.is_empty() && role.inherits.is_empty()) {
            problems.push(format!("roles.csv: the role {} has no line", role.key));
        }
        PolicyError::unless_empty(problems)?;
        let mut loaded = Self { roles };
        loaded.complete_owner(catalogue);
        Ok(loaded)
    }

    /// The roles, highest first.
    pub fn iter(&self) -> impl Iterator<Item = &SystemRole> {
        self.roles.iter()
    }

    /// The role of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SystemRole> {
        self.roles.iter().find(|role| role.key == key)
    }

    /// An operator's new nouns would otherwise be held by nobody, so nobody could ever grant them.
    fn complete_owner(&mut self, catalogue: &Catalogue) {
        let mentioned: PermissionSet = reachable(&self.roles, "owner")
            .into_iter()
            .flat_map(|role| role.grants.iter().map(|(permission, _)| *permission))
            .collect();
        if let Some(owner) = self.roles.iter_mut().find(|role| role.key == "owner") {
            let missing = catalogue.iter().filter(|(permission, _)| !mentioned.contains(*permission));
            owner.grants.extend(missing.map(|(permission, _)| (permission, Effect::Allow)));
        }
    }
}

/// The role and all it inherits from.
fn reachable<'a>(roles: &'a [SystemRole], key: &str) -> Vec<&'a SystemRole> {
    let mut found: Vec<&SystemRole> = roles.iter().filter(|role| role.key == key).collect();
    let mut next = 0;
    while let Some(role) = found.get(next) {
        let parents = roles.iter().filter(|parent| {
            role.inherits.contains(&parent.key) && !found.iter().any(|known| known.key == parent.key)
        });
        let parents: Vec<_> = parents.collect();
        found.extend(parents);
        next += 1;
    }
    found
}

struct Reader<'a> {
    roles: Vec<SystemRole>,
    catalogue: &'a Catalogue,
    seen: HashSet<Vec<String>>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let text = line.split_once('#').map_or(line, |(text, _comment)| text).trim();
        if text.is_empty() {
            return Ok(());
        }
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        match fields.as_slice() {
            ["p", role, permission, effect] => self.grant(role, permission, effect)?,
            ["g", role, parent] => self.inherit(role, parent)?,
            ["p", ..] => return Err(format!("`p` takes 3 fields (role, permission, effect): {text}")),
            ["g", ..] => return Err(format!("`g` takes 2 fields (role, parent): {text}")),
            _ => return Err(format!("neither `p` nor `g`: {text}")),
        }
        // The effect is left out: allowed and denied by the same role is as much a mistake as allowed twice.
        let subject = fields.iter().take(3).map(ToString::to_string).collect();
        if self.seen.insert(subject) { Ok(()) } else { Err(format!("said before: {text}")) }
    }

    fn grant(&mut self, role: &str, permission: &str, effect: &str) -> Result<(), String> {
        let id = self
            .catalogue
            .get(permission)
            .ok_or_else(|| format!("the permission {permission:?} is not in permissions.toml"))?;
        let effect = Effect::parse(effect)
            .ok_or_else(|| format!("the effect {effect:?} is neither `allow` nor `deny`"))?;
        self.role(role)?.grants.push((id, effect));
        Ok(())
    }

    fn inherit(&mut self, role: &str, parent: &str) -> Result<(), String> {
        let key = self.role(parent)?.key;
        self.role(role)?;
        if reachable(&self.roles, key).iter().any(|known| known.key == role) {
            return Err(format!("{role} would inherit from itself through {parent}"));
        }
        self.role(role)?.inherits.push(key);
        Ok(())
    }

    fn role(&mut self, key: &str) -> Result<&mut SystemRole, String> {
        self.roles
            .iter_mut()
            .find(|role| role.key == key)
            .ok_or_else(|| format!("the role {key:?} is none of owner, admin, member, viewer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOGUE: &str = include_str!("../../policies/permissions.toml");
    const ROLES: &str = include_str!("../../policies/roles.csv");

    fn catalogue(more: &str) -> Catalogue {
        Catalogue::load(&format!("{CATALOGUE}\n{more}")).unwrap()
    }

    fn names(csv: &str, key: &str, catalogue: &Catalogue) -> Vec<String> {
        let roles = SystemRoles::load(csv, catalogue).unwrap();
        let set: PermissionSet = reachable(&roles.roles, key)
            .into_iter()
            .flat_map(|role| role.grants.iter().map(|(permission, _)| *permission))
            .collect();
        catalogue.names(set).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn system_roles_hold_what_the_design_says() {
        let catalogue = catalogue("");
        let all = catalogue.len();
        let viewer = ["tenant:read", "members:read", "roles:read", "projects:read"];
        assert_eq!(names(ROLES, "viewer", &catalogue), viewer);
        let member = names(ROLES, "member", &catalogue);
        let more: Vec<_> = member.iter().filter(|name| !viewer.contains(&name.as_str())).collect();
        assert_eq!(more, ["tokens:create", "projects:create", "projects:update", "projects:delete"]);
        let admin = names(ROLES, "admin", &catalogue);
        assert_eq!(admin.len(), all - 2);
        assert!(!admin.iter().any(|name| name == "tenant:delete" || name == "tenant:transfer"));
        assert_eq!(names(ROLES, "owner", &catalogue).len(), all);
    }

    #[test]
    fn an_operators_nouns_go_to_the_owner_and_to_whom_the_file_names() {
        let catalogue = catalogue("[[permission]]\nname = \"todo:can_read\"\ndescription = \"See.\"\n");
        let holds = |csv: &str, key| names(csv, key, &catalogue).contains(&"todo:can_read".to_owned());
        assert!(holds(ROLES, "owner") && !holds(ROLES, "admin"));
        let shared = format!("{ROLES}p, member, todo:can_read, allow # ours\n");
        assert!(holds(&shared, "admin") && holds(&shared, "member") && !holds(&shared, "viewer"));
        let owner = SystemRoles::load(&shared, &catalogue).unwrap();
        let id = catalogue.get("todo:can_read").unwrap();
        assert!(owner.get("owner").unwrap().grants.iter().all(|(permission, _)| *permission != id));
    }

    #[test]
    fn every_bad_line_is_named() {
        let bad = [
            "p, viewer, tenant:read, allow",
            "p, viewer, tenant:read, deny",
            "p, auditor, tenant:read, allow",
            "p, viewer, *, allow",
            "p, viewer, nope:read, allow",
            "p, viewer, apps:read",
            "p, viewer, apps:read, allow, x",
            "p, viewer, apps:read, maybe",
            "g, viewer, owner",
            "g, viewer, viewer",
            "g, member, viewer",
            "g, member, nobody",
            "g, member",
            "g2, member, viewer",
        ];
        let lines = ROLES.lines().count();
        let csv = format!("{ROLES}{}\n", bad.join("\n"));
        let problems = SystemRoles::load(&csv, &catalogue("")).unwrap_err().problems;
        assert_eq!(problems.len(), bad.len(), "{problems:#?}");
        for (number, problem) in (lines + 1..).zip(&problems) {
            assert!(problem.starts_with(&format!("roles.csv line {number}: ")), "{problem}");
        }
    }

    #[test]
    fn all_four_system_roles_are_required() {
        let error = SystemRoles::load("# nothing\n", &catalogue("")).unwrap_err();
        for key in ["owner", "admin", "member", "viewer"] {
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}
