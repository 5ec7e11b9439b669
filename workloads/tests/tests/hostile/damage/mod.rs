//! Peers that are authenticated and damage all that they send, beside one that does not (P2, S3).

mod attacker;
mod lengths;
mod minute;
mod rtcp;
mod sctp;
