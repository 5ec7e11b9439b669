//! Where the operator says that clients reach the server's media.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// The most that are taken of one answer.
const MOST_ADDRESSES: usize = 8;

/// What the operator has said in its answers.
#[derive(Debug)]
pub(crate) struct Announced {
    /// The way that clients are to take, as the resource names it.
    path: String,
    addresses: watch::Sender<Vec<SocketAddr>>,
    /// How often an address was needed and not there.
    questions: AtomicU64,
}

impl Announced {
    /// Nothing yet: that is the first question.
    pub(crate) fn new(path: String) -> Self {
        Self { path, addresses: watch::Sender::new(Vec::new()), questions: AtomicU64::new(1) }
    }

    /// The way that clients are to take.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What the last answer has named. An answer that names none at all, as of an operator that knows nothing of ways, changes
    /// nothing.
    pub(crate) fn learn(&self, named: Option<Vec<SocketAddr>>) {
        let Some(mut named) = named else { return };
        named.truncate(MOST_ADDRESSES);
        let learn = |known: &mut Vec<SocketAddr>| {
            let has_changed = *known != named;
            *known = named;
            has_changed
        };
        if self.addresses.send_if_modified(learn) {
            tracing::info!(path = %self.path, addresses = ?*self.addresses.borrow(), "clients reach media at other addresses");
        }
    }

    /// The addresses for a client that comes now. Where there is none, that is a question.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let addresses = self.addresses.borrow().clone();
        if addresses.is_empty() {
            self.questions.fetch_add(1, Ordering::Relaxed);
        }
        addresses
    }

    /// How often an address was needed and not there.
    pub(crate) fn questions(&self) -> u64 {
        self.questions.load(Ordering::Relaxed)
    }

    /// Waits until clients are to come by other addresses than all of those that were `offered` to one. That there is none any
    /// more is not enough: who has media by one may keep it.
    pub(crate) async fn moved(&self, offered: &[SocketAddr]) {
        let mut addresses = self.addresses.subscribe();
        let is_elsewhere =
            |now: &Vec<SocketAddr>| !now.is_empty() && !offered.iter().any(|address| now.contains(address));
        // It ends with the sender alone, which is this one.
        let _ = addresses.wait_for(is_elsewhere).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn at(addresses: &[&str]) -> Option<Vec<SocketAddr>> {
        Some(addresses.iter().map(|address| address.parse().unwrap()).collect())
    }

    #[test]
    fn each_client_that_finds_no_address_is_a_question() {
        let announced = Announced::new("ClusterIP".into());
        assert_eq!(announced.questions(), 1, "before anybody came");
        assert!(announced.addresses().is_empty());
        assert_eq!(announced.questions(), 2);
        announced.learn(at(&["10.96.0.7:8082"]));
        announced.learn(None);
        assert_eq!((Some(announced.addresses()), announced.questions()), (at(&["10.96.0.7:8082"]), 2));
        announced.learn(at(&[]));
        assert_eq!((announced.addresses(), announced.questions()), (Vec::new(), 3));
        announced.learn(Some(vec!["10.96.0.7:8082".parse().unwrap(); 9]));
        assert_eq!(announced.addresses().len(), MOST_ADDRESSES);
    }

    #[test]
    fn who_came_by_an_address_that_is_another_ones_now_has_to_move() {
        let announced = Announced::new("LoadBalancer".into());
        let offered = at(&["192.0.2.1:8082", "192.0.2.2:8082"]).unwrap();
        let has_moved = |named: &[&str]| {
            announced.learn(at(named));
            announced.moved(&offered).now_or_never().is_some()
        };
        assert!(!has_moved(&["192.0.2.2:8082", "192.0.2.3:8082"]));
        assert!(!has_moved(&[]), "nobody knows another one");
        assert!(has_moved(&["192.0.2.3:8082"]));
        assert!(has_moved(&["192.0.2.1:8083"]), "another port");
        assert!(!has_moved(&["192.0.2.1:8082"]));
    }
}
