//! Which way media goes (RFC 3264, section 5.1).

use rtc::sdp::description::common::Attribute;

/// As seen by whoever wrote the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    /// The first one that is said, by the section or else by the session; it is sendrecv where none is said.
    pub(super) fn of(section: &[Attribute], session: &[Attribute]) -> Self {
        let mut said = section.iter().chain(session).filter_map(|attribute| Self::named(&attribute.key));
        said.next().unwrap_or(Self::SendRecv)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    pub(super) fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    pub(super) fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::flag;
    use super::*;

    /// P12.
    #[test]
    fn what_is_not_said_is_sendrecv_and_a_section_overrides_its_session() {
        let (sendonly, recvonly) = ([flag("sendonly")], [flag("recvonly")]);
        assert_eq!(Direction::of(&[flag("rtcp-mux")], &[]), Direction::SendRecv);
        assert_eq!(Direction::of(&[], &recvonly), Direction::RecvOnly);
        assert_eq!(Direction::of(&sendonly, &recvonly), Direction::SendOnly);
    }
}
