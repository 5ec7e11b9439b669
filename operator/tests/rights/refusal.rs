//! What an operator that tries more is told.

/// The policy that refuses something, and in which words.
pub(crate) type Refusal = (&'static str, &'static str);

/// Of something that several of them refuse.
pub(crate) const ANY: Refusal = ("", "");
pub(crate) const BELONGS: Refusal =
    ("parts", "what the operator makes belongs to a BallSession, which controls it");
pub(crate) const LABELS: Refusal =
    ("parts", "what the operator makes has the labels of a part of its session");
pub(crate) const NAMES: Refusal = ("parts", "what the operator makes is called as a part of its session is");
pub(crate) const FOREIGN: Refusal =
    ("parts", "the operator changes and deletes only what belongs to a BallSession");
pub(crate) const GIVEN: Refusal = ("parts", "what belongs to a BallSession is not given to another one");
pub(crate) const SERVICE: Refusal = (
    "parts",
    "the Service of a session is of type ClusterIP, without external addresses, and leads to the session's pods",
);
pub(crate) const ANNOTATIONS: Refusal =
    ("parts", "the ServiceAccount of a session gets no annotations but the operator's own");
pub(crate) const SELECTS: Refusal = ("parts", "the NetworkPolicies of a session select its own pods");
pub(crate) const POD_LABELS: Refusal = ("pods", "the pods of a session have its labels");
pub(crate) const ACCOUNT: Refusal = (
    "pods",
    "the pods of a session run as its own ServiceAccount, without that one's token for the API server",
);
pub(crate) const VOLUMES: Refusal = ("pods", "the pods of a session have no volumes of this kind: more");
pub(crate) const TOKENS: Refusal =
    ("pods", "the pods of a session have tokens for the audience ballsession.dev/report alone");
pub(crate) const NODE: Refusal = ("pods", "the pods of a session use no namespace and no port of their node");
pub(crate) const PRIVILEGES: Refusal =
    ("pods", "the containers of a session are not privileged, and get no capabilities");
pub(crate) const CONFINED: Refusal =
    ("pods", "the pods of a session do not run as root, and have a seccomp profile");
pub(crate) const PLACED: Refusal =
    ("pods", "the pods of a session are placed by the scheduler, and claim no devices");
pub(crate) const OWN_PODS: Refusal = ("own-pods", "of all pods the operator changes its own");
pub(crate) const LEADER: Refusal =
    ("own-pods", "of its own pods the operator changes nothing but the label ballsession.dev/leader");
pub(crate) const SESSIONS: Refusal = (
    "sessions",
    "of sessions the operator deletes those with spec.ttlAfterFinished, and changes none but their status",
);
