//! Which sections share one transport (RFC 9143).

use rtc::sdp::SessionDescription;

use super::attributes::values;
use super::section::Section;

/// The sections that share the transport of one of them, by index, the tagged one first: the order of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    members: Vec<usize>,
    /// Whether the description bundles at all; else the section is alone.
    pub(super) is_said: bool,
}

impl Bundle {
    /// The group that section `of` is in.
    pub(super) fn read(session: &SessionDescription, sections: &[Section<'_>], of: usize) -> Self {
        let groups = values(&session.attributes, "group").filter_map(|group| group.strip_prefix("BUNDLE"));
        let members = |group: &str| -> Vec<usize> {
            let mut members = Vec::new();
            for mid in group.split_ascii_whitespace() {
                let member = sections.iter().position(|section| section.mid() == Some(mid));
                members.extend(member.filter(|member| !members.contains(member)));
            }
            members
        };
        match groups.map(members).find(|members| members.contains(&of)) {
            Some(members) => Self { members, is_said: true },
            None => Self { members: vec![of], is_said: false },
        }
    }

    pub(super) fn contains(&self, section: usize) -> bool {
        self.members.contains(&section)
    }

    /// Its sections, the tagged one first.
    pub(super) fn members(&self) -> impl Iterator<Item = usize> {
        self.members.iter().copied()
    }
}
