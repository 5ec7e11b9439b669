//! What the operator serves over HTTP beside reports: health, status, metrics, and the page of all sessions.

mod gauges;
mod overview;
mod pages;
mod parts;
mod rows;
mod server;
#[cfg(test)]
mod tests;

pub use overview::Overview;
pub use parts::{LastReport, Need, Sessions, Standby};
pub use server::serve;
