//! What a role is asked to be: the bodies of writes, and their reading against the tenant's roles and the catalogue.
//! Called by the writes; must never let through a permission the catalogue lacks, nor a role of another tenant.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::RoleView;
use super::lineage::{Fault, Lineage};
use crate::authz::{Catalogue, PermissionId};
use crate::error::{Error, FieldError, Result};
use crate::names::{self, Name};

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 500;

/// Roles one role may inherit from directly.
const MOST_PARENTS: usize = 10;

/// The body of `POST roles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// What people call it, 1 to 80 characters.
    pub name: String,
    /// What programs call it, unique in the tenant; made from the name when absent. It never changes.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"), length(min = 3, max = 40))]
    pub key: Option<String>,
    /// What it is for.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub description: Option<String>,
    /// The permissions it allows, each a name of the catalogue. Required unless another role is copied.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub permissions: Option<Vec<String>>,
    /// The permissions it denies, whatever else allows them: the role itself, its parents, other roles held with it.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub denies: Option<Vec<String>>,
    /// Keys of the roles whose permissions and denials it also gives; chains of at most 8.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub inherits: Option<Vec<String>>,
    /// The key of a role to take the description, permissions, denials and parents from, as far as they are not given
    /// here. Copying needs the same rights as writing them out.
    #[serde(default)]
    pub copy_of: Option<String>,
}

/// The body of `PATCH roles/{role}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    /// A new name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// A new description.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub description: Option<String>,
    /// All the permissions it is to allow by itself.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub permissions: Option<Vec<String>>,
    /// All the permissions it is to deny by itself.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub denies: Option<Vec<String>>,
    /// Keys of all the roles it is to inherit from.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub inherits: Option<Vec<String>>,
}

/// What of a role its makers decide, in the order it is shown; also what the audit log records of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) permissions: Vec<String>,
    pub(super) denies: Vec<String>,
    pub(super) inherits: Vec<String>,
}

impl From<&RoleView> for Draft {
    fn from(role: &RoleView) -> Self {
        Self {
            name: role.name.clone(),
            description: role.description.clone(),
            permissions: role.permissions.clone(),
            denies: role.denies.clone(),
            inherits: role.inherits.clone(),
        }
    }
}

impl Draft {
    /// The role that `new` asks for.
    pub(super) fn of_new(new: &NewRole, catalogue: &Catalogue, roles: &[RoleView]) -> Result<Self> {
        let source = new.copy_of.as_deref().map(|key| roles.iter().find(|role| role.key == key));
        let mut reader = Reader { catalogue, roles, problems: Vec::new() };
        if source == Some(None) {
            reader.say("/copy_of".to_owned(), "unknown", "This tenant has no role with this key.");
        }
        if new.permissions.is_none() && source.is_none() {
            reader.say("/permissions".to_owned(), "required", "Say what it allows, or which role to copy.");
        }
        let mut draft = Self {
            name: String::new(),
            description: String::new(),
            permissions: Vec::new(),
            denies: Vec::new(),
            inherits: Vec::new(),
        };
        if let Some(source) = source.flatten() {
            draft = Self::from(source);
            // What the catalogue no longer has counts for nothing, and cannot be given anew.
            draft.permissions.retain(|name| catalogue.get(name).is_some());
            draft.denies.retain(|name| catalogue.get(name).is_some());
        }
        let change = RoleChange {
            name: Some(new.name.clone()),
            description: new.description.clone(),
            permissions: new.permissions.clone(),
            denies: new.denies.clone(),
            inherits: Some(new.inherits.clone().unwrap_or_else(|| draft.inherits.clone())),
        };
        reader.apply(&mut draft, None, &change)?;
        reader.finish(draft)
    }

    /// `role`, changed.
    pub(super) fn of_change(
        change: &RoleChange,
        role: &RoleView,
        catalogue: &Catalogue,
        roles: &[RoleView],
    ) -> Result<Self> {
        let mut reader = Reader { catalogue, roles, problems: Vec::new() };
        let mut draft = Self::from(role);
        reader.apply(&mut draft, Some(&role.key), change)?;
        reader.finish(draft)
    }
}

/// Reads fields, and keeps what is wrong with them until all are read.
struct Reader<'a> {
    catalogue: &'a Catalogue,
    roles: &'a [RoleView],
    problems: Vec<FieldError>,
}

impl Reader<'_> {
    fn say(&mut self, pointer: String, code: &'static str, detail: &'static str) {
        self.problems.push(FieldError { pointer, code, detail: detail.into() });
    }

    fn finish(self, draft: Draft) -> Result<Draft> {
        if self.problems.is_empty() { Ok(draft) } else { Err(Error::Invalid(self.problems)) }
    }

    fn apply(&mut self, draft: &mut Draft, key: Option<&str>, change: &RoleChange) -> Result<()> {
        if let Some(name) = &change.name {
            self.text(&mut draft.name, Name::parse(name, "/name").map(String::from))?;
        }
        if let Some(text) = &change.description {
            let read = names::description(text, LONGEST_DESCRIPTION, "/description");
            self.text(&mut draft.description, read)?;
        }
        if let Some(names) = &change.permissions {
            draft.permissions = self.permissions(names, "permissions");
        }
        if let Some(names) = &change.denies {
            draft.denies = self.permissions(names, "denies");
        }
        if let Some(keys) = &change.inherits {
            draft.inherits = self.parents(keys, key);
        }
        Ok(())
    }

    fn text(&mut self, place: &mut String, read: Result<String>) -> Result<()> {
        match read {
            Ok(text) => *place = text,
            Err(Error::Invalid(problems)) => self.problems.extend(problems),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The permissions of these names, in the catalogue's order.
    fn permissions(&mut self, names: &[String], field: &str) -> Vec<String> {
        let mut known: BTreeSet<PermissionId> = BTreeSet::new();
        for (place, name) in names.iter().enumerate() {
            let pointer = format!("/{field}/{place}");
            match self.catalogue.get(name) {
                None => self.say(pointer, "unknown", "There is no such permission."),
                Some(permission) if !known.insert(permission) => {
                    self.say(pointer, "duplicate", "Name each permission once.");
                }
                Some(_) => {}
            }
        }
        known.into_iter().map(|permission| self.catalogue.info(permission).name.clone()).collect()
    }

    /// The roles of these keys, in their order, as parents of the role with the key `role`.
    fn parents(&mut self, keys: &[String], role: Option<&str>) -> Vec<String> {
        if keys.len() > MOST_PARENTS {
            self.say("/inherits".to_owned(), "too_many", "A role can inherit from at most 10 others.");
            return Vec::new();
        }
        let lineage = Lineage::without(role, self.roles);
        let mut known: BTreeSet<String> = BTreeSet::new();
        for (place, key) in keys.iter().enumerate() {
            let pointer = format!("/inherits/{place}");
            if self.roles.iter().all(|role| role.key != *key) {
                self.say(pointer, "unknown", "This tenant has no role with this key.");
            } else if !known.insert(key.clone()) {
                self.say(pointer, "duplicate", "Name each role once.");
            } else {
                match lineage.check(key) {
                    Ok(()) => {}
                    Err(Fault::Circle) => {
                        self.say(pointer, "circle", "It would inherit from itself through this role.");
                    }
                    Err(Fault::TooDeep) => {
                        self.say(pointer, "too_deep", "A chain of roles can have at most 8 links.");
                    }
                }
            }
        }
        known.into_iter().collect()
    }
}
