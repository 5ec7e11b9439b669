//! A report as JUnit XML, which pipelines show as tests: that there was media, that the objectives are met, and each
//! quantity of all together and of each client.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::session::Outcome;
use crate::session_report::model::{Measured, Report};
use crate::session_report::table::{drill_in_words, path};

/// The document.
///
/// # Errors
/// None that a buffer in memory has.
pub(super) fn junit(report: &Report) -> io::Result<String> {
    let cases = cases(report);
    let count = |is: fn(&Ending) -> bool| cases.iter().filter(|case| is(&case.ending)).count().to_string();
    let tests = cases.len().to_string();
    let failures = count(|ending| matches!(ending, Ending::Failed { .. }));
    let errors = count(|ending| matches!(ending, Ending::Error { .. }));
    let skipped = count(|ending| matches!(ending, Ending::Skipped { .. }));
    let name = clean(&format!("ballsession.{}.{}", report.namespace, report.name));
    let seconds = report.started_at.zip(report.ended_at);
    let seconds = seconds.map(|(start, end)| end.duration_since(start).as_secs_f64().to_string());
    let timestamp = report.started_at.map(|time| time.to_string());

    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.create_element("testsuites").write_inner_content(|writer| {
        let counts = [("tests", &tests), ("failures", &failures), ("errors", &errors), ("skipped", &skipped)];
        let mut suite = writer
            .create_element("testsuite")
            .with_attribute(("name", name.as_str()))
            .with_attributes(counts.map(|(name, count)| (name, count.as_str())));
        for (key, value) in [("time", &seconds), ("timestamp", &timestamp)] {
            if let Some(value) = value {
                suite = suite.with_attribute((key, value.as_str()));
            }
        }
        suite.write_inner_content(|writer| {
            write_properties(writer, report)?;
            cases.iter().try_for_each(|case| write(writer, &name, case))
        })?;
        Ok(())
    })?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}

