//! A session of the attacker's own, whose messages are made by hand.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};

use anyhow::Context as _;
use ballsession_tests::by_hand::ByHand;
use report::channel::LABEL;
use serde_json::{Value, json};

/// Far from where numbers wrap.
const FIRST_TSN: u32 = 1000;

/// A connected peer with a channel, known as `hostile`.
pub(super) struct Session {
    peer: ByHand,
    _signalling: TcpStream,
}

impl Session {
    pub(super) fn begin(server: SocketAddr) -> anyhow::Result<Self> {
        let mut signalling = TcpStream::connect(server).context("no signalling")?;
        let mut line = String::new();
        BufReader::new(signalling.try_clone()?).read_line(&mut line)?;
        let offer: Value = serde_json::from_str(&line).context("no offer")?;
        let mut peer = ByHand::new(FIRST_TSN);
        let answer = peer.answer(offer["sdp"].as_str().context("no description in the offer")?);
        writeln!(signalling, "{}", json!({"type": "answer", "sdp": answer}))?;
        peer.connect();
        peer.open_channel(LABEL);
        peer.say(r#"{"hello":1,"id":"hostile"}"#);
        peer.run_until_acknowledged();
        Ok(Self { peer, _signalling: signalling })
    }

    /// Takes in what has come: what the server asks of a peer has to be answered.
    pub(super) fn listen(&mut self) {
        self.peer.take_all_that_came();
    }
}

impl Deref for Session {
    type Target = ByHand;

    fn deref(&self) -> &ByHand {
        &self.peer
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut ByHand {
        &mut self.peer
    }
}
