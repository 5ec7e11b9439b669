//! What a user asks for.

use kube::CustomResource;
use kube::core::Rule;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::drill::{Drill, within_duration};
use crate::limits;
use crate::objectives::Objectives;
use crate::path::{IpFamily, MediaPath, Relay, relay_goes_with_path};
use crate::pods::{ClientSettings, PodSettings};
use crate::rule::add_rule;
use crate::schema::{default_empty, explain, name_rule, run_name};
use crate::status::BallSessionStatus;

/// The session that is asked for: a server that streams a bouncing ball, clients that find it, and what counts as
/// good.
#[allow(clippy::duplicated_attributes, reason = "columns have types in common")]
#[derive(CustomResource, JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[kube(
    group = "ballsession.dev",
    version = "v1alpha1",
    kind = "BallSession",
    plural = "ballsessions",
    shortname = "bs",
    category = "media",
    namespaced,
    status = "BallSessionStatus",
    derive = "PartialEq",
    doc = "BallSession measures real-time media inside the cluster: a server streams a bouncing ball over WebRTC, clients find it in the decoded video, and the status shows how far off, how late and how complete it arrived."
)]
#[kube(validation = name_rule())]
#[kube(scale(
    spec_replicas_path = ".spec.clients",
    status_replicas_path = ".status.readyClients",
    label_selector_path = ".status.selector"
))]
#[kube(
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether media flows to every client."
    ),
    printcolumn(
        name = "Met",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"ObjectivesMet\")].status",
        description = "Whether the numbers meet the objectives."
    ),
    printcolumn(
        name = "Clients",
        type_ = "string",
        json_path = ".status.display.clients",
        description = "Ready clients of those asked for."
    ),
    printcolumn(
        name = "Error P95",
        type_ = "string",
        json_path = ".status.display.errorP95",
        description = "95 of 100 reported positions are not farther off."
    ),
    printcolumn(
        name = "Latency P95",
        type_ = "string",
        json_path = ".status.display.latencyP95",
        description = "95 of 100 reports do not arrive later after their frame's capture."
    ),
    printcolumn(
        name = "Loss",
        type_ = "string",
        json_path = ".status.display.loss",
        description = "Frames lost, late or undecodable."
    ),
    printcolumn(
        name = "Delivered",
        type_ = "string",
        json_path = ".status.display.delivered",
        description = "Frames that came out good, of those that the frame rate promises."
    ),
    printcolumn(
        name = "Errors",
        type_ = "integer",
        json_path = ".status.errorCount",
        description = "Errors of server and clients since the run began."
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.display.reason",
        description = "Why the session is not ready, else why its objectives are not met."
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Freeze", type_ = "string", json_path = ".status.display.freeze", priority = 1),
    printcolumn(name = "Cause", type_ = "string", json_path = ".status.display.cause", priority = 1),
    printcolumn(
        name = "Server Node",
        type_ = "string",
        json_path = ".status.display.serverNode",
        priority = 1
    ),
    printcolumn(name = "Path", type_ = "string", json_path = ".status.display.path", priority = 1),
    printcolumn(
        name = "Mean Error",
        type_ = "string",
        json_path = ".status.display.errorMean",
        priority = 1
    ),
    printcolumn(
        name = "Frames",
        type_ = "integer",
        json_path = ".status.measurements.frames.sent",
        priority = 1
    ),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.display.message", priority = 1)
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(transform = ball_fits, transform = relay_goes_with_path, transform = within_duration, transform = explain)]
pub struct BallSessionSpec {
    /// How many clients watch the server, 0 to 100. `kubectl scale` changes it. The placement EachNode ignores it.
    #[schemars(transform = limits::CLIENTS.rule())]
    pub clients: i32,

    /// How long each client measures, from its first decoded frame, such as 30s, 5m or 1h30m; 5s to 168h. The
    /// session is complete when all clients are done. Without it the session runs until it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = limits::DURATION.rule())]
    pub duration: Option<String>,

    /// Within this time after its start every client of a run with a duration must have had media, 10s to 168h; or the run
    /// is given up and says why. Time for which the session is suspended does not count. With twice the duration added it is
    /// the longest that such a run takes.
    #[schemars(transform = limits::START_DEADLINE.rule())]
    pub start_deadline: String,

    /// Any text, written like the value of a label. A change of it begins a new run, with numbers of its own: to measure the
    /// same again, set it to something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = run_name)]
    pub run: Option<String>,

    /// The session is deleted so long after its run has ended, 1s to 8760h. Without it the session stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = limits::TTL_AFTER_FINISHED.rule())]
    pub ttl_after_finished: Option<String>,

    /// Removes the session's pods while it is true; the numbers stay.
    pub suspend: bool,

    /// Where clients run relative to the server's node: Spread prefers other nodes, CrossNode insists on them,
    /// SameNode insists on the server's node, CrossZone insists on other zones (by the nodes' label
    /// topology.kubernetes.io/zone), Any leaves it to the scheduler. EachNode runs one client on every node that fits, at most 100,
    /// and ignores spec.clients.
    pub placement: Placement,

    /// None measures the network as the namespace's policies leave it. Isolated adds NetworkPolicies that admit the
    /// session's own traffic and nothing else, to show that media works under them.
    pub network_policy: NetworkIsolation,

    /// The stream.
    #[schemars(transform = default_empty)]
    pub video: Video,

