//! What the operator serves over HTTP beside reports: health, status, metrics, the page of all sessions, and verdicts for
//! machines. Health is for everybody, the rest for who may see it ([`access`]).

mod access;
mod api_server;
mod gauges;
mod metrics;
mod namespaces;
mod overview;
mod pages;
mod parts;
mod routes;
mod rows;
mod server;
mod site;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod verdicts;

pub use access::HttpAccess;
pub use metrics::Metrics;
pub use overview::Overview;
pub use parts::{Doubt, LastReport, Need, Sessions, Standby};
pub use server::serve;
