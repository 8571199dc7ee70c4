//! The list of projects and the page of one: usual, none, awkward names, out of date, as a viewer sees them.

use super::{Sampled, scene};
use crate::error::Error;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::sorting::{Column, Direction};
use crate::http::panel::parts::view::Look;
use crate::http::panel::project::{ProjectPage, Typed};
use crate::http::panel::projects::{ProjectsPage, Row};

const ABOUT: &str = "The way customers find us.\nIt moves to its new home in spring.";

impl Sampled for ProjectsPage {
    const PAGE: &'static str = "projects";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let column = |label, order| Column { label, href: "#".to_owned(), order };
        let page = |projects| Self {
            frame: scene::inside(look, Section::Projects, "Acme"),
            path: "/t/acme".to_owned(),
            search: String::new(),
            archived: None,
            sort: None,
            projects,
            by_name: column("Name", Some(Direction::Ascending)),
            by_created: column("Made", None),
            by_updated: column("Changed", None),
            first: None,
            next: None,
            may_create: true,
        };
        let usual = ["Apollo", "Website", scene::LONG, scene::UNBROKEN].into_iter().enumerate();
        let many = (0..50).map(|number| row(number, &format!("Project {number}")));
        let (first, next) = (Some("#first".to_owned()), Some("#next".to_owned()));
        vec![
            ("usual", page(usual.map(|(number, name)| row(number, name)).collect())),
            ("empty", page(Vec::new())),
            ("full", Self { first, next, may_create: false, ..page(many.collect()) }),
            ("nothing", Self { search: "Gemini".to_owned(), archived: Some(true), ..page(Vec::new()) }),
        ]
    }
}

impl Sampled for ProjectPage {
    const PAGE: &'static str = "project";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |project: Option<Row>| Self {
            frame: scene::inside(look, Section::Projects, "Acme"),
            path: "/t/acme".to_owned(),
            typed: Typed {
                name: project.as_ref().map(|project| project.name.clone()).unwrap_or_default(),
                description: project.as_ref().map(|project| project.description.clone()).unwrap_or_default(),
            },
            may_delete: project.is_some(),
            project: project.map(|project| (project, 3)),
            errors: FormErrors::default(),
            may_write: true,
        };
        let stale = Rejected::from(Error::Stale, &[]).map(|rejected| rejected.errors).unwrap_or_default();
        let viewer = Self { may_write: false, may_delete: false, ..page(Some(row(1, scene::LONG))) };
        vec![
            ("usual", page(Some(row(0, "Apollo")))),
            ("new", page(None)),
            ("stale", Self { errors: stale, ..page(Some(row(2, scene::UNBROKEN))) }),
            ("viewer", viewer),
        ]
    }
}

fn row(number: usize, name: &str) -> Row {
    Row {
        path: format!("/t/acme/projects/{}", scene::id(number)),
        name: name.to_owned(),
        description: ABOUT.to_owned(),
        archived: number % 3 == 2,
        created: scene::ago(number as u64 * 700 + 800),
        updated: scene::ago(number as u64 * 30),
    }
}
