//! What the pod of an attempt is called. The name follows from what the pod is: whoever creates it a second time, with a cache
//! that lags or as another process, finds it there already.

use crate::session::short_hash;

/// All that distinguishes a client's pod from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The UID of its session.
    pub session: &'a str,
    /// The run that it was made for, if another run needs another pod.
    pub run: Option<&'a str>,
    /// Which client it is.
    pub index: u32,
    /// The hash of what it is made of.
    pub template: &'a str,
    /// Which attempt it is.
    pub attempt: u32,
}

/// The name of a pod of the clients that are called `clients`.
pub fn pod_name(clients: &str, identity: Identity<'_>) -> String {
    let Identity { session, run, index, template, attempt } = identity;
    let hash = short_hash(&(session, run, index, template, attempt));
    // 40 bits for the few pods that share all else of the name.
    format!("{clients}-{index}-{}", hash.get(..10).unwrap_or(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Identity<'_> =
        Identity { session: "5e8d", run: Some("364f"), index: 7, template: "t1", attempt: 3 };

    #[test]
    fn everything_that_a_pod_is_counts() {
        let name = pod_name("harbor-client", IDENTITY);
        assert_eq!(name, pod_name("harbor-client", IDENTITY));
        for other in [
            Identity { session: "5e8e", ..IDENTITY },
            Identity { run: None, ..IDENTITY },
            Identity { index: 8, ..IDENTITY },
            Identity { template: "t2", ..IDENTITY },
            Identity { attempt: 4, ..IDENTITY },
        ] {
            assert_ne!(pod_name("harbor-client", other), name, "{other:?}");
        }
    }

    /// Another version of the operator has to find the pod that this one was about to create.
    #[test]
    fn the_name_is_an_interface() {
        assert_eq!(pod_name("harbor-client", IDENTITY), "harbor-client-7-a35e3315be");
        let longest = "x".repeat(crds::limits::MAX_NAME) + "-client";
        assert!(pod_name(&longest, Identity { index: 99, ..IDENTITY }).len() <= 63);
    }
}
