//! A peer that moves, and others that only seem to.

use super::*;

fn route(port: u16) -> Route {
    let local = "127.0.0.1:5000".parse().unwrap();
    Route { local, peer: std::net::SocketAddr::new([127, 0, 0, 1].into(), port) }
}

const OLD: u16 = 1;
const NEW: u16 = 2;

/// A path with a trial of the new address, of which so many milliseconds pass; with `answers` of either address.
fn tried(old_answers: bool, new_answers: bool, is_signed: bool) -> (Path, Option<Duration>) {
    let (start, mut path) = (Instant::now(), Path::default());
    path.selected(route(OLD));
    path.check_answered(route(NEW), start);
    let mut moved = None;
    for milliseconds in 0..2000_u64 {
        let now = start + Duration::from_millis(milliseconds);
        let id = [milliseconds as u8; 12];
        let due: Vec<_> = path.due(now).collect();
        if !due.is_empty() {
            path.checked([id], now);
        }
        for route in due {
            if new_answers && route.peer.port() == NEW {
                path.take_response(route, id, || is_signed, now);
            }
            if old_answers && route.peer.port() == OLD {
                path.inbound(route, now);
            }
        }
        if let Some(ways) = path.advance(now) {
            assert_eq!((ways, moved), ((route(OLD), route(NEW)), None));
            moved = Some(Duration::from_millis(milliseconds));
        }
    }
    assert_eq!(path.deadline(), None, "a trial ends");
    (path, moved)
}

/// L7.
#[test]
fn a_peer_is_followed_to_where_it_answers_once_its_old_address_is_silent() {
    let (mut path, moved) = tried(false, true, true);
    assert_eq!(moved, Some(SILENCE));
    assert_eq!(path.outbound(route(OLD)), route(NEW));
    assert_eq!(path.inbound(route(NEW), Instant::now()), route(OLD), "to the library it has not moved");
    path.selected(route(OLD));
    assert_eq!(path.outbound(route(OLD)), route(NEW), "further media changes nothing");
    path.selected(route(3));
    assert_eq!(path.outbound(route(3)), route(3), "the library has another pair");
}

#[test]
fn nobody_is_followed_who_does_not_answer_with_a_signature_or_is_still_where_it_was() {
    for (old, new, signed) in [(true, true, true), (false, false, true), (false, true, false)] {
        let (path, moved) = tried(old, new, signed);
        assert_eq!((moved, path.outbound(route(OLD))), (None, route(OLD)), "{old} {new} {signed}");
    }
}

#[test]
fn an_old_address_that_is_far_away_has_its_time_to_answer() {
    let (now, mut path, far) = (Instant::now(), Path::default(), Duration::from_millis(300));
    path.selected(route(OLD));
    path.check_answered(route(NEW), now);
    path.checked([[1; 12]], now);
    path.take_response(route(NEW), [1; 12], || true, now + far);
    assert_eq!(path.advance(now + far), None);
    path.inbound(route(OLD), now + far);
    assert_eq!(path.advance(now + far + LATER), None);
}

#[test]
fn an_answer_from_elsewhere_or_to_no_check_of_ours_is_none() {
    let (now, mut path) = (Instant::now(), Path::default());
    path.selected(route(OLD));
    path.check_answered(route(NEW), now);
    path.checked([[1; 12]], now);
    path.take_response(route(3), [1; 12], || true, now);
    path.take_response(route(NEW), [2; 12], || true, now);
    assert_eq!(path.advance(now + SILENCE), None);
}

#[test]
fn a_check_from_where_the_peer_is_or_before_it_is_connected_begins_nothing() {
    let (now, mut path) = (Instant::now(), Path::default());
    path.check_answered(route(NEW), now);
    assert_eq!(path.deadline(), None);
    path.selected(route(OLD));
    path.check_answered(route(OLD), now);
    assert_eq!(path.deadline(), None);
}

#[test]
fn few_checks_go_to_an_address_that_does_not_answer() {
    let (start, mut path, mut checks) = (Instant::now(), Path::default(), 0);
    path.selected(route(OLD));
    for milliseconds in 0..10_000 {
        let now = start + Duration::from_millis(milliseconds);
        path.check_answered(route(NEW), now);
        let due: Vec<_> = path.due(now).collect();
        if !due.is_empty() {
            path.checked([[0; 12]], now);
        }
        checks += due.iter().filter(|due| due.peer.port() == NEW).count();
        path.advance(now);
    }
    assert!(checks <= 10 * CHECKS as usize, "{checks}");
}
