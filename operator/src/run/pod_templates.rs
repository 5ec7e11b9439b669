//! What the pods of a run are made of. What is asked for otherwise is made anew at once; what only another version of the operator
//! makes otherwise stays as it is: sessions move to that a few at a time, and bounded runs not at all.

use crds::{MAX_TEMPLATES, PartTemplates, PodTemplates};

/// What is known of the pods of a part of a session.
#[derive(Debug, Clone, Copy)]
pub struct PartFacts<'a> {
    /// What is stored of them, in the run that is asked for.
    pub stored: Option<&'a PartTemplates>,
    /// What there is of them, where nothing is stored: a version before made it.
    pub found: Option<&'a str>,
    /// Whether what is stored, or found, is about the spec as it is now.
    pub is_current: bool,
    /// A hash of what is asked for of them now.
    pub asked: &'a str,
    /// A hash of the template that this operator makes of that.
    pub built: &'a str,
}

/// What the pods may be made of, the template of this operator among it.
pub fn part_templates(facts: &PartFacts<'_>) -> PartTemplates {
    let is_asked = match facts.stored {
        // A version that names it in another way asks for the same where nobody has changed the spec.
        Some(stored) => stored.asked == facts.asked || facts.is_current,
        None => facts.is_current,
    };
    let known = match facts.stored {
        Some(stored) => stored.hashes.clone(),
        None => facts.found.map(str::to_owned).into_iter().collect(),
    };
    let mut hashes = if is_asked { known } else { Vec::new() };
    if !hashes.iter().any(|known| known == facts.built) {
        // Those that the run began with stay longest.
        if hashes.len() >= MAX_TEMPLATES {
            hashes.remove(1);
        }
        hashes.push(facts.built.to_owned());
    }
    PartTemplates { asked: facts.asked.to_owned(), hashes }
}

/// Whether pods may be made of something else than this operator makes now.
pub fn is_outdated(part: &PartTemplates) -> bool {
    part.hashes.len() > 1
}

/// Whether a session had its turn to move, and its pods may not have been made anew yet.
pub fn has_turn(stored: &PodTemplates) -> bool {
    stored.server.iter().chain(&stored.clients).any(|part| part.hashes.is_empty())
}

/// The same part, whose pods are about to be made anew.
#[must_use]
pub fn moved(part: &PartTemplates) -> PartTemplates {
    PartTemplates { hashes: Vec::new(), ..part.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(asked: &str, hashes: &[&str]) -> PartTemplates {
        PartTemplates { asked: asked.into(), hashes: hashes.iter().map(|hash| (*hash).to_owned()).collect() }
    }

    fn after(stored: Option<&PartTemplates>, asked: &str, built: &str) -> PartTemplates {
        part_templates(&PartFacts { stored, found: None, is_current: false, asked, built })
    }

    #[test]
    fn what_another_version_makes_otherwise_stays_until_the_session_moves() {
        let begun = after(None, "a", "v1");
        assert_eq!((begun.clone(), is_outdated(&begun)), (part("a", &["v1"]), false));
        assert_eq!(after(Some(&begun), "a", "v1"), begun);
        let upgraded = after(Some(&begun), "a", "v2");
        assert_eq!((upgraded.clone(), is_outdated(&upgraded)), (part("a", &["v1", "v2"]), true));
        assert_eq!(after(Some(&upgraded), "a", "v1"), upgraded, "a version that was taken back");
        let turn = moved(&upgraded);
        assert_eq!(after(Some(&turn), "a", "v2"), part("a", &["v2"]));
        let of =
            |part: &PartTemplates| PodTemplates { clients: Some(part.clone()), ..PodTemplates::default() };
        assert_eq!([&upgraded, &turn].map(|part| has_turn(&of(part))), [false, true]);
    }

    #[test]
    fn what_is_asked_for_otherwise_is_made_anew_at_once() {
        let known = part("a", &["v1", "v2"]);
        assert_eq!(after(Some(&known), "b", "v2"), part("b", &["v2"]));
        let renamed =
            PartFacts { stored: Some(&known), found: None, is_current: true, asked: "b", built: "v3" };
        assert_eq!(part_templates(&renamed), part("b", &["v1", "v2", "v3"]), "the spec is the same");
    }

    #[test]
    fn what_a_version_without_such_a_note_made_stays_unless_the_spec_was_changed_since() {
        let of = |is_current| {
            part_templates(&PartFacts {
                stored: None,
                found: Some("v0"),
                is_current,
                asked: "a",
                built: "v1",
            })
        };
        assert_eq!(of(true), part("a", &["v0", "v1"]));
        assert_eq!(of(false), part("a", &["v1"]));
    }

    #[test]
    fn of_many_versions_the_first_and_the_last_are_known() {
        let mut known = part("a", &["v0"]);
        for version in ["v1", "v2", "v3", "v4", "v5"] {
            known = after(Some(&known), "a", version);
        }
        assert_eq!(known, part("a", &["v0", "v3", "v4", "v5"]));
    }
}
