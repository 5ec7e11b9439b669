//! How long it takes until the verdict that is shown follows that of the reports.

use crate::reports::status::verdict::ObjectivesVerdict;

/// Reports in a row that it takes from True to False, or back: a single bad second is in the numbers, not in an alarm.
const REPORTS_TO_CHANGE: u8 = 3;

/// The verdict that is shown, from report to report.
#[derive(Debug, Clone, Default)]
pub(in crate::reports) struct Hysteresis {
    shown: Option<ObjectivesVerdict>,
    /// Reports in a row that say the opposite.
    against: u8,
}

impl Hysteresis {
    /// One that showed `shown` before.
    pub(in crate::reports) fn with(shown: ObjectivesVerdict) -> Self {
        Self { shown: Some(shown), against: 0 }
    }

    /// Takes the verdict of another report.
    pub(in crate::reports) fn observe(&mut self, verdict: ObjectivesVerdict) {
        let shown = self.shown.as_ref().and_then(|shown| shown.met);
        if matches!((shown, verdict.met), (Some(shown), Some(met)) if shown != met) {
            self.against += 1;
            if self.against < REPORTS_TO_CHANGE {
                return;
            }
        }
        self.against = 0;
        self.shown = Some(verdict);
    }

    /// The verdict that is shown; `None` before the first one.
    pub(in crate::reports) fn shown(&self) -> Option<&ObjectivesVerdict> {
        self.shown.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(met: Option<bool>) -> ObjectivesVerdict {
        ObjectivesVerdict { met, reason: "Tested".into(), message: String::new() }
    }

    #[test]
    fn three_contrary_reports_in_a_row_change_the_verdict() {
        let mut hysteresis = Hysteresis::default();
        let mut observe = |met| {
            hysteresis.observe(said(met));
            hysteresis.shown().unwrap().met
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(observe(no), no, "the first is shown at once");
        assert_eq!([observe(yes), observe(yes)], [no, no]);
        assert_eq!([observe(no), observe(yes), observe(yes), observe(yes)], [no, no, no, yes]);
        assert_eq!([observe(None), observe(no)], [None, no], "from and to Unknown at once");
    }

    #[test]
    fn hysteresis_starts_from_the_stored_verdict() {
        let mut hysteresis = Hysteresis::with(said(Some(true)));
        hysteresis.observe(said(Some(false)));
        assert_eq!(hysteresis.shown().unwrap().met, Some(true));
    }
}
