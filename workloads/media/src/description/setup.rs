//! Who is DTLS client (RFC 8842, section 5).

use super::error::DescriptionError;
use super::place::Place;
use super::text::quoted;

/// What a description says of its writer's part in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    /// Client.
    Active,
    /// Server.
    Passive,
    /// Either, as the answer says.
    ActPass,
}

impl Setup {
    /// Reads the value of an attribute `setup`. An offer that says nothing leaves the choice to the answer, and an answer
    /// that makes no choice is taken for the usual one: whoever answers is client (RFC 5763, section 5).
    pub(super) fn read(place: Place, value: Option<&str>) -> Result<Self, DescriptionError> {
        let said = value.map(str::to_ascii_lowercase);
        match (said.as_deref(), place) {
            (Some("active"), _) | (None | Some("actpass"), Place::Answer) => Ok(Self::Active),
            (Some("passive"), _) => Ok(Self::Passive),
            (None | Some("actpass"), Place::Offer) => Ok(Self::ActPass),
            (Some(other), _) => Err(DescriptionError::UnknownSetup { place, given: quoted(other) }),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
        }
    }

    /// What an answer must say, where the offer leaves no choice.
    pub(super) fn opposite(self) -> Option<Self> {
        match self {
            Self::Active => Some(Self::Passive),
            Self::Passive => Some(Self::Active),
            Self::ActPass => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P9.
    #[test]
    fn an_answer_takes_the_other_role_and_an_open_answer_is_a_clients() {
        let opposites = ["active", "passive", "actpass"]
            .map(|said| Setup::read(Place::Offer, Some(said)).unwrap().opposite().map(Setup::name));
        assert_eq!(opposites, [Some("passive"), Some("active"), None]);
        assert_eq!(Setup::read(Place::Offer, None).unwrap(), Setup::ActPass);
        assert_eq!(Setup::read(Place::Answer, None).unwrap(), Setup::Active);
        assert_eq!(Setup::read(Place::Answer, Some("ACTPASS")).unwrap(), Setup::Active);
    }

    #[test]
    fn a_role_that_is_none_is_named() {
        let refused = Setup::read(Place::Offer, Some("holdconn")).unwrap_err();
        let expected = "the offer says a=setup:holdconn; active, passive and actpass are supported";
        assert_eq!(refused.to_string(), expected);
    }
}
