//! Values of the command line that several commands take.

use std::time::Duration;

use clap::ValueEnum;
use crds::{IpFamily, MediaPath, Placement, RelayPlace, limits};
use serde_json::{Map, Value};

use crate::request;

/// The name of a session, by the rule of the resource.
pub(super) fn session_name(text: &str) -> Result<String, String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = text.len() <= limits::MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_inner)
        && !text.ends_with('-');
    if is_name {
        return Ok(text.to_owned());
    }
    Err(format!(
        "must be a session's name: at most {} lower-case letters, digits and hyphens, a letter first and no hyphen last",
        limits::MAX_NAME
    ))
}

/// How long a run measures.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    let length = report::duration::parse(text).map_err(|error| error.to_string())?;
    if limits::DURATION.contains(length) { Ok(length) } else { Err(format!("must be {}", limits::DURATION)) }
}

/// When a run is drilled.
pub(super) fn drill_after(text: &str) -> Result<Duration, String> {
    let after = report::duration::parse(text).map_err(|error| error.to_string())?;
    let range = limits::DRILL_AFTER;
    if range.contains(after) { Ok(after) } else { Err(format!("must be {range}")) }
}

/// Where a TURN server is, as clients take it.
pub(super) fn relay_uri(text: &str) -> Result<String, String> {
    let place: Result<RelayPlace, _> = text.parse();
    place.map(|place| place.uri).map_err(|allowed| format!("must be {allowed}"))
}

/// The name of a Secret.
pub(super) fn secret_name(text: &str) -> Result<String, String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() <= 253 && text.split('.').all(is_label) {
        return Ok(text.to_owned());
    }
    Err("must be the name of a Secret: lower-case letters, digits, '-' and '.'".to_owned())
}

/// Objectives in the words of the server's `--require`, as a session has them.
pub(super) fn objectives(text: &str) -> Result<Map<String, Value>, String> {
    let required = text.parse::<measure::verdict::Objectives>().map_err(|error| error.to_string())?;
    request::objectives(&required)
}

/// [`Placement`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlacementValue(pub(crate) Placement);

impl ValueEnum for PlacementValue {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(Placement::Spread),
            Self(Placement::CrossNode),
            Self(Placement::SameNode),
            Self(Placement::CrossZone),
            Self(Placement::EachNode),
            Self(Placement::Any),
        ]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let (name, help) = match self.0 {
            Placement::Spread => ("Spread", "on other nodes than the server, where there are any"),
            Placement::CrossNode => ("CrossNode", "on other nodes, or not at all"),
            Placement::SameNode => ("SameNode", "on the server's node, or not at all"),
            Placement::CrossZone => ("CrossZone", "in other zones, or not at all"),
            Placement::EachNode => ("EachNode", "one on every node that fits"),
            Placement::Any => ("Any", "wherever the scheduler likes"),
        };
        Some(clap::builder::PossibleValue::new(name).help(help))
    }
}

/// [`MediaPath`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathValue(pub(crate) MediaPath);

impl ValueEnum for PathValue {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [PathValue; MediaPath::ALL.len()] = [
            PathValue(MediaPath::PodIp),
            PathValue(MediaPath::ClusterIp),
            PathValue(MediaPath::NodePort),
            PathValue(MediaPath::LoadBalancer),
            PathValue(MediaPath::Relay),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let help = match self.0 {
            MediaPath::PodIp => "to the address of the server's pod",
            MediaPath::ClusterIp => "to a Service within the cluster",
            MediaPath::NodePort => "to a port of the server's node",
            MediaPath::LoadBalancer => "to a load balancer's address",
            MediaPath::Relay => "by a TURN server",
        };
        Some(clap::builder::PossibleValue::new(self.0.as_str()).help(help))
    }
}

/// [`IpFamily`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FamilyValue(pub(crate) IpFamily);

impl ValueEnum for FamilyValue {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(IpFamily::Ipv4), Self(IpFamily::Ipv6)]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.as_str()))
    }
}
