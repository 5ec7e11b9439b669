//! An error and its causes in one line.

/// `error` and its causes; one whose words are in its effect's already is not said twice (L18).
pub fn causes(error: &anyhow::Error) -> String {
    let mut line = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !line.contains(&cause) {
            line += ": ";
            line += &cause;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use anyhow::Context;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot listen on port 8080: {source}")]
    struct Taken {
        source: Error,
    }

    #[test]
    fn every_cause_is_said_once() {
        let taken = || anyhow::Error::from(Taken { source: ErrorKind::AddrInUse.into() });
        assert_eq!(causes(&taken()), "cannot listen on port 8080: address in use");
        let whole: anyhow::Result<()> = Err(taken()).context("no signalling");
        assert_eq!(causes(&whole.unwrap_err()), "no signalling: cannot listen on port 8080: address in use");
    }
}
