//! What pages are made of; the templates' side of it is `templates/partials/`, and docs/panel.md shows a page being
//! built. Called by the pages of this panel only; nothing here decides or reads the database by itself, except for
//! what surrounds a page.

// What a page's handler is given: the application, and the look its reader chose.
pub(super) mod view;
// What surrounds the pages of someone who is signed in.
pub(super) mod frame;
// What was just done, said on the next page.
pub(super) mod notice;
// What was wrong with a form.
pub(super) mod form;
// Times, people and roles as pages show them.
pub(super) mod shown;
// Columns one may sort by.
pub(super) mod sorting;
// How long something is to last.
pub(super) mod lasts;
// What opens something, on its only page.
pub(super) mod made;
// Permissions as check boxes.
pub(super) mod permissions;
// Roles as check boxes.
pub(super) mod choices;
// What such check boxes send.
pub(super) mod role_form;
// The second step before what cannot be undone.
pub(super) mod confirm;
// What a change would do.
pub(super) mod consequences;
// The page that shows it before the change is made.
pub(super) mod preview;
// Lines of the audit log as sentences.
pub(super) mod activity;
// What needs someone's attention.
pub(super) mod attention;
// The first steps of a tenant.
pub(super) mod steps;
// Drawings.
pub(super) mod icon;
// The marks of the identity providers.
pub(super) mod mark;
