//! What comes of an answer's body.

use futures_util::{Stream, StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// All of it.
pub(super) fn whole<B>(body: B) -> Body
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// Half of what comes first, and then the connection ends.
pub(super) fn cut<B>(body: B) -> Body
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let first = body.into_data_stream().take(1).map(|part| {
        let part = part.map_err(Into::into)?;
        Ok(part.slice(..part.len() / 2))
    });
    streamed(first.chain(stream::once(async { Err("cut".into()) })))
}

/// Nothing, until this is over, and then the connection ends.
pub(super) fn silent(until: impl Future<Output = ()> + Send + 'static) -> Body {
    streamed(stream::once(async move {
        until.await;
        Err("the silence is over".into())
    }))
}

fn streamed(parts: impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> Body {
    StreamBody::new(parts.map(|part| part.map(Frame::data))).boxed_unsync()
}
