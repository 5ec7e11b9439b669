//! The API server: how to reach it, and what is asked of it. Every request has a limit.

mod connect;
mod error;
mod pages;
mod pods;
mod sessions;

pub(crate) use connect::{Cluster, connect};
pub(crate) use error::{explained, watch_explained, within};
pub(crate) use pages::{Listed, listed, of_namespace};
pub(crate) use pods::{CLIENT, OPERATOR_SELECTOR, SERVER, labels, selector};
pub(crate) use sessions::{create, delete, get, list, sessions, unknown};
