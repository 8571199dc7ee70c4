//! The panel's icons: one family, drawn on a grid of 20 with a stroke of 1.6. Pages and their parts call this; an icon
//! must never say what no word beside it says, because readers of screens are not told of it.

use std::fmt;

/// A drawing of 20 by 20, its lines in the colour of the text. The stylesheet's `.icon` sets their width and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// A house: the tenant at a glance.
    Overview,
    /// Two people.
    Members,
    /// One person.
    Person,
    /// An envelope with a plus: who is asked to join.
    Invitation,
    /// A shield with a check: what one may do.
    Role,
    /// A cube: a machine that is a member.
    App,
    /// A key.
    Token,
    /// A path that branches: who can do what, and why.
    Access,
    /// Lines with a clock: what happened when.
    Audit,
    /// Two sliders.
    Settings,
    /// A building.
    Tenant,
    /// A folder.
    Project,
    /// A lens.
    Search,
    /// Add.
    Plus,
    /// Done, or allowed.
    Check,
    /// Close, or refused.
    Cross,
    /// Opens below.
    ChevronDown,
    /// Leads further.
    ChevronRight,
    /// Two chevrons: switches between several.
    UpDown,
    /// Sorted from the least.
    ArrowUp,
    /// Sorted from the most.
    ArrowDown,
    /// Back.
    ArrowLeft,
    /// Leads to another site.
    External,
    /// Two sheets.
    Copy,
    /// Three dots: a menu of actions.
    More,
    /// Three lines: the navigation.
    Menu,
    /// The light theme.
    Sun,
    /// The dark theme.
    Moon,
    /// A disc, half of it full: more contrast.
    Contrast,
    /// A screen: the theme of the system.
    Display,
    /// A door and an arrow out of it.
    SignOut,
    /// A laptop: where one is signed in.
    Session,
    /// A chain.
    Link,
    /// A chain that parts.
    Unlink,
    /// Delete.
    Trash,
    /// A pencil.
    Edit,
    /// A triangle: take care.
    Warning,
    /// An octagon: cannot be undone, or went wrong.
    Danger,
    /// A remark.
    Info,
    /// Not open to change.
    Lock,
    /// A time, or something that runs out.
    Clock,
    /// An envelope: an address, or a message.
    Mail,
    /// The keys that work here.
    Keyboard,
    /// A question.
    Help,
    /// A funnel.
    Filter,
    /// An arrow into a tray.
    Download,
    /// An arrow that turns back.
    Undo,
    /// The first steps.
    Flag,
    /// A telephone: a session in the hand.
    Phone,
}

impl Icon {
    /// Every icon with its name, for the gallery.
    pub(crate) const ALL: &[(&str, Self)] = &[
        ("Overview", Self::Overview),
        ("Members", Self::Members),
        ("Person", Self::Person),
        ("Invitation", Self::Invitation),
        ("Role", Self::Role),
        ("App", Self::App),
        ("Token", Self::Token),
        ("Access", Self::Access),
        ("Audit", Self::Audit),
        ("Settings", Self::Settings),
        ("Tenant", Self::Tenant),
        ("Project", Self::Project),
        ("Search", Self::Search),
        ("Plus", Self::Plus),
        ("Check", Self::Check),
        ("Cross", Self::Cross),
        ("ChevronDown", Self::ChevronDown),
        ("ChevronRight", Self::ChevronRight),
        ("UpDown", Self::UpDown),
        ("ArrowUp", Self::ArrowUp),
        ("ArrowDown", Self::ArrowDown),
        ("ArrowLeft", Self::ArrowLeft),
        ("External", Self::External),
        ("Copy", Self::Copy),
        ("More", Self::More),
        ("Menu", Self::Menu),
        ("Sun", Self::Sun),
        ("Moon", Self::Moon),
        ("Contrast", Self::Contrast),
        ("Display", Self::Display),
        ("SignOut", Self::SignOut),
        ("Session", Self::Session),
        ("Link", Self::Link),
        ("Unlink", Self::Unlink),
        ("Trash", Self::Trash),
        ("Edit", Self::Edit),
        ("Warning", Self::Warning),
        ("Danger", Self::Danger),
        ("Info", Self::Info),
        ("Lock", Self::Lock),
        ("Clock", Self::Clock),
        ("Mail", Self::Mail),
        ("Keyboard", Self::Keyboard),
        ("Help", Self::Help),
        ("Filter", Self::Filter),
        ("Download", Self::Download),
        ("Undo", Self::Undo),
        ("Flag", Self::Flag),
        ("Phone", Self::Phone),
    ];

