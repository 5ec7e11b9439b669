//! How many connections a listener takes, and which one makes way where there are too many: bounded in all and from each
//! source, so that nobody who holds many keeps others out.

mod accept;
mod activity;
mod admission;
mod slots;

pub use accept::accept;
pub use activity::{Activity, Observed};
pub use admission::{Admission, Admitted};
pub use slots::{Limits, Refused};
