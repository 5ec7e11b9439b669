//! Which of a server's addresses to dial after a session.

use report::ErrorCode;
use signaling::Family;

use crate::session::Ended;

/// The family to dial next: a network may take TCP of one family and not its UDP. What worked is kept.
pub(crate) fn next_family(dialled: Family, ended: &Ended) -> Family {
    match ended {
        Ended::Failed { code: ErrorCode::IceFailed | ErrorCode::DtlsFailed, .. } => dialled.other(),
        _ => dialled,
    }
}

#[cfg(test)]
mod tests {
    use report::channel::FormerEnd;

    use super::*;

    /// L24: IPv6 that takes TCP but not UDP was dialled for ever.
    #[test]
    fn a_family_without_udp_is_not_dialled_twice_in_a_row() {
        let failed = |code| Ended::Failed { code, message: String::new() };
        assert_eq!(next_family(Family::V6, &failed(ErrorCode::IceFailed)), Family::V4);
        assert_eq!(next_family(Family::V4, &failed(ErrorCode::IceFailed)), Family::V6);
        for ended in [Ended::Lost(FormerEnd::Eof), Ended::Bye, failed(ErrorCode::NoVideo)] {
            assert_eq!(next_family(Family::V6, &ended), Family::V6);
        }
    }
}
