//! What the evidence points at where a number is not good enough.

use serde::{Deserialize, Serialize};

/// Whose fault it is. The name is an interface: scripts match on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub enum Cause {
    /// The server did not get the processor in time.
    ServerCpu,
    /// The client did not get the processor in time.
    ClientCpu,
    /// Packets were lost, held back or reordered on the way.
    Network,
    /// Both programs and the network are well, and pictures still do not come out as they went in.
    Codec,
    /// The evidence does not say, or there is none. Also every cause that this version does not know.
    #[default]
    Unknown,
}

impl Cause {
    /// Every cause; the position is its code in compact posts.
    pub const ALL: [Self; 5] = [Self::Unknown, Self::ServerCpu, Self::ClientCpu, Self::Network, Self::Codec];

    /// The name in JSON, metrics and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServerCpu => "ServerCpu",
            Self::ClientCpu => "ClientCpu",
            Self::Network => "Network",
            Self::Codec => "Codec",
            Self::Unknown => "Unknown",
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<String> for Cause {
    fn from(name: String) -> Self {
        Self::ALL.into_iter().find(|cause| cause.as_str() == name).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_written_as_their_names_and_unknown_ones_are_read_as_unknown() {
        for cause in Cause::ALL {
            let json = serde_json::to_string(&cause).unwrap();
            assert_eq!(json, format!("\"{cause}\""));
            assert_eq!(serde_json::from_str::<Cause>(&json).unwrap(), cause);
        }
        assert_eq!(serde_json::from_str::<Cause>("\"Moon\"").unwrap(), Cause::Unknown);
    }
}
