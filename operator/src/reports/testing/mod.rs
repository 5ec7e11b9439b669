//! For tests: the session `harbor` in `lighthouse` with a server and a client, an API server that exists in memory, and
//! watches that are fed by hand.

mod fake_api_server;
mod identity;
mod issuer;
mod objects;
mod posts;
mod world;

pub(super) use fake_api_server::{FakeApiServer, forged};
pub(super) use identity::Identity;
pub(super) use issuer::{Issuer, payload, unsigned};
pub(super) use objects::{NAMESPACE, pod_key, run, stored, uid};
pub(super) use posts::{INSTANCE, client_post, judged_client, judged_post, judged_session, row, server_post};
pub(super) use world::World;
