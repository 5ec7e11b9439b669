//! The command line.

use std::net::SocketAddr;

use clap::{Parser, ValueEnum};

use super::attack::Attack;
use super::connections::Connections;
use super::datagrams::{Junk, Streams};
use super::feedback::Feedback;
use super::probes::Probes;

/// One peer that does its worst to a server.
#[derive(Debug, Clone, Parser)]
#[command(name = "ballsession-hostile", version)]
pub struct Arguments {
    /// Where the server's signalling listens
    #[arg(long, value_name = "ADDRESS:PORT")]
    server: SocketAddr,
    /// Where its HTTP is
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: SocketAddr,
    /// What it does
    #[arg(long, value_enum)]
    kind: Kind,
}

/// What a peer does to a server.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Opens 200 connections a second to signalling and HTTP, and holds the last 400
    Connections,
    /// Asks for its health 200 times a second
    Probes,
    /// In a session of its own, asks 100 times a second for some 4,600 packets again, and for a keyframe
    Feedback,
    /// Sends 2,000 datagrams a second that are nothing, to where media is taken
    Junk,
    /// In a session of its own, sends 2,000 packets a second, each of another stream
    Streams,
}

impl Arguments {
    /// What is asked for, begun.
    pub(super) fn attack(&self) -> anyhow::Result<Box<dyn Attack>> {
        Ok(match self.kind {
            Kind::Connections => Box::new(Connections::new([self.server, self.http])),
            Kind::Probes => Box::new(Probes::new(self.http)),
            Kind::Feedback => Box::new(Feedback::begin(self.server)?),
            Kind::Junk => Box::new(Junk::begin(self.server)?),
            Kind::Streams => Box::new(Streams::begin(self.server)?),
        })
    }
}
