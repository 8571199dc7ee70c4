//! The catalogue: every permission there is, read once at start from `permissions.toml`. Called at start and
//! wherever a permission's name comes in or goes out; must never grow while running, because the numbers it
//! gives out live in compiled policies.

use std::collections::HashMap;

use serde::Deserialize;

use super::{BUILT_IN, PermissionId, PermissionSet, PolicyError, SESSION_ONLY};

/// The closed list of permissions.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: Vec<PermissionInfo>,
    by_name: HashMap<String, PermissionId>,
}

/// What people and programs are told about a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionInfo {
    /// `noun:verb`.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Whether only a signed-in person may use it, never a token.
    pub session_only: bool,
}

impl PermissionInfo {
    /// The two halves of the name.
    #[must_use]
    pub fn noun_verb(&self) -> (&str, &str) {
        self.name.split_once(':').unwrap_or((&self.name, ""))
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    permission: Vec<Entry>,
    #[serde(flatten)]
    unknown: toml::Table,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    session_only: bool,
    #[serde(flatten)]
    unknown: toml::Table,
}

impl Catalogue {
    /// Reads `permissions.toml`: built-in permissions get their fixed numbers, the operator's follow in the
    /// order of the file.
    ///
    /// # Errors
    /// Names every problem: syntax, bad or repeated names, missing descriptions, unknown fields, a built-in
    /// permission that is missing or lost its `session_only`, more permissions than fit.
    pub fn load(toml_text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(toml_text)
            .map_err(|error| PolicyError { problems: vec![format!("permissions.toml: {error}")] })?;
        PolicyError::unless_empty(problems(&file))?;
        let mut entries: Vec<PermissionInfo> = file
            .permission
            .into_iter()
            .map(|Entry { name, description, session_only, .. }| PermissionInfo {
                name,
                description,
                session_only,
            })
            .collect();
        // Stable: what is not built in keeps the order of the file.
        entries.sort_by_key(|entry| {
            BUILT_IN.iter().position(|name| *name == entry.name).unwrap_or(BUILT_IN.len())
        });
        let by_name = entries
            .iter()
            .zip(0..=u8::MAX)
            .map(|(entry, id)| (entry.name.clone(), PermissionId(id)))
            .collect();
        Ok(Self { entries, by_name })
    }

    /// The permission of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<PermissionId> {
        self.by_name.get(name).copied()
    }

    /// What is known about a permission.
    ///
    /// # Panics
    /// On a number from another catalogue, which the program cannot make: there is one, read at start.
    #[must_use]
    #[allow(clippy::expect_used, reason = "numbers are made by this catalogue only")]
    pub fn info(&self, permission: PermissionId) -> &PermissionInfo {
        self.entries.get(permission.index()).expect("a permission of this catalogue")
    }

    /// Every permission with its number, built-in ones first.
    pub fn iter(&self) -> impl Iterator<Item = (PermissionId, &PermissionInfo)> {
        (0..=u8::MAX).map(PermissionId).zip(&self.entries)
    }

    /// How many permissions there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "the built-in permissions are always there")]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The names of a set, in the order of the catalogue.
    #[must_use]
    pub fn names(&self, set: PermissionSet) -> Vec<&str> {
        self.iter().filter(|(id, _)| set.contains(*id)).map(|(_, entry)| entry.name.as_str()).collect()
    }

    /// Every permission that a token can never carry.
    #[must_use]
    pub fn session_only(&self) -> PermissionSet {
        self.iter().filter(|(_, entry)| entry.session_only).map(|(id, _)| id).collect()
    }
}

