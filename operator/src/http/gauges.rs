//! What is to be measured of the sessions, made at every scrape: their numbers are kept elsewhere.
//!
//! Of several replicas only the one that leads has them: they would count double, and another one knows of no report.
//!
//! Monitoring keeps a series for each value of a label, so only as many sessions as are shown have series of their own;
//! the rest is counted.

use std::fmt::Error;
use std::sync::Arc;

use crds::contract::{COMPLETE, OBJECTIVES_MET, READY};
use crds::{BallSession, MediaPath};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::cluster::Guard;
use crate::conditions::find;
use crate::http::parts::{Parts, Watched};
use crate::run::WantedClients;

/// The values of the label `ready`: those of the condition Ready, and where there is no such condition.
const READINESS: [&str; 4] = ["True", "False", "Unknown", "Undecodable"];

/// Reads the sessions at every scrape.
#[derive(Debug)]
pub(super) struct Gauges(pub(super) Arc<Parts>);

impl Collector for Gauges {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut text = Text(encoder);
        text.gauges(
            "build_info",
            "Always 1: the label is the version of the program.",
            [([("version", env!("CARGO_PKG_VERSION"))], 1.0)],
        )?;
        text.gauge(
            "ready",
            "1 while the operator has all that it needs, as /readyz says.",
            if self.0.missing().is_empty() { 1.0 } else { 0.0 },
        )?;
        if (self.0.standby)().is_some() {
            return Ok(());
        }
        let Watched { shown, omitted } = self.0.watched();
        let all = || shown.iter().chain(&omitted);
        text.gauges(
            "sessions",
            "Sessions watched, by the status of their condition Ready.",
            READINESS.map(|value| {
                ([("ready", value)], all().filter(|session| readiness(session) == value).count() as f64)
            }),
        )?;
        text.gauges(
            "sessions_by_path",
            "Sessions by the way that their media is to take.",
            MediaPath::ALL.map(|path| {
                ([("path", path.as_str())], all().filter(|session| takes(session, path)).count() as f64)
            }),
        )?;
        text.gauge(
            "sessions_omitted",
            "Sessions of so many that they have no series of their own.",
            omitted.len() as f64,
        )?;
        let sessions: Vec<_> = shown.iter().filter_map(|session| session.0.as_ref().ok()).collect();
        text.sessions(&sessions, |uid| (self.0.last_report)(uid).map(|age| age.as_secs_f64()))
    }
}

/// The text of the metrics.
struct Text<'a>(DescriptorEncoder<'a>);

impl Text<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: f64) -> Result<(), Error> {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    fn gauges<'a, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, &'a str); N], f64)>,
    ) -> Result<(), Error> {
        let mut gauges = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            gauges.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn sessions(
        &mut self,
        sessions: &[&BallSession],
        last_report_age: impl Fn(&str) -> Option<f64>,
    ) -> Result<(), Error> {
        let mut each = |name: &str, help: &str, value: &dyn Fn(&BallSession) -> Option<f64>| {
            self.gauges(
                name,
                help,
                sessions.iter().filter_map(|session| Some((labels(session), value(session)?))),
            )
        };
        each(
            "session_ready",
            "1 while media flows to every client, or none is to flow, else 0.",
            &|session| Some(if status_of(session, READY) == Some("True") { 1.0 } else { 0.0 }),
        )?;
        each(
            "session_objectives_met",
            "1 while the numbers meet the objectives, 0 while they do not; nothing while too little is known.",
            &|session| match status_of(session, OBJECTIVES_MET) {
                Some("True") => Some(1.0),
                Some("False") => Some(0.0),
                _ => None,
            },
        )?;
        each(
            "session_wanted_clients",
            "Clients that should be there: none of a session that is suspended or complete.",
            &|session| Some(wanted_clients(session) as f64),
        )?;
        each(
            "session_ready_clients",
            "Clients that decoded a frame within the last 2 seconds.",
            &|session| session.status.as_ref()?.ready_clients.map(f64::from),
        )?;
        each(
            "session_recovery_seconds",
            "The longest time without pictures of any client when the server was replaced last; nothing before it was.",
            &|session| {
                let measured = session.status.as_ref()?.measurements.as_ref()?;
                measured
                    .recovery_milliseconds
                    .as_ref()?
                    .parse::<f64>()
                    .ok()
                    .map(|milliseconds| milliseconds / 1e3)
            },
        )?;
        each(
            "session_last_report_age_seconds",
            "The time since the last report of the server; nothing before the first one since the operator began.",
            &|session| last_report_age(session.metadata.uid.as_deref()?),
        )?;
        self.gauges(
            "session_ready_reason",
            "Always 1: the label is the reason of the condition Ready, where there is one.",
            sessions.iter().filter_map(|session| ready_reason(session)),
        )?;
        self.gauges(
            "session_server_zone",
            "Always 1: the label is the zone of the server's node, where that has one.",
            sessions.iter().filter_map(|session| server_zone(session)),
        )
    }
}

fn labels(session: &BallSession) -> [(&'static str, &str); 2] {
    let metadata = &session.metadata;
    [
        ("namespace", metadata.namespace.as_deref().unwrap_or_default()),
        ("session", metadata.name.as_deref().unwrap_or_default()),
    ]
}

/// Its labels, with why it is ready or not.
fn ready_reason(session: &BallSession) -> Option<([(&'static str, &str); 3], f64)> {
    let reason = find(&session.status.as_ref()?.conditions, READY)?.reason.as_str();
    let [namespace, name] = labels(session);
    Some(([namespace, name, ("reason", reason)], 1.0))
}

/// Its labels, with the zone of its server's node.
fn server_zone(session: &BallSession) -> Option<([(&'static str, &str); 3], f64)> {
    let zone = session.status.as_ref()?.display.as_ref()?.server_zone.as_deref()?;
    let [namespace, name] = labels(session);
    Some(([namespace, name, ("zone", zone)], 1.0))
}

fn wanted_clients(session: &BallSession) -> usize {
    let is_complete = status_of(session, COMPLETE) == Some("True");
    let wanted = || WantedClients::of(&session.spec, session.status.as_ref()).count();
    if session.spec.suspend || is_complete { 0 } else { wanted() }
}

fn readiness(session: &Guard) -> &'static str {
    let Ok(session) = &session.0 else { return "Undecodable" };
    match status_of(session, READY) {
        Some("True") => "True",
        Some("False") => "False",
        _ => "Unknown",
    }
}

fn takes(session: &Guard, path: MediaPath) -> bool {
    session.0.as_ref().is_ok_and(|session| session.spec.path == path)
}

/// The status of a condition.
fn status_of<'a>(session: &'a BallSession, condition: &str) -> Option<&'a str> {
    let mut conditions = session.status.iter().flat_map(|status| &status.conditions);
    conditions.find(|found| found.type_ == condition).map(|found| found.status.as_str())
}
