//! Compares what was observed with what was expected. Pure.

use crate::expected::{Answer, Expected, Heals, Since, Turn};
use crate::timeline::{Course, Timeline};

/// What came of a fault for a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outcome {
    /// Seconds until the first right answer; `None` where there was none, or none was expected.
    pub(crate) seconds: Option<f64>,
    /// Seconds until Ready was True again, from when [`Heals`] counts.
    pub(crate) ready_again: Option<f64>,
    /// The same of ObjectivesMet.
    pub(crate) met_again: Option<f64>,
    /// All that was not as expected.
    pub(crate) problems: Vec<String>,
}

/// When the fault was there: in seconds since it began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    /// When it was over.
    pub(crate) over: f64,
    /// Until when an answer to it counts: longer, where it was over at once.
    pub(crate) watched: f64,
    /// Whether the session began with it, and so has never been well.
    pub(crate) from_the_start: bool,
}

/// Compares. `named` and `unnamed` are the expected ones with their names filled in.
pub(crate) fn outcome(
    expected: &Expected,
    named: &[String],
    unnamed: &[String],
    timeline: &Timeline,
    span: Span,
) -> Outcome {
    let mut problems = timeline.contradictions.clone();
    let ready = differences("Ready", &expected.ready, &timeline.ready, span, &mut problems);
    let met = differences("ObjectivesMet", &expected.met, &timeline.met, span, &mut problems);
    let messages = || {
        let courses = [&timeline.ready, &timeline.met];
        courses.into_iter().flat_map(|course| course.until(span.watched)).filter(|(_, seen)| !seen.is_true())
    };
    problems.extend(
        named
            .iter()
            .filter(|word| !messages().any(|(_, seen)| seen.message.contains(*word)))
            .map(|word| format!("not named: {word}")),
    );
    problems.extend(
        unnamed
            .iter()
            .filter(|word| messages().any(|(_, seen)| seen.message.contains(*word)))
            .map(|word| format!("named although well: {word}")),
    );
    let mut outcome = Outcome { seconds: first(ready, met), problems, ..Outcome::default() };
    if let Some(heals) = expected.heals {
        judge_healing(&mut outcome, heals, timeline, span.over);
    }
    outcome
}

/// Whether all that has to be seen while the fault lasts has been seen.
pub(crate) fn is_all_seen(expected: &Expected, timeline: &Timeline) -> bool {
    let is_seen = |answer: &Answer, course: &Course| match answer {
        Answer::Any | Answer::Stays => true,
        Answer::Comes(_) => course.true_since().is_some(),
        Answer::Turns(turn) => {
            let has_come = |reasons: &[&str]| found(reasons, course, f64::INFINITY).is_some();
            has_come(turn.first) && turn.then.is_none_or(|(then, _)| has_come(&[then]))
        }
    };
    is_seen(&expected.ready, &timeline.ready) && is_seen(&expected.met, &timeline.met)
}

/// Whether all is well again.
pub(crate) fn is_healed(timeline: &Timeline) -> bool {
    timeline.ready.true_since().is_some() && timeline.met.true_since().is_some()
}

/// How a condition differs from what it should have become; the seconds until it was right.
fn differences(
    kind: &str,
    answer: &Answer,
    course: &Course,
    span: Span,
    problems: &mut Vec<String>,
) -> Option<f64> {
    match answer {
        Answer::Any => None,
        Answer::Stays => {
            let other = course.since_begin().find(|(_, seen)| !seen.is_true());
            problems.extend(
                other.map(|(at, seen)| {
                    format!("{kind} was {} ({}) after {at:.1} s", seen.status, seen.reason)
                }),
            );
            None
        }
        Answer::Comes(within) => {
            let at = course.true_since();
            problems.extend(problem(kind, at, *within, "never became True", "True"));
            at
        }
        Answer::Turns(turn) => turned(kind, turn, course, span, problems),
    }
}