fn problems(file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    let mut say = |problem: String| problems.push(format!("permissions.toml: {problem}"));
    for field in file.unknown.keys() {
        say(format!("`{field}` is not known; the file holds [[permission]] entries only"));
    }
    let mut seen = HashMap::new();
    for (number, entry) in (1..).zip(&file.permission) {
        let name = &entry.name;
        let at = format!("entry {number} ({name:?})");
        if !is_name(name) {
            say(format!("{at}: `name` must be noun:verb in lower case, such as todo:can_read"));
        } else if let Some(first) = seen.insert(name.as_str(), number) {
            say(format!("{at}: entry {first} has the same name"));
        }
        if entry.description.trim().is_empty() {
            say(format!("{at}: `description` is missing; people see it"));
        }
        if SESSION_ONLY.contains(&name.as_str()) && !entry.session_only {
            say(format!("{at}: must keep `session_only = true`"));
        }
        for field in entry.unknown.keys() {
            say(format!("{at}: `{field}` is not known"));
        }
    }
    for name in BUILT_IN.iter().filter(|name| !seen.contains_key(*name)) {
        say(format!("the built-in permission {name} is missing"));
    }
    if file.permission.len() > PermissionSet::CAPACITY {
        say(format!("{} permissions, and {} fit", file.permission.len(), PermissionSet::CAPACITY));
    }
    problems
}

fn is_name(text: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
    };
    text.split_once(':').is_some_and(|(noun, verb)| word(noun) && word(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../policies/permissions.toml");

    fn with(more: &str) -> Result<Catalogue, PolicyError> {
        Catalogue::load(&format!("{SHIPPED}\n{more}"))
    }

    #[test]
    fn built_in_permissions_have_fixed_numbers() {
        // An operator's file may put its own first.
        let mine = "[[permission]]\nname = \"todo:can_read\"\ndescription = \"See it.\"\n\n";
        let catalogue = Catalogue::load(&format!("{mine}{SHIPPED}")).unwrap();
        for (place, name) in BUILT_IN.iter().enumerate() {
            assert_eq!(catalogue.get(name).unwrap().index(), place);
        }
        let todo = catalogue.get("todo:can_read").unwrap();
        assert_eq!((todo.index(), catalogue.len()), (BUILT_IN.len(), BUILT_IN.len() + 1));
        assert_eq!(catalogue.info(todo).noun_verb(), ("todo", "can_read"));
        assert_eq!(catalogue.names([todo].into_iter().collect()), ["todo:can_read"]);
    }

    #[test]
    fn four_permissions_need_a_session() {
        let catalogue = with("").unwrap();
        let mut names = catalogue.names(catalogue.session_only());
        names.sort_unstable();
        assert_eq!(names, ["apps:secrets", "tenant:delete", "tenant:transfer", "tokens:create"]);
        let eased = SHIPPED.replace("session_only = true\n", "");
        assert_eq!(Catalogue::load(&eased).unwrap_err().problems.len(), 4);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text = SHIPPED.replace("\"members:invite\"", "\"Members:*\"")
            + "[[permission]]\nname = \"tenant:read\"\ndescription = \"Twice.\"\n"
            + "[[permission]]\nname = \"todo:x\"\ndescription = \" \"\nsesion_only = true\n";
        let problems = Catalogue::load(&text).unwrap_err().problems;
        let all = problems.join("\n");
        for part in [
            "\"Members:*\"",
            "members:invite is missing",
            "entry 1 has the same name",
            "`description` is missing",
            "`sesion_only` is not known",
        ] {
            assert!(all.contains(part), "{part} in\n{all}");
        }
        assert_eq!(problems.len(), 5);
    }

    #[test]
    fn names_are_exact_words() {
        for good in ["a:b", "todo:can_read", "x-1:y_2"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ":", "a", "a:", ":b", "a:b:c", "A:b", "a:*", "1a:b", "a: b", "a:b\0", "ä:b", "a,x:b"]
        {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn more_permissions_than_bits_refuse_to_start() {
        let extra = |count: usize| {
            (0..count)
                .map(|n| format!("[[permission]]\nname = \"x:y{n}\"\ndescription = \"One of many.\"\n"))
                .collect::<Vec<_>>()
                .concat()
        };
        assert_eq!(with(&extra(256 - BUILT_IN.len())).unwrap().len(), 256);
        assert!(with(&extra(257 - BUILT_IN.len())).unwrap_err().to_string().contains("256 fit"));
    }
}
