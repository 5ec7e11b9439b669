//! Pacing on virtual time, with the library as it asks: for every pair at every tick.

use super::*;

const TICK: Duration = Duration::from_millis(20);

fn address(number: usize) -> SocketAddr {
    SocketAddr::new([127, 1, (number >> 8) as u8, number as u8].into(), 4000)
}

fn route(number: usize) -> Route {
    Route { local: "127.0.0.1:5000".parse().unwrap(), peer: address(number) }
}

/// A session whose library has so many pairs that nobody answers.
#[derive(Default)]
struct Session {
    pacing: Pacing,
    pairs: usize,
    asked: u32,
    /// When each check left, and to which pair.
    left: Vec<(Duration, usize)>,
}

impl Session {
    fn new(pairs: usize) -> Self {
        Self { pairs, ..Self::default() }
    }

    fn ask(&mut self, pair: usize, budget: &Budget, start: Instant, at: Duration) -> bool {
        self.asked += 1;
        let id = [self.asked.to_be_bytes(); 3].concat().try_into().unwrap();
        let admitted = self.pacing.admits(route(pair), id, budget, start + at);
        if admitted {
            self.left.push((at, pair));
        }
        admitted
    }

    fn tick(&mut self, budget: &Budget, start: Instant, at: Duration) {
        for pair in 0..self.pairs {
            self.ask(pair, budget, start, at);
        }
    }
}

fn run(sessions: &mut [Session], length: Duration) {
    let (start, budget) = (Instant::now(), Budget::default());
    let mut at = Duration::ZERO;
    while at < length {
        sessions.iter_mut().for_each(|session| session.tick(&budget, start, at));
        at += TICK;
    }
}

/// The most that left within any second.
fn most_in_a_second(sessions: &[Session]) -> usize {
    let mut left: Vec<_> = sessions.iter().flat_map(|session| &session.left).map(|(at, _)| *at).collect();
    left.sort_unstable();
    let within = |from: &Duration| {
        left.iter().filter(|at| (*from..*from + Duration::from_secs(1)).contains(*at)).count()
    };
    left.iter().map(within).max().unwrap_or(0)
}

/// L1: 100 candidates and 900, as many pairs, and nobody answers: it was every pair at every tick.
#[test]
fn no_more_than_a_hundred_checks_leave_in_a_second_whatever_is_asked_for() {
    let mut two = [Session::new(100), Session::new(900)];
    run(&mut two, Duration::from_secs(8));
    assert_eq!(two[0].asked, 40_000);
    assert!(most_in_a_second(&two) <= 60, "{}", most_in_a_second(&two));
    let mut five: Vec<_> = (0..5).map(|_| Session::new(900)).collect();
    run(&mut five, Duration::from_secs(8));
    assert!(most_in_a_second(&five) <= 100, "{}", most_in_a_second(&five));
    let mut thirty: Vec<_> = (0..30).map(|_| Session::new(16)).collect();
    run(&mut thirty, Duration::from_secs(8));
    let after_the_start = |session: &Session| session.left.iter().filter(|(at, _)| *at >= TICK * 50).count();
    let later: usize = thirty.iter().map(after_the_start).sum();
    assert!(later <= 61 * 7 + 20, "{later}");
}

/// L1: as fast as without pacing where there is little to check.
#[test]
fn a_few_pairs_are_checked_at_once_and_again_at_each_tick_at_first() {
    let mut session = [Session::new(4)];
    run(&mut session, Duration::from_millis(1));
    assert_eq!(session[0].left.len(), 4);
    let mut session = [Session::new(1)];
    run(&mut session, Duration::from_millis(101));
    assert_eq!(
        session[0].left.iter().map(|(at, _)| at.as_millis()).collect::<Vec<_>>(),
        [0, 20, 40, 60, 80, 100]
    );
}

/// L1: one candidate alone was checked 396 times in 8 s.
#[test]
fn a_pair_is_checked_ever_more_rarely_but_never_an_eighth_later_than_it_could_be() {
    let mut session = [Session::new(1)];
    run(&mut session, Duration::from_secs(8));
    let left = &session[0].left;
    assert!((30..=50).contains(&left.len()), "{}", left.len());
    for pair in left.windows(2) {
        let (before, after) = (pair[0].0, pair[1].0);
        let allowed = (before / GAP_PART).max(TA) + TICK;
        assert!(after - before <= allowed.min(LONGEST_GAP + TICK), "{before:?} -> {after:?}");
    }
}

#[test]
fn every_pair_has_its_turn() {
    let mut session = [Session::new(40)];
    run(&mut session, Duration::from_secs(4));
    for pair in 0..40 {
        let times = session[0].left.iter().filter(|(_, of)| *of == pair).count();
        assert!((1..=4).contains(&times), "pair {pair}: {times}");
    }
}

#[test]
fn a_check_that_answers_one_of_the_peer_leaves_at_once_even_when_all_else_waits() {
    let (start, budget) = (Instant::now(), Budget::default());
    let mut hammering: Vec<_> = (0..8).map(|_| Session::new(16)).collect();
    let mut honest = Session::new(1);
    for tick in 0..150 {
        let at = TICK * tick;
        hammering.iter_mut().for_each(|session| session.tick(&budget, start, at));
        honest.tick(&budget, start, at);
    }
    let at = TICK * 150 + Duration::from_millis(1);
    honest.pacing.checked_by_peer(route(0));
    assert!(honest.ask(0, &budget, start, at));
    honest.pacing.checked_by_peer(route(0));
    assert!(!honest.ask(0, &budget, start, at), "not twice at a time");
}

#[test]
fn an_address_that_answers_costs_no_budget_any_more_and_no_other_does_for_it() {
    let (now, budget) = (Instant::now(), Budget::default());
    let mut pacing = Pacing::default();
    assert!(pacing.admits(route(0), [1; 12], &budget, now));
    pacing.answered_by_peer(address(0), [2; 12]);
    assert!(!pacing.has_answered(address(0)), "to no request of ours");
    pacing.answered_by_peer(address(1), [1; 12]);
    assert!(!pacing.has_answered(address(1)) && !pacing.has_answered(address(0)), "from elsewhere");
    pacing.answered_by_peer(address(0), [1; 12]);
    assert!(pacing.has_answered(address(0)));
    for n in 0..1000_u32 {
        let id = [n.to_be_bytes(); 3].concat().try_into().unwrap();
        assert!(pacing.admits(route(0), id, &budget, now));
    }
}

#[test]
fn what_is_kept_of_a_session_is_bounded() {
    let (start, budget) = (Instant::now(), Budget::default());
    let mut session = Session::default();
    for second in 0..600 {
        for pair in 0..200 {
            let at = Duration::from_secs(second) + TICK;
            if session.ask(second as usize * 200 + pair, &budget, start, at) {
                let (id, to) = *session.pacing.pending.back().unwrap();
                session.pacing.answered_by_peer(to, id);
            }
        }
    }
    let Pacing { pairs, pending, answered, .. } = &session.pacing;
    assert!(pairs.len() <= MOST_PAIRS && pending.len() <= MOST_PENDING && answered.len() <= MOST_ANSWERED);
}
