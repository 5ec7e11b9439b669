//! What an operator that tries more is told.

/// What refuses something, and in which words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    /// The policy; without a name any of them, where several do.
    pub(crate) policy: &'static str,
    /// How its message ends.
    pub(crate) words: &'static str,
    /// What some API servers say before they ask a policy.
    pub(crate) by_itself: Option<&'static str>,
}

impl Refusal {
    pub(crate) const fn of(policy: &'static str, words: &'static str) -> Self {
        Self { policy, words, by_itself: None }
    }

    /// Where an API server may refuse it by itself.
    pub(crate) const fn or(self, by_itself: &'static str) -> Self {
        Self { by_itself: Some(by_itself), ..self }
    }
}

/// Privileged containers of anybody's.
pub(crate) const NONE_PRIVILEGED: &str = "privileged: Forbidden: disallowed by cluster policy";
/// Owners that whoever names them may not delete the object for.
pub(crate) const NOT_TO_BE_OWNED: &str = "cannot set an ownerRef on a resource you can't delete";

/// Of something that several of them refuse.
pub(crate) const ANY: Refusal = Refusal::of("", "");
pub(crate) const BELONGS: Refusal =
    Refusal::of("parts", "what the operator makes belongs to a BallSession, which controls it");
pub(crate) const LABELS: Refusal =
    Refusal::of("parts", "what the operator makes has the labels of a part of its session");
pub(crate) const NAMES: Refusal =
    Refusal::of("parts", "what the operator makes is called as a part of its session is");
pub(crate) const FOREIGN: Refusal =
    Refusal::of("parts", "the operator changes and deletes only what belongs to a BallSession");
pub(crate) const GIVEN: Refusal =
    Refusal::of("parts", "what belongs to a BallSession is not given to another one");
pub(crate) const SERVICE: Refusal = Refusal::of(
    "parts",
    "the Services of a session lead to its pods, without external addresses, and are of type ClusterIP but for that of UDP media",
);
pub(crate) const ANNOTATIONS: Refusal =
    Refusal::of("parts", "the ServiceAccount of a session gets no annotations but the operator's own");
pub(crate) const SELECTS: Refusal =
    Refusal::of("parts", "the NetworkPolicies of a session select its own pods");
pub(crate) const POD_LABELS: Refusal = Refusal::of("pods", "the pods of a session have its labels");
pub(crate) const ACCOUNT: Refusal = Refusal::of(
    "pods",
    "the pods of a session run as its own ServiceAccount, without that one's token for the API server",
);
pub(crate) const VOLUMES: Refusal =
    Refusal::of("pods", "the pods of a session have no volumes of this kind: more");
pub(crate) const RELAY: Refusal = Refusal::of(
    "pods",
    "the pods of a session have no volumes of this kind: relay (a Secret whose name ends in -relay)",
);
pub(crate) const RELAY_USER: Refusal = Refusal::of(
    "pods",
    "the pods of a session take no variables from Secrets, ConfigMaps or files: client.BALLSESSION_RELAY_USER",
);
pub(crate) const TOKENS: Refusal =
    Refusal::of("pods", "the pods of a session have tokens for the audience ballsession.dev/report alone");
pub(crate) const NODE: Refusal =
    Refusal::of("pods", "the pods of a session use no namespace and no port of their node");
pub(crate) const PRIVILEGES: Refusal =
    Refusal::of("pods", "the containers of a session are not privileged, and get no capabilities");
pub(crate) const CONFINED: Refusal =
    Refusal::of("pods", "the pods of a session do not run as root, and have a seccomp profile");
pub(crate) const GAINS: Refusal =
    Refusal::of("pods", "the containers of a session gain no privileges, and drop all capabilities");
pub(crate) const PLACED: Refusal =
    Refusal::of("pods", "the pods of a session are placed by the scheduler, and claim no devices");
pub(crate) const OWN_PODS: Refusal = Refusal::of("own-pods", "of all pods the operator changes its own");
pub(crate) const LEADER: Refusal = Refusal::of(
    "own-pods",
    "of its own pods the operator changes nothing but the label ballsession.dev/leader",
);
pub(crate) const SESSIONS: Refusal = Refusal::of(
    "sessions",
    "of sessions the operator deletes those with spec.ttlAfterFinished, and changes none but their status",
);
