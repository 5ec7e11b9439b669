//! Figures in messages: what changes from one report to the next without anything else having happened. A message whose figures
//! alone are others says the same.

/// What stands for a figure.
const FIGURE: &str = "#";

/// What a number measures that it stands before.
const UNITS: [&str; 7] = ["%", "px", "ms", "s", "m", "h", "frames"];

/// The message with all numbers that have a unit taken out, be it one word as in `5m20s` or two as in `8.1 %`. Numbers without one
/// are counts or names, and say something else when they change.
pub(crate) fn without_figures(message: &str) -> String {
    let words: Vec<_> = message.split(' ').collect();
    let followed = words.iter().skip(1).map(Some).chain([None]);
    let shown = words.iter().zip(followed).map(|(word, next)| {
        let core = core(word);
        let has_unit = || next.is_some_and(|next| UNITS.contains(&self::core(next)));
        let is_figure =
            is_duration(core) || (is_number(core) && core.len() == unopened(word).len() && has_unit());
        if is_figure { word.replacen(core, FIGURE, 1) } else { (*word).to_owned() }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// A word without what encloses it.
fn core(word: &str) -> &str {
    unopened(word).trim_end_matches([')', ',', ';', ':', '.', '"', '\''])
}

fn unopened(word: &str) -> &str {
    word.trim_start_matches(['(', '"', '\'', '<'])
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// Numbers, each with its unit behind it.
fn is_duration(text: &str) -> bool {
    let is_of_number = |character: char| character.is_ascii_digit() || character == '.';
    let mut rest = text;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|next| !is_of_number(next)).unwrap_or(rest.len()));
        let (unit, behind) = behind.split_at(behind.find(is_of_number).unwrap_or(behind.len()));
        if !is_number(number) || !UNITS.contains(&unit) {
            return false;
        }
        rest = behind;
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_other_figures_is_the_same() {
        for (one, other) in [
            (
                "8.1 % lost, 1 % allowed (a on b; cause Network)",
                "9 % lost, 1 % allowed (a on b; cause Network)",
            ),
            (
                "gone, no frame decoded for 5.2 s, 5 s allowed (x)",
                "gone, no frame decoded for 61 s, 5 s allowed (x)",
            ),
            ("the fate of 12 frames is known", "the fate of 295 frames is known"),
            ("back-off 40s restarting", "back-off 5m0s restarting"),
            ("signalling ok in 7 ms, no UDP", "signalling ok in 12 ms, no UDP"),
            ("it took (1.5s).", "it took (0.2s)."),
        ] {
            assert_ne!(one, other);
            assert_eq!(without_figures(one), without_figures(other));
        }
        assert_eq!(without_figures("8.1 % lost, (12 ms) 5m20s"), "# % lost, (# ms) #");
    }

    #[test]
    fn counts_names_and_words_are_no_figures() {
        for message in [
            "1 of 3 clients are ready",
            "harbor-client-1 on worker-2",
            "cannot reach 10.244.1.7:8080",
            "exit code 137: 3",
            "v1.2 ms4 s 5x",
            "no frame was matched",
            "10, s",
            "",
        ] {
            assert_eq!(without_figures(message), message);
        }
    }
}
