//! Where clients reach the server's media, where that is not at the addresses of its own sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::addresses::{MediaAddresses, media_addresses};
use report::unreachable::AWAITS_ADDRESS;
use report::{SmallFileError, read_small_file};

use crate::announced::Announced;

/// Far more than so many addresses need.
const MOST_BYTES: u64 = 4096;
/// Each costs whoever connects checks of its own.
const MOST_ADDRESSES: usize = 8;

/// Where clients reach the server's media.
#[derive(Debug, Clone)]
pub(crate) enum Advertised {
    /// At the server's own addresses.
    Own,
    /// At these and nowhere else.
    At(Vec<SocketAddr>),
    /// At those that this file names, as it is whenever a client comes.
    In(PathBuf),
    /// At those that the operator has named last.
    By(Arc<Announced>),
}

/// Why a client cannot be told an address yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReachable {
    /// It may be written any moment.
    #[error("not reachable for media yet: no address is advertised in {}, which {why}", .path.display())]
    Nothing { path: PathBuf, why: &'static str },
    /// It is there, and is to no use.
    #[error("not reachable for media: {}: {problem}", .path.display())]
    Unusable { path: PathBuf, problem: String },
    /// The answer to a report may say it any moment.
    #[error("not reachable for media yet: the operator has named no address for {path}")]
    Unannounced { path: String },
}

impl NotReachable {
    /// For clients, which the server's files are no business of.
    pub(crate) fn for_peers(&self) -> &'static str {
        match self {
            Self::Nothing { .. } | Self::Unannounced { .. } => AWAITS_ADDRESS,
            Self::Unusable { .. } => {
                "the server is not reachable for media: what it is to advertise is no address"
            }
        }
    }
}

impl Advertised {
    /// By the way of the operator's that is called so, where the operator names addresses for it.
    pub(crate) fn by(path: &str) -> Option<Self> {
        let is_announced = ["ClusterIP", "NodePort", "LoadBalancer"].contains(&path);
        is_announced.then(|| Self::By(Arc::new(Announced::new(path.to_owned()))))
    }

    /// What the operator says of it, where it does.
    pub(crate) fn announced(&self) -> Option<&Arc<Announced>> {
        match self {
            Self::By(announced) => Some(announced),
            Self::Own | Self::At(_) | Self::In(_) => None,
        }
    }

    /// Waits until a client that was offered these addresses has to come by others.
    pub(crate) async fn moved(&self, offered: &[SocketAddr]) {
        match self {
            Self::By(announced) => announced.moved(offered).await,
            Self::Own | Self::At(_) | Self::In(_) => std::future::pending().await,
        }
    }

    /// Of the two flags.
    pub(crate) fn new(addresses: Vec<SocketAddr>, file: Option<PathBuf>) -> Self {
        match file {
            Some(file) => Self::In(file),
            None if addresses.is_empty() => Self::Own,
            None => Self::At(addresses),
        }
    }

    /// Where the media of a session is whose signalling ended at `signaling`; `chosen` are the addresses to bind, where they
    /// were named.
    pub(crate) fn media(&self, signaling: IpAddr, chosen: &[IpAddr]) -> Result<MediaAddresses, NotReachable> {
        let advertised = match self {
            Self::Own => return Ok(media_addresses(signaling, chosen).into()),
            Self::At(addresses) => addresses.clone(),
            Self::In(path) => read(path)?,
            Self::By(announced) => match announced.addresses() {
                none if none.is_empty() => {
                    return Err(NotReachable::Unannounced { path: announced.path().to_owned() });
                }
                addresses => addresses,
            },
        };
        Ok(MediaAddresses::advertised_at(signaling, chosen, advertised))
    }
}

/// An address that peers can send to, for `value_parser`.
pub(crate) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    const FORM: &str = "must be an IP address and a port, as 192.0.2.1:30082 or [2001:db8::1]:30082";
    let address: SocketAddr = text.parse().map_err(|_| FORM)?;
    let ip = address.ip().to_canonical();
    let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    if address.port() == 0 || ip.is_unspecified() || ip.is_multicast() {
        return Err("must be an address and a port that clients can send to");
    }
    if is_link_local {
        Err("must not be link-local: no candidate can say on which link")
    } else {
        Ok(SocketAddr::new(ip, address.port()))
    }
}

