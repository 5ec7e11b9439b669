//! What is handed on when somebody else is to look at a session: one archive, without anything that is secret. Pure.
//!
//! `commands::gather` reads objects and logs; here objects lose what could be secret ([`object`]), so do texts ([`text`]), and
//! [`Archive`] packs them.

mod archive;
mod object;
mod text;

pub(crate) use archive::Archive;
pub(crate) use object::object;
pub(crate) use text::text;
