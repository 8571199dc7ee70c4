//! What holds for every drawing: it keeps its margin, the gallery shows it, and a page prints it as markup.

use askama::Template;

use super::*;

type Point = (f64, f64);

/// The commands of a path with their numbers. Numbers may touch: `1-1` and `.5.5` are two each.
fn commands(lines: &str) -> Vec<(char, Vec<f64>)> {
    let mut spaced = String::new();
    for letter in lines.chars() {
        let dots = spaced.rsplit(' ').next().is_some_and(|number| number.contains('.'));
        if letter.is_ascii_alphabetic() {
            spaced.extend(['\n', letter, ' ']);
        } else if letter == '-' || (letter == '.' && dots) {
            spaced.extend([' ', letter]);
        } else {
            spaced.push(letter);
        }
    }
    let command = |line: &str| {
        let numbers = line[1..].split_whitespace().map(|number| number.parse().unwrap()).collect();
        (line.chars().next().unwrap(), numbers)
    };
    spaced.lines().filter(|line| !line.is_empty()).map(command).collect()
}

/// Points on the arc of a circle, close to one another. As in SVG 1.1, appendix F.6.5, with equal radii.
fn arc((x, y): Point, (to_x, to_y): Point, radius: f64, large: bool, sweep: bool) -> Vec<Point> {
    let (half_x, half_y) = ((x - to_x) / 2.0, (y - to_y) / 2.0);
    let square = half_x * half_x + half_y * half_y;
    let radius = radius.max(square.sqrt());
    let side = if large == sweep { -1.0 } else { 1.0 };
    let away = side * ((radius * radius - square) / square).sqrt();
    let (mid_x, mid_y) = (to_x + half_x + away * half_y, to_y + half_y - away * half_x);
    let begin = (y - mid_y).atan2(x - mid_x);
    let turn = ((to_y - mid_y).atan2(to_x - mid_x) - begin).rem_euclid(std::f64::consts::TAU);
    let turn = if sweep { turn } else { turn - std::f64::consts::TAU };
    let on = |step: i32| begin + turn * f64::from(step) / 90.0;
    (0..=90).map(|step| (mid_x + radius * on(step).cos(), mid_y + radius * on(step).sin())).collect()
}

/// Points whose hull holds all that the pen draws: ends, control points of curves, and points on arcs.
fn points(lines: &str) -> Vec<Point> {
    let (mut at, mut start, mut all) = ((0.0, 0.0), (0.0, 0.0), Vec::new());
    for (command, numbers) in commands(lines) {
        let kind = command.to_ascii_lowercase();
        let size = match kind {
            'h' | 'v' => 1,
            'm' | 'l' => 2,
            'q' => 4,
            'c' => 6,
            'a' => 7,
            'z' => {
                at = start;
                continue;
            }
            _ => panic!("{command} is not used in these drawings"),
        };
        assert_eq!(numbers.len() % size, 0, "{command} {numbers:?}");
        for part in numbers.chunks(size) {
            let from = if command == kind { at } else { (0.0, 0.0) };
            match part {
                [x] if kind == 'h' => at.0 = from.0 + x,
                [y] => at.1 = from.1 + y,
                [radius, _, _, large, sweep, x, y] => {
                    let to = (from.0 + x, from.1 + y);
                    all.extend(arc(at, to, *radius, *large > 0.0, *sweep > 0.0));
                    at = to;
                }
                pairs => {
                    all.extend(pairs.chunks(2).map(|pair| (from.0 + pair[0], from.1 + pair[1])));
                    at = *all.last().unwrap();
                }
            }
            all.push(at);
        }
        if kind == 'm' {
            start = at;
        }
    }
    all
}

#[test]
fn every_icon_keeps_a_margin_of_two() {
    for (name, icon) in Icon::ALL {
        for (x, y) in points(icon.lines()) {
            let inside = |along: f64| (2.8 - 0.01..=17.2 + 0.01).contains(&along);
            assert!(inside(x) && inside(y), "{name} comes to {x:.2}, {y:.2}");
        }
    }
}

/// The compiler holds that `lines` has an arm for each icon, so its arms are the icons there are.
#[test]
fn all_names_every_icon_once() {
    let arms: Vec<_> = include_str!("mod.rs")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" =>"))
        .map(|(name, _)| name)
        .collect();
    let names: Vec<_> = Icon::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, arms);
    assert!(Icon::ALL.iter().all(|(name, icon)| *name == format!("{icon:?}")));
}

#[test]
fn a_template_prints_an_icon_as_markup() {
    #[derive(Template)]
    #[template(source = "{{ Icon::Plus }}", ext = "html")]
    struct Page;
    let page = Page.render().unwrap();
    assert!(page.starts_with("<svg class=\"icon\" viewBox=\"0 0 20 20\""), "{page}");
    assert!(page.ends_with("<path d=\"M10 4v12M4 10h12\"/></svg>"), "{page}");
}
