//! Decides which requests are read, and reads their bodies: whole, in time, and not more at once than there is memory for.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, HttpBody};
use forthright_core::http::{self as whole, BODY_BYTES_MAX, Response};
use http::{Request, StatusCode, Version, header, request::Parts};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{self, Instant},
};

/// How long a client may take over its body.
const BODY_WAIT: Duration = Duration::from_secs(20);
/// How long a large body waits for memory before it is begun.
const MEMORY_WAIT: Duration = Duration::from_secs(5);
/// A body of so many bytes is read whatever else is read: what platforms send one by one has a few thousand.
const SMALL_BYTES: usize = 16 * 1_024;
/// What all larger bodies together may have, in bytes: two of the largest at a time. Without it every connection could
/// hold as much.
const LARGE_BYTES_TOTAL: usize = 2 * BODY_BYTES_MAX;
/// While a body has a part of that memory, it must come so fast, after a short time to begin: others wait for it.
const LARGE_BYTES_PER_MILLI_MIN: usize = 256;
const LARGE_BEGIN_WAIT: Duration = Duration::from_secs(2);
/// From here on a body gets memory of its own from the system, which goes back as soon as it is done with; less stays
/// with the thread that had it. It takes a place larger than 32 MiB (`mallopt(3)`: `DEFAULT_MMAP_THRESHOLD_MAX`), of which
/// only what is written takes memory.
const APART_BYTES: usize = 1_024 * 1_024;
const APART_PLACE_BYTES: usize = 33 * 1_024 * 1_024;

/// What all requests share.
#[derive(Debug, Clone)]
pub(super) struct Intake {
    large: Arc<Semaphore>,
}

/// A whole request, with its share of the memory until it is dropped.
pub(super) struct Taken {
    pub(super) request: whole::Request,
    pub(super) share: Option<OwnedSemaphorePermit>,
}

impl Intake {
    /// With all of its memory free.
    pub(super) fn new() -> Self {
        Self { large: Arc::new(Semaphore::new(LARGE_BYTES_TOTAL)) }
    }

    /// The request with its whole body; the answer if it is refused.
    pub(super) async fn take(&self, request: Request<Body>) -> Result<Taken, Response> {
        let (head, body) = request.into_parts();
        if let Some(refused) = refused(&head) {
            return Err(refused);
        }
        let (bytes, share) = self.read(body).await.map_err(Unread::response)?;
        Ok(Taken { request: whole::Request::from_parts(head, bytes.into()), share })
    }

    async fn read(
        &self,
        mut body: Body,
    ) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Unread> {
        let promised = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
        let mut bytes = Vec::new();
        let mut share = None;
        let mut begun = Instant::now();
        loop {
            // Before anything large is begun, all that it can come to: who has a part never waits for the rest.
            if share.is_none() && promised.unwrap_or(bytes.len()) > SMALL_BYTES {
                let whole = promised.unwrap_or(BODY_BYTES_MAX);
                share = Some(self.share(whole).await?);
                bytes.reserve_exact(place_of(whole).saturating_sub(bytes.len()));
                begun = Instant::now();
            }
            let wait = if share.is_some() { large_wait(bytes.len()) } else { BODY_WAIT };
            let frame = time::timeout_at(begun + wait, body.frame());
            let Some(frame) = frame.await.map_err(|_elapsed| Unread::TooSlow)? else {
                return Ok((bytes, share));
            };
            // Trailers say nothing that anybody may rely on: they come after the body.
            let Ok(data) = frame.map_err(|_broken| Unread::Broken)?.into_data() else {
                continue;
            };
            if bytes.len().saturating_add(data.len()) > BODY_BYTES_MAX {
                return Err(Unread::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }

    /// Memory for a body of so many bytes, in turn.
    async fn share(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.large).acquire_many_owned(bytes);
        match time::timeout(MEMORY_WAIT, share).await {
            Ok(Ok(share)) => Ok(share),
            Ok(Err(_)) | Err(_) => Err(Unread::NoMemory),
        }
    }
}

/// How long a large body may have taken when so many bytes of it have come.
fn large_wait(bytes: usize) -> Duration {
    let millis = u64::try_from(bytes / LARGE_BYTES_PER_MILLI_MIN).unwrap_or(u64::MAX);
    LARGE_BEGIN_WAIT.saturating_add(Duration::from_millis(millis)).min(BODY_WAIT)
}

/// How large a place a body of so many bytes gets.
const fn place_of(bytes: usize) -> usize {
    if bytes < APART_BYTES { bytes } else { APART_PLACE_BYTES }
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    Broken,
    TooLarge,
    TooSlow,
    NoMemory,
}

impl Unread {
    fn response(self) -> Response {
        match self {
            Self::Broken => whole::error(StatusCode::BAD_REQUEST, "the body did not come whole"),
            Self::TooLarge => whole::too_large(),
            Self::TooSlow => whole::error(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
            Self::NoMemory => {
                tracing::warn!(alarm = "load", "a large body was refused: too many at a time");
                busy()
            }
        }
    }
}

/// The answer while there is no room: platforms come again.
pub(super) fn busy() -> Response {
    whole::error(StatusCode::SERVICE_UNAVAILABLE, "not available now; try again")
}

/// Why a request is refused by its head alone.
fn refused(head: &Parts) -> Option<Response> {
    let hosts = head.headers.get_all(header::HOST).iter().count();
    // Two readers of one request must not see different hosts (RFC 9112, 3.2).
    if hosts > 1 || (hosts == 0 && head.version == Version::HTTP_11) {
        return Some(whole::error(StatusCode::BAD_REQUEST, "send one Host"));
    }
    let mut codings = head.headers.get_all(header::TRANSFER_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        let how = "send the body with a Content-Length, or chunked";
        return Some(whole::error(StatusCode::NOT_IMPLEMENTED, how));
    }
    whole::refused(&head.headers)
}
