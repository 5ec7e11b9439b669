//! The measurement on virtual time, from outside.

mod against_model;
mod clients;
mod fates;
mod foreign;
mod foreign_properties;
mod freezes;
mod model;
mod presence;
mod replay;
mod run;
