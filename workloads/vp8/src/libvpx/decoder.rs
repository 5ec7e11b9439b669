//! libvpx's VP8 decoder.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::ptr;

use picture::{I420, Plane, Size};
use vpx_sys::vp8_dec_control_id::VP8D_GET_FRAME_CORRUPTED;
use vpx_sys::{
    VPX_DECODER_ABI_VERSION, vpx_codec_control_, vpx_codec_ctx_t, vpx_codec_dec_cfg_t,
    vpx_codec_dec_init_ver, vpx_codec_get_frame, vpx_codec_vp8_dx, vpx_image_t,
};

use super::context::Context;
use crate::error::Error;

// SAFETY: the signature is libvpx's, with a plain integer for the status: in some errors libvpx returns -1, which
// `vpx_codec_err_t`, as the bindings have it, cannot hold.
unsafe extern "C" {
    fn vpx_codec_decode(
        context: *mut vpx_codec_ctx_t,
        data: *const u8,
        data_size: c_uint,
        user: *mut c_void,
        deadline: c_long,
    ) -> c_int;
}

/// A decoder. After an error its state is unknown: drop it.
pub(crate) struct LibraryDecoder {
    context: Context,
    /// The rows of each plane of the picture last asked for. They are libvpx's until it decodes again: emptied before that,
    /// and lent for no longer than `self` is.
    rows: [Vec<&'static [u8]>; 3],
}

impl LibraryDecoder {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut context = Context::zeroed();
        // One thread, as frames are small and those who wait for a second one spin. The size is read from the stream.
        let config = vpx_codec_dec_cfg_t { threads: 1, w: 0, h: 0 };
        // SAFETY: returns the address of a static table.
        let interface = unsafe { vpx_codec_vp8_dx() };
        // SAFETY: the context is zeroed, the interface static, and libvpx copies the configuration.
        let status = unsafe {
            vpx_codec_dec_init_ver(
                context.as_mut_ptr(),
                interface,
                &config,
                0,
                VPX_DECODER_ABI_VERSION.cast_signed(),
            )
        };
        context.check(status, "opening the decoder")?;
        Ok(Self { context, rows: Default::default() })
    }

    /// Decodes one frame. Its picture is there for [`LibraryDecoder::picture`] if it is one to show.
    pub(crate) fn decode(&mut self, frame: &[u8]) -> Result<(), Error> {
        let doing = "decoding a frame";
        self.rows.iter_mut().for_each(Vec::clear);
        let length = c_uint::try_from(frame.len())
            .map_err(|_| Error::Library { doing, reason: "4 GiB and more".into() })?;
        // SAFETY: the context is initialised as a decoder; libvpx reads `length` bytes at the pointer during this call
        // and keeps none of them.
        let status = unsafe {
            vpx_codec_decode(self.context.as_mut_ptr(), frame.as_ptr(), length, ptr::null_mut(), 0)
        };
        if status != 0 {
            return Err(self.context.error(doing));
        }
        // A frame that is cut off decodes all the same, with zeroes for the missing bits; libvpx takes a note only.
        let mut damaged: c_int = 0;
        // SAFETY: the context is initialised as a decoder, and this control takes an `int *` to write to.
        let status = unsafe {
            vpx_codec_control_(
                self.context.as_mut_ptr(),
                VP8D_GET_FRAME_CORRUPTED as c_int,
                ptr::from_mut(&mut damaged),
            )
        };
        self.context.check(status, "asking for damage")?;
        if damaged == 0 { Ok(()) } else { Err(Error::Damaged) }
    }

    /// The picture that the last frame became: none where the frame is not to be shown.
    ///
    /// It is not copied, which costs as much as detecting something in it. But its rows are lent one by one: libvpx's lie
    /// apart, for many widths with bytes between them that it never writes, and a slice of such bytes is none that Rust
    /// could lend.
    pub(crate) fn picture(&mut self) -> Result<Option<I420<'_>>, Error> {
        let mut iterator = ptr::null();
        // SAFETY: the context is initialised as a decoder, and a null iterator asks for its first picture.
        let image = unsafe { vpx_codec_get_frame(self.context.as_mut_ptr(), &mut iterator) };
        if image.is_null() {
            return Ok(None);
        }
        // SAFETY: not null, so a structure in the context, which libvpx changes with the next decoding only. The same
        // holds for the read below.
        let width = unsafe { (*image).d_w };
        // SAFETY: see above.
        let height = unsafe { (*image).d_h };
        let size = Size::new(width as usize, height as usize)?;
        for (index, rows) in self.rows.iter_mut().enumerate() {
            let (width, height) = if index == 0 { (size.width(), size.height()) } else { size.chroma() };
            // SAFETY: `image` is unchanged since libvpx returned it. It is of VP8's only format, I420, so that plane 0
            // is of its size and planes 1 and 2 of half of it. The rows leave with the lifetime of `self` alone, and
            // are gone before libvpx decodes again, or ends.
            unsafe { collect_rows(image, index, width, height, rows) }?;
        }
        let [y, u, v] = self.rows.each_ref().map(|rows| Plane::of_rows(rows));
        Ok(Some(I420::new(size, y, u, v)))
    }
}

/// Makes `rows` those of a plane of a decoded picture, `height` of `width` samples.
///
/// # Safety
/// `image` is what libvpx's decoder has just returned, and its plane `index` has at least so many rows of at least so many
/// samples. What is in `rows` is not used any more once libvpx decodes again or its decoder is gone.
unsafe fn collect_rows(
    image: *const vpx_image_t,
    index: usize,
    width: usize,
    height: usize,
    rows: &mut Vec<&'static [u8]>,
) -> Result<(), Error> {
    rows.clear();
    // SAFETY: the caller's promise; a read of one field.
    let data = unsafe { (*image).planes[index] };
    // SAFETY: as above.
    let stride = unsafe { (*image).stride[index] };
    let stride = usize::try_from(stride).ok().filter(|&stride| stride >= width && !data.is_null());
    let Some(stride) = stride else {
        return Err(Error::Library { doing: "reading a picture", reason: "it has no such plane".into() });
    };
    rows.extend((0..height).map(|number| {
        // SAFETY: the plane has this row, and its rows lie `stride` bytes apart in one allocation.
        let samples = unsafe { data.add(number * stride) };
        // SAFETY: `width` samples of a row, all written by decoding the frame, and not changed before the next one.
        unsafe { std::slice::from_raw_parts(samples, width) }
    }));
    Ok(())
}
