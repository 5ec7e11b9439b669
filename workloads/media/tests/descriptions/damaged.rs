//! Damaged descriptions: whatever else comes of it, nothing panics.

use ballsession_media::fanout::FanoutError;
use ballsession_media::receiver::ReceiverError;
use proptest::prelude::*;

use crate::roles::{Server, receive};
use crate::table::{Captured, Role, captured};

const REPLACEMENTS: [&str; 12] = [
    "",
    "0",
    "-1",
    "99999999999999999999",
    " ",
    "\r\n",
    "a=",
    ":",
    "/",
    "m=video 9 RTP 0\r\n",
    "\u{e9}",
    "a=mid:0\r\n",
];

fn damage() -> impl Strategy<Value = Captured> {
    let files = captured();
    let piece = (0.0..1.0, 0..80_usize, prop::sample::select(&REPLACEMENTS[..]));
    (prop::sample::select(files), prop::collection::vec(piece, 1..4)).prop_map(|(mut file, pieces)| {
        for (at, length, with) in pieces {
            let boundary = |index: usize| (0..=index).rev().find(|index| file.sdp.is_char_boundary(*index));
            let from = boundary((file.sdp.len() as f64 * at) as usize).unwrap_or(0);
            let to = boundary((from + length).min(file.sdp.len())).unwrap_or(from).max(from);
            file.sdp.replace_range(from..to, with);
        }
        file
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(file in damage()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let panicked = match file.role {
                Role::Sends => matches!(receive(&file.sdp).await, Err(ReceiverError::Panicked(_))),
                Role::Watches => {
                    matches!(Server::start().accept(&file.sdp).await, Err(FanoutError::Panicked(_)))
                }
                Role::Answers => {
                    matches!(Server::start().answer(&file.sdp).await, Err(FanoutError::Panicked(_)))
                }
            };
            assert!(!panicked, "{}\n{}", file.name, file.sdp);
        });
    }
}
