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
        SCRIPT: "page.js", "charts.js", "detect.js", "format.js", "live.js", "numbers.js", "path.js", "player.js",
            "reporter.js", "table.js", "uplot/uPlot.iife.min.js", "video.js";
    }
    .route("/", asset(HTML, include_str!("../../assets/index.html")))
    .merge(stylesheet())
}
