//! What has to come of a fault. It stands in the case before the case runs.

use std::fmt;

/// What has to become of one condition while the fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is shown, and not judged.
    Any,
    /// It is True all the time.
    Stays,
    /// It becomes True within so many seconds.
    Comes(u64),
    /// It is not True any more.
    Turns(Turn),
}

/// How a condition stops being True.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// For one of these reasons,
    pub(crate) first: &'static [&'static str],
    /// within so many seconds.
    pub(crate) within: u64,
    /// This reason has to come too, within so many seconds.
    pub(crate) then: Option<(&'static str, u64)>,
    /// These reasons may come too, before and after.
    pub(crate) also: &'static [&'static str],
}

impl Answer {
    /// It stops being True for one of these reasons within so many seconds.
    pub(crate) const fn turns(first: &'static [&'static str], within: u64) -> Self {
        Self::Turns(Turn { first, within, then: None, also: &[] })
    }

    /// And later this reason has to come.
    pub(crate) const fn then(self, reason: &'static str, within: u64) -> Self {
        match self {
            Self::Turns(turn) => Self::Turns(Turn { then: Some((reason, within)), ..turn }),
            other => other,
        }
    }

    /// And these may come.
    pub(crate) const fn also(self, reasons: &'static [&'static str]) -> Self {
        match self {
            Self::Turns(turn) => Self::Turns(Turn { also: reasons, ..turn }),
            other => other,
        }
    }

    /// The same with so many times as long for each.
    fn within(self, times: u64) -> Self {
        match self {
            Self::Any | Self::Stays => self,
            Self::Comes(within) => Self::Comes(within * times),
            Self::Turns(turn) => Self::Turns(Turn {
                within: turn.within * times,
                then: turn.then.map(|(reason, within)| (reason, within * times)),
                ..turn
            }),
        }
    }

    /// The seconds after which it is late.
    pub(crate) fn limit(&self) -> u64 {
        match self {
            Self::Any | Self::Stays => 0,
            Self::Comes(within) => *within,
            Self::Turns(turn) => turn.then.map_or(turn.within, |(_, within)| within.max(turn.within)),
        }
    }
}

/// In the table's words.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(f, "any"),
            Self::Stays => write!(f, "stays True"),
            Self::Comes(within) => write!(f, "True in {within} s"),
            Self::Turns(turn) => {
                write!(f, "{} in {} s", turn.first.join(" or "), turn.within)?;
                turn.then.map_or(Ok(()), |(reason, within)| write!(f, ", {reason} in {within} s"))
            }
        }
    }
}

/// Since when the time is counted until all is well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// The end of the fault.
    End,
    /// The beginning: it has to be well again although nobody ends the fault.
    Beginning,
    /// The moment at which the cluster itself noticed that the node is lost.
    NodeLost,
}

/// When all has to be well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heals {
    /// Seconds until Ready is True, with all clients.
    pub(crate) ready: u64,
    /// Seconds until ObjectivesMet is True.
    pub(crate) met: u64,
    /// From when they are counted.
    pub(crate) since: Since,
}

/// What is looked at in the end, besides conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// There is one client pod for each index, and no other.
    OnePodPerClient,
    /// Frames go on to be counted, by the same server.
    NumbersGoOn,
    /// The run is complete, with a verdict of the whole run or none.
    Completes,
    /// No client pod is left.
    NoClientPods,
}

/// What has to come of a fault for one session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Of the condition Ready.
    pub(crate) ready: Answer,
    /// Of the condition ObjectivesMet.
    pub(crate) met: Answer,
    /// Words that messages of these conditions must have while they are not True: whose fault it is. Words in braces
    /// stand for names that are known later.
    pub(crate) named: &'static [&'static str],
    /// Words that no message may have: who has nothing to do with it.
    pub(crate) unnamed: &'static [&'static str],
    /// When it is over; `None` where nothing has to be well again.
    pub(crate) heals: Option<Heals>,
    /// What is looked at in the end.
    pub(crate) check: Option<Check>,
}

impl Expected {
    /// Nothing is judged but that there are as many pods in the end as there are to be.
    pub(crate) const ANY: Self = Self {
        ready: Answer::Any,
        met: Answer::Any,
        named: &[],
        unnamed: &[],
        heals: None,
        check: Some(Check::OnePodPerClient),
    };

    /// The session goes on as if nothing was.
    pub(crate) const UNDISTURBED: Self =
        Self { ready: Answer::Stays, met: Answer::Stays, check: Some(Check::NumbersGoOn), ..Self::ANY };

    /// The same reasons, with so many times as long for each.
    pub(crate) fn within(self, times: u64) -> Self {
        let longer = |heals: Heals| Heals { ready: heals.ready * times, met: heals.met * times, ..heals };
        Self {
            ready: self.ready.within(times),
            met: self.met.within(times),
            heals: self.heals.map(longer),
            ..self
        }
    }

    /// The seconds within which all has to be seen that shall be seen while the fault lasts.
    pub(crate) fn limit(&self) -> u64 {
        self.ready.limit().max(self.met.limit())
    }
}

/// In the table's words.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ready: {}; Met: {}", self.ready, self.met)?;
        let Some(heals) = self.heals else { return Ok(()) };
        let since = match heals.since {
            Since::End => "the end",
            Since::Beginning => "the beginning",
            Since::NodeLost => "the node's Ready left True",
        };
        write!(f, "; again in {} and {} s after {since}", heals.ready, heals.met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        let expected = Expected {
            ready: Answer::turns(&["ClientsLost", "NodeLost"], 15).then("NodeLost", 75),
            met: Answer::Stays,
            named: &[],
            unnamed: &[],
            heals: Some(Heals { ready: 45, met: 75, since: Since::NodeLost }),
            check: None,
        };
        assert_eq!(
            expected.to_string(),
            "Ready: ClientsLost or NodeLost in 15 s, NodeLost in 75 s; Met: stays True; again in 45 and 75 s after the node's \
             Ready left True"
        );
        assert_eq!(expected.limit(), 75);
        assert_eq!(
            expected.within(2).to_string(),
            "Ready: ClientsLost or NodeLost in 30 s, NodeLost in 150 s; Met: stays True; again in 90 and 150 s after the node's \
             Ready left True"
        );
    }
}
