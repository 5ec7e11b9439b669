//! In which of two formats a scrape gets the metrics: OpenMetrics where it asks for that, else the text format of
//! Prometheus, which every reader understands.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The answer to a scrape with these headers. `text` is OpenMetrics.
pub fn metrics_answer(request: &HeaderMap, text: String) -> Response {
    let (kind, body) =
        if wants_open_metrics(request) { (OPEN_METRICS, text) } else { (TEXT, to_text_format(&text)) };
    ([(header::CONTENT_TYPE, kind), (header::VARY, "Accept")], body).into_response()
}

/// Whether OpenMetrics is asked for by name, and not less than text.
fn wants_open_metrics(request: &HeaderMap) -> bool {
    let (mut open_metrics, mut text) = (0.0_f32, 0.0_f32);
    let ranges = request.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    for range in ranges.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        match kind.as_str() {
            "application/openmetrics-text" => open_metrics = open_metrics.max(quality),
            "text/plain" => text = text.max(quality),
            _ => {}
        }
    }
    open_metrics > 0.0 && open_metrics >= text
}

/// OpenMetrics as text of version 0.0.4. There a family of counters has the name of its series, types have other names,
/// and a unit or an end is nothing that is said.
fn to_text_format(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len() + 256);
    // What is said of a family begins with its help, which does not say yet that it is one of counters.
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (ending, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "stateset" => ("", "gauge"),
                "unknown" => ("", "untyped"),
                kind => ("", kind),
            };
            if let Some((_, said)) = help.take().filter(|(of, _)| *of == name) {
                text += &format!("# HELP {name}{ending} {said}\n");
            }
            text += &format!("# TYPE {name}{ending} {kind}\n");
        } else if !line.starts_with('#') {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepting(accepts: &[&'static str]) -> HeaderMap {
        accepts.iter().map(|accept| (header::ACCEPT, HeaderValue::from_static(accept))).collect()
    }

    #[test]
    fn open_metrics_is_for_who_asks_for_it() {
        for (accepts, expected) in [
            (&[] as &[&str], false),
            (&["*/*"], false),
            (&["text/html,application/xhtml+xml,*/*;q=0.8"], false),
            (&["application/openmetrics-text"], true),
            // Prometheus, with its ways to write names.
            (
                &["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                   application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,\
                   text/plain;version=0.0.4;q=0.3,*/*;q=0.2"],
                true,
            ),
            (&["text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5"], false),
            (&["application/openmetrics-text; q=0"], false),
            (&["application/openmetrics-text;q=much"], false),
            (&["text/plain;q=0.2", "Application/OpenMetrics-Text;q=0.3"], true),
        ] {
            assert_eq!(wants_open_metrics(&accepting(accepts)), expected, "{accepts:?}");
        }
    }

    #[test]
    fn the_answer_says_what_it_is() {
        for (accept, kind, ends) in [
            ("application/openmetrics-text", OPEN_METRICS, "a_total 1\n# EOF\n"),
            ("*/*", TEXT, "# TYPE a_total counter\na_total 1\n"),
        ] {
            let text = "# HELP a A.\n# TYPE a counter\na_total 1\n# EOF\n".to_owned();
            let response = metrics_answer(&accepting(&[accept]), text);
            assert_eq!(response.headers()[header::CONTENT_TYPE], kind);
            assert_eq!(response.headers()[header::VARY], "Accept");
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let body = runtime.block_on(axum::body::to_bytes(response.into_body(), 1 << 16)).unwrap();
            assert!(body.ends_with(ends.as_bytes()), "{}", String::from_utf8_lossy(&body));
        }
    }

    #[test]
    fn families_have_the_names_and_types_of_text() {
        let open_metrics = "\
# HELP a Things.
# TYPE a counter
# UNIT a seconds
a_total{code=\"# x y\"} 3
# HELP b Levels.
# TYPE b gauge
b -1.5
# HELP c Times.
# TYPE c histogram
c_bucket{le=\"1.0\"} 1
c_bucket{le=\"+Inf\"} 1
c_sum 0.5
c_count 1
# TYPE d info
d_info{version=\"1\"} 1
# HELP e Whatever.
# TYPE e unknown
e 1
# EOF
";
        let expected = "\
# HELP a_total Things.
# TYPE a_total counter
a_total{code=\"# x y\"} 3
# HELP b Levels.
# TYPE b gauge
b -1.5
# HELP c Times.
# TYPE c histogram
c_bucket{le=\"1.0\"} 1
c_bucket{le=\"+Inf\"} 1
c_sum 0.5
c_count 1
# TYPE d_info gauge
d_info{version=\"1\"} 1
# HELP e Whatever.
# TYPE e untyped
e 1
";
        assert_eq!(to_text_format(open_metrics), expected);
    }
}
