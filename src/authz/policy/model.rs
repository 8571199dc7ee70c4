//! Reads `model.conf`. Called once at start; must never let another model through, because decisions are
//! compiled on the assumption of this one, and because Casbin panics on an effect it does not know and on
//! patterns it cannot parse.

use std::collections::{BTreeMap, BTreeSet};

use casbin::{DefaultModel, Model};

use crate::authz::permission::PolicyError;

/// Section, key, Casbin's name of the section, and what must stand there.
const REQUIRED: [(&str, &str, &str, &str); 5] = [
    ("request_definition", "r", "r", "sub, dom, obj, act"),
    ("policy_definition", "p", "p", "sub, dom, obj, act, eft"),
    ("role_definition", "g", "g", "_, _, _"),
    ("policy_effect", "e", "e", "some(where (p.eft == allow)) && !some(where (p.eft == deny))"),
    ("matchers", "m", "m", "r.obj == p.obj && r.act == p.act && r.dom == p.dom && g(r.sub, p.sub, r.dom)"),
];

/// The model of `text`; comments, spaces and the order of the matcher's conditions are free.
pub(super) fn read(text: &str) -> Result<DefaultModel, PolicyError> {
    let (mut found, mut problems) = settings(text);
    let mut model = DefaultModel::default();
    for (section, key, casbin_section, required) in REQUIRED {
        match found.remove(&(section.to_owned(), key.to_owned())) {
            Some(value) if conditions(&value) == conditions(required) => {
                // Our own spelling: Casbin compares the effect letter by letter.
                let value = if section == "matchers" { value.as_str() } else { required };
                if !model.add_def(casbin_section, key, value) {
                    problems.push(format!("[{section}] {key}: Casbin does not take it"));
                }
            }
            Some(value) => problems.push(format!("[{section}] {key} = {value}: must be `{required}`")),
            None => problems.push(format!("[{section}] {key} is missing: must be `{required}`")),
        }
    }
    problems.extend(found.keys().map(|(section, key)| format!("[{section}] {key} is not known")));
    PolicyError::unless_empty(
        problems.into_iter().map(|problem| format!("model.conf: {problem}")).collect(),
    )?;
    Ok(model)
}

type Settings = BTreeMap<(String, String), String>;

fn settings(text: &str) -> (Settings, Vec<String>) {
    let (mut settings, mut problems, mut section) = (Settings::new(), Vec::new(), String::new());
    for line in text.lines() {
        let line = line.split_once('#').map_or(line, |(line, _comment)| line).trim();
        if line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once('=') {
            let place = (section.clone(), key.trim().to_owned());
            if settings.insert(place, value.trim().to_owned()).is_some() {
                problems.push(format!("[{section}] {} is said twice", key.trim()));
            }
        } else {
            problems.push(format!("`{line}` is neither a [section] nor `key = value`"));
        }
    }
    (settings, problems)
}

/// What is joined by `&&`, without order and spaces.
fn conditions(value: &str) -> BTreeSet<String> {
    value.split("&&").map(|part| part.split_whitespace().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../policies/model.conf");

    #[test]
    fn order_spaces_and_comments_are_free() {
        assert!(read(SHIPPED).is_ok());
        let other = SHIPPED.replace(
            "r.obj == p.obj && r.act == p.act && r.dom == p.dom && g(r.sub, p.sub, r.dom)",
            "g(r.sub,p.sub,r.dom)&&r.dom==p.dom && r.act==p.act && r.obj==p.obj # as in the books",
        );
        assert_ne!(other, SHIPPED);
        assert!(read(&other).is_ok());
    }

    #[test]
    fn another_model_is_refused() {
        for (from, to, names) in [
            ("r.obj == p.obj", "keyMatch(r.obj, p.obj)", "[matchers] m"),
            ("r.obj == p.obj", "regexMatch(r.obj, p.obj)", "[matchers] m"),
            ("r.obj == p.obj && ", "", "[matchers] m"),
            (" && !some(where (p.eft == deny))", "", "[policy_effect] e"),
            ("p = sub, dom, obj, act, eft", "p = sub, dom, obj, act", "[policy_definition] p"),
            ("g = _, _, _", "g = _, _", "[role_definition] g"),
            ("g = _, _, _", "g = _, _, _\ng2 = _, _, _", "g2 is not known"),
            ("g = _, _, _", "g = _, _, _\ng = _, _, _", "g is said twice"),
            ("[policy_effect]", "[effect]", "[policy_effect] e is missing"),
            ("[matchers]", "matchers", "`matchers` is neither"),
        ] {
            let text = SHIPPED.replace(from, to);
            assert_ne!(text, SHIPPED);
            let error = read(&text).map(|_model| ()).unwrap_err().to_string();
            assert!(error.contains(names), "{to}: {error}");
        }
        assert_eq!(read("").map(|_model| ()).unwrap_err().problems.len(), 5);
    }
}
