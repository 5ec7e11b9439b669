//! The life of a libvpx context, and its words about an error.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

use vpx_sys::{vpx_codec_ctx_t, vpx_codec_destroy, vpx_codec_err_t, vpx_codec_error, vpx_codec_error_detail};

use crate::error::Error;

/// An encoder's or decoder's context, destroyed when dropped.
pub(super) struct Context(Box<MaybeUninit<vpx_codec_ctx_t>>);

// SAFETY: a context and all it points to belong to this value alone. libvpx keeps nothing in thread-local storage, and
// its tables of CPU-specific functions are filled once, under a lock. It is not `Sync`: no two threads may use it at
// the same time, and no method here takes `&self`.
unsafe impl Send for Context {}

impl Context {
    /// A context of zeroes, as `vpx_codec_enc_init_ver` and `vpx_codec_dec_init_ver` expect it.
    pub(super) fn zeroed() -> Self {
        Self(Box::new(MaybeUninit::zeroed()))
    }

    /// For a call into libvpx, which may use it for as long as the call lasts.
    pub(super) fn as_mut_ptr(&mut self) -> *mut vpx_codec_ctx_t {
        self.0.as_mut_ptr()
    }

    /// An error where `status`, what the last call returned, is one.
    pub(super) fn check(&mut self, status: vpx_codec_err_t, doing: &'static str) -> Result<(), Error> {
        if status == vpx_codec_err_t::VPX_CODEC_OK { Ok(()) } else { Err(self.error(doing)) }
    }

    /// libvpx's text for the error that the last call returned.
    pub(super) fn error(&mut self, doing: &'static str) -> Error {
        // SAFETY: the context is zeroed or initialised; libvpx reads its error field and returns a static string.
        let summary = unsafe { vpx_codec_error(self.as_mut_ptr()) };
        // SAFETY: as above; null, or a string inside the context, which is alive, or a static one.
        let detail = unsafe { vpx_codec_error_detail(self.as_mut_ptr()) };
        // SAFETY: both are null or strings as said above, and no call comes between that could change them.
        let [summary, detail] = [summary, detail].map(|text| unsafe { copied(text) });
        let reason = match (summary, detail) {
            (Some(summary), Some(detail)) => format!("{summary}: {detail}"),
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => "no reason given".to_owned(),
        };
        Error::Library { doing, reason }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: an initialised context is freed here and nowhere else; libvpx recognises one that is still zeroed, or
        // whose initialisation failed, by its null pointers, and leaves it alone.
        unsafe { vpx_codec_destroy(self.as_mut_ptr()) };
    }
}

/// A copy of a C string; none of a null pointer or an empty string.
///
/// # Safety
/// `text` is null or points to a string that ends with a zero byte and does not change during the call.
unsafe fn copied(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and the rest is the caller's promise.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}
