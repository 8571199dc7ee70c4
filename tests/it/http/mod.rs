//! HTTP from outside, on raw sockets where a proper client would not go: what the door refuses, what it cuts off,
//! and what it says with every answer. Each name is a rule of the threat model's sections on browsers, HTTP and
//! limits.

mod cors;
mod cross_site;
mod draining;
mod every_answer;
mod hosts;
mod limits;
mod methods;
mod paths;
mod rate;
mod raw;
mod rings;