    /// The lines, as the `d` of one path. A circle is an arc that stops a tenth short, and a dot a line of a tenth.
    #[expect(clippy::too_many_lines, reason = "a table: one drawing after another")]
    const fn lines(self) -> &'static str {
        match self {
            Self::Overview => "M3 9l7-6 7 6M5 7.5V16q0 1 1 1h8q1 0 1-1V7.5M8 17v-5h4v5",
            Self::Members => {
                "M7.5 4a3 3 0 1 0 .1 0zM2.8 16.5c0-3 1.8-4.5 4.7-4.5c2.9 0 4.7 1.5 4.7 4.5M13 4.2a3 3 0 0 1 0 5.6M14.5 12.3c1.8.6 2.7 2 2.7 4.2"
            }
            Self::Person => "M10 3a3.2 3.2 0 1 0 .1 0zM4 17c0-3.5 2.3-5 6-5c3.7 0 6 1.5 6 5",
            Self::Invitation => {
                "M17 9.5V6q0-1-1-1H4q-1 0-1 1v8q0 1 1 1h5.5M3.5 6.5L10 11l6.5-4.5M15 12.8v4.4M12.8 15h4.4"
            }
            Self::Role => "M10 3l6 2.2v4.3c0 3.5-2.3 6-6 7.5-3.7-1.5-6-4-6-7.5V5.2zM7.3 9.8l2 2 3.4-3.8",
            Self::App => "M10 2.8l6.2 3.6v7.2L10 17.2l-6.2-3.6V6.4zM3.8 6.4L10 10l6.2-3.6M10 10v7.2",
            Self::Token => "M7 9.7a3.6 3.6 0 1 0 .1 0zM9.6 10.6L17 3.2M12.5 7.7l2 2M15.5 4.7l1.7 1.7",
            Self::Access => {
                "M5 8a2 2 0 1 0 .1 0zM15 3a2 2 0 1 0 .1 0zM15 13a2 2 0 1 0 .1 0zM7 10h1.5c3 0 1.5-5 4.5-5M8.5 10c3 0 1.5 5 4.5 5"
            }
            Self::Audit => "M3 4h14M3 9h4M3 14h3M13 9a4 4 0 1 0 .1 0zM13 11v2.2l1.5.8",
            Self::Settings => "M3 6h5.5M12.5 6H17M10.5 4a2 2 0 1 0 .1 0zM3 14h2M9 14h8M7 12a2 2 0 1 0 .1 0z",
            Self::Tenant => {
                "M5 17V4q0-1 1-1h8q1 0 1 1v13M3 17h14M8.2 6.7h.1M11.7 6.7h.1M8.2 10h.1M11.7 10h.1M10 17v-3"
            }
            Self::Project => "M3 15V5q0-1 1-1h3.5l2 2.5H16q1 0 1 1V15q0 1-1 1H4q-1 0-1-1z",
            Self::Search => "M8.7 3a5.7 5.7 0 1 0 .1 0zM12.8 12.8L17 17",
            Self::Plus => "M10 4v12M4 10h12",
            Self::Check => "M4 10.5l4 4 8-9",
            Self::Cross => "M5 5l10 10M15 5L5 15",
            Self::ChevronDown => "M5 7.5l5 5 5-5",
            Self::ChevronRight => "M7.5 5l5 5-5 5",
            Self::UpDown => "M6 7.5l4-4 4 4M6 12.5l4 4 4-4",
            Self::ArrowUp => "M10 16.5v-13M4.5 9L10 3.5 15.5 9",
            Self::ArrowDown => "M10 3.5v13M4.5 11l5.5 5.5 5.5-5.5",
            Self::ArrowLeft => "M16.5 10h-13M9 4.5L3.5 10 9 15.5",
            Self::External => "M8 5H4q-1 0-1 1v10q0 1 1 1h10q1 0 1-1v-4M12 3h5v5M17 3l-7.5 7.5",
            Self::Copy => "M8 7h8q1 0 1 1v8q0 1-1 1H8q-1 0-1-1V8q0-1 1-1zM4 13q-1 0-1-1V4q0-1 1-1h8q1 0 1 1",
            Self::More => "M4 9.5a.5.5 0 1 0 .1 0v.5M10 9.5a.5.5 0 1 0 .1 0v.5M16 9.5a.5.5 0 1 0 .1 0v.5",
            Self::Menu => "M3 5h14M3 10h14M3 15h14",
            Self::Sun => {
                "M10 7a3 3 0 1 0 .1 0zM10 2.8v1M10 16.2v1M2.8 10h1M16.2 10h1M4.9 4.9l.7.7M14.4 14.4l.7.7M4.9 15.1l.7-.7M14.4 5.6l.7-.7"
            }
            Self::Moon => "M16.5 11.5a6.7 6.7 0 1 1-8-8 5.8 5.8 0 0 0 8 8z",
            Self::Contrast => "M10 3a7 7 0 1 0 .1 0zM10 3v14M11.4 4v12M12.8 4v12M14.2 4.8v10.4M15.6 6.5v7",
            Self::Display => "M4 4h12q1 0 1 1v7.5q0 1-1 1H4q-1 0-1-1V5q0-1 1-1zM10 13.5V17M6.5 17h7",
            Self::SignOut => "M8 3H4q-1 0-1 1v12q0 1 1 1h4M13 6l4 4-4 4M17 10H8.5",
            Self::Session => "M6 4h8q1 0 1 1v8H5V5q0-1 1-1zM3 16h14",
            Self::Link => {
                "M8.5 6.5l2-2a3.5 3.5 0 0 1 5 5l-2 2M11.5 13.5l-2 2a3.5 3.5 0 0 1-5-5l2-2M7.8 12.2l4.4-4.4"
            }
            Self::Unlink => {
                "M9.8 5.2l.7-.7a3.5 3.5 0 0 1 5 5l-.7.7M10.2 14.8l-.7.7a3.5 3.5 0 0 1-5-5l.7-.7M6.5 3v2M3 6.5h2M13.5 15v2M15 13.5h2"
            }
            Self::Trash => {
                "M3.5 5.5h13M7.5 5.5V4q0-1 1-1h3q1 0 1 1v1.5M5 5.5l.7 10.5q.1 1 1.1 1h6.4q1 0 1.1-1L15 5.5M8.5 9v4.5M11.5 9v4.5"
            }
            Self::Edit => "M3.5 16.5l.8-3.8L13 4q1-1 2 0l1 1q1 1 0 2l-8.7 8.7zM11.2 5.8l3 3",
            Self::Warning => {
                "M9 3.8a1.2 1.2 0 0 1 2 0l5.8 10.4a1.2 1.2 0 0 1-1 1.8H4.2a1.2 1.2 0 0 1-1-1.8zM10 8v3.3M10 13.4v.1"
            }
            Self::Danger => "M7 3h6l4 4v6l-4 4H7l-4-4V7zM10 6.5v4M10 13.3v.1",
            Self::Info => "M10 3a7 7 0 1 0 .1 0zM10 9.6v4M10 6.6v.1",
            Self::Lock => "M6 9h8q1 0 1 1v6q0 1-1 1H6q-1 0-1-1v-6q0-1 1-1zM7 9V6a3 3 0 0 1 6 0v3M10 12.5v1",
            Self::Clock => "M10 3a7 7 0 1 0 .1 0zM10 6.2V10l2.6 1.6",
            Self::Mail => "M4 5h12q1 0 1 1v8q0 1-1 1H4q-1 0-1-1V6q0-1 1-1zM3.5 6.5L10 11l6.5-4.5",
            Self::Keyboard => {
                "M4 5h12q1 0 1 1v8q0 1-1 1H4q-1 0-1-1V6q0-1 1-1zM6.5 8.3h.1M10 8.3h.1M13.4 8.3h.1M7 11.7h6"
            }
            Self::Help => "M10 3a7 7 0 1 0 .1 0zM7.9 8.2a2.1 2.1 0 1 1 3 1.9q-.9.4-.9 1.3M10 13.8v.1",
            Self::Filter => "M3 4h14l-5 6v5l-4 2v-7z",
            Self::Download => "M10 3v10M5.5 8.5L10 13l4.5-4.5M3 17h14",
            Self::Undo => "M7 3L3 7l4 4M3 7h9.5a4.5 4.5 0 0 1 0 9H7",
            Self::Flag => "M5 17V3h11l-2 4 2 4H5",
            Self::Phone => "M7 3h6q1 0 1 1v12q0 1-1 1H7q-1 0-1-1V4q0-1 1-1zM9.2 14.3h1.6",
        }
    }
}

impl fmt::Display for Icon {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(r#"<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" "#)?;
        write!(out, r#"focusable="false"><path d="{}"/></svg>"#, self.lines())
    }
}

/// Only the drawings above go into the markup.
impl askama::filters::HtmlSafe for Icon {}

#[cfg(test)]
mod tests;
