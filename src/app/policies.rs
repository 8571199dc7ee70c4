//! The policy files: built in, or from the folder of `FREEHOLD_POLICIES`. Read once at start.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::authz::{Catalogue, PolicyEngine, PolicyError, SystemRoles};
use crate::error::{Error, Result};

/// The engine, the catalogue and the system roles.
///
/// # Errors
/// [`Error::Malformed`] naming every problem of a file.
pub(super) fn load(folder: Option<&Path>) -> Result<(PolicyEngine, Arc<Catalogue>, SystemRoles)> {
    let permissions = file(folder, "permissions.toml", include_str!("../../policies/permissions.toml"))?;
    let catalogue =
        Arc::new(Catalogue::load(&permissions).map_err(|error| wrong("permissions.toml", &error))?);
    let roles = file(folder, "roles.csv", include_str!("../../policies/roles.csv"))?;
    let system = SystemRoles::load(&roles, &catalogue).map_err(|error| wrong("roles.csv", &error))?;
    let model = file(folder, "model.conf", include_str!("../../policies/model.conf"))?;
    let engine =
        PolicyEngine::new(&model, Arc::clone(&catalogue)).map_err(|error| wrong("model.conf", &error))?;
    Ok((engine, catalogue, system))
}

fn file(folder: Option<&Path>, name: &str, built_in: &'static str) -> Result<Cow<'static, str>> {
    let Some(path) = folder.map(|folder| folder.join(name)).filter(|path| path.exists()) else {
        return Ok(built_in.into());
    };
    std::fs::read_to_string(&path)
        .map(Cow::Owned)
        .map_err(|error| Error::Malformed(format!("{} cannot be read: {error}", path.display()).into()))
}

fn wrong(name: &str, error: &PolicyError) -> Error {
    Error::Malformed(format!("{name}: {error}").into())
}
