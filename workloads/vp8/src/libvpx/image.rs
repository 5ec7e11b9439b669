//! Pictures on their way into libvpx.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use picture::I420;
use vpx_sys::{vpx_image_t, vpx_img_fmt};

use crate::error::Error;

/// libvpx's description of `picture`: it points into the picture's planes, and libvpx stays inside of them.
///
/// # Errors
/// For layouts that are fine for [`I420`] but with which libvpx would read outside of the planes.
pub(super) fn describe(picture: &I420<'_>) -> Result<vpx_image_t, Error> {
    let planes = [picture.y(), picture.u(), picture.v()].map(|plane| plane.contiguous());
    let [Some(y), Some((u, u_stride)), Some((v, v_stride))] = planes else {
        return Err(Error::Layout("its rows do not lie at even distances"));
    };
    // libvpx reads V with the stride of U.
    if u_stride != v_stride {
        return Err(Error::Layout("the rows of U and V are not equally long"));
    }
    // libvpx takes two chroma planes that lie one byte apart for one plane of NV12, twice as long.
    if v.as_ptr() == u.as_ptr().wrapping_add(1) && picture.u().width() > 1 {
        return Err(Error::Layout("U and V overlap, one byte apart"));
    }
    let stride = |stride| c_int::try_from(stride).map_err(|_| Error::Layout("rows of 2 GiB and more"));

    // SAFETY: of integers, pointers and three enums that have a variant of value 0 (`VPX_IMG_FMT_NONE`,
    // `VPX_CS_UNKNOWN`, `VPX_CR_STUDIO_RANGE`), zeroes are valid values.
    let mut image: vpx_image_t = unsafe { MaybeUninit::zeroed().assume_init() };
    image.fmt = vpx_img_fmt::VPX_IMG_FMT_I420;
    image.bit_depth = 8;
    image.bps = 12;
    // A `Size` is at most 16384.
    image.w = picture.size().width() as u32;
    image.h = picture.size().height() as u32;
    (image.d_w, image.d_h) = (image.w, image.h);
    (image.x_chroma_shift, image.y_chroma_shift) = (1, 1);
    for (index, (data, between_rows)) in [y, (u, u_stride), (v, v_stride)].into_iter().enumerate() {
        // The type is `*mut` because decoders use it too; an encoder only reads.
        image.planes[index] = data.as_ptr().cast_mut();
        image.stride[index] = stride(between_rows)?;
    }
    Ok(image)
}
