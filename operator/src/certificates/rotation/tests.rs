//! The steps one by one.

use super::*;
use crate::certificates::authority::PrivateKey;

/// Makes authorities that are named by the moment at which they were made.
pub(in crate::certificates) struct Numbered;

impl Issue for Numbered {
    fn authority(&self, names: &[String], now: Timestamp) -> Result<Authority, IssueError> {
        let name = now.to_string();
        let authority = Authority {
            certificate: format!("{name}\n"),
            name,
            made_at: now,
            expires_at: now.saturating_add(LIFE).unwrap(),
            key: PrivateKey(String::new()),
            issued: Issued { names: Vec::new(), certificate: String::new(), key: PrivateKey(String::new()) },
        };
        Ok(Authority { issued: self.certificate(&authority, names)?, ..authority })
    }

    fn certificate(&self, authority: &Authority, names: &[String]) -> Result<Issued, IssueError> {
        let (names, certificate) = (names.to_vec(), format!("{} by {}", names.join(","), authority.name));
        Ok(Issued { names, certificate, key: PrivateKey(String::new()) })
    }
}

fn day(day: f64) -> Timestamp {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    start.saturating_add(DAY.mul_f64(day)).unwrap()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

struct World {
    keyring: Option<Keyring>,
    names: Vec<String>,
}

impl World {
    fn new() -> Self {
        Self { keyring: None, names: vec!["operator.tower.svc".to_owned()] }
    }

    fn at(&mut self, day_: f64, change: impl FnOnce(&mut Situation<'_>)) -> Vec<Step> {
        let names = self.names.clone();
        let mut situation = Situation {
            names: &names,
            request: None,
            published_for: None,
            known_for: Duration::ZERO,
            now: day(day_),
        };
        change(&mut situation);
        let (keyring, steps) = advance(self.keyring.take(), situation, &Numbered).unwrap();
        self.keyring = Some(keyring);
        steps
    }

    fn trusted(&self) -> Vec<String> {
        self.keyring.as_ref().unwrap().bundle().lines().map(str::to_owned).collect()
    }

    fn served(&self) -> &str {
        &self.keyring.as_ref().unwrap().current.name
    }
}

#[test]
fn an_authority_is_published_before_it_is_used_and_trusted_after() {
    let mut world = World::new();
    assert_eq!(world.at(0.0, |_| ()), [Step::Begun]);
    let first = world.served().to_owned();
    assert_eq!(world.at(59.9, |_| ()), []);
    // The first one has been published for long, and the next one has not.
    let long = |situation: &mut Situation<'_>| {
        (situation.published_for, situation.known_for) = (Some(DAY), DAY);
    };
    assert_eq!(world.at(60.0, long), [Step::Prepared]);
    let both = [first.clone(), day(60.0).to_string()];
    assert_eq!((world.trusted(), world.served()), (both.to_vec(), first.as_str()));

    let published = |time| move |situation: &mut Situation<'_>| situation.published_for = Some(time);
    assert_eq!(world.at(60.1, published(minutes(9))), []);
    assert_eq!(world.at(60.1, published(minutes(10))), [Step::Switched]);
    assert_eq!((world.trusted(), world.served()), (both.to_vec(), both[1].as_str()), "the same are trusted");
    assert_eq!(world.at(61.0, published(minutes(99))), []);
    assert_eq!(world.at(61.1, published(minutes(99))), [Step::Forgotten]);
    assert_eq!(world.trusted(), both[1..]);
}

#[test]
fn a_session_that_cannot_be_given_authorities_holds_it_up_for_a_day() {
    let mut world = World::new();
    world.at(0.0, |_| ());
    world.at(60.0, |_| ());
    assert_eq!(world.at(60.9, |situation| situation.known_for = minutes(1000)), []);
    // Another process, or another clock.
    assert_eq!(world.at(61.0, |situation| situation.known_for = minutes(9)), []);
    assert_eq!(world.at(61.0, |situation| situation.known_for = minutes(10)), [Step::Switched]);
}

#[test]
fn other_keys_are_made_when_somebody_asks_for_them_and_once() {
    let mut world = World::new();
    world.at(0.0, |situation| situation.request = Some("before"));
    assert_eq!(world.at(1.0, |situation| situation.request = Some("before")), []);
    assert_eq!(world.at(1.0, |situation| situation.request = Some("leaked")), [Step::Prepared]);
    assert_eq!(world.at(1.1, |situation| situation.request = Some("leaked")), []);
    let published = |situation: &mut Situation<'_>| {
        (situation.request, situation.published_for) = (Some("leaked"), Some(minutes(10)));
    };
    assert_eq!(world.at(1.2, published), [Step::Switched]);
    assert_eq!(world.at(1.3, |_| ()), [], "nor when nobody asks any more");
}

#[test]
fn keys_that_are_not_valid_are_replaced_at_once() {
    let mut world = World::new();
    world.at(0.0, |_| ());
    assert_eq!(world.at(90.0, |_| ()), [Step::Begun], "nobody could trust it");
    assert_eq!(world.trusted(), [day(90.0).to_string()]);
    assert_eq!(world.at(83.1, |_| ()), [], "a clock is put right by less than a week");
    assert_eq!(world.at(83.0, |_| ()), [Step::Begun]);

    let mut world = World::new();
    world.at(0.0, |_| ());
    world.at(60.0, |_| ());
    assert_eq!(
        world.at(91.0, |_| ()),
        [Step::Switched],
        "the one that some were given is better than a new one"
    );
}

#[test]
fn another_name_needs_another_certificate_by_the_same_authority() {
    let mut world = World::new();
    world.at(0.0, |_| ());
    world.at(60.0, |_| ());
    let trusted = world.trusted();
    world.names.push("reports.example".to_owned());
    assert_eq!(world.at(60.1, |_| ()), [Step::Renamed]);
    let keyring = world.keyring.as_ref().unwrap();
    for authority in [&keyring.current, keyring.next.as_ref().unwrap()] {
        let expected = format!("operator.tower.svc,reports.example by {}", authority.name);
        assert_eq!(authority.issued.certificate, expected);
    }
    assert_eq!(world.trusted(), trusted);
    assert_eq!(world.at(60.1, |_| ()), []);
}
