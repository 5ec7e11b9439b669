//! Every client's judged numbers in few bytes: a post of a hundred clients has room for them beside its full rows.

use serde::{Deserialize, Serialize};

use super::{JudgedClient, JudgedNumbers, Media};
use crate::Cause;
use crate::way::Way;

/// The clients of a post, each an array of what is judged.
///
/// `["0",0,0,600,20.0,0.5,0,99.8,0.0121,7.52,33.3,87.1,0]`: the id without the common prefix, [`Media`] as a code (0 flowing,
/// 1 never had, 2 stopped, 3 gone, 4 awaited; 8 more where the client is not wanted) and its seconds, settled frames, wanted seconds, percent lost,
/// undetected and delivered, error p95 in pixels, latency p95, longest freeze and setup p95 in milliseconds, and the
/// cause as its position in [`Cause::ALL`]. A quantity without samples is null. What few sessions have follows as an object, and only where
/// there is some of it, as `{"way":7,"recovery":2346.0}`: the way that media takes, where the server was asked to say so (1 direct,
/// 2 advertised, 3 relayed, and 4 more over IPv6), and the recovery in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompactClients {
    /// What all ids begin with.
    prefix: String,
    /// One array a client.
    clients: Vec<CompactClient>,
}

type Quantity = Option<f64>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CompactClient(
    String,
    u8,
    f64,
    u64,
    f64,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    Quantity,
    u8,
    #[serde(default, skip_serializing_if = "Rare::is_empty")] Rare,
);

/// What few sessions have. Of what a newer sender has besides, nothing is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Rare {
    #[serde(skip_serializing_if = "is_unknown")]
    way: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Quantity,
}

impl Rare {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether nothing is known of a way.
#[allow(clippy::trivially_copy_pass_by_ref)] // As serde has it.
fn is_unknown(way: &u8) -> bool {
    *way == 0
}

/// Added to the code of [`Media`] where the client is not wanted.
const UNWANTED: u8 = 8;

impl CompactClients {
    /// The clients as a post carries them. Nodes are left out: the operator knows where its pods run.
    pub fn new(clients: &[JudgedClient]) -> Self {
        let ids: Vec<&str> = clients.iter().map(|client| client.id.as_str()).collect();
        let prefix = common_prefix(&ids);
        let clients = clients.iter().map(|client| CompactClient::new(client, prefix.len())).collect();
        Self { prefix: prefix.to_owned(), clients }
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Each client's id, without what all begin with, and the way that media takes to it, where that is known.
    pub fn ways(&self) -> impl Iterator<Item = (&str, Option<Way>)> {
        self.clients.iter().map(|client| (client.0.as_str(), Way::from_code(client.13.way)))
    }

    /// The clients, without their nodes and what their rows say of packets' sizes. What a broken or newer sender wrote in a code
    /// that is not known here counts as the worst of its kind, never as good.
    pub fn to_clients(&self) -> Vec<JudgedClient> {
        self.clients.iter().map(|client| client.expand(&self.prefix)).collect()
    }
}

impl CompactClient {
    fn new(client: &JudgedClient, prefix: usize) -> Self {
        let (code, seconds) = match client.media {
            Media::Flowing => (0, 0.0),
            Media::NeverHad { seconds } => (1, seconds),
            Media::Stopped { seconds } => (2, seconds),
            Media::Gone { seconds } => (3, seconds),
            Media::Awaited { seconds } => (4, seconds),
        };
        let numbers = &client.numbers;
        let cause = Cause::ALL.iter().position(|cause| *cause == client.cause).unwrap_or_default();
        Self(
            client.id[prefix..].to_owned(),
            if client.is_wanted { code } else { code + UNWANTED },
            shortened(seconds),
            numbers.settled,
            shortened(numbers.wanted_seconds),
            numbers.loss_percent.map(shortened),
            numbers.undetected_percent.map(shortened),
            numbers.delivered_percent.map(shortened),
            numbers.error_p95_pixels.map(shortened),
            numbers.latency_p95_milliseconds.map(shortened),
            numbers.longest_freeze_milliseconds.map(shortened),
            numbers.setup_p95_milliseconds.map(shortened),
            cause as u8,
            Rare { way: Way::code(client.way), recovery: numbers.recovery_milliseconds.map(shortened) },
        )
    }

