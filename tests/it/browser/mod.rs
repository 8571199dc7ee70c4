//! What people do, in a real Chromium against the program `freehold dev`.

mod checks;
mod daily_work;
mod first_day;
mod gallery;
mod improvements;
mod keyboard;
mod looks;
mod mirror;
mod pages;
mod roles;
mod screens;
mod visitor;
mod walk;
mod weights;
