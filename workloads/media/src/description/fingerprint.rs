//! Which certificate a peer will show (RFC 8122).

use rtc::sdp::description::common::Attribute;

use super::attributes::{valued, values};
use super::error::DescriptionError;
use super::limits::HASHES;
use super::place::Place;
use super::text::quoted;

/// A fingerprint in the spelling that `rtc` compares with: algorithm and hash, one space between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    /// The one to verify: of the strongest supported algorithm. Others of the same certificate say nothing more
    /// (RFC 8122, section 5.1). `None` where there is no fingerprint at all.
    pub(super) fn choose(place: Place, attributes: &[Attribute]) -> Result<Option<Self>, DescriptionError> {
        let given: Vec<(String, String)> = values(attributes, "fingerprint").map(split).collect();
        if given.is_empty() {
            return Ok(None);
        }
        let known = HASHES.iter().find_map(|(algorithm, length)| {
            given.iter().find(|(named, _)| named == algorithm).map(|found| (found, *length))
        });
        let Some(((algorithm, hash), length)) = known else {
            let algorithms: Vec<&str> = given.iter().map(|(algorithm, _)| algorithm.as_str()).collect();
            return Err(DescriptionError::UnsupportedFingerprint {
                place,
                given: quoted(&algorithms.join(",")),
            });
        };
        if !is_hash(hash, length) {
            let given = quoted(&format!("{algorithm} {hash}"));
            return Err(DescriptionError::MalformedFingerprint { place, given });
        }
        Ok(Some(Self(format!("{algorithm} {hash}"))))
    }

    pub(super) fn attribute(&self) -> Attribute {
        valued("fingerprint", self.0.clone())
    }
}

/// Algorithm and hash. Names of algorithms have no case (RFC 8122, section 5), and between the two there may be any space.
fn split(value: &str) -> (String, String) {
    let mut words = value.split_ascii_whitespace();
    let algorithm = words.next().unwrap_or_default().to_ascii_lowercase();
    (algorithm, words.collect::<Vec<_>>().join(" ").to_ascii_uppercase())
}

fn is_hash(text: &str, length: usize) -> bool {
    let is_byte = |pair: &str| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
    text.split(':').count() == length && text.split(':').all(is_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(length: usize) -> String {
        vec!["aB"; length].join(":")
    }

    fn choose(lines: &[String]) -> Result<Option<Fingerprint>, String> {
        let attributes: Vec<Attribute> = lines.iter().map(|line| valued("fingerprint", line)).collect();
        Fingerprint::choose(Place::Offer, &attributes).map_err(|error| error.to_string())
    }

    /// P11.
    #[test]
    fn any_spelling_and_any_place_among_others_will_do() {
        let expected = Ok(Some(Fingerprint(format!("sha-256 {}", hash(32).to_ascii_uppercase()))));
        let right = format!("sha-256 {}", hash(32));
        let stronger = format!("sha-512 {}", hash(64));
        for lines in [
            vec![right.clone()],
            vec![right.replace("sha", "SHA")],
            vec![right.replace(' ', "  ")],
            vec![format!(" {right}\t")],
            vec![stronger.clone(), right.clone()],
            vec!["md2 00".to_owned(), "shake128 whatever it is".to_owned(), right.clone()],
        ] {
            assert_eq!(choose(&lines), expected, "{lines:?}");
        }
        assert_eq!(choose(&[]), Ok(None));
    }

    #[test]
    fn what_cannot_be_verified_is_refused() {
        let stronger = [format!("SHA-512 {}", hash(64)), format!("sha-384 {}", hash(48))];
        let expected = "the offer has a fingerprint by sha-512,sha-384 only; sha-256 is supported";
        assert_eq!(choose(&stronger).unwrap_err(), expected);
        for malformed in
            ["sha-256", "sha-256 AB", &format!("sha-256 {}:zz", hash(31)), "sha-256 \u{e9}\u{e9}"]
        {
            assert!(choose(&[malformed.to_owned()]).unwrap_err().contains("not that of a certificate"));
        }
    }
}