/// One address a line, or several with commas or white space between them.
fn read(path: &Path) -> Result<Vec<SocketAddr>, NotReachable> {
    let nothing = |why| NotReachable::Nothing { path: path.to_owned(), why };
    let unusable = |problem| NotReachable::Unusable { path: path.to_owned(), problem };
    let text = read_small_file(path, MOST_BYTES).map_err(|error| match error {
        SmallFileError::Io(error) if error.kind() == io::ErrorKind::NotFound => nothing("does not exist"),
        SmallFileError::Io(error) => unusable(error.to_string()),
        SmallFileError::NoFile => unusable("is no file".to_owned()),
        SmallFileError::TooLong { most } => unusable(format!("is longer than {most} bytes")),
    })?;
    let words = text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    let addresses: Vec<SocketAddr> = words
        .map(|word| address(word).map_err(|problem| unusable(format!("{word:?} {problem}"))))
        .collect::<Result<_, _>>()?;
    match addresses.len() {
        0 => Err(nothing("is empty")),
        1..=MOST_ADDRESSES => Ok(addresses),
        many => Err(unusable(format!("has {many} addresses; at most {MOST_ADDRESSES} are advertised"))),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const POD: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 244, 1, 7));

    fn media(advertised: &Advertised) -> Result<Vec<String>, String> {
        let media = advertised.media(POD, &[]).map_err(|error| error.to_string())?;
        assert_eq!(media.local, [POD]);
        Ok(media.advertised.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_file_is_read_anew_for_each_client_and_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("advertise");
        let advertised = Advertised::new(Vec::new(), Some(path.clone()));
        let name = path.display();
        let yet = format!("not reachable for media yet: no address is advertised in {name}, which");
        assert_eq!(media(&advertised).unwrap_err(), format!("{yet} does not exist"));
        for (text, expected) in [
            (" \n", Err(format!("{yet} is empty"))),
            ("192.0.2.1:30082\n", Ok(vec!["192.0.2.1:30082".to_owned()])),
            (
                "192.0.2.1:1, 192.0.2.2:2\r\n\n192.0.2.3:3",
                Ok(["192.0.2.1:1", "192.0.2.2:2", "192.0.2.3:3"].map(String::from).to_vec()),
            ),
            (
                "soon",
                Err(format!(
                    "not reachable for media: {name}: \"soon\" must be an IP address and a port, as 192.0.2.1:30082 or [2001:db8::1]:30082"
                )),
            ),
            (
                &"192.0.2.1:1 ".repeat(9),
                Err(format!("not reachable for media: {name}: has 9 addresses; at most 8 are advertised")),
            ),
            (&" ".repeat(4097), Err(format!("not reachable for media: {name}: is longer than 4096 bytes"))),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(media(&advertised), expected, "{text:?}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(media(&advertised), Err(format!("not reachable for media: {name}: is no file")));
    }

    #[test]
    fn what_the_operator_names_holds_for_the_next_client() {
        let advertised = Advertised::by("ClusterIP").unwrap();
        assert_eq!(
            media(&advertised).unwrap_err(),
            "not reachable for media yet: the operator has named no address for ClusterIP"
        );
        let refusal = advertised.media(POD, &[]).unwrap_err();
        assert_eq!(refusal.for_peers(), AWAITS_ADDRESS);
        advertised.announced().unwrap().learn(Some(vec!["10.96.0.7:8082".parse().unwrap()]));
        assert_eq!(media(&advertised), Ok(vec!["10.96.0.7:8082".to_owned()]));
        for path in ["PodIP", "Relay", "a newer one"] {
            assert!(Advertised::by(path).is_none(), "{path}");
        }
    }

    #[test]
    fn without_either_flag_media_is_at_the_servers_own_addresses() {
        assert_eq!(media(&Advertised::new(Vec::new(), None)), Ok(Vec::new()));
        let at = Advertised::new(vec!["192.0.2.1:30082".parse().unwrap()], None);
        assert_eq!(media(&at), Ok(vec!["192.0.2.1:30082".to_owned()]));
    }

    #[test]
    fn only_what_can_be_sent_to_is_advertised() {
        assert_eq!(address("[::ffff:192.0.2.1]:7").unwrap().to_string(), "192.0.2.1:7");
        for wrong in
            ["192.0.2.1", "192.0.2.1:0", "0.0.0.0:7", "[::]:7", "224.0.0.1:7", "[fe80::1]:7", "host:7", ""]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
