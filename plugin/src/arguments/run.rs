//! The arguments of `run`.

use std::time::Duration;

use clap::Args;
use process::arguments::{duration, whole_number};
use serde_json::{Map, Value};

use crate::arguments::values::{PlacementValue, drill_after, length, objectives, session_name};
use crate::arguments::way::WayArguments;
use crate::request::{Request, written};
use crate::session_report::Format;

/// What a run may take beside the time that it measures, unless `--timeout` says else: pulling images, and starting.
const BESIDE_MEASURING: Duration = Duration::from_secs(300);

/// The arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// How long each client measures, from its first frame
    #[arg(long = "for", value_name = "DURATION", default_value = "30s", value_parser = length)]
    length: Duration,
    /// How many clients
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole_number(1, 100))]
    clients: u32,
    /// Where clients run
    #[arg(long, value_name = "WHERE", value_enum, ignore_case = true)]
    placement: Option<PlacementValue>,
    #[command(flatten)]
    way: WayArguments,
    /// Deletes the server's pod so long after every client has media, 5s or more and shorter than --for
    #[arg(long, value_name = "DURATION", value_parser = drill_after)]
    drill: Option<Duration>,
    /// What counts as good, as error-p95=1,latency-p95=200ms,loss=1,undetected=1,delivered=95,freeze=1s,setup-p95=5s,recovery=10s,frames=300;
    /// the rest as in any session
    #[arg(long, value_name = "KEY=VALUE,…", value_parser = objectives)]
    require: Option<Map<String, Value>>,
    /// The session's name [default: run- and five letters]
    #[arg(long, value_parser = session_name)]
    name: Option<String>,
    /// Leaves the session behind
    #[arg(long)]
    pub(crate) keep: bool,
    /// The form of the numbers
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// How long to wait for the verdict [default: 5m more than --for]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// How long what may go by itself may keep the session from being measured [default: 5s to 15s, by reason]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) patience: Option<Duration>,
}

impl RunArguments {
    /// Fails where values do not go together: each alone was checked before.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(after) = self.drill.filter(|after| *after >= self.length) {
            let (after, length) = (written(after), written(self.length));
            return Err(format!(
                "--drill {after} must be shorter than --for {length}: the run would be over before its drill"
            ));
        }
        self.way.check()
    }

    /// The session that is asked for.
    pub(crate) fn request(&self) -> Request {
        Request {
            name: self.name.clone(),
            length: self.length,
            clients: self.clients,
            placement: self.placement.map(|placement| placement.0),
            way: self.way.way(),
            drill_after: self.drill,
            objectives: self.require.clone(),
            is_kept: self.keep,
        }
    }

    /// How long to wait.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.length + BESIDE_MEASURING)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use crate::arguments::{Arguments, Command};

    /// What the session is asked to be, or the first line of why there is none.
    fn spec(words: &str) -> Result<serde_json::Value, String> {
        let words = ["kubectl-ballsession", "run"].into_iter().chain(words.split_whitespace());
        let parsed = Arguments::try_parse_from(words);
        let first = |error: clap::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
        let Command::Run(run) = parsed.map_err(first)?.command else { panic!("it is no run") };
        run.check()?;
        Ok(run.request().resource()["spec"].clone())
    }

    #[test]
    fn paths_families_and_drills_are_asked_for_as_the_resource_has_them() {
        let kept = |spec: serde_json::Value| {
            let mut asked = json!({"clients": 1, "duration": "1m"});
            asked.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
            Ok(asked)
        };
        for (words, asked) in [
            ("--path podip", json!({"path": "PodIP"})),
            ("--path ClusterIP --ip-family ipv6", json!({"path": "ClusterIP", "ipFamily": "IPv6"})),
            (
                "--path Relay --relay turn:[2001:db8::1]:53 --relay-secret demo-relay",
                json!({"path": "Relay", "relay": {"uri": "turn:[2001:db8::1]:53", "secretName": "demo-relay"}}),
            ),
            (
                "--drill 59s --require recovery=10s",
                json!({"drill": {"after": "59s", "kind": "RestartServer"},
                       "objectives": {"recovery": "10s", "minimumFrames": 300}}),
            ),
        ] {
            assert_eq!(spec(&format!("--keep --for 1m {words}")), kept(asked), "{words}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_said_in_one_line() {
        for (words, line) in [
            (
                "--drill 30s",
                "--drill 30s must be shorter than --for 30s: the run would be over before its drill",
            ),
            ("--path Relay", "--path Relay needs --relay URI and --relay-secret NAME, and has no --relay"),
            (
                "--path relay --relay turn:relay.test",
                "--path Relay needs --relay URI and --relay-secret NAME, and has no --relay-secret",
            ),
            (
                "--path NodePort --relay turn:relay.test --relay-secret demo-relay",
                "--relay goes with --path Relay alone, and there is --path NodePort",
            ),
            (
                "--relay-secret demo-relay",
                "--relay-secret goes with --path Relay alone, and there is no --path",
            ),
            (
                "--drill 4s",
                "error: invalid value '4s' for '--drill <DURATION>': must be a duration from 5s to 24h, written like 1h30m, 45s or 150ms",
            ),
            ("--path Ingress", "error: invalid value 'Ingress' for '--path <PATH>'"),
            ("--ip-family 6", "error: invalid value '6' for '--ip-family <FAMILY>'"),
            (
                "--path Relay --relay turns:relay.test --relay-secret demo-relay",
                "error: invalid value 'turns:relay.test' for '--relay <URI>': must be written as turn:relay.example.org:3478, turn:192.0.2.1 or turn:[2001:db8::1]",
            ),
            (
                "--path Relay --relay turn:relay.test --relay-secret demo/relay",
                "error: invalid value 'demo/relay' for '--relay-secret <NAME>': must be the name of a Secret: lower-case letters, digits, '-' and '.'",
            ),
        ] {
            assert_eq!(spec(words), Err(line.to_owned()), "{words}");
        }
    }
}
