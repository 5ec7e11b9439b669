//! The files of the page, which are part of the program: it works where nothing else can be reached.

use axum::Router;
use process::pages::{asset, stylesheet};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of `assets/` at its own path.
macro_rules! files {
    ($($content_type:ident: $($name:literal),+;)+) => {
        Router::new()$($(.route(
            concat!("/page/", $name),
            asset($content_type, include_str!(concat!("../../assets/", $name))),
        ))+)+
    };
}

pub(super) fn router() -> Router {
    files! {
        CSS: "page.css", "uplot/uPlot.min.css";
        SCRIPT: "causes.js", "charts.js", "clients.js", "detect.js", "format.js", "limit.js", "live.js",
            "marks.js", "numbers.js", "objectives.js", "page.js", "path.js", "player.js", "rank.js",
            "reporter.js", "row.js", "setup.js", "table.js", "verdict.js", "video.js", "way.js",
            "uplot/uPlot.iife.min.js";
    }
    .route("/", asset(HTML, include_str!("../../assets/index.html")))
    .merge(stylesheet())
}
