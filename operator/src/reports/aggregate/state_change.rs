//! What of a report is more than numbers: the controller is then notified.

use report::judged::CompactClients;
use report::post::{ClientPost, MAX_ROWS, ServerPost};
use report::way::Way;
use report::{ErrorCode, State};

/// Whether more than the numbers of a server is new.
pub(super) fn is_server_changed(last: &ServerPost, new: &ServerPost) -> bool {
    last.connected_clients != new.connected_clients
        || last.clients_without_media != new.clients_without_media
        || codes(last) != codes(new)
        || rows(last) != rows(new)
        || ways(last) != ways(new)
}

/// Whether more than the numbers of a client is new.
pub(super) fn is_client_changed(last: &ClientPost, new: &ClientPost) -> bool {
    let beside_numbers = |post: &ClientPost| -> (State, Vec<ErrorCode>) {
        (post.state, post.errors.iter().map(|error| error.code).collect())
    };
    beside_numbers(last) != beside_numbers(new)
}

fn codes(post: &ServerPost) -> Vec<ErrorCode> {
    post.summary.errors.iter().map(|error| error.code).collect()
}

/// The ways that media takes, of clients of which that is known.
fn ways(post: &ServerPost) -> Vec<(&str, Way)> {
    let ways = post.judged.iter().flat_map(CompactClients::ways);
    let mut ways: Vec<_> = ways.filter_map(|(id, way)| Some((id, way?))).collect();
    ways.sort_unstable();
    ways
}

/// Who is there, and how it stands. The worst come first, so the order changes with the numbers. Where there are more
/// than a report holds, so does who is among them: then only those count that are not connected.
fn rows(post: &ServerPost) -> Vec<(&str, Option<&str>, &'static str)> {
    let is_all = post.summary.clients.len() < MAX_ROWS;
    let rows = post.summary.clients.iter().filter(|row| is_all || row.state != State::Connected);
    let mut rows: Vec<_> =
        rows.map(|row| (row.id.as_str(), row.node.as_deref(), row.state.as_str())).collect();
    rows.sort_unstable();
    rows
}