/// What was measured, and by which way.
fn write_properties(writer: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    let properties = [
        ("measured", report.measured.clone()),
        ("placement", Some(report.placement.clone())),
        ("path", Some(path(report))),
        ("drill", report.drill.as_ref().map(drill_in_words)),
    ];
    let element = writer.create_element("properties");
    element.write_inner_content(|writer| {
        for (name, value) in properties {
            let Some(value) = value else { continue };
            let property = writer.create_element("property").with_attribute(("name", name));
            property.with_attribute(("value", clean(&value).as_str())).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// One thing that is so or not.
struct Case {
    /// Whom it is about: all, or a client.
    about: String,
    name: String,
    ending: Ending,
}

enum Ending {
    Passed,
    Failed { reason: String, message: String },
    Error { reason: String, message: String },
    Skipped { message: String },
}

fn cases(report: &Report) -> Vec<Case> {
    let why = || (report.reason.clone(), report.message.clone());
    let not_measured = || {
        let (reason, message) = why();
        Ending::Error { reason, message }
    };
    let undecided = || Ending::Skipped { message: format!("{}: {}", report.reason, report.message) };
    let (media, objectives) = match report.outcome {
        Outcome::Met => (Ending::Passed, Ending::Passed),
        Outcome::Missed => {
            let (reason, message) = why();
            (Ending::Passed, Ending::Failed { reason, message })
        }
        Outcome::NotMeasurable => (not_measured(), Ending::Skipped { message: "not measurable".into() }),
        Outcome::Undecided => (undecided(), undecided()),
    };
    let case = |name: &str, ending| Case { about: "all".into(), name: name.into(), ending };
    let mut cases = vec![case("media can be measured", media), case("objectives are met", objectives)];
    let outcome = report.outcome;
    cases.extend(report.quantities.iter().filter_map(|measured| quantity("all", measured, outcome)));
    for client in &report.clients {
        let of_client = client.quantities.iter();
        cases.extend(of_client.filter_map(|measured| quantity(&client.id, measured, outcome)));
    }
    cases
}

/// The case of a quantity of which something is required. It never contradicts the verdict, which knows more than rounded numbers
/// and what is required of them: only where the objectives are missed does one of them fail.
fn quantity(about: &str, measured: &Measured, outcome: Outcome) -> Option<Case> {
    let (quantity, limit) = (measured.quantity, measured.limit?);
    let ending = match (measured.value, measured.is_met) {
        (Some(value), Some(false)) => {
            let message = format!("{}, {} required", quantity.with_unit(value), quantity.limit(limit));
            match outcome {
                Outcome::Missed => Ending::Failed { reason: "Breached".into(), message },
                _ => {
                    Ending::Skipped { message: format!("{message}, and the objectives are not missed by it") }
                }
            }
        }
        (Some(_), _) => Ending::Passed,
        (None, _) => Ending::Skipped { message: "no samples".into() },
    };
    let name = format!("{} {}", quantity.title(), quantity.limit(limit));
    Some(Case { about: about.into(), name, ending })
}

fn write(writer: &mut Writer<Vec<u8>>, suite: &str, case: &Case) -> io::Result<()> {
    let class = format!("{suite}.{}", clean(&case.about));
    let name = clean(&case.name);
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", class.as_str()))
        .with_attribute(("name", name.as_str()));
    let (kind, reason, message) = match &case.ending {
        Ending::Passed => return element.write_empty().map(|_| ()),
        Ending::Failed { reason, message } => ("failure", reason.as_str(), message),
        Ending::Error { reason, message } => ("error", reason.as_str(), message),
        Ending::Skipped { message } => ("skipped", "", message),
    };
    let message = clean(message);
    element.write_inner_content(|writer| {
        let inner = writer.create_element(kind).with_attribute(("message", message.as_str()));
        match kind {
            "skipped" => inner.write_empty()?,
            _ => inner.with_attribute(("type", reason)).write_text_content(BytesText::new(&message))?,
        };
        Ok(())
    })?;
    Ok(())
}

/// Without the characters that XML 1.0 has no way to write.
fn clean(text: &str) -> String {
    report::escape(text, 2048).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{condition, missed, session};
    use crate::session_report::report;

    #[test]
    fn the_whole_document() {
        assert_eq!(junit(&report(&session(&missed()))).unwrap(), include_str!("testdata/missed.xml"));
    }

    #[test]
    fn whatever_a_message_has_the_document_is_well_formed() {
        let mut report = report(&session(&missed()));
        report.message = "a<b & \"c\" 'd' ]]> \u{0}\u{b}\u{1b}\u{fffe}\u{202e} é".into();
        report.clients[0].id = "<x>\n".into();
        let text = junit(&report).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
        let cases = suite.children().filter(|node| node.has_tag_name("testcase")).count();
        assert_eq!(suite.attribute("tests"), Some(cases.to_string().as_str()));
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
        assert_eq!(failure.text(), Some("a<b & \"c\" 'd' ]]> \\u{0}\\u{b}\\u{1b}\u{fffd}\\u{202e} é"));
        assert!(text.contains("ballsession.docks.harbor.&lt;x&gt;\\n"), "{text}");
    }

    #[test]
    fn numbers_fail_only_where_the_objectives_are_missed() {
        let mut report = report(&session(&missed()));
        for (outcome, errors) in [(Outcome::Met, 0), (Outcome::NotMeasurable, 1), (Outcome::Undecided, 0)] {
            report.outcome = outcome;
            let text = junit(&report).unwrap();
            let document = roxmltree::Document::parse(&text).unwrap();
            let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
            assert_eq!((count("failure"), count("error")), (0, errors), "{outcome:?}: {text}");
            assert!(
                text.contains("250 ms, at most 200 ms required, and the objectives are not missed by it")
            );
        }
    }

    #[test]
    fn what_cannot_be_measured_is_an_error_and_no_failure() {
        let mut new = session(&[condition("Ready", "False", "MediaBlocked", 3)]);
        let status = new.status.as_mut().unwrap();
        (status.measurements, status.run, status.clients) = (None, None, Vec::new());
        let text = junit(&report(&new)).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let errors: Vec<_> = document.descendants().filter(|node| node.has_tag_name("error")).collect();
        assert_eq!(errors.len(), 1, "{text}");
        assert_eq!(errors[0].attribute("type"), Some("MediaBlocked"));
        assert_eq!(errors[0].text(), Some("MediaBlocked in words"));
    }
}
