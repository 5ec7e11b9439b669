//! The API server, and whether it is new enough.

use crate::doctor::check::{Check, Read};

const SUBJECT: &str = "API server";
/// The oldest Kubernetes 1.x that sessions are tried on.
const OLDEST: u32 = 33;

/// `minor` as the API server has it: a number, maybe with more behind it.
pub(crate) fn version(read: &Read<(String, String)>) -> Check {
    let (major, minor) = match read {
        Ok(version) => version,
        Err(error) => {
            return Check::fail(
                SUBJECT,
                error,
                "check --kubeconfig, --context and the way to the API server",
            );
        }
    };
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    let is_old = major == "1" && digits.parse::<u32>().is_ok_and(|minor| minor < OLDEST);
    let finding = format!("Kubernetes {major}.{minor}");
    if is_old {
        return Check::warn(SUBJECT, finding, &format!("sessions are tried from 1.{OLDEST} on"));
    }
    Check::ok(SUBJECT, finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn old_ones_are_named() {
        let level = |major: &str, minor: &str| version(&Ok((major.into(), minor.into()))).level;
        assert_eq!(
            [level("1", "36"), level("1", "33+"), level("1", "32"), level("2", "0")],
            [Level::Ok, Level::Ok, Level::Warn, Level::Ok]
        );
        assert_eq!(version(&Err("no route".into())).level, Level::Fail);
    }
}
