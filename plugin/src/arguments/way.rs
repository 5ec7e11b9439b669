//! The arguments of `run` about the way that media takes.

use clap::Args;
use crds::{MediaPath, Relay};

use crate::arguments::values::{FamilyValue, PathValue, relay_uri, secret_name};
use crate::request::Way;

/// By which way, and over which family.
#[derive(Debug, Clone, Args)]
pub(crate) struct WayArguments {
    /// By which way media flows
    #[arg(long, value_name = "PATH", value_enum, ignore_case = true)]
    path: Option<PathValue>,
    /// With --path Relay: the TURN server, as turn:relay.example.org:3478
    #[arg(long, value_name = "URI", value_parser = relay_uri)]
    relay: Option<String>,
    /// With --path Relay: the Secret with its username and password, NAME-relay
    #[arg(long, value_name = "NAME", value_parser = secret_name)]
    relay_secret: Option<String>,
    /// The family of addresses [default: the cluster's first, and both with path PodIP]
    #[arg(long, value_name = "FAMILY", value_enum, ignore_case = true)]
    ip_family: Option<FamilyValue>,
}

impl WayArguments {
    /// Fails where they do not go together: each alone was checked before.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_relay = self.path == Some(PathValue(MediaPath::Relay));
        let given = [("--relay", self.relay.is_some()), ("--relay-secret", self.relay_secret.is_some())];
        for (flag, is_given) in given {
            match (is_relay, is_given) {
                (true, false) => {
                    return Err(format!(
                        "--path Relay needs --relay URI and --relay-secret NAME, and has no {flag}"
                    ));
                }
                (false, true) => {
                    let path = self.path.map_or("", |path| path.0.as_str());
                    let there =
                        if path.is_empty() { "no --path".to_owned() } else { format!("--path {path}") };
                    return Err(format!("{flag} goes with --path Relay alone, and there is {there}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the session is asked for.
    pub(super) fn way(&self) -> Way {
        let relay = self.relay.clone().zip(self.relay_secret.clone());
        Way {
            path: self.path.map(|path| path.0),
            relay: relay.map(|(uri, secret_name)| Relay { uri, secret_name }),
            ip_family: self.ip_family.map(|family| family.0),
        }
    }
}
