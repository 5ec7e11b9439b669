//! How the watches keep sessions, and what names one.

use crds::BallSession;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::ObjectRef;

/// A stored session, which may be none: one that cannot be decoded must not stop the others.
pub type Guard = DeserializeGuard<BallSession>;

/// Names a session.
pub type Key = ObjectRef<Guard>;
