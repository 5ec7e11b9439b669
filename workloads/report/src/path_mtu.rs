//! How large a packet may be between a server and a client.

use serde::{Deserialize, Serialize};

/// In bytes of IP packets, headers included; what is not known is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PathMtu {
    /// The largest that gets from the server to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_client: Option<u16>,
    /// The largest that gets from the client to the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_server: Option<u16>,
    /// The largest with media that the server has sent to the client in one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_packet: Option<u16>,
}

impl PathMtu {
    /// The size above which packets vanish on the way to the client, where the media has larger ones.
    pub fn media_vanishes_above(&self) -> Option<u16> {
        let largest = self.largest_packet?;
        self.to_client.filter(|path_mtu| *path_mtu < largest)
    }

    /// Itself, unless neither direction is known.
    pub fn known(self) -> Option<Self> {
        (self.to_client.is_some() || self.to_server.is_some()).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_is_left_out_and_what_is_new_ignored() {
        let known = PathMtu { to_server: Some(1500), ..PathMtu::default() };
        assert_eq!(serde_json::to_value(known).unwrap(), json!({"toServer": 1500}));
        let newer = json!({"toClient": 1400, "toServer": null, "largestPacket": 1226, "else": 7});
        let read: PathMtu = serde_json::from_value(newer).unwrap();
        assert_eq!(read, PathMtu { to_client: Some(1400), to_server: None, largest_packet: Some(1226) });
        assert_eq!((known.known(), PathMtu { to_server: None, ..known }.known()), (Some(known), None));
    }

    #[test]
    fn only_a_way_that_is_smaller_than_the_media_has_it_vanish() {
        for (to_client, largest_packet, expected) in [
            (Some(1000), Some(1226), Some(1000)),
            (Some(1225), Some(1226), Some(1225)),
            (Some(1226), Some(1226), None),
            (Some(1500), Some(1226), None),
            (None, Some(1226), None),
            (Some(1000), None, None),
        ] {
            let path_mtu = PathMtu { to_client, to_server: Some(300), largest_packet };
            assert_eq!(path_mtu.media_vanishes_above(), expected, "{path_mtu:?}");
        }
    }
}
