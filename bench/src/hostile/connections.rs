//! Connections that are opened and held, and never used.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::attack::{Attack, Done};

/// So many are held.
const HELD: usize = 400;
/// A server whose backlog is full answers nothing.
const PATIENCE: Duration = Duration::from_millis(5);

/// Addresses of this machine, each with connections of its own: a server may allow so many from one.
const SOURCES: u8 = 8;

/// One to each of the places at a time.
pub(super) struct Connections {
    places: [SocketAddr; 2],
    held: VecDeque<Socket>,
    opened: u8,
}

impl Connections {
    pub(super) fn new(places: [SocketAddr; 2]) -> Self {
        Self { places, held: VecDeque::with_capacity(HELD), opened: 0 }
    }
}

impl Attack for Connections {
    fn act(&mut self, done: &mut Done) {
        for place in &self.places {
            done.done += 1;
            self.opened = self.opened.wrapping_add(1);
            match connect([127, 0, 3, 1 + self.opened % SOURCES], *place) {
                Ok(stream) => self.held.push_back(stream),
                Err(_) => done.refused += 1,
            }
            if self.held.len() > HELD {
                self.held.pop_front();
            }
        }
    }
}

fn connect(source: [u8; 4], place: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect_timeout(&place.into(), PATIENCE)?;
    Ok(socket)
}
