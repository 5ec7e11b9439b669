//! Pictures as bytes that every browser decodes.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::rgb::Rgb;

/// `picture` as PNG, with the compression that costs the least time: pictures are seen once and thrown away.
///
/// # Errors
/// Where the encoder refuses, for which no reason is known.
pub(crate) fn png(picture: &Rgb) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    // `Size` bounds both to 16384.
    let mut encoder = Encoder::new(&mut bytes, picture.size.width() as u32, picture.size.height() as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fastest);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.data)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
pub(crate) fn decode(bytes: &[u8]) -> Rgb {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (ColorType::Rgb, BitDepth::Eight));
    Rgb { size: picture::Size::new(info.width as usize, info.height as usize).unwrap(), data }
}

#[cfg(test)]
mod tests {
    use picture::{I420Buffer, Size};

    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let mut buffer = I420Buffer::filled(Size::new(34, 18).unwrap(), 32, 100, 150);
        for (luma, value) in buffer.planes_mut()[0].iter_mut().zip((0..=255).cycle()) {
            *luma = value;
        }
        let picture = Rgb::from(buffer.view());
        assert_eq!(decode(&png(&picture).unwrap()), picture);
    }
}
