//! A process of the operator with a way of its own to the API server, and what it has written in its life.

use std::time::{Duration, Instant};

use cluster::Installation;

use crate::proxy::{Proxy, Write};
use crate::replica::Replica;
use crate::way::Way;

/// One process.
pub(crate) struct Life {
    pub(crate) replica: Replica,
    pub(crate) way: Way,
}

impl Life {
    /// Starts one, not yet ready.
    pub(crate) async fn begin(installation: &Installation, pod: &str, lease: Duration) -> Self {
        let proxy = Proxy::open(installation.config().await).await;
        let way = Way::open(proxy.address).await;
        let open = ["--http-access", "open"];
        let replica = Replica::launch(installation, pod, lease, proxy, way.address, &open);
        Self { replica, way }
    }
}

/// What a process has written: from when until when, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pod: String,
    first: Instant,
    last: Instant,
    count: usize,
    last_what: String,
}

impl Written {
    pub(crate) fn of(pod: &str, writes: &[Write]) -> Option<Self> {
        let (first, last) =
            (writes.iter().map(|write| write.at).min()?, writes.iter().max_by_key(|write| write.at)?);
        Some(Self {
            pod: pod.to_owned(),
            first,
            last: last.at,
            count: writes.len(),
            last_what: last.what.clone(),
        })
    }
}

/// The processes that have written although another one already did.
pub(crate) fn overlapping(mut written: Vec<Written>) -> Vec<(Written, Written)> {
    written.sort_by_key(|written| written.first);
    let pairs = written.iter().zip(written.iter().skip(1));
    pairs
        .filter(|(one, next)| one.last >= next.first)
        .map(|(one, next)| (one.clone(), next.clone()))
        .collect()
}

#[test]
fn whoever_writes_after_another_one_began_is_found() {
    let start = Instant::now();
    let written = |pod: &str, seconds: &[u64]| {
        let at = |second: &u64| Write { at: start + Duration::from_secs(*second), what: "PATCH /".into() };
        Written::of(pod, &seconds.iter().map(at).collect::<Vec<_>>())
    };
    assert_eq!(written("a", &[]), None);
    let (first, second, third) = (written("a", &[1, 3]), written("b", &[5, 9, 4]), written("a", &[8]));
    let all =
        |lives: &[&Option<Written>]| lives.iter().filter_map(|life| (*life).clone()).collect::<Vec<_>>();
    assert_eq!(overlapping(all(&[&second, &first])), []);
    assert_eq!(overlapping(all(&[&third, &second, &first])), [(second.unwrap(), third.unwrap())]);
}