    fn expand(&self, prefix: &str) -> JudgedClient {
        let Self(
            id,
            code,
            seconds,
            settled,
            wanted,
            loss,
            undetected,
            delivered,
            error,
            latency,
            freeze,
            setup,
            cause,
            rare,
        ) = self;
        let seconds = *seconds;
        let media = match code % UNWANTED {
            0 => Media::Flowing,
            1 => Media::NeverHad { seconds },
            2 => Media::Stopped { seconds },
            4 => Media::Awaited { seconds },
            _ => Media::Gone { seconds },
        };
        JudgedClient {
            id: format!("{prefix}{id}"),
            node: None,
            is_wanted: *code < UNWANTED,
            media,
            numbers: JudgedNumbers {
                settled: *settled,
                wanted_seconds: *wanted,
                loss_percent: *loss,
                undetected_percent: *undetected,
                delivered_percent: *delivered,
                error_p95_pixels: *error,
                latency_p95_milliseconds: *latency,
                longest_freeze_milliseconds: *freeze,
                setup_p95_milliseconds: *setup,
                recovery_milliseconds: rare.recovery,
            },
            cause: Cause::ALL.get(usize::from(*cause)).copied().unwrap_or_default(),
            // A reader of the version before takes no array that is longer, and rows have it.
            vanishes_above: None,
            way: Way::from_code(rare.way),
        }
    }
}

/// Rounded to 4 significant digits: one more than the quantities have, so that no comparison changes by it.
fn shortened(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// The longest text that all `ids` begin with and that leaves none of them empty.
fn common_prefix<'a>(ids: &[&'a str]) -> &'a str {
    let Some((first, others)) = ids.split_first() else { return "" };
    let longest = others.iter().fold(first.len(), |length, id| {
        first.bytes().zip(id.bytes()).take(length).take_while(|(a, b)| a == b).count()
    });
    let shortest = ids.iter().map(|id| id.len()).min().unwrap_or(0);
    let mut end = longest.min(shortest.saturating_sub(1));
    while !ids.iter().all(|id| id.is_char_boundary(end)) {
        end -= 1;
    }
    &first[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers that are as long as they get after rounding.
    fn client(id: &str) -> JudgedClient {
        JudgedClient {
            id: id.into(),
            node: None,
            is_wanted: true,
            media: Media::Stopped { seconds: 12.34 },
            numbers: JudgedNumbers {
                settled: 216_000,
                wanted_seconds: 3600.0,
                loss_percent: Some(12.34),
                undetected_percent: Some(12.34),
                delivered_percent: Some(98.76),
                error_p95_pixels: Some(0.01234),
                latency_p95_milliseconds: Some(123.4),
                longest_freeze_milliseconds: Some(1234.0),
                setup_p95_milliseconds: Some(1234.0),
                recovery_milliseconds: None,
            },
            cause: Cause::Network,
            vanishes_above: None,
            way: None,
        }
    }

    #[test]
    fn a_client_is_an_array_of_at_most_80_bytes() {
        let clients: Vec<_> = (0..100).map(|index| client(&format!("demo-client-{index}"))).collect();
        let compact = CompactClients::new(&clients);
        let json = serde_json::to_string(&compact).unwrap();
        assert!(json.starts_with(
            r#"{"prefix":"demo-client-","clients":[["0",2,12.34,216000,3600.0,12.34,12.34,98.76,0.01234,123.4,1234.0,1234.0,3],"#
        ));
        let longest = compact.clients.iter().map(|client| serde_json::to_string(client).unwrap().len()).max();
        assert!(longest.is_some_and(|longest| longest <= 80), "{longest:?}");
        assert_eq!(serde_json::from_str::<CompactClients>(&json).unwrap().to_clients(), clients);
    }

    /// A way is said where it is asked for alone, and the arrays of the version before go on.
    #[test]
    fn a_way_is_said_where_it_is_asked_for() {
        let way = Some(Way { kind: crate::way::WayKind::Relayed, is_ipv6: true });
        let clients: Vec<_> =
            (0..100).map(|index| JudgedClient { way, ..client(&format!("demo-client-{index}")) }).collect();
        let compact = CompactClients::new(&clients);
        let json = serde_json::to_value(&compact).unwrap();
        let arrays = json["clients"].as_array().unwrap();
        let longest = arrays.iter().map(|array| array.to_string().len()).max();
        assert!(longest.is_some_and(|longest| longest <= 96), "{longest:?}");
        assert_eq!(
            (arrays[0].as_array().unwrap().len(), &arrays[0][13]),
            (14, &serde_json::json!({"way": 7}))
        );
        let read: CompactClients = serde_json::from_value(json).unwrap();
        assert_eq!(read.to_clients(), clients);
        assert_eq!(read.ways().next(), Some(("0", way)));

        let before = r#"{"prefix":"","clients":[["x",0,0.0,0,0.0,null,null,null,null,null,null,null,0]]}"#;
        let before: CompactClients = serde_json::from_str(before).unwrap();
        assert_eq!(before.ways().collect::<Vec<_>>(), [("x", None)]);
    }

    /// Who reads arrays without it reads those of sessions without a drill.
    #[test]
    fn a_recovery_is_said_where_there_is_one() {
        let mut drilled = client("demo-client-0");
        drilled.numbers.recovery_milliseconds = Some(2345.6);
        let json = serde_json::to_string(&CompactClients::new(&[drilled.clone()])).unwrap();
        assert!(json.ends_with(r#"1234.0,1234.0,3,{"recovery":2346.0}]]}"#), "{json}");
        let read = serde_json::from_str::<CompactClients>(&json).unwrap().to_clients();
        assert_eq!(read[0].numbers.recovery_milliseconds, Some(2346.0));
    }

    #[test]
    fn codes_that_are_not_known_are_never_good() {
        let json = r#"{"prefix":"","clients":[["x",15,1.0,0,0.0,null,null,null,null,null,null,null,99]]}"#;
        let clients = serde_json::from_str::<CompactClients>(json).unwrap().to_clients();
        assert_eq!(clients[0].media, Media::Gone { seconds: 1.0 });
        assert_eq!((clients[0].is_wanted, clients[0].cause), (false, Cause::Unknown));
        assert_eq!(clients[0].numbers, JudgedNumbers::default());
    }

    #[test]
    fn the_prefix_leaves_every_id_a_rest() {
        for (ids, prefix) in [
            (vec![], ""),
            (vec!["a"], ""),
            (vec!["demo-0"], "demo-"),
            (vec!["demo-1", "demo-12"], "demo-"),
            (vec!["ä", "å"], ""),
            (vec!["x", "y"], ""),
        ] {
            assert_eq!(common_prefix(&ids), prefix, "{ids:?}");
        }
    }

    proptest! {
        #[test]
        fn ids_survive(ids in prop::collection::vec("[a-c\u{e4}\u{e5}]{1,4}", 0..6)) {
            let clients: Vec<_> = ids.iter().map(|id| client(id)).collect();
            prop_assert_eq!(CompactClients::new(&clients).to_clients(), clients);
        }

        #[test]
        fn rounding_stays_within_a_thousandth(value in 1e-6f64..1e9) {
            prop_assert!((shortened(value) - value).abs() <= value * 1e-3);
        }
    }
}
