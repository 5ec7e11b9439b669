//! Media by way of a TURN server alone: who is asked, and for what.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use media::relay::{Allocation, RelayServer, allocate};
use report::relay::{PASSWORD, SUBJECT, UNRESOLVED};
use report::{SmallFileError, read_small_file};
use signaling::Endpoint;

/// RFC 7065, section 3.2.
const PORT: u16 = 3478;
/// How long a name may take: the server waits for our answer meanwhile.
const RESOLVE_LIMIT: Duration = Duration::from_secs(5);
/// How long the server may take to give an address.
const ALLOCATE_LIMIT: Duration = Duration::from_secs(5);
/// More than any password.
const MOST_BYTES: u64 = 4096;

/// The flags for it.
#[derive(Debug, Clone, Args)]
pub(crate) struct RelayArguments {
    /// A TURN server that all media goes by, over UDP, as turn:relay.example.org:3478
    #[arg(
        long = "relay",
        env = "BALLSESSION_RELAY",
        value_name = "URI",
        requires = "relay_user",
        requires = "relay_password_file"
    )]
    relay: Option<RelayUri>,
    /// The user that the TURN server knows
    #[arg(long, env = "BALLSESSION_RELAY_USER", value_name = "NAME", requires = "relay")]
    relay_user: Option<String>,
    /// A file with that user's password, read for each session
    #[arg(long, env = "BALLSESSION_RELAY_PASSWORD_FILE", value_name = "FILE", requires = "relay", value_parser = clap::value_parser!(PathBuf))]
    relay_password_file: Option<PathBuf>,
}

/// Where a TURN server is (RFC 7065): `turn:HOST[:PORT][?transport=udp]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelayUri {
    text: String,
    endpoint: Endpoint,
}

impl RelayArguments {
    /// An address of the TURN server's, where media is to go by one. Of its own addresses one of `signaling`'s family is
    /// preferred; it is asked from one of `locals`.
    ///
    /// # Errors
    /// In one line, why there is none.
    pub(crate) async fn allocate(
        &self,
        signaling: IpAddr,
        locals: &[IpAddr],
    ) -> Result<Option<Allocation>, String> {
        let Self { relay: Some(uri), relay_user: Some(user), relay_password_file: Some(file) } = self else {
            return Ok(None);
        };
        let (name, address) = (uri.to_string(), uri.resolve(signaling.is_ipv4()).await?);
        let (username, file, locals) = (user.clone(), file.clone(), locals.to_vec());
        // The password's file may be on a file system that hangs.
        let asked = tokio::task::spawn_blocking(move || {
            let server = RelayServer { name, address, username, password: password(&file)? };
            allocate(server, &locals, ALLOCATE_LIMIT).map_err(|error| error.to_string())
        });
        match asked.await {
            Ok(allocation) => allocation.map(Some),
            Err(_) => Err(format!("the relay {uri}: asking for an address broke off")),
        }
    }
}

fn password(file: &Path) -> Result<String, String> {
    let name = file.display();
    let form = || format!("{PASSWORD} in {name} must be one line of 1 to {MOST_BYTES} bytes");
    // A line may end, in two bytes.
    let text = read_small_file(file, MOST_BYTES + 2).map_err(|error| match error {
        SmallFileError::TooLong { .. } => form(),
        error => format!("{PASSWORD} cannot be read from {name}: {error}"),
    })?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.len() as u64 > MOST_BYTES || password.contains(char::is_control) {
        return Err(form());
    }
    Ok(password.to_owned())
}

