//! The forms that Kubernetes prescribes for names and labels.

/// Whether a text is a DNS label, as names of namespaces and Services are.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a DNS subdomain, as the names of most objects are.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// Whether a text is a label's value that says something, or the part of its key behind the domain.
pub(crate) fn is_label_word(text: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    bytes.len() <= 63 && ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_characters_and_its_length() {
        let long = "a".repeat(63);
        for (text, dns_label, subdomain, word) in [
            ("media", true, true, true),
            ("1-a", true, true, true),
            ("a.b", false, true, true),
            ("A_b", false, false, true),
            (&long, true, true, true),
            (&format!("{long}a"), false, false, false),
            ("", false, false, false),
            ("-a", false, false, false),
            ("a-", false, false, false),
            ("a..b", false, false, true),
            ("a b", false, false, false),
        ] {
            assert_eq!(
                (is_dns_label(text), is_subdomain(text), is_label_word(text)),
                (dns_label, subdomain, word),
                "{text}"
            );
        }
    }
}
