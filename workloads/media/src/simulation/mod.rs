//! A session of our server and our client in one process, on virtual time: the parts that decide, with a bad network between
//! them, and the measurement of what came out. There are no sockets and no clock, so that hundreds of networks take seconds.
//!
//! ```text
//! camera --> fanout's sender --link--> receiver --> reports --link--> measurement
//!                   ^----------link--- feedback
//! ```
//! What must come out is concluded from arrivals alone, in [`oracle`]: who saw which packet when. [`storms`] has the networks.

mod link;
mod oracle;
mod path_mtu;
mod storms;
mod weather;
mod world;
