//! Verdicts for machines: `…/verdict` says what is known, `…/gate` the same by its status, for tools that look at nothing else.

use std::time::Instant;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router, routing};
use jiff::Timestamp;
use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use process::{Readiness, StatusSource};

use crate::cluster::Guard;
use crate::http::access::{Refusal, Right, Visitor};
use crate::http::site::Site;
use crate::kube_names::{is_dns_label, is_subdomain};
use crate::verdict::{Judgement, Query, Verdict, judge, undecodable, unseen};

/// The routes.
pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/v1/namespaces/{namespace}/ballsessions/{name}/verdict", routing::get(verdict))
        // Some tools post what they are about: nothing of it is read.
        .route("/v1/namespaces/{namespace}/ballsessions/{name}/gate", routing::get(gate).post(gate))
}

async fn verdict(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Path(session): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    shown(answer(&site, &visitor, session, query.as_deref()).await, |_| StatusCode::OK)
}

async fn gate(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Path(session): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    shown(answer(&site, &visitor, session, query.as_deref()).await, gate_code)
}

/// Through; not through, and never with this run; or not yet.
fn gate_code(judgement: &Judgement) -> StatusCode {
    match judgement.verdict {
        Verdict::Met => StatusCode::OK,
        Verdict::Missed => StatusCode::PRECONDITION_FAILED,
        Verdict::Inconclusive if judgement.is_final => StatusCode::PRECONDITION_FAILED,
        Verdict::Inconclusive => StatusCode::TOO_EARLY,
    }
}

fn shown(answer: Result<Judgement, Problem>, code: impl Fn(&Judgement) -> StatusCode) -> Response {
    let judgement = match answer {
        Ok(judgement) => judgement,
        Err(problem) => return problem.into_response(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !judgement.is_conclusive() {
        let seconds = judgement.ask_again.as_millis().div_ceil(1000).max(1);
        headers.insert(header::RETRY_AFTER, u64::try_from(seconds).unwrap_or(u64::MAX).into());
    }
    (code(&judgement), headers, Json(judgement)).into_response()
}

/// Why there is no verdict.
enum Problem {
    Refused(Refusal),
    BadQuery(String),
    NotFound { namespace: String, name: String },
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::BadQuery(problem) => (StatusCode::BAD_REQUEST, format!("{problem}\n")).into_response(),
            Self::NotFound { namespace, name } => {
                let text =
                    format!("there is no ballsession {name} in the namespace {namespace} that is watched\n");
                (StatusCode::NOT_FOUND, text).into_response()
            }
        }
    }
}

async fn answer(
    site: &Site,
    visitor: &Visitor,
    (namespace, name): (String, String),
    query: Option<&str>,
) -> Result<Judgement, Problem> {
    let not_found = |namespace, name| Problem::NotFound { namespace, name };
    if !is_dns_label(&namespace) || !is_subdomain(&name) {
        // Neither would be found, nor could the API server be asked about it.
        return Err(not_found(namespace.escape_debug().to_string(), name.escape_debug().to_string()));
    }
    let query = Query::parse(query.unwrap_or_default(), Timestamp::now()).map_err(Problem::BadQuery)?;
    let right = Right::GetSession { namespace: namespace.clone(), name: name.clone() };
    site.access.require(visitor, right, Instant::now()).await?;
    if let Readiness::Waiting(why) = site.overview.readiness() {
        return Err(Refusal::Unavailable(format!("the operator's replica is not ready: {why}")).into());
    }
    let key = ObjectRef::new(&name).within(&namespace);
    let judged = |session: &Guard| match &session.0 {
        Ok(session) => judge(session, &query, Timestamp::now()),
        Err(invalid) => undecodable(&namespace, &name, invalid.metadata.generation, &invalid.error),
    };
    let watched = site.overview.session(&key);
    if let Some(judgement) = watched.as_deref().map(judged).filter(|judgement| !judgement.is_conclusive()) {
        return Ok(judgement);
    }
    // Somebody acts on it: what is watched may be behind what is stored, spec and status alike.
    let stored = site.stored(&namespace, &name).await?;
    let stored = stored.ok_or_else(|| not_found(namespace.clone(), name.clone()))?;
    if watched.is_none() {
        return Ok(unseen(&namespace, &name, stored.meta().generation));
    }
    let judgement = judged(&stored);
    let is_kept_up = judgement.verdict == Verdict::Met && !judgement.is_final;
    let doubt = || (site.doubt)(stored.meta().uid.as_deref().unwrap_or_default());
    match is_kept_up.then(doubt).flatten() {
        Some(why) => Err(Refusal::Unavailable(format!("what is stored may be old: {why}")).into()),
        None => Ok(judgement),
    }
}
