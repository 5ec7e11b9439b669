//! The files beside this one: `STACK-VERSION.ROLE.VARIANT.sdp`. README.md says how each was made.

use std::path::PathBuf;

/// What the peer does that wrote the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It offers video that it sends: to our client.
    Sends,
    /// It offers to take video: to our server, as WHEP has it.
    Watches,
    /// It answers an offer of our server's.
    Answers,
}

/// One captured description.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) sdp: String,
}

impl Captured {
    /// Whether it is of a peer that has no VP8, and must be refused.
    pub(crate) fn lacks_vp8(&self) -> bool {
        self.name.contains(".h264-only.")
    }
}

/// All of them, by name.
pub(crate) fn captured() -> Vec<Captured> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/descriptions");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sdp") && name != "our-offer.sdp")
        .collect();
    names.sort();
    let read = |name: String| {
        let sdp = std::fs::read_to_string(folder.join(&name)).unwrap();
        let role = match () {
            () if name.contains(".sends.") => Role::Sends,
            () if name.contains(".watches.") => Role::Watches,
            () if name.contains(".answers.") => Role::Answers,
            () => panic!("{name} names no role"),
        };
        Captured { name, role, sdp }
    };
    names.into_iter().map(read).collect()
}

/// Those that must work.
pub(crate) fn usable(role: Role) -> Vec<Captured> {
    let found: Vec<Captured> =
        captured().into_iter().filter(|file| file.role == role && !file.lacks_vp8()).collect();
    assert!(found.len() > 5, "the files of {role:?}");
    found
}
