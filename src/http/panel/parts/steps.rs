//! The first steps of a tenant, as a list that knows what is done. Pure: made by the overview from what it has read;
//! must never offer a step to someone who cannot take it.

/// A step.
#[derive(Debug)]
pub(in crate::http::panel) struct Step {
    /// Whether it is done.
    pub(in crate::http::panel) done: bool,
    /// What to do.
    pub(in crate::http::panel) title: &'static str,
    /// Why, or how far it is.
    pub(in crate::http::panel) text: String,
    /// Where one does it.
    pub(in crate::http::panel) href: String,
}

/// What the steps are judged by.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::panel) struct Progress {
    /// How many members there are.
    pub(in crate::http::panel) members: i64,
    /// How many invitations are open.
    pub(in crate::http::panel) invited: i64,
    /// Whether anyone holds a role that is not the owner's.
    pub(in crate::http::panel) delegated: bool,
    /// Whether there are two owners, when the reader can make one.
    pub(in crate::http::panel) second_owner: Option<bool>,
}

/// The steps in the tenant at `path`; none when all are done.
pub(in crate::http::panel) fn first_steps(path: &str, progress: Progress) -> Vec<Step> {
    let step = |done, title, text: &str, tail: &str| Step {
        done,
        title,
        text: text.to_owned(),
        href: format!("{path}{tail}"),
    };
    let invited = match progress.invited {
        0 => "They sign in with the invited address and are members at once.".to_owned(),
        1 => "1 invitation is on its way.".to_owned(),
        open => format!("{open} invitations are on their way."),
    };
    let mut steps = vec![
        step(true, "Make the tenant", "", "/settings"),
        step(progress.members > 1, "Invite the people you work with", &invited, "/invitations#invite"),
        step(
            progress.delegated,
            "Give everyone the smallest role that does the job",
            "See what each role allows; nobody needs to own everything.",
            "/roles",
        ),
    ];
    if let Some(done) = progress.second_owner {
        let why = "So that the tenant is not lost with one account.";
        steps.push(step(done, "Make a second owner", why, "/members"));
    }
    if steps.iter().all(|step| step.done) { Vec::new() } else { steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Progress = Progress { members: 1, invited: 0, delegated: false, second_owner: Some(false) };

    #[test]
    fn steps_are_ticked_off_and_then_gone() {
        let done =
            |progress| first_steps("/t/acme", progress).iter().map(|step| step.done).collect::<Vec<_>>();
        assert_eq!(done(ALONE), [true, false, false, false]);
        let joined = Progress { members: 2, delegated: true, ..ALONE };
        assert_eq!(done(joined), [true, true, true, false]);
        assert_eq!(done(Progress { second_owner: Some(true), ..joined }), Vec::<bool>::new());
        assert_eq!(done(Progress { second_owner: None, ..joined }), Vec::<bool>::new(), "not theirs to do");
    }

    #[test]
    fn what_is_on_its_way_is_said() {
        let text = |invited| first_steps("/t/acme", Progress { invited, ..ALONE }).remove(1).text;
        assert!(text(0).contains("members at once"));
        assert_eq!(text(1), "1 invitation is on its way.");
        assert_eq!(text(3), "3 invitations are on their way.");
    }
}
