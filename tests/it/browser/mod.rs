//! What people do, in a real Chromium against the program `freehold dev`.

mod first_day;
mod visit;