fn turned(kind: &str, turn: &Turn, course: &Course, span: Span, problems: &mut Vec<String>) -> Option<f64> {
    let at = found(turn.first, course, span.watched);
    let never = format!("was never not True for {}", turn.first.join(" or "));
    problems.extend(problem(kind, at, turn.within, &never, "not True for the right reason"));
    if let Some((then, within)) = turn.then {
        let at = found(&[then], course, span.watched);
        problems.extend(problem(kind, at, within, &format!("was never {then}"), then));
    }
    // What comes after it is over is on the way back.
    let end = span.over.max(at.unwrap_or_default());
    let is_expected = |reason: &str| {
        turn.first.contains(&reason)
            || turn.also.contains(&reason)
            || turn.then.is_some_and(|(then, _)| then == reason)
    };
    let mut wrong: Vec<String> = Vec::new();
    for (_, seen) in course.until(end) {
        if !seen.is_true() && !is_expected(&seen.reason) && !wrong.contains(&seen.reason) {
            wrong.push(seen.reason.clone());
        }
    }
    problems.extend(wrong.into_iter().map(|reason| format!("{kind} had the wrong reason {reason}")));
    let true_at = course.until(span.over).find(|(_, seen)| seen.is_true()).map(|(at, _)| at.max(0.0));
    if let Some(at) = true_at.filter(|_| span.from_the_start) {
        problems.push(format!("{kind} was True after {at:.1} s"));
    }
    at
}

/// When the condition was not True for one of these reasons for the first time, until `end`.
fn found(reasons: &[&str], course: &Course, end: f64) -> Option<f64> {
    let mut entries = course.until(end);
    let first = entries.find(|(_, seen)| !seen.is_true() && reasons.contains(&seen.reason.as_str()));
    first.map(|(at, _)| at.max(0.0))
}

fn judge_healing(outcome: &mut Outcome, heals: Heals, timeline: &Timeline, over: f64) {
    let since = match heals.since {
        Since::End => over,
        Since::Beginning => 0.0,
        Since::NodeLost => match timeline.node_lost {
            Some(at) => at,
            None => return outcome.problems.push("the cluster never took the node for lost".into()),
        },
    };
    let again = |course: &Course| course.true_since().map(|at| (at - since).max(0.0));
    (outcome.ready_again, outcome.met_again) = (again(&timeline.ready), again(&timeline.met));
    let judged =
        [("Ready", outcome.ready_again, heals.ready), ("ObjectivesMet", outcome.met_again, heals.met)];
    for (kind, again, within) in judged {
        outcome.problems.extend(problem(kind, again, within, "was not True again", "True again"));
    }
}

/// What is wrong where a condition should have become `what` within so many seconds, and did so at `at`, or `never`.
fn problem(kind: &str, at: Option<f64>, within: u64, never: &str, what: &str) -> Option<String> {
    let Some(at) = at else { return Some(format!("{kind} {never}")) };
    let is_late = at > std::time::Duration::from_secs(within).as_secs_f64();
    is_late.then(|| format!("{kind} was {what} after {at:.1} s, later than {within} s"))
}

