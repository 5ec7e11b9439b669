//! The clients of a session as its run sees them: who is done, and who has had media, by all that tells.

use std::collections::BTreeSet;

use report::ClientRow;

use crate::report_source::View;
use crate::run::ObservedClients;
use crate::session::Session;

/// The clients that are known to have had media, of a run with this hash. It may be lost: most is seen again.
#[derive(Debug, Default)]
pub(super) struct HadMedia {
    run: String,
    indexes: BTreeSet<u32>,
}

impl HadMedia {
    /// The clients of the session's run. `ready` are those whose pods have media now.
    pub(super) fn observe(
        &mut self,
        session: &Session,
        finished: BTreeSet<u32>,
        ready: BTreeSet<u32>,
        view: &View,
    ) -> ObservedClients {
        if self.run != session.run_hash {
            *self = Self { run: session.run_hash.clone(), indexes: BTreeSet::new() };
        }
        let rows = view.server.iter().flat_map(|server| &server.rows);
        let by_server = rows.filter(|row| had_media(row)).filter_map(|row| index(session, &row.id));
        self.indexes.extend(ready.into_iter().chain(by_server));
        // Of others nobody asks, however many the server names.
        self.indexes.retain(|index| session.clients.contains(*index));
        ObservedClients { wanted: session.clients.clone(), finished, had_media: self.indexes.clone() }
    }
}

/// Whether a client has decoded a frame that the server knows of.
fn had_media(row: &ClientRow) -> bool {
    let frames = &row.frames;
    frames.good() + frames.late + frames.undetected > 0
}

fn index(session: &Session, id: &str) -> Option<u32> {
    id.strip_prefix(session.client_name().as_str())?.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;
    use crate::report_source::ServerView;

    fn view(rows: &[(&str, u64)]) -> View {
        let row = |(id, matched): &(&str, u64)| {
            serde_json::from_value(json!({
                "id": id, "node": null, "state": "Lost", "pairing": "rtp", "reconnects": 0, "setupMilliseconds": {},
                "frames": {"sent": 100, "lost": 100 - matched, "matched": matched}
            }))
            .unwrap()
        };
        let server = ServerView {
            received: std::time::Instant::now(),
            connected_clients: 0,
            clients_without_media: 0,
            rows: rows.iter().map(row).collect(),
            errors: Vec::new(),
            pod: String::new(),
            ways: std::collections::BTreeMap::new(),
        };
        View { server: Some(server), ..View::default() }
    }

    #[test]
    fn a_client_has_had_media_whatever_it_has_now() {
        let mut had_media = HadMedia::default();
        let mut observe = |spec: &serde_json::Value, ready: &[u32], view: &View| {
            let ready = ready.iter().copied().collect();
            had_media.observe(&fixture::session(spec), BTreeSet::new(), ready, view).had_media
        };
        let spec = json!({"clients": 3, "duration": "5m"});
        assert_eq!(observe(&spec, &[0], &View::default()), [0].into());
        let rows =
            view(&[("harbor-client-1", 1), ("harbor-client-2", 0), ("harbor-client-7", 9), ("mine", 9)]);
        assert_eq!(observe(&spec, &[], &rows), [0, 1].into());
        let other = json!({"clients": 3, "duration": "6m"});
        assert_eq!(observe(&other, &[2], &View::default()), [2].into(), "another run");
    }
}
