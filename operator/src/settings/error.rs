//! What may be wrong with the file with the defaults for pods.

/// Why a file holds no defaults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDefaults {
    /// It is no YAML.
    #[error("is no YAML: {0}")]
    Yaml(String),
    /// It is something else.
    #[error("must be a map with all, server and client")]
    NoMap,
    /// A field does not exist.
    #[error("{0}: there is no such field")]
    Unknown(String),
    /// A field has a value of another type.
    #[error("{field}: {problem}")]
    Type {
        /// Its path.
        field: String,
        /// What it is, and what it may be.
        problem: String,
    },
    /// A field has a value that no pod may have.
    #[error("{field} is {value}: it must be {allowed}")]
    Value {
        /// Its path.
        field: String,
        /// The value.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// A field that has a flag.
    #[error("{field}: set it by {flag}")]
    Flag {
        /// Its path.
        field: String,
        /// The flag.
        flag: &'static str,
    },
}
