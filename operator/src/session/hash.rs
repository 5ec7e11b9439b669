//! Short names for contents.

use ring::digest::{SHA256, digest};
use serde::Serialize;

/// 16 hexadecimal digits that differ where `value` differs.
pub fn short_hash(value: &impl Serialize) -> String {
    // Cannot fail for objects of the API: all keys of their maps are strings.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    digest(&SHA256, &bytes).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_contents_have_equal_names() {
        assert_eq!(short_hash(&"abc"), short_hash(&String::from("abc")));
        assert_ne!(short_hash(&"abc"), short_hash(&"abd"));
        assert_eq!(short_hash(&[1, 2]), "49a64717d5d4cb19");
    }
}
