//! Images of programs that some scenarios need beside the project's own.

use crate::scenario::skipped;

/// An image that all nodes have, with a program of others.
#[derive(Debug, Clone, Copy)]
pub enum Image {
    /// coturn, a TURN server.
    Turn,
    /// `conntrack` and a shell.
    Conntrack,
}

impl Image {
    fn variable(self) -> &'static str {
        match self {
            Self::Turn => "BALLSESSION_E2E_TURN_IMAGE",
            Self::Conntrack => "BALLSESSION_E2E_CONNTRACK_IMAGE",
        }
    }

    /// The one that the environment names. Without one the test of that name is skipped, and a line says so.
    pub fn named_for(self, test: &str) -> Option<String> {
        let image = std::env::var(self.variable()).ok();
        if image.is_none() {
            skipped(test, &format!("{} names no image", self.variable()));
        }
        image
    }
}