impl RelayUri {
    async fn resolve(&self, is_v4: bool) -> Result<std::net::SocketAddr, String> {
        let (host, port) = (self.endpoint.host(), self.endpoint.port());
        let unresolved = |why: &dyn fmt::Display| format!("{SUBJECT}{self}{UNRESOLVED}{why}");
        let found = tokio::time::timeout(RESOLVE_LIMIT, tokio::net::lookup_host((host, port))).await;
        let found =
            found.map_err(|_| unresolved(&format!("no answer within {} s", RESOLVE_LIMIT.as_secs())))?;
        let addresses: Vec<_> = found.map_err(|error| unresolved(&error))?.collect();
        let preferred = addresses.iter().find(|address| address.is_ipv4() == is_v4);
        preferred.or(addresses.first()).copied().ok_or_else(|| unresolved(&"the name has none"))
    }
}

impl FromStr for RelayUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "must be as turn:relay.example.org:3478".to_owned();
        let (scheme, rest) = text.split_once(':').ok_or_else(form)?;
        match scheme.to_ascii_lowercase().as_str() {
            "turn" => {}
            "turns" => {
                return Err("must begin with turn: a relay is spoken to over UDP alone, without TLS".into());
            }
            _ => return Err(form()),
        }
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        if query.is_some_and(|query| query != "transport=udp") {
            return Err(
                "must end in ?transport=udp, or in nothing: a relay is spoken to over UDP alone".into()
            );
        }
        let has_port = match place.rsplit_once(']') {
            Some((_, behind)) => behind.starts_with(':'),
            None => place.contains(':'),
        };
        if place.contains(['/', '@']) {
            return Err(form());
        }
        let whole = if has_port { place.to_owned() } else { format!("{place}:{PORT}") };
        let endpoint = whole.parse().map_err(|error: signaling::InvalidEndpoint| error.to_string())?;
        Ok(Self { text: text.to_owned(), endpoint })
    }
}

impl fmt::Display for RelayUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_host_and_port() {
        // Those that the resource takes, and those that it does not.
        for line in include_str!("../../../crds/src/relay_uris.txt").lines() {
            let (uri, place) = line.split_once(" = ").map_or((line, None), |(uri, place)| (uri, Some(place)));
            let taken = uri.parse::<RelayUri>().map(|uri| uri.endpoint);
            let taken = taken.map(|endpoint| format!("{} {}", endpoint.host(), endpoint.port()));
            assert_eq!(taken.as_deref().ok(), place, "{uri}: {taken:?}");
        }
        for (uri, part) in [
            ("relay.test", "as turn:"),
            ("stun:relay.test", "as turn:"),
            ("turns:relay.test", "without TLS"),
            ("turn:relay.test?transport=tcp", "UDP alone"),
            ("turn:user@relay.test", "as turn:"),
            ("turn:relay.test:0", "port"),
            ("turn:", "host"),
            ("turn:2001:db8::1", "brackets"),
            ("turn:[fe80::1]", "interface"),
        ] {
            let refusal = uri.parse::<RelayUri>().unwrap_err();
            assert!(refusal.contains(part), "{uri}: {refusal}");
        }
    }

    #[test]
    fn a_password_is_one_line() {
        let folder = std::env::temp_dir().join(format!("ballsession-relay-{}", std::process::id()));
        for (text, expected) in
            [("secret\n", Some("secret")), (" a b ", Some(" a b ")), ("", None), ("a\nb", None)]
        {
            std::fs::write(&folder, text).unwrap();
            assert_eq!(password(&folder).ok().as_deref(), expected, "{text:?}");
        }
        for (length, is_taken) in [(4096, true), (4097, false), (1 << 20, false)] {
            std::fs::write(&folder, "p".repeat(length) + "\r\n").unwrap();
            let expected = format!("in {} must be one line of 1 to 4096 bytes", folder.display());
            assert_eq!(password(&folder).err().is_none_or(|error| !error.contains(&expected)), is_taken);
        }
        std::fs::remove_file(&folder).unwrap();
        assert!(password(&folder).unwrap_err().contains("cannot be read"));
        let error = password(&std::env::temp_dir()).unwrap_err();
        assert!(error.ends_with("it is no file"), "{error}");
    }
}
