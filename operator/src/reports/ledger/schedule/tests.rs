//! When what is written, and after what. On virtual time.

use super::*;

/// What is written from `start` on, with the seconds since then, while `change` stays as it is.
fn writes(schedule: &mut Schedule, change: Change, start: Instant, seconds: u64) -> Vec<u64> {
    let mut writes = Vec::new();
    for second in 0..seconds {
        let now = start + Duration::from_secs(second);
        schedule.plan("a", change, now);
        if let Some(uid) = schedule.next(now) {
            writes.push(second);
            schedule.done(&uid, WriteResult::Stored, now);
        }
    }
    writes
}

#[test]
fn what_is_due_for_longest_is_known() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    let later = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(schedule.overdue(later(9)), Duration::ZERO);
    schedule.plan("a", Change::Numbers, later(2));
    schedule.plan("b", Change::Urgent, later(5));
    assert_eq!(schedule.overdue(later(9)), Duration::from_secs(7));
    schedule.cancel("a");
    assert_eq!(schedule.overdue(later(9)), Duration::from_secs(4));
}

#[test]
fn what_is_put_off_again_and_again_is_due_since_the_first_time() {
    for result in [WriteResult::Failed, WriteResult::Refused, WriteResult::Stale] {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let mut now = start;
        for _ in 0..8 {
            schedule.plan("a", Change::Words, now);
            now = schedule.wake().unwrap();
            schedule.next(now).unwrap();
            schedule.done("a", result, now);
            assert_eq!(schedule.overdue(now), now - start, "{result:?}");
        }
        assert!(now - start >= WATCH_LAG * 7, "{result:?}");
        schedule.plan("a", Change::Words, now);
        now = schedule.wake().unwrap();
        schedule.next(now).unwrap();
        schedule.done("a", WriteResult::Stored, now);
        schedule.plan("a", Change::Words, now);
        assert_eq!(schedule.overdue(now), Duration::ZERO, "{result:?}: the next one is not due yet");
    }
}

/// A write that was under way when a post came may be without it.
#[test]
fn what_is_awaited_is_stored_with_a_write_that_began_after_it() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    assert_eq!(schedule.awaited("a"), None, "nothing is to be written");
    schedule.plan("a", Change::Urgent, start);
    let first = schedule.awaited("a").unwrap();
    assert!(!schedule.is_stored(&first));
    schedule.next(start).unwrap();
    let second = schedule.awaited("a").unwrap();
    schedule.done("a", WriteResult::Stored, start);
    schedule.plan("a", Change::Urgent, start);
    assert_eq!((schedule.is_stored(&first), schedule.is_stored(&second)), (true, false));
    for result in [WriteResult::Failed, WriteResult::Stale, WriteResult::Refused] {
        let now = schedule.wake().unwrap();
        schedule.next(now).unwrap();
        schedule.done("a", result, now);
        schedule.plan("a", Change::Urgent, now);
        assert!(!schedule.is_stored(&second), "{result:?}");
    }
    let now = schedule.wake().unwrap();
    schedule.next(now).unwrap();
    schedule.done("a", WriteResult::Stored, now);
    assert!(schedule.is_stored(&second));
    schedule.plan("a", Change::Urgent, now);
    let third = schedule.awaited("a").unwrap();
    assert!(!schedule.is_stored(&third));
    schedule.cancel("a");
    assert!(schedule.is_stored(&third), "the watch shows that it is stored");
    schedule.plan("a", Change::Urgent, now);
    schedule.retain(|_| false);
    assert!(schedule.is_stored(&third), "nobody is left to know it");
}

#[test]
fn a_session_is_written_at_once_and_then_as_often_as_its_changes_are_worth() {
    let start = Instant::now();
    let of = |change| writes(&mut Schedule::new(start), change, start, 130);
    let spread = |seconds: u64| seconds..=seconds + seconds.div_ceil(60) * 6;
    let numbers = of(Change::Numbers);
    assert!(
        numbers.len() == 3 && spread(60).contains(&numbers[1]) && spread(120).contains(&numbers[2]),
        "{numbers:?}"
    );
    assert_eq!(of(Change::Words)[..4], [0, 10, 20, 30]);
    assert_eq!(of(Change::None), [0; 0]);
    // Right after a write, and only then, even what is urgent waits for the watch.
    assert_eq!(of(Change::Urgent)[..3], [0, 1, 2]);
}

#[test]
fn what_becomes_urgent_overtakes_its_own_place() {
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let mut schedule = Schedule::new(start);
    assert_eq!(writes(&mut schedule, Change::Words, start, 1), [0]);
    schedule.plan("a", Change::Numbers, at(2000));
    assert_eq!(schedule.wake(), Some(start + numbers_interval("a")));
    schedule.plan("a", Change::Urgent, at(3000));
    assert_eq!(schedule.wake(), Some(at(3000)));
    schedule.plan("a", Change::Numbers, at(3500));
    assert_eq!(schedule.wake(), Some(at(3000)), "and keeps the new one");
    schedule.plan("a", Change::None, at(3600));
    assert_eq!((schedule.wake(), schedule.next(at(4000))), (None, None));
}

