//! The measurement on virtual time, from outside.

mod against_model;
mod clients;
mod evidence;
mod fates;
mod foreign;
mod foreign_properties;
mod freezes;
mod gaps;
mod model;
mod presence;
mod properties;
mod recovery;
mod repeated;
mod replay;
mod run;
mod wanted;
mod ways;
mod window;
mod world;