/// The earlier of two moments.
fn first(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::tests::course;

    const LASTING: Span = Span { over: 90.0, watched: 90.0, from_the_start: false };
    const HEALS: Heals = Heals { ready: 30, met: 60, since: Since::End };

    fn expected() -> Expected {
        Expected {
            ready: Answer::turns(&["ClientsLost"], 10).then("NodeLost", 60).also(&["WaitingForClients"]),
            met: Answer::turns(&["NoMedia"], 10),
            named: &[],
            unnamed: &[],
            heals: Some(HEALS),
            check: None,
        }
    }

    fn good() -> Timeline {
        Timeline {
            ready: course(&[
                (-5.0, "True", "Ready", ""),
                (5.0, "False", "ClientsLost", "probe-client-0 on b"),
                (50.0, "False", "NodeLost", "node b"),
                (95.0, "False", "ServerNotReady", ""),
                (100.0, "True", "Ready", ""),
            ]),
            met: course(&[
                (-5.0, "True", "Met", ""),
                (6.0, "False", "NoMedia", "probe-client-0 on b"),
                (120.0, "True", "Met", ""),
            ]),
            ..Timeline::default()
        }
    }

    fn judged(expected: &Expected, timeline: &Timeline) -> Outcome {
        outcome(expected, &["client-0".into()], &["client-1".into()], timeline, LASTING)
    }

    #[test]
    fn what_came_as_expected_has_figures_and_no_problems() {
        let outcome = judged(&expected(), &good());
        assert_eq!(outcome.problems, [""; 0]);
        assert_eq!(
            (outcome.seconds, outcome.ready_again, outcome.met_again),
            (Some(5.0), Some(10.0), Some(30.0))
        );
        assert!(is_all_seen(&expected(), &good()) && is_healed(&good()));
    }

    #[test]
    fn each_difference_is_said() {
        let with_ready = |entries: &[(f64, &str, &str, &str)]| Timeline { ready: course(entries), ..good() };
        for (timeline, problem) in [
            (
                with_ready(&[
                    (5.0, "False", "ClientsLost", "client-0"),
                    (6.0, "False", "NodeLost", ""),
                    (7.0, "False", "Odd", ""),
                ]),
                "Ready had the wrong reason Odd",
            ),
            (
                with_ready(&[(15.0, "False", "ClientsLost", ""), (16.0, "False", "NodeLost", "")]),
                "Ready was not True for the right reason after 15.0 s, later than 10 s",
            ),
            (with_ready(&[(5.0, "False", "ClientsLost", "")]), "Ready was never NodeLost"),
            (with_ready(&[(5.0, "False", "NodeLost", "")]), "Ready was never not True for ClientsLost"),
            (
                with_ready(&[(5.0, "False", "ClientsLost", ""), (61.0, "False", "NodeLost", "")]),
                "Ready was NodeLost after 61.0 s, later than 60 s",
            ),
            (
                with_ready(&[(5.0, "False", "ClientsLost", ""), (50.0, "False", "NodeLost", "")]),
                "Ready was not True again",
            ),
            (
                Timeline {
                    met: course(&[(6.0, "False", "NoMedia", ""), (151.0, "True", "Met", "")]),
                    ..good()
                },
                "ObjectivesMet was True again after 61.0 s, later than 60 s",
            ),
            (
                // Nothing that is seen only once it is over.
                Timeline {
                    met: course(&[(91.0, "False", "NoMedia", ""), (99.0, "True", "Met", "")]),
                    ..good()
                },
                "ObjectivesMet was never not True for NoMedia",
            ),
            (
                Timeline {
                    met: course(&[(6.0, "False", "NoMedia", "client-1"), (99.0, "True", "Met", "")]),
                    ..good()
                },
                "named although well: client-1",
            ),
            (Timeline { contradictions: vec!["True beside 7 %".into()], ..good() }, "True beside 7 %"),
        ] {
            let problems = judged(&expected(), &timeline).problems;
            assert!(problems.iter().any(|other| other == problem), "{problem}: {problems:?}");
        }
    }

    #[test]
    fn a_session_that_cannot_work_is_never_true() {
        let timeline = Timeline {
            ready: course(&[
                (1.0, "False", "WaitingForClients", "client-0"),
                (9.0, "True", "Ready", ""),
                (9.5, "False", "ClientsLost", ""),
                (20.0, "False", "NodeLost", ""),
                (91.0, "True", "Ready", ""),
            ]),
            ..good()
        };
        let span = Span { from_the_start: true, ..LASTING };
        let problems = outcome(&expected(), &[], &[], &timeline, span).problems;
        assert_eq!(problems, ["Ready was True after 9.0 s", "ObjectivesMet was True after 0.0 s"]);
    }

    #[test]
    fn what_must_stay_true_has_no_other_moment() {
        let stays = Expected { ready: Answer::Stays, met: Answer::Comes(20), heals: None, ..expected() };
        let timeline = Timeline {
            ready: course(&[
                (-1.0, "True", "Ready", ""),
                (3.0, "Unknown", "NoReports", "client-0"),
                (4.0, "True", "Ready", ""),
            ]),
            met: course(&[(2.0, "Unknown", "Starting", ""), (21.0, "True", "Met", "")]),
            ..Timeline::default()
        };
        assert_eq!(
            judged(&stays, &timeline).problems,
            [
                "Ready was Unknown (NoReports) after 3.0 s",
                "ObjectivesMet was True after 21.0 s, later than 20 s"
            ]
        );
    }

    #[test]
    fn what_comes_after_a_short_fault_is_its_answer_or_the_way_back() {
        let short = Span { over: 1.0, ..LASTING };
        let expected = || Expected { heals: None, ..expected() };
        assert_eq!(outcome(&expected(), &[], &[], &good(), short).problems, [""; 0]);
        let odd = [(0.5, "False", "Odd", ""), (5.0, "False", "ClientsLost", ""), (6.0, "False", "Later", "")];
        let timeline = Timeline { ready: course(&odd), ..good() };
        let problems = outcome(&expected(), &[], &[], &timeline, short).problems;
        assert_eq!(problems, ["Ready was never NodeLost", "Ready had the wrong reason Odd"]);
    }

    #[test]
    fn healing_counts_from_where_it_is_said() {
        let since = |since| Expected { heals: Some(Heals { since, ..HEALS }), ..expected() };
        let lost = Timeline { node_lost: Some(80.0), ..good() };
        assert_eq!(judged(&since(Since::NodeLost), &lost).ready_again, Some(20.0));
        let problems = judged(&since(Since::NodeLost), &good()).problems;
        assert_eq!(problems, ["the cluster never took the node for lost"]);
        assert_eq!(judged(&since(Since::Beginning), &good()).ready_again, Some(100.0));
    }
}