#[test]
fn ten_thousand_sessions_at_once_are_written_within_200_seconds() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    for uid in 0..10_000 {
        schedule.plan(&uid.to_string(), Change::Urgent, start);
    }
    let mut written = 0_u32;
    let mut now = start;
    while let Some(wake) = schedule.wake() {
        now = now.max(wake);
        let Some(uid) = schedule.next(now) else { panic!("woken for nothing") };
        schedule.done(&uid, WriteResult::Stored, now);
        written += 1;
        let elapsed = (now - start).as_secs_f64();
        assert!(f64::from(written) <= 50.0 * elapsed + f64::from(BURST) + 1.0, "{written} in {elapsed} s");
    }
    assert_eq!(written, 10_000);
    assert!(now - start <= Duration::from_secs(200));
}

#[test]
fn what_is_urgent_does_not_queue_behind_the_rest_nor_the_rest_for_ever() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    for uid in 0..1000 {
        let change = if uid % 2 == 0 { Change::Words } else { Change::Numbers };
        schedule.plan(&uid.to_string(), change, start);
    }
    let later = start + Duration::from_secs(5);
    schedule.plan("urgent", Change::Urgent, later);
    assert_eq!(schedule.next(later).as_deref(), Some("urgent"));

    // More is urgent again and again than fits the pace.
    let mut written = [Vec::new(), Vec::new()];
    for second in 5..240 {
        let now = start + Duration::from_secs(second);
        for uid in 0..50 {
            schedule.plan(&format!("urgent {uid}"), Change::Urgent, now);
        }
        while let Some(uid) = schedule.next(now) {
            written[usize::from(uid.starts_with("urgent"))].push(second);
            schedule.done(&uid, WriteResult::Stored, now);
        }
    }
    let [others, urgent] = written;
    assert_eq!(others[0], PATIENCE.as_secs(), "the law comes first, for a while");
    let later = urgent.iter().filter(|second| **second >= PATIENCE.as_secs()).count();
    assert!(later > 3 * others.len() && others.len() > 100, "{later} beside {}", others.len());
}

#[test]
fn a_quiet_time_does_not_buy_more_than_the_burst() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    let later = start + Duration::from_secs(3600);
    for uid in 0..100 {
        schedule.plan(&uid.to_string(), Change::Words, later);
    }
    let at_once = std::iter::from_fn(|| schedule.next(later)).count();
    assert_eq!(at_once, BURST as usize + 1);
}

#[test]
fn failures_wait_longer_and_longer() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    let mut now = start;
    let mut waits = Vec::new();
    for _ in 0..8 {
        schedule.plan("a", Change::Urgent, now);
        let due = schedule.wake().unwrap();
        waits.push((due - now).as_secs());
        now = due;
        schedule.next(now).unwrap();
        schedule.done("a", WriteResult::Failed, now);
    }
    assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
}

/// A write of the controller came in between: the numbers had waited for a minute once more.
#[test]
fn a_write_that_came_too_late_is_tried_again_as_soon_as_the_watch_may_show_the_other_one() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut schedule = Schedule::new(start);
    schedule.plan("a", Change::Numbers, at(0));
    for (second, result) in [(0, WriteResult::Stale), (1, WriteResult::Stored)] {
        assert_eq!(schedule.wake(), Some(at(second)));
        schedule.next(at(second)).unwrap();
        schedule.done("a", result, at(second));
        schedule.plan("a", Change::Numbers, at(second));
    }
    assert!(schedule.wake() >= Some(at(61)));
}

#[test]
fn one_conflict_after_the_other_waits_longer_and_longer() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    let mut now = start;
    let mut waits = |result, times: usize| {
        let mut waits = Vec::new();
        for _ in 0..times {
            schedule.plan("a", Change::Urgent, now);
            let due = schedule.wake().unwrap();
            waits.push((due - now).as_secs());
            now = due;
            schedule.next(now).unwrap();
            schedule.done("a", result, now);
        }
        waits
    };
    assert_eq!(waits(WriteResult::Stale, 8), [0, 1, 2, 4, 8, 16, 30, 30]);
    assert_eq!(waits(WriteResult::Stored, 1), [30]);
    assert_eq!(waits(WriteResult::Stale, 3), [1, 1, 2]);
}

#[test]
fn one_write_of_a_session_at_a_time() {
    let start = Instant::now();
    let mut schedule = Schedule::new(start);
    schedule.plan("a", Change::Urgent, start);
    assert_eq!(schedule.next(start).as_deref(), Some("a"));
    schedule.plan("a", Change::Urgent, start + WORDS_INTERVAL);
    assert_eq!(schedule.wake(), None);
    schedule.skipped("a");
    schedule.plan("a", Change::Urgent, start + WORDS_INTERVAL);
    assert_eq!(schedule.wake(), Some(start + WORDS_INTERVAL));
    schedule.retain(|_| false);
    assert_eq!((schedule.wake(), schedule.entries.len()), (None, 0));
}
