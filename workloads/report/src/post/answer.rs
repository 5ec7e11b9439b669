//! What the operator answers to a server's post.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Which clients are to be there, and by what window the server measures. A server that gets no answer, or one that it
/// cannot read, goes on as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// [`Answer::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The time that running numbers are of.
    pub window_seconds: f64,
    /// Changes whenever the operator itself changed something that disturbs media: another template of the pods, an
    /// upgrade, a drill. Nothing else may be read from it.
    pub epoch: String,
    /// What the ids of the session's clients begin with.
    pub wanted_prefix: String,
    /// The indexes of the clients that are to be there, such as `0-3,7`; empty where none is.
    pub wanted: String,
    /// Whether nothing is to be measured for now.
    #[serde(default)]
    pub suspended: bool,
    /// Where clients reach the server's media, of a server that is reached by something in between; empty while nobody knows. Left
    /// out where it is reached at its own addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advertise: Option<Vec<SocketAddr>>,
}

/// The most indexes that an answer may name: the most clients that a session can have, and then some.
const MAX_INDEXES: u32 = 1000;

impl Answer {
    /// The version of this JSON.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Reads the answer to a post; `None` where there is none, or none that can be acted upon: then nothing changes.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let answer: Self = serde_json::from_slice(body).ok()?;
        let is_sound = answer.schema_version == Self::SCHEMA_VERSION && answer.window_seconds > 0.0;
        (is_sound && answer.wanted_ids().is_some()).then_some(answer)
    }

    /// The ids of the clients that are to be there; `None` where `wanted` is no list of indexes.
    pub fn wanted_ids(&self) -> Option<Vec<String>> {
        let indexes = parse_index_ranges(&self.wanted)?;
        Some(indexes.into_iter().map(|index| format!("{}{index}", self.wanted_prefix)).collect())
    }
}

/// `0-3,7` for 0, 1, 2, 3 and 7, which must be in ascending order.
pub fn index_ranges(indexes: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for index in indexes {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*index) => *last = *index,
            _ => ranges.push((*index, *index)),
        }
    }
    let range = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

/// The indexes in `0-3,7`; `None` for anything else, and for more than a session can have.
pub fn parse_index_ranges(ranges: &str) -> Option<Vec<u32>> {
    let mut indexes = Vec::new();
    for range in ranges.split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if last >= MAX_INDEXES || first > last {
            return None;
        }
        indexes.extend(first..=last);
    }
    (indexes.len() <= MAX_INDEXES as usize).then_some(indexes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(wanted: &str) -> Answer {
        Answer {
            schema_version: Answer::SCHEMA_VERSION,
            window_seconds: 60.0,
            epoch: "e1".into(),
            wanted_prefix: "demo-client-".into(),
            wanted: wanted.into(),
            suspended: false,
            advertise: None,
        }
    }

    #[test]
    fn the_json_is_as_documented() {
        assert_eq!(
            serde_json::to_value(answer("0-3,7")).unwrap(),
            serde_json::json!({
                "schemaVersion": 1, "windowSeconds": 60.0, "epoch": "e1", "wantedPrefix": "demo-client-",
                "wanted": "0-3,7", "suspended": false
            })
        );
    }

    #[test]
    fn addresses_are_named_where_the_server_is_reached_by_others_than_its_own() {
        let advertise = Some(vec!["10.96.0.7:8082".parse().unwrap(), "[2001:db8::1]:30082".parse().unwrap()]);
        let named = Answer { advertise, ..answer("0") };
        let json = serde_json::to_value(&named).unwrap();
        assert_eq!(json["advertise"], serde_json::json!(["10.96.0.7:8082", "[2001:db8::1]:30082"]));
        assert_eq!(Answer::parse(json.to_string().as_bytes()), Some(named));
    }

    #[test]
    fn ranges_are_read_as_they_are_written() {
        for (list, text) in
            [(vec![], ""), (vec![0], "0"), (vec![0, 1, 2, 3, 7], "0-3,7"), (vec![1, 3, 5, 6], "1,3,5-6")]
        {
            assert_eq!(index_ranges(&list), text);
            assert_eq!(parse_index_ranges(text), Some(list));
        }
        assert_eq!(answer("0,2").wanted_ids().unwrap(), ["demo-client-0", "demo-client-2"]);
    }

    #[test]
    fn an_answer_that_cannot_be_acted_upon_is_none() {
        let json = serde_json::to_vec(&answer("0-3,7")).unwrap();
        assert_eq!(Answer::parse(&json), Some(answer("0-3,7")));
        let mut newer = serde_json::to_value(answer("0")).unwrap();
        newer["drill"] = serde_json::json!(true);
        assert_eq!(Answer::parse(newer.to_string().as_bytes()), Some(answer("0")));
        newer["schemaVersion"] = serde_json::json!(2);
        assert_eq!(Answer::parse(newer.to_string().as_bytes()), None);
        let no_window = Answer { window_seconds: 0.0, ..answer("0") };
        for useless in [&b""[..], b"{}", b"no report: x", &serde_json::to_vec(&no_window).unwrap()] {
            assert_eq!(Answer::parse(useless), None);
        }
        assert_eq!(Answer::parse(&serde_json::to_vec(&answer("x")).unwrap()), None);
    }

    #[test]
    fn what_is_no_list_of_indexes_is_none() {
        for text in ["x", "1-", "-1", "3-1", "0-4294967295", "0-1000", "0-999,0-999"] {
            assert_eq!(parse_index_ranges(text), None, "{text}");
        }
    }
}
