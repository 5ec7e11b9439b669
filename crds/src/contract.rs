//! Words and times that several parts of the project have to agree on, each written down once: were two of them to
//! drift apart, reports would be refused or conditions overlooked, and nothing else would say so.

use std::time::Duration;

/// For whom the tokens are that come with reports: pods are given one for it, and the operator takes no other. The API
/// server itself accepts none of them.
pub const REPORT_AUDIENCE: &str = "ballsession.dev/report";

/// For whom the tokens are that are shown to the operator where it shows sessions, metrics and verdicts, and nowhere else. Those of
/// the API server count there as well.
pub const HTTP_AUDIENCE: &str = "ballsession.dev/http";

/// What the authorities that issue the operator's certificate are called, in the ConfigMap of each session that pods check it
/// by, and in the Secret that keeps them.
pub const REPORT_CA_KEY: &str = "ca.crt";

/// How long the server of a session may be without a report before nothing is known of the session any more: five of its
/// reports, which come every 5 s whatever happens, and the next.
pub const REPORT_SILENCE: Duration = Duration::from_secs(30);

/// What the names of the operator's own labels and annotations begin with, which are for nobody else to set.
pub const OWN_PREFIX: &str = "ballsession.dev/";

/// What the names of the programs' own environment variables begin with.
pub const OWN_VARIABLES: &str = "BALLSESSION_";

/// The annotation of a pod with the hash of its run: another run gets other pods, and with them numbers of its own.
pub const RUN_ANNOTATION: &str = "ballsession.dev/run";

/// The annotation of a server's pod, and of a Service, with the way that media is to take, where one is asked for: with another one
/// they have to be made anew. Behind the path stands the family of addresses, where one is asked for.
pub const PATH_ANNOTATION: &str = "ballsession.dev/path";

/// The annotation of a client's pod that says which attempt of its client it is, from 1.
pub const ATTEMPT_ANNOTATION: &str = "ballsession.dev/attempt";

/// The annotation of a client's pod with the node that its server was on when it was made.
pub const SERVER_NODE_ANNOTATION: &str = "ballsession.dev/server-node";

/// The label of a node with its zone.
pub const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// The annotation of a client's pod with the hash of what it is made of, save for its index and attempt: where it differs,
/// the pod has to be replaced.
pub const TEMPLATE_HASH_ANNOTATION: &str = "ballsession.dev/template-hash";

/// The variable by which a client learns which attempt it is. Not a flag: a client of an earlier version does without.
pub const ATTEMPT_VARIABLE: &str = "BALLSESSION_ATTEMPT";

/// The annotation of a child with the hash of what was applied. It is on the child itself, never on the template of its
/// pods: another version of the operator may ask for something else, and pods are not to start anew for that alone.
pub const APPLIED_HASH_ANNOTATION: &str = "ballsession.dev/applied-hash";

/// The type of the condition that says whether media flows to every client. The controller's.
pub const READY: &str = "Ready";

/// The type of the condition that says whether the numbers are good enough. The reports' writer's.
pub const OBJECTIVES_MET: &str = "ObjectivesMet";

/// The type of the condition that says whether a bounded run is over. The controller's.
pub const COMPLETE: &str = "Complete";

/// The type of the condition that is there, and True, only while waiting does not help: somebody has to act. The
/// controller's.
pub const STALLED: &str = "Stalled";

/// The field manager of children, and of the controller's part of the status.
pub const CONTROLLER_FIELD_MANAGER: &str = "ballsession-operator";

/// The field manager of the part of the status that comes from reports.
pub const REPORTS_FIELD_MANAGER: &str = "ballsession-reports";