    /// What is to be seen in it.
    #[schemars(transform = default_empty)]
    pub ball: Ball,

    /// What counts as good; the condition ObjectivesMet compares the numbers with it.
    #[schemars(transform = default_empty)]
    pub objectives: Objectives,

    /// The server's pod.
    #[schemars(transform = default_empty)]
    pub server: PodSettings,

    /// The clients' pods.
    #[schemars(transform = default_empty)]
    pub client: ClientSettings,

    /// By which way media flows. PodIP: between the addresses of the pods. ClusterIP, NodePort, LoadBalancer: to a Service of that
    /// type, by which clients reach the server's media and in no other way. Relay: by the TURN server in spec.relay, and in no other
    /// way. A client whose media takes another way makes the session not ready.
    pub path: MediaPath,

    /// The TURN server. Only with path Relay, and needed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay: Option<Relay>,

    /// The family of addresses. (The schema shows the text of the type.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_family: Option<IpFamily>,

    /// Replaces the server once in a run while clients stream, and measures how long each of them is without pictures. A change
    /// of it drills a session without a duration again, and begins a new run of one that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<Drill>,
}

impl Default for BallSessionSpec {
    fn default() -> Self {
        Self {
            clients: 1,
            duration: None,
            start_deadline: "10m".into(),
            run: None,
            ttl_after_finished: None,
            suspend: false,
            placement: Placement::default(),
            network_policy: NetworkIsolation::default(),
            video: Video::default(),
            ball: Ball::default(),
            objectives: Objectives::default(),
            server: PodSettings::default(),
            client: ClientSettings::default(),
            path: MediaPath::default(),
            relay: None,
            ip_family: None,
            drill: None,
        }
    }
}

/// Where clients run relative to the server's node.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Placement {
    /// On other nodes, where there are any.
    #[default]
    Spread,
    /// On other nodes, or not at all.
    CrossNode,
    /// On the same node, or not at all.
    SameNode,
    /// Wherever the scheduler likes.
    Any,
    /// In other zones, or not at all.
    CrossZone,
    /// One on every node that fits, however many clients are asked for.
    EachNode,
}

/// Whether only the session's own traffic is admitted.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NetworkIsolation {
    /// No policies: the namespace is measured as it is.
    #[default]
    None,
    /// Only what the session needs is admitted.
    Isolated,
}

/// The format of the stream.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Video {
    /// Pixels in a row, an even number from 64 to 1920.
    #[schemars(transform = limits::WIDTH.rule())]
    pub width: i32,
    /// Rows, an even number from 64 to 1080.
    #[schemars(transform = limits::HEIGHT.rule())]
    pub height: i32,
    /// Frames per second, 5 to 60.
    #[schemars(transform = limits::FRAMES_PER_SECOND.rule())]
    pub frames_per_second: i32,
    /// What the encoder aims at, in 1000 bits per second, 50 to 20000.
    #[schemars(transform = limits::BITRATE_KBPS.rule())]
    pub bitrate_kbps: i32,
    /// The payload of a full packet, in bytes, 200 to 8900: what is sent is up to 76 bytes longer, by the headers of RTP, UDP and
    /// IP and a tag. The default fits every way there is; what is larger than an interface takes is sent in fragments.
    #[schemars(transform = limits::PACKET_BYTES.rule())]
    pub packet_bytes: i32,
}

impl Video {
    /// [`Video::packet_bytes`] unless it is said otherwise.
    pub const PACKET_BYTES: i32 = 1188;
}

impl Default for Video {
    fn default() -> Self {
        let (width, height, frames_per_second, bitrate_kbps) = (640, 480, 30, 1000);
        Self { width, height, frames_per_second, bitrate_kbps, packet_bytes: Self::PACKET_BYTES }
    }
}

/// The ball and how it moves.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Ball {
    /// Its radius in pixels, 4 to 200; twice of it and 8 more must fit into the picture in both directions.
    #[schemars(transform = limits::RADIUS_PIXELS.rule())]
    pub radius_pixels: i32,
    /// How far its centre moves in a second, in pixels, 0 to 5000.
    #[schemars(transform = limits::SPEED_PIXELS_PER_SECOND.rule())]
    pub speed_pixels_per_second: i32,
}

impl Default for Ball {
    fn default() -> Self {
        Self { radius_pixels: 20, speed_pixels_per_second: 270 }
    }
}

impl Ball {
    /// Whether it has room to move in the picture.
    pub fn fits(&self, video: &Video) -> bool {
        let needed = 2 * i64::from(self.radius_pixels) + i64::from(limits::BALL_MARGIN_PIXELS);
        needed <= i64::from(video.width.min(video.height))
    }
}

/// The rule of [`Ball::fits`], for the API server.
fn ball_fits(schema: &mut Schema) {
    let margin = limits::BALL_MARGIN_PIXELS;
    let needed = format!("2 * self.ball.radiusPixels + {margin}");
    let message = format!(
        "the ball is too large for the picture: 2 * radiusPixels + {margin} must be at most spec.video.width and spec.video.height"
    );
    let rule = Rule {
        field_path: Some(".ball.radiusPixels".into()),
        ..Rule::new(format!("{needed} <= self.video.width && {needed} <= self.video.height"))
            .message(message.as_str())
    };
    add_rule(schema, rule);
}
