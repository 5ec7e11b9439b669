//! What is said of children that the API server refuses.

use crate::conditions::cut;
use crate::controller::observe::reason::Explanation;

/// Of what is said about each of several children the first by its reason, with how many others there are behind it.
pub(in crate::controller) fn refused(explanations: impl Iterator<Item = Explanation>) -> Option<Explanation> {
    let all: Vec<_> = explanations.collect();
    let others = all.len().saturating_sub(1);
    let Explanation { reason, message } = all.into_iter().min_by_key(|explanation| explanation.reason)?;
    let more = match others {
        0 => String::new(),
        1 => "; and 1 more child".to_owned(),
        _ => format!("; and {others} more children"),
    };
    // However long the words are that are quoted, the end of the message is seen.
    let message = cut(&message, crds::MAX_MESSAGE - more.len()) + &more;
    Some(Explanation { reason, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::observe::reason::Reason;

    #[test]
    fn the_first_reason_is_quoted_and_the_others_are_counted() {
        let of = |explanations: &[Explanation]| refused(explanations.iter().cloned());
        assert_eq!(of(&[]), None);
        let failed = Reason::ApplyFailed.with_message("webhook away");
        assert_eq!(of(std::slice::from_ref(&failed)), Some(failed.clone()));
        let invalid = Reason::InvalidSpec.with_message("no such limit");
        assert_eq!(
            of(&[failed.clone(), invalid]),
            Some(Reason::InvalidSpec.with_message("no such limit; and 1 more child"))
        );
        let long = Reason::ApplyFailed.with_message("w".repeat(8000));
        let message = of(&[long, failed.clone(), failed]).unwrap().message;
        assert!(
            message.len() <= crds::MAX_MESSAGE && message.ends_with("w…; and 2 more children"),
            "{message}"
        );
    }
}
